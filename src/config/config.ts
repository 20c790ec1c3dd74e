/**
 * What the engine reads: one frozen value, made by `load.ts` from the YAML file. Everything is
 * resolved and encoded here, once, so that the way of a packet only looks up and copies.
 */
import type { RateLimits } from "./rate_limits.ts";
import type { BootKind } from "../wire/boot_clients.ts";
import type { Cidr, Ipv4 } from "../wire/ipv4.ts";
import type { ClientClass, ClientClasses } from "./client_class.ts";

/**
 * Option code -> encoded payload (no code and length octets), in the order of the codes. `null`
 * takes the option away that an outer scope sets.
 */
export type OptionSet = ReadonlyMap<number, Uint8Array | null>;

/** An inclusive range of addresses. */
export interface AddressRange {
  readonly first: Ipv4;
  readonly last: Ipv4;
}

/** Lease durations in seconds; `Infinity` stands for a lease without end (RFC 2131 §3.3). */
export interface LeaseTime {
  readonly defaultSeconds: number;
  readonly minSeconds: number;
  readonly maxSeconds: number;
  /** When clients ask again; half and seven eighths of the lease, without spread, if absent. */
  readonly timers?: LeaseTimers;
  /** The most that a client gets which does not hold the address. */
  readonly firstSeconds?: number;
  /** The most that a client gets while more than a part, 0 to 1, of its pool is in use. */
  readonly whenFull?: { readonly above: number; readonly maxSeconds: number };
}

/** Parts of a lease, from 0 to 1 (RFC 2131 §4.4.5). */
export interface LeaseTimers {
  /** T1. */
  readonly renewal: number;
  /** T2. */
  readonly rebinding: number;
  /** How much earlier a client may be told to ask, as a part of T1 and T2. */
  readonly spread: number;
}

/**
 * What machines that boot from the network are told. Of what is `undefined`, or missing in
 * `files`, this scope says nothing; `null` takes away what scopes further out say.
 */
export interface Boot {
  /** `siaddr`: where the boot file is. */
  readonly nextServer: NextServer | null | undefined;
  /** `sname`. */
  readonly serverName: Uint8Array | null | undefined;
  /** `file`, by the kind of client; `other` is for clients of no kind that we know. */
  readonly files: ReadonlyMap<BootKind | "other", Uint8Array | null>;
}

export interface NextServer {
  readonly address: Ipv4;
  /** As text, for option 66. */
  readonly text: Uint8Array;
}

/**
 * What can be set in every scope: the whole file, shared network, subnet, pool, class and
 * reservation. The nearest scope that says something of a thing wins. What holds for everybody at
 * a place is resolved at load (`PlaceSettings`); a class and a reservation are put before that when
 * a packet has come. A new setting is a field here, a key of `scopeShape` and a line of `inherit`.
 */
export interface ScopeSettings {
  readonly options: OptionSet;
  /** Codes of options that are sent though nobody asked; those further out count as well. */
  readonly always?: readonly number[];
  readonly leaseTime?: LeaseTime;
  /** Whether clients without an address hear broadcasts only, whatever they say. */
  readonly alwaysBroadcast?: boolean;
  /** How long an OFFER waits for one of another server. */
  readonly offerDelayMs?: number;
  /** What `secs` of a DISCOVER has to be before it is answered. */
  readonly minSecs?: number;
  readonly boot?: Boot;
  /** Leases that there may be at one port (option 82) at once; `Infinity` for any number. */
  readonly portLimit?: number;
}

/** The settings of a place, those of the scopes around it included: nothing is left open. */
export interface PlaceSettings extends ScopeSettings {
  readonly leaseTime: LeaseTime;
}

/**
 * What is kept for one machine. It is known by exactly one of `macs`, `clientId`, `port`,
 * `vendorId` and `clientHostname`; leases/reservations.ts finds it.
 */
export interface Reservation extends ScopeSettings {
  /** Ethernet addresses, `b8:27:eb:01:02:03`. They match whatever the client's option 61 is. */
  readonly macs?: readonly string[];
  /** Client identifier (option 61) in hex with colons, type octet included. */
  readonly clientId?: string;
  /** The same of one that was written as text, after a type octet of 0, as others send it. */
  readonly typedClientId?: string;
  readonly port?: RelayPort;
  readonly vendorId?: VendorId;
  /** The label that its host name comes to. Anybody can send it. */
  readonly clientHostname?: string;
  /** Absent where only the rest is kept for it. */
  readonly address?: Ipv4;
  readonly hostname?: string;
  /** For people. */
  readonly comment?: string;
  /** Classes that its client is in, whatever they match: indexes of `ClientClasses.all`. */
  readonly classes?: readonly number[];
}

/** Where a machine is plugged in, as option 82 has it; at least one of the two, in hex. */
export interface RelayPort {
  readonly circuitId?: string;
  readonly remoteId?: string;
}

/** What a machine's vendor calls it (RFC 3925). */
export interface VendorId {
  /** The vendor's number at IANA. */
  readonly enterprise: number;
  /** The sub-option of option 125; a vendor class of option 124 where there is none. */
  readonly code?: number;
  /** In hex with colons. */
  readonly value: string;
}

/** Reservations of one subnet. */
export interface Reservations {
  /** In the order of the file. */
  readonly all: readonly Reservation[];
  readonly byAddress: ReadonlyMap<Ipv4, Reservation>;
}

/** How it is found out, before an address is offered, whether somebody uses it. */
export interface ConflictProbe {
  /** Whether by ICMP, too, where a relay agent lies between. */
  readonly beyondRouters: boolean;
  readonly timeoutMs: number;
}

/**
 * Which address a client gets that has no claim to a certain one: at a place that is made of its
 * name, so the same one again even after its record is lost; the lowest that nobody has had; or
 * any.
 */
export type Allocation = "hash" | "sequential" | "random";

/** Addresses that may be given to anyone, with what clients there are told. */
export interface Pool extends PlaceSettings {
  /** `192.168.1.100-192.168.1.199`: what the file says. */
  readonly name: string;
  /**
   * The pool without excluded and reserved addresses, sorted and disjoint. A reserved address
   * inside of it is not here: it belongs to its reservation.
   */
  readonly ranges: readonly AddressRange[];
  readonly allocation: Allocation;
  /** The classes whose clients are given these addresses; absent where anybody is. */
  readonly only?: ReadonlySet<ClientClass>;
}

/** Addresses as the file gives them to a pool, whether or not they may be given to anyone. */
export interface PoolSpan extends AddressRange {
  readonly pool: Pool;
}

/**
 * What tells clients apart: what they say of themselves (option 61), else their hardware address,
 * as RFC 2131 §4.2 has it; or the hardware address alone, for machines whose identifier changes
 * between firmware, installer and system.
 */
export type Identity = "client-id" | "mac";

export interface Subnet extends PlaceSettings {
  /** `192.168.1.0/24`: the name that the status page shows. */
  readonly name: string;
  readonly cidr: Cidr;
  readonly netmask: Ipv4;
  readonly broadcast: Ipv4;
  /** The name of the wire that it shares with other subnets. */
  readonly sharedNetwork?: string;
  /** In the order in which they are tried: those of fewer classes first, else as in the file. */
  readonly pools: readonly Pool[];
  /** Which pool each address belongs to: sorted and disjoint. */
  readonly spans: readonly PoolSpan[];
  /** Whether a client that offers to is given its lease at once, without an OFFER (RFC 4039). */
  readonly rapidCommit: boolean;
  readonly bootp: BootpPolicy;
  readonly identity: Identity;
  /** Set where another server gives the addresses, and this one boot data only. */
  readonly proxyDhcp?: true;
  /** The interfaces that it is the subnet of; absent where their addresses tell. */
  readonly interfaces?: ReadonlySet<string>;
  /** The relay agents (giaddr) that this subnet is reached through; absent when any may be. */
  readonly relays?: ReadonlySet<Ipv4>;
  /** In place of those of the whole file. */
  readonly authoritative?: boolean;
  readonly offerSeconds?: number;
  readonly quarantineSeconds?: number;
  /** What this server calls itself here (option 54); absent where its addresses tell. */
  readonly serverIdentifier?: Ipv4;
  /** Absent when nothing is to be found out. */
  readonly conflictProbe?: ConflictProbe;
  readonly reservations: Reservations;
  /** What its clients are called; absent where nobody minds. */
  readonly names?: NamePolicy;
}

/** What clients are called. */
export interface NamePolicy {
  /** In lower case, without a dot at its end. */
  readonly domain: string;
  /** Whether clients choose their names; else only reservations give any. */
  readonly fromClient: boolean;
  /** Whether to do the updates that the client wants to do itself (RFC 4702, S of 0). */
  readonly overrideClientUpdate: boolean;
  /** Whether to do the updates that the client wants nobody to do (RFC 4702, N of 1). */
  readonly overrideNoUpdate: boolean;
  /** Whether names are put anywhere at all. */
  readonly isRegistered: boolean;
  /** Labels that no client gets by asking. */
  readonly withheldLabels: ReadonlySet<string>;
  /** Names in full that reservations give. */
  readonly reservedNames: ReadonlySet<string>;
}

/** Where the names of clients are put. */
export interface NameServices {
  readonly hostsFile?: HostsFileSettings;
  readonly dnsUpdate?: DnsUpdate;
  /** In the order of the file. */
  readonly reserved: readonly ReservedName[];
}

/** A name that a reservation gives to its address, and what the machine is known by, if in DNS. */
export interface ReservedName {
  readonly address: Ipv4;
  /** Qualified, in lower case, without a dot at its end. */
  readonly name: string;
  readonly mac?: string;
  readonly clientId?: string;
}

/** How names stand in the hosts file: qualified, their first label, or both. */
export type HostsFileNames = "full" | "short" | "both";

export interface HostsFileSettings {
  readonly path: string;
  /** The least time between two writes. */
  readonly intervalSeconds: number;
  readonly names: HostsFileNames;
  /** The one domain whose names may be short: those of another one could be the same. */
  readonly domain: string;
}

export interface DnsServerAddress {
  readonly hostname: string;
  readonly port: number;
}

/** A name server that takes dynamic updates (RFC 2136). */
export interface DnsUpdate {
  readonly server: DnsServerAddress;
  /** Forward and reverse zones, in lower case, without a dot at their ends. */
  readonly zones: readonly string[];
  readonly ttlSeconds: number;
  readonly key?: TsigKey;
}

/** A key of HMAC-SHA256 (RFC 8945) with exactly one of `secret` and `secretFile`. */
export interface TsigKey {
  readonly name: string;
  /** Never to be shown. */
  readonly secret?: Uint8Array;
  readonly secretFile?: string;
}

/** How other DHCP servers are looked for. */
export interface RogueDetection {
  readonly intervalSeconds: number;
  /** Those that are meant to be there, by their server identifiers. */
  readonly known: ReadonlySet<Ipv4>;
}

/**
 * When a lease counts as kept, and its ACK may leave: once it is synced (`commit`); once the
 * kernel has it, which syncs every `seconds` (`interval`) or when it likes (`none`). The last two
 * outlive the process, but not a power cut.
 */
export type Durability =
  | { readonly kind: "commit" | "none" }
  | { readonly kind: "interval"; readonly seconds: number };

/**
 * Which BOOTP clients get an address (RFC 951): those with a reservation, all, or none. They never
 * ask again, so what they get is theirs without end (RFC 1534 §2).
 */
export type BootpPolicy = "reservations" | "dynamic" | "off";

export interface StatusAddress {
  readonly hostname: string;
  readonly port: number;
}

/** The status endpoint: where it listens, and whom it answers. */
export interface StatusEndpoint extends StatusAddress {
  /** What a request must bring; always there when other machines can reach the address. */
  readonly token?: string;
  /** Names, in lower case, that it may be asked for by; besides addresses and `localhost`. */
  readonly names: readonly string[];
}

export interface Config {
  /** Files, and directories of such, that were read besides the first; absent where none was. */
  readonly included?: readonly string[];
  /** Names of the interfaces to serve; silence everywhere else. */
  readonly interfaces: readonly string[];
  /** Whether this server is the one authority for its subnets (see protocol/respond.ts). */
  readonly authoritative: boolean;
  /** Absent where there are none. */
  readonly classes?: ClientClasses;
  /** Set where a class or a scope has a limit of leases. */
  readonly hasLimits?: true;
  /** Sorted by network, disjoint. */
  readonly subnets: readonly Subnet[];
  /** Set where a subnet has it. */
  readonly proxyDhcp?: true;
  /** Those of the subnets; absent where the config has none. */
  readonly serverIdentifiers?: ReadonlySet<Ipv4>;
  /** Set where a subnet names its interfaces. */
  readonly bindsInterfaces?: true;
  /** How long an offered address is held for the client that was offered it. */
  readonly offerSeconds: number;
  /** How long an address stays out of use that was found taken. */
  readonly quarantineSeconds: number;
  /** How much anybody may ask for; absent when there is no limit. */
  readonly rateLimits?: RateLimits;
  /** How other servers are looked for; absent when they are not. */
  readonly rogueDetection?: RogueDetection;
  /** Whom the server becomes when it is started as root. */
  readonly user?: string;
  /** Names of the interfaces where option 82 is believed that came past every relay agent. */
  readonly trustOption82: ReadonlySet<string>;
  /** Whether clients may name the subnet that they want an address of (option 118, RFC 3011). */
  readonly subnetSelection: boolean;
  /** Who may ask for leases (RFC 4388), by giaddr; absent when nobody may. */
  readonly leasequery?: readonly Cidr[];
  /** Path of the lease journal. */
  readonly journal: string;
  readonly durability: Durability;
  /**
   * The share of a lease time, 0 to below 1, within which a renewal is answered with what is left
   * of the lease as it is on disk, and writes nothing. 0 for never.
   */
  readonly renewWriteThreshold: number;
  /** Where the names of clients are put; absent where they are put nowhere. */
  readonly nameServices?: NameServices;
  /** Where the status endpoint listens; absent when it is `off`. */
  readonly status?: StatusEndpoint;
}
