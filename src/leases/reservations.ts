/** Finding the reservation of a client. */
import type { Reservation, Reservations, Subnet } from "../config/config.ts";
import { HTYPE_ETHERNET } from "../wire/message_view.ts";
import { type Client, clientIdHash, hardwareHash } from "./lease.ts";

/**
 * Reservations by the hash of who they are for. A map from text would have to hash the text of
 * every client, most of whom have no reservation; the hash of the client is there already.
 */
type ReservationsByHash = ReadonlyMap<number, readonly Reservation[]>;

/** Made when the reservations of a config are first asked for; gone with the config. */
const byHashOf = new WeakMap<Reservations, ReservationsByHash>();

/**
 * The reservation of a client in a subnet. One by client identifier goes before one by MAC: it
 * is the narrower (one system of the machine, where the MAC means the machine whatever system it
 * boots), so both can stand side by side.
 */
export function findReservation(subnet: Subnet, client: Client): Reservation | undefined {
  const { reservations } = subnet;
  if (reservations.byAddress.size === 0) return undefined;
  const byHash = byHashOf.get(reservations) ?? indexByHash(reservations);
  const { clientId, hardwareType, hardwareAddress } = client;
  if (clientId !== undefined) {
    const byId = byHash.get(client.hash | 0)?.find((it) => it.clientId === clientId);
    if (byId !== undefined) return byId;
  }
  if (hardwareType !== HTYPE_ETHERNET) return undefined;
  const hash = clientId === undefined ? client.hash : hardwareHash(hardwareType, hardwareAddress);
  return byHash.get(hash | 0)?.find((it) => it.mac === hardwareAddress);
}

function indexByHash(reservations: Reservations): ReservationsByHash {
  const byHash = new Map<number, Reservation[]>();
  for (const reservation of reservations.byAddress.values()) {
    const { mac, clientId } = reservation;
    const hash = clientId === undefined
      ? hardwareHash(HTYPE_ETHERNET, mac ?? "")
      : clientIdHash(clientId);
    // As a signed number, which the engine keeps without making an object of it.
    const alike = byHash.get(hash | 0);
    if (alike === undefined) byHash.set(hash | 0, [reservation]);
    else alike.push(reservation);
  }
  byHashOf.set(reservations, byHash);
  return byHash;
}
