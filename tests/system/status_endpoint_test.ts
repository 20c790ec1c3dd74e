/** The status endpoint among strangers: they cannot slow the DHCP side, nor read without a token. */
import assert from "node:assert/strict";
import { ACK, messageType } from "../support/dhcp_packets.ts";
import type { Cable } from "../support/netns.ts";
import { subletCommand, until } from "../support/program.ts";
import { clientMac, RelayAgent } from "../support/relay_agent.ts";
import { sceneTest } from "../support/scene.ts";
import { curl, startServer } from "../support/sublet_server.ts";

const SERVER = "10.77.0.1";
const AGENT = "10.77.0.2";

const LAN: Cable = [
  { node: "server", name: "lan0", addresses: [`${SERVER}/16`] },
  { node: "clients", name: "eth0", addresses: [`${AGENT}/16`] },
];

const CONFIG = `
interfaces: lan0
conflict-probe: off
subnets:
  - subnet: 10.77.0.0/16
    relays: 10.77.0.2
    pools: 10.77.1.0-10.77.9.255
`;

const OPTIONS = { cables: [LAN], needs: ["curl"] };
const CLIENTS = 200;
const CONNECTIONS = 1_000;
/** Medians on a busy machine differ by a third; a server that looks after each differs by far more. */
const SLOWER_MAX = 3;

/** The median time of a whole exchange of four messages, in milliseconds. */
async function medianMs(agent: RelayAgent, firstClient: number): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < CLIENTS; i++) {
    const started = performance.now();
    assert.equal(messageType(await agent.obtain(clientMac(firstClient + i))), ACK);
    times.push(performance.now() - started);
  }
  return times.sort((a, b) => a - b)[CLIENTS / 2]!;
}

const IDLE = `${CONNECTIONS} idle connections do not slow the DHCP side, nor keep the page away`;
sceneTest(IDLE, OPTIONS, async (scene) => {
  await startServer(scene, CONFIG);
  const agent = await RelayAgent.plug(scene, "clients", AGENT, SERVER);
  await medianMs(agent, 0); // until the code is compiled
  const beforeMs = await medianMs(agent, 1_000);
  const script = new URL("../support/idle_connections.ts", import.meta.url).pathname;
  const arguments_ = ["run", "-A", "--no-check", script, "8067", String(CONNECTIONS)];
  const opener = scene.start("server", "idle connections", [Deno.execPath(), ...arguments_]);
  await opener.says(/open/);
  const duringMs = await medianMs(agent, 2_000);
  assert.ok(
    duringMs < beforeMs * SLOWER_MAX,
    `${duringMs.toFixed(2)} ms instead of ${beforeMs.toFixed(2)} ms`,
  );
  assert.match(await curl(scene, "/healthz"), /^ok/);
});

const TOKEN = "0123456789abcdef0123456789abcdef";
const OPENED = "open to other machines, it answers those who bring the token, and nobody else";
sceneTest(OPENED, OPTIONS, async (scene) => {
  const status = `status: { listen: "${SERVER}:8067", token: ${TOKEN}, names: router.lan }`;
  const config = await scene.file("sublet.yaml", `journal: j.jsonl\n${CONFIG}${status}\n`);
  const server = scene.start("server", "sublet run", [
    ...subletCommand(),
    "run",
    "--config",
    config,
  ]);
  await server.says(/status on/);
  const ask = (...args: string[]) =>
    scene.wire.exec("clients", "curl", "-sS", "--max-time", "5", "-w", " %{http_code}", ...args);
  const url = `http://${SERVER}:8067/healthz`;
  assert.match(await ask(url), / 401$/);
  const bearer = ["-H", `Authorization: Bearer ${TOKEN}`];
  assert.match(await ask(...bearer, url), /^ok\s+200$/);
  assert.match(await ask(...bearer, "-H", "Origin: http://evil.example", url), / 403$/);
  assert.match(await ask(...bearer, "-H", "Host: evil.example", url), / 421$/);
  assert.match(await ask(...bearer, "-H", "Host: router.lan:8067", url), /^ok\s+200$/);
  assert.ok(!server.output.includes(TOKEN), "the token is not in the log");
});

const BUSY =
  "a port that another program has keeps nobody from a lease; once it is free, it answers";
sceneTest(BUSY, OPTIONS, async (scene) => {
  const hold = 'Deno.listen({ hostname: "127.0.0.1", port: 8067 }); console.log("held"); ' +
    "setInterval(() => {}, 1_000)";
  const holder = scene.start("server", "another program", [Deno.execPath(), "eval", hold]);
  await holder.says(/held/);
  const config = await scene.file("sublet.yaml", `journal: j.jsonl\n${CONFIG}`);
  const server = scene.start("server", "sublet run", [
    ...subletCommand(),
    ...["run", "--config", config],
  ]);
  await server.says(/another program does\. Change `status: .* Leases are given without it/);
  await server.says(/lan0: serving/);
  await server.says(/1 subnet, 0 leases from .*, no status endpoint/);
  const agent = await RelayAgent.plug(scene, "clients", AGENT, SERVER);
  assert.equal(messageType(await agent.obtain(clientMac(1))), ACK);
  await holder.kill();
  await server.says(/the status endpoint listens on port 8067 now/, 20_000);
  await until(
    "the page",
    10_000,
    async () => /^ok/.test(await curl(scene, "/healthz").catch(() => "")) || undefined,
  );
  assert.equal(server.code, undefined);
});
