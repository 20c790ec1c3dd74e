/** Latencies of many exchanges in little memory: a histogram whose steps are 2 % apart. */

/** Milliseconds. */
export interface LatencySummary {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

const LEAST_MS = 0.001;
const STEP = Math.log(1.02);
const STEPS = 1_000;

export class Latencies {
  readonly #counts = new Uint32Array(STEPS);
  #count = 0;
  #sumMs = 0;
  #maxMs = 0;

  add(ms: number): void {
    const step = Math.ceil(Math.log(Math.max(ms, LEAST_MS) / LEAST_MS) / STEP);
    this.#counts[Math.min(step, STEPS - 1)]!++;
    this.#count++;
    this.#sumMs += ms;
    this.#maxMs = Math.max(this.#maxMs, ms);
  }

  clear(): void {
    this.#counts.fill(0);
    this.#count = this.#sumMs = this.#maxMs = 0;
  }

  summary(): LatencySummary {
    return {
      count: this.#count,
      mean: this.#count === 0 ? 0 : this.#sumMs / this.#count,
      p50: this.#quantile(0.5),
      p90: this.#quantile(0.9),
      p99: this.#quantile(0.99),
      max: this.#maxMs,
    };
  }

  /** At most 2 % more than the latency that the share of all is below. */
  #quantile(share: number): number {
    let left = Math.ceil(share * this.#count);
    for (let step = 0; step < STEPS; step++) {
      left -= this.#counts[step]!;
      if (left <= 0) return Math.min(this.#maxMs, LEAST_MS * Math.exp(step * STEP));
    }
    return this.#maxMs;
  }
}
