/** Which address a client is offered, and whether it may have the one it names. */
import type { Reservation, Subnet } from "../config/config.ts";
import { contains, type Ipv4 } from "../wire/ipv4.ts";
import { HTYPE_ETHERNET } from "../wire/message_view.ts";
import { type Client, isActive } from "./lease.ts";
import type { LeaseTable } from "./lease_table.ts";
import { rangeIndexOf } from "./subnets.ts";

/** A client in the subnet that it is on, with the reservation that it has there. */
export interface Claim {
  readonly client: Client;
  readonly subnet: Subnet;
  /** What `findReservation` says. */
  readonly reservation: Reservation | undefined;
}

/** A claim to any address, with the one that the client would like (option 50). */
export interface Wish extends Claim {
  readonly requestedAddress: Ipv4 | undefined;
}

/** The name of the chooser that found an address; the log tells it. */
export type AddressRule =
  | "reservation"
  | "current-binding"
  | "outstanding-offer"
  | "previous-binding"
  | "requested-address"
  | "free-address";

export interface Candidate {
  readonly address: Ipv4;
  readonly rule: AddressRule;
}

/** Proposes an address, or has none; `chooseAddress` sees to it that the client may have it. */
interface Chooser {
  readonly rule: AddressRule;
  readonly propose: (wish: Wish, table: LeaseTable, nowMs: number) => Ipv4 | undefined;
}

/** In the order of RFC 2131 §4.3.1, and a reservation before all. */
const CHOOSERS: readonly Chooser[] = [
  { rule: "reservation", propose: ({ reservation }) => reservation?.address },
  {
    rule: "current-binding",
    propose: ({ client, subnet }, table, nowMs) => {
      const lease = table.ofClient(client.key, subnet);
      return lease !== undefined && isActive(lease, nowMs) ? lease.address : undefined;
    },
  },
  // A client that repeats its DISCOVER is held the same address (RFC 2131 §4.4.1).
  {
    rule: "outstanding-offer",
    propose: ({ client, subnet }, table, nowMs) =>
      table.offerTo(client.key, subnet, nowMs)?.address,
  },
  {
    // Lapsed or released: an active one has been proposed above, and refused.
    rule: "previous-binding",
    propose: ({ client, subnet }, table) => table.ofClient(client.key, subnet)?.address,
  },
  { rule: "requested-address", propose: ({ requestedAddress }) => requestedAddress },
  {
    // From a place that the client's name gives, so that it finds the same address again even
    // when the journal is lost.
    rule: "free-address",
    propose: ({ client, subnet }, table) => table.findFree(subnet, hashOf(client.key)),
  },
];

/** The rules in the order of their choosers: of two claims, that of the earlier rule is stronger. */
export const ADDRESS_RULES: readonly AddressRule[] = CHOOSERS.map(({ rule }) => rule);

/**
 * The address to offer to a client and the rule that found it: the first proposal that the
 * client may have. `undefined` when there is none: the pool is exhausted. The table has been
 * advanced to `nowMs`.
 */
export function chooseAddress(
  wish: Wish,
  table: LeaseTable,
  nowMs: number,
): Candidate | undefined {
  for (const { rule, propose } of CHOOSERS) {
    const address = propose(wish, table, nowMs);
    if (address !== undefined && mayBeGiven(wish, address, table, nowMs)) return { address, rule };
  }
  return undefined;
}

/**
 * Whether the client could be given exactly this address now, for a REQUEST that names one.
 *
 * Besides what `chooseAddress` could offer, a client may keep an address of the subnet that it
 * actively holds though the pools were moved away from it, until that is reserved for another.
 */
export function mayHold(claim: Claim, address: Ipv4, table: LeaseTable, nowMs: number): boolean {
  const lease = table.get(address);
  const holds = lease !== undefined && lease.client.key === claim.client.key &&
    isActive(lease, nowMs);
  if (holds && contains(claim.subnet.cidr, address)) {
    return !isReservedForOther(claim, address) || waitsForReservation(claim, table, nowMs);
  }
  return mayBeGiven(claim, address, table, nowMs);
}

/**
 * The reservation of a client in a subnet. One by client identifier goes before one by MAC: it
 * is the narrower (one system of the machine, where the MAC means the machine whatever system it
 * boots), so both can stand side by side.
 */
export function findReservation(subnet: Subnet, client: Client): Reservation | undefined {
  const { byClientId, byMac } = subnet.reservations;
  const byId = client.clientId === undefined ? undefined : byClientId.get(client.clientId);
  if (byId !== undefined) return byId;
  return client.hardwareType === HTYPE_ETHERNET ? byMac.get(client.hardwareAddress) : undefined;
}

/** Inside the ranges or the client's own reservation, and kept by nobody else. */
function mayBeGiven(claim: Claim, address: Ipv4, table: LeaseTable, nowMs: number): boolean {
  // The ranges have no reserved address in them, so this refuses those of others.
  const isPermitted = claim.reservation?.address === address ||
    rangeIndexOf(claim.subnet.ranges, address) >= 0;
  return isPermitted && table.isAvailable(address, claim.client.key, nowMs);
}

function isReservedForOther({ subnet, reservation }: Claim, address: Ipv4): boolean {
  return subnet.reservations.byAddress.has(address) && reservation?.address !== address;
}

/**
 * Whether another still has the address that is reserved for the client. Until then it keeps what
 * it holds: two clients whose reservations were swapped would both be sent away for nothing.
 */
function waitsForReservation(
  { client, reservation }: Claim,
  table: LeaseTable,
  nowMs: number,
): boolean {
  return reservation !== undefined && !table.isAvailable(reservation.address, client.key, nowMs);
}

/** FNV-1a of the text, then the finish of MurmurHash3: every bit depends on every character. */
function hashOf(text: string): number {
  let hash = 0x811c_9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
