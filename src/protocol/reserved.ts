/** The reservation of a client, wherever its message has what it is known by. */
import type { Reservation, Subnet } from "../config/config.ts";
import type { LeaseTable } from "../leases/lease_table.ts";
import { findReservation, isSaidInPassing, reservesByPort } from "../leases/reservations.ts";
import type { Ipv4 } from "../wire/ipv4.ts";
import type { Request } from "./request.ts";
import type { EngineState } from "./respond.ts";

/** What is kept for the client on the subnet. */
export function reservationOf(
  request: Request,
  subnet: Subnet,
  leases: LeaseTable,
): Reservation | undefined {
  const found = findReservation(subnet, request);
  if (found !== undefined || !reservesByPort(subnet)) return found;
  const relayInformation = lastRelayInformation(request, leases);
  return relayInformation === undefined || relayInformation === request.relayInformation
    ? undefined
    : findReservation(subnet, { ...request, relayInformation });
}

/** An address that is reserved for a client. */
export interface ReservedAddress {
  readonly address: Ipv4;
  /** Whether nobody else has it. */
  readonly isFree: boolean;
}

/**
 * What is reserved for the client on its wire: the first address that is free for it, else the
 * first that it has to wait for. `subnets` begin with the one that it is on.
 */
export function reservedAddressOf(
  request: Request,
  subnets: readonly Subnet[],
  { leases, nowMs }: EngineState,
): ReservedAddress | undefined {
  let awaited: ReservedAddress | undefined;
  for (const subnet of subnets) {
    const address = reservationOf(request, subnet, leases)?.address;
    if (address === undefined) continue;
    // What its lease has under another hardware address may be in use: nobody is sent there.
    const isFree = leases.isAvailable(address, request.client, nowMs) &&
      !leases.holdings.isElsewhere(request.client, address, nowMs);
    if (isFree) return { address, isFree };
    awaited ??= { address, isFree };
  }
  return awaited;
}

/**
 * What a relay agent last said of the client. A client renews past every relay agent (RFC 3046
 * §2.1), and is where it was.
 */
export function lastRelayInformation(request: Request, leases: LeaseTable): Uint8Array | undefined {
  const { kind, relayInformation } = request;
  if (relayInformation !== undefined) return relayInformation;
  if (kind !== "RENEWING" && kind !== "INFORM") return undefined;
  return leases.relayInformationOf(request.client, request.address);
}

/** Whether more than one client may have the reservation. */
export function fitsSeveral({ macs = [], clientId, port, ...other }: Reservation): boolean {
  const names = macs.length + (clientId === undefined ? 0 : 1);
  return names > 1 || port !== undefined || isSaidInPassing(other);
}
