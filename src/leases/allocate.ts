/** Which address a client is offered, and whether it may have the one it names. */
import type { ClientClass } from "../config/client_class.ts";
import type { Pool, Reservation, Subnet } from "../config/config.ts";
import { contains, type Ipv4 } from "../wire/ipv4.ts";
import { mixBits } from "../wire/mix_bits.ts";
import type { Client } from "./lease.ts";
import type { LeaseTable } from "./lease_table.ts";
import { isInPool, isInPools, poolAt } from "./subnets.ts";

/** A client in the subnet that it is on, with the reservation that it has there. */
export interface Claim {
  readonly client: Client;
  readonly subnet: Subnet;
  /** What `findReservation` says. */
  readonly reservation: Reservation | undefined;
  /** Those that it is in. */
  readonly classes?: readonly ClientClass[];
  /** Whether an address is probed before it is given, by ARP, which tells who answers. */
  readonly isProbedByArp?: boolean;
}

/** A claim to any address, with the one that the client would like (option 50). */
export interface Wish extends Claim {
  /** u32, another one for each exchange and each life of the server; 0 if absent. */
  readonly chance?: number;
  /** Whether it can be found out, before the address is given, that nobody uses it. */
  readonly canBeProbed?: boolean;
  readonly requestedAddress: Ipv4 | undefined;
}

/** The name of the chooser that found an address; the log tells it. */
export type AddressRule =
  | "reservation"
  | "current-binding"
  | "outstanding-offer"
  | "previous-binding"
  | "requested-address"
  | "free-address"
  | "quarantined-address"
  | "oldest-offer";

export interface Candidate {
  readonly address: Ipv4;
  readonly rule: AddressRule;
}

/** Proposes an address, or has none; `chooseAddress` sees to it that the client may have it. */
interface Chooser {
  readonly rule: AddressRule;
  /** Whether it proposes an address in quarantine, which is to be looked at again. */
  readonly looksAgain?: true;
  readonly propose: (wish: Wish, table: LeaseTable, nowMs: number) => Ipv4 | undefined;
}

/** In the order of RFC 2131 §4.3.1, and a reservation before all. */
const CHOOSERS: readonly Chooser[] = [
  { rule: "reservation", propose: ({ reservation }) => reservation?.address },
  // Nobody else gets it, so a quarantine that is over keeps nobody but its client from it.
  { rule: "reservation", looksAgain: true, propose: ({ reservation }) => reservation?.address },
  {
    rule: "current-binding",
    propose: ({ client, subnet }, table, nowMs) => {
      const address = table.bindingOf(client, subnet);
      if (address === undefined) return undefined;
      return table.heldUntilMs(client, address, nowMs) > nowMs ? address : undefined;
    },
  },
  // A client that repeats its DISCOVER is held the same address (RFC 2131 §4.4.1).
  {
    rule: "outstanding-offer",
    propose: ({ client, subnet }, table, nowMs) => table.offeredAddress(client, subnet, nowMs),
  },
  {
    // Lapsed or released: an active one has been proposed above, and refused.
    rule: "previous-binding",
    propose: ({ client, subnet }, table) => table.bindingOf(client, subnet),
  },
  { rule: "requested-address", propose: ({ requestedAddress }) => requestedAddress },
  {
    rule: "free-address",
    propose: (wish, table) => freeAddress(wish, table, wish.chance ?? 0),
  },
  { rule: "quarantined-address", looksAgain: true, propose: quarantinedAddress },
];

/** The last resort, as ISC dhcpd has it: somebody may use it, but then a probe will tell. */
function quarantinedAddress(wish: Wish, table: LeaseTable, nowMs: number): Ipv4 | undefined {
  for (const pool of wish.subnet.pools) {
    if (!isOpenTo(pool, wish.classes)) continue;
    const address = table.quarantines.findDue(pool, wish.canBeProbed === true, nowMs);
    if (address !== undefined) return address;
  }
  return undefined;
}

function freeAddress(claim: Claim, table: LeaseTable, chance: number): Ipv4 | undefined {
  for (const pool of claim.subnet.pools) {
    if (!isOpenTo(pool, claim.classes)) continue;
    const address = table.findFree(pool, startOf(pool, claim, chance));
    if (address !== undefined) return address;
  }
  return undefined;
}

/** Where in the pool to look first. */
function startOf({ allocation }: Pool, { client, subnet }: Claim, chance: number): number {
  switch (allocation) {
    case "hash":
      return client.lastingHash(subnet.identity);
    case "sequential":
      return 0;
    case "random":
      return mixBits(chance ^ client.lastingHash(subnet.identity));
  }
}

/** The rules in the order of their choosers: of two claims, that of the earlier rule is stronger. */
export const ADDRESS_RULES: readonly AddressRule[] = [
  ...new Set(CHOOSERS.map(({ rule }) => rule)),
  "oldest-offer",
];

/** The rules by which clients get an address that have no claim but their wish. */
const WISH_RULES: ReadonlySet<string> = new Set<AddressRule>([
  "requested-address",
  "free-address",
  "quarantined-address",
  "oldest-offer",
]);

/** Whether the client has no claim to the address but its wish: then an offer may have to yield. */
export function isWish(rule: string): boolean {
  return WISH_RULES.has(rule);
}

/**
 * The address to offer to a client and the rule that found it: the first proposal that the
 * client may have. `undefined` when there is none: the pool is exhausted. The table has been
 * advanced to `nowMs`.
 *
 * With `offersYield`, the oldest offer to a client without another claim gives way when nothing is
 * free: "While not required for correct operation of DHCP, the server SHOULD NOT reuse the
 * selected network address before the client responds" (RFC 2131 §4.3.1), and in a flood of
 * DISCOVERs no client responds.
 */
export function chooseAddress(
  wish: Wish,
  table: LeaseTable,
  nowMs: number,
  offersYield = false,
): Candidate | undefined {
  for (const { rule, propose, looksAgain } of CHOOSERS) {
    const address = propose(wish, table, nowMs);
    if (address === undefined) continue;
    const isOpen = looksAgain
      ? table.quarantines.mayLookAgain(address, wish.canBeProbed === true, nowMs)
      : rule === "requested-address"
      ? mayHaveNamed(wish, address, table, nowMs)
      : mayBeGiven(wish, address, table, nowMs);
    if (isOpen) return { address, rule };
  }
  if (!offersYield) return undefined;
  for (const pool of wish.subnet.pools) {
    if (!isOpenTo(pool, wish.classes)) continue;
    const address = table.findYielding(pool, nowMs);
    if (address !== undefined) return { address, rule: "oldest-offer" };
  }
  return undefined;
}

/**
 * Whether the client could be given exactly this address now, for a REQUEST that names one.
 *
 * That it holds the address is not enough. What the config does not give any more (the pool was
 * moved, the address excluded, its reservation deleted or given to another) is not renewed: so the
 * operator gets the address back at the next renewal. Which classes a pool is for is asked apart
 * (`isForOthers`), since a unicast renewal does not show all of them.
 */
export function mayHold(claim: Claim, address: Ipv4, table: LeaseTable, nowMs: number): boolean {
  const { client, subnet, reservation } = claim;
  const holds = table.heldUntilMs(client, address, nowMs) > nowMs;
  if (!holds || !contains(subnet.cidr, address)) return mayHaveNamed(claim, address, table, nowMs);
  return reservation?.address === address || isInPools(subnet, address) ||
    mustStay(claim, table, nowMs);
}

/** In a pool or the client's own reservation, and kept by nobody else. */
function mayBeGiven(claim: Claim, address: Ipv4, table: LeaseTable, nowMs: number): boolean {
  return isGiven(claim, address) && table.isAvailable(address, claim.client, nowMs);
}

/** The same for an address that the client names; it may be in quarantine for being the client's. */
function mayHaveNamed(claim: Claim, address: Ipv4, table: LeaseTable, nowMs: number): boolean {
  return mayBeGiven(claim, address, table, nowMs) ||
    claim.isProbedByArp === true && isGiven(claim, address) &&
      table.quarantines.isOccupant(address, claim.client, nowMs);
}

/** The pools have no reserved address in them, so this refuses those of others. */
function isGiven(claim: Claim, address: Ipv4): boolean {
  return claim.reservation?.address === address || isInOpenPool(claim, address);
}

function isInOpenPool({ subnet, classes }: Claim, address: Ipv4): boolean {
  const pool = poolAt(subnet, address);
  return pool !== undefined && isInPool(pool, address) && isOpenTo(pool, classes);
}

/** Whether clients of these classes are given addresses out of the pool. */
export function isOpenTo({ only }: Pool, classes: readonly ClientClass[] = []): boolean {
  return only === undefined || classes.some((it) => only.has(it));
}

/**
 * Whether a client keeps what it is not given any more. Two whose reservations were swapped wait for
 * one another, so the first that asks goes to the pools meanwhile, and the other moves; but while
 * the pools are full, whoever waits for its own reserved address is not sent away for nothing.
 */
function mustStay(claim: Claim, table: LeaseTable, nowMs: number): boolean {
  const { client, reservation } = claim;
  const address = reservation?.address;
  const waits = address !== undefined && !table.isAvailable(address, client, nowMs);
  return waits && freeAddress(claim, table, 0) === undefined;
}
