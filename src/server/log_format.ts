/** Events as text: a line for people, or a line of JSON. */
import type { Client } from "../leases/lease.ts";
import type { RequestKind } from "../protocol/request.ts";
import { escapeInvisible, quote, quoteUnlessPlain, stringifyVisibly } from "../wire/escape.ts";
import { formatIpv4 } from "../wire/ipv4.ts";
import { nameRelayInformation, showRelayInformation } from "../wire/relay_agent.ts";
import type { Utf8Text } from "../wire/utf8_text.ts";
import { approximateDuration } from "./approximate_duration.ts";
import type {
  ConflictEvent,
  DropEvent,
  ExchangeEvent,
  LeftOutEvent,
  NoticeEvent,
  Outcome,
  ServerEvent,
  WaitEvent,
} from "./events.ts";

/**
 * Appends an event as one line for people, with its line feed. Whatever a client sent is escaped.
 * `wallMs` is when it happened, in milliseconds since 1970.
 */
export function writeHuman(
  event: ServerEvent | LeftOutEvent,
  wallMs: number,
  colour: boolean,
  log: Utf8Text,
): void {
  const palette = colour ? ANSI : PLAIN;
  paint(timeText(wallMs), palette.dim, log);
  log.append(" ");
  switch (event.kind) {
    case "exchange":
      writeExchange(event, palette, log);
      break;
    case "conflict":
      writeConflict(event, palette, log);
      break;
    case "reservation-waits":
      writeWait(event, palette, log);
      break;
    case "dropped":
      writeDrop(event, palette, log);
      break;
    case "notice":
      writeNotice(event, palette, log);
      break;
    case "left-out":
      log.append(`… and ${withCommas(event.count)} more: ${event.what}`);
      break;
  }
  log.append("\n");
}

/** Appends an event as one line of JSON, with its line feed; names as in the journal. */
export function writeJson(event: ServerEvent | LeftOutEvent, wallMs: number, log: Utf8Text): void {
  log.append(stringifyVisibly({ time: timeText(wallMs), ...jsonFields(event) }));
  log.append("\n");
}

/** The last text of each kind: a busy server's events have few different ones in a row. */
const lastTime = { wallMs: NaN, text: "" };
const lastLeaseTime = { seconds: NaN, text: "" };

function timeText(wallMs: number): string {
  if (wallMs !== lastTime.wallMs) {
    lastTime.text = new Date(wallMs).toISOString();
    lastTime.wallMs = wallMs;
  }
  return lastTime.text;
}

function leaseTimeText(seconds: number): string {
  if (seconds !== lastLeaseTime.seconds) {
    lastLeaseTime.text = approximateDuration(seconds);
    lastLeaseTime.seconds = seconds;
  }
  return lastLeaseTime.text;
}

type Colour = "dim" | "green" | "yellow" | "red";

/** What stands before a text of each colour; nothing where there are no colours. */
type Palette = Readonly<Record<Colour, string>>;

const ANSI: Palette = {
  dim: "\x1b[2m",
  green: "\x1b[32m",
  yellow: "\x1b[33m",
  red: "\x1b[31m",
};
const ANSI_END = "\x1b[0m";
const PLAIN: Palette = { dim: "", green: "", yellow: "", red: "" };

function paint(text: string, colour: string, log: Utf8Text): void {
  if (colour === "") return log.append(text);
  log.append(colour);
  log.append(text);
  log.append(ANSI_END);
}

const OUTCOME_COLOURS: Readonly<Record<Outcome, Colour>> = {
  OFFER: "green",
  ACK: "green",
  NAK: "yellow",
  LEASEUNASSIGNED: "green",
  LEASEUNKNOWN: "green",
  LEASEACTIVE: "green",
  BOOTREPLY: "green",
  silence: "dim",
  released: "green",
  quarantined: "yellow",
  lost: "red",
};

function writeExchange(event: ExchangeEvent, palette: Palette, log: Utf8Text): void {
  const { client, hostname, request, outcome, address, leaseSeconds } = event;
  log.append(quoteUnlessPlain(event.interfaceName));
  log.append(" ");
  log.append(clientName(client));
  if (hostname !== undefined) {
    log.append(" ");
    log.append(quote(hostname));
  }
  log.append(REQUEST_STATES.has(request) ? " REQUEST/" : " ");
  log.append(request);
  log.append(" -> ");
  paint(outcome, palette[OUTCOME_COLOURS[outcome]], log);
  if (address !== undefined) {
    log.append(" ");
    log.appendIpv4(address);
  }
  if (leaseSeconds !== undefined) {
    log.append(" ");
    log.append(leaseTimeText(leaseSeconds));
  }
  log.append(" ");
  const { rule, limit, bootFile } = event;
  paint(limit === undefined ? `(${rule})` : `(${rule}: ${limit})`, palette.dim, log);
  if (bootFile !== undefined) log.append(` boots ${quote(decoder.decode(bootFile))}`);
  writeClasses(event, log);
  writeWay(event, log);
}

/** The names need no escape: they are of the config, and its words. */
function writeClasses({ classes }: ExchangeEvent, log: Utf8Text): void {
  if (classes === undefined) return;
  for (let i = 0; i < classes.length; i++) {
    log.append(i === 0 ? " class " : ", ");
    log.append(classes[i]!.name);
  }
}

/** The relay agent, and what it says of where the client is. */
function writeWay({ relay, relayInformation }: ExchangeEvent, log: Utf8Text): void {
  if (relay !== undefined) {
    log.append(" via ");
    log.appendIpv4(relay);
  }
  if (relayInformation !== undefined) {
    log.append(" ");
    log.append(showRelayInformation(relayInformation));
  }
}

/** What a config names is UTF-8. */
const decoder = new TextDecoder();

/** Requests that are one message; the state of the client tells the four kinds apart. */
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

function writeConflict(event: ConflictEvent, palette: Palette, log: Utf8Text): void {
  const { address, client, occupant, relay } = event;
  const name = quoteUnlessPlain(event.interfaceName);
  log.append(`${name} ${clientName(client)} does not get ${formatIpv4(address)}: `);
  paint("in use", palette.yellow, log);
  log.append(`${occupant === undefined ? "" : ` by ${occupant}`}, now in quarantine `);
  paint("(conflict)", palette.dim, log);
  if (relay !== undefined) log.append(` via ${formatIpv4(relay)}`);
}

function writeWait(event: WaitEvent, palette: Palette, log: Utf8Text): void {
  const { address, client, holder, leftSeconds } = event;
  log.append(`${quoteUnlessPlain(event.interfaceName)} ${clientName(client)} `);
  paint("waits", palette.yellow, log);
  log.append(` for ${formatIpv4(address)}, which is reserved for it: `);
  const left = leftSeconds === Infinity
    ? "without end"
    : `for another ${leaseTimeText(leftSeconds)}`;
  if (holder === undefined || leftSeconds === 0) log.append("somebody was offered it just now");
  else if (holder.state === "declined") log.append(`in quarantine ${left}`);
  else log.append(`leased to ${clientName(holder.client)} ${left}`);
}

function writeDrop(event: DropEvent, palette: Palette, log: Utf8Text): void {
  log.append(quoteUnlessPlain(event.interfaceName));
  log.append(" ");
  paint("dropped", palette.yellow, log);
  const from = event.mac === undefined ? "" : `${event.mac} at `;
  log.append(` ${event.octets} octets from ${from}${formatIpv4(event.source)}: ${event.reason}`);
}

/** `12,345` */
function withCommas(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

function writeNotice({ level, message }: NoticeEvent, palette: Palette, log: Utf8Text): void {
  if (level !== "info") {
    paint(`${level}:`, level === "error" ? palette.red : palette.yellow, log);
    log.append(" ");
  }
  log.append(escapeInvisible(message));
}

function jsonFields(event: ServerEvent | LeftOutEvent): Record<string, unknown> {
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
        limit: event.limit,
        "boot-file": event.bootFile && decoder.decode(event.bootFile),
        classes: event.classes?.map(({ name }) => name),
        relay: event.relay === undefined ? undefined : formatIpv4(event.relay),
        "option-82": event.relayInformation && nameRelayInformation(event.relayInformation),
      };
    case "conflict":
      return {
        event: "conflict",
        interface: event.interfaceName,
        address: formatIpv4(event.address),
        occupant: event.occupant,
        mac: event.client.hardwareAddress,
        "client-id": event.client.clientId,
        relay: event.relay === undefined ? undefined : formatIpv4(event.relay),
      };
    case "reservation-waits":
      return {
        event: "reservation-waits",
        interface: event.interfaceName,
        address: formatIpv4(event.address),
        mac: event.client.hardwareAddress,
        "client-id": event.client.clientId,
        holder: event.holder?.client.hardwareAddress,
        "holder-client-id": event.holder?.client.clientId,
        state: event.holder?.state,
        "seconds-left": event.leftSeconds === Infinity ? "infinite" : event.leftSeconds,
      };
    case "dropped":
      return {
        event: "dropped",
        interface: event.interfaceName,
        source: formatIpv4(event.source),
        mac: event.mac,
        octets: event.octets,
        reason: event.reason,
      };
    case "notice":
      return { event: "notice", level: event.level, message: event.message };
    case "left-out":
      return { event: "left-out", level: event.level, what: event.what, count: event.count };
  }
}
