/**
 * Leases as the table keeps them: numbers, and who has the address as octets. A journal's reader
 * makes a million of them out of octets while clients wait; texts in between would be most of the
 * work.
 *
 * Layout of the octets: a header of htype, octets of chaddr, octets of option 61 (0 without), two
 * octets of the length of the host name (0 without), octets of option 82 (0 without), octets of the
 * name in DNS (0 without), whether only its reverse record is ours, two octets of the length of the
 * classes (0 without); then chaddr, option 61, the host name in UTF-8, the name in DNS, the classes
 * with commas between them and option 82.
 */
import { octetCountOfHex, octetOfHex } from "../wire/hex.ts";
import type { Ipv4 } from "../wire/ipv4.ts";
import type { Lease, LeaseState } from "./lease.ts";

/** Where in the header is what. */
export const HolderAt = {
  HARDWARE_TYPE: 0,
  HARDWARE_OCTETS: 1,
  ID_OCTETS: 2,
  HOSTNAME_OCTETS: 3,
  RELAY_OCTETS: 5,
  NAME_OCTETS: 6,
  IS_REVERSE_ONLY: 7,
  CLASSES_OCTETS: 8,
} as const;

export const HOLDER_HEADER_OCTETS = 10;

/** Longer ones are cut: no name is (RFC 1035 §2.3.4), and options 12, 61 and 82 cannot be. */
const HARDWARE_OCTETS_MAX = 255;
const CLIENT_ID_OCTETS_MAX = 255;
const RELAY_OCTETS_MAX = 255;
const HOSTNAME_OCTETS_MAX = 1024;
const NAME_OCTETS_MAX = 255;
/** Of more classes than that, the last are left out: 256 of the longest names have room. */
const CLASSES_OCTETS_MAX = 16_384;

export const HOLDER_OCTETS_MAX = HOLDER_HEADER_OCTETS + HARDWARE_OCTETS_MAX +
  CLIENT_ID_OCTETS_MAX + HOSTNAME_OCTETS_MAX + NAME_OCTETS_MAX + CLASSES_OCTETS_MAX +
  RELAY_OCTETS_MAX;

/** Where the host name of the holder at `start` is, if it has one. */
export function hostnameAt(octets: Uint8Array, start: number): number {
  return start + HOLDER_HEADER_OCTETS + octets[start + HolderAt.HARDWARE_OCTETS]! +
    octets[start + HolderAt.ID_OCTETS]!;
}

/** One of the lengths that have two octets. */
export function lengthAt(octets: Uint8Array, at: number): number {
  return (octets[at]! << 8) | octets[at + 1]!;
}

/** Who is at an address: of a lease, all but the lease. */
export type Holder = Pick<
  Lease,
  "client" | "hostname" | "relayInformation" | "name" | "isReverseOnly" | "classes"
>;

/** Octets of a holder, which whoever packs the next one overwrites. */
export class PackedHolder {
  readonly octets = new Uint8Array(HOLDER_OCTETS_MAX);
  length = 0;

  /** Packs a holder in place of the one before. */
  pack({ client, hostname, relayInformation, name, isReverseOnly, classes }: Holder): void {
    const { octets } = this;
    const { hardwareType, hardwareAddress, clientId } = client;
    const hardwareOctets = Math.min(octetCountOfHex(hardwareAddress), HARDWARE_OCTETS_MAX);
    const idOctets = clientId === undefined
      ? 0
      : Math.min(octetCountOfHex(clientId), CLIENT_ID_OCTETS_MAX);
    let at = HOLDER_HEADER_OCTETS;
    for (let i = 0; i < hardwareOctets; i++) octets[at++] = octetOfHex(hardwareAddress, i);
    for (let i = 0; i < idOctets; i++) octets[at++] = octetOfHex(clientId!, i);
    const hostOctets = hostname === undefined ? 0 : putText(octets, at, hostname);
    at += hostOctets;
    const nameOctets = Math.min(name?.length ?? 0, NAME_OCTETS_MAX);
    for (let i = 0; i < nameOctets; i++) octets[at++] = name!.charCodeAt(i);
    const classText = classes === undefined ? "" : textOfClasses(classes);
    for (let i = 0; i < classText.length; i++) octets[at++] = classText.charCodeAt(i);
    const relayOctets = Math.min(relayInformation?.length ?? 0, RELAY_OCTETS_MAX);
    for (let i = 0; i < relayOctets; i++) octets[at++] = relayInformation![i]!;
    octets[HolderAt.HARDWARE_TYPE] = hardwareType;
    octets[HolderAt.HARDWARE_OCTETS] = hardwareOctets;
    octets[HolderAt.ID_OCTETS] = idOctets;
    octets[HolderAt.HOSTNAME_OCTETS] = hostOctets >>> 8;
    octets[HolderAt.HOSTNAME_OCTETS + 1] = hostOctets & 255;
    octets[HolderAt.RELAY_OCTETS] = relayOctets;
    octets[HolderAt.NAME_OCTETS] = nameOctets;
    octets[HolderAt.IS_REVERSE_ONLY] = Number(nameOctets > 0 && isReverseOnly === true);
    octets[HolderAt.CLASSES_OCTETS] = classText.length >>> 8;
    octets[HolderAt.CLASSES_OCTETS + 1] = classText.length & 255;
    this.length = at;
  }
}

/** A lease of which nothing is an object of its own; a reader makes each in place of the last. */
export class PackedLease {
  address: Ipv4 = 0;
  state: LeaseState = "bound";
  /** See `Lease`. */
  updatedAtMs = 0;
  expiresAtMs = 0;
  readonly holder = new PackedHolder();

  /** Packs a lease in place of the one before. */
  pack(lease: Lease): void {
    this.address = lease.address;
    this.state = lease.state;
    this.updatedAtMs = lease.updatedAtMs;
    this.expiresAtMs = lease.expiresAtMs;
    this.holder.pack(lease);
  }
}

/** As many names as there is room for; they are ASCII, and have no comma. */
function textOfClasses(classes: readonly string[]): string {
  const text = classes.join(",");
  if (text.length <= CLASSES_OCTETS_MAX) return text;
  return text.slice(0, text.lastIndexOf(",", CLASSES_OCTETS_MAX));
}

const encoder = new TextEncoder();

/** Writes a host name as UTF-8 and says how many octets it takes. */
function putText(octets: Uint8Array, at: number, text: string): number {
  if (text.length <= HOSTNAME_OCTETS_MAX) {
    let i = 0;
    for (; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 128) break;
      octets[at + i] = code;
    }
    if (i === text.length) return i;
  }
  return encoder.encodeInto(text, octets.subarray(at, at + HOSTNAME_OCTETS_MAX)).written;
}
