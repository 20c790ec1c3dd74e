/** Whether what the machine takes for the time can be the time. */
import { formatWall } from "./journal_format.ts";
import { CLOCK_STEP_LIMIT_MS } from "./placement.ts";

/** It is later than this: before that there was no Sublet. */
const EARLIEST_WALL_MS = Date.UTC(2026, 10, 1);

/**
 * What is wrong with a wall clock, in words for the operator; `undefined` when it may be right.
 * `newestLineMs` is the wall time of the newest line of the journal that was there at start. Leases
 * do not go by that clock, but a restart does: it takes the time in between for none.
 */
export function doubtClock(wallMs: number, newestLineMs: number): string | undefined {
  const said = `the clock says ${formatWall(wallMs)}`;
  const hint = "; set it, or have NTP set it";
  if (wallMs < EARLIEST_WALL_MS) return `${said}, when there was no Sublet yet${hint}`;
  if (wallMs >= newestLineMs - CLOCK_STEP_LIMIT_MS) return undefined;
  return `${said}, but the journal has leases of ${formatWall(newestLineMs)}${hint}`;
}
