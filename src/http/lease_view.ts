/** A lease as people and programs see it from outside: with wall time, as of now. */
import type { Subnet } from "../config/config.ts";
import { isActive, isQuarantined, type Lease, type LeaseState } from "../leases/lease.ts";
import { reservationOf } from "../leases/reservations.ts";
import { approximateDuration } from "../server/approximate_duration.ts";
import type { Clock } from "../store/clock.ts";
import { formatWall } from "../store/journal_format.ts";
import { escapeInvisible, quoteUnlessPlain, stringifyVisibly } from "../wire/escape.ts";
import { formatIpv4 } from "../wire/ipv4.ts";
import { HTYPE_ETHERNET } from "../wire/message_view.ts";
import { nameRelayInformation, type RelayInformationByName } from "../wire/relay_agent.ts";
import { formatTable } from "./text_table.ts";

/** One instant on both clocks, read together. */
export interface Instant {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/** The state of the record, or `expired` when the time of a lease or a quarantine is over. */
export type ShownState = LeaseState | "expired";

/** One lease in JSON. The names are those of the journal. */
export interface LeaseView {
  readonly address: string;
  readonly mac: string;
  /** IANA hardware type of `mac`, when it is not 1 (Ethernet). */
  readonly htype?: number;
  readonly "client-id"?: string;
  /** As the client sent it: untrusted text. */
  readonly hostname?: string;
  /** What the address is called in DNS or in the hosts file. */
  readonly name?: string;
  /** What the config says of the machine in its reservation. */
  readonly comment?: string;
  /** Those of the config that its client was in when it was last heard. */
  readonly classes?: readonly string[];
  /** What the relay agent said of where the client is. */
  readonly "option-82"?: RelayInformationByName;
  readonly state: ShownState;
  /** ISO 8601 in UTC, or `infinite`; for a released lease, when it was released. */
  readonly expires: string;
  /** Whole seconds until `expires`, 0 once it is past; `null` when that is never. */
  readonly "seconds-left": number | null;
}

/** Reads both clocks. */
export function instantOf(clock: Clock): Instant {
  return { monotonicMs: clock.monotonicMs(), wallMs: clock.wallMs() };
}

/** The wall time of a monotonic one, both in milliseconds, as the machine's clock stands now. */
function wallTimeMs(monotonicMs: number, now: Instant): number {
  return now.wallMs + (monotonicMs - now.monotonicMs);
}

/** A lease in JSON, as of `now`; `subnets` are those of the config. */
export function viewLease(lease: Lease, now: Instant, subnets: readonly Subnet[]): LeaseView {
  const { client, hostname, relayInformation, expiresAtMs } = lease;
  const endless = expiresAtMs === Infinity;
  const comment = reservationOf(subnets, lease)?.comment;
  return {
    address: formatIpv4(lease.address),
    mac: client.hardwareAddress,
    ...(client.hardwareType === HTYPE_ETHERNET ? {} : { htype: client.hardwareType }),
    ...(client.clientId === undefined ? {} : { "client-id": client.clientId }),
    ...(hostname === undefined ? {} : { hostname }),
    ...(lease.name === undefined ? {} : { name: lease.name }),
    ...(comment === undefined ? {} : { comment }),
    ...(lease.classes === undefined ? {} : { classes: lease.classes }),
    ...(relayInformation === undefined
      ? {}
      : { "option-82": nameRelayInformation(relayInformation) }),
    state: shownState(lease, now.monotonicMs),
    expires: endless ? "infinite" : formatWall(wallTimeMs(expiresAtMs, now)),
    "seconds-left": endless
      ? null
      : Math.max(0, Math.floor((expiresAtMs - now.monotonicMs) / 1_000)),
  };
}

/** One JSON array as of `now`, a lease to a line, in texts of a line each; see `viewLease`. */
export function* leasesAsJson(
  leases: Iterable<Lease>,
  now: Instant,
  subnets: readonly Subnet[],
): Generator<string> {
  let before = "[\n";
  for (const lease of leases) {
    yield before + stringifyVisibly(viewLease(lease, now, subnets));
    before = ",\n";
  }
  yield before === "[\n" ? "[]\n" : "\n]\n";
}

/** Column titles for `leaseRow`. */
const LEASE_COLUMNS = ["address", "client", "state", "expires", "hostname"] as const;

/** Leases as a table for people, as of `now`; the comments of reservations where there are any. */
export function formatLeases(
  leases: readonly Lease[],
  now: Instant,
  subnets: readonly Subnet[],
): string {
  const comments = leases.map((lease) => reservationOf(subnets, lease)?.comment);
  const rows = [LEASE_COLUMNS, ...leases.map((lease) => leaseRow(lease, now))];
  if (comments.every((comment) => comment === undefined)) return formatTable(rows);
  const column = ["comment", ...comments.map((comment) => escapeInvisible(comment ?? ""))];
  return formatTable(rows.map((row, i) => [...row, column[i]!]));
}

/** A lease as cells of a table, as of `now`; whatever the client sent is escaped. */
export function leaseRow(lease: Lease, now: Instant): string[] {
  const { client, hostname } = lease;
  const state = shownState(lease, now.monotonicMs);
  return [
    formatIpv4(lease.address),
    client.hardwareAddress === "" ? client.key : client.hardwareAddress,
    // Its client may have declined it, or be the one that uses it.
    state === "declined" ? "quarantined" : state,
    expiryText(lease.expiresAtMs, now.monotonicMs),
    hostname === undefined ? "-" : quoteUnlessPlain(hostname),
  ];
}

function shownState(lease: Lease, nowMs: number): ShownState {
  if (lease.state === "released") return "released";
  return isActive(lease, nowMs) || isQuarantined(lease, nowMs) ? lease.state : "expired";
}

function expiryText(expiresAtMs: number, nowMs: number): string {
  if (expiresAtMs === Infinity) return "never";
  const seconds = (expiresAtMs - nowMs) / 1_000;
  return seconds > 0
    ? `in ${approximateDuration(seconds)}`
    : `${approximateDuration(-seconds)} ago`;
}
