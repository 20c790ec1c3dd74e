/**
 * The log: one line for each event, on standard error. The loop only queues events; they become
 * text later, many at a time and in one write, so that a slow terminal never holds up a packet.
 */
import type { Client } from "../leases/lease.ts";
import type { RequestKind } from "../protocol/request.ts";
import type { Clock } from "../store/clock.ts";
import { escapeInvisible, quote, quoteUnlessPlain, stringifyVisibly } from "../wire/escape.ts";
import { formatIpv4 } from "../wire/ipv4.ts";
import { approximateDuration } from "./approximate_duration.ts";
import type { DropEvent, ExchangeEvent, NoticeEvent, Outcome, ServerEvent } from "./events.ts";

export type LogFormat = "human" | "json";

/** Events that may wait for standard error; more are dropped and counted. */
export const QUEUED_EVENTS_MAX = 16_384;

/** Events that become one write: it bounds how long formatting keeps a packet waiting. */
const BATCH_EVENTS_MAX = 256;

/** How long `close` waits for a standard error that does not move. */
const CLOSE_MS_MAX = 1_000;

export interface LogOptions {
  readonly format: LogFormat;
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

/** Opens a log. Events of one turn of the loop share a write; one write is under way at a time. */
export function openLog(options: LogOptions): Log {
  const { clock } = options;
  const encoder = new TextEncoder();
  const queue: StampedEvent[] = [];
  let lostCount = 0;
  let draining: Promise<void> | undefined;

  /** Says how many events were lost, at the place in the log where they are missing. */
  function admitLoss(): void {
    if (lostCount === 0) return;
    queue.push({ event: linesLost(lostCount), wallMs: clock.wallMs() });
    lostCount = 0;
  }

  async function drain(): Promise<void> {
    // Everything the loop records before it waits again joins the first batch.
    await Promise.resolve();
    while (queue.length > 0 || lostCount > 0) {
      if (queue.length < BATCH_EVENTS_MAX) admitLoss();
      const batch = queue.splice(0, BATCH_EVENTS_MAX);
      const text = batch.map((stamped) => formatLine(stamped, options)).join("");
      try {
        await writeAll(encoder.encode(text), options.write);
      } catch {
        // Standard error is closed or full. A log that nobody can read is no reason to stop
        // serving addresses, and there is no other place to say so.
        queue.length = 0;
      }
    }
    draining = undefined;
  }

  return {
    record(event) {
      if (queue.length < QUEUED_EVENTS_MAX) {
        admitLoss();
        queue.push({ event, wallMs: clock.wallMs() });
      } else {
        lostCount++;
      }
      draining ??= drain();
    },
    async close() {
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

/**
 * An event as one line for people, without the line feed. Whatever a client sent is escaped.
 * `wallMs` is when it happened, in milliseconds since 1970.
 */
export function formatHuman(event: ServerEvent, wallMs: number, colour = false): string {
  const paint: Paint = colour ? paintAnsi : (_, text) => text;
  const time = paint("dim", new Date(wallMs).toISOString());
  switch (event.kind) {
    case "exchange":
      return `${time} ${exchangeText(event, paint)}`;
    case "dropped":
      return `${time} ${dropText(event, paint)}`;
    case "notice":
      return `${time} ${noticeText(event, paint)}`;
  }
}

/** An event as one line of JSON, without the line feed; names as in the journal. */
export function formatJson(event: ServerEvent, wallMs: number): string {
  return stringifyVisibly({ time: new Date(wallMs).toISOString(), ...jsonFields(event) });
}

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

type Colour = "dim" | "green" | "yellow" | "red";
type Paint = (colour: Colour, text: string) => string;

const SGR: Readonly<Record<Colour, number>> = { dim: 2, green: 32, yellow: 33, red: 31 };

function paintAnsi(colour: Colour, text: string): string {
  return `\x1b[${SGR[colour]}m${text}\x1b[0m`;
}

const OUTCOME_COLOURS: Readonly<Record<Outcome, Colour>> = {
  OFFER: "green",
  ACK: "green",
  NAK: "yellow",
  silence: "dim",
  released: "green",
  quarantined: "yellow",
  lost: "red",
};

function exchangeText(event: ExchangeEvent, paint: Paint): string {
  const words = [quoteUnlessPlain(event.interfaceName), clientName(event.client)];
  if (event.hostname !== undefined) words.push(quote(event.hostname));
  words.push(
    messageText(event.request),
    "->",
    paint(OUTCOME_COLOURS[event.outcome], event.outcome),
  );
  if (event.address !== undefined) words.push(formatIpv4(event.address));
  if (event.leaseSeconds !== undefined) words.push(approximateDuration(event.leaseSeconds));
  words.push(paint("dim", `(${event.rule})`));
  if (event.relay !== undefined) words.push(`via ${formatIpv4(event.relay)}`);
  return words.join(" ");
}

/** Which message came, and for a REQUEST the state of the client that tells its four kinds apart. */
function messageText(request: RequestKind): string {
  return REQUEST_STATES.has(request) ? `REQUEST/${request}` : request;
}

const REQUEST_STATES: ReadonlySet<RequestKind> = new Set([
  "SELECTING",
  "INIT-REBOOT",
  "RENEWING",
  "REBINDING",
]);

/** The hardware address, which people know their machines by; the key where there is none. */
function clientName(client: Client): string {
  return client.hardwareAddress === "" ? client.key : client.hardwareAddress;
}

function dropText(event: DropEvent, paint: Paint): string {
  return `${quoteUnlessPlain(event.interfaceName)} ${paint("yellow", "dropped")} ` +
    `${event.octets} octets from ${formatIpv4(event.source)}: ${event.reason}`;
}

function noticeText({ level, message }: NoticeEvent, paint: Paint): string {
  const text = escapeInvisible(message);
  if (level === "info") return text;
  return `${paint(level === "error" ? "red" : "yellow", `${level}:`)} ${text}`;
}

function jsonFields(event: ServerEvent): Record<string, unknown> {
  switch (event.kind) {
    case "exchange":
      return {
        event: "exchange",
        interface: event.interfaceName,
        request: event.request,
        xid: `0x${event.xid.toString(16).padStart(8, "0")}`,
        mac: event.client.hardwareAddress,
        "client-id": event.client.clientId,
        hostname: event.hostname,
        outcome: event.outcome,
        address: event.address === undefined ? undefined : formatIpv4(event.address),
        // JSON has no Infinity; the config's word for it says more than `null`.
        "lease-seconds": event.leaseSeconds === Infinity ? "infinite" : event.leaseSeconds,
        rule: event.rule,
        relay: event.relay === undefined ? undefined : formatIpv4(event.relay),
      };
    case "dropped":
      return {
        event: "dropped",
        interface: event.interfaceName,
        source: formatIpv4(event.source),
        octets: event.octets,
        reason: event.reason,
      };
    case "notice":
      return { event: "notice", level: event.level, message: event.message };
  }
}
