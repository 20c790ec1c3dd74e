/**
 * The place that is simulated: two wires that the server is on, some behind relay agents, and what
 * the configuration says of each at a time. Told in the last octets of addresses, so that whether
 * an address may be given is judged here without the code that is judged.
 */
import type { Config, ConflictProbe, LeaseTime } from "../../src/config/config.ts";
import type { RateLimits } from "../../src/config/rate_limits.ts";
import { ip, makeSubnet, type ReservationSketch } from "../support/leases_fixture.ts";
import type { Random } from "../support/random.ts";

/** A network with clients on it: a /24. */
export interface Wire {
  /** The first three octets of its addresses. */
  readonly prefix: string;
  /** The interface of the server that its requests come in on. */
  readonly interfaceName: string;
  /** The address at which its clients reach the server. */
  readonly serverAddress: string;
  /** Where there is a relay agent: the agent's address on the wire. */
  readonly relayAddress?: string;
}

/** The first four are those of a small place, the others are further away. */
export const WIRES: readonly Wire[] = [
  { prefix: "192.168.1", interfaceName: "eth0", serverAddress: "192.168.1.1" },
  { prefix: "10.9.0", interfaceName: "eth1", serverAddress: "10.9.0.1" },
  {
    prefix: "10.20.0",
    interfaceName: "eth0",
    serverAddress: "192.168.1.1",
    relayAddress: "10.20.0.1",
  },
  {
    prefix: "172.16.5",
    interfaceName: "eth0",
    serverAddress: "192.168.1.1",
    relayAddress: "172.16.5.1",
  },
  ...[30, 31, 32, 33, 34, 35, 36, 37].map((number): Wire => ({
    prefix: `10.${number}.0`,
    interfaceName: number % 2 === 0 ? "eth0" : "eth1",
    serverAddress: number % 2 === 0 ? "192.168.1.1" : "10.9.0.1",
    relayAddress: `10.${number}.0.1`,
  })),
];

/** Who a client is to the server. */
export interface Identity {
  readonly mac: string;
  /** Option 61 in hex with colons. */
  readonly clientId?: string;
}

/** An address kept for somebody, by its last octet. */
export interface Reserved {
  readonly host: number;
  readonly mac?: string;
  readonly clientId?: string;
}

/** What the configuration says of one wire. */
export interface Rules {
  readonly wire: Wire;
  readonly firstHost: number;
  readonly lastHost: number;
  readonly excluded: readonly number[];
  readonly reserved: readonly Reserved[];
  readonly leaseTime: LeaseTime;
  readonly conflictProbe: ConflictProbe | undefined;
}

export const POOL_FIRST_HOST = 100;
const POOL_HOSTS_MAX = 60;
const EXCLUDED_MAX = 6;

/** Lease times that a wire may have; short, so that much happens in an hour. */
const LEASE_TIMES: readonly LeaseTime[] = [
  { defaultSeconds: 600, minSeconds: 120, maxSeconds: 1_800 },
  { defaultSeconds: 300, minSeconds: 300, maxSeconds: 300 },
  { defaultSeconds: 1_800, minSeconds: 60, maxSeconds: 2_400 },
];
export const LEASE_SECONDS_MAX = 2_400;
export const QUARANTINE_SECONDS = 900;

/** What a wire may have done before an address is offered. */
const CONFLICT_PROBES: readonly (ConflictProbe | undefined)[] = [
  undefined,
  { beyondRouters: true, timeoutMs: 500 },
  { beyondRouters: true, timeoutMs: 2_000 },
  { beyondRouters: false, timeoutMs: 100 },
];

/** Rules as somebody might edit them to: pools grow and shrink, exclusions come and go. */
export function drawRules(
  random: Random,
  people: readonly Identity[],
  wires: readonly Wire[],
): readonly Rules[] {
  return wires.map((wire) => {
    // Often too few for everybody: addresses change hands only where they are scarce.
    const hosts = random.integer(2, random.chance(0.7) ? 8 : POOL_HOSTS_MAX);
    return {
      wire,
      firstHost: POOL_FIRST_HOST,
      lastHost: POOL_FIRST_HOST + hosts - 1,
      excluded: drawHosts(random, random.integer(0, EXCLUDED_MAX)),
      reserved: drawReserved(random, people),
      leaseTime: random.pick(LEASE_TIMES),
      conflictProbe: random.pick(CONFLICT_PROBES),
    };
  });
}

/**
 * The rules with pools that have just enough room for as many clients as are on each wire: nobody
 * is left out, if every address that nobody has is given again.
 */
export function fittingRules(
  rules: readonly Rules[],
  countClients: (wire: Wire) => number,
): readonly Rules[] {
  return rules.map((rule) => {
    const isWithheld = (host: number) =>
      rule.excluded.includes(host) || rule.reserved.some((it) => it.host === host);
    let lastHost = rule.firstHost - 1;
    for (let left = countClients(rule.wire); left > 0;) if (!isWithheld(++lastHost)) left--;
    return { ...rule, lastHost: Math.max(lastHost, rule.firstHost) };
  });
}

function drawHosts(random: Random, count: number): number[] {
  return Array.from(
    { length: count },
    () => POOL_FIRST_HOST + random.integer(0, random.chance(0.5) ? 8 : POOL_HOSTS_MAX - 1),
  );
}

/** Some people have an address of their own, inside the pool or outside of it. */
function drawReserved(random: Random, people: readonly Identity[]): Reserved[] {
  const taken = new Set<number>();
  return people.filter(() => random.chance(0.1)).flatMap(({ mac, clientId }) => {
    const host = random.chance(0.5)
      ? random.integer(10, 60)
      : random.integer(POOL_FIRST_HOST, POOL_FIRST_HOST + 9);
    if (taken.has(host)) return [];
    taken.add(host);
    return [clientId !== undefined && random.chance(0.5) ? { host, clientId } : { host, mac }];
  });
}

/** The configuration that says these rules. */
export function makeConfig(
  rules: readonly Rules[],
  fixed: Pick<Config, "authoritative" | "journal" | "renewWriteThreshold">,
): Config {
  const subnets = rules.map((rule) => {
    const { wire: { prefix }, firstHost, lastHost, excluded, reserved, leaseTime, conflictProbe } =
      rule;
    const reservations = reserved.map(({ host, ...key }): ReservationSketch => ({
      ...key,
      address: `${prefix}.${host}`,
    }));
    return makeSubnet({
      subnet: `${prefix}.0/24`,
      pools: [`${prefix}.${firstHost}-${prefix}.${lastHost}`],
      exclude: excluded.map((host) => `${prefix}.${host}`),
      reservations,
      leaseTime,
      conflictProbe,
      options: OPTIONS,
      // A message that lost its cookie on the way would be a BOOTP client's; here are none.
      bootp: "off",
    });
  });
  return {
    ...fixed,
    interfaces: [...new Set(WIRES.map(({ interfaceName }) => interfaceName))],
    subnets: subnets.sort((a, b) => a.cidr.network - b.cidr.network),
    offerSeconds: 60,
    quarantineSeconds: QUARANTINE_SECONDS,
    rateLimits: RATE_LIMITS,
    trustOption82: new Set(),
    subnetSelection: false,
    durability: { kind: "commit" },
  };
}

/** So that some are held back now and then: those who decline too often, and who is new. */
const RATE_LIMITS: RateLimits = {
  client: { intervalMs: 1_000, burst: 20 },
  declines: { intervalMs: 60_000, burst: 2 },
  newLeases: { intervalMs: 50, burst: 50 },
  newLeasesPerRelay: { intervalMs: 100, burst: 30 },
  newLeasesPerCircuit: { intervalMs: 1_000, burst: 5 },
  newLeasesFrom: 0.5,
};

/** Routers, name servers, a domain, and options so long that not every client takes them all. */
const OPTIONS = new Map<number, Uint8Array>([
  [3, Uint8Array.of(192, 168, 1, 1)],
  [6, Uint8Array.of(9, 9, 9, 9, 1, 1, 1, 1)],
  [15, new TextEncoder().encode("home.arpa")],
  [43, new Uint8Array(250).fill(7)],
  [67, new TextEncoder().encode("pxe/".repeat(30))],
]);

/** Addresses of the server's interfaces, as `192.168.1.1/24`. */
export function serverAddresses(interfaceName: string): readonly string[] {
  return WIRES.filter((it) => it.interfaceName === interfaceName && it.relayAddress === undefined)
    .map(({ serverAddress }) => `${serverAddress}/24`);
}

/**
 * Why the rules forbid that a client is given an address; `undefined` when they allow it.
 * `keeps`: it holds the address already.
 */
export function whyForbidden(
  rules: readonly Rules[],
  address: string,
  client: Identity,
  keeps: boolean,
): string | undefined {
  const dot = address.lastIndexOf(".");
  const host = Number(address.slice(dot + 1));
  const rule = rules.find(({ wire }) => wire.prefix === address.slice(0, dot));
  if (rule === undefined) return "it lies outside of every subnet";
  const own =
    rule.reserved.find(({ clientId }) => clientId !== undefined && clientId === client.clientId) ??
      rule.reserved.find(({ mac }) => mac === client.mac);
  if (own?.host === host) return undefined;
  // One whose own reservation another still holds may wait for it where it is.
  if (keeps && own !== undefined) return undefined;
  if (rule.reserved.some((it) => it.host === host)) return "it is reserved for another";
  if (rule.excluded.includes(host)) return "it is excluded";
  if (host < rule.firstHost || host > rule.lastHost) return "it is in no pool";
  return undefined;
}

/** Whether the address is the machine's with the MAC, whatever it calls itself. */
export function isForMac(rules: readonly Rules[], address: string, mac: string): boolean {
  return rules.some(({ wire: { prefix }, reserved }) =>
    reserved.some((it) => it.mac === mac && address === `${prefix}.${it.host}`)
  );
}

/** The wire that an address lies on. */
export function wireOf(address: string): Wire | undefined {
  return WIRES.find(({ prefix }) => address.startsWith(`${prefix}.`));
}

/** An address as the server's interfaces have it: a number. */
export const number = ip;
