/** What strangers can have written into the log, and that the leases of a busy network are told. */
import assert from "node:assert/strict";
import type { Rule } from "../../src/protocol/decision.ts";
import type { ExchangeEvent, ServerEvent } from "../../src/server/events.ts";
import { type LogLevel, openLog } from "../../src/server/log.ts";
import {
  ALL_LINES_MAX,
  ANSWERS_AT_ONCE,
  KIND_LINES_MAX,
  LogLimits,
  OFFERS_EARNED_MAX,
  SUM_INTERVAL_MS,
} from "../../src/server/log_limits.ts";
import { ip, numberedClient } from "../support/leases_fixture.ts";
import { createVirtualClock } from "../support/virtual_clock.ts";

const IN_VAIN: ExchangeEvent = {
  kind: "exchange",
  interfaceName: "eth0",
  request: "DISCOVER",
  xid: 1,
  client: numberedClient(1),
  outcome: "silence",
  rule: "pool-exhausted",
};
const OFFER: ExchangeEvent = {
  ...IN_VAIN,
  outcome: "OFFER",
  rule: "free-address",
  address: ip("192.168.1.100"),
};
const ACK: ExchangeEvent = { ...OFFER, request: "SELECTING", outcome: "ACK" };
const NAK: ExchangeEvent = { ...IN_VAIN, request: "RENEWING", outcome: "NAK", rule: "renewed" };

const silence = (rule: Rule): ExchangeEvent => ({ ...IN_VAIN, rule });

/** What a stranger can cause in as many ways as there are kinds of lines, but for answers. */
const KINDS: readonly ServerEvent[] = [
  silence("pool-exhausted"),
  silence("no-subnet"),
  silence("off-link"),
  silence("relay-not-allowed"),
  silence("unknown-client"),
  silence("not-the-holder"),
  { ...OFFER, rule: "oldest-offer" },
  { ...NAK, rule: "wrong-network" },
  { ...NAK, rule: "address-not-available" },
  { ...IN_VAIN, request: "DECLINE", outcome: "quarantined", rule: "quarantined" },
  { ...ACK, outcome: "lost" },
  { kind: "conflict", interfaceName: "eth0", address: 1, client: numberedClient(1) },
  {
    kind: "reservation-waits",
    interfaceName: "eth0",
    address: 1,
    client: numberedClient(1),
    holder: undefined,
    leftSeconds: 0,
  },
  { kind: "dropped", interfaceName: "eth0", source: 0, octets: 9, reason: "too-short" },
  { kind: "dropped", interfaceName: "eth0", source: 0, octets: 9, reason: "bad-overload" },
  { kind: "notice", level: "warning", message: "not sent", topic: "interfaces" },
  { kind: "notice", level: "warning", message: "somebody else's", topic: "names" },
];

/** How many of the events are written that come evenly in so many seconds. */
function admitted(limits: LogLimits, events: readonly ServerEvent[], seconds: number): number {
  let count = 0;
  for (const [i, event] of events.entries()) {
    const nowMs = 1_000 + i * seconds * 1_000 / events.length;
    if (limits.admits(event, "info", nowMs)) count++;
  }
  return count;
}

function repeated(events: readonly ServerEvent[], count: number): ServerEvent[] {
  return Array.from({ length: count }, (_, i) => events[i % events.length]!);
}

for (const event of KINDS) {
  const what = event.kind === "exchange" ? `${event.outcome} (${event.rule})` : event.kind;
  Deno.test(`a flood of one kind is a few lines a second: ${what}`, () => {
    const seconds = 5;
    const count = admitted(new LogLimits(), repeated([event], 50_000), seconds);
    assert.ok(count >= KIND_LINES_MAX * seconds, `${count} lines`);
    assert.ok(count <= KIND_LINES_MAX * (seconds + 1), `${count} lines`);
  });
}

Deno.test("who varies the kind gets no more lines than all kinds have together", () => {
  const seconds = 5;
  const limits = new LogLimits();
  const count = admitted(limits, repeated(KINDS, 50_000), seconds);
  assert.ok(count >= ALL_LINES_MAX * seconds, `${count} lines`);
  assert.ok(count <= ALL_LINES_MAX * (seconds + 1), `${count} lines`);
  const sums = limits.takeSums();
  assert.equal(sums.length, KINDS.length);
  assert.equal(count + sums.reduce((sum, it) => sum + it.count, 0), 50_000);
  assert.deepEqual(limits.takeSums(), [], "each is summed up once");
});

Deno.test("leases are told one by one, and their OFFERs: 5,000 exchanges a second", () => {
  // A thousand clients at a time: all of them are offered an address before the first takes one.
  const round = [...repeated([OFFER], 1_000), ...repeated([ACK], 1_000)];
  const limits = new LogLimits();
  const exchanges = Array.from({ length: 50 }, () => round).flat();
  const count = admitted(limits, exchanges, 10);
  const leftOut = 100_000 - count;
  assert.ok(leftOut <= 1_000 - ANSWERS_AT_ONCE, `${leftOut} are left out, of the first alone`);
  for (const event of exchanges) assert.ok(limits.admits(event, "info", 11_000));
});

Deno.test("a network that renews has earned that a building is told whole when it comes", () => {
  const limits = new LogLimits();
  admitted(limits, repeated([ACK], 5_000), 3_600);
  assert.equal(admitted(limits, repeated([OFFER], OFFERS_EARNED_MAX), 1), OFFERS_EARNED_MAX);
});

const INFORMED: ExchangeEvent = { ...ACK, request: "INFORM", rule: "options-only" };
const BOOTED: ExchangeEvent = { ...ACK, request: "BOOTP", outcome: "BOOTREPLY" };
for (const event of [OFFER, INFORMED, BOOTED]) {
  const what = `${event.request} -> ${event.outcome}`;
  Deno.test(`what gives no lease is told, and in a flood a few times a second: ${what}`, () => {
    const seconds = 10;
    const count = admitted(new LogLimits(), repeated([event], 200_000), seconds);
    assert.ok(count >= ANSWERS_AT_ONCE, `${count} lines`);
    assert.ok(count <= ANSWERS_AT_ONCE + KIND_LINES_MAX * seconds, `${count} lines`);
  });
}

Deno.test("what the server says of itself is always told", () => {
  const notice: ServerEvent = { kind: "notice", level: "error", message: "line 7: no such key" };
  assert.equal(admitted(new LogLimits(), repeated([notice], 5_000), 1), 5_000);
});

function openRecording(format: "human" | "json", level: LogLevel) {
  let text = "";
  const log = openLog({
    format,
    level,
    colour: false,
    clock: createVirtualClock(),
    write: (bytes) => {
      text += new TextDecoder().decode(bytes);
      return Promise.resolve(bytes.length);
    },
  });
  return { log, lines: () => text.split("\n").slice(0, -1) };
}

for (const level of ["info", "warning"] as const) {
  Deno.test(`what is left out is counted in a line at the end, at level ${level}`, async () => {
    const { log, lines } = openRecording("human", level);
    for (let i = 0; i < 12_345 + KIND_LINES_MAX; i++) log.record(IN_VAIN);
    await log.close();
    assert.equal(lines().length, KIND_LINES_MAX + 1);
    assert.match(lines().at(-1)!, /^2026-\S+Z … and 12,345 more: pool-exhausted$/);
  });
}

Deno.test("at level warning nothing is counted that is not told there", async () => {
  const { log, lines } = openRecording("human", "warning");
  for (let i = 0; i < 1_000; i++) log.record(silence("unknown-client"));
  await log.close();
  assert.deepEqual(lines(), []);
});

Deno.test("what is left out is an object of its own in JSON", async () => {
  const { log, lines } = openRecording("json", "warning");
  for (let i = 0; i < 1_000; i++) log.record(IN_VAIN);
  await log.close();
  const { time: _, ...sum } = JSON.parse(lines().at(-1)!);
  assert.deepEqual(sum, {
    event: "left-out",
    level: "warning",
    what: "pool-exhausted",
    count: 1_000 - KIND_LINES_MAX,
  });
});

Deno.test("what is left out is told within a second, though nothing more comes", async () => {
  const { log, lines } = openRecording("human", "info");
  for (let i = 0; i < 1_000; i++) log.record(IN_VAIN);
  await new Promise((resolve) => setTimeout(resolve, SUM_INTERVAL_MS + 200));
  assert.match(lines().at(-1)!, /… and 950 more: pool-exhausted$/);
  await log.close();
  assert.equal(lines().length, KIND_LINES_MAX + 1);
});
