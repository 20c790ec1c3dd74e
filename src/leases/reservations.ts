/** Finding the reservation of a client. */
import type { RelayPort, Reservation, Reservations, Subnet } from "../config/config.ts";
import { formatHex } from "../wire/hex.ts";
import { HTYPE_ETHERNET, type MessageView } from "../wire/message_view.ts";
import { decodeClientFqdn } from "../wire/client_fqdn.ts";
import { hostLabel } from "../wire/host_label.ts";
import { Option } from "../wire/option_codes.ts";
import { decodeOptionValue } from "../wire/option_values.ts";
import { RelaySubOption } from "../wire/relay_agent.ts";
import { subOption } from "../wire/sub_options.ts";
import { type Client, clientIdHash, hardwareHash, type Lease } from "./lease.ts";
import { subnetOf } from "./subnets.ts";
import { vendorKey, vendorKeysOf } from "./vendor_ids.ts";

/** What a client can be known by. */
export interface Seeker {
  readonly client: Client;
  /** Option 82 where it is believed. */
  readonly relayInformation: Uint8Array | undefined;
  /** What the client says itself: options 124 and 125. */
  readonly view: Pick<MessageView, "option">;
}

interface ReservationIndex {
  /**
   * By the hash of client identifier or MAC. A map from text would have to hash the text of every
   * client, most of whom have no reservation; the hash of the client is there already.
   */
  readonly byHash: ReadonlyMap<number, readonly Reservation[]>;
  readonly byVendorId: ReadonlyMap<string, Reservation>;
  readonly byPort: ReadonlyMap<string, Reservation>;
  readonly byHostname: ReadonlyMap<string, Reservation>;
}

/** Made when the reservations of a config are first asked for; gone with the config. */
const indexes = new WeakMap<Reservations, ReservationIndex>();

/**
 * The reservation of a client in a subnet. One by client identifier goes before one by MAC: it
 * is the narrower (one system of the machine, where the MAC means the machine whatever system it
 * boots), so both can stand side by side. Then what the vendor calls the machine, the port that it
 * is plugged into, by both names before one of them, and last the host name that it sends, which
 * anybody can.
 */
export function findReservation(subnet: Subnet, seeker: Seeker): Reservation | undefined {
  const { reservations } = subnet;
  if (reservations.all.length === 0) return undefined;
  const { byHash, byVendorId, byPort, byHostname } = indexOf(reservations);
  const { client, relayInformation, view } = seeker;
  const { clientId, hardwareType, hardwareAddress } = client;
  if (clientId !== undefined) {
    const byId = byHash.get(client.hash | 0)?.find((it) =>
      it.clientId === clientId || it.typedClientId === clientId
    );
    if (byId !== undefined) return byId;
  }
  if (hardwareType === HTYPE_ETHERNET) {
    const byMac = byHash.get(client.hardwareHash | 0)?.find((it) =>
      it.macs?.includes(hardwareAddress)
    );
    if (byMac !== undefined) return byMac;
  }
  if (byVendorId.size > 0) {
    for (const key of vendorKeysOf(view)) {
      const found = byVendorId.get(key);
      if (found !== undefined) return found;
    }
  }
  const atPort = byPort.size === 0 ? undefined : findAtPort(byPort, relayInformation);
  if (atPort !== undefined || byHostname.size === 0) return atPort;
  const label = labelOf(view);
  return label === undefined ? undefined : byHostname.get(label);
}

function findAtPort(
  byPort: ReservationIndex["byPort"],
  relayInformation: Uint8Array | undefined,
): Reservation | undefined {
  if (relayInformation === undefined) return undefined;
  const circuitId = hexOf(relayInformation, RelaySubOption.CIRCUIT_ID);
  const remoteId = hexOf(relayInformation, RelaySubOption.REMOTE_ID);
  return byPort.get(portKey({ circuitId, remoteId })) ??
    byPort.get(portKey({ circuitId })) ?? byPort.get(portKey({ remoteId }));
}

/** What a client's host name comes to: option 81 goes before option 12 (RFC 4702 §4). */
function labelOf(view: Seeker["view"]): string | undefined {
  const fqdn = view.option(Option.CLIENT_FQDN);
  const hostname = view.option(Option.HOST_NAME);
  return hostLabel((fqdn && decodeClientFqdn(fqdn)?.name) ?? "") ??
    hostLabel((hostname && decodeOptionValue("text", hostname)) ?? "");
}

/** A lease does not say what its client's vendor called it, nor by which name it asked. */
const NOTHING_SAID: Seeker["view"] = { option: () => undefined };

/** The reservation of a lease's client, where the lease is; one by vendor by its address alone. */
export function reservationOf(subnets: readonly Subnet[], lease: Lease): Reservation | undefined {
  const { address, client, relayInformation } = lease;
  const subnet = subnetOf(subnets, address);
  if (subnet === undefined) return undefined;
  const own = findReservation(subnet, { client, relayInformation, view: NOTHING_SAID });
  if (own !== undefined) return own;
  const atAddress = subnet.reservations.byAddress.get(address);
  return atAddress !== undefined && isSaidInPassing(atAddress) ? atAddress : undefined;
}

/**
 * Whether its client is known by what need not be in each of its messages, and is in none of its
 * leases. Then who has its address was given it.
 */
export function isSaidInPassing({ vendorId, clientHostname }: Reservation): boolean {
  return vendorId !== undefined || clientHostname !== undefined;
}

/** Whether the subnet has reservations by port, which only relay agents can tell. */
export function reservesByPort({ reservations }: Subnet): boolean {
  return reservations.all.length > 0 && indexOf(reservations).byPort.size > 0;
}

function indexOf(reservations: Reservations): ReservationIndex {
  let index = indexes.get(reservations);
  if (index === undefined) {
    index = makeIndex(reservations);
    indexes.set(reservations, index);
  }
  return index;
}

function makeIndex({ all }: Reservations): ReservationIndex {
  const byHash = new Map<number, Reservation[]>();
  const byVendorId = new Map<string, Reservation>();
  const byPort = new Map<string, Reservation>();
  const byHostname = new Map<string, Reservation>();
  for (const reservation of all) {
    const { macs = [], clientId, typedClientId, port, vendorId } = reservation;
    const hashes = macs.map((mac) => hardwareHash(HTYPE_ETHERNET, mac));
    for (const id of [clientId, typedClientId]) {
      if (id !== undefined) hashes.push(clientIdHash(id));
    }
    for (const hash of hashes) {
      // As a signed number, which the engine keeps without making an object of it.
      const alike = byHash.get(hash | 0);
      if (alike === undefined) byHash.set(hash | 0, [reservation]);
      else alike.push(reservation);
    }
    if (port !== undefined) byPort.set(portKey(port), reservation);
    const { clientHostname } = reservation;
    if (clientHostname !== undefined) byHostname.set(clientHostname, reservation);
    if (vendorId !== undefined) byVendorId.set(vendorKey(vendorId), reservation);
  }
  return { byHash, byVendorId, byPort, byHostname };
}

/** A name that is missing is not one of no octets. */
function portKey({ circuitId, remoteId }: Partial<Record<keyof RelayPort, string | undefined>>) {
  return `${circuitId ?? "-"}/${remoteId ?? "-"}`;
}

function hexOf(relayInformation: Uint8Array, code: number): string | undefined {
  const value = subOption(relayInformation, code);
  return value && formatHex(value);
}
