import assert from "node:assert/strict";
import fc from "fast-check";
import { makeClient } from "../../src/leases/lease.ts";
import type {
  ConflictEvent,
  DropEvent,
  ExchangeEvent,
  ServerEvent,
} from "../../src/server/events.ts";
import { type LogOptions, openLog, QUEUED_EVENTS_MAX } from "../../src/server/log.ts";
import { ip, numberedClient } from "../support/leases_fixture.ts";
import { formatHuman, formatJson } from "../support/log_lines.ts";
import { createVirtualClock } from "../support/virtual_clock.ts";

const WALL_MS = Date.UTC(2026, 10, 22, 8, 0, 0, 123);

const OFFER: ExchangeEvent = {
  kind: "exchange",
  interfaceName: "eth0",
  request: "DISCOVER",
  xid: 0x00c0ffee,
  client: makeClient(1, "b8:27:eb:01:02:03", "01:b8:27:eb:01:02:03"),
  hostname: "pi",
  outcome: "OFFER",
  rule: "previous-binding",
  address: ip("192.168.1.100"),
  leaseSeconds: 43_200,
};

/** What is always told, however often it comes. */
const ACK: ExchangeEvent = {
  ...OFFER,
  request: "SELECTING",
  outcome: "ACK",
  rule: "outstanding-offer",
};

const SILENCE: ExchangeEvent = {
  kind: "exchange",
  interfaceName: "eth0",
  request: "SELECTING",
  xid: 1,
  client: numberedClient(1),
  outcome: "silence",
  rule: "other-server-chosen",
};

const CONFLICT: ConflictEvent = {
  kind: "conflict",
  interfaceName: "eth0",
  address: ip("192.168.1.100"),
  client: makeClient(1, "b8:27:eb:01:02:03", "01:b8:27:eb:01:02:03"),
  occupant: "02:00:00:00:00:99",
};

const DROP: DropEvent = {
  kind: "dropped",
  interfaceName: "eth0",
  source: 0,
  octets: 17,
  reason: "too-short",
};

/** Circuit id `eth0/1`, remote id of two octets, one of which is ESC. */
const RELAY_INFORMATION = Uint8Array.of(1, 6, 101, 116, 104, 48, 47, 49, 2, 2, 2, 27);

const HUMAN_TABLE: readonly [name: string, event: ServerEvent, line: string][] = [
  [
    "an offer",
    OFFER,
    'eth0 b8:27:eb:01:02:03 "pi" DISCOVER -> OFFER 192.168.1.100 12h (previous-binding)',
  ],
  [
    "a client of two classes",
    { ...OFFER, classes: [{ name: "phones" }, { name: "lobby" }], relay: ip("10.20.0.1") },
    'eth0 b8:27:eb:01:02:03 "pi" DISCOVER -> OFFER 192.168.1.100 12h (previous-binding) ' +
    "class phones, lobby via 10.20.0.1",
  ],
  [
    "a request that a relay agent brought",
    { ...OFFER, relay: ip("10.20.0.1") },
    'eth0 b8:27:eb:01:02:03 "pi" DISCOVER -> OFFER 192.168.1.100 12h (previous-binding) ' +
    "via 10.20.0.1",
  ],
  [
    "a request of which a relay agent said where it came from",
    { ...OFFER, relay: ip("10.20.0.1"), relayInformation: RELAY_INFORMATION },
    'eth0 b8:27:eb:01:02:03 "pi" DISCOVER -> OFFER 192.168.1.100 12h (previous-binding) ' +
    'via 10.20.0.1 circuit-id "eth0/1" remote-id 02:1b',
  ],
  [
    "a lease without end",
    { ...OFFER, leaseSeconds: Infinity },
    'eth0 b8:27:eb:01:02:03 "pi" DISCOVER -> OFFER 192.168.1.100 infinite (previous-binding)',
  ],
  [
    "silence, and the reason for it",
    SILENCE,
    "eth0 b8:27:eb:00:00:01 REQUEST/SELECTING -> silence (other-server-chosen)",
  ],
  [
    "a client without a hardware address",
    { ...SILENCE, client: makeClient(32, "", "ff:00") },
    "eth0 id:ff:00 REQUEST/SELECTING -> silence (other-server-chosen)",
  ],
  [
    "a host name that would like to be another line",
    { ...SILENCE, hostname: 'x"\n\x1b[2J\u202e' },
    String.raw`eth0 b8:27:eb:00:00:01 "x\"\n\x1b[2J\u202e" REQUEST/SELECTING -> silence ` +
    "(other-server-chosen)",
  ],
  [
    "a datagram that has no use",
    DROP,
    "eth0 dropped 17 octets from 0.0.0.0: too-short",
  ],
  [
    "a datagram that has no use, of a client that it tells",
    { ...DROP, octets: 316, mac: "b8:27:eb:00:00:01", reason: "no-address" },
    "eth0 dropped 316 octets from b8:27:eb:00:00:01 at 0.0.0.0: no-address",
  ],
  [
    "an address that is in use",
    CONFLICT,
    "eth0 b8:27:eb:01:02:03 does not get 192.168.1.100: in use by 02:00:00:00:00:99, " +
    "now in quarantine (conflict)",
  ],
  [
    "an address that is in use beyond a relay agent",
    { ...CONFLICT, occupant: undefined, relay: ip("10.20.0.1") },
    "eth0 b8:27:eb:01:02:03 does not get 192.168.1.100: in use, now in quarantine (conflict) " +
    "via 10.20.0.1",
  ],
  ["a dropped datagram", DROP, "eth0 dropped 17 octets from 0.0.0.0: too-short"],
  ["an info", { kind: "notice", level: "info", message: "serving eth0" }, "serving eth0"],
  [
    "a warning",
    { kind: "notice", level: "warning", message: "eth1 is missing" },
    "warning: eth1 is missing",
  ],
];
for (const [name, event, line] of HUMAN_TABLE) {
  Deno.test(`human line: ${name}`, () => {
    assert.equal(formatHuman(event, WALL_MS), `2026-11-22T08:00:00.123Z ${line}`);
  });
}

Deno.test("colour changes nothing but the colour", () => {
  for (const [, event] of HUMAN_TABLE) {
    const coloured = formatHuman(event, WALL_MS, true);
    assert(coloured.startsWith("\x1b[2m2026"), coloured);
    assert.equal(coloured.replaceAll(/\p{Cc}\[\d+m/gu, ""), formatHuman(event, WALL_MS));
  }
});

Deno.test("JSON line: an address that is in use", () => {
  assert.equal(
    formatJson(CONFLICT, WALL_MS),
    '{"time":"2026-11-22T08:00:00.123Z","event":"conflict","interface":"eth0",' +
      '"address":"192.168.1.100","occupant":"02:00:00:00:00:99","mac":"b8:27:eb:01:02:03",' +
      '"client-id":"01:b8:27:eb:01:02:03"}',
  );
});

Deno.test("JSON line: an exchange, with the journal's names", () => {
  assert.equal(
    formatJson(
      { ...OFFER, relay: ip("10.20.0.1"), relayInformation: RELAY_INFORMATION },
      WALL_MS,
    ),
    '{"time":"2026-11-22T08:00:00.123Z","event":"exchange","interface":"eth0",' +
      '"request":"DISCOVER","xid":"0x00c0ffee","mac":"b8:27:eb:01:02:03",' +
      '"client-id":"01:b8:27:eb:01:02:03","hostname":"pi","outcome":"OFFER",' +
      '"address":"192.168.1.100","lease-seconds":43200,"rule":"previous-binding",' +
      '"relay":"10.20.0.1","option-82":{"circuit-id":"65:74:68:30:2f:31","remote-id":"02:1b"}}',
  );
});

Deno.test("JSON line: a lease without end, a dropped datagram, a notice", () => {
  const fields = (event: ServerEvent) => JSON.parse(formatJson(event, WALL_MS));
  assert.equal(fields({ ...OFFER, leaseSeconds: Infinity })["lease-seconds"], "infinite");
  const time = "2026-11-22T08:00:00.123Z";
  assert.deepEqual(fields(DROP), {
    time,
    event: "dropped",
    interface: "eth0",
    source: "0.0.0.0",
    octets: 17,
    reason: "too-short",
  });
  assert.deepEqual(fields({ kind: "notice", level: "error", message: "disk\nfull" }), {
    time,
    event: "notice",
    level: "error",
    message: "disk\nfull",
  });
});

Deno.test("whatever a client calls itself, an event is one line of visible characters", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const events: ServerEvent[] = [
      { ...OFFER, hostname: text },
      { ...DROP, interfaceName: text },
      { kind: "notice", level: "info", message: text },
    ];
    for (const event of events) {
      assert.doesNotMatch(formatHuman(event, WALL_MS), /[\p{C}\p{Zl}\p{Zp}]/u);
      assert.doesNotMatch(formatJson(event, WALL_MS), /[\p{C}\p{Zl}\p{Zp}]/u);
    }
    assert.equal(JSON.parse(formatJson(events[0]!, WALL_MS)).hostname, text);
  }));
});

/** A standard error that takes one write at a time, when the test says so. */
class ManualSink {
  readonly writes: string[] = [];
  /** Octets that a write takes at most. */
  octetsMax = Infinity;
  #blocked: PromiseWithResolvers<void> | undefined;
  #onWrite: (() => void) | undefined;

  readonly write = async (bytes: Uint8Array): Promise<number> => {
    await this.#blocked?.promise;
    const taken = bytes.subarray(0, this.octetsMax);
    this.writes.push(new TextDecoder().decode(taken));
    this.#onWrite?.();
    return taken.length;
  };

  /** Resolves once there were that many writes. */
  async written(count: number): Promise<void> {
    while (this.writes.length < count) {
      await new Promise<void>((resolve) => this.#onWrite = resolve);
    }
  }

  block(): void {
    this.#blocked = Promise.withResolvers();
  }

  unblock(): void {
    this.#blocked?.resolve();
    this.#blocked = undefined;
  }

  /** Lets the write that waits go through, and blocks the next one. */
  async takeOneWrite(): Promise<void> {
    await turns();
    const waiting = this.#blocked;
    this.block();
    waiting?.resolve();
    await turns();
  }

  get lines(): string[] {
    return this.writes.join("").split("\n").slice(0, -1);
  }
}

/** Lets everything that waits for nothing but its turn go on. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

function manualLog(options: Partial<LogOptions> = {}) {
  const sink = new ManualSink();
  const clock = createVirtualClock();
  const log = openLog({
    format: "human",
    level: "info",
    colour: false,
    clock,
    write: sink.write,
    ...options,
  });
  return { log, sink, clock };
}

Deno.test("what happens in one turn of the loop is one write", async () => {
  const { log, sink } = manualLog();
  for (let i = 0; i < 100; i++) log.record(ACK);
  assert.equal(sink.writes.length, 0, "nothing is written while packets wait");
  await log.close();
  assert.equal(sink.writes.length, 1);
  assert.equal(sink.lines.length, 100);
});

Deno.test("what happens in a short time is one write, without a call to close", async () => {
  const { log, sink } = manualLog();
  for (let i = 0; i < 5; i++) {
    log.record(DROP);
    await turns();
  }
  assert.equal(sink.writes.length, 0, "they wait a little for each other");
  await sink.written(1);
  assert.equal(sink.lines.length, 5);
  await log.close();
});

Deno.test("a whole batch of events does not wait", async () => {
  const { log, sink } = manualLog();
  log.record(DROP);
  await turns();
  for (let i = 0; i < 300; i++) log.record(ACK);
  await turns();
  assert.ok(sink.lines.length > 250, `${sink.lines.length} lines without waiting`);
  await log.close();
  assert.equal(sink.lines.length, 301);
});

const WARNINGS: readonly ServerEvent[] = [
  { ...OFFER, outcome: "lost" },
  { ...SILENCE, rule: "pool-exhausted" },
  { ...SILENCE, rule: "no-subnet" },
  { ...SILENCE, rule: "overloaded" },
  { ...SILENCE, rule: "conflict" },
  CONFLICT,
  { ...SILENCE, outcome: "quarantined", rule: "quarantined" },
  { kind: "notice", level: "warning", message: "a warning" },
];
const ERROR: ServerEvent = { kind: "notice", level: "error", message: "an error" };
const INFOS: readonly ServerEvent[] = [
  OFFER,
  SILENCE,
  DROP,
  { kind: "notice", level: "info", message: "a remark" },
];

for (
  const [level, count] of [
    ["info", INFOS.length + WARNINGS.length + 1],
    ["warning", WARNINGS.length + 1],
    ["error", 1],
  ] as const
) {
  Deno.test(`at level ${level} the log has that and what is more urgent`, async () => {
    const { log, sink } = manualLog({ level });
    for (const event of [...INFOS, ...WARNINGS, ERROR]) log.record(event);
    await log.close();
    assert.equal(sink.lines.length, count);
    assert.match(sink.lines.at(-1)!, /error: an error/);
  });
}

Deno.test("an event has the time when it happened, not when it was written", async () => {
  const { log, sink, clock } = manualLog();
  log.record(DROP);
  clock.advance(5_000);
  log.record(DROP);
  await log.close();
  assert.deepEqual(sink.lines.map((line) => line.split(" ")[0]), [
    "2026-11-22T08:00:00.000Z",
    "2026-11-22T08:00:05.000Z",
  ]);
});

Deno.test("a sink that takes a few octets at a time gets every line whole", async () => {
  const { log, sink } = manualLog({ format: "json" });
  sink.octetsMax = 7;
  for (let i = 0; i < 10; i++) log.record(OFFER);
  await log.close();
  assert.deepEqual(new Set(sink.lines.map((line) => JSON.parse(line).hostname)), new Set(["pi"]));
  assert.equal(sink.lines.length, 10);
});

Deno.test("a stalled sink loses events beyond the limit, and they are counted", async () => {
  const { log, sink } = manualLog();
  sink.block();
  log.record(OFFER);
  for (let i = 0; i < QUEUED_EVENTS_MAX - 1 + 17; i++) log.record(ACK);
  sink.unblock();
  await log.close();
  assert.match(sink.lines.at(-1)!, /missing here/, "the loss stands where the lines are missing");
  const missing = sink.lines.filter((line) => line.includes("log lines are missing"));
  assert.equal(missing.length, 1);
  assert.match(missing[0]!, /warning: 17 log lines/);
  assert.equal(sink.lines.length, QUEUED_EVENTS_MAX + 1);
});

Deno.test("what is recorded after a loss stands after the line that tells of it", async () => {
  const { log, sink } = manualLog();
  sink.block();
  for (let i = 0; i < QUEUED_EVENTS_MAX + 17; i++) log.record(ACK);
  await sink.takeOneWrite();
  log.record(OFFER);
  sink.unblock();
  await log.close();
  const told = sink.lines.findIndex((line) => line.includes("17 log lines are missing"));
  const offered = sink.lines.findIndex((line) => line.includes("OFFER"));
  assert.deepEqual([told, offered], [QUEUED_EVENTS_MAX, QUEUED_EVENTS_MAX + 1]);
});

Deno.test("a sink that fails does not stop the log, nor who writes to it", async () => {
  let calls = 0;
  const write = (bytes: Uint8Array) => {
    calls++;
    return calls === 1 ? Promise.reject(new Error("broken pipe")) : Promise.resolve(bytes.length);
  };
  const { log } = manualLog({ write });
  log.record(DROP);
  await log.close();
  log.record(DROP);
  await log.close();
  assert.equal(calls, 2);
});
