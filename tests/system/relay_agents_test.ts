/** Relay agents that say more than giaddr, and relay agents behind one another. */
import assert from "node:assert/strict";
import { startCapture } from "../support/capture.ts";
import { udhcpc } from "../support/dhcp_clients.ts";
import {
  ACK,
  DISCOVER,
  messageType,
  octets,
  OFFER,
  option,
  type PacketOption,
  parsePacket,
} from "../support/dhcp_packets.ts";
import type { Cable } from "../support/netns.ts";
import { clientMac, RelayAgent } from "../support/relay_agent.ts";
import { sceneTest } from "../support/scene.ts";
import { curl, startServer } from "../support/sublet_server.ts";

const SERVER = "10.77.0.1";
const CHAIN: readonly Cable[] = [
  [
    { node: "server", name: "lan0", addresses: [`${SERVER}/24`] },
    { node: "upper", name: "up0", addresses: ["10.77.0.2/24"] },
  ],
  [
    { node: "upper", name: "down0", addresses: ["10.88.0.1/24"] },
    { node: "lower", name: "up0", addresses: ["10.88.0.2/24"] },
  ],
  [
    { node: "lower", name: "down0", addresses: ["10.90.0.1/24"] },
    { node: "client", name: "eth0" },
  ],
];

/** What is behind `upper` and `lower`, and may ask through whom. */
const CONFIG = `
interfaces: lan0
conflict-probe: off
lease-time: 1h
subnets:
  - subnet: 10.77.0.0/24
    pools: 10.77.0.100-10.77.0.199
    relays: 10.77.0.2
  - subnet: 10.90.0.0/24
    pools: 10.90.0.50-10.90.0.60
`;

/** What ISC's dhcrelay puts into option 82: the name of the interface that it heard the client by. */
const CIRCUIT_ID = [1, 5, ...new TextEncoder().encode("down0")];

const NEEDS = ["dhcrelay", "udhcpc", "tcpdump", "curl"];

sceneTest(
  "dhcrelay behind dhcrelay: the first one's giaddr chooses and is answered, and the information " +
    "of both comes back (RFC 3046 §2.1, RFC 1542 §4.1.1)",
  { cables: CHAIN, needs: NEEDS },
  async (scene) => {
    const { wire } = scene;
    await wire.exec("server", "ip", "route", "add", "10.90.0.0/24", "via", "10.77.0.2");
    await wire.exec("upper", "ip", "route", "add", "10.90.0.0/24", "via", "10.88.0.2");
    await wire.exec("lower", "ip", "route", "add", "10.77.0.0/24", "via", "10.88.0.1");
    await wire.exec("upper", "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward");
    const server = await startServer(scene, CONFIG);
    const capture = await startCapture(scene, "upper", "up0");
    const relays = [["upper", SERVER], ["lower", "10.88.0.1"]] as const;
    for (const [node, next] of relays) {
      const flags = ["-4", "-d", "-a", "-D", "-m", "append", "--no-pid"];
      const sides = ["-id", "down0", "-iu", "up0"];
      const relay = scene.start(node, `dhcrelay-${node}`, ["dhcrelay", ...flags, ...sides, next]);
      await relay.says(/Sending on/);
    }

    const client = await udhcpc(scene, "client", "eth0");
    client.start();
    const bound = await client.next(["bound"]);
    assert.match(bound.address, /^10\.90\.0\.(5\d|60)$/);
    await server.says(
      /ACK 10\.90\.0\.\d+ .* via 10\.90\.0\.1 circuit-id "down0" .*circuit-id "down0"/,
    );

    for (const type of [OFFER, ACK]) {
      const { destination, destinationPort, payload } = await capture.waitFor(
        `message type ${type}`,
        (it) => it.source === SERVER && messageType(parsePacket(it.payload)) === type,
      );
      assert.deepEqual([destination, destinationPort], ["10.90.0.1", 67]);
      const information = option(parsePacket(payload), 82)!;
      assert.deepEqual([...information.subarray(0, 7)], CIRCUIT_ID);
      assert.deepEqual([...information.subarray(-7)], CIRCUIT_ID, "and what `upper` appended");
      assert(information.length >= 14);
    }
  },
);

sceneTest(
  "dhcrelay -U: link selection chooses the subnet, giaddr is answered (RFC 3527), and the lease " +
    "keeps what the relay agent said, by name",
  { cables: CHAIN, needs: NEEDS },
  async (scene) => {
    const server = await startServer(scene, CONFIG.replaceAll("10.90.", "10.88."));
    const relay = scene.start("upper", "dhcrelay", [
      ...["dhcrelay", "-4", "-d", "-a", "--no-pid", "-id", "down0", "-U", "up0"],
      SERVER,
    ]);
    await relay.says(/Sending on/);
    const client = await udhcpc(scene, "lower", "up0");
    client.start();
    const { address } = await client.next(["bound"]);
    assert.match(address, /^10\.88\.0\.(5\d|60)$/);
    await server.says(
      new RegExp(
        `ACK ${address} .* via 10\\.77\\.0\\.2 circuit-id "down0" link-selection 10\\.88\\.0\\.1`,
      ),
    );
    const shown = JSON.parse(await curl(scene, "/leases"));
    assert.deepEqual(shown[0]["option-82"], {
      "circuit-id": "64:6f:77:6e:30",
      "link-selection": "0a:58:00:01",
    });
  },
);

const AGENTS: readonly Cable[] = [
  [
    { node: "server", name: "lan0", addresses: [`${SERVER}/24`] },
    { node: "relay", name: "up0", addresses: ["10.77.0.2/24", "10.77.0.3/24"] },
  ],
];

sceneTest(
  "a relay agent that its subnet does not list is not answered, is counted and logged, and one " +
    "that wants its replies at another port gets them there (RFC 8357)",
  { cables: AGENTS, needs: ["curl"] },
  async (scene) => {
    const server = await startServer(scene, CONFIG);
    const stranger = await RelayAgent.plug(scene, "relay", "10.77.0.3", SERVER);
    assert.equal(
      await stranger.askInVain({ type: DISCOVER, mac: clientMac(1), options: [] }),
      undefined,
    );
    const link: PacketOption = [82, Uint8Array.of(5, 4, ...octets("10.90.0.0"))];
    assert.equal(
      await stranger.askInVain({ type: DISCOVER, mac: clientMac(1), options: [link] }),
      undefined,
    );
    await server.says(/DISCOVER -> silence \(relay-not-allowed\) via 10\.77\.0\.3/);
    const status = JSON.parse(await curl(scene, "/status"));
    assert.equal(status.counters.rules["relay-not-allowed"], 2);

    const agent = await RelayAgent.plug(scene, "relay", "10.77.0.2", SERVER, 4067);
    const information = Uint8Array.of(1, 1, 0x37, 19, 0);
    const ack = await agent.obtain(clientMac(2), [[82, information]]);
    assert.equal(messageType(ack), ACK);
    assert.deepEqual(ack.options.at(-1), [82, information]);
  },
);
