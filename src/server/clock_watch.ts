/** Notices when the wall clock is stepped, for the log: leases go on as if nothing had happened. */
import type { Clock } from "../store/clock.ts";
import { approximateDuration } from "./approximate_duration.ts";

/** NTP slews less than this away, and nobody wonders at it. */
const STEP_MS_MIN = 60_000;

export class ClockWatch {
  readonly #clock: Clock;
  /** Wall time less monotonic time, as of the last look. */
  #offsetMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#offsetMs = clock.wallMs() - clock.monotonicMs();
  }

  /** What happened to the clock since the last look, in words; `undefined` for nothing. */
  look(): string | undefined {
    const offsetMs = this.#clock.wallMs() - this.#clock.monotonicMs();
    const stepMs = offsetMs - this.#offsetMs;
    this.#offsetMs = offsetMs;
    if (Math.abs(stepMs) < STEP_MS_MIN) return undefined;
    const by = approximateDuration(Math.abs(stepMs) / 1000);
    return `the clock was set ${
      stepMs < 0 ? "back" : "forward"
    } by ${by}; leases go on as they were`;
  }
}
