/**
 * A client whose frames come from another hardware address than its messages say: behind a Wi-Fi
 * repeater, or a bridge that rewrites them.
 */
import assert from "node:assert/strict";
import { ACK, buildPacket, messageType, octets, parsePacket } from "../support/dhcp_packets.ts";
import type { Cable } from "../support/netns.ts";
import { until } from "../support/program.ts";
import { clientMac } from "../support/relay_agent.ts";
import { sceneTest } from "../support/scene.ts";
import { startServer } from "../support/sublet_server.ts";

const SERVER = "10.77.0.1";
const CIADDR = "10.77.0.100";

/** The client's own card, or that of the bridge: it answers ARP for what is behind it. */
const LAN: Cable = [
  { node: "server", name: "lan0", addresses: [`${SERVER}/24`] },
  { node: "bridge", name: "eth0", addresses: [`${CIADDR}/24`] },
];

const CONFIG = `
interfaces: lan0
conflict-probe: off
subnets:
  - subnet: 10.77.0.0/24
    pools: 10.77.0.100-10.77.0.149
`;

const REACHED =
  "RENEWING and REBINDING through a bridge that rewrites hardware addresses: the ACK " +
  "reaches who has ciaddr (RFC 2131 §4.1)";
sceneTest(REACHED, { cables: [LAN] }, async (scene) => {
  const server = await startServer(scene, CONFIG);
  const port = await scene.udpPort("bridge", "0.0.0.0", 68);
  const heard: Uint8Array[] = [];
  port.onDatagram = (payload) => heard.push(payload);
  // Nobody on the wire has this hardware address.
  const request = { mac: clientMac(1), options: [[53, Uint8Array.of(3)]] as const };
  const hears = async (xid: number) => {
    const found = () => heard.find((it) => parsePacket(it).xid === xid);
    return parsePacket(await until(`the ACK ${xid}`, 5_000, found));
  };

  // By broadcast, as such a bridge asks for its clients.
  const options = [...request.options, [50, octets(CIADDR)]] as const;
  port.send(buildPacket({ ...request, xid: 1, flags: 0x8000, options }), SERVER, 67);
  assert.equal((await hears(1)).yiaddr, CIADDR);

  for (const xid of [2, 3, 4]) {
    port.send(buildPacket({ ...request, xid, ciaddr: CIADDR }), SERVER, 67);
    const ack = await hears(xid);
    assert.deepEqual([messageType(ack), ack.ciaddr, ack.mac], [ACK, CIADDR, clientMac(1)]);
    assert.equal(heard.filter((it) => parsePacket(it).xid === xid).length, 1, "once");
  }
  await server.says(/ACK/);
});

const OWN = "a client with its own hardware address hears one ACK to a renewal, and no more";
sceneTest(OWN, { cables: [LAN] }, async (scene) => {
  await startServer(scene, CONFIG);
  const port = await scene.udpPort("bridge", "0.0.0.0", 68);
  const heard: Uint8Array[] = [];
  port.onDatagram = (payload) => heard.push(payload);
  const said = await scene.wire.exec("bridge", "cat", "/sys/class/net/eth0/address");
  const request = { mac: said.trim(), options: [[53, Uint8Array.of(3)]] as const, ciaddr: CIADDR };
  for (const xid of [1, 2, 3]) {
    port.send(buildPacket({ ...request, xid }), SERVER, 67);
    await until("the ACK", 5_000, () => heard.find((it) => parsePacket(it).xid === xid));
  }
  assert.deepEqual(heard.map((it) => parsePacket(it).xid), [1, 2, 3]);
});
