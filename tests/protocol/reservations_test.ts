/** Who a reservation is for, and what it keeps. */
import assert from "node:assert/strict";
import { loadedConfig } from "../support/loaded_config.ts";
import { formatHex } from "../../src/wire/hex.ts";
import type { OptionSet } from "../../src/config/config.ts";
import { DISCOVER, REQUEST } from "../support/dhcp_packets.ts";
import {
  type AnswerRow,
  type Ask,
  Engine,
  hexOctets,
  macOf,
  SERVER,
  START_MS,
  testAnswers,
} from "../support/engine_fixture.ts";
import { ip, numberedClient, type ReservationSketch } from "../support/leases_fixture.ts";

const A = "192.168.1.100";
const B = "192.168.1.101";
const RESERVED = "192.168.1.10";
const GIADDR = "192.168.1.1";
const ROUTERS: OptionSet = new Map([[3, Uint8Array.of(192, 168, 1, 254)]]);

function reserving(...reservations: ReservationSketch[]) {
  return { subnets: [{ pools: [`${A}-${B}`], reservations, relays: [GIADDR] }] };
}

const WIRED = macOf(1);
const WIRELESS = macOf(2);
const LAPTOP = reserving({ macs: [WIRED, WIRELESS], address: RESERVED });
const HELD_BY_WIRE = { leases: [{ address: RESERVED, client: numberedClient(1) }] };

/** Option 82 of a circuit-id and a remote-id, each as text, where it has one. */
function port(circuitId?: string, remoteId?: string): Uint8Array {
  const octets: number[] = [];
  for (const [code, text] of [[1, circuitId], [2, remoteId]] as const) {
    if (text !== undefined) octets.push(code, text.length, ...new TextEncoder().encode(text));
  }
  return Uint8Array.from(octets);
}

function hexText(text: string): string {
  return [...new TextEncoder().encode(text)].map((it) => it.toString(16).padStart(2, "0"))
    .join(":");
}

const ETH7 = hexText("eth7");
const SW1 = hexText("sw1");

function behind(payload: Uint8Array): Pick<Ask, "giaddr" | "options"> {
  return { giaddr: GIADDR, options: [[82, payload]] };
}

const SEVERAL_MACS: readonly AnswerRow[] = [
  {
    name: "a machine with two MAC addresses: the first one that comes has the address",
    given: LAPTOP,
    when: { type: DISCOVER, mac: WIRELESS },
    expect: `OFFER ${RESERVED} (reservation)`,
  },
  {
    name: "a machine with two MAC addresses: the other one is given another address meanwhile",
    given: { ...LAPTOP, ...HELD_BY_WIRE },
    when: { type: DISCOVER, mac: WIRELESS, requested: B },
    expect: `OFFER ${B} (requested-address)`,
  },
  {
    name: "a machine with two MAC addresses: no ACK of what the other one holds",
    given: { ...LAPTOP, ...HELD_BY_WIRE },
    when: { type: REQUEST, mac: WIRELESS, server: SERVER, requested: RESERVED },
    expect: "NAK (address-not-available)",
  },
  {
    name: "a machine with two MAC addresses: the other one stays where it is, not in a loop",
    given: {
      ...LAPTOP,
      leases: [...HELD_BY_WIRE.leases, { address: A, client: numberedClient(2) }],
    },
    when: { type: REQUEST, mac: WIRELESS, ciaddr: A, to: SERVER },
    expect: `ACK ${A} (renewed)`,
  },
  {
    name: "a machine with two MAC addresses: once the first lease is over, the other one moves",
    given: {
      ...LAPTOP,
      leases: [
        { ...HELD_BY_WIRE.leases[0]!, expiresAtMs: 500_000 },
        { address: A, client: numberedClient(2) },
      ],
    },
    when: { type: REQUEST, mac: WIRELESS, ciaddr: A, to: SERVER },
    expect: "NAK (not-the-clients-address)",
  },
];

const BY_CIRCUIT = reserving({ port: { circuitId: ETH7 }, address: RESERVED });
const BY_REMOTE = reserving({ port: { remoteId: SW1 }, address: RESERVED });
const BY_BOTH = reserving(
  { port: { circuitId: ETH7 }, address: "192.168.1.11" },
  { port: { remoteId: SW1 }, address: "192.168.1.12" },
  { port: { circuitId: ETH7, remoteId: SW1 }, address: RESERVED },
);
const LEASED_AT_PORT = {
  leases: [{ address: RESERVED, relayInformation: port("eth7", "sw1") }],
};

const PORTS: readonly AnswerRow[] = [
  {
    name: "RFC 3046 §3.1: a reservation by circuit-id, whatever the remote-id is",
    given: BY_CIRCUIT,
    when: { type: DISCOVER, ...behind(port("eth7", "sw2")) },
    expect: `OFFER ${RESERVED} (reservation)`,
  },
  {
    name: "RFC 3046 §3.1: another circuit-id",
    given: BY_CIRCUIT,
    when: { type: DISCOVER, requested: B, ...behind(port("eth77", "sw1")) },
    expect: `OFFER ${B} (requested-address)`,
  },
  {
    name: "RFC 3046 §3.2: a reservation by remote-id alone",
    given: BY_REMOTE,
    when: { type: DISCOVER, ...behind(port("eth1", "sw1")) },
    expect: `OFFER ${RESERVED} (reservation)`,
  },
  {
    name: "both names of a port go before one of them",
    given: BY_BOTH,
    when: { type: DISCOVER, ...behind(port("eth7", "sw1")) },
    expect: `OFFER ${RESERVED} (reservation)`,
  },
  {
    name: "circuit-id goes before remote-id",
    given: BY_BOTH,
    when: { type: DISCOVER, ...behind(port("eth7", "sw2")) },
    expect: "OFFER 192.168.1.11 (reservation)",
  },
  {
    name: "RFC 3046 §2.1: option 82 that no relay agent brought reserves nothing",
    given: BY_CIRCUIT,
    when: { type: DISCOVER, requested: B, options: [[82, port("eth7")]] },
    expect: `OFFER ${B} (requested-address)`,
  },
  {
    name: "a switch that is trusted names the port without a relay agent",
    given: { ...BY_CIRCUIT, trustsOption82: true },
    when: { type: DISCOVER, options: [[82, port("eth7")]] },
    expect: `OFFER ${RESERVED} (reservation)`,
  },
  {
    name: "a MAC address goes before the port that the machine is plugged into",
    given: reserving(
      { port: { circuitId: ETH7 }, address: "192.168.1.11" },
      { mac: WIRED, address: RESERVED },
    ),
    when: { type: DISCOVER, ...behind(port("eth7")) },
    expect: `OFFER ${RESERVED} (reservation)`,
  },
  {
    name: "RFC 3046 §2.1: a client that renews past its relay agent is where it was",
    given: { ...BY_CIRCUIT, ...LEASED_AT_PORT },
    when: { type: REQUEST, ciaddr: RESERVED, to: SERVER },
    expect: `ACK ${RESERVED} (renewed)`,
  },
  {
    name: "a reservation by port takes effect at the renewal past the relay agent",
    given: {
      ...BY_CIRCUIT,
      leases: [{ address: A, relayInformation: port("eth7") }],
    },
    when: { type: REQUEST, ciaddr: A, to: SERVER },
    expect: "NAK (not-the-clients-address)",
  },
  {
    name: "two clients at one port: the second one is given another address",
    given: { ...BY_CIRCUIT, ...LEASED_AT_PORT },
    when: { type: DISCOVER, mac: macOf(2), requested: B, ...behind(port("eth7")) },
    expect: `OFFER ${B} (requested-address)`,
  },
];

const SERIAL = hexText("A1B2");
const BY_SERIAL = reserving({
  vendorId: { enterprise: 3561, code: 2, value: SERIAL },
  address: RESERVED,
});
/** Vendor 4491 with sub-option 1, then vendor 3561 with 1 (an OUI) and 2 (the serial number). */
const VENDOR_OPTIONS = hexOctets("0000118b0301014100000de90c01043030303502044131423200");
const SOUND_OPTIONS = VENDOR_OPTIONS.slice(0, -1);
const BY_CLASS = reserving({
  vendorId: { enterprise: 4491, value: hexText("box") },
  address: RESERVED,
});

const VENDORS: readonly AnswerRow[] = [
  {
    name: "RFC 3925 §4: a reservation by a sub-option of option 125",
    given: BY_SERIAL,
    when: { type: DISCOVER, options: [[125, SOUND_OPTIONS]] },
    expect: `OFFER ${RESERVED} (reservation)`,
  },
  {
    name: "RFC 3925 §4: the same value of another vendor is another",
    given: BY_SERIAL,
    when: { type: DISCOVER, requested: B, options: [[125, hexOctets("0000118b06020441314232")]] },
    expect: `OFFER ${B} (requested-address)`,
  },
  {
    name: "RFC 3925 §4: what is cut off is not there",
    given: BY_SERIAL,
    when: { type: DISCOVER, requested: B, options: [[125, SOUND_OPTIONS.slice(0, -1)]] },
    expect: `OFFER ${B} (requested-address)`,
  },
  {
    name: "RFC 3925 §3: a reservation by one of several vendor classes (option 124)",
    given: BY_CLASS,
    when: { type: DISCOVER, options: [[124, hexOctets("0000118b07026d7903626f78")]] },
    expect: `OFFER ${RESERVED} (reservation)`,
  },
];

const NO_ADDRESS = reserving({ mac: WIRED, hostname: "pi", options: ROUTERS });

const WITHOUT_ADDRESS: readonly AnswerRow[] = [
  {
    name: "a reservation without an address: any address",
    given: NO_ADDRESS,
    when: { type: DISCOVER, requested: B },
    expect: `OFFER ${B} (requested-address)`,
  },
  {
    name: "a reservation without an address: a renewal is left alone",
    given: { ...NO_ADDRESS, leases: [{ address: A }] },
    when: { type: REQUEST, ciaddr: A, to: SERVER },
    expect: `ACK ${A} (renewed)`,
  },
  {
    name: "a reservation without an address is none to a BOOTP client (RFC 1534 §2)",
    given: NO_ADDRESS,
    when: {},
    expect: "silence (bootp-not-served)",
  },
];

testAnswers([...SEVERAL_MACS, ...PORTS, ...VENDORS, ...WITHOUT_ADDRESS]);

Deno.test("a reservation without an address gives its name and options with any address", () => {
  const engine = new Engine(NO_ADDRESS);
  const { packet } = engine.decide({ type: DISCOVER, list: [3, 12] });
  const options = new Map(packet?.options);
  assert.deepEqual(options.get(3), Uint8Array.of(192, 168, 1, 254));
  assert.deepEqual(options.get(12), new TextEncoder().encode("pi"));
});

Deno.test("what was offered for an option is given to a REQUEST that lacks it, not in a loop", () => {
  const engine = new Engine(BY_SERIAL);
  const offer = engine.ask({ type: DISCOVER, options: [[125, SOUND_OPTIONS]] });
  assert.equal(offer.told, `OFFER ${RESERVED} (reservation)`);
  const ack = engine.ask({ type: REQUEST, server: SERVER, requested: RESERVED });
  assert.equal(ack.told, `ACK ${RESERVED} (outstanding-offer)`);
});

Deno.test("an address that a reload reserves for another is not given to whom it was offered", () => {
  const engine = new Engine(reserving());
  const offer = engine.ask({ type: DISCOVER, requested: A });
  assert.equal(offer.told, `OFFER ${A} (requested-address)`);
  const after = new Engine(reserving({ mac: macOf(9), address: A }));
  after.leases.offer({ address: ip(A), client: numberedClient(1), expiresAtMs: START_MS + 9 });
  const { told } = after.ask({ type: REQUEST, server: SERVER, requested: A });
  assert.equal(told, "NAK (address-not-available)");
});

Deno.test("a client identifier as text: with a type octet of 0 before it, or without one", () => {
  const config = loadedConfig(
    "interfaces: eth0",
    "conflict-probe: off",
    "subnets:",
    "  - subnet: 192.168.1.0/24",
    "    reservations:",
    "      - { client-id: press-3, address: 192.168.1.3 }",
    "      - { client-id: { text: cafe }, address: 192.168.1.4 }",
    "      - { client-id: cafe, address: 192.168.1.5 }",
    "      - { client-id: { hex: 01:02 }, address: 192.168.1.6 }",
  );
  const hex = (text: string) => formatHex(new TextEncoder().encode(text));
  const told = (clientId: string) =>
    new Engine({ config }).decide({ type: DISCOVER, clientId }).told;
  assert.equal(told(hex("press-3")), "OFFER 192.168.1.3 (reservation)");
  assert.equal(told(`00:${hex("press-3")}`), "OFFER 192.168.1.3 (reservation)");
  assert.equal(told(`01:${hex("press-3")}`), "silence (pool-exhausted)");
  assert.equal(told(hex("cafe")), "OFFER 192.168.1.4 (reservation)");
  assert.equal(told("ca:fe"), "OFFER 192.168.1.5 (reservation)");
  assert.equal(told("01:02"), "OFFER 192.168.1.6 (reservation)");
});
