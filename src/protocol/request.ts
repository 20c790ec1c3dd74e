/**
 * From a message to what the client means by it: RFC 2131 §4.3.2's table as a closed union. What
 * cannot be expressed here cannot be mishandled later.
 */
import type { ClientClass } from "../config/client_class.ts";
import { type Client, clientOfOctets } from "../leases/lease.ts";
import { hasBroadcast, type Ipv4, lastAddress, LIMITED_BROADCAST } from "../wire/ipv4.ts";
import { Header, type Malformed, type MessageView } from "../wire/message_view.ts";
import { isNoName } from "../wire/host_label.ts";
import { Option } from "../wire/option_codes.ts";
import { decodeOptionValue } from "../wire/option_values.ts";
import { relayAddress, RelaySubOption } from "../wire/relay_agent.ts";
import { subOption } from "../wire/sub_options.ts";
import { NO_CLASSES } from "./classes.ts";
import type { Ingress } from "./endpoints.ts";

/** Message types of option 53 (RFC 2132 §9.6, RFC 4388 §6.1). */
export const MessageType = {
  DISCOVER: 1,
  OFFER: 2,
  REQUEST: 3,
  DECLINE: 4,
  ACK: 5,
  NAK: 6,
  RELEASE: 7,
  INFORM: 8,
  LEASEQUERY: 10,
  LEASEUNASSIGNED: 11,
  LEASEUNKNOWN: 12,
  LEASEACTIVE: 13,
} as const;

/** What every request has, whatever it asks for. */
interface RequestBase {
  /** The message, for the header fields and options a reply copies. Valid during its batch. */
  readonly view: MessageView;
  readonly ingress: Ingress;
  readonly client: Client;
  /** Option 12 as the client sent it: untrusted text, escaped wherever it is shown. */
  readonly hostname: string | undefined;
  /**
   * Option 82 where it can be believed: of a relay agent (giaddr is set), or heard by an interface
   * whose switches are trusted. Elsewhere the client may have made it up (RFC 3046 §2.1, §5). It
   * outlives the batch; never empty.
   */
  readonly relayInformation: Uint8Array | undefined;
  /** The classes of the config that the client is in; none before `respond` has looked. */
  readonly classes: readonly ClientClass[];
}

/** The client looks for a server; `requestedAddress` is a wish (option 50). */
export interface Discover extends RequestBase {
  readonly kind: "DISCOVER";
  readonly requestedAddress: Ipv4 | undefined;
}

/** The client takes the offer of the server it names (option 54). */
export interface Selecting extends RequestBase {
  readonly kind: "SELECTING";
  /** 0 where the client names none: it means what it was offered. */
  readonly address: Ipv4;
  readonly serverIdentifier: Ipv4;
}

/**
 * The client asks to go on with an address it believes is its own: after a reboot
 * (INIT-REBOOT, address from option 50), at T1 by unicast (RENEWING) or at T2 by broadcast
 * (REBINDING), address from `ciaddr`.
 */
export interface Continuing extends RequestBase {
  readonly kind: "INIT-REBOOT" | "RENEWING" | "REBINDING";
  readonly address: Ipv4;
}

/** The client found the address in use by somebody else. */
export interface Decline extends RequestBase {
  readonly kind: "DECLINE";
  readonly address: Ipv4;
  readonly serverIdentifier: Ipv4 | undefined;
}

/** The client gives its address back. */
export interface Release extends RequestBase {
  readonly kind: "RELEASE";
  readonly address: Ipv4;
  readonly serverIdentifier: Ipv4 | undefined;
}

/** A client with an address of its own wants options only. */
export interface Inform extends RequestBase {
  readonly kind: "INFORM";
  /** 0 where its client left it out, and a relay agent brought it. */
  readonly address: Ipv4;
}

/** A message without option 53 (RFC 951, RFC 1534). */
export interface Bootp extends RequestBase {
  readonly kind: "BOOTP";
}

/** An access concentrator asks for a lease of one of its clients (RFC 4388). */
export interface LeaseQuery extends RequestBase {
  readonly kind: "LEASEQUERY";
  /** The address that it asks about; it asks about `client` where it names none. */
  readonly queriedAddress: Ipv4 | undefined;
  readonly serverIdentifier: Ipv4 | undefined;
}

export type Request =
  | Discover
  | Selecting
  | Continuing
  | Decline
  | Release
  | Inform
  | Bootp
  | LeaseQuery;

/** Kinds of message, as they stand in logs and counters. */
export type RequestKind = Request["kind"];

/** Nobody's. */
const NO_INTERFACES: ReadonlySet<string> = new Set();

/**
 * Classifies a message by RFC 2131 §4.3.2 (table 4 in §4.3.6): server identifier, requested
 * address, `ciaddr` and how it came in tell the client's state. `trusted` names the interfaces
 * where option 82 is believed though giaddr is zero.
 */
export function classify(
  view: MessageView,
  ingress: Ingress,
  trusted = NO_INTERFACES,
): Request | Malformed {
  // RFC 3046 §2.0, RFC 2132 §9.14: one option each, so at most 255 octets. More could not be
  // echoed within what every client accepts, and nobody sends it.
  if (
    view.octets(Option.RELAY_AGENT_INFORMATION) > OPTION_OCTETS_MAX ||
    view.octets(Option.CLIENT_IDENTIFIER) > OPTION_OCTETS_MAX
  ) {
    return malformed("bad-option-length");
  }
  const base = readBase(view, ingress, trusted);
  const type = view.number(Option.MESSAGE_TYPE, 1);
  // One who asks for the lease of an address names no client.
  if (!hasIdentity(base) && type !== MessageType.LEASEQUERY) return malformed("no-client-identity");
  if (view.octets(Option.MESSAGE_TYPE) < 0) return { ...base, kind: "BOOTP" };

  const requested = addressOption(view, Option.REQUESTED_ADDRESS);
  const server = addressOption(view, Option.SERVER_IDENTIFIER);
  if (requested === "bad" || server === "bad") return malformed("bad-option-length");

  switch (type) {
    case MessageType.DISCOVER:
      return { ...base, kind: "DISCOVER", requestedAddress: requested };
    case MessageType.REQUEST:
      return classifyRequest(base, requested, server);
    case MessageType.DECLINE:
      // RFC 2131 table 5: the address is in option 50 and nowhere else.
      return requested === undefined
        ? malformed("no-address")
        : { ...base, kind: "DECLINE", address: requested, serverIdentifier: server };
    case MessageType.RELEASE:
      return view.ciaddr === 0
        ? malformed("no-address")
        : { ...base, kind: "RELEASE", address: view.ciaddr, serverIdentifier: server };
    case MessageType.INFORM:
      return classifyInform(base);
    case MessageType.LEASEQUERY:
      return classifyLeaseQuery(base, server);
    default:
      return malformed("bad-message-type");
  }
}

function classifyRequest(
  base: RequestBase,
  requested: Ipv4 | undefined,
  server: Ipv4 | undefined,
): Request | Malformed {
  const ciaddr = base.view.ciaddr;
  if (server !== undefined) {
    // SELECTING: option 50 MUST be there and ciaddr MUST be zero (§4.3.2). Clients that put the
    // offered address into ciaddr instead exist, and so do those that name none.
    return { ...base, kind: "SELECTING", address: requested ?? ciaddr, serverIdentifier: server };
  }
  if (ciaddr !== 0) {
    // A client that uses an address (ciaddr) and also sends option 50, against §4.3.2, is taken
    // at its ciaddr: that is where it listens. A relay only forwards broadcasts, so a relayed
    // request without a server identifier is REBINDING whatever address the relay sent it to,
    // unless the relay says that the client sent it the request by unicast.
    const broadcast = base.view.giaddr !== 0 ? !isUnicastToRelay(base) : isBroadcast(base.ingress);
    return { ...base, kind: broadcast ? "REBINDING" : "RENEWING", address: ciaddr };
  }
  if (requested === undefined || requested === 0) return malformed("no-address");
  return { ...base, kind: "INIT-REBOOT", address: requested };
}

/**
 * INFORM has its address in ciaddr (RFC 2131 §4.4.3); one that forgot has it in the IP header.
 * Behind a relay agent that header is gone, and the relay agent is there to be answered.
 */
function classifyInform(base: RequestBase): Request | Malformed {
  const { view, ingress } = base;
  if (view.giaddr !== 0) return { ...base, kind: "INFORM", address: view.ciaddr };
  const address = view.ciaddr || ingress.source;
  return address === 0 ? malformed("no-address") : { ...base, kind: "INFORM", address };
}

/**
 * RFC 4388 §6.2: a query is by the one thing that it names. Of several, which no asker should send,
 * the one that says most: an address is one lease, an identifier one client.
 */
function classifyLeaseQuery(
  base: RequestBase,
  serverIdentifier: Ipv4 | undefined,
): LeaseQuery | Malformed {
  const queriedAddress = base.view.ciaddr || undefined;
  if (queriedAddress === undefined && !hasIdentity(base)) return malformed("no-client-identity");
  return { ...base, kind: "LEASEQUERY", queriedAddress, serverIdentifier };
}

/** RFC 4390 §2.1: a client has a hardware address or an identifier. */
function hasIdentity({ view, client }: RequestBase): boolean {
  return view.hlen !== 0 || client.clientId !== undefined;
}

/**
 * What every request has. It is spread at the front of a request, which the engine clones as a
 * whole; behind another property it would copy it name by name.
 */
function readBase(
  view: MessageView,
  ingress: Ingress,
  trusted: ReadonlySet<string>,
): RequestBase {
  const clientId = view.option(Option.CLIENT_IDENTIFIER);
  const hostname = view.option(Option.HOST_NAME);
  return {
    view,
    ingress,
    client: clientOfOctets(
      view.htype,
      view.bytes,
      Header.CHADDR,
      Header.CHADDR + view.hlen,
      clientId,
    ),
    hostname: hostname && readHostname(hostname),
    relayInformation: believedRelayInformation(view, ingress, trusted),
    classes: NO_CLASSES,
  };
}

function readHostname(octets: Uint8Array): string | undefined {
  const text = decodeOptionValue("text", octets.subarray(0, HOSTNAME_OCTETS_MAX));
  return text === undefined || text === "" || isNoName(text) ? undefined : text;
}

function believedRelayInformation(
  view: MessageView,
  ingress: Ingress,
  trusted: ReadonlySet<string>,
): Uint8Array | undefined {
  if (view.octets(Option.RELAY_AGENT_INFORMATION) <= 0) return undefined;
  if (view.giaddr === 0 && !trusted.has(ingress.interfaceName)) return undefined;
  return view.option(Option.RELAY_AGENT_INFORMATION)?.slice();
}

/**
 * RFC 5010 §3: the relay agent got the message by unicast. So a client renews whose server
 * identifier is the relay agent (RFC 5107).
 */
function isUnicastToRelay({ relayInformation }: RequestBase): boolean {
  const flags = relayInformation && subOption(relayInformation, RelaySubOption.FLAGS);
  return flags?.length === 1 && (flags[0]! & UNICAST_FLAG) !== 0;
}

const UNICAST_FLAG = 0x80;

/** RFC 5107 §4: what the relay agent has the server name as its identifier (option 54). */
export function serverIdOverride({ relayInformation }: Request): Ipv4 | undefined {
  return relayAddress(relayInformation, RelaySubOption.SERVER_ID_OVERRIDE) || undefined;
}

/** The length octet of an option counts to 255 (RFC 2132 §2). */
const OPTION_OCTETS_MAX = 255;

/** RFC 1035 §2.3.4 allows 255 octets in a name: more is not a host name and is not kept. */
const HOSTNAME_OCTETS_MAX = 255;

/** Broadcast to everybody, or to everybody on the interface's own network (RFC 919). */
function isBroadcast(ingress: Ingress): boolean {
  if (ingress.destination === LIMITED_BROADCAST) return true;
  return ingress.addresses.some(({ cidr }) =>
    hasBroadcast(cidr) && lastAddress(cidr) === ingress.destination
  );
}

function addressOption(view: MessageView, code: number): Ipv4 | undefined | "bad" {
  return view.octets(code) < 0 ? undefined : view.number(code, 4) ?? "bad";
}

function malformed(reason: Malformed["reason"]): Malformed {
  return { kind: "malformed", reason };
}
