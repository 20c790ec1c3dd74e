/** Encodes decisions into replies: header, options, destination (RFC 2131 §4.3.1, table 3). */
import type { ScopeSettings, Subnet } from "../config/config.ts";
import type { Ipv4 } from "../wire/ipv4.ts";
import { BROADCAST_FLAG, type MessageView } from "../wire/message_view.ts";
import {
  bootpReplyOctetsMax,
  dhcpReplyOctetsMax,
  MessageWriter,
  type ReplyHeader,
  type ReplySlab,
} from "../wire/message_writer.ts";
import { Option } from "../wire/option_codes.ts";
import { type BootData, bootDataFor } from "./boot.ts";
import type { ClientName } from "./client_name.ts";
import type { Reply } from "./decision.ts";
import {
  informDestination,
  nakDestination,
  proxyDestination,
  replyDestination,
} from "./destination.ts";
import type { Destination } from "./endpoints.ts";
import type { GrantedTime } from "./lease_time.ts";
import { isBroadcastTo } from "./scopes.ts";
import { type Server, serverIdentifier } from "./server_identity.ts";
import { attachedSubnets } from "./subnet_selection.ts";
import { askedFor, type InsteadOfAddress, type ReplyFacts, writeOptions } from "./reply_options.ts";
import { type Bootp, type Inform, MessageType, type Request } from "./request.ts";

/** What a reply says of the client's network; a lease time goes with an address only. */
interface Network {
  readonly time?: GrantedTime;
  readonly subnet: Subnet;
  /** Whose options count, the nearest first. */
  readonly scopes: readonly ScopeSettings[];
  readonly name?: ClientName | undefined;
}

/** What a client is given. */
export interface Grant extends Network {
  readonly address: Ipv4;
  readonly time: GrantedTime;
}

/** DHCPOFFER. */
export function encodeOffer(
  request: Request,
  grant: Grant,
  server: Server,
  slab: ReplySlab,
): Reply {
  const flags = flagsFor(request, grant);
  const header = { ciaddr: 0, yiaddr: grant.address, flags };
  const facts = factsOf(MessageType.OFFER, request, grant, server);
  const destination = replyDestination(request, grant.address, server.config, flags);
  return reply("OFFER", request, header, facts, destination, slab);
}

/**
 * The flags of a reply: those of the request, and BROADCAST where the config says that the client
 * hears nothing else. A relay agent goes by them, too (RFC 1542 §4.1.2).
 */
function flagsFor({ view: { flags } }: Request, { scopes }: Network): number {
  return isBroadcastTo(scopes) ? flags | BROADCAST_FLAG : flags;
}

/** DHCPOFFER of no address: what the client is told instead. */
export function encodeOfferOfNone(
  request: Request,
  instead: InsteadOfAddress,
  server: Server,
  slab: ReplySlab,
): Reply {
  const facts = { ...bareFacts(MessageType.OFFER, request, server), instead };
  return {
    type: "OFFER",
    bytes: encode(request, broadcastHeader(request), slab, facts),
    destination: nakDestination(request, server.config),
  };
}

/** DHCPACK to a REQUEST, or to a DISCOVER that is answered at once (RFC 4039). */
export function encodeAck(
  request: Request,
  grant: Grant,
  server: Server,
  slab: ReplySlab,
): Reply {
  const { ciaddr } = request.view;
  const flags = flagsFor(request, grant);
  const header = { ciaddr, yiaddr: grant.address, flags };
  const facts = factsOf(MessageType.ACK, request, grant, server);
  const destination = replyDestination(request, grant.address, server.config, flags);
  return reply("ACK", request, header, facts, destination, slab);
}

/** DHCPACK to an INFORM: "does not [...] fill in the 'yiaddr' field" (RFC 2131 §4.3.5). */
export function encodeInformAck(
  request: Inform,
  network: Network,
  server: Server,
  slab: ReplySlab,
): Reply {
  const { ciaddr, flags } = request.view;
  const header = { ciaddr, yiaddr: 0, flags };
  const facts = factsOf(MessageType.ACK, request, network, server);
  return reply("ACK", request, header, facts, informDestination(request, server.config), slab);
}

/** BOOTREPLY to a client that knows nothing of DHCP. */
export function encodeBootReply(
  request: Bootp,
  { address, ...network }: Network & { readonly address: Ipv4 },
  server: Server,
  slab: ReplySlab,
): Reply {
  const { ciaddr } = request.view;
  const flags = flagsFor(request, network);
  // RFC 951 §3: `yiaddr` is "filled by server in a bootreply if client doesn't know its own
  // address (ciaddr was 0)".
  const header = { ciaddr, yiaddr: ciaddr === 0 ? address : 0, flags };
  const facts = factsOf(undefined, request, network, server);
  const destination = replyDestination(request, address, server.config, flags);
  return reply("BOOTREPLY", request, header, facts, destination, slab);
}

/**
 * Boot data for a client that has its address, or will have it, from another server: an OFFER to
 * the address 0, an ACK to any other.
 */
export function encodeProxyReply(
  request: Request,
  { address, ...network }: Network & { readonly address: Ipv4 },
  boot: BootData,
  server: Server,
  slab: ReplySlab,
): Reply {
  const { ciaddr, flags } = request.view;
  const type = address === 0 ? "OFFER" : "ACK";
  const facts = { ...factsOf(MessageType[type], request, network, server, boot), isProxy: true };
  const destination = proxyDestination(request, address, server.config);
  return reply(type, request, { ciaddr, yiaddr: 0, flags }, facts, destination, slab);
}

/** DHCPNAK: no lease and no network options, `message` says why to people. */
export function encodeNak(
  request: Request,
  message: string,
  server: Server,
  slab: ReplySlab,
): Reply {
  return {
    type: "NAK",
    bytes: encode(request, broadcastHeader(request), slab, {
      ...bareFacts(MessageType.NAK, request, server),
      message,
    }),
    destination: nakDestination(request, server.config),
  };
}

/**
 * The header of a reply without an address, which no frame could be sent to. RFC 2131 §4.3.2 of
 * NAKs: through a relay, "the server MUST set the broadcast bit in the DHCPNAK, so that the relay
 * agent will broadcast the DHCPNAK to the client".
 */
function broadcastHeader({ view: { flags, giaddr } }: Request): ReplyHeader {
  return { ciaddr: 0, yiaddr: 0, flags: giaddr !== 0 ? flags | BROADCAST_FLAG : flags };
}

/** The facts of a reply that says nothing of the client's network. */
function bareFacts(messageType: number, request: Request, server: Server): ReplyFacts {
  const list = request.view.option(Option.PARAMETER_REQUEST_LIST);
  return {
    view: request.view,
    list,
    asked: askedFor(list),
    messageType,
    serverIdentifier: serverIdentifier(request, server, likeliestSubnet(request, server)),
    isRapid: false,
    returnsSubnetSelection: server.config.subnetSelection,
    scopes: [],
  };
}

/** A reply that says something of the client's network. */
function reply(
  type: Reply["type"],
  request: Request,
  header: ReplyHeader,
  facts: ReplyFacts,
  destination: Destination,
  slab: ReplySlab,
): Reply {
  const bytes = encode(request, header, slab, facts);
  const { view, boot } = facts;
  return boot?.file === undefined || !asksForBootFile(view, boot)
    ? { type, bytes, destination }
    : { type, bytes, destination, bootFile: boot.file };
}

/** Whether the client boots, by its own word: others get the file as well, and pass it over. */
function asksForBootFile(view: MessageView, { firmware }: BootData): boolean {
  return firmware !== undefined || view.octets(Option.MESSAGE_TYPE) < 0 ||
    view.option(Option.PARAMETER_REQUEST_LIST)?.includes(Option.BOOT_FILE) === true;
}

/** Where the config has a say in what this server is called; else there is nothing to look for. */
function likeliestSubnet(request: Request, { config }: Server): Subnet | undefined {
  return config.serverIdentifiers && attachedSubnets(config, request, undefined)[0];
}

function encode(
  request: Request,
  header: ReplyHeader,
  slab: ReplySlab,
  facts: ReplyFacts,
): Uint8Array {
  const { view } = request;
  const octetsMax = request.kind === "BOOTP"
    ? bootpReplyOctetsMax(view)
    : dhcpReplyOctetsMax(view.number(Option.MAX_MESSAGE_SIZE, 2));
  const writer = new MessageWriter(slab, view, header, octetsMax);
  writeOptions(facts, writer);
  return view.hasOptions ? writer.finish() : writer.finishWithoutOptions();
}

function factsOf(
  messageType: number | undefined,
  request: Request,
  { time, subnet, scopes, name }: Network,
  server: Server,
  boot = bootDataFor(request.view, scopes),
): ReplyFacts {
  const list = request.view.option(Option.PARAMETER_REQUEST_LIST);
  return {
    view: request.view,
    list,
    asked: askedFor(list),
    messageType,
    serverIdentifier: serverIdentifier(request, server, subnet),
    isRapid: messageType === MessageType.ACK && request.kind === "DISCOVER",
    returnsSubnetSelection: server.config.subnetSelection,
    time,
    subnet,
    scopes,
    name,
    boot,
  };
}
