/**
 * Measures Sublet and the other DHCP servers side by side, in network namespaces of its own, and
 * writes docs/BENCHMARKS.md with its plots. Needs root on Linux; installs the other servers from
 * Debian's packages.
 *
 *     deno task bench                     # all of it: some 40 minutes
 *     deno task bench --quick             # a look: three minutes
 *     deno task bench --only=closed,fill --servers=sublet,kea
 *
 * `SUBLET_BIN` names the program that is measured; without it, dist/sublet if it is there, else the
 * source. A full run writes into docs, any other one prints its tables; `--out DIRECTORY` says where
 * to write in any case. `--from FILE` makes tables and plots anew from the results of an earlier run.
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { findCommand, installTools } from "../tests/support/debian_packages.ts";
import { namespaceObstacle } from "../tests/support/netns.ts";
import { readMachine, readVersions } from "./bench/environment.ts";
import { openLab } from "./bench/lab.ts";
import { Plan, SECTIONS } from "./bench/plan.ts";
import { plots } from "./bench/plots.ts";
import { reportText } from "./bench/report.ts";
import type { Results } from "./bench/results.ts";
import { BENCH_TOOLS, SERVERS } from "./bench/servers.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const ROUNDS = { quick: 1, full: 3 };

/** What a shell makes of SIGINT. */
const EXIT_BY_SIGNAL = 130;

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string", default: SECTIONS.join() },
    servers: { type: "string", default: SERVERS.map(({ id }) => id).join() },
    rounds: { type: "string" },
    out: { type: "string" },
    from: { type: "string" },
  },
});

async function measure(): Promise<Results> {
  const obstacle = namespaceObstacle();
  if (obstacle !== undefined) throw new Error(`nothing can be measured: ${obstacle}`);
  const missing = BENCH_TOOLS.filter(({ command }) => findCommand(command) === undefined);
  if (missing.length > 0) await installTools(missing, console.error);
  const isQuick = values.quick;
  const rounds = Number(values.rounds ?? (isQuick ? ROUNDS.quick : ROUNDS.full));
  const sections = SECTIONS.filter((section) => values.only.split(",").includes(section));
  const started = new Date();
  const [loadBefore] = Deno.loadavg();
  await using lab = await openLab();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, async () => {
      await lab[Symbol.asyncDispose]();
      Deno.exit(EXIT_BY_SIGNAL);
    });
  }
  const options = { sections, servers: values.servers.split(","), rounds, isQuick };
  const plan = new Plan(lab, options, (line) => console.error(line));
  await plan.run();
  return {
    startedAt: started.toISOString(),
    minutes: (Date.now() - started.getTime()) / 60_000,
    command: ["deno task bench", ...Deno.args].join(" "),
    isQuick,
    rounds,
    loadBefore: loadBefore!,
    machine: await readMachine(lab.directory),
    versions: await readVersions(),
    samples: plan.samples,
    failures: plan.failures,
  };
}

async function write(results: Results, directory: string): Promise<void> {
  await Deno.mkdir(directory, { recursive: true });
  const report = `${directory}/BENCHMARKS.md`;
  const earlier = await Deno.readTextFile(report).catch(() => "");
  await Deno.writeTextFile(report, reportText(results, earlier));
  await Deno.writeTextFile(`${directory}/benchmarks.json`, JSON.stringify(results, null, 1) + "\n");
  for (const { name, svg } of plots(results)) await Deno.writeTextFile(`${directory}/${name}`, svg);
  console.error(`written: ${report}`);
}

const results: Results = values.from === undefined
  ? await measure()
  : JSON.parse(await Deno.readTextFile(values.from));
const isFull = Deno.args.length === 0;
const directory = values.out ?? (isFull ? `${ROOT}docs` : undefined);
if (directory === undefined) console.log(reportText(results, ""));
else await write(results, directory);
