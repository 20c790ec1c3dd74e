/** Where the times of a journal lie on this process's clock. */
import type { Clock } from "./clock.ts";
import { formatWall } from "./journal_format.ts";
import type { JournalContents } from "./journal_replay.ts";

/**
 * Wall and monotonic clock may drift apart by so much before it counts as a step that the journal
 * has to tell: NTP slews both clocks alike, and a lease is no more exact than this anyway.
 */
export const CLOCK_STEP_LIMIT_MS = 2_000;

export interface Placement {
  /** Monotonic time less base scale. */
  readonly shiftMs: number;
  /** Now, by the monotonic clock: no record was made later. */
  readonly nowMs: number;
  /** Wall time of the journal less monotonic time, from now on. */
  readonly offsetMs: number;
  /** Whether a line tells of a time that has not come: the table has another one then. */
  readonly isAhead: boolean;
  readonly remarks: readonly string[];
}

/**
 * Finds out what time it is on the base scale. A wall clock that is older than what two lines tell
 * is wrong or was: the downtime is taken as zero, and leases keep what they had left. A time that
 * one line alone tells, and the clock does not, is a mistake in that line, and moves no other.
 */
export function placeOnClock(path: string, contents: JournalContents, clock: Clock): Placement {
  const { stepsMs, reachedMs, newestMs, newestLine } = contents;
  const nowMs = clock.monotonicMs();
  const wallNow = clock.wallMs();
  const reachedNow = Math.max(wallNow - stepsMs, reachedMs);
  const isAhead = newestMs - reachedNow > CLOCK_STEP_LIMIT_MS;
  const baseNow = isAhead ? reachedNow : Math.max(reachedNow, newestMs);
  const offsetMs = baseNow + stepsMs - nowMs;
  const remarks: string[] = [];
  if (isAhead) {
    remarks.push(
      `${path}: line ${newestLine} is of ${formatWall(newestMs + stepsMs)}, later than the clock ` +
        "and than every other line: no other lease goes by that",
    );
  }
  if (baseNow + stepsMs - wallNow > CLOCK_STEP_LIMIT_MS) {
    remarks.push(
      `the clock says ${formatWall(wallNow)}, but the journal has lines of ` +
        `${formatWall(reachedMs + stepsMs)}: leases keep the time they had left then`,
    );
  }
  return { shiftMs: nowMs - baseNow, nowMs, offsetMs, isAhead, remarks };
}
