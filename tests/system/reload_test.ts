/**
 * Reloads of a server that has given up its rights: configs by chance, in which every key of the
 * schema takes part, while clients with names get leases.
 */
import assert from "node:assert/strict";
import { ACK, messageType, octets } from "../support/dhcp_packets.ts";
import type { Cable } from "../support/netns.ts";
import { subletCommand, until } from "../support/program.ts";
import { everyKey, randomConfig } from "../support/random_configs.ts";
import { clientMac, RelayAgent } from "../support/relay_agent.ts";
import { growthIn } from "../support/reload_growth.ts";
import { type Scene, sceneTest } from "../support/scene.ts";
import { curl } from "../support/sublet_server.ts";

const SERVER = "10.77.0.1";
const AGENT = "10.77.0.2";
const LAN: Cable = [
  { node: "server", name: "lan0", addresses: [`${SERVER}/24`] },
  { node: "clients", name: "eth0", addresses: [`${AGENT}/24`] },
];
const OPTIONS = { cables: [LAN], needs: ["curl"], secondsMax: 120 };

/** How long reloads go on, and how many there may be. */
const SECONDS = Number(Deno.env.get("SUBLET_RELOAD_SECONDS") ?? 10);
const RELOADS_MAX = 10_000;
const SEED = Number(Deno.env.get("SEED") ?? Date.now() % 1_000_000);

const encoder = new TextEncoder();

/** Clients with names come all the time; what they get depends on the config of the moment. */
async function comeAndGo(agent: RelayAgent, isOver: () => boolean): Promise<number> {
  let acks = 0;
  for (let i = 0; !isOver(); i++) {
    const name = [12, encoder.encode(`client-${i % 50}`)] as const;
    const reply = await agent.obtain(clientMac(i % 50), [name]).catch(() => undefined);
    if (reply !== undefined && messageType(reply) === ACK) acks++;
  }
  return acks;
}

async function startServer(scene: Scene, config: string) {
  const path = await scene.file("sublet.yaml", config);
  const server = scene.start("server", "sublet run", [...subletCommand(), "run", "--config", path]);
  await server.says(/serves/, 20_000);
  return { server, path };
}

/** They take seconds to find, and are alike but for the directory. */
function everyKeyIn(directory: string): string[] {
  known ??= everyKey(growthIn("/placeholder"));
  return known.map((config) => config.replaceAll("/placeholder", directory));
}
let known: string[] | undefined;

async function reloadsInAWhile(scene: Scene, user: string): Promise<void> {
  await Deno.chmod(scene.directory, 0o755);
  const directory = `${scene.directory}/made`;
  await Deno.mkdir(directory);
  await Deno.writeTextFile(`${directory}/secret`, "AAECAwQFBgcICQoLDA0ODw==\n");
  await Deno.mkdir(`${directory}/conf.d`);
  await Deno.writeTextFile(`${directory}/conf.d/more.yaml`, "classes: [{ name: more }]\n");
  await Deno.writeTextFile(
    `${directory}/reservations.yaml`,
    '- { mac: "06:00:00:00:00:09", address: 10.77.0.49 }\n',
  );
  if (user !== "") await Deno.chown(directory, 65_534, 65_534);
  const growth = growthIn(directory);
  // Names go nowhere at the start: the process gives up all that they need.
  const first = `${growth.seed}\n${user}`;
  const { server, path } = await startServer(scene, first);
  const agent = await RelayAgent.plug(scene, "clients", AGENT, SERVER);
  let isOver = false;
  const load = comeAndGo(agent, () => isOver);
  const configs = everyKeyIn(directory);
  const deadline = performance.now() + SECONDS * 1_000;
  let reloads = 0;
  for (; reloads < RELOADS_MAX && performance.now() < deadline; reloads++) {
    const config = reloads % 2 === 0
      ? randomConfig(growth, SEED + reloads, 12)
      : configs[(SEED + reloads) % configs.length]!;
    await Deno.writeTextFile(path, config);
    const from = server.output.length;
    server.signal("SIGHUP");
    await server.says(/ reloaded |was not reloaded/, 10_000, from).catch((error) => {
      throw new Error(`SEED=${SEED}, reload ${reloads}, of\n${config}`, { cause: error });
    });
  }
  await Deno.writeTextFile(path, first);
  const from = server.output.length;
  server.signal("SIGHUP");
  await server.says(/ reloaded /, 10_000, from);
  isOver = true;
  const acks = await load;
  // It is as it was at first.
  assert.equal(messageType(await agent.obtain(clientMac(99), [[12, encoder.encode("last")]])), ACK);
  assert.doesNotMatch(server.output, /bug in Sublet/);
  const status = JSON.parse(await curl(scene, "/status"));
  assert.ok(status.reloads.done > reloads / 2, JSON.stringify(status.reloads));
  assert.deepEqual(status.reloads["needs-restart"], []);
  assert.ok(acks > 0);
  server.signal("SIGTERM");
  assert.equal(await server.ends(), 0);
}

for (
  const [what, user] of [["root", ""], ["root that became another user", "user: nobody"]] as const
) {
  sceneTest(
    `${what}: no reload ends the server, whatever key is new in the config (SEED=${SEED})`,
    OPTIONS,
    (scene) => reloadsInAWhile(scene, user),
  );
}

const PARTS =
  "a reload that adds what needs a restart says so in a line each, and the rest is taken in";
sceneTest(PARTS, OPTIONS, async (scene) => {
  await Deno.chmod(scene.directory, 0o755);
  const base = `interfaces: lan0\njournal: ${scene.directory}/leases.jsonl\n`;
  const subnets =
    "subnets: [{ subnet: 10.77.0.0/24, pools: 10.77.0.100-10.77.0.199, relays: 10.77.0.2 }]\n";
  const { server, path } = await startServer(scene, base + subnets);
  const agent = await RelayAgent.plug(scene, "clients", AGENT, SERVER);
  await Deno.writeTextFile(
    path,
    `${base}lease-time: 1h\nstatus: { listen: "127.0.0.1:8068" }\n${subnets}` +
      "names: { domain: a.test, hosts-file: /etc/sublet-hosts, " +
      "dns-update: { server: 10.77.0.2, zones: a.test } }\n",
  );
  server.signal("SIGHUP");
  for (const key of ["status", "names: hosts-file", "names: dns-update"]) {
    await server.says(
      new RegExp(`the new "${key}" takes effect at the next start .*old one stays`),
    );
  }
  // What ended the server: the first lease with a name.
  const reply = await agent.obtain(clientMac(1), [[12, encoder.encode("pi")]]);
  assert.equal(messageType(reply), ACK);
  assert.deepEqual(reply.options.find(([code]) => code === 51)?.[1], octets("0.0.14.16"), "1 h");
  await until("the page", 5_000, () => curl(scene, "/healthz").catch(() => undefined));
  await assert.rejects(Deno.stat("/etc/sublet-hosts"), Deno.errors.NotFound);
  server.signal("SIGTERM");
  assert.equal(await server.ends(), 0);
});

const BAD = "a config that is no good shows in /healthz until it is mended";
sceneTest(BAD, OPTIONS, async (scene) => {
  const good = `interfaces: lan0\njournal: ${scene.directory}/leases.jsonl\n` +
    "subnets: [{ subnet: 10.77.0.0/24, pools: 10.77.0.100-10.77.0.199, relays: 10.77.0.2 }]\n";
  const { server, path } = await startServer(scene, good);
  await Deno.writeTextFile(path, good.replace("subnets", "subnet"));
  server.signal("SIGHUP");
  await server.says(/was not reloaded/);
  assert.match(
    await curl(scene, "/healthz"),
    /^degraded: the config was not reloaded.*sublet\.yaml:3:1/,
  );
  await Deno.writeTextFile(path, good);
  const from = server.output.length;
  server.signal("SIGHUP");
  await server.says(/ reloaded /, 10_000, from);
  assert.equal(await curl(scene, "/healthz"), "ok\n");
});
