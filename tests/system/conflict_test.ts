/**
 * Hosts that use addresses without having asked: they are found before a client gets the address
 * (RFC 2131 §2.2), and nobody has to wait for another's probe.
 */
import assert from "node:assert/strict";
import { udhcpc } from "../support/dhcp_clients.ts";
import { ACK, DISCOVER, messageType, octets, OFFER } from "../support/dhcp_packets.ts";
import type { Cable } from "../support/netns.ts";
import { until } from "../support/program.ts";
import { clientMac, RelayAgent } from "../support/relay_agent.ts";
import { type Scene, sceneTest } from "../support/scene.ts";
import { curl, journalFile, readStatus, startServer } from "../support/sublet_server.ts";

const SERVER = "10.77.0.1";
const SQUATTED = "10.77.0.100";

const LAN: Cable = [
  { node: "server", name: "lan0", addresses: [`${SERVER}/24`] },
  { node: "client", name: "eth0" },
  { node: "squatter", name: "eth0", addresses: [`${SQUATTED}/24`] },
];

const CONFIG = `
interfaces: lan0
subnets:
  - subnet: 10.77.0.0/24
    pools: 10.77.0.100-10.77.0.101
`;

const NEEDS = ["udhcpc", "curl"];

async function macOf(scene: Scene, node: string, interfaceName: string): Promise<string> {
  const said = await scene.wire.exec(node, "cat", `/sys/class/net/${interfaceName}/address`);
  return said.trim();
}

const ON_THE_WIRE = "udhcpc gets the next address when a host on the wire uses the first one, " +
  "which goes into quarantine and is shown";
sceneTest(ON_THE_WIRE, { cables: [LAN], needs: NEEDS }, async (scene) => {
  const server = await startServer(scene, CONFIG);
  const client = await udhcpc(scene, "client", "eth0", ["-r", SQUATTED]);
  client.start();
  assert.equal((await client.next(["bound"])).address, "10.77.0.101");

  const squatter = await macOf(scene, "squatter", "eth0");
  const mine = await macOf(scene, "client", "eth0");
  const said = `lan0 ${mine} does not get ${SQUATTED}: in use by ${squatter}, now in quarantine`;
  await server.says(new RegExp(RegExp.escape(said)));
  const { subnets, conflicts, counters } = await readStatus(scene);
  assert.deepEqual([subnets[0]!.used, subnets[0]!.quarantined, subnets[0]!.free], [1, 1, 0]);
  assert.deepEqual(conflicts, [{ address: SQUATTED, interface: "lan0", occupant: squatter }]);
  assert.equal(counters.rules["conflict"], 1);
  assert.match(
    await curl(scene, "/"),
    new RegExp(`in use by others +by +on\n10\\.77\\.0\\.100 +${squatter} +lan0\n`),
  );
  const journal = await Deno.readTextFile(journalFile(scene));
  assert.match(journal, /"10\.77\.0\.100".*"declined"|"declined".*"10\.77\.0\.100"/);

  // The client lets its lease lapse and forgets it: by now nobody but itself has the address.
  await client.release();
  await server.says(/RELEASE -> released 10\.77\.0\.101/);
  client.resume();
  assert.equal((await client.next(["bound"])).address, "10.77.0.101");
});

const RELAYED: readonly Cable[] = [
  [
    { node: "server", name: "lan0", addresses: [`${SERVER}/24`] },
    { node: "relay", name: "up0", addresses: ["10.77.0.2/24"] },
  ],
  [
    { node: "relay", name: "down0", addresses: ["10.90.0.1/24"] },
    { node: "client", name: "eth0" },
    { node: "squatter", name: "eth0", addresses: ["10.90.0.50/24"] },
  ],
];

const RELAYED_CONFIG = (mode: string) => `
interfaces: lan0
conflict-probe: ${mode}
subnets:
  - subnet: 10.77.0.0/24
    pools: 10.77.0.100-10.77.0.199
  - subnet: 10.90.0.0/24
    pools: 10.90.0.50-10.90.0.51
`;

for (const [mode, expected] of [["on", "10.90.0.51"], ["local", "10.90.0.50"]] as const) {
  const title = `conflict-probe: ${mode}, behind dhcrelay: ` +
    `a client that would like an address in use gets ${expected}`;
  const needs = [...NEEDS, "dhcrelay"];
  sceneTest(title, { cables: RELAYED, needs }, async (scene) => {
    const { wire } = scene;
    await wire.exec("server", "ip", "route", "add", "10.90.0.0/24", "via", "10.77.0.2");
    await wire.exec("squatter", "ip", "route", "add", "default", "via", "10.90.0.1");
    await wire.exec("relay", "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward");
    const server = await startServer(scene, RELAYED_CONFIG(mode));
    const command = ["dhcrelay", "-4", "-d", "-id", "down0", "-iu", "up0", SERVER];
    const relay = scene.start("relay", "dhcrelay", command);
    await relay.says(/Sending on/);
    const client = await udhcpc(scene, "client", "eth0", ["-r", "10.90.0.50"]);
    client.start();
    assert.equal((await client.next(["bound"])).address, expected);
    const { conflicts } = await readStatus(scene);
    if (mode === "local") return assert.deepEqual(conflicts, []);
    assert.deepEqual(conflicts, [
      { address: "10.90.0.50", interface: "lan0", relay: "10.90.0.1" },
    ]);
    await server.says(/does not get 10\.90\.0\.50: in use, now in quarantine .* via 10\.90\.0\.1/);
  });
}

const CROWD = 200;
const CROWD_TIMEOUT_MS = 1_000;
const CROWD_TITLE = `${CROWD} clients at once wait for one timeout together, and not for the one ` +
  "whose address is in use";
const WIDE: Cable = [
  { node: "server", name: "lan0", addresses: [`${SERVER}/16`] },
  { node: "clients", name: "eth0", addresses: ["10.77.0.2/16"] },
  { node: "squatter", name: "eth0", addresses: [`${SQUATTED}/16`] },
];
sceneTest(CROWD_TITLE, { cables: [WIDE], needs: ["curl"] }, async (scene) => {
  await startServer(
    scene,
    `
interfaces: lan0
conflict-probe: { timeout: ${CROWD_TIMEOUT_MS}ms }
subnets:
  - subnet: 10.77.0.0/16
    pools: 10.77.0.100-10.77.9.255
    relays: 10.77.0.2
`,
  );
  const agent = await RelayAgent.plug(scene, "clients", "10.77.0.2", SERVER);
  const wishes = Array.from(
    { length: CROWD },
    (_, i) => `10.77.${i < 100 ? 0 : 1}.${100 + i % 100}`,
  );
  const beganMs = performance.now();
  const offers = await Promise.all(
    wishes.map((wish, i) =>
      agent.ask({ type: DISCOVER, mac: clientMac(i), options: [[50, octets(wish)]] }, 30_000)
    ),
  );
  const tookMs = performance.now() - beganMs;
  assert.ok(offers.every((offer) => messageType(offer) === OFFER));
  const given = offers.map(({ yiaddr }) => yiaddr);
  assert.equal(new Set(given).size, CROWD);
  assert.ok(!given.includes(SQUATTED));
  assert.deepEqual(given.slice(1), wishes.slice(1), "every other client has what it asked for");
  // One after the other it would be minutes; the one in use costs its own client a second probe.
  assert.ok(tookMs >= CROWD_TIMEOUT_MS, `${tookMs} ms`);
  assert.ok(tookMs < 10 * CROWD_TIMEOUT_MS, `${tookMs} ms`);
  assert.deepEqual((await readStatus(scene)).conflicts.map(({ address }) => address), [SQUATTED]);
  // What was found is known for a while, and clients that repeat themselves get the same.
  const again = await agent.obtain(clientMac(7));
  assert.equal(messageType(again), ACK);
  assert.equal(again.yiaddr, wishes[7]);
});

const FLAP = "an interface that goes down and up while a probe is under way does no harm";
sceneTest(FLAP, { cables: [LAN], needs: NEEDS }, async (scene) => {
  const { wire } = scene;
  const server = await startServer(scene, `${CONFIG}conflict-probe: { timeout: 2s }\n`);
  const client = await udhcpc(scene, "client", "eth0");
  client.start();
  // While it is probed, the address is kept for the client; the other may be in quarantine by then.
  await until("a probe to be under way", 10_000, async () => {
    const { subnets: [subnet] } = await readStatus(scene);
    return subnet!.free < 2 || undefined;
  });
  await wire.exec("server", "ip", "link", "set", "lan0", "down");
  await wire.exec("server", "ip", "link", "set", "lan0", "up");
  // What was answered meanwhile is lost; the client asks again.
  const { address } = await client.next(["bound"], 30_000);
  assert.match(address, /^10\.77\.0\.10[01]$/);
  await client.kill();
  assert.equal(server.code, undefined, "the server never ended");
});

const CLONES: Cable = [
  { node: "server", name: "lan0", addresses: [`${SERVER}/24`] },
  { node: "one", name: "eth0" },
  { node: "two", name: "eth0" },
];

const APART = "two machines with one client identifier get an address each, and the log names both";
sceneTest(APART, { cables: [CLONES], needs: NEEDS }, async (scene) => {
  const server = await startServer(scene, CONFIG);
  const id = ["-x", "0x3d:ff0000dead"];
  const one = await udhcpc(scene, "one", "eth0", id);
  one.start();
  const first = (await one.next(["bound"])).address!;
  const two = await udhcpc(scene, "two", "eth0", id);
  two.start();
  const second = (await two.next(["bound"])).address!;
  assert.notEqual(second, first);
  const [mac, other] = [await macOf(scene, "one", "eth0"), await macOf(scene, "two", "eth0")];
  await server.says(new RegExp(`${mac} and ${other} have one client identifier.*identity: mac`));
});
