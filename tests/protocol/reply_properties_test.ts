import assert from "node:assert/strict";
import fc from "fast-check";
import { INFORM, type PacketOption, parsePacket, REQUEST } from "../support/dhcp_packets.ts";
import {
  type Ask,
  Engine,
  type EngineSketch,
  requestBytes,
  SERVER,
} from "../support/engine_fixture.ts";

const A = "192.168.1.100";
const OUTSIDE = "10.0.0.1";

/** Every message that is answered, by OFFER, ACK and NAK. */
const ANSWERED: fc.Arbitrary<Ask> = fc.constantFrom<Ask>(
  { type: 1 },
  { type: REQUEST, server: SERVER, requested: A },
  { type: REQUEST, requested: A },
  { type: REQUEST, ciaddr: A },
  { type: REQUEST, ciaddr: A, to: SERVER },
  { type: INFORM, ciaddr: A },
  { type: REQUEST, server: SERVER, requested: OUTSIDE },
  { type: REQUEST, ciaddr: OUTSIDE },
);

const u16 = fc.nat(0xffff);
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const octetsOf = (max: number) => fc.uint8Array({ maxLength: max });

/** Header fields that come back or that a reply has to ignore. */
const HEADER = fc.record({
  xid: u32,
  secs: u16,
  flags: u16,
  giaddr: fc.constantFrom("0.0.0.0", "192.168.1.254"),
  htype: fc.nat(255),
  hlen: fc.integer({ min: 1, max: 16 }),
  // All 16 octets of chaddr, whatever hlen says.
  mac: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((octets) =>
    Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join(":")
  ),
});

/** Configured options: any code of the operator's, any length. */
const CONFIGURED = fc.uniqueArray(
  fc.tuple(fc.integer({ min: 2, max: 49 }), octetsOf(400)),
  { selector: ([code]) => code, maxLength: 12 },
).map((options) => new Map(options));

/** Options of a request that a reply depends on; each is there or not. */
const OPTIONS = fc.record({
  list: fc.option(octetsOf(255), { nil: undefined }),
  clientId: fc.option(fc.oneof(octetsOf(20), octetsOf(255)), { nil: undefined }),
  relayInformation: fc.option(fc.oneof(octetsOf(20), octetsOf(255)), { nil: undefined }),
  sizeMax: fc.option(fc.oneof(fc.integer({ min: 500, max: 1600 }), u16), { nil: undefined }),
});

type Options = typeof OPTIONS extends fc.Arbitrary<infer T> ? T : never;

function packetOptions({ list, clientId, relayInformation, sizeMax }: Options): PacketOption[] {
  const size = sizeMax === undefined ? undefined : Uint8Array.of(sizeMax >>> 8, sizeMax & 255);
  const all: readonly (readonly [number, Uint8Array | undefined])[] = [
    [55, list],
    [57, size],
    [61, clientId],
    [82, relayInformation],
  ];
  return all.flatMap(([code, payload]): PacketOption[] =>
    payload === undefined ? [] : [[code, payload]]
  );
}

function sketchOf(options: ReadonlyMap<number, Uint8Array>): EngineSketch {
  return { subnets: [{ pools: [A], options, relays: ["192.168.1.254"] }] };
}

Deno.test("xid, chaddr, htype, hlen, giaddr and flags come back byte for byte (property)", () => {
  fc.assert(fc.property(ANSWERED, HEADER, (ask, header) => {
    const request = requestBytes({ ...ask, ...header });
    const { bytes, packet, told } = new Engine(sketchOf(new Map())).decide({ ...ask, ...header });
    assert(bytes !== undefined && packet !== undefined, told);
    const fields = [["htype, hlen", 1, 3], ["xid", 4, 8], ["giaddr", 24, 28], ["chaddr", 28, 44]];
    for (const [name, from, to] of fields as [string, number, number][]) {
      assert.deepEqual(bytes.subarray(from, to), request.subarray(from, to), name);
    }
    const isRelayedNak = told.startsWith("NAK") && header.giaddr !== "0.0.0.0";
    assert.equal(packet.flags, isRelayedNak ? header.flags | 0x8000 : header.flags);
    assert.deepEqual([packet.op, packet.hops, packet.secs], [2, 0, 0], "table 3");
    assert.equal(packet.siaddr, "0.0.0.0");
  }));
});

Deno.test("a reply has at least 300 octets and no more than the client accepts (property)", () => {
  fc.assert(
    fc.property(ANSWERED, CONFIGURED, OPTIONS, (ask, configured, options) => {
      const { bytes, told } = new Engine(sketchOf(configured))
        .decide({ ...ask, options: packetOptions(options) });
      assert(bytes !== undefined, told);
      assert(bytes.length >= 300, `${bytes.length} octets`);
      // Option 57 counts the IP and UDP headers, 28 octets; less than 576 is not legal.
      const datagramMax = Math.max(options.sizeMax ?? 576, 576);
      assert(bytes.length + 28 <= datagramMax, `${bytes.length} octets for ${datagramMax}`);
    }),
    { numRuns: 300 },
  );
});

Deno.test("what a reply must have is there, whatever else is (property)", () => {
  fc.assert(
    fc.property(ANSWERED, CONFIGURED, OPTIONS, (ask, configured, options) => {
      const { bytes, told } = new Engine(sketchOf(configured))
        .decide({ ...ask, options: packetOptions(options) });
      const sent = parsePacket(bytes!).options;
      const codes = sent.map(([code]) => code);
      const first = told.startsWith("NAK")
        ? [53, 54, 56]
        : told === "ACK (options-only)"
        ? [53, 54]
        : [53, 54, 51];
      assert.deepEqual(codes.slice(0, first.length), first);
      // In the place of the client's list that they have, else at once.
      const timers = first.includes(51) ? [58, 59] : [];
      const needed = told.startsWith("NAK") ? [] : [...timers, 1];
      for (const code of needed) assert(codes.includes(code), `${code} is there: ${codes}`);

      const parts = codes.filter((code, i) => code !== codes[i - 1]);
      assert.equal(new Set(parts).size, parts.length, `no option twice: ${codes}`);

      // Client identifier, then option 82, byte for byte, at the end. What is longer than both
      // can be goes without option 82 (RFC 3046 §2.2).
      const { clientId, relayInformation } = options;
      const echoed = packetOptions({ ...options, list: undefined, sizeMax: undefined });
      const isRoom = (clientId?.length ?? 0) + (relayInformation?.length ?? 0) <= 250;
      if (isRoom) assert.deepEqual(sent.slice(sent.length - echoed.length), echoed);
      else assert.deepEqual(sent.find(([code]) => code === 61)?.[1], clientId);
    }),
    { numRuns: 300 },
  );
});

Deno.test("a decision is a function of its state: said again, it is the same (property)", () => {
  const ask = fc.tuple(ANSWERED, HEADER, OPTIONS).map(([ask, header, options]): Ask => ({
    ...ask,
    ...header,
    options: packetOptions(options),
  }));
  // Lease changes and silence are decisions too.
  const silent = fc.constantFrom<Ask>(
    { type: 4, requested: A },
    { type: 7, ciaddr: A },
    { type: REQUEST, server: "192.168.1.2", requested: A },
    {},
  );
  const given = fc.record({
    authoritative: fc.boolean(),
    isLeased: fc.boolean(),
  });
  fc.assert(fc.property(given, fc.oneof(ask, silent), (given, ask) => {
    const engine = new Engine({
      authoritative: given.authoritative,
      leases: given.isLeased ? [{ address: A }] : [],
    });
    const records = [...engine.leases.records()];
    const counts = engine.leases.counts(engine.subnet());
    const first = engine.decide(ask);
    assert.deepEqual(engine.decide(ask), first);
    assert.deepEqual([...engine.leases.records()], records, "nothing was put");
    assert.deepEqual(engine.leases.counts(engine.subnet()), counts, "nothing was offered");
  }));
});
