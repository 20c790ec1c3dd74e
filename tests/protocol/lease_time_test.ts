import assert from "node:assert/strict";
import fc from "fast-check";
import type { LeaseTime } from "../../src/config/config.ts";
import { LEASE_SECONDS_MIN } from "../../src/config/lease_time_schema.ts";
import { grantTime } from "../../src/protocol/lease_time.ts";
import { DISCOVER, optionSeconds, REQUEST } from "../support/dhcp_packets.ts";
import { type Ask, Engine, hexOctets, START_MS } from "../support/engine_fixture.ts";

const A = "192.168.1.100";
const INFINITE_OCTETS = "ff:ff:ff:ff";
const BOUNDED: LeaseTime = { defaultSeconds: 3600, minSeconds: 600, maxSeconds: 7200 };
const ENDLESS: LeaseTime = { defaultSeconds: Infinity, minSeconds: 600, maxSeconds: Infinity };
const FIXED: LeaseTime = { defaultSeconds: 3600, minSeconds: 3600, maxSeconds: 3600 };

interface Row {
  readonly name: string;
  readonly given: LeaseTime;
  /** Option 51 of the request in hex. */
  readonly wish?: string;
  /** Option 51 of the reply, in seconds as on the wire. */
  readonly expect: number;
}

const ROWS: readonly Row[] = [
  { name: "no wish: the default", given: BOUNDED, expect: 3600 },
  { name: "a wish within the bounds", given: BOUNDED, wish: "00:00:03:e8", expect: 1000 },
  { name: "a wish of the least", given: BOUNDED, wish: "00:00:02:58", expect: 600 },
  { name: "a wish of the most", given: BOUNDED, wish: "00:00:1c:20", expect: 7200 },
  { name: "a wish below the least", given: BOUNDED, wish: "00:00:02:57", expect: 600 },
  { name: "a wish of zero", given: BOUNDED, wish: "00:00:00:00", expect: 600 },
  { name: "a wish above the most", given: BOUNDED, wish: "00:00:1c:21", expect: 7200 },
  { name: "a wish for no end, not allowed", given: BOUNDED, wish: INFINITE_OCTETS, expect: 7200 },
  { name: "a wish of the wrong length", given: BOUNDED, wish: "0e:10", expect: 3600 },
  {
    name: "a wish where one duration is configured",
    given: FIXED,
    wish: "00:00:00:3c",
    expect: 3600,
  },
  { name: "a lease without end by default", given: ENDLESS, expect: 0xffff_ffff },
  {
    name: "a wish for no end, allowed",
    given: ENDLESS,
    wish: INFINITE_OCTETS,
    expect: 0xffff_ffff,
  },
  { name: "a wish for an end", given: ENDLESS, wish: "00:00:1c:21", expect: 7201 },
];

for (const { name, given, wish, expect } of ROWS) {
  Deno.test(`lease time in OFFER and ACK: ${name} (§4.3.1)`, () => {
    const engine = new Engine({ subnets: [{ pools: [A], leaseTime: given }] });
    const options: Ask["options"] = wish === undefined ? [] : [[51, hexOctets(wish)]];
    const offer = engine.ask({ type: DISCOVER, options });
    assert.equal(optionSeconds(offer.packet!, 51), expect);

    const { packet, decision } = engine.decide({ type: REQUEST, requested: A, options });
    assert.equal(optionSeconds(packet!, 51), expect);
    assert(decision?.kind === "reply-after-commit");
    const leaseSeconds = expect === 0xffff_ffff ? Infinity : expect;
    assert.equal(decision.leaseSeconds, leaseSeconds);
    assert.equal(decision.change.expiresAtMs, START_MS + leaseSeconds * 1000);
  });
}

Deno.test("T1 is half and T2 seven eighths of the lease (§4.4.5)", () => {
  const rows = [[3600, 1800, 3150], [7201, 3600, 6300], [60, 30, 52]] as const;
  for (const [leaseSeconds, t1, t2] of rows) {
    const leaseTime = { defaultSeconds: leaseSeconds, minSeconds: 1, maxSeconds: Infinity };
    const engine = new Engine({ subnets: [{ pools: [A], leaseTime }] });
    const packet = engine.decide({ type: DISCOVER }).packet!;
    assert.deepEqual([51, 58, 59].map((code) => optionSeconds(packet, code)), [
      leaseSeconds,
      t1,
      t2,
    ]);
  }
});

Deno.test("T1 < T2 < lease for every lease time of the config and wish (property)", () => {
  const seconds = fc.oneof(
    fc.integer({ min: LEASE_SECONDS_MIN, max: 100 }),
    fc.integer({ min: LEASE_SECONDS_MIN, max: 0xffff_fffe }),
    fc.constant(Infinity),
  );
  const leaseTime = fc.tuple(seconds, seconds, seconds).map((three): LeaseTime => {
    const [minSeconds, defaultSeconds, maxSeconds] = three.toSorted((a, b) => a < b ? -1 : 1);
    return { minSeconds: minSeconds!, defaultSeconds: defaultSeconds!, maxSeconds: maxSeconds! };
  });
  const wish = fc.option(fc.oneof(fc.nat(0xffff_ffff), fc.constant(Infinity)), { nil: undefined });
  const timers = fc.option(
    fc.tuple(fc.integer({ min: 10, max: 980 }), fc.integer({ min: 1, max: 990 }), fc.nat(500))
      .filter(([renewal, rebinding]) => renewal < rebinding)
      .map(([renewal, rebinding, spread]) => ({
        renewal: renewal / 1000,
        rebinding: rebinding / 1000,
        spread: spread / 1000,
      })),
    { nil: undefined },
  );
  const given = fc.tuple(leaseTime, timers)
    .map(([time, timers]): LeaseTime => timers === undefined ? time : { ...time, timers });
  fc.assert(
    fc.property(given, wish, fc.nat(0xffff_ffff), (given, wished, seed) => {
      const { leaseSeconds, wireLeaseSeconds, renewalSeconds, rebindingSeconds } = grantTime(
        given,
        wished,
        seed,
      );
      assert(given.minSeconds <= leaseSeconds && leaseSeconds <= given.maxSeconds);
      assert.equal(wireLeaseSeconds, leaseSeconds === Infinity ? 0xffff_ffff : leaseSeconds);
      assert(renewalSeconds > 0 && renewalSeconds < rebindingSeconds);
      assert(rebindingSeconds < wireLeaseSeconds);
      for (const time of [renewalSeconds, rebindingSeconds, wireLeaseSeconds]) {
        assert.equal(time >>> 0, time, "fits into four octets");
      }
    }),
    { numRuns: 1000 },
  );
});

const T1_T2: Ask = { type: DISCOVER, list: [58, 59] };

/** T1 and T2 that a client is told at the exchange. */
function timersOf(engine: Engine, ask: Ask): (number | undefined)[] {
  const { packet } = engine.decide({ ...T1_T2, ...ask });
  return [58, 59].map((code) => optionSeconds(packet!, code));
}

Deno.test("T1 and T2 are the configured parts of the lease, whatever it is (§4.4.5)", () => {
  const leaseTime = { ...BOUNDED, timers: { renewal: 0.25, rebinding: 0.75, spread: 0 } };
  const engine = new Engine({ subnets: [{ pools: [A], leaseTime }] });
  assert.deepEqual(timersOf(engine, {}), [900, 2700]);
  assert.deepEqual(timersOf(engine, { options: [[51, hexOctets("00:00:03:e8")]] }), [250, 750]);
});

Deno.test("T1 and T2 come earlier by chance, within the spread (§4.4.5: SHOULD)", () => {
  const leaseTime = { ...FIXED, timers: { renewal: 0.5, rebinding: 0.875, spread: 0.1 } };
  const engine = new Engine({ subnets: [{ pools: [A], leaseTime }] });
  const all = Array.from({ length: 200 }, (_, xid) => timersOf(engine, { xid }));
  const t1 = all.map(([first]) => first!);
  assert(Math.min(...t1) >= 1620 && Math.max(...t1) <= 1800, `${Math.min(...t1)}`);
  assert(Math.max(...t1) - Math.min(...t1) > 150, "over the whole of it");
  assert(new Set(t1).size > 80, `${new Set(t1).size} different ones`);
  for (const [first, second] of all) assert(Math.abs(second! - first! * 1.75) < 2, "T2 likewise");
});

Deno.test("OFFER and ACK of one exchange have the same T1 and T2", () => {
  const leaseTime = { ...FIXED, timers: { renewal: 0.5, rebinding: 0.875, spread: 0.5 } };
  const engine = new Engine({ subnets: [{ pools: [A], leaseTime }] });
  const offered = timersOf(engine, { xid: 77 });
  assert.deepEqual(timersOf(engine, { xid: 77, type: REQUEST, requested: A }), offered);
});
