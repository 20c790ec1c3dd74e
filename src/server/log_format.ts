/** Events as text: a line for people, or a line of JSON. */
import type { Client } from "../leases/lease.ts";
import type { RequestKind } from "../protocol/request.ts";
import { escapeInvisible, quote, quoteUnlessPlain, stringifyVisibly } from "../wire/escape.ts";
import { formatIpv4 } from "../wire/ipv4.ts";
import { nameRelayInformation, showRelayInformation } from "../wire/relay_agent.ts";
import { approximateDuration } from "./approximate_duration.ts";
import type {
  ConflictEvent,
  DropEvent,
  ExchangeEvent,
  NoticeEvent,
  Outcome,
  ServerEvent,
} from "./events.ts";

/**
 * An event as one line for people, without the line feed. Whatever a client sent is escaped.
 * `wallMs` is when it happened, in milliseconds since 1970.
 */
export function formatHuman(event: ServerEvent, wallMs: number, colour = false): string {
  const paint: Paint = colour ? paintAnsi : (_, text) => text;
  const time = paint("dim", timeText(wallMs));
  switch (event.kind) {
    case "exchange":
      return `${time} ${exchangeText(event, paint)}`;
    case "conflict":
      return `${time} ${conflictText(event, paint)}`;
    case "dropped":
      return `${time} ${dropText(event, paint)}`;
    case "notice":
      return `${time} ${noticeText(event, paint)}`;
  }
}

/** An event as one line of JSON, without the line feed; names as in the journal. */
export function formatJson(event: ServerEvent, wallMs: number): string {
  return stringifyVisibly({ time: timeText(wallMs), ...jsonFields(event) });
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
type Paint = (colour: Colour, text: string) => string;

const SGR: Readonly<Record<Colour, number>> = { dim: 2, green: 32, yellow: 33, red: 31 };

function paintAnsi(colour: Colour, text: string): string {
  return `\x1b[${SGR[colour]}m${text}\x1b[0m`;
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

function exchangeText(event: ExchangeEvent, paint: Paint): string {
  const { hostname, address, leaseSeconds } = event;
  const who = `${quoteUnlessPlain(event.interfaceName)} ${clientName(event.client)}` +
    (hostname === undefined ? "" : ` ${quote(hostname)}`);
  const what = `${messageText(event.request)} -> ` +
    paint(OUTCOME_COLOURS[event.outcome], event.outcome) +
    (address === undefined ? "" : ` ${formatIpv4(address)}`) +
    (leaseSeconds === undefined ? "" : ` ${leaseTimeText(leaseSeconds)}`);
  const why = paint("dim", `(${event.rule})`);
  return `${who} ${what} ${why}${wayText(event)}`;
}

/** The relay agent, and what it says of where the client is. */
function wayText({ relay, relayInformation }: ExchangeEvent): string {
  return (relay === undefined ? "" : ` via ${formatIpv4(relay)}`) +
    (relayInformation === undefined ? "" : ` ${showRelayInformation(relayInformation)}`);
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

function conflictText(event: ConflictEvent, paint: Paint): string {
  const { address, client, occupant, relay } = event;
  const by = occupant === undefined ? "" : ` by ${occupant}`;
  return `${quoteUnlessPlain(event.interfaceName)} ${clientName(client)} does not get ` +
    `${formatIpv4(address)}: ${paint("yellow", "in use")}${by}, now in quarantine ` +
    paint("dim", "(conflict)") + (relay === undefined ? "" : ` via ${formatIpv4(relay)}`);
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
