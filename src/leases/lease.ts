/**
 * A lease: the record that the table holds, the journal writes and recovery replays. A change is
 * always a whole new record; nothing mutates one.
 */
import type { Identity } from "../config/config.ts";
import { formatHex, hashHex, lastingHashOfHex } from "../wire/hex.ts";
import type { Ipv4 } from "../wire/ipv4.ts";
import { hashOctets } from "../wire/keyed_hash.ts";

/**
 * Who a client is (RFC 2131 §4.2): its client identifier when it sent one that is not empty,
 * otherwise hardware type and address; or, where its subnet says so (`Identity`), always these, if
 * it has any. Text, because it outlives the packet it came in.
 */
export class Client {
  /** `htype` of RFC 2131 (IANA hardware types; 1 is Ethernet). */
  readonly hardwareType: number;
  /** The first `hlen` octets of `chaddr`, hex with colons. */
  readonly hardwareAddress: string;
  /** Option 61 in hex with colons, when sent and not empty. */
  readonly clientId: string | undefined;
  /** u32, in this process. Clients that are the same have the same. A packet needs it five times. */
  readonly hash: number;
  #hardwareHash: number | undefined;

  /** Use `makeClient` or `clientOfOctets`. */
  constructor(
    hardwareType: number,
    hardwareAddress: string,
    clientId: string | undefined,
    hash: number,
  ) {
    this.hardwareType = hardwareType;
    this.hardwareAddress = hardwareAddress;
    this.clientId = clientId;
    this.hash = hash;
  }

  /** `id:01:b8:27:…` or `hw:1:b8:27:…`. Equal keys are the same client. */
  get key(): string {
    return this.keyBy("client-id");
  }

  /** As `key`, where clients are told apart in this way. */
  keyBy(identity: Identity): string {
    return this.clientId === undefined || this.isByHardware(identity)
      ? `hw:${this.hardwareType}:${this.hardwareAddress}`
      : `id:${this.clientId}`;
  }

  /** As `hash`, where clients are told apart in this way. */
  hashBy(identity: Identity): number {
    return this.isByHardware(identity) ? this.hardwareHash : this.hash;
  }

  /** A hash that is the same in every process: what is made of it comes out the same again. */
  lastingHash(identity: Identity): number {
    return this.clientId === undefined || this.isByHardware(identity)
      ? lastingHashOfHex(this.hardwareAddress, saltOf(this.hardwareType))
      : lastingHashOfHex(this.clientId, CLIENT_ID_SALT);
  }

  /** Whether its hardware address says who it is, whatever identifier it sends. */
  isByHardware(identity: Identity): boolean {
    // There are links without such addresses (RFC 4390 §2.1).
    return identity === "mac" && this.hardwareAddress !== "";
  }

  /** The hash of its hardware address, whatever identifier it has. */
  get hardwareHash(): number {
    this.#hardwareHash ??= this.clientId === undefined
      ? this.hash
      : hardwareHash(this.hardwareType, this.hardwareAddress);
    return this.#hardwareHash;
  }
}

/** A hardware type is what makes the hash of its addresses another than that of identifiers. */
const CLIENT_ID_SALT = 0;
const saltOf = (hardwareType: number): number => hardwareType + 1;

/** The hash of a client that is known by its hardware address, hex with colons. */
export function hardwareHash(hardwareType: number, hardwareAddress: string): number {
  return hashHex(hardwareAddress, saltOf(hardwareType));
}

/** The hash of a client that is known by its hardware address, as octets from `start` to `end`. */
export function hardwareHashOfOctets(
  hardwareType: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  return hashOctets(bytes, start, end, saltOf(hardwareType));
}

/** The hash of a client that is known by its identifier, as octets from `start` to `end`. */
export function clientIdHashOfOctets(bytes: Uint8Array, start: number, end: number): number {
  return hashOctets(bytes, start, end, CLIENT_ID_SALT);
}

/** The hash of a client that is known by its identifier, hex with colons. */
export function clientIdHash(clientId: string): number {
  return hashHex(clientId, CLIENT_ID_SALT);
}

/**
 * - `bound`: acknowledged; active until `expiresAtMs`, remembered as the client's previous
 *   binding after that.
 * - `released`: given back at `expiresAtMs`; remembered as the client's previous binding.
 * - `declined`: somebody uses the address; in quarantine until `expiresAtMs`. The client is the one
 *   that found it so; where this server did, the one that has it, as far as ARP told.
 */
export type LeaseState = "bound" | "released" | "declined";

export interface Lease {
  readonly address: Ipv4;
  readonly client: Client;
  readonly state: LeaseState;
  /** Host name as the client sent it or the reservation names it; untrusted text. */
  readonly hostname?: string;
  /** Option 82 of the relay agent that the client was last heard through; never empty. */
  readonly relayInformation?: Uint8Array;
  /** Names of the classes that its client was in when it was last heard; never an empty list. */
  readonly classes?: readonly string[];
  /**
   * The name that the address has in DNS by this server's doing: qualified, in lower case. It stays
   * when the lease ends, so that it can be taken out of DNS.
   */
  readonly name?: string;
  /** Whether only the reverse record is this server's: the client updates the other one itself. */
  readonly isReverseOnly?: boolean;
  /** When this record was made. Monotonic milliseconds (server/clock.ts). */
  readonly updatedAtMs: number;
  /** See `LeaseState`. Monotonic milliseconds; `Infinity` for a lease without end. */
  readonly expiresAtMs: number;
}

/** A client by its hardware address and identifier as texts; an empty identifier is none. */
export function makeClient(
  hardwareType: number,
  hardwareAddress: string,
  clientId: string | undefined,
): Client {
  const isAnonymous = clientId === undefined || clientId === "";
  const hash = isAnonymous ? hardwareHash(hardwareType, hardwareAddress) : clientIdHash(clientId);
  return new Client(hardwareType, hardwareAddress, isAnonymous ? undefined : clientId, hash);
}

/**
 * As `makeClient`, of octets: of `chaddr` those from `start` to `end`. Octets make quicker hashes
 * than texts do.
 */
export function clientOfOctets(
  hardwareType: number,
  chaddr: Uint8Array,
  start: number,
  end: number,
  clientId: Uint8Array | undefined,
): Client {
  const hardwareAddress = formatHex(chaddr, start, end);
  if (clientId === undefined || clientId.length === 0) {
    const hash = hardwareHashOfOctets(hardwareType, chaddr, start, end);
    return new Client(hardwareType, hardwareAddress, undefined, hash);
  }
  const hash = clientIdHashOfOctets(clientId, 0, clientId.length);
  return new Client(hardwareType, hardwareAddress, formatHex(clientId), hash);
}

/** Whether nobody but the lease's client may have the address at `nowMs`. */
export function isActive(lease: Lease, nowMs: number): boolean {
  return lease.state === "bound" && nowMs < lease.expiresAtMs;
}

/** Whether the address is out of use at `nowMs` because a client declined it. */
export function isQuarantined(lease: Lease, nowMs: number): boolean {
  return lease.state === "declined" && nowMs < lease.expiresAtMs;
}
