/**
 * Starvation on a wire: a flood of DISCOVERs and whole exchanges under made-up addresses, while
 * clients renew, a reserved one comes back, and a real one is new.
 */
import assert from "node:assert/strict";
import { udhcpc } from "../support/dhcp_clients.ts";
import {
  ACK,
  DISCOVER,
  messageType,
  octets,
  type PacketOption,
  REQUEST,
} from "../support/dhcp_packets.ts";
import type { Cable } from "../support/netns.ts";
import { createRandom } from "../support/random.ts";
import { clientMac, RelayAgent } from "../support/relay_agent.ts";
import { sceneTest } from "../support/scene.ts";
import { curl, readStatus, startServer } from "../support/sublet_server.ts";

const SERVER = "10.77.0.1";
const AGENT = "10.77.0.2";
const RESERVED = "10.77.0.10";
const RESERVED_MAC = "02:aa:00:00:00:01";

const LAN: Cable = [
  { node: "server", name: "lan0", addresses: [`${SERVER}/24`] },
  { node: "agent", name: "eth0", addresses: [`${AGENT}/24`] },
  { node: "client", name: "eth0" },
];

const CONFIG = `
interfaces: lan0
conflict-probe: off
subnets:
  - subnet: 10.77.0.0/24
    pools: 10.77.0.100-10.77.0.199
    relays: ${AGENT}
    reservations: [{ mac: "${RESERVED_MAC}", address: ${RESERVED} }]
`;

const RESIDENTS = 20;
const FLOOD = 20_000;
/** What is sent without a look at the replies: the server's socket holds some thousand. */
const AT_ONCE = 100;

const TITLE =
  `${FLOOD} DISCOVERs under made-up names, relay ports included: clients renew without ` +
  "loss, the reserved one gets its address, udhcpc a new one, and the alarm is on the page";
sceneTest(
  TITLE,
  { cables: [LAN], needs: ["udhcpc", "curl"], secondsMax: 120 },
  async (scene) => {
    const server = await startServer(scene, CONFIG);
    const agent = await RelayAgent.plug(scene, "agent", AGENT, SERVER);
    const residents = new Map<string, string>();
    for (let n = 0; n < RESIDENTS; n++) {
      const { yiaddr } = await agent.obtain(clientMac(n));
      residents.set(clientMac(n), yiaddr);
    }
    const random = createRandom(0x57a7);
    const flood = () => {
      for (let n = 0; n < AT_ONCE; n++) {
        const port: PacketOption = [82, Uint8Array.of(1, 4, ...random.bytes(4))];
        const mac = clientMac(0x6600_0000 + random.integer(0, 0xff_ffff));
        agent.tell({ type: DISCOVER, mac, ...random.chance(0.5) && { options: [port] } });
      }
    };
    for (let sent = 0; sent < FLOOD; sent += AT_ONCE) {
      flood();
      const [mac, ciaddr] = [...residents][(sent / AT_ONCE) % RESIDENTS]!;
      const ack = await agent.ask({ type: REQUEST, mac, ciaddr }, 10_000);
      assert.deepEqual([messageType(ack), ack.yiaddr], [ACK, ciaddr]);
      if (sent % (20 * AT_ONCE) !== 0) continue;
      assert.equal((await agent.obtain(RESERVED_MAC)).yiaddr, RESERVED);
    }
    // A real client that is new, while it goes on: its offer yields, and it gets the address.
    const client = await udhcpc(scene, "client", "eth0");
    client.start();
    const bound = client.next(["bound"], 30_000);
    let isBound = false;
    bound.finally(() => isBound = true);
    while (!isBound) {
      flood();
      // The flood is as fast as the server, and no faster: so nothing is lost on the way to it.
      const [mac, ciaddr] = [...residents][0]!;
      await agent.ask({ type: REQUEST, mac, ciaddr }, 10_000);
    }
    assert.match((await bound).address, /^10\.77\.0\.1\d\d$/);
    await server.says(/more is asked for than can be given: .*\d+ offers gave way to newer ones/);
    assert.match(await curl(scene, "/"), /serving, but more is asked for than can be given/);
    const { subnets, counters } = await readStatus(scene);
    assert.equal(subnets[0]!.used, RESIDENTS + 2);
    assert.ok(counters.rules["oldest-offer"]! > FLOOD / 4);
    const metrics = await curl(scene, "/metrics");
    assert.match(metrics, /^sublet_starvation_alarm 1$/m);
    assert.match(metrics, /^sublet_offers_yielded_total [1-9]\d+$/m);
    assert.match(metrics, /^sublet_rate_limited_total\{limit="client"\} 0$/m);
    assert.equal(server.code, undefined);
  },
);

const LIMITS = `rate-limits: { client: 5/s, new-leases-per-circuit: 3/h, new-leases-from: 0% }\n`;
const PORTS = "whole exchanges from one port of a switch get as many leases as its limit, while " +
  "a client at another port is new";
sceneTest(PORTS, { cables: [LAN], needs: ["curl"] }, async (scene) => {
  await startServer(scene, LIMITS + CONFIG);
  const agent = await RelayAgent.plug(scene, "agent", AGENT, SERVER);
  const port = (id: number): PacketOption => [82, Uint8Array.of(1, 1, id)];
  for (let n = 0; n < 3; n++) {
    assert.equal(messageType(await agent.obtain(clientMac(n), [port(1)])), ACK);
  }
  const fourth = await agent.ask({ type: DISCOVER, mac: clientMac(3), options: [port(1)] });
  const take: PacketOption[] = [[50, octets(fourth.yiaddr)], [54, octets(SERVER)], port(1)];
  const refused = await agent.askInVain({ type: REQUEST, mac: clientMac(3), options: take });
  assert.equal(refused, undefined);
  assert.equal(messageType(await agent.obtain(clientMac(4), [port(2)])), ACK);
  // And one that sends too much by itself.
  for (let n = 0; n < 50; n++) {
    agent.tell({ type: DISCOVER, mac: clientMac(5), options: [port(2)] });
  }
  assert.equal(messageType(await agent.obtain(clientMac(6), [port(2)])), ACK);
  const metrics = await curl(scene, "/metrics");
  assert.match(metrics, /^sublet_rate_limited_total\{limit="client"\} 4[0-5]$/m);
  assert.match(metrics, /^sublet_rate_limited_total\{limit="new-leases-per-circuit"\} 1$/m);
  assert.match(metrics, /^sublet_dropped_datagrams_total\{reason="rate-limited"\} 4[0-5]$/m);
});
