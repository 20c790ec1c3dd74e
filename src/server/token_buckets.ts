/**
 * Token buckets in a table of fixed size, whatever anybody sends: a bucket is found by a hash, and
 * those that share a slot share their tokens. With 65,536 slots and the rates that limits have,
 * strangers cannot empty the bucket of somebody by chance.
 */
import type { Rate } from "../config/rate_limits.ts";

export class TokenBuckets {
  /** When each bucket is full again: the one number that a token bucket needs (GCRA). */
  readonly #fullAtMs: Float64Array;

  /** `slots`: a power of two. */
  constructor(slots: number) {
    this.#fullAtMs = new Float64Array(slots);
  }

  /** Whether there is a token in the bucket of a hash. */
  has(hash: number, { intervalMs, burst }: Rate, nowMs: number): boolean {
    return this.#fullAtMs[hash & (this.#fullAtMs.length - 1)]! - nowMs <= (burst - 1) * intervalMs;
  }

  /** Takes a token out of the bucket of a hash (u32); false when it is empty. */
  take(hash: number, { intervalMs, burst }: Rate, nowMs: number): boolean {
    const slot = hash & (this.#fullAtMs.length - 1);
    const fullAtMs = Math.max(this.#fullAtMs[slot]!, nowMs);
    if (fullAtMs - nowMs > (burst - 1) * intervalMs) return false;
    this.#fullAtMs[slot] = fullAtMs + intervalMs;
    return true;
  }
}
