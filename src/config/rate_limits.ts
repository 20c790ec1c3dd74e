/** How much anybody may ask for; server/rate_limiter.ts keeps count. */

/** A token bucket: one token in each interval, and at most `burst` in store. */
export interface Rate {
  readonly intervalMs: number;
  readonly burst: number;
}

/** What is `undefined` has no limit. */
export interface RateLimits {
  /** Answers to one hardware address. */
  readonly client: Rate | undefined;
  /** DECLINEs of one hardware address. */
  readonly declines: Rate | undefined;
  /**
   * New leases in all. A lease is new to a client that has neither it nor a reservation. Where there
   * is such a limit, those of a pool are limited by its size, too (server/pool_floods.ts).
   */
  readonly newLeases: Rate | undefined;
  /** New leases through one relay agent, or on one interface. */
  readonly newLeasesPerRelay: Rate | undefined;
  /** New leases behind one port, as option 82 tells them apart. */
  readonly newLeasesPerCircuit: Rate | undefined;
  /** The used part of a pool, from 0 to 1, below which new leases have no limit. */
  readonly newLeasesFrom: number;
}
