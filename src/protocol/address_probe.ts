/** Whether it is to be found out, before a client is given an address, that nobody uses it. */
import type { ConflictProbe, Subnet } from "../config/config.ts";
import type { Client } from "../leases/lease.ts";
import type { LeaseTable } from "../leases/lease_table.ts";
import type { Ipv4 } from "../wire/ipv4.ts";
import type { Request } from "./request.ts";

/**
 * RFC 2131 §2.2: "the allocating server SHOULD probe the reused address before allocating the
 * address". Not one that the client holds by a lease: then it is the client that would answer.
 */
export function probeBeforeGiving(
  address: Ipv4,
  client: Client,
  { conflictProbe }: Subnet,
  { leases, nowMs }: { readonly leases: LeaseTable; readonly nowMs: number },
): ConflictProbe | undefined {
  if (conflictProbe === undefined) return undefined;
  return leases.heldUntilMs(client, address, nowMs) > nowMs ? undefined : conflictProbe;
}

/**
 * Whether an address of the subnet can be probed for the client of a request: behind a relay agent
 * only by ICMP echo, where the config has that.
 */
export function canBeProbed({ conflictProbe }: Subnet, { view }: Request): boolean {
  return conflictProbe !== undefined && (view.giaddr === 0 || conflictProbe.beyondRouters);
}
