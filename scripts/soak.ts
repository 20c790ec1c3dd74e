/**
 * A real server for half an hour, in network namespaces: clients that renew, strangers that send
 * what they like, people who look at its pages, reloads. Says each minute how it stands, and in the
 * end whether a lease was lost, an address given twice, or memory grew.
 *
 *     deno task soak [--minutes 30] [--clients 200] [--rate 300] [--seed 7]
 *
 * `SUBLET_BIN` names the executable; without it, the source is run. Root, Linux.
 */
import { parseArgs } from "node:util";
import { findCommand } from "../tests/support/debian_packages.ts";
import { makeWire, namespaceObstacle } from "../tests/support/netns.ts";
import { type Program, subletCommand } from "../tests/support/program.ts";
import { createRandom } from "../tests/support/random.ts";
import { RelayAgent } from "../tests/support/relay_agent.ts";
import { Scene } from "../tests/support/scene.ts";
import { curl, journalFile, startServer } from "../tests/support/sublet_server.ts";
import { readProcessFacts } from "./bench/process_facts.ts";
import { HonestClients } from "./soak/honest_clients.ts";
import { AGENT, configOf, INTERFACE, SERVER } from "./soak/network.ts";
import { Strangers } from "./soak/strangers.ts";
import {
  findGivenTwice,
  findGrowth,
  findLost,
  GROWTH_MIB_MAX,
  type ListedLease,
} from "./soak/verdict.ts";

/** Memory goes up and down between two collections of garbage: it is the median of a minute. */
const RSS_EVERY_MS = 2_000;
const PAGE_EVERY_MS = 1_000;
const RELOAD_EVERY_MS = 20_000;
const MINUTE_MS = 60_000;
const PAGES = ["/", "/status", "/metrics", "/leases", "/healthz"];

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    clients: { type: "string", default: "200" },
    rate: { type: "string", default: "300" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
  },
});
const [minutes, clients, rate, seed] = [values.minutes, values.clients, values.rate, values.seed]
  .map(Number) as [number, number, number, number];
if (!(minutes >= 1 && minutes <= 24 * 60 && clients >= 1 && rate >= 0 && Number.isInteger(seed))) {
  console.error("--minutes (1 to 1440), --clients, --rate and --seed take numbers");
  Deno.exit(64);
}
const obstacle = namespaceObstacle() ??
  (findCommand("curl") === undefined ? "the command `curl` is missing" : undefined);
if (obstacle !== undefined) {
  console.error(obstacle);
  Deno.exit(77);
}

interface Tally {
  pages: number;
  reloads: number;
  readonly problems: string[];
}

/** Looks at one page after the other, as Prometheus, a watchdog and a person do. */
async function lookAtPages(scene: Scene, tally: Tally, stop: AbortSignal): Promise<void> {
  for (let n = 0; !stop.aborted; n++) {
    const path = PAGES[n % PAGES.length]!;
    await curl(scene, path).then(
      () => tally.pages++,
      (error) => tally.problems.push(`${path} is not answered: ${error.message}`),
    );
    await pause(PAGE_EVERY_MS);
  }
}

async function reloadNowAndThen(
  scene: Scene,
  server: Program,
  tally: Tally,
  stop: AbortSignal,
): Promise<void> {
  for (let round = 1; !stop.aborted; round++) {
    for (let waited = 0; waited < RELOAD_EVERY_MS && !stop.aborted; waited += 500) await pause(500);
    if (stop.aborted) return;
    const from = server.output.length;
    await scene.file("sublet.yaml", configOf(journalFile(scene), round));
    server.signal("SIGHUP");
    await server.says(/reloaded /, 10_000, from).then(
      () => tally.reloads++,
      (error) => tally.problems.push(error.message),
    );
  }
}

const pause = (milliseconds: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >>> 1] ?? NaN;
}

const COLUMNS = ["minute", "packets", "ACKs", "repeated", "pages", "reloads", "log MB", "RSS MiB"];

function row(cells: readonly (string | number)[]): string {
  return cells.map((cell, i) => String(cell).padStart(COLUMNS[i]!.length)).join("  ");
}

/** What the journal has, once the server has ended. */
async function listLeases(scene: Scene): Promise<readonly ListedLease[]> {
  const config = `${scene.directory}/sublet.yaml`;
  const [command, ...args] = [...subletCommand(), "leases", "--json", "--config", config];
  const { stdout } = await new Deno.Command(command!, { args, stderr: "inherit" }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

async function soak(scene: Scene): Promise<readonly string[]> {
  const server = await startServer(scene, configOf("", 0).replace(/^journal:.*\n/m, ""), {
    interfaces: [INTERFACE],
  });
  const agent = await RelayAgent.plug(scene, "clients", AGENT, SERVER);
  const random = createRandom(seed);
  const stop = new AbortController();
  const honest = new HonestClients(agent, random.fork(), stop.signal);
  await honest.settle(clients);
  const strangers = new Strangers(agent, random.fork());
  const tally: Tally = { pages: 0, reloads: 0, problems: [] };
  const working = [
    honest.renewAll(),
    strangers.sendAll(rate, stop.signal),
    lookAtPages(scene, tally, stop.signal),
    reloadNowAndThen(scene, server, tally, stop.signal),
  ];
  console.log(row(COLUMNS));
  const medians: number[] = [];
  for (let minute = 1; minute <= minutes && server.code === undefined; minute++) {
    const samples: number[] = [];
    const endMs = performance.now() + MINUTE_MS;
    while (performance.now() < endMs && server.code === undefined) {
      samples.push(readProcessFacts(server.pid).rssMiB);
      await pause(RSS_EVERY_MS);
    }
    medians.push(median(samples));
    console.log(row([
      ...[minute, strangers.sentCount, honest.ackCount, honest.repeatedCount, tally.pages],
      ...[tally.reloads, (server.output.length / 1e6).toFixed(1), medians.at(-1)!.toFixed(1)],
    ]));
  }
  stop.abort();
  await Promise.all(working);
  const problems = [
    ...tally.problems,
    ...honest.problems,
    ...findGivenTwice(honest.addresses, agent.acked),
  ];
  if (server.code !== undefined) return [...problems, `the server ended with ${server.code}`];
  server.signal("SIGTERM");
  const code = await server.ends();
  if (code !== 0) problems.push(`the server ended with ${code}`);
  problems.push(...findLost(honest.addresses, await listLeases(scene)));
  const { warm, beforeMib, mostMib, problems: growth } = findGrowth(medians);
  console.log(
    `resident ${beforeMib.toFixed(1)} MiB after ${warm} minutes, ${mostMib.toFixed(1)} MiB at ` +
      `most then (${GROWTH_MIB_MAX} more may be)`,
  );
  return [...problems, ...growth];
}

console.log(`${minutes} minutes, ${clients} clients, ${rate} packets a second, seed ${seed}`);
const wire = await makeWire([[
  { node: "server", name: INTERFACE, addresses: [`${SERVER}/16`] },
  { node: "clients", name: "eth0", addresses: [`${AGENT}/16`] },
]]);
const scene = new Scene(wire, await Deno.makeTempDir({ prefix: "sublet-soak-" }));
const interrupted = Promise.withResolvers<never>();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => interrupted.reject(new Error(`${signal} came`)));
}
try {
  const problems = await Promise.race([soak(scene), interrupted.promise]);
  for (const problem of problems.slice(0, 20)) console.error(problem);
  console.log(
    problems.length === 0
      ? "no lease lost, none given twice, memory flat"
      : `${problems.length} problems`,
  );
  Deno.exitCode = problems.length === 0 ? 0 : 1;
} catch (error) {
  console.error(error);
  console.error(scene.transcript());
  Deno.exitCode = 1;
}
await scene.end();
await wire[Symbol.asyncDispose]();
await Deno.remove(scene.directory, { recursive: true });
// What is under way after an interruption has nothing left to do.
Deno.exit();
