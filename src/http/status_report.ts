/** What the status endpoint says: one report, as a value and as text for a terminal. */
import { isQuarantined } from "../leases/lease.ts";
import { NEWEST_MAX } from "../leases/newest_rows.ts";
import type { AddressCounts } from "../leases/standings.ts";
import type { InterfaceStatus } from "../link/link.ts";
import type { NamesStatus } from "../names/name_registrar.ts";
import { approximateDuration } from "../server/approximate_duration.ts";
import { crowdedPools, describeCrowd, type QuarantineStatus } from "../server/quarantine_watch.ts";
import type { LimitsStatus } from "../server/rate_limiter.ts";
import type { ReloadStatus, StatusSource } from "../server/status.ts";
import { VERSION } from "../server/version.ts";
import type { StoreHealth } from "../store/lease_store.ts";
import { escapeInvisible, quoteUnlessPlain } from "../wire/escape.ts";
import { formatIpv4, type Ipv4 } from "../wire/ipv4.ts";
import { formatLeases, type Instant, instantOf, type LeaseView, viewLease } from "./lease_view.ts";
import { formatWaits, listWaits, type WaitView } from "./reservation_waits.ts";
import { formatRefusals, listRefusals, type RefusalView } from "./refusal_view.ts";
import { ROGUE_COLUMNS, rogueRow, type RogueView, viewRogue } from "./rogue_view.ts";
import { formatTable } from "./text_table.ts";

/** The report as JSON has it. */
export interface StatusReport {
  readonly version: string;
  readonly "uptime-seconds": number;
  readonly store: StoreHealth;
  /** What became of the times that the config was read again. */
  readonly reloads: ReloadStatus;
  readonly interfaces: readonly InterfaceStatus[];
  readonly subnets: readonly SubnetView[];
  /** Number of lease records, whatever their state. */
  readonly "lease-count": number;
  readonly "rate-limits": LimitsStatus;
  readonly quarantine: QuarantineView;
  /** Other servers that answer on our wires. */
  readonly "other-servers": readonly RogueView[];
  /** Absent where names are put nowhere. */
  readonly names?: NamesStatus;
  /** The records changed last, the newest first. */
  readonly "last-leases": readonly LeaseView[];
  /** Addresses in quarantine because a probe was answered, the last first. */
  readonly conflicts: readonly ConflictView[];
  /** Clients that wait for an address that is reserved for them, the last first. */
  readonly "reservations-waiting": readonly WaitView[];
  /** Who was refused in the last hour, the newest first. */
  readonly "refused-last-hour": readonly RefusalView[];
  readonly counters: {
    readonly requests: Readonly<Record<string, number>>;
    readonly outcomes: Readonly<Record<string, number>>;
    readonly rules: Readonly<Record<string, number>>;
    readonly dropped: Readonly<Record<string, number>>;
    readonly "oversized-datagrams": number;
    readonly "unsent-replies": number;
  };
}

/** What became of quarantines, and whether a pool has as many as there may be. */
export type QuarantineView = QuarantineStatus & { readonly alarm: boolean };

/** How the addresses of a subnet stand, and those of its pools where it has several. */
export type SubnetView = AddressCounts & {
  readonly subnet: string;
  readonly pools?: readonly (AddressCounts & { readonly pool: string })[];
};

/** An address that somebody uses who did not get it here. */
export interface ConflictView {
  readonly address: string;
  readonly interface: string;
  /** The relay agent of the network that it was found on. */
  readonly relay?: string;
  /** The hardware address of who uses it; absent where it lies beyond a router. */
  readonly occupant?: string;
}

/** Why clients are not, or not all, served; `undefined` when all is well. */
export interface Trouble {
  /** Whether nobody at all can get a lease. */
  readonly outage: boolean;
  readonly reason: string;
}

/** The report, as of now. */
export function reportStatus(source: StatusSource): StatusReport {
  const now = instantOf(source.clock);
  const { leases, metrics } = source;
  const names = source.names();
  const { oversizedDatagrams, unsentReplies } = source.linkCounters();
  return {
    version: VERSION,
    "uptime-seconds": uptimeSeconds(source, now),
    store: source.health(),
    reloads: source.reloads(),
    interfaces: source.interfaces(),
    subnets: countSubnets(source, now),
    "lease-count": leases.size,
    "rate-limits": source.limits(),
    quarantine: { alarm: hasCrowdedPool(source), ...source.quarantines() },
    "other-servers": source.rogues.servers.map((server) => viewRogue(server, now)),
    ...(names === undefined ? {} : { names }),
    "last-leases": leases.newest(NEWEST_MAX)
      .map((lease) => viewLease(lease, now, source.config().subnets)),
    conflicts: listConflicts(source, now),
    "reservations-waiting": listWaits(source, now),
    "refused-last-hour": listRefusals(source, now),
    counters: {
      requests: Object.fromEntries(metrics.requests),
      outcomes: Object.fromEntries(metrics.outcomes),
      rules: Object.fromEntries(metrics.rules),
      dropped: Object.fromEntries(metrics.dropped),
      "oversized-datagrams": oversizedDatagrams,
      "unsent-replies": unsentReplies,
    },
  };
}

/** The report without the counters, as a short page for a terminal. */
export function formatStatus(source: StatusSource): string {
  const now = instantOf(source.clock);
  const trouble = findTrouble(source);
  const title = `sublet ${VERSION}, up ${approximateDuration(uptimeSeconds(source, now))}: ` +
    describeState(trouble) + "\n";

  const interfaces = formatTable([
    ["interface", "state", "addresses"],
    ...source.interfaces().map(({ name, state, addresses }) => [
      quoteUnlessPlain(name),
      state,
      addresses.length === 0 ? "-" : addresses.join(", "),
    ]),
  ]);

  const subnets = formatTable([
    ["subnet", "used", "offered", "quarantined", "free", "of"],
    ...countSubnets(source, now).flatMap(({ subnet, pools = [], ...counts }) => [
      countsRow(subnet, counts),
      ...pools.map(({ pool, ...counts }) => countsRow(`  ${pool}`, counts)),
    ]),
  ], [1, 2, 3, 4, 5]);

  const leases = formatNewest(source, now);

  const conflicts = listConflicts(source, now).map((it) => [
    it.address,
    it.occupant ?? "-",
    it.relay === undefined ? quoteUnlessPlain(it.interface) : `relay ${it.relay}`,
  ]);
  const taken = conflicts.length === 0
    ? []
    : [formatTable([["in use by others", "by", "on"], ...conflicts])];

  const rogues = source.rogues.servers.map((server) => rogueRow(server, now));
  const others = rogues.length === 0 ? [] : [formatTable([ROGUE_COLUMNS, ...rogues])];

  const names = formatNames(source.names());
  const waits = formatWaits(source, now);
  const refused = formatRefusals(source, now);
  return [title, interfaces, subnets, ...taken, ...others, ...refused, ...waits, ...names, leases]
    .join("\n");
}

/** The leases that changed last, and where the others are. */
function formatNewest({ leases, config }: StatusSource, now: Instant): string {
  const newest = leases.newest(NEWEST_MAX);
  if (newest.length === 0) return "no leases yet\n";
  const rest = newest.length < leases.size
    ? `${newest.length} of ${leases.size}, newest first; /leases has all\n`
    : "";
  return rest + formatLeases(newest, now, config().subnets);
}

function countsRow(name: string, counts: AddressCounts): readonly string[] {
  const { used, offered, quarantined, free, size } = counts;
  return [name, ...[used, offered, quarantined, free, size].map(String)];
}

/** Those of the last conflicts whose addresses are still in quarantine, each address once. */
function listConflicts({ metrics, leases }: StatusSource, now: Instant): readonly ConflictView[] {
  const seen = new Set<Ipv4>();
  return metrics.lastConflicts.filter(({ address }) => {
    const lease = leases.get(address);
    const isNews = lease !== undefined && isQuarantined(lease, now.monotonicMs) &&
      !seen.has(address);
    seen.add(address);
    return isNews;
  }).map(({ address, interfaceName, relay, occupant }) => ({
    address: formatIpv4(address),
    interface: interfaceName,
    ...(relay === undefined ? {} : { relay: formatIpv4(relay) }),
    ...(occupant === undefined ? {} : { occupant }),
  }));
}

/** How it goes with name servers, a line for each; nothing where there are none. */
function formatNames(names: NamesStatus | undefined): string[] {
  if (names === undefined) return [];
  const rows = [["names", "at", "state"]];
  const { "hosts-file": file, "dns-update": update } = names;
  if (file !== undefined) {
    const state = file.problem === undefined
      ? `${file.names} written`
      : `not written: ${file.problem}`;
    rows.push(["hosts file", quoteUnlessPlain(file.path), escapeInvisible(state)]);
  }
  if (update !== undefined) {
    const { server, pending, done, conflicts, problem } = update;
    const state = `${done} done, ${pending} pending, ${conflicts} in conflict` +
      (problem === undefined ? "" : `; ${escapeInvisible(problem)}`);
    rows.push(["dns update", server, state]);
  }
  return [formatTable(rows)];
}

function describeState(trouble: Trouble | undefined): string {
  if (trouble === undefined) return "serving";
  const reason = escapeInvisible(trouble.reason);
  return trouble.outage ? reason : `serving, but ${reason}`;
}

/**
 * What keeps clients from being served. A store that cannot write is an outage: no ACK leaves
 * without it. So is having no interface to serve; but while one of several serves, the others may
 * just be waiting for their cable, which is normal and heals by itself. A clock that is wrong
 * keeps nobody from being served, nor does a hosts file, nor do those who ask for too much.
 */
export function findTrouble(source: StatusSource): Trouble | undefined {
  const store = source.health();
  if (!store.ok) {
    return { outage: true, reason: `leases cannot be written: ${store.problem ?? "unknown"}` };
  }
  const interfaces = source.interfaces();
  const waiting = interfaces.filter(({ state }) => state !== "serving");
  if (waiting.length === 0) {
    const reason = source.limits().alarm
      ? STARVATION
      : describeOldConfig(source) ?? describeCrowdedPool(source) ?? describeRogues(source) ??
        describeNoHosts(source) ?? store["clock-problem"];
    return reason === undefined ? undefined : { outage: false, reason };
  }
  const outage = waiting.length === interfaces.length;
  const idle = waiting.map(({ name, state }) => `${name} ${STATE_WORDS[state]}`).join(", ");
  const oldConfig = outage ? undefined : describeOldConfig(source);
  return { outage, reason: oldConfig === undefined ? idle : `${oldConfig}; ${idle}` };
}

function describeOldConfig(source: StatusSource): string | undefined {
  const { problem } = source.reloads();
  return problem === undefined
    ? undefined
    : `the config was not reloaded, the one before is in force: ${problem}`;
}

function describeCrowdedPool({ config, leases }: StatusSource): string | undefined {
  const [pool] = crowdedPools(config().subnets, leases);
  return pool && `${describeCrowd(pool)} (see the log, and quarantine in /status)`;
}

/** Whether a pool has as many addresses in quarantine as there may be. */
export function hasCrowdedPool({ config, leases }: StatusSource): boolean {
  return crowdedPools(config().subnets, leases).next().done === false;
}

function describeRogues({ rogues }: StatusSource): string | undefined {
  const present = rogues.servers.filter(({ isPresent }) => isPresent);
  if (present.length === 0) return undefined;
  const who = present.map((it) => `${formatIpv4(it.serverIdentifier)} on ${it.interfaceName}`);
  return `clients hear other DHCP servers, too: ${who.join(", ")}`;
}

function describeNoHosts(source: StatusSource): string | undefined {
  const file = source.names()?.["hosts-file"];
  if (file?.problem === undefined) return undefined;
  return `the hosts file ${file.path} cannot be written: ${file.problem}`;
}

const STARVATION = "more is asked for than can be given (see the log, and rate-limits in /status)";

const STATE_WORDS: Readonly<Record<InterfaceStatus["state"], string>> = {
  serving: "is serving",
  missing: "is missing",
  down: "is down",
  "no-address": "has no address",
  "no-socket": "has no socket (see the log)",
};

function uptimeSeconds(source: StatusSource, now: Instant): number {
  return Math.floor((now.monotonicMs - source.startedAtMs) / 1_000);
}

function countSubnets(source: StatusSource, now: Instant): StatusReport["subnets"] {
  const { leases } = source;
  // The counts are as of the table's last `advance`, and a quiet network has none.
  leases.advance(now.monotonicMs);
  return source.config().subnets.map((subnet) => ({
    subnet: subnet.name,
    ...leases.counts(subnet),
    ...(subnet.pools.length > 1 && {
      pools: subnet.pools.map((pool) => ({ pool: pool.name, ...leases.poolCounts(pool) })),
    }),
  }));
}
