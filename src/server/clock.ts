/** The machine's clock. Tests use a virtual one: nothing else in Sublet asks for the time. */
import { bootTimeMs } from "../link/libc.ts";
import type { Clock } from "../store/clock.ts";

/**
 * Monotonic time counts through suspend (CLOCK_BOOTTIME): leases go on expiring while a laptop
 * that serves them sleeps, as the clients' own clocks do.
 */
export const systemClock: Clock = {
  monotonicMs: bootTimeMs,
  wallMs: () => Date.now(),
};
