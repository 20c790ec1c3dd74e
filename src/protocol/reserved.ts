/** The reservation of a client, wherever its message has what it is known by. */
import type { Reservation, Subnet } from "../config/config.ts";
import type { LeaseTable } from "../leases/lease_table.ts";
import { findReservation, reservesByPort } from "../leases/reservations.ts";
import type { Request } from "./request.ts";

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
