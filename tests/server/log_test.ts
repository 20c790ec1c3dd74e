import assert from "node:assert/strict";
import type { ServerEvent } from "../../src/server/events.ts";
import { type LogOptions, openLog, QUEUED_EVENTS_MAX } from "../../src/server/log.ts";
import { createVirtualClock } from "../support/virtual_clock.ts";
import { ACK, CONFLICT, DROP, OFFER, SILENCE } from "./log_events.ts";

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
