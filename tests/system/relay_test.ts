/** A real relay agent between a client and the server: a subnet that is not local to the server. */
import assert from "node:assert/strict";
import { type CapturedDatagram, startCapture } from "../support/capture.ts";
import { udhcpc } from "../support/dhcp_clients.ts";
import {
  ACK,
  messageType,
  NAK,
  octets,
  OFFER,
  option,
  optionAddress,
  parsePacket,
  REQUEST,
} from "../support/dhcp_packets.ts";
import type { Cable } from "../support/netns.ts";
import { clientMac, RelayAgent } from "../support/relay_agent.ts";
import { sceneTest } from "../support/scene.ts";
import { startServer } from "../support/sublet_server.ts";

const SERVER = "10.77.0.1";
const RELAY_INSIDE = "10.90.0.1";

const CABLES: readonly Cable[] = [
  [
    { node: "server", name: "lan0", addresses: [`${SERVER}/24`] },
    { node: "relay", name: "up0", addresses: ["10.77.0.2/24"] },
  ],
  [
    { node: "relay", name: "down0", addresses: [`${RELAY_INSIDE}/24`] },
    { node: "client", name: "eth0" },
  ],
];

const CONFIG = `
interfaces: lan0
lease-time: 1h
subnets:
  - subnet: 10.77.0.0/24
    relays: 10.77.0.2
    pools: 10.77.0.100-10.77.0.199
  - subnet: 10.90.0.0/24
    pools: 10.90.0.50-10.90.0.60
    options:
      routers: 10.90.0.1
`;

/** The relay agent information, which has to be the last option of the packet (RFC 3046 §2.1). */
function lastOption(datagram: CapturedDatagram): Uint8Array {
  const [code, payload] = parsePacket(datagram.payload).options.at(-1)!;
  assert.equal(code, 82, "option 82 is the last one");
  return payload;
}

const REAL_RELAY = "dhcrelay: a client behind a relay gets an address of the relay's subnet, " +
  "option 82 comes back as it went (RFC 3046 §2.2), and renewals reach the server through a router";
const NEEDS = ["dhcrelay", "udhcpc", "tcpdump", "curl"];
sceneTest(REAL_RELAY, { cables: CABLES, needs: NEEDS }, async (scene) => {
  const { wire } = scene;
  await wire.exec("server", "ip", "route", "add", "10.90.0.0/24", "via", "10.77.0.2");
  await wire.exec("relay", "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward");
  const server = await startServer(scene, CONFIG);
  const capture = await startCapture(scene, "relay", "up0");
  const command = ["dhcrelay", "-4", "-d", "-a", "-id", "down0", "-iu", "up0", SERVER];
  const relay = scene.start("relay", "dhcrelay", command);
  await relay.says(/Sending on/);

  const client = await udhcpc(scene, "client", "eth0");
  client.start();
  const bound = await client.next(["bound"]);
  assert.match(bound.address, /^10\.90\.0\.(5\d|60)$/);
  assert.equal(bound.routers, RELAY_INSIDE);
  await server.says(new RegExp(`SELECTING -> ACK ${bound.address} .* via ${RELAY_INSIDE}`));

  for (const type of [OFFER, ACK]) {
    const reply = await capture.waitFor(
      `message type ${type}`,
      (it) => it.source === SERVER && messageType(parsePacket(it.payload)) === type,
    );
    assert.equal(reply.destination, RELAY_INSIDE);
    assert.equal(reply.destinationPort, 67);
    const { xid } = parsePacket(reply.payload);
    const request = await capture.waitFor(
      "the request",
      (it) => it.destination === SERVER && parsePacket(it.payload).xid === xid,
    );
    const information = lastOption(request);
    assert.ok(information.length > 2, "dhcrelay says where the client is plugged in");
    assert.deepEqual(lastOption(reply), information);
  }

  await wire.exec("client", "ip", "route", "add", "default", "via", RELAY_INSIDE);
  await client.renew();
  assert.equal((await client.next(["renew"])).address, bound.address);
  await server.says(new RegExp(`RENEWING -> ACK ${bound.address} `));
});

const NAK_THROUGH_RELAY = "a NAK goes back through the relay with option 82, the broadcast bit " +
  "and no network options (RFC 2131 §4.3.2, RFC 3046 §2.2)";
sceneTest(NAK_THROUGH_RELAY, { cables: CABLES, needs: ["curl"] }, async (scene) => {
  await startServer(scene, CONFIG);
  const agent = await RelayAgent.plug(scene, "relay", "10.77.0.2", SERVER);
  const information = Uint8Array.of(1, 4, 0xde, 0xad, 0, 0xff, 2, 3, 1, 2, 3);
  const nak = await agent.ask({
    type: REQUEST,
    mac: clientMac(1),
    options: [[50, octets("192.168.9.9")], [82, information]],
  });
  assert.equal(messageType(nak), NAK);
  assert.equal(nak.flags & 0x8000, 0x8000);
  assert.equal(nak.giaddr, "10.77.0.2");
  assert.equal(nak.yiaddr, "0.0.0.0");
  assert.equal(optionAddress(nak, 54), SERVER);
  assert.deepEqual(nak.options.at(-1), [82, information]);
  for (const code of [1, 3, 51, 58, 59]) assert.equal(option(nak, code), undefined);
});
