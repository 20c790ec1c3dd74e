/**
 * The log: one line for each event, on standard error. The loop only queues events; they become
 * text later, many at a time and in one write, so that a slow terminal never holds up a packet.
 */
import type { Rule } from "../protocol/decision.ts";
import type { Clock } from "../store/clock.ts";
import type { NoticeEvent, ServerEvent } from "./events.ts";
import { formatHuman, formatJson } from "./log_format.ts";

export type LogFormat = "human" | "json";

/** From the most to the least that is told; a level tells of itself and of what follows it. */
export const LOG_LEVELS = ["info", "warning", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Events that may wait for standard error; more are dropped and counted. */
export const QUEUED_EVENTS_MAX = 16_384;

/** Events that become one write: it bounds how long formatting keeps a packet waiting. */
const BATCH_EVENTS_MAX = 256;

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
  /** Queues one event, stamped with the time of the call. Never waits and never throws. */
  record(event: ServerEvent): void;
  /** Resolves when everything recorded is written, or after a second if that is not possible. */
  close(): Promise<void>;
}

interface StampedEvent {
  readonly event: ServerEvent;
  readonly wallMs: number;
}

/** Opens a log. Events that are near each other share a write; one write is under way at a time. */
export function openLog(options: LogOptions): Log {
  const { clock } = options;
  const leastUrgency = LOG_LEVELS.indexOf(options.level);
  const encoder = new TextEncoder();
  let octets = new Uint8Array(0);
  const queue: StampedEvent[] = [];
  let lostCount = 0;
  let draining: Promise<void> | undefined;
  let closing = false;
  let stopLingering = () => {};

  /** Says how many events were lost, at the place in the log where they are missing. */
  function admitLoss(): void {
    if (lostCount === 0) return;
    queue.push({ event: linesLost(lostCount), wallMs: clock.wallMs() });
    lostCount = 0;
  }

  async function drain(): Promise<void> {
    while (queue.length > 0 || lostCount > 0) {
      if (!closing && queue.length < BATCH_EVENTS_MAX) await linger();
      if (queue.length < BATCH_EVENTS_MAX) admitLoss();
      const batch = queue.splice(0, BATCH_EVENTS_MAX);
      try {
        await writeAll(encode(batch), options.write);
      } catch {
        // Standard error is closed or full. A log that nobody can read is no reason to stop
        // serving addresses, and there is no other place to say so.
        queue.length = 0;
      }
    }
    draining = undefined;
  }

  /** The lines of a batch, in a buffer that the next batch uses again. */
  function encode(batch: readonly StampedEvent[]): Uint8Array {
    let text = "";
    for (const stamped of batch) text += formatLine(stamped, options);
    // A UTF-16 code unit is three octets of UTF-8 at most.
    if (octets.length < text.length * 3) octets = new Uint8Array(text.length * 6);
    return octets.subarray(0, encoder.encodeInto(text, octets).written);
  }

  async function linger(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      stopLingering = resolve;
      timer = setTimeout(resolve, LINGER_MS);
    });
    clearTimeout(timer);
  }

  return {
    record(event) {
      if (urgencyOf(event) < leastUrgency) return;
      if (queue.length < QUEUED_EVENTS_MAX) {
        admitLoss();
        queue.push({ event, wallMs: clock.wallMs() });
      } else {
        lostCount++;
      }
      if (queue.length >= BATCH_EVENTS_MAX) stopLingering();
      draining ??= drain();
    },
    async close() {
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
      return WARNING_RULES.has(event.rule) || event.outcome === "lost" ? WARNING : INFO;
    case "conflict":
      return WARNING;
    case "dropped":
      return INFO;
  }
}

const INFO = LOG_LEVELS.indexOf("info");
const WARNING = LOG_LEVELS.indexOf("warning");

/** What becomes of a request for reasons that an operator can do something about. */
const WARNING_RULES: ReadonlySet<Rule> = new Set([
  "no-subnet",
  "relay-not-allowed",
  "leasequery-not-allowed",
  "pool-exhausted",
  "quarantined",
  "conflict",
  "overloaded",
]);

function formatLine({ event, wallMs }: StampedEvent, { format, colour }: LogOptions): string {
  return (format === "json" ? formatJson(event, wallMs) : formatHuman(event, wallMs, colour)) +
    "\n";
}

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
