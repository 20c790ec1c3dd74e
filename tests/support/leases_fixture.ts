/** Makers of subnets, clients and leases for tests, in the terms of the config file. */
import assert from "node:assert/strict";
import type * as z from "zod";
import { bootSchema } from "../../src/config/boot_schema.ts";
import type {
  AddressRange,
  Allocation,
  Boot,
  BootpPolicy,
  ConflictProbe,
  Identity,
  LeaseTime,
  NamePolicy,
  OptionSet,
  Pool,
  RelayPort,
  Reservation,
  ScopeSettings,
  Subnet,
  VendorId,
} from "../../src/config/config.ts";
import { type Client, type Lease, type LeaseState, makeClient } from "../../src/leases/lease.ts";
import type { Seeker } from "../../src/leases/reservations.ts";
import {
  formatIpv4,
  type Ipv4,
  lastAddress,
  netmask,
  parseCidr,
  parseIpv4,
} from "../../src/wire/ipv4.ts";
import { Option } from "../../src/wire/option_codes.ts";
import { encodeOptionValue } from "../../src/wire/option_values.ts";

/** A reservation as a test writes it: the address as text. */
export interface ReservationSketch extends Partial<ScopeSettings> {
  /** One of several `macs`. */
  readonly mac?: string;
  readonly macs?: readonly string[];
  readonly clientId?: string;
  readonly port?: RelayPort;
  readonly vendorId?: VendorId;
  readonly address?: string;
  readonly hostname?: string;
  readonly comment?: string;
}

/** A pool with settings of its own; those that it does not name are the subnet's. */
export interface PoolSketch extends Partial<ScopeSettings> {
  /** As the subnet's unless told. */
  readonly allocation?: Allocation;
  /** `a-b` or one address each. */
  readonly range: readonly string[];
}

/** What a test says of a subnet; the rest is made up. */
export interface SubnetSketch {
  /** `192.168.1.0/24` unless told. */
  readonly subnet?: string;
  readonly sharedNetwork?: string;
  /** `a-b` or one address each; all but the network's first and last address unless told. */
  readonly pools?: readonly (string | PoolSketch)[];
  /** `a-b` or one address each. */
  readonly exclude?: readonly string[];
  readonly reservations?: readonly ReservationSketch[];
  /** 12 hours, from 2 minutes to 24 hours, unless told. */
  readonly leaseTime?: LeaseTime;
  /** No unless told. */
  readonly rapidCommit?: boolean;
  /** Any relay agent unless told. */
  readonly relays?: readonly string[];
  /** None unless told. */
  readonly conflictProbe?: ConflictProbe | undefined;
  readonly options?: OptionSet;
  readonly boot?: Boot;
  /** `reservations` unless told. */
  readonly bootp?: BootpPolicy;
  /** `hash` unless told. */
  readonly allocation?: Allocation;
  /** `client-id` unless told. */
  readonly identity?: Identity;
  readonly proxyDhcp?: boolean;
  /** Clients have no names unless told. */
  readonly names?: NamePolicy;
}

const LEASE_TIME: LeaseTime = { defaultSeconds: 43_200, minSeconds: 120, maxSeconds: 86_400 };

/** The `boot` of a config file. */
export function makeBoot(written: z.input<typeof bootSchema>): Boot {
  return bootSchema.parse(written);
}

/** A dotted quad that is known to be one. */
export function ip(text: string): Ipv4 {
  const address = parseIpv4(text);
  assert(address !== undefined, `not an address: ${text}`);
  return address;
}

/** A subnet as `config/load.ts` would make it: pools less exclusions and reserved addresses. */
export function makeSubnet(sketch: SubnetSketch = {}): Subnet {
  const name = sketch.subnet ?? "192.168.1.0/24";
  const cidr = parseCidr(name);
  assert(cidr !== undefined, `not a subnet: ${name}`);
  const broadcast = lastAddress(cidr);
  const reservations = (sketch.reservations ?? []).map(makeReservation);
  const reserved = reservations.filter(hasAddress);
  const settings = {
    leaseTime: sketch.leaseTime ?? LEASE_TIME,
    options: sketch.options ?? new Map(),
    ...(sketch.boot !== undefined && { boot: sketch.boot }),
  };
  const holes = [
    ...(sketch.exclude ?? []).map(parseRange),
    ...reserved.map(({ address }) => ({ first: address, last: address })),
  ];
  const whole = `${formatIpv4(cidr.network + 1)}-${formatIpv4(broadcast - 1)}`;
  const sketches = sketch.pools ?? [whole];
  const plain = sketches.filter((it) => typeof it === "string");
  const pools = [...plain.length > 0 ? [{ range: plain }] : [], ...sketches]
    .filter((it) => typeof it !== "string")
    .map(({ range, ...own }) => {
      const spans = range.map(parseRange).sort((a, b) => a.first - b.first);
      const ranges = holes.reduce(withhold, spans);
      const options = new Map([...settings.options, ...own.options ?? []]);
      const { allocation = "hash" } = sketch;
      const named = { name: range.join(", "), ranges, allocation };
      const pool: Pool = { ...named, ...settings, ...own, options };
      return { pool, spans: spans.map((span) => ({ ...span, pool })) };
    });
  return {
    name,
    cidr,
    netmask: netmask(cidr.prefixLength),
    broadcast,
    ...(sketch.sharedNetwork !== undefined && { sharedNetwork: sketch.sharedNetwork }),
    pools: pools.map(({ pool }) => pool),
    spans: pools.flatMap(({ spans }) => spans).sort((a, b) => a.first - b.first),
    rapidCommit: sketch.rapidCommit ?? false,
    bootp: sketch.bootp ?? "reservations",
    identity: sketch.identity ?? "client-id",
    ...(sketch.proxyDhcp === true && { proxyDhcp: true }),
    ...(sketch.relays === undefined ? {} : { relays: new Set(sketch.relays.map(ip)) }),
    ...(sketch.conflictProbe && { conflictProbe: sketch.conflictProbe }),
    ...settings,
    reservations: {
      all: reservations,
      byAddress: new Map(reserved.map((it) => [it.address, it])),
    },
    ...(sketch.names === undefined ? {} : { names: sketch.names }),
  };
}

function makeReservation({ mac, address, ...sketch }: ReservationSketch): Reservation {
  return {
    ...(mac !== undefined && { macs: [mac] }),
    ...(address !== undefined && { address: ip(address) }),
    ...sketch,
    options: new Map([...hostnameOption(sketch.hostname), ...sketch.options ?? []]),
  };
}

function hasAddress(reservation: Reservation): reservation is Reservation & { address: Ipv4 } {
  return reservation.address !== undefined;
}

/** What anyone may be given on a subnet. */
export function rangesOf({ pools }: Subnet): AddressRange[] {
  return pools.flatMap(({ ranges }) => ranges);
}

/** The Ethernet client `b8:27:eb:00:HI:LO` of a number, without a client identifier unless given. */
export function numberedClient(number: number, clientId?: string): Client {
  const octets = [0xb8, 0x27, 0xeb, (number >>> 16) & 255, (number >>> 8) & 255, number & 255];
  const mac = octets.map((octet) => octet.toString(16).padStart(2, "0")).join(":");
  return makeClient(1, mac, clientId);
}

/** A client that says no more of itself than who it is. */
export function seekerOf(client: Client): Seeker {
  return { client, relayInformation: undefined, view: { option: () => undefined } };
}

/** What a test says of a lease; the rest is made up. */
export interface LeaseSketch {
  readonly address: string | Ipv4;
  /** Client 1 unless told. */
  readonly client?: Client;
  /** `bound` unless told. */
  readonly state?: LeaseState;
  readonly hostname?: string;
  readonly relayInformation?: Uint8Array;
  readonly classes?: readonly string[];
  readonly name?: string;
  /** 0 unless told. */
  readonly updatedAtMs?: number;
  /** An hour after `updatedAtMs` unless told. */
  readonly expiresAtMs?: number;
}

/** A lease record. */
export function makeLease(sketch: LeaseSketch): Lease {
  const updatedAtMs = sketch.updatedAtMs ?? 0;
  return {
    address: typeof sketch.address === "string" ? ip(sketch.address) : sketch.address,
    client: sketch.client ?? numberedClient(1),
    state: sketch.state ?? "bound",
    ...(sketch.hostname === undefined ? {} : { hostname: sketch.hostname }),
    ...(sketch.relayInformation === undefined ? {} : { relayInformation: sketch.relayInformation }),
    ...(sketch.classes === undefined ? {} : { classes: sketch.classes }),
    ...(sketch.name === undefined ? {} : { name: sketch.name }),
    updatedAtMs,
    expiresAtMs: sketch.expiresAtMs ?? updatedAtMs + 3_600_000,
  };
}

/** `formatIpv4` that lets the absent through, so that assertions read as addresses. */
export function dotted(address: Ipv4 | undefined): string | undefined {
  return address === undefined ? undefined : formatIpv4(address);
}

function hostnameOption(hostname: string | undefined): OptionSet {
  if (hostname === undefined) return new Map();
  return new Map([[Option.HOST_NAME, encodeOptionValue("text", hostname)]]);
}

function parseRange(text: string): AddressRange {
  const [first, last = first] = text.split("-");
  return { first: ip(first!), last: ip(last!) };
}

function withhold(ranges: readonly AddressRange[], hole: AddressRange): AddressRange[] {
  return ranges.flatMap((range) =>
    [
      { first: range.first, last: Math.min(range.last, hole.first - 1) },
      { first: Math.max(range.first, hole.last + 1), last: range.last },
    ].filter(({ first, last }) => first <= last)
  );
}
