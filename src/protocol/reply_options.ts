/** The options of a reply: an ordered list of contributors, each of one subject. */
import type { ScopeSettings, Subnet } from "../config/config.ts";
import type { Ipv4 } from "../wire/ipv4.ts";
import { encodeClientFqdn } from "../wire/client_fqdn.ts";
import type { MessageView } from "../wire/message_view.ts";
import type { MessageWriter } from "../wire/message_writer.ts";
import { Option } from "../wire/option_codes.ts";
import { encodeOptionValue } from "../wire/option_values.ts";
import type { BootData } from "./boot.ts";
import { bootOptions, bootText } from "./boot_options.ts";
import type { ClientName } from "./client_name.ts";
import type { GrantedTime } from "./lease_time.ts";
import { formFor } from "./option_forms.ts";
import { configuredOption } from "./scopes.ts";

/** Options, code and payload, that stand in the place of an address. */
export type InsteadOfAddress = readonly (readonly [number, Uint8Array])[];

/** What the options of a reply are made from. What is absent is not sent. */
export interface ReplyFacts {
  readonly view: MessageView;
  /** Option 55 of the client: what it asks for, in its order. */
  readonly list: Uint8Array | undefined;
  /** What `askedFor` says of the list. */
  readonly asked: number;
  /** Value of option 53; a reply to a BOOTP client has none, nor anything else that is DHCP's. */
  readonly messageType?: number | undefined;
  readonly serverIdentifier: Ipv4;
  readonly time?: GrantedTime | undefined;
  /** The client's network; a NAK has none. */
  readonly subnet?: Subnet | undefined;
  readonly boot?: BootData | undefined;
  /** Whether another server gives the addresses, so that only boot data is to be told. */
  readonly isProxy?: boolean;
  /** Whether this is the ACK to a DISCOVER. */
  readonly isRapid: boolean;
  /** Where its options come from: a value that is nearer to the front wins. */
  readonly scopes: readonly ScopeSettings[];
  /** Whether option 118 comes back where the client sent it. */
  readonly returnsSubnetSelection: boolean;
  /** What the client is told of its name. */
  readonly name?: ClientName | undefined;
  /** Option 56, for people: why a NAK was sent. */
  readonly message?: string | undefined;
  /** What an OFFER without an address says. */
  readonly instead?: InsteadOfAddress;
}

type Contributor = (facts: ReplyFacts, writer: MessageWriter) => void;

/** RFC 2131 table 3 tells which reply has which; RFC 3046 §2.2 has option 82 come last. */
const CONTRIBUTORS: readonly Contributor[] = [
  messageType,
  serverIdentifier,
  leaseTimes,
  rapidCommit,
  subnetMask,
  message,
  insteadOfAddress,
  subnetSelection,
  networkOptions,
  clientIdentifier,
  relayAgentInformation,
];

/** Writes every option that belongs into the reply, in order. */
export function writeOptions(facts: ReplyFacts, writer: MessageWriter): void {
  for (const contribute of CONTRIBUTORS) contribute(facts, writer);
}

function messageType({ messageType }: ReplyFacts, writer: MessageWriter): void {
  if (messageType !== undefined) writer.option8(Option.MESSAGE_TYPE, messageType);
}

function serverIdentifier(facts: ReplyFacts, writer: MessageWriter): void {
  const { messageType, serverIdentifier } = facts;
  if (messageType !== undefined) writer.option32(Option.SERVER_IDENTIFIER, serverIdentifier);
}

/** Options that stand elsewhere, or keep others away, where the client asks for them. */
const Asked = { MASK: 1, RENEWAL: 2, REBINDING: 4, CLASSLESS_ROUTES: 8 } as const;

/** The bit of each code; none of most. */
const ASKED_BITS = new Uint8Array(256);
ASKED_BITS[Option.SUBNET_MASK] = Asked.MASK;
ASKED_BITS[Option.RENEWAL_TIME] = Asked.RENEWAL;
ASKED_BITS[Option.REBINDING_TIME] = Asked.REBINDING;
ASKED_BITS[Option.CLASSLESS_STATIC_ROUTE] = Asked.CLASSLESS_ROUTES;

/** Which of these a list asks for, as bits: to look for each in the list takes ten times as long. */
export function askedFor(list: Uint8Array | undefined): number {
  let asked = 0;
  if (list === undefined) return asked;
  for (let i = 0; i < list.length; i++) asked |= ASKED_BITS[list[i]!]!;
  return asked;
}

/** What the client asks for has its place in the order of the list. */
function leaseTimes({ time, asked }: ReplyFacts, writer: MessageWriter): void {
  if (time === undefined) return;
  writer.option32(Option.LEASE_TIME, time.wireLeaseSeconds);
  if ((asked & Asked.RENEWAL) === 0) writer.option32(Option.RENEWAL_TIME, time.renewalSeconds);
  if ((asked & Asked.REBINDING) === 0) {
    writer.option32(Option.REBINDING_TIME, time.rebindingSeconds);
  }
}

/** RFC 4039 §4: in the ACK to a DISCOVER, and in no other message. */
function rapidCommit({ isRapid }: ReplyFacts, writer: MessageWriter): void {
  if (isRapid) writer.option(Option.RAPID_COMMIT, NO_OCTETS);
}

const NO_OCTETS = new Uint8Array(0);

/** Asked for or not. */
function subnetMask(facts: ReplyFacts, writer: MessageWriter): void {
  const { subnet, isProxy, asked } = facts;
  if (subnet === undefined || isProxy === true || (asked & Asked.MASK) !== 0) return;
  networkOption(Option.SUBNET_MASK, facts, subnet, writer);
}

function message({ message }: ReplyFacts, writer: MessageWriter): void {
  if (message !== undefined) writer.option(Option.MESSAGE, encodeOptionValue("text", message));
}

function insteadOfAddress({ instead }: ReplyFacts, writer: MessageWriter): void {
  if (instead === undefined) return;
  for (const [code, payload] of instead) writer.option(code, payload);
}

/** RFC 3011 §2: "an identical copy of the option to any client that sends it", asked for or not. */
function subnetSelection(facts: ReplyFacts, writer: MessageWriter): void {
  if (!facts.returnsSubnetSelection) return;
  const selection = facts.view.option(Option.SUBNET_SELECTION);
  if (selection !== undefined) writer.option(Option.SUBNET_SELECTION, selection);
}

/** Boot data first, which is in the fields that other options may go into, then the rest. */
function networkOptions(facts: ReplyFacts, writer: MessageWriter): void {
  const { view, subnet, boot } = facts;
  if (subnet === undefined) return;
  // What must come back is never crowded out by what was merely asked for.
  const clientIdOctets = view.octets(Option.CLIENT_IDENTIFIER);
  const relayOctets = view.octets(Option.RELAY_AGENT_INFORMATION);
  if (clientIdOctets >= 0) writer.keepRoom(clientIdOctets);
  if (relayOctets >= 0) writer.keepRoom(relayOctets);
  clientFqdn(facts, writer);
  if (boot !== undefined) bootOptions(facts, boot, writer);
  if (facts.messageType === undefined) writeRequested(facts, subnet, writer, false);
  else if (facts.isProxy !== true) requestedOptions(facts, subnet, writer);
  if (clientIdOctets >= 0) writer.giveRoom(clientIdOctets);
  if (relayOctets >= 0) writer.giveRoom(relayOctets);
}

/**
 * What the client asked for in option 55, in its order (RFC 2132 §9.8), and after it what is always
 * sent; all that is configured where it sent no list. What does not fit goes into `file` and
 * `sname`; what fits nowhere is left out, and what no client can do without is not among that,
 * wherever it stands in the list.
 */
function requestedOptions(facts: ReplyFacts, subnet: Subnet, writer: MessageWriter): void {
  writer.openOverload();
  writeRequested(facts, subnet, writer, false);
  if (writer.omittedCount > 0) {
    writer.reopenOverload();
    writeRequested(facts, subnet, writer, true);
    writeRequested(facts, subnet, writer, false);
  }
  writer.closeOverload();
}

/** RFC 4702 §4: only to a client that sent it. */
function clientFqdn({ name }: ReplyFacts, writer: MessageWriter): void {
  if (name?.clientFqdn === undefined) return;
  writer.option(Option.CLIENT_FQDN, encodeClientFqdn(name.clientFqdn));
}

/** What gets a client onto the network, or its machine to boot. */
const ESSENTIAL: ReadonlySet<number> = new Set([
  Option.SUBNET_MASK,
  Option.RENEWAL_TIME,
  Option.REBINDING_TIME,
  Option.ROUTERS,
  Option.DOMAIN_NAME_SERVERS,
  Option.DOMAIN_NAME,
  Option.INTERFACE_MTU,
  Option.SERVER_NAME,
  Option.BOOT_FILE,
  Option.V6_ONLY_PREFERRED,
  Option.CLASSLESS_STATIC_ROUTE,
  Option.MS_CLASSLESS_STATIC_ROUTE,
]);

/** Writes the options for the client that are not there yet; the essential ones only, if told. */
function writeRequested(
  facts: ReplyFacts,
  subnet: Subnet,
  writer: MessageWriter,
  isEssentialOnly: boolean,
): void {
  const { list } = facts;
  if (list !== undefined && list.length > 0) {
    for (let i = 0; i < list.length; i++) {
      const code = list[i]!;
      if (isEssentialOnly && !ESSENTIAL.has(code)) continue;
      // PXE ROMs read 43 only after a 60 that makes it theirs.
      if (code === Option.VENDOR_OPTIONS && list.includes(Option.VENDOR_CLASS)) {
        networkOption(Option.VENDOR_CLASS, facts, subnet, writer);
      }
      networkOption(code, facts, subnet, writer);
    }
  } else {
    for (let i = facts.scopes.length - 1; i >= 0; i--) {
      for (const code of facts.scopes[i]!.options.keys()) {
        unaskedOption(code, facts, subnet, writer, isEssentialOnly);
      }
    }
  }
  writeAlways(facts, subnet, writer, isEssentialOnly);
}

/** Writes what the config has sent to whoever it is for, asked for or not. */
function writeAlways(
  facts: ReplyFacts,
  subnet: Subnet,
  writer: MessageWriter,
  isEssentialOnly: boolean,
): void {
  const { scopes } = facts;
  for (let i = 0; i < scopes.length; i++) {
    const { always } = scopes[i]!;
    if (always === undefined) continue;
    for (const code of always) {
      if (!isEssentialOnly || ESSENTIAL.has(code)) networkOption(code, facts, subnet, writer);
    }
  }
}

/** Writes an option for a client that did not say what it wants. */
function unaskedOption(
  code: number,
  facts: ReplyFacts,
  subnet: Subnet,
  writer: MessageWriter,
  isEssentialOnly: boolean,
): void {
  // RFC 8925 §3.3: "MUST NOT include" it where the client did not ask; nor is 116 for a client
  // that is given an address (RFC 2563 §2.3).
  if (code === Option.V6_ONLY_PREFERRED || code === Option.AUTO_CONFIG) return;
  if (isEssentialOnly && !ESSENTIAL.has(code)) return;
  if (code === Option.VENDOR_OPTIONS) networkOption(Option.VENDOR_CLASS, facts, subnet, writer);
  networkOption(code, facts, subnet, writer);
}

/** Writes the option for this client: what is configured, else what follows from the subnet. */
function networkOption(
  code: number,
  facts: ReplyFacts,
  subnet: Subnet,
  writer: MessageWriter,
): void {
  if (writer.has(code) || (facts.messageType === undefined && isOfDhcp(code))) return;
  const { view, boot, scopes, name } = facts;
  if (code === Option.ROUTERS || code === Option.STATIC_ROUTE) {
    if (hasClasslessRoutes(facts)) return;
    // RFC 2132 §3.3: where both are sent, the subnet mask MUST come before the routers.
    networkOption(Option.SUBNET_MASK, facts, subnet, writer);
  }
  let value = configuredOption(scopes, code);
  // What Windows asks for in place of 121 or besides: it has the same form and meaning.
  if (value === undefined && code === Option.MS_CLASSLESS_STATIC_ROUTE) {
    value = configuredOption(scopes, Option.CLASSLESS_STATIC_ROUTE);
  }
  if (value === undefined) value = boot && bootText(code, boot);
  // As it is put into DNS, which may not be quite what the client sent.
  if (value === undefined && code === Option.HOST_NAME && name !== undefined) {
    value = encodeOptionValue("text", name.hostname);
  }
  if (value === undefined) {
    const implied = impliedValue(code, facts, subnet);
    if (implied !== undefined) writer.option32(code, implied);
  } else if (value !== null) {
    writer.option(code, formFor(view, code, value));
  }
}

/** What follows from the subnet and the lease, where nothing else is configured. */
function impliedValue(code: number, { time }: ReplyFacts, subnet: Subnet): number | undefined {
  switch (code) {
    case Option.SUBNET_MASK:
      return subnet.netmask;
    case Option.BROADCAST_ADDRESS:
      return subnet.broadcast;
    case Option.RENEWAL_TIME:
      return time?.renewalSeconds;
    case Option.REBINDING_TIME:
      return time?.rebindingSeconds;
  }
  return undefined;
}

/**
 * Whether the client is sent classless routes that it asked for. It MUST ignore the routers and the
 * static routes then (RFC 3442), which only take room. What Windows calls 249 is no such option:
 * there is no word that its clients ignore the routers.
 */
function hasClasslessRoutes({ asked, scopes }: ReplyFacts): boolean {
  return (asked & Asked.CLASSLESS_ROUTES) !== 0 &&
    (configuredOption(scopes, Option.CLASSLESS_STATIC_ROUTE) ?? null) !== null;
}

/** Whether the option is one of DHCP's own (RFC 2132 §9), which mean nothing to a BOOTP client. */
function isOfDhcp(code: number): boolean {
  return (code >= Option.REQUESTED_ADDRESS && code <= Option.CLIENT_IDENTIFIER) ||
    code === Option.SERVER_NAME || code === Option.BOOT_FILE;
}

/** RFC 6842 §3: the client's own identifier comes back as it was sent. */
function clientIdentifier({ view, messageType }: ReplyFacts, writer: MessageWriter): void {
  const clientId = view.option(Option.CLIENT_IDENTIFIER);
  if (clientId !== undefined && messageType !== undefined) {
    writer.option(Option.CLIENT_IDENTIFIER, clientId);
  }
}

/**
 * Option 82 is echoed here, byte for byte, as the last option of every reply (RFC 3046 §2.2), so
 * that the relay agent finds the port that its client is on. Where a long client identifier leaves
 * no room for it, the reply goes without it, as there.
 */
function relayAgentInformation({ view }: ReplyFacts, writer: MessageWriter): void {
  const relayInformation = view.option(Option.RELAY_AGENT_INFORMATION);
  if (relayInformation === undefined) return;
  writer.option(Option.RELAY_AGENT_INFORMATION, relayInformation);
}
