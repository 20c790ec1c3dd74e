/**
 * The log: one line for each event, on standard error. An event becomes text at once, in a buffer:
 * that is less work than to keep it for later. The buffer is written later and as a whole, so that
 * a slow terminal never holds up a packet.
 */
import type { Rule } from "../protocol/decision.ts";
import type { Clock } from "../store/clock.ts";
import { Utf8Text } from "../wire/utf8_text.ts";
import type { DropEvent, LeftOutEvent, NoticeEvent, ServerEvent } from "./events.ts";
import { writeHuman, writeJson } from "./log_format.ts";
import { LogLimits, SUM_INTERVAL_MS } from "./log_limits.ts";

export type LogFormat = "human" | "json";

/** From the most to the least that is told; a level tells of itself and of what follows it. */
export const LOG_LEVELS = ["info", "warning", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Events that may wait for standard error; more are dropped and counted. */
export const QUEUED_EVENTS_MAX = 16_384;

/** Events that are worth a write. */
const BATCH_EVENTS_MIN = 256;

/**
 * A write waits this long for more events, unless a whole batch is there: it costs as much as the
 * text of a hundred of them, and a packet may be waiting. A reader does not see the difference.
 */
const LINGER_MS = 20;

/** How long `close` waits for a standard error that does not move. */
const CLOSE_MS_MAX = 1_000;

export interface LogOptions {
  readonly format: LogFormat;
  readonly level: LogLevel;
  /** Whether human lines are coloured; see `wantsColour`. */
  readonly colour: boolean;
  readonly clock: Clock;
  /**
   * Writes octets and says how many it took, like `Deno.stderr.write`. Not `writeSync`: that
   * blocks the whole server when standard error is a pipe that nobody reads.
   */
  write(bytes: Uint8Array): Promise<number>;
}

export interface Log {
  /** Notes one event, stamped with the time of the call. Never waits and never throws. */
  record(event: ServerEvent): void;
  /** Resolves when everything recorded is written, or after a second if that is not possible. */
  close(): Promise<void>;
}

/** Opens a log. Events that are near each other share a write; one write is under way at a time. */
export function openLog(options: LogOptions): Log {
  const { clock, format, colour, write } = options;
  const leastUrgency = LOG_LEVELS.indexOf(options.level);
  /** What waits to be written, and what is being written: they change places. */
  let queued = new Utf8Text();
  let underWay = new Utf8Text();
  let queuedCount = 0;
  let lostCount = 0;
  let draining: Promise<void> | undefined;
  let closing = false;
  let stopLingering = () => {};
  const limits = new LogLimits();
  let summing: ReturnType<typeof setTimeout> | undefined;

  function enqueue(event: ServerEvent | LeftOutEvent, wallMs: number): void {
    if (format === "json") writeJson(event, wallMs, queued);
    else writeHuman(event, wallMs, colour, queued);
    queuedCount++;
  }

  /** Says how many events were lost, at the place in the log where they are missing. */
  function admitLoss(): void {
    if (lostCount === 0) return;
    enqueue(linesLost(lostCount), clock.wallMs());
    lostCount = 0;
  }

  async function drain(): Promise<void> {
    while (queuedCount > 0 || lostCount > 0) {
      if (!closing && queuedCount < BATCH_EVENTS_MIN) await linger();
      if (queuedCount < BATCH_EVENTS_MIN) admitLoss();
      [queued, underWay] = [underWay, queued];
      queuedCount = 0;
      try {
        await writeAll(underWay.octets(), write);
      } catch {
        // Standard error is closed or full. A log that nobody can read is no reason to stop
        // serving addresses, and there is no other place to say so.
        queued.clear();
        queuedCount = 0;
      }
      underWay.clear();
    }
    draining = undefined;
  }

  async function linger(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      stopLingering = resolve;
      timer = setTimeout(resolve, LINGER_MS);
    });
    clearTimeout(timer);
  }

  function add(event: ServerEvent | LeftOutEvent, wallMs: number): void {
    if (queuedCount < QUEUED_EVENTS_MAX) {
      admitLoss();
      enqueue(event, wallMs);
    } else {
      lostCount++;
    }
    if (queuedCount >= BATCH_EVENTS_MIN) stopLingering();
    draining ??= drain();
  }

  function addSums(): void {
    clearTimeout(summing);
    summing = undefined;
    for (const sum of limits.takeSums()) add(sum, clock.wallMs());
  }

  return {
    record(event) {
      const urgency = urgencyOf(event);
      if (urgency < leastUrgency) return;
      const wallMs = clock.wallMs();
      if (limits.admits(event, LOG_LEVELS[urgency]!, wallMs)) add(event, wallMs);
      else summing ??= setTimeout(addSums, SUM_INTERVAL_MS);
    },
    async close() {
      addSums();
      closing = true;
      stopLingering();
      if (draining === undefined) return;
      let timer: ReturnType<typeof setTimeout> | undefined;
      const tooLong = new Promise<void>((resolve) => timer = setTimeout(resolve, CLOSE_MS_MAX));
      await Promise.race([draining, tooLong]);
      clearTimeout(timer);
    },
  };
}

/** Whether to colour standard error: only for a person, and not for one who asked not to. */
export function wantsColour(): boolean {
  // https://no-color.org: present and not empty.
  return Deno.stderr.isTerminal() && (Deno.env.get("NO_COLOR") ?? "") === "";
}

/** The index of an event's level. */
function urgencyOf(event: ServerEvent): number {
  switch (event.kind) {
    case "notice":
      return LOG_LEVELS.indexOf(event.level);
    case "exchange":
      // Thousands a second; that it goes on is told once, by the alarm.
      if (event.rule === "rate-limited") return NEVER;
      return WARNING_RULES.has(event.rule) || event.outcome === "lost" ? WARNING : INFO;
    case "conflict":
    case "reservation-waits":
      return WARNING;
    case "dropped":
      return QUIET_REASONS.has(event.reason) ? NEVER : INFO;
  }
}

/** What comes by the thousands, or is our own. */
const QUIET_REASONS: ReadonlySet<DropEvent["reason"]> = new Set(["rate-limited", "own-search"]);

const NEVER = -1;
const INFO = LOG_LEVELS.indexOf("info");
const WARNING = LOG_LEVELS.indexOf("warning");

/** What becomes of a request for reasons that an operator can do something about. */
const WARNING_RULES: ReadonlySet<Rule> = new Set([
  "no-subnet",
  "relay-not-allowed",
  "leasequery-not-allowed",
  "pool-exhausted",
  "limit-reached",
  "quarantined",
  "conflict",
  "overloaded",
  "no-room",
]);

function linesLost(count: number): NoticeEvent {
  return {
    kind: "notice",
    level: "warning",
    message: `${count} log lines are missing here: standard error could not keep up`,
  };
}

async function writeAll(bytes: Uint8Array, write: LogOptions["write"]): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await write(bytes.subarray(at));
}
