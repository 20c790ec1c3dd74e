/** Leases that are shorter than others: those of clients that are new, and of pools nearly full. */
import type { LeaseTime, ScopeSettings, Subnet } from "../config/config.ts";
import type { Client } from "../leases/lease.ts";
import { isInPool, poolAt } from "../leases/subnets.ts";
import type { Ipv4 } from "../wire/ipv4.ts";
import { cutTo } from "./lease_time.ts";
import type { EngineState } from "./respond.ts";
import { leaseTimeOf } from "./scopes.ts";

/** An address that is about to be a client's. */
interface Grantee {
  readonly client: Client;
  readonly subnet: Subnet;
  readonly address: Ipv4;
  readonly scopes: readonly ScopeSettings[];
}

/** The lease time of the nearest scope that has one, cut for a new client and for a full pool. */
export function leaseTimeFor(grantee: Grantee, state: EngineState): LeaseTime {
  const leaseTime = leaseTimeOf(grantee.scopes, grantee.subnet);
  const { firstSeconds, whenFull } = leaseTime;
  if (firstSeconds === undefined && whenFull === undefined) return leaseTime;
  const { client, address } = grantee;
  const isHolder = state.leases.heldUntilMs(client, address, state.nowMs) > state.nowMs;
  let secondsMax = isHolder ? Infinity : firstSeconds ?? Infinity;
  if (whenFull !== undefined && fillOf(grantee, isHolder, state) > whenFull.above) {
    secondsMax = Math.min(secondsMax, whenFull.maxSeconds);
  }
  return secondsMax === Infinity ? leaseTime : cutTo(secondsMax, leaseTime);
}

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
