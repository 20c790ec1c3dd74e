/**
 * Who holds an address, as the table remembers it: octets (packed_lease.ts) in an arena. A record is
 * compared with a client in place, so that finding one makes no garbage.
 */
import type { Identity } from "../config/config.ts";
import { octetCountOfHex, octetOfHex } from "../wire/hex.ts";
import {
  type Client,
  clientIdHashOfOctets,
  clientOfOctets,
  hardwareHashOfOctets,
} from "./lease.ts";
import { OctetArena } from "./octet_arena.ts";
import {
  type Holder,
  HOLDER_HEADER_OCTETS,
  HolderAt,
  hostnameAt,
  lengthAt,
  type PackedHolder,
} from "./packed_lease.ts";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

export class ClientRecords {
  readonly #arena = new OctetArena();

  /** Whether some records more have room, whatever they have to say. */
  get hasRoom(): boolean {
    return this.#arena.hasRoom;
  }

  /** Keeps a holder, while there is room; the record is a number, never 0. */
  add({ octets, length }: PackedHolder): number {
    const record = this.#arena.allocate(length);
    const bytes = this.#arena.pageOf(record);
    const start = this.#arena.offsetOf(record);
    for (let i = 0; i < length; i++) bytes[start + i] = octets[i]!;
    return record;
  }

  /** Forgets a record. */
  remove(record: number): void {
    this.#arena.free(record);
  }

  /** Whether the record is of this client, where clients are told apart in this way. */
  isOf(record: number, client: Client, identity: Identity): boolean {
    const { clientId, hardwareType, hardwareAddress } = client;
    const bytes = this.#arena.pageOf(record);
    const start = this.#arena.offsetOf(record);
    const hardwareOctets = bytes[start + HolderAt.HARDWARE_OCTETS]!;
    const isByHardware = identity === "mac" && (hardwareOctets > 0 || hardwareAddress !== "");
    if (isByHardware) return this.hasHardwareOf(record, client);
    const idOctets = bytes[start + HolderAt.ID_OCTETS]!;
    if (clientId === undefined) {
      return idOctets === 0 && bytes[start + HolderAt.HARDWARE_TYPE] === hardwareType &&
        isHexAt(bytes, start + HOLDER_HEADER_OCTETS, hardwareOctets, hardwareAddress);
    }
    return isHexAt(bytes, start + HOLDER_HEADER_OCTETS + hardwareOctets, idOctets, clientId);
  }

  /** Whether the record has the hardware address of the client. */
  hasHardwareOf(record: number, { hardwareType, hardwareAddress }: Client): boolean {
    const bytes = this.#arena.pageOf(record);
    const start = this.#arena.offsetOf(record);
    const hardwareOctets = bytes[start + HolderAt.HARDWARE_OCTETS]!;
    return bytes[start + HolderAt.HARDWARE_TYPE] === hardwareType &&
      isHexAt(bytes, start + HOLDER_HEADER_OCTETS, hardwareOctets, hardwareAddress);
  }

  /** Whether the record is what `add` would make of this holder. */
  isExactly(record: number, { octets, length }: PackedHolder): boolean {
    const bytes = this.#arena.pageOf(record);
    const start = this.#arena.offsetOf(record);
    // The header has all lengths, so what is longer or shorter differs there.
    for (let i = 0; i < length; i++) if (bytes[start + i] !== octets[i]) return false;
    return true;
  }

  /** `Client.hashBy` of the record's client. */
  hashBy(record: number, identity: Identity): number {
    const bytes = this.#arena.pageOf(record);
    const start = this.#arena.offsetOf(record);
    const hardwareOctets = bytes[start + HolderAt.HARDWARE_OCTETS]!;
    const idOctets = bytes[start + HolderAt.ID_OCTETS]!;
    const isByHardware = idOctets === 0 || (identity === "mac" && hardwareOctets > 0);
    if (isByHardware) return this.hardwareHash(record);
    const id = start + HOLDER_HEADER_OCTETS + hardwareOctets;
    return clientIdHashOfOctets(bytes, id, id + idOctets);
  }

  /** `Client.hardwareHash` of the record's client. */
  hardwareHash(record: number): number {
    const bytes = this.#arena.pageOf(record);
    const start = this.#arena.offsetOf(record);
    const address = start + HOLDER_HEADER_OCTETS;
    const end = address + bytes[start + HolderAt.HARDWARE_OCTETS]!;
    return hardwareHashOfOctets(bytes[start + HolderAt.HARDWARE_TYPE]!, bytes, address, end);
  }

  /** The record's client, as a value. */
  client(record: number): Client {
    const bytes = this.#arena.pageOf(record);
    const start = this.#arena.offsetOf(record);
    const address = start + HOLDER_HEADER_OCTETS;
    const id = address + bytes[start + HolderAt.HARDWARE_OCTETS]!;
    const clientId = bytes.subarray(id, id + bytes[start + HolderAt.ID_OCTETS]!);
    return clientOfOctets(bytes[start + HolderAt.HARDWARE_TYPE]!, bytes, address, id, clientId);
  }

  /** What the record was made of, as a value. */
  holder(record: number): Holder {
    const hostname = this.#hostname(record);
    const relayInformation = this.relayInformation(record);
    const name = this.name(record);
    const classes = this.classes(record);
    const isReverseOnly =
      this.#arena.pageOf(record)[this.#arena.offsetOf(record) + HolderAt.IS_REVERSE_ONLY];
    return {
      client: this.client(record),
      ...(hostname === undefined ? {} : { hostname }),
      ...(relayInformation === undefined ? {} : { relayInformation }),
      ...(classes.length === 0 ? {} : { classes }),
      ...(name === undefined ? {} : { name }),
      ...(isReverseOnly === 1 ? { isReverseOnly: true } : {}),
    };
  }

  /** What the record was made of, as octets in place of those that `packed` has. */
  copyTo(record: number, packed: PackedHolder): void {
    const bytes = this.#arena.pageOf(record);
    const start = this.#arena.offsetOf(record);
    const length = octetsOf(bytes, start);
    for (let i = 0; i < length; i++) packed.octets[i] = bytes[start + i]!;
    packed.length = length;
  }

  /** Names of the classes that the record's client was in. */
  classes(record: number): readonly string[] {
    const bytes = this.#arena.pageOf(record);
    const start = this.#arena.offsetOf(record);
    const octets = lengthAt(bytes, start + HolderAt.CLASSES_OCTETS);
    if (octets === 0) return NO_CLASSES;
    const end = start + octetsOf(bytes, start) - bytes[start + HolderAt.RELAY_OCTETS]!;
    return decoder.decode(bytes.subarray(end - octets, end)).split(",");
  }

  /** The record's name in DNS. */
  name(record: number): string | undefined {
    const bytes = this.#arena.pageOf(record);
    const start = this.#arena.offsetOf(record);
    const octets = bytes[start + HolderAt.NAME_OCTETS]!;
    if (octets === 0) return undefined;
    const at = hostnameAt(bytes, start) + lengthAt(bytes, start + HolderAt.HOSTNAME_OCTETS);
    return decoder.decode(bytes.subarray(at, at + octets));
  }

  /** The record's option 82, as a copy. */
  relayInformation(record: number): Uint8Array | undefined {
    const bytes = this.#arena.pageOf(record);
    const start = this.#arena.offsetOf(record);
    const octets = bytes[start + HolderAt.RELAY_OCTETS]!;
    if (octets === 0) return undefined;
    const end = start + octetsOf(bytes, start);
    return bytes.slice(end - octets, end);
  }

  #hostname(record: number): string | undefined {
    const bytes = this.#arena.pageOf(record);
    const start = this.#arena.offsetOf(record);
    const octets = lengthAt(bytes, start + HolderAt.HOSTNAME_OCTETS);
    if (octets === 0) return undefined;
    const at = hostnameAt(bytes, start);
    return decoder.decode(bytes.subarray(at, at + octets));
  }
}

const NO_CLASSES: readonly string[] = [];

/** Length of the whole record at `start`. */
function octetsOf(bytes: Uint8Array, start: number): number {
  return hostnameAt(bytes, start) - start + lengthAt(bytes, start + HolderAt.HOSTNAME_OCTETS) +
    bytes[start + HolderAt.NAME_OCTETS]! + lengthAt(bytes, start + HolderAt.CLASSES_OCTETS) +
    bytes[start + HolderAt.RELAY_OCTETS]!;
}

function isHexAt(bytes: Uint8Array, at: number, octets: number, text: string): boolean {
  if (octetCountOfHex(text) !== octets) return false;
  for (let i = 0; i < octets; i++) {
    if (bytes[at + i] !== octetOfHex(text, i)) return false;
  }
  return true;
}
