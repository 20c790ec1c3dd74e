import assert from "node:assert/strict";
import { DECLINE, DISCOVER, RELEASE, REQUEST } from "../support/dhcp_packets.ts";
import {
  type AnswerRow,
  type Ask,
  Engine,
  macOf,
  OTHER_SERVER,
  SERVER,
  START_MS,
  testAnswers,
} from "../support/engine_fixture.ts";
import { ip, numberedClient } from "../support/leases_fixture.ts";

const A = "192.168.1.100";
const B = "192.168.1.101";
const HELD = { leases: [{ address: A }] };
const TWO_ADDRESSES = { subnets: [{ pools: [`${A}-${B}`] }] };
const DECLINE_A: Ask = { type: DECLINE, requested: A, server: SERVER };
const RELEASE_A: Ask = { type: RELEASE, ciaddr: A, server: SERVER, to: SERVER };
const PROBE = { beyondRouters: true, timeoutMs: 500 };
const DISCOVER_2: Ask = { type: DISCOVER, mac: macOf(2) };

/** Who may end a lease: the same for both messages. */
const SHARED: readonly {
  readonly message: string;
  readonly ask: Ask;
  readonly ended: string;
  readonly section: string;
}[] = [
  { message: "DECLINE", ask: DECLINE_A, ended: `quarantined ${A}`, section: "§4.3.3" },
  { message: "RELEASE", ask: RELEASE_A, ended: `released ${A}`, section: "§4.3.4" },
];

testAnswers(SHARED.flatMap(({ message, ask, ended, section }): AnswerRow[] => [
  {
    name: `${message} by the holder ends its lease (${section})`,
    given: HELD,
    when: ask,
    expect: ended,
  },
  {
    name: `${message} by the holder, naming another address of ours (§4.1)`,
    given: { ...HELD, otherAddresses: ["10.0.0.1"] },
    when: { ...ask, server: "10.0.0.1" },
    expect: ended,
  },
  {
    name: `${message} by a stranger is ignored`,
    given: HELD,
    when: { ...ask, mac: macOf(2) },
    expect: "silence (not-the-holder)",
  },
  {
    name: `${message} by the same machine under another client identifier is ignored`,
    given: HELD,
    when: { ...ask, clientId: "01:02" },
    expect: "silence (not-the-holder)",
  },
  {
    name: `${message} of an address that nobody has is ignored`,
    when: ask,
    expect: "silence (not-the-holder)",
  },
  {
    name: `${message} of a lease that ended is ignored`,
    given: { leases: [{ address: A, expiresAtMs: START_MS - 1 }] },
    when: ask,
    expect: "silence (not-the-holder)",
  },
  {
    name: `${message} said twice is ignored the second time`,
    given: HELD,
    after: [ask],
    when: ask,
    expect: "silence (not-the-holder)",
  },
  {
    name: `${message} to another server is ignored`,
    given: HELD,
    when: { ...ask, server: OTHER_SERVER },
    expect: "silence (other-server-chosen)",
  },
]));

testAnswers([
  {
    name: "DECLINE without a server identifier (table 5: MUST) is taken from the holder",
    given: HELD,
    when: { type: DECLINE, requested: A },
    expect: `quarantined ${A}`,
  },
  {
    name: "RELEASE without a server identifier (table 5: MUST) is taken from the holder",
    given: HELD,
    when: { type: RELEASE, ciaddr: A, to: SERVER },
    expect: `released ${A}`,
  },
  {
    name: "RELEASE through a router from a network that is not local",
    given: { leases: [{ address: "10.20.1.7" }] },
    when: { ...RELEASE_A, ciaddr: "10.20.1.7" },
    expect: "released 10.20.1.7",
  },
  {
    name: "a declined address goes to nobody: its client gets another (§4.3.3)",
    given: { ...TWO_ADDRESSES, ...HELD },
    after: [DECLINE_A],
    when: { type: DISCOVER, requested: A },
    expect: `OFFER ${B} (free-address)`,
  },
  {
    name: "a declined address goes to nobody: nor do others",
    given: { subnets: [{ pools: [A] }], ...HELD },
    after: [DECLINE_A],
    when: DISCOVER_2,
    expect: "silence (pool-exhausted)",
  },
  {
    name: "a declined address is nobody's for ten seconds, as long as its client waits (§3.1.5)",
    given: { subnets: [{ pools: [A] }], ...HELD, quarantineSeconds: 600 },
    after: [DECLINE_A],
    secondsLater: 9,
    when: DISCOVER_2,
    expect: "silence (pool-exhausted)",
  },
  {
    name: "a declined address is the last resort of a full pool, ten seconds later",
    given: { subnets: [{ pools: [A] }], ...HELD, quarantineSeconds: 600 },
    after: [DECLINE_A],
    secondsLater: 10,
    when: DISCOVER_2,
    expect: `OFFER ${A} (quarantined-address)`,
  },
  {
    name: "a declined address is the last resort at once where it can be probed",
    given: { subnets: [{ pools: [A], conflictProbe: PROBE }], ...HELD },
    after: [DECLINE_A],
    when: DISCOVER_2,
    expect: `OFFER ${A} (quarantined-address)`,
  },
  {
    name: "a declined address that was taken for want of another is its client's",
    given: { subnets: [{ pools: [A], conflictProbe: PROBE }], ...HELD },
    after: [DECLINE_A, DISCOVER_2],
    when: { type: REQUEST, mac: macOf(2), server: SERVER, requested: A },
    expect: `ACK ${A} (outstanding-offer)`,
  },
  {
    name: "a declined address is nobody's who was not offered it",
    given: { subnets: [{ pools: [A], conflictProbe: PROBE }], ...HELD },
    after: [DECLINE_A, DISCOVER_2],
    when: { type: REQUEST, mac: macOf(3), server: SERVER, requested: A },
    expect: "NAK (address-not-available)",
  },
  {
    name: "a declined address is in use again after that",
    given: { subnets: [{ pools: [A] }], ...HELD, quarantineSeconds: 600 },
    after: [DECLINE_A],
    secondsLater: 600,
    when: DISCOVER_2,
    expect: `OFFER ${A} (free-address)`,
  },
  {
    name: "a declined reservation: its client gets it again where it can be probed",
    given: {
      subnets: [{
        pools: [B],
        reservations: [{ mac: macOf(1), address: A }],
        conflictProbe: PROBE,
      }],
      ...HELD,
    },
    after: [DECLINE_A],
    when: { type: DISCOVER },
    expect: `OFFER ${A} (reservation)`,
  },
  {
    name: "a declined reservation: its client gets it again after ten seconds",
    given: {
      subnets: [{ pools: [B], reservations: [{ mac: macOf(1), address: A }] }],
      ...HELD,
    },
    after: [DECLINE_A],
    secondsLater: 10,
    when: { type: DISCOVER },
    expect: `OFFER ${A} (reservation)`,
  },
  {
    name: "a declined reservation: its client gets an address of the pool meanwhile",
    given: {
      subnets: [{ pools: [B], reservations: [{ mac: macOf(1), address: A }] }],
      ...HELD,
    },
    after: [DECLINE_A],
    when: { type: DISCOVER },
    expect: `OFFER ${B} (free-address)`,
  },
  {
    name: "a released address: its client gets the same one again while it is free (§4.3.4)",
    given: { ...TWO_ADDRESSES, ...HELD },
    after: [RELEASE_A],
    when: { type: DISCOVER, requested: B },
    expect: `OFFER ${A} (previous-binding)`,
  },
  {
    name: "a released address: others get a fresh one first",
    given: { ...TWO_ADDRESSES, ...HELD },
    after: [RELEASE_A],
    when: DISCOVER_2,
    expect: `OFFER ${B} (free-address)`,
  },
  {
    name: "a released address: others get it when there is no fresh one",
    given: { subnets: [{ pools: [A] }], ...HELD },
    after: [RELEASE_A],
    when: DISCOVER_2,
    expect: `OFFER ${A} (free-address)`,
  },
  {
    name: "a released address that another has now: its client gets a fresh one",
    given: { ...TWO_ADDRESSES, ...HELD },
    after: [
      RELEASE_A,
      { ...DISCOVER_2, requested: A },
      { type: REQUEST, mac: macOf(2), server: SERVER, requested: A },
    ],
    when: { type: DISCOVER },
    expect: `OFFER ${B} (free-address)`,
  },
]);

Deno.test("DECLINE is a lease change: quarantined from now for the time of the config", () => {
  const engine = new Engine({
    leases: [{ address: A, hostname: "pi" }],
    quarantineSeconds: 86_400,
  });
  const { decision } = engine.decide(DECLINE_A);
  assert(decision?.kind === "change", "nobody is told");
  assert.deepEqual(decision.change, {
    address: ip(A),
    client: numberedClient(1),
    state: "declined",
    hostname: "pi",
    updatedAtMs: START_MS,
    expiresAtMs: START_MS + 86_400_000,
  });
});

Deno.test("RELEASE is a lease change: ended now, client and host name kept (§4.3.4)", () => {
  const engine = new Engine({ leases: [{ address: A, hostname: "pi" }] });
  const { decision } = engine.decide(RELEASE_A);
  assert(decision?.kind === "change", "nobody is told");
  assert.deepEqual(decision.change, {
    address: ip(A),
    client: numberedClient(1),
    state: "released",
    hostname: "pi",
    updatedAtMs: START_MS,
    expiresAtMs: START_MS,
  });
});

Deno.test("a lease without end can be released and declined", () => {
  const given = { leases: [{ address: A, expiresAtMs: Infinity }] };
  assert.equal(new Engine(given).decide(RELEASE_A).told, `released ${A}`);
  assert.equal(new Engine(given).decide(DECLINE_A).told, `quarantined ${A}`);
});

Deno.test("a reserved address that its client declines each time is offered at ever longer intervals", () => {
  const engine = new Engine({
    subnets: [{
      pools: [],
      reservations: [{ mac: macOf(1), address: A }],
      conflictProbe: PROBE,
    }],
    quarantineSeconds: 3600,
  });
  const offeredAfterSeconds: number[] = [];
  for (let second = 0, last = 0; second < 600; second++) {
    engine.advance(1);
    if (!engine.ask({ type: DISCOVER }).told.startsWith("OFFER")) continue;
    offeredAfterSeconds.push(second - last);
    last = second;
    engine.ask({ type: REQUEST, server: SERVER, requested: A });
    assert.equal(engine.ask(DECLINE_A).told, `quarantined ${A}`);
  }
  assert.deepEqual(offeredAfterSeconds, [0, 1, 10, 20, 40, 80, 160]);
  engine.advance(3600);
  engine.ask({ type: DISCOVER });
  engine.ask({ type: REQUEST, server: SERVER, requested: A });
  engine.ask({ type: REQUEST, ciaddr: A });
  engine.ask(DECLINE_A);
  const again = engine.ask({ type: DISCOVER });
  assert.equal(again.told, `OFFER ${A} (reservation)`, "a renewal has shown that it was free");
});

Deno.test("of the addresses in quarantine the oldest is the first to be looked at again", () => {
  const engine = new Engine({
    subnets: [{ pools: [`${A}-192.168.1.102`], conflictProbe: PROBE }],
    quarantineSeconds: 3600,
  });
  for (const requested of ["192.168.1.102", A, B]) {
    engine.ask({ type: DISCOVER, requested });
    engine.ask({ type: REQUEST, server: SERVER, requested });
    engine.ask({ type: DECLINE, server: SERVER, requested });
    engine.advance(1);
  }
  const told = [4, 5, 6, 7].map((n) => engine.ask({ type: DISCOVER, mac: macOf(n) }).told);
  assert.deepEqual(told, [
    "OFFER 192.168.1.102 (quarantined-address)",
    `OFFER ${A} (quarantined-address)`,
    `OFFER ${B} (quarantined-address)`,
    "silence (pool-exhausted)",
  ]);
  engine.advance(60);
  const next = engine.ask({ type: DISCOVER, mac: macOf(8) });
  assert.equal(
    next.told,
    "OFFER 192.168.1.102 (quarantined-address)",
    "who did not take it is out",
  );
});

testAnswers([
  {
    name: "DECLINE of an address that its client was offered: quarantine (§4.3.3)",
    after: [{ type: DISCOVER, requested: A }],
    when: DECLINE_A,
    expect: `quarantined ${A}`,
  },
  {
    name: "DECLINE of an address that another client was offered is ignored",
    after: [{ type: DISCOVER, requested: A, mac: macOf(2) }],
    when: DECLINE_A,
    expect: "silence (not-the-holder)",
  },
  {
    name: "DECLINE of an address whose offer has run out is ignored",
    after: [{ type: DISCOVER, requested: A }],
    secondsLater: 61,
    when: DECLINE_A,
    expect: "silence (not-the-holder)",
  },
  {
    name: "RELEASE of an address that is only offered is ignored",
    after: [{ type: DISCOVER, requested: A }],
    when: RELEASE_A,
    expect: "silence (not-the-holder)",
  },
  {
    name: "RELEASE without option 61, by the hardware address of the holder (connman)",
    after: [{ type: REQUEST, requested: A, clientId: "01:02" }],
    when: RELEASE_A,
    expect: `released ${A}`,
  },
  {
    name: "RELEASE without option 61, by another hardware address, is ignored",
    after: [{ type: REQUEST, requested: A, clientId: "01:02" }],
    when: { ...RELEASE_A, mac: macOf(2) },
    expect: "silence (not-the-holder)",
  },
  {
    name: "DECLINE by another machine with the client identifier of the holder is ignored",
    after: [{ type: REQUEST, requested: A, clientId: "01:02" }],
    when: { ...DECLINE_A, clientId: "01:02", mac: macOf(2) },
    expect: "silence (not-the-holder)",
  },
  {
    name: "DECLINE without option 61, by the hardware address of the holder, is ignored",
    after: [{ type: REQUEST, requested: A, clientId: "01:02" }],
    when: DECLINE_A,
    expect: "silence (not-the-holder)",
  },
]);
