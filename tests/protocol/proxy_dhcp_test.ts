/** Boot data beside another server that gives the addresses: PXE 2.1, "proxyDHCP". */
import assert from "node:assert/strict";
import { DECLINE, DISCOVER, INFORM, option, RELEASE, REQUEST } from "../support/dhcp_packets.ts";
import {
  type Ask,
  Engine,
  hexOctets,
  OTHER_SERVER,
  SERVER,
  testAnswers,
} from "../support/engine_fixture.ts";
import { makeBoot } from "../support/leases_fixture.ts";

const text = (value: string) => new TextEncoder().encode(value);
const UUID = hexOctets("00:4c:4c:45:44:00:51:10:80:4d:b5:c0:4f:33:4e:32:00");

const boot = makeBoot({
  "bios": "undionly.kpxe",
  "uefi-x64": "ipxe.efi",
  "http-x64": "http://10.0.0.1/ipxe.efi",
  "next-server": "10.0.0.1",
});
const RELAY = "192.168.1.254";
const PROXY = { subnets: [{ pools: [], proxyDhcp: true, boot, relays: [RELAY] }] };

/** A subnet whose addresses are ours, and one whose are not, on two interfaces. */
const BOTH = {
  subnets: [
    { subnet: "10.0.0.0/24", pools: ["10.0.0.100"], boot },
    { subnet: "192.168.1.0/24", pools: [], proxyDhcp: true, boot },
  ],
};

/** What PXE firmware sends, with an address that it has from another server or without. */
function pxe(type: number, ask: Ask = {}, vendorClass = "PXEClient:Arch:00007:UNDI:003016"): Ask {
  const architecture = Number(/Arch:(\d+)/.exec(vendorClass)?.[1] ?? 7);
  return {
    type,
    list: [1, 3, 43, 54, 60, 66, 67],
    ...ask,
    options: [[97, UUID], [93, Uint8Array.of(0, architecture)], [60, text(vendorClass)]],
  };
}

const HTTP = "HTTPClient:Arch:00016:UNDI:003016";
const CLIENT = "192.168.1.77";
const HAS_ADDRESS = { ciaddr: CLIENT, to: SERVER };

testAnswers([
  {
    name: "proxyDHCP: an OFFER without an address, to everybody",
    given: PROXY,
    when: pxe(DISCOVER),
    expect: "OFFER (boot-data-only)",
    destination: "broadcast",
  },
  {
    name: "proxyDHCP: by a relay agent, to it",
    given: PROXY,
    when: pxe(DISCOVER, { giaddr: RELAY }),
    expect: "OFFER (boot-data-only)",
    destination: `relay ${RELAY}`,
  },
  {
    name: "proxyDHCP: silence to a client that does not boot",
    given: PROXY,
    when: { type: DISCOVER },
    expect: "silence (proxy-dhcp)",
  },
  {
    name: "proxyDHCP: silence to firmware that there is no file for",
    given: PROXY,
    when: pxe(DISCOVER, {}, "PXEClient:Arch:00011:UNDI:003016"),
    expect: "silence (proxy-dhcp)",
  },
  {
    name: "proxyDHCP: HTTP firmware gets its URL",
    given: PROXY,
    when: pxe(DISCOVER, {}, HTTP),
    expect: "OFFER (boot-data-only)",
  },
  {
    name: "proxyDHCP: a REQUEST to the server of the addresses is not ours to answer",
    given: PROXY,
    when: pxe(REQUEST, { server: OTHER_SERVER, requested: CLIENT }),
    expect: "silence (proxy-dhcp)",
  },
  {
    name: "proxyDHCP: no NAK, though authoritative, to an address of any network",
    given: { ...PROXY, authoritative: true },
    when: pxe(REQUEST, { requested: "10.9.9.9" }),
    expect: "silence (proxy-dhcp)",
  },
  ...[DECLINE, RELEASE].map((type) => ({
    name: `proxyDHCP: silence to message type ${type}`,
    given: PROXY,
    when: pxe(type, { requested: CLIENT, ciaddr: CLIENT }),
    expect: "silence (proxy-dhcp)",
  })),
  {
    name: "proxyDHCP: silence to a BOOTP client",
    given: PROXY,
    when: {},
    expect: "silence (proxy-dhcp)",
  },
  {
    name: "proxyDHCP: a REQUEST at port 4011 is answered where it came from",
    given: PROXY,
    when: pxe(REQUEST, { ...HAS_ADDRESS, toPort: 4011, fromPort: 4011 }),
    expect: "ACK (boot-data-only)",
    destination: `unicast ${CLIENT}:4011`,
  },
  {
    name: "proxyDHCP: one that names us as its server, as well",
    given: PROXY,
    when: pxe(REQUEST, { ...HAS_ADDRESS, server: SERVER, toPort: 4011 }),
    expect: "ACK (boot-data-only)",
    destination: `unicast ${CLIENT}:68`,
  },
  {
    name: "proxyDHCP: who asks in another's name does not choose the port",
    given: PROXY,
    when: pxe(REQUEST, { ...HAS_ADDRESS, from: "192.168.1.66", toPort: 4011, fromPort: 53 }),
    expect: "ACK (boot-data-only)",
    destination: `unicast ${CLIENT}:68`,
  },
  {
    name: "proxyDHCP: a REQUEST at port 4011 from beyond the subnet is not answered",
    given: PROXY,
    when: pxe(REQUEST, { ciaddr: "203.0.113.9", to: SERVER, toPort: 4011 }),
    expect: "silence (proxy-dhcp)",
  },
  {
    name: "proxyDHCP: a REQUEST with an address at port 67 is for the server of the addresses",
    given: PROXY,
    when: pxe(REQUEST, HAS_ADDRESS),
    expect: "silence (proxy-dhcp)",
  },
  ...[67, 4011].map((toPort) => ({
    name: `proxyDHCP: an INFORM at port ${toPort} gets boot data`,
    given: PROXY,
    when: pxe(INFORM, { ...HAS_ADDRESS, toPort }),
    expect: "ACK (boot-data-only)",
    destination: `unicast ${CLIENT}:68`,
  })),
  {
    name: "proxyDHCP: an INFORM that is not firmware's gets silence",
    given: PROXY,
    when: { type: INFORM, ciaddr: CLIENT },
    expect: "silence (proxy-dhcp)",
  },
  {
    name: "proxyDHCP: another subnet is served as ever",
    given: { ...BOTH, addresses: ["10.0.0.1/24"] },
    when: pxe(DISCOVER),
    expect: "OFFER 10.0.0.100 (free-address)",
  },
  {
    name: "proxyDHCP: another subnet has nothing to say at port 4011",
    given: { ...BOTH, addresses: ["10.0.0.1/24"] },
    when: pxe(REQUEST, { ciaddr: "10.0.0.100", to: "10.0.0.1", toPort: 4011 }),
    expect: "silence (proxy-dhcp)",
  },
]);

Deno.test("proxyDHCP: boot data and nothing of the network (PXE 2.1, table 2-1)", () => {
  const { bytes, packet } = new Engine(PROXY).decide(pxe(DISCOVER));
  assert.deepEqual([packet!.yiaddr, packet!.siaddr], ["0.0.0.0", "10.0.0.1"]);
  assert.equal(new TextDecoder().decode(bytes!.subarray(108, 117)), "ipxe.efi\0");
  assert.deepEqual(packet!.options, [
    [53, Uint8Array.of(2)],
    [54, Uint8Array.of(192, 168, 1, 1)],
    [97, UUID],
    [60, text("PXEClient")],
    // PXE_DISCOVERY_CONTROL: load the file of this offer, and ask nobody.
    [43, hexOctets("06:01:08:ff")],
    [67, text("ipxe.efi\0")],
  ]);
});

Deno.test("proxyDHCP: HTTP firmware is told by options 60 and 67", () => {
  const { packet } = new Engine(PROXY).decide(pxe(DISCOVER, { list: [1] }, HTTP));
  assert.deepEqual(option(packet!, 60), text("HTTPClient"));
  assert.deepEqual(option(packet!, 67), text("http://10.0.0.1/ipxe.efi"));
  assert.equal(option(packet!, 43), undefined);
});

Deno.test("proxyDHCP: an option 43 of the config goes before our own", () => {
  const options = new Map([[43, hexOctets("06:01:03:0a:04:00:50:58:45:ff")]]);
  const { packet } = new Engine({ subnets: [{ ...PROXY.subnets[0]!, options }] })
    .decide(pxe(DISCOVER));
  assert.deepEqual(option(packet!, 43), options.get(43));
});

Deno.test("proxyDHCP: the ACK gives no address, and comes with the one that the client has", () => {
  const { packet } = new Engine(PROXY).decide(pxe(REQUEST, { ...HAS_ADDRESS, toPort: 4011 }));
  assert.deepEqual([packet!.yiaddr, packet!.ciaddr], ["0.0.0.0", CLIENT]);
  assert.equal(option(packet!, 51), undefined);
});
