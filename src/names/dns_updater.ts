/**
 * Works through the queue of changes, some at a time. Nothing waits for it: what the name server
 * does not take now is tried again later, and what finds no room in the queue is found in the lease
 * table once there is room again.
 */
import type { DnsServerAddress } from "../config/config.ts";
import { isActive, type Lease } from "../leases/lease.ts";
import type { LeaseTable } from "../leases/lease_table.ts";
import type { Clock } from "../store/clock.ts";
import { formatIpv4, type Ipv4 } from "../wire/ipv4.ts";
import { type DnsClient, DnsTrouble } from "./dns_client.ts";
import { type DnsZones, putRecords, removeRecords, type Verdict } from "./dns_records.ts";
import type { Update } from "./dns_update_message.ts";
import { hasName, type NameChange, type NamedLease } from "./registration.ts";
import type { ReservedNames } from "./reserved_names.ts";
import { type Job, JOBS_MAX, UpdateQueue } from "./update_queue.ts";

/** Jobs that are under way at a time. */
const UNDER_WAY_MAX = 8;

/** While the name server is away, one job in so long asks whether it is back. */
const KNOCK_MS_MIN = 1_000;
const KNOCK_MS_MAX = 60_000;

/** A sweep of the table fills the queue up to here, and goes on when it is half as long. */
const SWEEP_JOBS_MAX = JOBS_MAX / 4;

/** Leases that a sweep looks at before packets have their turn. */
const SWEEP_LOOKS_MAX = 2_000;

/** Conflicts that are remembered, so that each is told once. */
const CONFLICTS_MAX = 1_024;

/** Leases that ended before this long ago were taken out of DNS by then. */
const SWEEP_BACK_MS = 86_400_000;

export interface DnsUpdaterParts extends DnsZones {
  readonly server: DnsServerAddress;
  readonly client: DnsClient;
  readonly clock: Clock;
  readonly leases: LeaseTable;
  /** Absent where reservations give no names. */
  readonly reserved?: ReservedNames;
  readonly notify: (level: "info" | "warning", message: string) => void;
}

/** For the status endpoint. */
export interface DnsUpdaterStatus {
  readonly server: string;
  /** Addresses whose records wait to be changed. */
  readonly pending: number;
  /** Addresses whose records were changed, or found to be as they should. */
  readonly done: number;
  /** Names that were somebody else's in DNS. */
  readonly conflicts: number;
  readonly failures: number;
  /** What is wrong at the moment. */
  readonly problem?: string;
}

/** In the place of a zone: the name server itself. */
const SERVER = "";

/** RCODEs that say that a zone is kept, whether or not a prerequisite holds (RFC 2136 §3.8). */
const KEPT: ReadonlySet<string> = new Set([
  "NOERROR",
  "YXDOMAIN",
  "YXRRSET",
  "NXRRSET",
  "NXDOMAIN",
]);

export class DnsUpdater {
  readonly #parts: DnsUpdaterParts;
  readonly #queue = new UpdateQueue();
  /** Names that are somebody else's in DNS, by the address that should have had them. */
  readonly #conflicts = new Map<Ipv4, string>();
  /** What is wrong, by zone; under SERVER when there is no answer at all. */
  readonly #problems = new Map<string, string>();
  #underWay = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;
  #knocks = 0;
  #knockAtMs = -Infinity;
  #sweep: Iterator<NamedLease | undefined> | undefined;
  /** A sweep that has to begin, of leases that ended at this instant or later. */
  #sweepSinceMs = Infinity;
  #doneCount = 0;
  #conflictCount = 0;
  #failureCount = 0;

  /** Begins with a sweep: what the last process left undone is in the lease table. */
  constructor(parts: DnsUpdaterParts) {
    this.#parts = parts;
    // When the newest record was made, this process or the one before it was at work.
    const newestMs = parts.leases.newest(1)[0]?.updatedAtMs ?? Infinity;
    this.#sweepFrom(Math.min(newestMs, parts.clock.monotonicMs()));
  }

  /** Takes a change in. Costs a few operations in memory. */
  add(change: NameChange): void {
    if (!this.#queue.add(change)) this.sweep();
    this.#schedule(0);
  }

  /** Whether a lease could not have its name in DNS, and should have another try. */
  isInConflict(address: Ipv4): boolean {
    return this.#conflicts.has(address);
  }

  /** Has the whole lease table looked at, after changes that were not told. */
  sweep(): void {
    this.#sweepFrom(this.#parts.clock.monotonicMs());
  }

  status(): DnsUpdaterStatus {
    const [problem] = this.#problems.values();
    return {
      server: this.#serverName(),
      pending: this.#queue.size,
      done: this.#doneCount,
      conflicts: this.#conflictCount,
      failures: this.#failureCount,
      ...(problem === undefined ? {} : { problem }),
    };
  }

  /** Gives up what is under way: the next process finds it in the lease table. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#parts.client.close();
  }

  #sweepFrom(atMs: number): void {
    this.#sweepSinceMs = Math.min(this.#sweepSinceMs, atMs - SWEEP_BACK_MS);
    this.#schedule(0);
  }

  #serverName(): string {
    const { hostname, port } = this.#parts.server;
    return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
  }

  #schedule(inMs: number): void {
    if (this.#isClosed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#work(), inMs);
  }

  #work(): void {
    const nowMs = this.#parts.clock.monotonicMs();
    this.#fillFromTable(nowMs);
    const isAway = this.#problems.has(SERVER);
    if (isAway && nowMs < this.#knockAtMs) return this.#schedule(this.#knockAtMs - nowMs);
    const underWayMax = isAway ? 1 : UNDER_WAY_MAX;
    while (this.#underWay < underWayMax) {
      const job = this.#queue.take(nowMs);
      if (job === undefined) break;
      this.#underWay++;
      this.#carryOut(job);
    }
    if (this.#sweep !== undefined && this.#queue.size === 0) return this.#schedule(0);
    const waitMs = this.#queue.nextAtMs() - nowMs;
    if (this.#underWay === 0 && waitMs < Infinity) this.#schedule(Math.max(waitMs, 0));
  }

  async #carryOut(job: Job): Promise<void> {
    try {
      for (const gone of job.gone) await removeRecords(gone, this.#parts, this.#send);
      const verdict = job.come && await putRecords(job.come, this.#parts, this.#send);
      this.#queue.done(job);
      this.#noteVerdict(job, verdict);
    } catch (error) {
      if (!(error instanceof DnsTrouble)) throw error;
      this.#queue.failed(job, this.#parts.clock.monotonicMs());
      this.#failureCount++;
    }
    this.#underWay--;
    this.#schedule(0);
  }

  readonly #send = async (update: Update): Promise<string> => {
    let rcode: string;
    try {
      rcode = await this.#parts.client.send(update);
    } catch (error) {
      if (error instanceof DnsTrouble) this.#noteAway(error.message);
      throw error;
    }
    this.#noteWell(SERVER, `the name server ${this.#serverName()} answers again`);
    const { zone } = update;
    if (KEPT.has(rcode)) this.#noteWell(zone, `the zone ${zone} is kept up to date again`);
    else this.#noteProblem(zone, `${this.#serverName()} answers ${rcode} to updates of ${zone}`);
    return rcode;
  };

  #noteVerdict({ address, come }: Job, verdict: Verdict | undefined): void {
    this.#doneCount++;
    if (verdict !== "conflict" || come === undefined) {
      this.#conflicts.delete(address);
      return;
    }
    this.#conflictCount++;
    const known = this.#conflicts.get(address);
    if (this.#conflicts.size < CONFLICTS_MAX) this.#conflicts.set(address, come.name);
    if (known === come.name) return;
    this.#parts.notify(
      "warning",
      `${come.name} is somebody else's in DNS, so ${formatIpv4(address)} has no name there`,
    );
  }

  #noteAway(message: string): void {
    const nowMs = this.#parts.clock.monotonicMs();
    if (nowMs >= this.#knockAtMs) {
      this.#knockAtMs = nowMs + Math.min(KNOCK_MS_MIN * 2 ** this.#knocks, KNOCK_MS_MAX);
      this.#knocks++;
    }
    this.#noteProblem(
      SERVER,
      `the name server ${this.#serverName()} is not told names: ${message}`,
    );
  }

  #noteProblem(zone: string, message: string): void {
    if (this.#isClosed || this.#problems.get(zone) === message) return;
    this.#problems.set(zone, message);
    this.#parts.notify("warning", `${message}; it is tried again`);
  }

  #noteWell(zone: string, message: string): void {
    if (!this.#problems.delete(zone)) return;
    this.#parts.notify("info", message);
    this.#knocks = 0;
    this.#knockAtMs = -Infinity;
    this.#queue.retryNow();
  }

  /** Puts what the table has into the queue, as long as there is room. */
  #fillFromTable(nowMs: number): void {
    if (this.#sweep === undefined && this.#sweepSinceMs < Infinity && this.#queue.size === 0) {
      const { leases, reserved } = this.#parts;
      this.#sweep = sweepOf(leases.records(), this.#sweepSinceMs, reserved);
      this.#sweepSinceMs = Infinity;
    }
    if (this.#sweep === undefined || this.#queue.size > SWEEP_JOBS_MAX / 2) return;
    for (let looks = 0; looks < SWEEP_LOOKS_MAX && this.#queue.size < SWEEP_JOBS_MAX; looks++) {
      const { value: lease, done } = this.#sweep.next();
      if (done) {
        this.#sweep = undefined;
        return;
      }
      if (lease === undefined) continue;
      const isLive = isActive(lease, nowMs);
      this.#queue.add({
        address: lease.address,
        gone: isLive ? undefined : lease,
        come: isLive ? lease : undefined,
      });
    }
  }
}

/**
 * The leases with names that are to be in DNS, or that may have to be taken out of it; `undefined`
 * for those that are neither. Then the names of reservations that nobody has.
 */
function* sweepOf(
  records: Iterable<Lease>,
  sinceMs: number,
  reserved: ReservedNames | undefined,
): Generator<NamedLease | undefined> {
  for (const lease of records) {
    const isMeant = hasName(lease) && lease.expiresAtMs >= sinceMs;
    yield isMeant ? reserved?.registered(lease) ?? lease : undefined;
  }
  if (reserved !== undefined) yield* reserved.marked();
}
