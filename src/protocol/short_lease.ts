/**
 * Leases that are shorter than others: those of clients that are new, of pools nearly full, and of
 * clients that nobody knows while more of them come than a pool can have.
 */
import type { LeaseTime, Reservation, ScopeSettings, Subnet } from "../config/config.ts";
import type { Client, Lease } from "../leases/lease.ts";
import { isInPool, poolAt } from "../leases/subnets.ts";
import type { Ipv4 } from "../wire/ipv4.ts";
import { cutTo } from "./lease_time.ts";
import type { EngineState } from "./respond.ts";
import { fitsSeveral } from "./reserved.ts";
import { leaseTimeOf } from "./scopes.ts";

/**
 * In a flood of new clients, of clients that nobody knew: who is there renews it after half of that
 * time and then has a lease as ever, and the addresses of those who are not are soon free again.
 */
export const FLOOD_LEASE_SECONDS = 120;

/** An address that is about to be a client's. */
interface Grantee {
  readonly client: Client;
  readonly subnet: Subnet;
  readonly address: Ipv4;
  readonly scopes: readonly ScopeSettings[];
  readonly reservation: Reservation | undefined;
}

/** The lease time of the nearest scope that has one, cut for a new client, or for a full pool. */
export function leaseTimeFor(grantee: Grantee, state: EngineState): LeaseTime {
  const leaseTime = endingIfShared(leaseTimeOf(grantee.scopes, grantee.subnet), grantee);
  const { firstSeconds, whenFull } = leaseTime;
  const isFlooded = isOfFlood(grantee, state);
  if (firstSeconds === undefined && whenFull === undefined && !isFlooded) return leaseTime;
  const { client, address } = grantee;
  const isHolder = state.leases.heldUntilMs(client, address, state.nowMs) > state.nowMs;
  let secondsMax = isHolder ? Infinity : firstSeconds ?? Infinity;
  if (isFlooded) secondsMax = Math.min(secondsMax, FLOOD_LEASE_SECONDS);
  if (whenFull !== undefined && fillOf(grantee, isHolder, state) > whenFull.above) {
    secondsMax = Math.min(secondsMax, whenFull.maxSeconds);
  }
  return secondsMax === Infinity ? leaseTime : cutTo(secondsMax, leaseTime);
}

/** Whether the client is one that nobody knew, in a pool that more of them want than it can have. */
function isOfFlood(
  { client, subnet, address, reservation }: Grantee,
  { leases, floodedPools, nowMs }: EngineState,
): boolean {
  if (floodedPools === undefined || floodedPools.size === 0 || reservation !== undefined) {
    return false;
  }
  const pool = poolAt(subnet, address);
  if (pool === undefined || !floodedPools.has(pool)) return false;
  const known = leases.bindingOf(client, subnet);
  return known === undefined || !isProven(leases.get(known)!, nowMs);
}

/**
 * Whether a record shows that its client is there: it had a lease when there was no flood, or it
 * stays and renews its short one (T1). Of a lease that was given back it is not told how long it was,
 * so it counts after a while.
 */
function isProven({ state, updatedAtMs, expiresAtMs }: Lease, nowMs: number): boolean {
  const shortMs = FLOOD_LEASE_SECONDS * 1000;
  if (state === "released") return nowMs - updatedAtMs > shortMs;
  const lengthMs = expiresAtMs - updatedAtMs;
  return lengthMs > shortMs || nowMs < expiresAtMs && nowMs - updatedAtMs >= lengthMs / 2;
}

/**
 * A reservation of several clients is one client's at a time. A lease of it without end would be
 * the last one, though its client is gone: so the others wait for a day at most.
 */
function endingIfShared(leaseTime: LeaseTime, { address, reservation }: Grantee): LeaseTime {
  if (leaseTime.maxSeconds !== Infinity || reservation?.address !== address) return leaseTime;
  return fitsSeveral(reservation) ? cutTo(SHARED_SECONDS_MAX, leaseTime) : leaseTime;
}

const SHARED_SECONDS_MAX = 86_400;

/**
 * Which part of its pool is in use with the client's address: the same at its OFFER and its ACK. A
 * reserved address is nobody else's, however short its lease is.
 */
function fillOf(
  { client, subnet, address }: Grantee,
  isHolder: boolean,
  { leases, nowMs }: EngineState,
): number {
  const pool = poolAt(subnet, address);
  if (pool === undefined || !isInPool(pool, address)) return 0;
  const isCounted = isHolder || leases.offeredAddress(client, subnet, nowMs) === address;
  const { size, free } = leases.poolCounts(pool);
  return (size - free + (isCounted ? 0 : 1)) / size;
}
