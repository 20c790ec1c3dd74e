/** The engine's config, of a file that has passed every check. */
import { isAbsolute, join } from "node:path";
import { formatCidr, lastAddress, netmask } from "../wire/ipv4.ts";
import { Option } from "../wire/option_codes.ts";
import { encodeOptionValue } from "../wire/option_values.ts";
import { blockEdges, formatRange, subtractRanges } from "./address_range.ts";
import { buildClasses } from "./class_build.ts";
import type { ClientClass, ClientClasses } from "./client_class.ts";
import type {
  AddressRange,
  Allocation,
  Config,
  NamePolicy,
  PlaceSettings,
  Pool,
  PoolSpan,
  Subnet,
} from "./config.ts";
import { resolveConflictProbe } from "./conflict_probe_schema.ts";
import { buildNamePolicies, buildNameServices } from "./names_build.ts";
import { buildReservations } from "./reservations_build.ts";
import type { ParsedConfig } from "./schema.ts";
import { inherit, mergeOptions, settingsOf } from "./scopes.ts";
import { buildServing } from "./serving_schema.ts";
import type { ParsedPool, ParsedSubnet } from "./subnet_schema.ts";

/**
 * Resolves inheritance and puts everything the way the engine looks it up. A relative path starts
 * at `directory`, that of the file: wherever a command runs, it means the same journal.
 */
export function buildConfig(parsed: ParsedConfig, directory: string): Config {
  const defaults = { leaseTime: Object.freeze(parsed["lease-time"]), ...settingsOf(parsed) };
  const networks = new Map(
    parsed["shared-networks"].map((it) => [it.name, inherit(defaults, settingsOf(it))]),
  );
  const policies = buildNamePolicies(parsed);
  const nameServices = buildNameServices(parsed, directory);
  const reservations = parsed.subnets.flatMap((subnet) => subnet.reservations);
  const classes = buildClasses(
    parsed.classes,
    reservations.some((it) => it.classes !== undefined),
  );
  const subnets = parsed.subnets
    .map((subnet, i) => {
      const around = networks.get(subnet["shared-network"] ?? "") ?? defaults;
      return buildSubnet(subnet, tellDomain(around, policies[i]), policies[i], classes, parsed);
    })
    .sort((a, b) => a.cidr.network - b.cidr.network);
  return Object.freeze({
    interfaces: Object.freeze(parsed.interfaces),
    authoritative: parsed.authoritative,
    ...(classes !== undefined && { classes }),
    ...(hasLimits(classes, subnets) && { hasLimits: true }),
    subnets: Object.freeze(subnets),
    ...(subnets.some(({ proxyDhcp }) => proxyDhcp) && { proxyDhcp: true }),
    ...(subnets.some(({ interfaces }) => interfaces) && { bindsInterfaces: true }),
    ...identifiersOf(subnets),
    offerSeconds: parsed["offer-time"],
    quarantineSeconds: parsed["quarantine-time"],
    ...(parsed["rogue-detection"] && { rogueDetection: parsed["rogue-detection"] }),
    ...(parsed["rate-limits"] && { rateLimits: Object.freeze(parsed["rate-limits"]) }),
    ...(parsed.user !== undefined && { user: parsed.user }),
    trustOption82: new Set(parsed["trust-option-82"]),
    subnetSelection: parsed["subnet-selection"],
    ...(parsed.leasequery && { leasequery: Object.freeze(parsed.leasequery) }),
    journal: isAbsolute(parsed.journal) ? parsed.journal : join(directory, parsed.journal),
    durability: Object.freeze(parsed.durability),
    renewWriteThreshold: parsed["renew-write-threshold"],
    ...(nameServices !== undefined && { nameServices }),
    ...(parsed.status && { status: Object.freeze(parsed.status) }),
  });
}

function identifiersOf(subnets: readonly Subnet[]): Pick<Config, "serverIdentifiers"> {
  const identifiers = subnets.map((it) => it.serverIdentifier).filter((it) => it !== undefined);
  return identifiers.length === 0 ? {} : { serverIdentifiers: new Set(identifiers) };
}

function hasLimits(classes: ClientClasses | undefined, subnets: readonly Subnet[]): boolean {
  const scopes = [
    ...classes?.all ?? [],
    ...subnets.flatMap((subnet) => [subnet, ...subnet.pools, ...subnet.reservations.all]),
  ];
  return classes?.all.some(({ limit }) => limit !== undefined) === true ||
    scopes.some(({ portLimit }) => portLimit !== undefined);
}

/** Clients look names up in the domain that theirs are in, unless told otherwise. */
function tellDomain(around: PlaceSettings, names: NamePolicy | undefined): PlaceSettings {
  if (names === undefined) return around;
  const domain = new Map([[Option.DOMAIN_NAME, encodeOptionValue("text", names.domain)]]);
  return { ...around, options: mergeOptions(domain, around.options) };
}

function buildSubnet(
  parsed: ParsedSubnet,
  around: PlaceSettings,
  names: NamePolicy | undefined,
  classes: ClientClasses | undefined,
  file: ParsedConfig,
): Subnet {
  const cidr = Object.freeze(parsed.subnet);
  const sharedNetwork = parsed["shared-network"];
  const network = file["shared-networks"].find(({ name }) => name === sharedNetwork);
  const settings = inherit(around, settingsOf(parsed));
  const reservations = buildReservations(parsed.reservations, classes);
  const reserved = reservations.byAddress.keys().map((it) => ({ first: it, last: it }));
  const holes = [...parsed.exclude, ...reserved];
  const isSkipping = parsed["skip-0-and-255"] ?? file["skip-0-and-255"];
  const allocation = parsed.allocation ?? network?.allocation ?? file.allocation;
  const spans: PoolSpan[] = [];
  const pools = groupPools(parsed.pools).map(
    ({ range, only, allocation: ownAllocation, ...own }) => {
      const pool = buildPool(range, isSkipping ? [...holes, ...blockEdges(range)] : holes, {
        allocation: ownAllocation ?? allocation,
        only: classesNamed(only ?? parsed.only, classes),
        settings: inherit(settings, settingsOf(own)),
      });
      for (const { first, last } of range) spans.push(Object.freeze({ first, last, pool }));
      return pool;
    },
  );
  const conflictProbe = resolveConflictProbe(file["conflict-probe"], parsed["conflict-probe"]);
  return Object.freeze({
    name: formatCidr(cidr),
    cidr,
    netmask: netmask(cidr.prefixLength),
    broadcast: lastAddress(cidr),
    ...(sharedNetwork !== undefined && { sharedNetwork }),
    pools: Object.freeze(pools.sort((a, b) => breadth(a) - breadth(b))),
    spans: Object.freeze(spans.sort((a, b) => a.first - b.first)),
    bootp: parsed.bootp ?? file.bootp,
    identity: parsed.identity ?? network?.identity ?? file.identity,
    ...buildServing(parsed, network, file),
    ...(parsed["proxy-dhcp"] && { proxyDhcp: true }),
    ...(conflictProbe && { conflictProbe }),
    ...(parsed.interface && { interfaces: new Set(parsed.interface) }),
    ...(parsed.relays && { relays: new Set(parsed.relays) }),
    rapidCommit: parsed["rapid-commit"] ?? file["rapid-commit"],
    ...settings,
    reservations,
    ...(names !== undefined && { names }),
  });
}

/** The ranges that have no settings of their own are one pool, at the place of the first. */
function groupPools(parsed: readonly ParsedPool[]): ParsedPool[] {
  const isPlain = (pool: ParsedPool) => Object.keys(pool).length === 1;
  const plain = parsed.filter(isPlain);
  const whole = { range: plain.flatMap(({ range }) => range) };
  return parsed.flatMap((pool) => {
    if (!isPlain(pool)) return [pool];
    return pool === plain[0] ? [whole] : [];
  });
}

/** How many classes have a share in a pool. What is for some only is not left over for others. */
function breadth({ only }: Pool): number {
  return only?.size ?? Number.MAX_SAFE_INTEGER;
}

function classesNamed(
  names: readonly string[] | undefined,
  classes: ClientClasses | undefined,
): ReadonlySet<ClientClass> | undefined {
  return names && new Set(classes?.all.filter(({ name }) => names.includes(name)));
}

/** What a pool is besides its addresses. */
interface PoolTerms {
  readonly allocation: Allocation;
  readonly only: ReadonlySet<ClientClass> | undefined;
  readonly settings: PlaceSettings;
}

function buildPool(
  ranges: readonly AddressRange[],
  holes: readonly AddressRange[],
  { allocation, only, settings }: PoolTerms,
): Pool {
  const left = subtractRanges(ranges, holes).map((range) => Object.freeze(range));
  return Object.freeze({
    name: ranges.map(formatRange).join(", "),
    ranges: Object.freeze(left),
    allocation,
    ...(only !== undefined && { only }),
    ...settings,
  });
}
