/** The command as people and supervisors meet it: exit codes, signals, pages, demo and init. */
import assert from "node:assert/strict";
import { ACK, messageType } from "../support/dhcp_packets.ts";
import type { Cable } from "../support/netns.ts";
import { type Program, subletCommand } from "../support/program.ts";
import { clientMac, RelayAgent } from "../support/relay_agent.ts";
import { type Scene, sceneTest } from "../support/scene.ts";
import {
  configText,
  curl,
  journalFile,
  readStatus,
  startServer,
} from "../support/sublet_server.ts";

const SERVER = "10.77.0.1";
const AGENT = "10.77.0.2";

const LAN: Cable = [
  { node: "server", name: "lan0", addresses: [`${SERVER}/24`] },
  { node: "clients", name: "eth0", addresses: [`${AGENT}/24`] },
];
const OPTIONS = { cables: [LAN], needs: ["curl"] };

const CONFIG = `
interfaces: lan0
subnets:
  - subnet: 10.77.0.0/24
    relays: 10.77.0.2
    pools: 10.77.0.100-10.77.0.149
`;

const BAD_CONFIG = `
interfaces: lan0
leese-time: 1h
subnets:
  - subnet: 10.77.0.0/24
    pools: 10.77.0.149-10.77.0.100
`;

const EX_CONFIG = 78;
const EX_NO_PERMISSION = 77;

interface Run {
  readonly code: number;
  readonly output: string;
}

/** Runs a command of the program in the server's namespace to its end. */
async function runSublet(
  scene: Scene,
  args: readonly string[],
  through: readonly string[] = [],
): Promise<Run> {
  const command = [...through, ...subletCommand(), ...args];
  const program = scene.start("server", `sublet ${args.join(" ")}`, command);
  const code = await program.ends(20_000);
  return { code, output: program.output };
}

const CHECK = "sublet check lists every problem as file:line:column with a hint, and exits 78; " +
  "a good file passes; run refuses a bad one the same way";
sceneTest(CHECK, OPTIONS, async (scene) => {
  const bad = await scene.file("bad.yaml", BAD_CONFIG);
  const check = await runSublet(scene, ["check", bad]);
  assert.equal(check.code, EX_CONFIG);
  assert.match(check.output, /bad\.yaml:3:1: .*did you mean .?lease-time/s);
  assert.match(check.output, /bad\.yaml:6:12: /);
  const run = await runSublet(scene, ["run", "--config", bad]);
  assert.equal(run.code, EX_CONFIG);
  assert.match(run.output, /bad\.yaml:3:1: /);
  const good = await scene.file("good.yaml", configText(scene, CONFIG));
  assert.equal((await runSublet(scene, ["check", good])).code, 0);
  const unknown = await runSublet(scene, ["check", good, "--no-such-flag"]);
  assert.notEqual(unknown.code, 0);
  assert.match(unknown.output, /--no-such-flag/);
});

const RELOAD = "SIGHUP: a bad file leaves the old one running and says so; a good one takes " +
  "effect, and no lease is lost";
sceneTest(RELOAD, OPTIONS, async (scene) => {
  const server = await startServer(scene, CONFIG);
  const agent = await RelayAgent.plug(scene, "clients", AGENT, SERVER);
  const { yiaddr } = await agent.obtain(clientMac(1));
  assert.match(yiaddr, /^10\.77\.0\.1[0-4]\d$/);

  await scene.file("sublet.yaml", BAD_CONFIG);
  server.signal("SIGHUP");
  await server.says(/sublet\.yaml:3:1: /);
  assert.match((await agent.obtain(clientMac(2))).yiaddr, /^10\.77\.0\.1[0-4]\d$/);

  const moved = CONFIG.replace("10.77.0.100-10.77.0.149", "10.77.0.200-10.77.0.210");
  await scene.file("sublet.yaml", configText(scene, moved));
  const outputBefore = server.output.length;
  server.signal("SIGHUP");
  await server.says(/reload/i, 5_000, outputBefore);
  assert.match((await agent.obtain(clientMac(3))).yiaddr, /^10\.77\.0\.2\d\d$/);
  const leases = JSON.parse(await curl(scene, "/leases"));
  const kept = leases.find((lease: { address: string }) => lease.address === yiaddr);
  assert.equal(kept.mac, clientMac(1));
  assert.equal(kept.state, "bound");
});

const TERMINATED = "SIGTERM ends the server with 0, promptly and with its journal whole";
sceneTest(TERMINATED, { ...OPTIONS, needs: ["curl", "jq"] }, async (scene) => {
  const server = await startServer(scene, CONFIG);
  const agent = await RelayAgent.plug(scene, "clients", AGENT, SERVER);
  const { yiaddr } = await agent.obtain(clientMac(1));
  server.signal("SIGTERM");
  assert.equal(await server.ends(3_000), 0);
  const filter = 'select(.state == "bound") | .address + " " + .mac';
  const journal = await scene.wire.exec("server", "jq", "-r", filter, journalFile(scene));
  assert.equal(journal.trim(), `${yiaddr} ${clientMac(1)}`);
  const { mode } = await Deno.stat(journalFile(scene));
  assert.equal(mode! & 0o777, 0o600);

  const again = await startServer(scene, CONFIG);
  assert.equal((await agent.reboot(clientMac(1), yiaddr)).yiaddr, yiaddr);
  again.signal("SIGINT");
  assert.equal(await again.ends(3_000), 0);
});

const POWERLESS = "without capabilities: exit 77 and one line that names the missing one";
sceneTest(POWERLESS, { ...OPTIONS, needs: ["setpriv"] }, async (scene) => {
  const config = await scene.file("sublet.yaml", configText(scene, CONFIG));
  const powerless = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"];
  const { code, output } = await runSublet(scene, ["run", "--config", config], powerless);
  assert.equal(code, EX_NO_PERMISSION, output);
  const lines = output.trim().split("\n").filter((line) => /cap_net/i.test(line));
  assert.equal(lines.length, 1, output);
  assert.match(lines[0]!, /setcap|AmbientCapabilities/);
  assert.doesNotMatch(output, /^\s+at /m, "no stack trace");
});

const PAGES = "curl gets a table for people, /status and /leases as JSON, and /healthz";
sceneTest(PAGES, OPTIONS, async (scene) => {
  await startServer(scene, CONFIG);
  const agent = await RelayAgent.plug(scene, "clients", AGENT, SERVER);
  const ack = await agent.obtain(clientMac(7), [[12, new TextEncoder().encode("kitchen-pi")]]);
  assert.equal(messageType(ack), ACK);
  const page = await curl(scene, "/");
  assert.match(page, /^sublet \d+\.\d+\.\d+, up /);
  assert.match(page, /10\.77\.0\.0\/24/);
  assert.match(page, new RegExp(`${ack.yiaddr} .*${clientMac(7)} .*kitchen-pi`));
  assert.ok(page.split("\n").every((line) => line.length <= 100), "it fits a terminal");
  const { subnets, interfaces } = await readStatus(scene);
  assert.equal(subnets[0]!.used, 1);
  assert.deepEqual(interfaces.map(({ name, state }) => [name, state]), [["lan0", "serving"]]);
  const [lease] = JSON.parse(await curl(scene, "/leases"));
  assert.equal(lease.address, ack.yiaddr);
  assert.equal(lease.hostname, "kitchen-pi");
  assert.equal(await curl(scene, "/healthz"), "ok\n");
  const { code, output } = await runSublet(scene, [
    "leases",
    "--config",
    `${scene.directory}/sublet.yaml`,
  ]);
  assert.equal(code, 0);
  assert.match(output, new RegExp(`${ack.yiaddr} .*kitchen-pi`));
});

const INIT = "sublet init prints a config for the machine's interfaces that checks and serves";
sceneTest(INIT, OPTIONS, async (scene) => {
  const init = await runSublet(scene, ["init", "--interface", "lan0"]);
  assert.equal(init.code, 0);
  assert.match(init.output, /10\.77\.0\.0\/24/);
  assert.match(init.output, /^\s*#/m, "it is commented");
  const file = await scene.file("init.yaml", init.output);
  assert.equal((await runSublet(scene, ["check", file])).code, 0);
  const withoutJournal = init.output.replace(/^journal:.*$/m, "");
  // The clients of this test are behind a relay agent of its own.
  await startServer(scene, withoutJournal.replace(/^ +pools:/m, `    relays: ${AGENT}\n$&`));
  const agent = await RelayAgent.plug(scene, "clients", AGENT, SERVER);
  const { yiaddr } = await agent.obtain(clientMac(1));
  assert.match(yiaddr, /^10\.77\.0\.\d+$/);
  assert.notEqual(yiaddr, SERVER);
});

/** Namespaces of this demo that are still there. */
async function leftBehind(demo: Program): Promise<string[]> {
  const { stdout } = await new Deno.Command("ip", { args: ["netns", "list"] }).output();
  const names = new TextDecoder().decode(stdout).split("\n");
  return names.filter((name) => name.includes(`demo-${demo.pid}-`));
}

const DEMO = "sublet demo shows an exchange between real namespaces and leaves nothing behind";
sceneTest(DEMO, OPTIONS, async (scene) => {
  const demo = scene.startOutside("sublet demo", [...subletCommand(), "demo"]);
  assert.equal(await demo.ends(40_000), 0);
  for (const word of [/DISCOVER/, /OFFER/, /ACK/, /"state": ?"bound"/]) {
    assert.match(demo.output, word);
  }
  assert.deepEqual(await leftBehind(demo), []);
});

const INTERRUPTED = "sublet demo cleans up after itself even when it is interrupted";
sceneTest(INTERRUPTED, OPTIONS, async (scene) => {
  const demo = scene.startOutside("sublet demo", [...subletCommand(), "demo"]);
  await demo.says(/interfaces:/);
  assert.equal((await leftBehind(demo)).length, 2, "it has its namespaces by now");
  demo.signal("SIGINT");
  assert.notEqual(await demo.ends(20_000), 0);
  assert.deepEqual(await leftBehind(demo), []);
});
