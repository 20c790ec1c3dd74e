/** Interfaces that are listed are served whenever they are there; all others are left in silence. */
import assert from "node:assert/strict";
import { type CapturedDatagram, startCapture } from "../support/capture.ts";
import { udhcpc } from "../support/dhcp_clients.ts";
import { buildPacket, DISCOVER, messageType, OFFER } from "../support/dhcp_packets.ts";
import type { Cable } from "../support/netns.ts";
import { until } from "../support/program.ts";
import { clientMac, RelayAgent } from "../support/relay_agent.ts";
import { type Scene, sceneTest } from "../support/scene.ts";
import { curl, readStatus, startServer } from "../support/sublet_server.ts";

const SERVER = "10.77.0.1";
const SERVER_OUTSIDE = "10.88.0.1";

const LAN: Cable = [
  { node: "server", name: "lan0", addresses: [`${SERVER}/24`] },
  { node: "client", name: "eth0", addresses: ["10.77.0.2/24"] },
];
const WAN: Cable = [
  { node: "server", name: "wan0", addresses: [`${SERVER_OUTSIDE}/24`] },
  { node: "stranger", name: "eth0", addresses: ["10.88.0.2/24"] },
];

const CONFIG = `
interfaces: lan0
conflict-probe: { timeout: 100ms }
subnets:
  - subnet: 10.77.0.0/24
    relays: 10.77.0.2
    pools: 10.77.0.100-10.77.0.199
  - subnet: 10.88.0.0/24
    relays: 10.88.0.2
    pools: 10.88.0.100-10.88.0.199
`;

const SILENCE = "an interface that is not listed never sees an answer, while the listed one does";
const NEEDS = ["udhcpc", "tcpdump", "curl"];
sceneTest(SILENCE, { cables: [LAN, WAN], needs: NEEDS }, async (scene) => {
  const server = await startServer(scene, CONFIG);
  const capture = await startCapture(scene, "stranger", "eth0");
  await scene.wire.exec("stranger", "ip", "route", "add", "10.77.0.0/24", "via", SERVER_OUTSIDE);

  // A client's broadcasts, a relay's unicasts, and unicasts to the address of the served interface
  // that come in on the wrong one (Linux would take them: its addresses belong to the machine).
  const relay = await RelayAgent.plug(scene, "stranger", "10.88.0.2", SERVER_OUTSIDE);
  assert.equal(await relay.askInVain({ type: DISCOVER, mac: clientMac(1) }), undefined);
  const crossing = await scene.udpPort("stranger", "10.88.0.2", 6767);
  const question = { xid: 77, mac: clientMac(2), giaddr: "10.88.0.2" };
  const discover = buildPacket({ ...question, options: [[53, Uint8Array.of(DISCOVER)]] });
  for (const address of [SERVER, SERVER_OUTSIDE]) {
    crossing.send(discover, address, 67);
    const isIt = (it: CapturedDatagram) => it.sourcePort === 6767 && it.destination === address;
    await capture.waitFor(`the datagram to ${address}`, isIt);
  }
  // Last, because it takes the stranger's address off the interface.
  const stranger = await udhcpc(scene, "stranger", "eth0", ["-n", "-t", "2", "-T", "1"]);
  stranger.start();
  await stranger.next(["leasefail"]);

  // The listed interface is served all along. Its answer also shows that the server has been
  // through everything sent before it.
  const agent = await RelayAgent.plug(scene, "client", "10.77.0.2", SERVER);
  assert.equal(messageType(await agent.ask({ type: DISCOVER, mac: clientMac(3) })), OFFER);

  const seen = await capture.datagrams();
  const broadcasts = seen.filter((it) => it.destination === "255.255.255.255");
  assert.ok(broadcasts.length >= 2, "the strange client did ask");
  assert.deepEqual(seen.filter((it) => it.source === SERVER || it.source === SERVER_OUTSIDE), []);
  assert.doesNotMatch(server.output, /wan0/);
});

/** Waits until the server says that an interface is in this state. */
function stateOf(scene: Scene, name: string, state: string): Promise<boolean> {
  return until(`${name} to be ${state}`, 10_000, async () => {
    const { interfaces } = await readStatus(scene);
    return interfaces.find((it) => it.name === name)?.state === state || undefined;
  });
}

const LATE = "an interface that is missing at start is waited for, and served when it appears";
sceneTest(LATE, { cables: [LAN], needs: ["udhcpc", "curl"] }, async (scene) => {
  const { wire } = scene;
  const both = CONFIG.replace("interfaces: lan0", "interfaces: [lan0, late0]");
  await startServer(scene, both);
  await stateOf(scene, "late0", "missing");
  assert.match(await curl(scene, "/healthz"), /late0/);

  // The cable is made in the client's namespace, and one end of it moves in.
  const peer = ["peer", "name", "late0", "netns", wire.namespace("server")];
  await wire.exec("client", "ip", "link", "add", "eth1", "type", "veth", ...peer);
  await stateOf(scene, "late0", "down");
  await wire.exec("server", "ip", "link", "set", "late0", "up");
  await wire.exec("client", "ip", "link", "set", "eth1", "up");
  await stateOf(scene, "late0", "no-address");
  await wire.exec("server", "ip", "address", "add", `${SERVER_OUTSIDE}/24`, "dev", "late0");
  await stateOf(scene, "late0", "serving");

  const client = await udhcpc(scene, "client", "eth1");
  client.start();
  assert.match((await client.next(["bound"])).address, /^10\.88\.0\.1\d\d$/);
  assert.equal(await curl(scene, "/healthz"), "ok\n");
});

const DOWN = "an interface that goes down, or away, and comes back is served again";
sceneTest(DOWN, { cables: [LAN], needs: ["udhcpc", "curl"] }, async (scene) => {
  const { wire } = scene;
  const server = await startServer(scene, CONFIG);
  await wire.exec("server", "ip", "link", "set", "lan0", "down");
  await stateOf(scene, "lan0", "down");
  await wire.exec("server", "ip", "link", "set", "lan0", "up");
  await stateOf(scene, "lan0", "serving");
  const client = await udhcpc(scene, "client", "eth0");
  client.start();
  const first = await client.next(["bound"]);
  await client.kill();

  await wire.exec("server", "ip", "link", "delete", "lan0");
  await stateOf(scene, "lan0", "missing");
  const peer = ["peer", "name", "lan0", "netns", wire.namespace("server")];
  await wire.exec("client", "ip", "link", "add", "eth0", "type", "veth", ...peer);
  await wire.exec("client", "ip", "link", "set", "eth0", "up");
  await wire.exec("server", "ip", "link", "set", "lan0", "up");
  await wire.exec("server", "ip", "address", "add", `${SERVER}/24`, "dev", "lan0");
  await stateOf(scene, "lan0", "serving");
  const again = await udhcpc(scene, "client", "eth0");
  again.start();
  const second = await again.next(["bound"]);
  assert.match(second.address, /^10\.77\.0\.1\d\d$/);
  assert.notEqual(second.address, first.address, "another MAC is another client");
  assert.equal(server.code, undefined, "the server never ended");
});
