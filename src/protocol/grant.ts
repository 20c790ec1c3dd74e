/** An address that has been found for a client: its OFFER, and its ACK with the lease. */
import type { Reservation, ScopeSettings, Subnet } from "../config/config.ts";
import { isWish } from "../leases/allocate.ts";
import type { Client, Lease } from "../leases/lease.ts";
import { offerMsOf } from "../leases/subnets.ts";
import type { Ipv4 } from "../wire/ipv4.ts";
import type { ReplySlab } from "../wire/message_writer.ts";
import { probeBeforeGiving } from "./address_probe.ts";
import { classNames } from "./class_policy.ts";
import { type ClientName, hostnameOf, nameClient, nameOnRecord } from "./client_name.ts";
import { type Decision, ignore, type Rule } from "./decision.ts";
import { cutTo, type GrantedTime, grantTime, requestedLeaseSeconds } from "./lease_time.ts";
import { encodeAck, encodeOffer } from "./reply.ts";
import { lastRelayInformation } from "./reserved.ts";
import type { Continuing, Discover, Request, Selecting } from "./request.ts";
import type { EngineState } from "./respond.ts";
import { leaseTimeFor } from "./short_lease.ts";
import { minSecsOf, offerDelayMsOf, scopesOf } from "./scopes.ts";
import { wireOf } from "./subnet_selection.ts";
import { leaseOnDisk } from "./unwritten_renewal.ts";

/** What a client is given, and the reservation that it has on the subnet. */
export interface Given {
  readonly address: Ipv4;
  readonly subnet: Subnet;
  readonly reservation: Reservation | undefined;
  /** What is reserved for it and not given, because somebody has it. */
  readonly awaits?: Ipv4 | undefined;
}

/** An OFFER, which holds the address for the client in memory. */
export function offer(
  rule: Rule,
  request: Discover,
  { address, subnet, reservation, awaits }: Given,
  state: EngineState,
  slab: ReplySlab,
): Decision {
  const scopes = scopesOf(subnet, address, reservation, request.classes);
  if (isTooEarly(request, scopes)) return ignore("too-early");
  const { client } = request;
  const leaseTime = leaseTimeFor({ client, subnet, address, scopes, reservation }, state);
  const time = grantTime(leaseTime, requestedLeaseSeconds(request.view), seedOf(request));
  const name = nameClient({ request, subnet, reservation, address }, state.leases);
  const hostname = hostnameOf(request, reservation, name);
  const expiresAtMs = state.nowMs + offerMsOf(state.config, subnet);
  return {
    kind: "reply",
    rule,
    reply: encodeOffer(request, { address, time, subnet, scopes, name }, state, slab),
    address,
    leaseSeconds: time.leaseSeconds,
    offer: {
      address,
      client: request.client,
      expiresAtMs,
      // Of a reservation there may be only a name.
      mayYield: reservation === undefined && isWish(rule),
    },
    awaits,
    hostname,
    probe: probeBeforeGiving(address, request, subnet, state),
    delayMs: offerDelayMsOf(scopes),
  };
}

/**
 * Whether a client looks for a server that has not been looking for long enough: another one should
 * have answered. Some write `secs` with its octets the wrong way round, and so in steps of 256.
 */
function isTooEarly(
  { kind, view: { secs } }: Discover | Selecting | Continuing,
  scopes: readonly ScopeSettings[],
): boolean {
  if (kind !== "DISCOVER") return false;
  const minSecs = minSecsOf(scopes);
  return (secs & 0xff) === 0 && secs > 0 ? secs >>> 8 < minSecs : secs < minSecs;
}

/** An ACK, and the lease that has to be on disk before it leaves (RFC 2131 §3.1.4). */
export function acknowledge(
  rule: Rule,
  request: Discover | Selecting | Continuing,
  { address, subnet, reservation, awaits }: Given,
  state: EngineState,
  slab: ReplySlab,
): Decision {
  const scopes = scopesOf(subnet, address, reservation, request.classes);
  if (isTooEarly(request, scopes)) return ignore("too-early");
  const { client } = request;
  const leaseTime = leaseTimeFor({ client, subnet, address, scopes, reservation }, state);
  const wishedSeconds = requestedLeaseSeconds(request.view);
  const name = nameClient({ request, address, subnet, reservation }, state.leases);
  const hostname = hostnameOf(request, reservation, name);
  const time = grantTime(leaseTime, wishedSeconds, seedOf(request));
  const change = boundLease(request, { address, hostname, name, time }, state);
  const onDisk = leaseOnDisk(change, state);
  if (onDisk !== undefined) {
    const leftSeconds = Math.floor((onDisk.expiresAtMs - state.nowMs) / 1000);
    const recorded = nameOnRecord(name, request, subnet, onDisk);
    const time = grantTime(cutTo(leftSeconds, leaseTime), wishedSeconds, seedOf(request));
    return {
      kind: "reply-when-durable",
      rule: "renewed-unwritten",
      reply: encodeAck(request, { address, time, subnet, scopes, name: recorded }, state, slab),
      address,
      leaseSeconds: time.leaseSeconds,
      awaits,
      hostname,
    };
  }
  const isNew = request.kind === "DISCOVER" || rule === "outstanding-offer";
  return {
    kind: "reply-after-commit",
    rule,
    reply: encodeAck(request, { address, time, subnet, scopes, name }, state, slab),
    address,
    leaseSeconds: time.leaseSeconds,
    awaits,
    hostname,
    ends: isNew ? givenUp(request.client, address, subnet, state) : undefined,
    // What was offered has been probed, if its lease is not under another hardware address.
    probe: request.kind === "SELECTING" &&
        !state.leases.holdings.isElsewhere(request.client, address, state.nowMs)
      ? undefined
      : probeBeforeGiving(address, request, subnet, state),
    delayMs: request.kind === "DISCOVER" ? offerDelayMsOf(scopes) : 0,
    change,
  };
}

/** A record that is being made. */
type Draft<Whole> = { -readonly [Key in keyof Whole]: Whole[Key] };

/** What the table and the journal are to say of the client from now on. */
function boundLease(
  request: Discover | Selecting | Continuing,
  { address, hostname, name, time }: {
    readonly address: Ipv4;
    readonly hostname: string | undefined;
    readonly name: ClientName | undefined;
    readonly time: GrantedTime;
  },
  state: EngineState,
): Lease {
  const { client } = request;
  const { leases, nowMs } = state;
  const untilMs = nowMs + time.leaseSeconds * 1000;
  const lease: Draft<Lease> = {
    address,
    client,
    state: "bound",
    updatedAtMs: nowMs,
    expiresAtMs: Math.max(untilMs, promisedUntilMs(client, address, state)),
  };
  // One by one: to spread each of those that may be absent takes longer than all the rest.
  const relayInformation = lastRelayInformation(request, leases);
  const classes = classNames(request, state);
  if (hostname !== undefined) lease.hostname = hostname;
  if (relayInformation !== undefined) lease.relayInformation = relayInformation;
  if (classes.length > 0) lease.classes = classes;
  // What is registered, so that it can be taken back.
  if (name !== undefined && name.registers !== "nothing") {
    lease.name = name.fqdn;
    if (name.registers === "reverse") lease.isReverseOnly = true;
  }
  return lease;
}

/**
 * The client's other leases on its wire, as released. One that has asked for any address (DISCOVER)
 * uses none (RFC 2131 §4.4.1), and so gives up what it held when it takes another: its reserved
 * one, or one of the pools because its own was reserved for somebody, who need not wait any more.
 * A REQUEST that follows no offer of ours proves nothing: it may be an old one, and ends nothing.
 */
export function givenUp(
  client: Client,
  address: Ipv4,
  subnet: Subnet,
  { config, leases, nowMs }: EngineState,
): readonly Lease[] {
  const released: Lease[] = [];
  for (const it of wireOf(config, subnet)) {
    for (const held of leases.heldBeside(address, client, it, nowMs)) {
      const lease = leases.get(held)!;
      released.push({ ...lease, state: "released", updatedAtMs: nowMs, expiresAtMs: nowMs });
    }
  }
  return released;
}

/**
 * Until when the client may count on the address if it never gets the ACK that is about to be
 * sent: it then goes by the one before. So a renewal for less time than was promised (the lease
 * time was cut in the config, or the client asks for less) cannot free the address early for
 * somebody else. A lease without end is the exception: nothing could give it an end otherwise.
 */
function promisedUntilMs(
  client: Client,
  address: Ipv4,
  { leases, nowMs }: EngineState,
): number {
  const untilMs = leases.heldUntilMs(client, address, nowMs);
  return untilMs === Infinity ? nowMs : Math.max(untilMs, nowMs);
}

/** The same for the OFFER and the ACK of an exchange, another one for each client and exchange. */
function seedOf({ client, view }: Request): number {
  return client.hash ^ view.xid;
}
