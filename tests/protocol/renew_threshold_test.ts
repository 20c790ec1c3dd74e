import assert from "node:assert/strict";
import type { LeaseTime, NamePolicy } from "../../src/config/config.ts";
import { decodeClientFqdn, encodeClientFqdn } from "../../src/wire/client_fqdn.ts";
import { optionSeconds, REQUEST } from "../support/dhcp_packets.ts";
import { type Ask, Engine, type EngineSketch, macOf, SERVER } from "../support/engine_fixture.ts";
import { ip } from "../support/leases_fixture.ts";

const A = "192.168.1.100";
const HOUR: LeaseTime = { defaultSeconds: 3600, minSeconds: 600, maxSeconds: 7200 };
const RENEWAL: Ask = { type: REQUEST, ciaddr: A, to: SERVER };

const RELAY = "192.168.1.9";

/** Option 12. */
function named(hostname: string): Pick<Ask, "options"> {
  return { options: [[12, new TextEncoder().encode(hostname)]] };
}

/** Option 82. */
function relayed(octets: readonly number[]): Partial<Ask> {
  return { giaddr: RELAY, options: [[82, Uint8Array.from(octets)]] };
}

/** Option 81, S set: the server is asked to keep the names. */
function fqdn(name: string): Pick<Ask, "options"> {
  const flags = { serverUpdatesA: true, isOverridden: false, isCanonical: true, noUpdates: false };
  return { options: [[81, encodeClientFqdn({ ...flags, name })]] };
}

const NAMES: NamePolicy = {
  domain: "home.arpa",
  fromClient: true,
  overrideClientUpdate: true,
  overrideNoUpdate: false,
  isRegistered: true,
  withheldLabels: new Set(),
  reservedNames: new Set(),
};

/** Client 1 takes A for an hour, and after `secondsLater` asks again. */
function askAgain(
  secondsLater: number,
  again: Partial<Ask>,
  sketch: EngineSketch = {},
  first: Partial<Ask> = named("pi"),
) {
  const engine = new Engine({
    subnets: [{ pools: [A], leaseTime: HOUR, relays: [RELAY] }],
    renewWriteThreshold: 0.25,
    ...sketch,
  });
  engine.advance(1);
  engine.ask({ type: REQUEST, requested: A, server: SERVER, ...first });
  engine.advance(secondsLater);
  const answer = engine.ask({ ...RENEWAL, ...named("pi"), ...again });
  return { engine, answer, seconds: optionSeconds(answer.packet!, 51) };
}

Deno.test("early in a lease, a renewal is answered with what is left of it, and writes nothing", () => {
  const { engine, answer, seconds } = askAgain(899, {});
  assert.equal(answer.told, `ACK ${A} (renewed-unwritten)`);
  assert.equal(answer.decision?.kind, "reply-when-durable");
  assert.equal(seconds, 3600 - 899);
  assert.equal(
    optionSeconds(answer.packet!, 58),
    Math.floor((3600 - 899) / 2),
    "T1 of what is left",
  );
  // The promise is no more than what is on disk.
  engine.advance(3600 - 899);
  const other = { type: REQUEST, mac: macOf(2), requested: A, server: SERVER };
  assert.equal(engine.decide(other).told, `ACK ${A} (confirmed)`);
});

/** What makes a renewal be written all the same. */
const WRITTEN: readonly (readonly [
  when: string,
  secondsLater: number,
  again: Partial<Ask>,
  sketch?: EngineSketch,
  first?: Partial<Ask>,
])[] = [
  ["later than the threshold", 900, {}],
  ["while the threshold is off", 10, {}, { renewWriteThreshold: 0 }],
  ["when its host name is another, a minute later", 60, named("pi2")],
  ["by another machine of the same name", 10, { mac: macOf(2), clientId: "ff:01:02:03" }, {}, {
    ...named("pi"),
    clientId: "ff:01:02:03",
  }],
  ["through a relay agent, when it came without one", 10, {
    giaddr: RELAY,
    options: [...named("pi").options!, [82, Uint8Array.of(1, 1, 7)]],
  }],
];
for (const [when, secondsLater, again, sketch, first] of WRITTEN) {
  Deno.test(`${when}, a renewal is written, for the whole time`, () => {
    const { answer, seconds } = askAgain(secondsLater, again, sketch, first);
    assert.equal(answer.told, `ACK ${A} (renewed)`);
    assert(answer.decision?.kind === "reply-after-commit");
    assert.equal(seconds, 3600);
  });
}

Deno.test("a first host name is written at once: its machine has begun without a system", () => {
  const { answer } = askAgain(10, named("pi"), {}, {});
  assert.equal(answer.told, `ACK ${A} (renewed)`);
});

/** What a client can say anew with each renewal, and nothing that a disk has to know at once. */
const NEWS: readonly (readonly [string, (n: number) => Partial<Ask>, EngineSketch?])[] = [
  ["host name", (n) => named(`pi-${n}`)],
  ["port of a switch", (n) => relayed([1, 1, n])],
  [
    "client identifier, where the hardware address is who it is",
    (n) => ({ clientId: `ff:0${n}` }),
    {
      subnets: [{ pools: [A], leaseTime: HOUR, identity: "mac" }],
    },
  ],
  ["name in DNS", (n) => fqdn(`pi-${n}`), {
    subnets: [{ pools: [A], leaseTime: HOUR, names: NAMES }],
  }],
];
for (const [what, newsOf, sketch] of NEWS) {
  Deno.test(`a ${what} that is another at each renewal is written once a minute`, () => {
    const engine = new Engine({
      subnets: [{ pools: [A], leaseTime: HOUR, relays: [RELAY] }],
      renewWriteThreshold: 0.25,
      ...sketch,
    });
    engine.advance(1);
    engine.ask({ type: REQUEST, requested: A, server: SERVER, ...newsOf(0) });
    let writtenCount = 0;
    for (let second = 1; second <= 300; second++) {
      engine.advance(1);
      const news = newsOf(1 + second % 8);
      const answer = engine.ask({ ...RENEWAL, ...news });
      const lease = engine.leases.get(ip(A))!;
      if (answer.decision?.kind === "reply-after-commit") {
        writtenCount++;
        continue;
      }
      assert.equal(answer.told, `ACK ${A} (renewed-unwritten)`);
      const promisedMs = optionSeconds(answer.packet!, 51)! * 1000;
      assert.ok(promisedMs <= lease.expiresAtMs - engine.nowMs, "no more than is on disk");
      const told = answer.packet!.options.find(([code]) => code === 81)?.[1];
      if (told !== undefined) assert.equal(decodeClientFqdn(told)?.name, lease.name);
    }
    assert.equal(writtenCount, 5);
  });
}

Deno.test("a client that asks for less than is left gets what it asks for", () => {
  const { answer, seconds } = askAgain(10, {
    options: [...named("pi").options!, [51, Uint8Array.of(0, 0, 2, 188)]],
  });
  assert.equal(answer.told, `ACK ${A} (renewed-unwritten)`);
  assert.equal(seconds, 700);
});

Deno.test("a lease that came out of the store is written at its first renewal", () => {
  // Where the clock was behind at that start, it has been given time that the next need not find.
  const engine = new Engine({
    subnets: [{ pools: [A], leaseTime: HOUR, relays: [RELAY] }],
    renewWriteThreshold: 0.25,
    leases: [{ address: A, updatedAtMs: 1_000_000, expiresAtMs: 1_000_000 + 3_600_000 }],
  });
  engine.advance(1);
  assert.equal(engine.ask(RENEWAL).told, `ACK ${A} (renewed)`);
  engine.advance(1);
  assert.equal(engine.ask(RENEWAL).told, `ACK ${A} (renewed-unwritten)`);
});

Deno.test("of a lease without end, nothing is left to make do with", () => {
  const infinite = { defaultSeconds: Infinity, minSeconds: Infinity, maxSeconds: Infinity };
  const { answer } = askAgain(10, {}, { subnets: [{ pools: [A], leaseTime: infinite }] });
  assert.equal(answer.told, `ACK ${A} (renewed)`);
});
