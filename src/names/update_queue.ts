/**
 * Changes of names that wait for the name server: one job for each address, however often its
 * lease changes meanwhile, and so many at most. It reads no clock.
 */
import type { Ipv4 } from "../wire/ipv4.ts";
import { isSameRegistration, type NameChange, type NamedLease } from "./registration.ts";

/** Jobs that may wait; more are not taken. */
export const JOBS_MAX = 16_384;

/** Names that an address may have had while the name server was away; the oldest is given up. */
const GONE_MAX = 8;

/** How long a job waits after its first failure; twice that after the next, up to the last. */
export const RETRY_MS_MIN = 5_000;
export const RETRY_MS_MAX = 600_000;

/** What is to be done about an address. */
export interface Job {
  readonly address: Ipv4;
  readonly gone: readonly NamedLease[];
  readonly come: NamedLease | undefined;
}

interface WaitingJob extends Job {
  readonly failures: number;
  readonly notBeforeMs: number;
}

export class UpdateQueue {
  /** In the order in which they came. */
  readonly #waiting = new Map<Ipv4, WaitingJob>();
  readonly #underWay = new Map<Ipv4, WaitingJob>();

  /** Jobs that wait or are under way. */
  get size(): number {
    return this.#waiting.size + this.#underWay.size;
  }

  /** Takes a change in; false when there is no room for it. */
  add(change: NameChange): boolean {
    const { address } = change;
    const earlier = this.#waiting.get(address);
    if (earlier === undefined && this.size >= JOBS_MAX) return false;
    this.#waiting.set(address, { ...merge(earlier, change), failures: 0, notBeforeMs: -Infinity });
    return true;
  }

  /** A job that may be done at `nowMs`, and that is then under way until `done` or `failed`. */
  take(nowMs: number): Job | undefined {
    for (const [address, job] of this.#waiting) {
      if (job.notBeforeMs > nowMs || this.#underWay.has(address)) continue;
      this.#waiting.delete(address);
      this.#underWay.set(address, job);
      return job;
    }
    return undefined;
  }

  done({ address }: Job): void {
    this.#underWay.delete(address);
  }

  /** Puts a job back; what came for its address meanwhile goes on top of it. */
  failed({ address }: Job, nowMs: number): void {
    const job = this.#underWay.get(address)!;
    this.#underWay.delete(address);
    const failures = job.failures + 1;
    const waitMs = Math.min(RETRY_MS_MIN * 2 ** job.failures, RETRY_MS_MAX);
    const later = this.#waiting.get(address);
    const { gone, come } = later === undefined ? job : merge(job, {
      address,
      gone: later.gone[0],
      come: later.come,
    });
    const rest = later?.gone.slice(1) ?? [];
    this.#waiting.delete(address); // to the end of the queue
    const all = [...gone, ...rest].slice(-GONE_MAX);
    this.#waiting.set(address, { address, gone: all, come, failures, notBeforeMs: nowMs + waitMs });
  }

  /** When the next job may be done; `Infinity` when none waits. */
  nextAtMs(): number {
    let atMs = Infinity;
    for (const [address, { notBeforeMs }] of this.#waiting) {
      if (!this.#underWay.has(address)) atMs = Math.min(atMs, notBeforeMs);
      if (atMs === -Infinity) break;
    }
    return atMs;
  }

  /** Lets everything that waits for its turn after a failure be done at once. */
  retryNow(): void {
    for (const [address, job] of this.#waiting) {
      this.#waiting.set(address, { ...job, notBeforeMs: -Infinity });
    }
  }
}

/** A change on top of what waits already for its address. */
function merge(earlier: Job | undefined, { address, gone, come }: NameChange): Job {
  // What was to come may have come by now, or half of it, whatever became of the answer.
  const leaving = [...earlier?.gone ?? [], earlier?.come, gone].filter((it) => it !== undefined);
  const distinct = leaving.filter((it, i) =>
    (come === undefined || !isSameRegistration(it, come)) &&
    leaving.findIndex((other) => isSameRegistration(other, it)) === i
  );
  return { address, gone: distinct.slice(-GONE_MAX), come };
}
