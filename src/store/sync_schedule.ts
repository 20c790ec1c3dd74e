/** When what was written to a file is to be synced: `durability` of the config. */
import type { Durability } from "../config/config.ts";
import type { Clock } from "./clock.ts";

export class SyncSchedule {
  readonly #durability: Durability;
  readonly #clock: Clock;
  #isUnsynced = false;
  #syncedAtMs = -Infinity;

  constructor(durability: Durability, clock: Clock) {
    this.#durability = durability;
    this.#clock = clock;
  }

  /** Whether the file holds what was not synced. */
  get isUnsynced(): boolean {
    return this.#isUnsynced;
  }

  /** Whether the next group has to wait for a sync. */
  isDue(): boolean {
    if (!this.#isUnsynced) return false;
    switch (this.#durability.kind) {
      case "commit":
        return true;
      case "interval":
        return this.#clock.monotonicMs() - this.#syncedAtMs >= this.#durability.seconds * 1000;
      case "none":
        return false;
    }
  }

  noteWrite(): void {
    this.#isUnsynced = true;
  }

  /** A sync of all that was written begins, or the file is another, which is synced. */
  noteSync(): void {
    this.#isUnsynced = false;
    this.#syncedAtMs = this.#clock.monotonicMs();
  }
}
