/** Whether it is to be found out, before a client is given an address, that nobody uses it. */
import type { ConflictProbe, Subnet } from "../config/config.ts";
import type { Ipv4 } from "../wire/ipv4.ts";
import type { Request } from "./request.ts";
import type { EngineState } from "./respond.ts";
import { isOffLink } from "./subnet_selection.ts";

/**
 * RFC 2131 §2.2: "the allocating server SHOULD probe the reused address before allocating the
 * address". Not one that the client holds by a lease: then it is the client that would answer. Where
 * that lease names another hardware address, it is probed all the same: a machine whose card was
 * swapped gets its address when nobody answers; two machines with one identifier (clones, which
 * were copied together with it) do not share it.
 */
export function probeBeforeGiving(
  address: Ipv4,
  request: Request,
  { conflictProbe }: Subnet,
  { config, leases, nowMs }: EngineState,
): ConflictProbe | undefined {
  const { client, kind } = request;
  if (conflictProbe === undefined) return undefined;
  if (leases.holdings.isHere(client, address, nowMs)) return undefined;
  // It would be asked for on a wire where it is not.
  if (isOffLink(config, request)) return undefined;
  // By ICMP the client itself would answer, and does not say so: it uses the address (ciaddr).
  const usesIt = kind === "RENEWING" || kind === "REBINDING";
  return usesIt && conflictProbe.beyondRouters
    ? { ...conflictProbe, beyondRouters: false }
    : conflictProbe;
}

/**
 * Whether an address of the subnet can be probed for the client of a request: behind a relay agent
 * only by ICMP echo, where the config has that.
 */
export function canBeProbed({ conflictProbe }: Subnet, { view }: Request): boolean {
  return conflictProbe !== undefined && (view.giaddr === 0 || conflictProbe.beyondRouters);
}

/** The same by ARP, which tells who answers. */
export function isProbedByArp({ conflictProbe }: Subnet, { view }: Request): boolean {
  return conflictProbe !== undefined && view.giaddr === 0;
}
