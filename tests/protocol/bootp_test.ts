/** Clients that speak BOOTP and no DHCP: RFC 951, RFC 1534 §2, RFC 1542 §4. */
import assert from "node:assert/strict";
import { respond } from "../../src/protocol/respond.ts";
import { classify } from "../../src/protocol/request.ts";
import { formatIpv4 } from "../../src/wire/ipv4.ts";
import { viewMessage } from "../../src/wire/message_view.ts";
import { ReplySlab } from "../../src/wire/message_writer.ts";
import { DISCOVER, option, REQUEST } from "../support/dhcp_packets.ts";
import {
  type Ask,
  Engine,
  macOf,
  requestBytes,
  SERVER,
  testAnswers,
} from "../support/engine_fixture.ts";
import { ip, makeBoot, numberedClient, type SubnetSketch } from "../support/leases_fixture.ts";

const A = "192.168.1.100";
const RESERVED = "192.168.1.10";
const RELAY = "192.168.1.254";
const reservations = [{ mac: macOf(1), address: RESERVED }];

const text = (value: string) => new TextEncoder().encode(value);

const oneOf = (sketch: SubnetSketch) => ({
  subnets: [{ pools: [A], relays: [RELAY], ...sketch }],
});

testAnswers([
  {
    name: "BOOTP: a client with a reservation gets its address, and nothing is written",
    given: oneOf({ reservations }),
    when: {},
    expect: "BOOTREPLY 192.168.1.10 (reservation)",
    destination: `hardware ${macOf(1)} 192.168.1.10`,
  },
  {
    name: "BOOTP: any other gets silence, unless the config says more",
    given: oneOf({ reservations }),
    when: { mac: macOf(2) },
    expect: "silence (bootp-not-served)",
  },
  {
    name: "BOOTP dynamic: any other gets an address of the pool",
    given: oneOf({ reservations, bootp: "dynamic" }),
    when: { mac: macOf(2) },
    expect: "BOOTREPLY 192.168.1.100 (free-address)",
  },
  {
    name: "BOOTP dynamic: a reservation goes first",
    given: oneOf({ reservations, bootp: "dynamic" }),
    when: {},
    expect: "BOOTREPLY 192.168.1.10 (reservation)",
  },
  {
    name: "BOOTP dynamic: the same address to the same client",
    given: oneOf({ pools: ["192.168.1.100-192.168.1.199"], bootp: "dynamic" }),
    after: [{ type: DISCOVER }, { type: REQUEST, server: SERVER, requested: "192.168.1.150" }],
    when: {},
    expect: "BOOTREPLY 192.168.1.150 (current-binding)",
  },
  {
    name: "BOOTP dynamic: silence when the pool is exhausted",
    given: oneOf({ bootp: "dynamic" }),
    after: [{ mac: macOf(2) }],
    when: {},
    expect: "silence (bootp-not-served)",
  },
  {
    name: "BOOTP off: silence to all, a reservation or not",
    given: oneOf({ reservations, bootp: "off" }),
    when: {},
    expect: "silence (bootp-not-served)",
  },
  {
    name: "BOOTP: silence on a network that is not ours",
    given: oneOf({ reservations }),
    when: { giaddr: "10.9.9.9" },
    expect: "silence (no-subnet)",
  },
  {
    name: "BOOTP: silence while somebody else holds the reserved address",
    given: {
      ...oneOf({ reservations }),
      leases: [{ address: RESERVED, client: numberedClient(9), expiresAtMs: Infinity }],
    },
    when: {},
    expect: "silence (bootp-not-served)",
  },
  {
    name: "BOOTP: by a relay agent, to it (RFC 1542 §4.1.2)",
    given: oneOf({ reservations }),
    when: { giaddr: RELAY },
    expect: "BOOTREPLY 192.168.1.10 (reservation)",
    destination: `relay ${RELAY}`,
  },
  {
    name: "BOOTP: with the broadcast flag, to everybody (RFC 1542 §4.1.2)",
    given: oneOf({ reservations }),
    when: { flags: 0x8000 },
    expect: "BOOTREPLY 192.168.1.10 (reservation)",
    destination: "broadcast",
  },
  {
    name: "BOOTP: a client that knows its address gets no other, by unicast (RFC 951 §3, ciaddr)",
    given: oneOf({ reservations }),
    when: { ciaddr: RESERVED },
    expect: "BOOTREPLY (reservation)",
    destination: `unicast ${RESERVED} at ${macOf(1)}`,
  },
  {
    name: "BOOTP: silence to a client that has the address of somebody else",
    given: oneOf({ reservations }),
    when: { ciaddr: "192.168.1.11" },
    expect: "silence (not-the-holder)",
  },
]);

Deno.test("BOOTP dynamic: the lease has no end, and is on disk before the reply (RFC 1534 §2)", () => {
  const { decision } = new Engine(oneOf({ bootp: "dynamic" })).decide({});
  assert(decision?.kind === "reply-after-commit");
  assert.equal(decision.leaseSeconds, Infinity);
  const { state, expiresAtMs, address } = decision.change;
  assert.deepEqual([state, expiresAtMs, formatIpv4(address)], ["bound", Infinity, A]);
});

Deno.test("BOOTP: the client's DHCP takes over the address, and gives the lease an end", () => {
  const engine = new Engine(oneOf({ bootp: "dynamic" }));
  engine.ask({});
  assert.equal(engine.ask({ type: DISCOVER }).told, `OFFER ${A} (current-binding)`);
  engine.ask({ type: REQUEST, server: SERVER, requested: A });
  assert(engine.leases.get(ip(A))!.expiresAtMs < Infinity);
});

const AT_PORT: Ask = { giaddr: RELAY, options: [[82, Uint8Array.of(1, 2, ...text("p1"))]] };

for (
  const { name, reservation, ask } of [
    { name: "several MACs", reservation: { macs: [macOf(1), macOf(2)] }, ask: {} },
    { name: "a port", reservation: { port: { circuitId: "70:31" } }, ask: AT_PORT },
  ]
) {
  Deno.test(`BOOTP: of the clients that a reservation by ${name} fits, one has the address`, () => {
    const engine = new Engine(oneOf({ reservations: [{ ...reservation, address: RESERVED }] }));
    const first = engine.ask(ask);
    assert.equal(first.told, `BOOTREPLY ${RESERVED} (reservation)`);
    const { expiresAtMs } = engine.leases.get(ip(RESERVED))!;
    assert.equal(expiresAtMs, engine.nowMs + engine.subnet().leaseTime.defaultSeconds * 1000);
    const second = { ...ask, mac: macOf(2) };
    assert.equal(engine.ask(second).told, "silence (bootp-not-served)");
    const { packet } = engine.ask({ ...second, type: DISCOVER });
    assert.notEqual(packet?.yiaddr, RESERVED);
    const taken = engine.ask({ ...second, type: REQUEST, server: SERVER, requested: RESERVED });
    assert.equal(taken.told, "NAK (address-not-available)");
    assert.equal(engine.ask(ask).told, first.told, "the same to the same");
    engine.advance(engine.subnet().leaseTime.defaultSeconds + 1);
    assert.equal(engine.ask(second).told, first.told, "the first has not asked again");
  });
}

Deno.test("BOOTP: who may be one of several is given the reserved address after a probe", () => {
  const conflictProbe = { beyondRouters: true, timeoutMs: 500 };
  const shared = { macs: [macOf(1), macOf(2)], address: RESERVED };
  const engine = new Engine(oneOf({ conflictProbe, reservations: [shared] }));
  const { decision } = engine.ask({});
  assert(decision !== undefined && "probe" in decision);
  assert.equal(decision.probe, conflictProbe);
});

/** The request of a BOOTP client of 1985: 300 octets, whatever they are from octet 236 on. */
function requestOf(vendorArea: Uint8Array, octets = 300, ask: Ask = {}): Uint8Array {
  const bytes = new Uint8Array(octets);
  bytes.set(requestBytes(ask).subarray(0, 236));
  bytes.set(vendorArea.subarray(0, octets - 236), 236);
  return bytes;
}

function replyTo(bytes: Uint8Array, engine: Engine): Uint8Array | undefined {
  const view = viewMessage(bytes);
  assert(view.kind === "message");
  const { ingress } = engine.requestOf({});
  const request = classify(view, ingress);
  assert.equal(request.kind, "BOOTP");
  assert(request.kind === "BOOTP");
  const decision = respond(request, engine.state, new ReplySlab());
  return "reply" in decision ? decision.reply.bytes : undefined;
}

const OPTIONS = new Map([
  [3, Uint8Array.of(192, 168, 1, 1)],
  [6, Uint8Array.of(9, 9, 9, 9)],
  [60, text("a vendor")],
  [66, text("a server")],
  [67, text("a file")],
]);

Deno.test("BOOTP: without the magic cookie there is none in the reply (RFC 951 §3, vend)", () => {
  const boot = makeBoot({ "boot-file": "vmunix", "next-server": "10.0.0.1" });
  const engine = new Engine(oneOf({ reservations, boot, options: OPTIONS }));
  const areas = [new Uint8Array(64), new Uint8Array(64).fill(0x42), Uint8Array.of(99, 130, 83, 98)];
  for (const area of areas) {
    for (const octets of [300, 240, 237, 236]) {
      const reply = replyTo(requestOf(area, octets), engine)!;
      assert.equal(reply.length, 300);
      assert(reply.subarray(236).every((octet) => octet === 0));
      assert.deepEqual([...reply.subarray(16, 24)], [192, 168, 1, 10, 10, 0, 0, 1]);
      assert.equal(new TextDecoder().decode(reply.subarray(108, 115)), "vmunix\0");
    }
  }
});

const COOKIE = Uint8Array.of(99, 130, 83, 99, 255);

Deno.test("BOOTP: options of RFC 1497 in the reply, and none that is DHCP's (RFC 2132 §9)", () => {
  const boot = makeBoot({ "boot-file": "vmunix" });
  const engine = new Engine(oneOf({ reservations, boot, options: OPTIONS, bootp: "dynamic" }));
  for (const when of [{}, { mac: macOf(2) }, { list: [51, 54, 3, 6, 53, 66, 67, 60] }]) {
    const { packet, bytes } = engine.decide({ ...when, options: [[61, text("id")]] });
    assert.deepEqual(packet!.options.map(([code]) => code), [1, 3, 6]);
    assert.equal(bytes!.length, 300);
    assert.deepEqual(option(packet!, 1), Uint8Array.of(255, 255, 255, 0));
  }
});

Deno.test("BOOTP: a reply is no longer than the request, or 300 octets (RFC 951 §3)", () => {
  const options = new Map([[15, text("d".repeat(50))], [17, text("r".repeat(40))]]);
  const engine = new Engine(oneOf({ reservations, options }));
  const short = replyTo(requestOf(COOKIE), engine)!;
  assert.equal(short.length, 300);
  assert.equal(short.indexOf(17, 240 + 6 + 52), -1, "the second one has no room");
  const long = replyTo(requestOf(COOKIE, 548), engine)!;
  assert.equal(long.length, 240 + 6 + 52 + 42 + 1);
});

Deno.test("BOOTP: option 82 comes back to the relay agent (RFC 3046 §2.2)", () => {
  const relayInformation = Uint8Array.of(1, 2, 7, 7);
  const { packet } = new Engine(oneOf({ reservations }))
    .decide({ giaddr: RELAY, options: [[82, relayInformation]] });
  assert.deepEqual(packet!.options.at(-1), [82, relayInformation]);
});

Deno.test("BOOTP: a client that names a server gets an answer of no other (RFC 951 §7.3)", () => {
  const named = (name: string) => {
    const bytes = requestOf(COOKIE);
    bytes.set(text(name), 44);
    return bytes;
  };
  const engine = new Engine(oneOf({ reservations, boot: makeBoot({ "server-name": "ours" }) }));
  assert.ok(replyTo(named("ours"), engine));
  for (const name of ["other", "our", "ourselves", "s".repeat(64)]) {
    assert.equal(replyTo(named(name), engine), undefined);
  }
  assert.equal(replyTo(named("ours"), new Engine(oneOf({ reservations }))), undefined);
});

Deno.test("BOOTP dynamic: what the config does not give any more ends when its client asks again", () => {
  const left = "192.168.1.50";
  const lease = { address: left, client: numberedClient(2), expiresAtMs: Infinity };
  const engine = new Engine({ ...oneOf({ bootp: "dynamic" }), leases: [lease] });
  assert.equal(engine.ask({ mac: macOf(2) }).told, `BOOTREPLY ${A} (free-address)`);
  assert.equal(engine.leases.get(ip(left))?.state, "released");
  assert.equal(engine.leases.get(ip(A))?.state, "bound");
});
