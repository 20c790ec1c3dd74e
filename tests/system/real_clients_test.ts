/** Real clients on a real wire: the whole life of a lease, as each of them lives it. */
import assert from "node:assert/strict";
import { startCapture } from "../support/capture.ts";
import { type ClientMaker, dhclient, dhcpcd, udhcpc } from "../support/dhcp_clients.ts";
import { messageType, OFFER, parsePacket, RELEASE } from "../support/dhcp_packets.ts";
import type { Cable } from "../support/netns.ts";
import { clientMac, RelayAgent } from "../support/relay_agent.ts";
import { type Scene, sceneTest } from "../support/scene.ts";
import { journalFile, startServer } from "../support/sublet_server.ts";

const SERVER = "10.77.0.1";

/** The server, a client's machine and a third plug for everybody else. */
const LAN: Cable = [
  { node: "server", name: "lan0", addresses: [`${SERVER}/24`] },
  { node: "client", name: "eth0" },
  { node: "others", name: "eth0", addresses: ["10.77.0.2/24"] },
];

const CONFIG = `
interfaces: lan0
lease-time: 10s
options:
  domain-name: home.test
  domain-name-servers: [10.77.0.1, 9.9.9.9]
subnets:
  - subnet: 10.77.0.0/24
    relays: 10.77.0.2
    pools: 10.77.0.100-10.77.0.199
    options:
      routers: 10.77.0.1
`;

const BOUND = ["bound", "BOUND", "REBOOT"];
const RENEWED = ["renew", "RENEW"];

/** The address on the client's interface, as the kernel has it. */
async function kernelAddress(scene: Scene): Promise<string | undefined> {
  const [link] = JSON.parse(await scene.wire.exec("client", "ip", "-j", "-4", "address", "show"))
    .filter((link: { ifname: string }) => link.ifname === "eth0");
  return link?.addr_info[0]?.local;
}

/** The states of an address that the journal has seen, in order, as people read them: with jq. */
async function journalStates(scene: Scene, address: string): Promise<string[]> {
  const filter = `select(.address == "${address}") | .state`;
  const text = await scene.wire.exec("server", "jq", "-r", filter, journalFile(scene));
  return text.trim().split("\n");
}

function testLifeOfALease(name: string, makeClient: ClientMaker): void {
  const needs = [name, "jq", "curl"];
  const title = `${name}: gets a lease, renews, releases and gets the same address again`;
  sceneTest(title, { cables: [LAN], needs }, async (scene) => {
    const server = await startServer(scene, CONFIG);
    const others = await RelayAgent.plug(scene, "others", "10.77.0.2", SERVER);
    const client = await makeClient(scene, "client", "eth0");
    // Somebody takes the first address and gives it back later: then "the same address again" is
    // not just "the first that is free".
    const first = (await others.obtain(clientMac(1))).yiaddr;

    client.start();
    const bound = await client.next(BOUND);
    assert.match(bound.address, /^10\.77\.0\.1\d\d$/);
    assert.notEqual(bound.address, first);
    assert.equal(bound.routers, "10.77.0.1");
    assert.equal(bound.dns, "10.77.0.1 9.9.9.9");
    assert.equal(bound.domain, "home.test");
    assert.equal(await kernelAddress(scene), bound.address);
    await server.says(new RegExp(`DISCOVER -> OFFER ${bound.address} `));
    await server.says(new RegExp(`SELECTING -> ACK ${bound.address} `));
    assert.deepEqual(await journalStates(scene, bound.address), ["bound"]);

    await client.renew();
    const renewed = await client.next(RENEWED);
    assert.equal(renewed.address, bound.address);
    await server.says(new RegExp(`RENEWING -> ACK ${bound.address} `));

    others.tell({ type: RELEASE, mac: clientMac(1), ciaddr: first });
    await server.says(new RegExp(`RELEASE -> released ${first} `));
    await client.release();
    await server.says(new RegExp(`RELEASE -> released ${bound.address} `));
    assert.equal((await journalStates(scene, bound.address)).at(-1), "released");

    const outputBefore = server.output.length;
    client.resume();
    const again = await client.next(BOUND);
    assert.equal(again.address, bound.address);
    await server.says(new RegExp(`-> ACK ${bound.address} `), 5_000, outputBefore);
    assert.equal((await journalStates(scene, bound.address)).at(-1), "bound");
  });
}

testLifeOfALease("udhcpc", udhcpc);
testLifeOfALease("dhclient", dhclient);
testLifeOfALease("dhcpcd", dhcpcd);

const NEEDS_DHCLIENT = { cables: [LAN], needs: ["dhclient", "curl"] };
const RESTARTED = "dhclient: restarted with its lease file, is confirmed in INIT-REBOOT (§4.3.2)";
sceneTest(RESTARTED, NEEDS_DHCLIENT, async (scene) => {
  const server = await startServer(scene, CONFIG.replace("10s", "1h"));
  const client = await dhclient(scene, "client", "eth0");
  client.start();
  const bound = await client.next(["BOUND"]);
  await client.kill();
  await scene.wire.exec("client", "ip", "-4", "address", "flush", "dev", "eth0");

  client.start();
  const rebooted = await client.next(["REBOOT"]);
  assert.equal(rebooted.address, bound.address);
  await server.says(new RegExp(`INIT-REBOOT -> ACK ${bound.address} `));
});

const NEEDS_UDHCPC = { cables: [LAN], needs: ["udhcpc", "tcpdump", "curl"] };
const UNICAST = "a client without an address that did not ask for broadcast is answered in a " +
  "frame of its own, addressed to chaddr and yiaddr (RFC 2131 §4.1)";
sceneTest(UNICAST, NEEDS_UDHCPC, async (scene) => {
  await startServer(scene, CONFIG);
  const capture = await startCapture(scene, "client", "eth0");
  const client = await udhcpc(scene, "client", "eth0");
  client.start();
  const bound = await client.next(["bound"]);
  const mac = (await scene.wire.exec("client", "cat", "/sys/class/net/eth0/address")).trim();

  const request = await capture.waitFor("DISCOVER", (it) => it.destinationPort === 67);
  assert.equal(parsePacket(request.payload).flags, 0, "this client asks for no broadcast");
  const offer = await capture.waitFor("OFFER", (it) => it.destinationPort === 68);
  assert.equal(messageType(parsePacket(offer.payload)), OFFER);
  assert.equal(offer.destinationMac, mac);
  assert.equal(offer.destination, bound.address);
  assert.equal(offer.source, SERVER);
  assert.equal(offer.sourcePort, 67);
  // And no broadcast beside it, that would wake every machine on the wire.
  const replies = (await capture.datagrams()).filter((it) => it.sourcePort === 67);
  assert.deepEqual(new Set(replies.map((it) => it.destinationMac)), new Set([mac]));
});

const BROADCAST = "a client that sets the broadcast flag is answered by broadcast " +
  "(RFC 2131 §4.1)";
sceneTest(BROADCAST, NEEDS_UDHCPC, async (scene) => {
  await startServer(scene, CONFIG);
  const capture = await startCapture(scene, "client", "eth0");
  const client = await udhcpc(scene, "client", "eth0", ["-B"]);
  client.start();
  await client.next(["bound"]);
  const offer = await capture.waitFor("OFFER", (it) => it.destinationPort === 68);
  assert.equal(offer.destinationMac, "ff:ff:ff:ff:ff:ff");
  assert.equal(offer.destination, "255.255.255.255");
});
