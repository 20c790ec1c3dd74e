/** Whether the disk answers: a write or a sync that hangs has no error to tell, and may never end. */

/** A disk that is only slow takes less. */
export const DISK_WAIT_MAX_MS = 10_000;

/** The wait for one group at a time. All times are monotonic. */
export class DiskWait {
  #sinceMs: number | undefined;
  #isTold = false;

  begin(nowMs: number): void {
    this.#sinceMs = nowMs;
  }

  /** Says for how many seconds the disk was waited for, if `tell` has told that it is. */
  end(nowMs: number): number | undefined {
    const seconds = this.#isTold ? this.#seconds(nowMs) : undefined;
    this.#sinceMs = undefined;
    this.#isTold = false;
    return seconds;
  }

  /** What is wrong, in words for the operator, while the disk has not answered for long. */
  problem(nowMs: number): string | undefined {
    const seconds = this.#seconds(nowMs);
    if (seconds * 1000 < DISK_WAIT_MAX_MS) return undefined;
    return `the disk has not answered for ${seconds} s; no lease is given or renewed until it does`;
  }

  /** As `problem`, once. */
  tell(nowMs: number): string | undefined {
    if (this.#isTold) return undefined;
    const problem = this.problem(nowMs);
    this.#isTold = problem !== undefined;
    return problem;
  }

  #seconds(nowMs: number): number {
    return this.#sinceMs === undefined ? 0 : Math.floor((nowMs - this.#sinceMs) / 1000);
  }
}
