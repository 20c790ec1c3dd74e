/**
 * DHCPLEASEQUERY (RFC 4388): who has an address, and which one a client has, told to those that
 * the config allows. The cost of an answer is bounded, however many leases there are.
 */
import type { Config, LeaseTime } from "../config/config.ts";
import { reservationOf } from "../leases/reservations.ts";
import { isInPools, subnetOf } from "../leases/subnets.ts";
import { isActive, type Lease } from "../leases/lease.ts";
import { contains, type Ipv4, writeIpv4 } from "../wire/ipv4.ts";
import { dhcpReplyOctetsMax, MessageWriter, type ReplySlab } from "../wire/message_writer.ts";
import { Option } from "../wire/option_codes.ts";
import { INFINITE_SECONDS } from "../wire/option_values.ts";
import { parseHex } from "../wire/hex.ts";
import type { Decision, Reply, Rule } from "./decision.ts";
import { toRelay } from "./destination.ts";
import { grantTime } from "./lease_time.ts";
import { serverIdentifier } from "./server_identity.ts";
import { type LeaseQuery, MessageType } from "./request.ts";
import type { EngineState } from "./respond.ts";
import { leaseTimeOf, scopesOf } from "./scopes.ts";

/** Addresses of one client that are looked at; as many fit into one option 92, and some more. */
const HELD_ADDRESSES_MAX = 64;

/** Octets of an option 92 of the most addresses that one length octet can count. */
const ASSOCIATED_OCTETS_MAX = 252;

/** The server's answer to a query, or silence for those who may not ask. */
export function answerLeaseQuery(
  query: LeaseQuery,
  state: EngineState,
  slab: ReplySlab,
): Decision {
  const { config, leases, nowMs } = state;
  // RFC 4388 §6.2: giaddr MUST be the asker's own address, since that is where the answer goes.
  const { giaddr } = query.view;
  const isAllowed = config.leasequery?.some((cidr) => contains(cidr, giaddr)) === true;
  if (giaddr === 0 || !isAllowed) return silence("leasequery-not-allowed");
  const { serverIdentifier } = query;
  if (serverIdentifier !== undefined && !state.ownAddresses.has(serverIdentifier)) {
    return silence("other-server-chosen");
  }

  const { queriedAddress, client } = query;
  if (queriedAddress !== undefined) {
    const lease = leases.get(queriedAddress);
    if (lease !== undefined && isActive(lease, nowMs)) return active(query, lease, [], state, slab);
    // §6.4: UNASSIGNED is for an address that is ours to give, UNKNOWN for any other.
    const type = isOurs(queriedAddress, state) ? "LEASEUNASSIGNED" : "LEASEUNKNOWN";
    return tell(query, type, queriedAddress, state, slab);
  }
  const held = client.clientId !== undefined
    ? leases.addressesOf(client, nowMs, HELD_ADDRESSES_MAX)
    : leases.addressesOfHardware(client, nowMs, HELD_ADDRESSES_MAX);
  // §6.4: by a client's name, the address that it was last heard of with.
  const newest = held.map((address) => leases.get(address)!)
    .reduce<Lease | undefined>(newerOf, undefined);
  return newest === undefined
    ? tell(query, "LEASEUNKNOWN", 0, state, slab)
    : active(query, newest, held, state, slab);
}

function newerOf(best: Lease | undefined, lease: Lease): Lease {
  return best === undefined || lease.updatedAtMs > best.updatedAtMs ? lease : best;
}

/** Whether the address could be leased: in the ranges of a subnet, or reserved there. */
function isOurs(address: Ipv4, { config }: EngineState): boolean {
  const subnet = subnetOf(config.subnets, address);
  return subnet !== undefined &&
    (subnet.reservations.byAddress.has(address) || isInPools(subnet, address));
}

const MESSAGE_TYPES = {
  LEASEUNASSIGNED: MessageType.LEASEUNASSIGNED,
  LEASEUNKNOWN: MessageType.LEASEUNKNOWN,
  LEASEACTIVE: MessageType.LEASEACTIVE,
} as const;

type AnswerType = keyof typeof MESSAGE_TYPES;

const RULES: Readonly<Record<AnswerType, Rule>> = {
  LEASEUNASSIGNED: "lease-unassigned",
  LEASEUNKNOWN: "lease-unknown",
  LEASEACTIVE: "lease-active",
};

/** An answer without a lease: it says again what was asked, so that the asker need not remember. */
function tell(
  query: LeaseQuery,
  type: AnswerType,
  ciaddr: Ipv4,
  state: EngineState,
  slab: ReplySlab,
): Decision {
  const writer = begin(query, type, ciaddr, state, slab);
  const clientId = query.view.option(Option.CLIENT_IDENTIFIER);
  if (clientId !== undefined) writer.option(Option.CLIENT_IDENTIFIER, clientId);
  return finish(query, type, ciaddr, writer, state);
}

/**
 * DHCPLEASEACTIVE: the lease, and the other addresses that its client holds (§6.4). As Kea and ISC
 * dhcpd do, all that is known of it, whatever option 55 asks for.
 */
function active(
  query: LeaseQuery,
  lease: Lease,
  held: readonly Ipv4[],
  state: EngineState,
  slab: ReplySlab,
): Decision {
  const { client, address } = lease;
  const writer = begin(query, "LEASEACTIVE", address, state, slab);
  writer.hardwareAddress(client.hardwareType, octetsOf(client.hardwareAddress));
  leaseTimes(lease, state, writer);
  const { relayInformation } = lease;
  if (relayInformation !== undefined) writer.keepRoom(relayInformation.length);
  if (client.clientId !== undefined) {
    writer.option(Option.CLIENT_IDENTIFIER, octetsOf(client.clientId));
  }
  const others = held.filter((it) => it !== address);
  if (others.length > 0) writer.option(Option.ASSOCIATED_IP, addressList(others));
  if (relayInformation !== undefined) {
    writer.giveRoom(relayInformation.length);
    writer.option(Option.RELAY_AGENT_INFORMATION, relayInformation);
  }
  return finish(query, "LEASEACTIVE", address, writer, state);
}

function begin(
  query: LeaseQuery,
  type: AnswerType,
  ciaddr: Ipv4,
  state: EngineState,
  slab: ReplySlab,
): MessageWriter {
  const { view } = query;
  const header = { ciaddr, yiaddr: 0, flags: view.flags };
  const octetsMax = dhcpReplyOctetsMax(view.number(Option.MAX_MESSAGE_SIZE, 2));
  const writer = new MessageWriter(slab, view, header, octetsMax);
  writer.option8(Option.MESSAGE_TYPE, MESSAGE_TYPES[type]);
  writer.option32(Option.SERVER_IDENTIFIER, serverIdentifier(query, state, undefined));
  return writer;
}

function finish(
  query: LeaseQuery,
  type: AnswerType,
  address: Ipv4,
  writer: MessageWriter,
  { config }: EngineState,
): Decision {
  const reply: Reply = { type, bytes: writer.finish(), destination: toRelay(query, config) };
  return { kind: "reply", rule: RULES[type], reply, address };
}

/**
 * What is left of the lease and of its client's own times, and how long ago the client was last
 * heard (option 91). §6.4: a time that is over is not there.
 */
function leaseTimes(lease: Lease, { config, nowMs }: EngineState, writer: MessageWriter): void {
  const agoMs = Math.max(0, nowMs - lease.updatedAtMs);
  writer.option32(Option.CLIENT_LAST_TRANSACTION_TIME, inSeconds(agoMs));
  if (lease.expiresAtMs === Infinity) {
    writer.option32(Option.LEASE_TIME, INFINITE_SECONDS);
    return;
  }
  writer.option32(Option.LEASE_TIME, inSeconds(lease.expiresAtMs - nowMs));
  const whole = inSeconds(lease.expiresAtMs - lease.updatedAtMs);
  const times = grantTime(
    { ...timersOf(lease, config), defaultSeconds: whole, minSeconds: whole, maxSeconds: whole },
    undefined,
  );
  const renewal = times.renewalSeconds - inSeconds(agoMs);
  const rebinding = times.rebindingSeconds - inSeconds(agoMs);
  if (renewal > 0) writer.option32(Option.RENEWAL_TIME, renewal);
  if (rebinding > 0) writer.option32(Option.REBINDING_TIME, rebinding);
}

/** When the config has the lease's client ask again; what is chance in it is not remembered. */
function timersOf(lease: Lease, { subnets, classes }: Config): Pick<LeaseTime, "timers"> {
  const subnet = subnetOf(subnets, lease.address);
  if (subnet === undefined) return {};
  const names = lease.classes ?? [];
  const members = classes?.all.filter(({ name }) => names.includes(name)) ?? [];
  const scopes = scopesOf(subnet, lease.address, reservationOf(subnets, lease), members);
  return leaseTimeOf(scopes, subnet);
}

function inSeconds(milliseconds: number): number {
  return Math.min(Math.floor(milliseconds / 1000), INFINITE_SECONDS - 1);
}

function addressList(addresses: readonly Ipv4[]): Uint8Array {
  const octets = new Uint8Array(4 * addresses.length);
  addresses.forEach((address, i) => writeIpv4(octets, 4 * i, address));
  return octets.subarray(0, ASSOCIATED_OCTETS_MAX);
}

function octetsOf(hex: string): Uint8Array {
  return parseHex(hex) ?? new Uint8Array(0);
}

function silence(rule: Rule): Decision {
  return { kind: "ignore", rule, withdraw: [] };
}
