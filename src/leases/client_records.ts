/**
 * Clients with their names and relay agents as octets: what the table remembers of who holds an
 * address. A record is compared with a client in place, so that finding one makes no garbage.
 *
 * Layout: htype, octets of chaddr, octets of option 61 (0 without), two octets of the length of
 * the host name (0 without), octets of option 82 (0 without), octets of the name in DNS (0
 * without), whether only its reverse record is ours, two octets of the length of the classes (0
 * without), then chaddr, option 61, the host name in UTF-8, the classes with commas between them,
 * the name in DNS and option 82.
 */
import type { Identity } from "../config/config.ts";
import { octetCountOfHex, octetOfHex } from "../wire/hex.ts";
import { type Client, clientOfOctets, hardwareHashOfOctets, type Lease } from "./lease.ts";
import { OctetArena } from "./octet_arena.ts";

const HEADER_OCTETS = 10;

/** Longer ones are cut: no name is (RFC 1035 §2.3.4), and options 12, 61 and 82 cannot be. */
const HARDWARE_OCTETS_MAX = 255;
const CLIENT_ID_OCTETS_MAX = 255;
const RELAY_OCTETS_MAX = 255;
const HOSTNAME_OCTETS_MAX = 1024;
const NAME_OCTETS_MAX = 255;
/** Of more classes than that, the last are left out: 256 of the longest names have room. */
const CLASSES_OCTETS_MAX = 16_384;

/** Who is at an address: of a lease, all but the lease. */
export type Holder = Pick<
  Lease,
  "client" | "hostname" | "relayInformation" | "name" | "isReverseOnly" | "classes"
>;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const hostnameOctets = new Uint8Array(HOSTNAME_OCTETS_MAX);

export class ClientRecords {
  readonly #arena = new OctetArena();

  /** Keeps a client with its names and option 82; the record is a number, never 0. */
  add({ client, hostname, relayInformation, name, isReverseOnly, classes }: Holder): number {
    const { hardwareType, hardwareAddress, clientId } = client;
    const hardwareOctets = Math.min(octetCountOfHex(hardwareAddress), HARDWARE_OCTETS_MAX);
    const idOctets = clientId === undefined
      ? 0
      : Math.min(octetCountOfHex(clientId), CLIENT_ID_OCTETS_MAX);
    const hostOctets = hostname === undefined ? 0 : encodeHostname(hostname);
    const relayOctets = Math.min(relayInformation?.length ?? 0, RELAY_OCTETS_MAX);
    const nameOctets = Math.min(name?.length ?? 0, NAME_OCTETS_MAX);
    const classText = textOfClasses(classes);
    const record = this.#arena.allocate(
      HEADER_OCTETS + hardwareOctets + idOctets + hostOctets + classText.length + nameOctets +
        relayOctets,
    );
    const bytes = this.#arena.pageOf(record);
    const start = this.#arena.offsetOf(record);
    bytes[start] = hardwareType;
    bytes[start + 1] = hardwareOctets;
    bytes[start + 2] = idOctets;
    bytes[start + 3] = hostOctets >>> 8;
    bytes[start + 4] = hostOctets & 255;
    bytes[start + 5] = relayOctets;
    bytes[start + 6] = nameOctets;
    bytes[start + 7] = Number(isReverseOnly === true);
    bytes[start + 8] = classText.length >>> 8;
    bytes[start + 9] = classText.length & 255;
    let at = start + HEADER_OCTETS;
    for (let i = 0; i < hardwareOctets; i++) bytes[at++] = octetOfHex(hardwareAddress, i);
    for (let i = 0; i < idOctets; i++) bytes[at++] = octetOfHex(clientId!, i);
    for (let i = 0; i < hostOctets; i++) bytes[at++] = hostnameOctets[i]!;
    for (let i = 0; i < classText.length; i++) bytes[at++] = classText.charCodeAt(i);
    for (let i = 0; i < nameOctets; i++) bytes[at++] = name!.charCodeAt(i);
    for (let i = 0; i < relayOctets; i++) bytes[at++] = relayInformation![i]!;
    return record;
  }

  /** Forgets a record. */
  remove(record: number): void {
    const octets = octetsOf(this.#arena.pageOf(record), this.#arena.offsetOf(record));
    this.#arena.free(record, octets);
  }

  /** Whether the record is of this client, where clients are told apart in this way. */
  isOf(record: number, client: Client, identity: Identity): boolean {
    const { clientId, hardwareType, hardwareAddress } = client;
    const bytes = this.#arena.pageOf(record);
    const start = this.#arena.offsetOf(record);
    const hardwareOctets = bytes[start + 1]!;
    const isByHardware = identity === "mac" && (hardwareOctets > 0 || hardwareAddress !== "");
    if (isByHardware) return this.hasHardwareOf(record, client);
    const idOctets = bytes[start + 2]!;
    if (clientId === undefined) {
      return idOctets === 0 && bytes[start] === hardwareType &&
        isHexAt(bytes, start + HEADER_OCTETS, hardwareOctets, hardwareAddress);
    }
    return isHexAt(bytes, start + HEADER_OCTETS + hardwareOctets, idOctets, clientId);
  }

  /** Whether the record has the hardware address of the client. */
  hasHardwareOf(record: number, { hardwareType, hardwareAddress }: Client): boolean {
    const bytes = this.#arena.pageOf(record);
    const start = this.#arena.offsetOf(record);
    return bytes[start] === hardwareType &&
      isHexAt(bytes, start + HEADER_OCTETS, bytes[start + 1]!, hardwareAddress);
  }

  /** The hash of the record's hardware address. */
  hardwareHash(record: number): number {
    const bytes = this.#arena.pageOf(record);
    const start = this.#arena.offsetOf(record);
    const address = start + HEADER_OCTETS;
    return hardwareHashOfOctets(bytes[start]!, bytes, address, address + bytes[start + 1]!);
  }

  /** Whether the record is what `add` would make of these. */
  isExactly(
    record: number,
    { client, hostname, relayInformation, name, isReverseOnly, classes }: Holder,
  ): boolean {
    const bytes = this.#arena.pageOf(record);
    const start = this.#arena.offsetOf(record);
    const hardwareOctets = bytes[start + 1]!;
    if (!this.isOf(record, client, "client-id") || bytes[start] !== client.hardwareType) {
      return false;
    }
    if (!isHexAt(bytes, start + HEADER_OCTETS, hardwareOctets, client.hardwareAddress)) {
      return false;
    }
    if (bytes[start + 7] !== Number(isReverseOnly === true)) return false;
    const hostOctets = hostname === undefined ? 0 : encodeHostname(hostname);
    if (hostOctets !== hostnameOctetsOf(bytes, start)) return false;
    let at = start + HEADER_OCTETS + hardwareOctets + bytes[start + 2]!;
    for (let i = 0; i < hostOctets; i++) {
      if (bytes[at++] !== hostnameOctets[i]) return false;
    }
    const classText = textOfClasses(classes);
    if (classText.length !== classOctetsOf(bytes, start)) return false;
    for (let i = 0; i < classText.length; i++) {
      if (bytes[at++] !== classText.charCodeAt(i)) return false;
    }
    const nameOctets = Math.min(name?.length ?? 0, NAME_OCTETS_MAX);
    if (bytes[start + 6] !== nameOctets) return false;
    for (let i = 0; i < nameOctets; i++) {
      if (bytes[at++] !== name!.charCodeAt(i)) return false;
    }
    const relayOctets = bytes[start + 5]!;
    if (relayOctets !== Math.min(relayInformation?.length ?? 0, RELAY_OCTETS_MAX)) return false;
    for (let i = 0; i < relayOctets; i++) {
      if (bytes[at++] !== relayInformation![i]) return false;
    }
    return true;
  }

  /** The record's client, as a value. */
  client(record: number): Client {
    const bytes = this.#arena.pageOf(record);
    const start = this.#arena.offsetOf(record);
    const address = start + HEADER_OCTETS;
    const id = address + bytes[start + 1]!;
    const end = id + bytes[start + 2]!;
    return clientOfOctets(bytes[start]!, bytes, address, id, bytes.subarray(id, end));
  }

  /** The record's host name. */
  hostname(record: number): string | undefined {
    const bytes = this.#arena.pageOf(record);
    const start = this.#arena.offsetOf(record);
    const octets = hostnameOctetsOf(bytes, start);
    if (octets === 0) return undefined;
    const end = start + octetsOf(bytes, start) - bytes[start + 5]! - bytes[start + 6]! -
      classOctetsOf(bytes, start);
    return decoder.decode(bytes.subarray(end - octets, end));
  }

  /** Names of the classes that the record's client was in. */
  classes(record: number): readonly string[] {
    const bytes = this.#arena.pageOf(record);
    const start = this.#arena.offsetOf(record);
    const octets = classOctetsOf(bytes, start);
    if (octets === 0) return NO_CLASSES;
    const end = start + octetsOf(bytes, start) - bytes[start + 5]! - bytes[start + 6]!;
    return decoder.decode(bytes.subarray(end - octets, end)).split(",");
  }

  /** The record's name in DNS. */
  name(record: number): string | undefined {
    const bytes = this.#arena.pageOf(record);
    const start = this.#arena.offsetOf(record);
    const octets = bytes[start + 6]!;
    if (octets === 0) return undefined;
    const end = start + octetsOf(bytes, start) - bytes[start + 5]!;
    return decoder.decode(bytes.subarray(end - octets, end));
  }

  /** Whether only the reverse record of the name is this server's. */
  isReverseOnly(record: number): boolean {
    return this.#arena.pageOf(record)[this.#arena.offsetOf(record) + 7] === 1;
  }

  /** The record's option 82, as a copy. */
  relayInformation(record: number): Uint8Array | undefined {
    const bytes = this.#arena.pageOf(record);
    const start = this.#arena.offsetOf(record);
    const octets = bytes[start + 5]!;
    if (octets === 0) return undefined;
    const end = start + octetsOf(bytes, start);
    return bytes.slice(end - octets, end);
  }
}

/** Length of the host name of the record at `start`. */
function hostnameOctetsOf(bytes: Uint8Array, start: number): number {
  return (bytes[start + 3]! << 8) | bytes[start + 4]!;
}

/** Length of the classes of the record at `start`. */
function classOctetsOf(bytes: Uint8Array, start: number): number {
  return (bytes[start + 8]! << 8) | bytes[start + 9]!;
}

/** Length of the whole record at `start`. */
function octetsOf(bytes: Uint8Array, start: number): number {
  return HEADER_OCTETS + bytes[start + 1]! + bytes[start + 2]! + hostnameOctetsOf(bytes, start) +
    classOctetsOf(bytes, start) + bytes[start + 5]! + bytes[start + 6]!;
}

const NO_CLASSES: readonly string[] = [];

/** As many names as there is room for; they are ASCII, and have no comma. */
function textOfClasses(classes = NO_CLASSES): string {
  const text = classes.join(",");
  if (text.length <= CLASSES_OCTETS_MAX) return text;
  return text.slice(0, text.lastIndexOf(",", CLASSES_OCTETS_MAX));
}

function isHexAt(bytes: Uint8Array, at: number, octets: number, text: string): boolean {
  if (octetCountOfHex(text) !== octets) return false;
  for (let i = 0; i < octets; i++) {
    if (bytes[at + i] !== octetOfHex(text, i)) return false;
  }
  return true;
}

/** Writes the name into `hostnameOctets` and says how many octets it takes. */
function encodeHostname(hostname: string): number {
  if (hostname.length <= HOSTNAME_OCTETS_MAX) {
    let i = 0;
    for (; i < hostname.length; i++) {
      const code = hostname.charCodeAt(i);
      if (code >= 128) break;
      hostnameOctets[i] = code;
    }
    if (i === hostname.length) return i;
  }
  return encoder.encodeInto(hostname, hostnameOctets).written;
}
