/** Parts of the dialog that well-behaved clients rarely show, from outside the program. */
import assert from "node:assert/strict";
import {
  ACK,
  buildPacket,
  DECLINE,
  DISCOVER,
  INFORM,
  messageType,
  NAK,
  octets,
  OFFER,
  option,
  optionAddress,
  optionSeconds,
  parsePacket,
  RELEASE,
  REQUEST,
} from "../support/dhcp_packets.ts";
import type { Cable } from "../support/netns.ts";
import { until } from "../support/program.ts";
import { clientMac, RelayAgent } from "../support/relay_agent.ts";
import { sceneTest } from "../support/scene.ts";
import { curl, readStatus, startServer } from "../support/sublet_server.ts";

const SERVER = "10.77.0.1";
const AGENT = "10.77.0.2";

const LAN: Cable = [
  { node: "server", name: "lan0", addresses: [`${SERVER}/24`] },
  { node: "clients", name: "eth0", addresses: [`${AGENT}/24`, "10.77.0.200/24"] },
];

const CLIENTS = 50;

const CONFIG = `
interfaces: lan0
conflict-probe: off
lease-time: { default: 1h, min: 10m, max: 2h }
options:
  domain-name: home.test
subnets:
  - subnet: 10.77.0.0/24
    pools: 10.77.0.100-10.77.0.149
    relays: ${AGENT}
    options:
      routers: 10.77.0.1
`;

const CONCURRENT = `${CLIENTS} clients at once, as many as there are addresses: each gets one of ` +
  "its own, and the next one gets silence";
sceneTest(CONCURRENT, { cables: [LAN], needs: ["curl"] }, async (scene) => {
  await startServer(scene, CONFIG);
  const agent = await RelayAgent.plug(scene, "clients", AGENT, SERVER);
  const macs = Array.from({ length: CLIENTS }, (_, index) => clientMac(index));
  const acks = await Promise.all(macs.map((mac) => agent.obtain(mac)));
  assert.equal(acks.filter((ack) => messageType(ack) === ACK).length, CLIENTS);
  assert.equal(new Set(acks.map((ack) => ack.yiaddr)).size, CLIENTS);
  assert.equal(await agent.askInVain({ type: DISCOVER, mac: clientMac(999) }), undefined);
  const [subnet] = (await readStatus(scene)).subnets;
  assert.equal(subnet!.used, CLIENTS);
  assert.equal(subnet!.free, 0);
});

const DECLINED = "an address that a client declines is quarantined, shown, and given to nobody " +
  "while there are others, nor within ten seconds (RFC 2131 §4.3.3)";
sceneTest(DECLINED, { cables: [LAN], needs: ["curl"] }, async (scene) => {
  const server = await startServer(scene, CONFIG);
  const agent = await RelayAgent.plug(scene, "clients", AGENT, SERVER);
  const declined = (await agent.obtain(clientMac(1))).yiaddr;
  const options = [[50, octets(declined)], [54, octets(SERVER)]] as const;
  // A stranger's DECLINE must not take somebody's address away.
  agent.tell({ type: DECLINE, mac: clientMac(2), options });
  await server.says(new RegExp(`${clientMac(2)} DECLINE -> silence`));
  assert.equal((await agent.reboot(clientMac(1), declined)).yiaddr, declined);

  const declinedAtMs = performance.now();
  agent.tell({ type: DECLINE, mac: clientMac(1), options });
  await server.says(new RegExp(`DECLINE -> quarantined ${declined}`));
  assert.match(await curl(scene, "/"), new RegExp(`${declined} .*quarantined`));
  const others = Array.from({ length: CLIENTS - 1 }, (_, index) => clientMac(10 + index));
  const acks = await Promise.all(others.map((mac) => agent.obtain(mac)));
  assert.ok(acks.every((ack) => ack.yiaddr !== declined));
  const asked = { type: DISCOVER, mac: clientMac(1) };
  const isTooEarly = performance.now() - declinedAtMs < 9_000;
  if (isTooEarly) assert.equal(await agent.askInVain(asked), undefined);
  assert.equal((await readStatus(scene)).subnets[0]!.quarantined, 1);
  const offer = await until("the last resort", 20_000, () => agent.askInVain(asked));
  assert.equal(offer.yiaddr, declined);
});

const RELEASED = "RELEASE by somebody who does not hold the lease is ignored (RFC 2131 §4.3.4)";
sceneTest(RELEASED, { cables: [LAN], needs: ["curl"] }, async (scene) => {
  const server = await startServer(scene, CONFIG);
  const agent = await RelayAgent.plug(scene, "clients", AGENT, SERVER);
  const { yiaddr } = await agent.obtain(clientMac(1));
  const release = { type: RELEASE, ciaddr: yiaddr, options: [[54, octets(SERVER)]] } as const;
  agent.tell({ ...release, mac: clientMac(2) });
  await server.says(new RegExp(`${clientMac(2)} RELEASE -> silence`));
  assert.equal((await readStatus(scene)).subnets[0]!.used, 1);
  agent.tell({ ...release, mac: clientMac(1) });
  await server.says(new RegExp(`${clientMac(1)} RELEASE -> released ${yiaddr}`));
  assert.equal((await readStatus(scene)).subnets[0]!.used, 0);
});

const INFORMED = "INFORM is answered to ciaddr, with options but no address and no lease " +
  "(RFC 2131 §4.3.5)";
sceneTest(INFORMED, { cables: [LAN], needs: ["curl"] }, async (scene) => {
  await startServer(scene, CONFIG);
  const ciaddr = "10.77.0.200";
  const port = await scene.udpPort("clients", ciaddr, 68);
  let received: Uint8Array | undefined;
  port.onDatagram = (payload) => received = payload;
  const question = { xid: 0x1f0, mac: clientMac(1), ciaddr };
  const options = [[53, Uint8Array.of(INFORM)], [55, Uint8Array.of(15, 3)]] as const;
  port.send(buildPacket({ ...question, options }), SERVER, 67);
  const ack = parsePacket(await until("the ACK", 5_000, () => received));
  assert.equal(messageType(ack), ACK);
  assert.equal(ack.xid, question.xid);
  assert.equal(ack.yiaddr, "0.0.0.0");
  assert.equal(optionAddress(ack, 3), SERVER);
  assert.deepEqual(option(ack, 15), new TextEncoder().encode("home.test"));
  for (const code of [51, 58, 59]) assert.equal(option(ack, code), undefined);
  assert.ok(received!.length >= 300, "BOOTP clients expect 300 octets (RFC 1542 §2.1)");
});

const TIMES = "a requested lease time is honoured within the bounds, and T1 < T2 < lease " +
  "(RFC 2131 §4.3.1, §4.4.5)";
sceneTest(TIMES, { cables: [LAN], needs: ["curl"] }, async (scene) => {
  await startServer(scene, CONFIG);
  const agent = await RelayAgent.plug(scene, "clients", AGENT, SERVER);
  const cases: [asked: number, given: number][] = [
    [1, 600],
    [601, 601],
    [7_200, 7_200],
    [0xffff_ffff, 7_200],
  ];
  for (const [index, [asked, given]] of cases.entries()) {
    const wish = new Uint8Array(4);
    new DataView(wish.buffer).setUint32(0, asked);
    const ack = await agent.obtain(clientMac(index), [[51, wish]]);
    assert.equal(optionSeconds(ack, 51), given, `asked for ${asked}`);
    const t1 = optionSeconds(ack, 58)!;
    const t2 = optionSeconds(ack, 59)!;
    assert.ok(0 < t1 && t1 < t2 && t2 < given, `${t1} < ${t2} < ${given}`);
  }
});

const MOVED = "a client that comes from another network is told NAK at once, and a REQUEST that " +
  "names another server gets silence (RFC 2131 §4.3.2)";
sceneTest(MOVED, { cables: [LAN], needs: ["curl"] }, async (scene) => {
  await startServer(scene, CONFIG);
  const agent = await RelayAgent.plug(scene, "clients", AGENT, SERVER);
  assert.equal(messageType(await agent.reboot(clientMac(1), "192.168.7.7")), NAK);
  const offer = await agent.ask({ type: DISCOVER, mac: clientMac(2) });
  assert.equal(messageType(offer), OFFER);
  const reply = await agent.askInVain({
    type: REQUEST,
    mac: clientMac(2),
    options: [[50, octets(offer.yiaddr)], [54, octets("10.77.0.66")]],
  });
  assert.equal(reply, undefined);
});
