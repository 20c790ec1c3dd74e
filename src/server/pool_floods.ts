/**
 * New clients that come faster than a pool can have them: somebody makes up hardware addresses and
 * takes leases under them. From then on, until a minute after the last that came too fast, what a
 * client gets that nobody knew is short, so that the pool is whole again soon after the flood. The
 * part of the pool that `new-leases-from` keeps is then for clients that have waited: one that
 * is there asks again, and one that is made up is another one the next time.
 *
 * A state machine without a clock. What it remembers has a fixed size, but for a number or two for
 * each pool.
 */
import type { Rate } from "../config/rate_limits.ts";
import type { Pool } from "../config/config.ts";
import { TokenBuckets } from "./token_buckets.ts";

/**
 * How many new clients may come: the eighth part of a pool at once, and all of it in a minute; of a
 * small pool as many as a home that is switched on, of a large one as many as a building.
 */
const BURST_PART = 8;
const BURST_MIN = 8;
const BURST_MAX = 1_000;
const POOL_MS = 60_000;
const INTERVAL_MS_MIN = 5;

/** How long a flood counts as one after the last client that came too fast. */
const FLOOD_MS = 60_000;

/** Clients repeat themselves after four seconds, or after two or three (RFC 2131 §4.1). */
const PATIENCE_MS_MIN = 2_000;
const PATIENCE_MS_MAX = 120_000;
const WAITING_SLOTS = 131_072;

interface PoolState {
  readonly rate: Rate;
  readonly tokens: TokenBuckets;
  floodUntilMs: number;
}

export class PoolFloods {
  /** The pools that are flooded now: what the engine is told. It changes with each request. */
  readonly pools = new Set<Pool>();
  readonly #states = new WeakMap<Pool, PoolState>();
  /** Made with the first flood. */
  #waiting: WaitingClients | undefined;

  /** Lets floods end. */
  advance(nowMs: number): void {
    for (const pool of this.pools) {
      if (nowMs >= this.#states.get(pool)!.floodUntilMs) this.pools.delete(pool);
    }
  }

  /** Takes notice of a new client in a pool: false when it comes too fast. */
  takes(pool: Pool, size: number, nowMs: number): boolean {
    const state = this.#stateOf(pool, size);
    if (state.tokens.take(0, state.rate, nowMs)) return true;
    state.floodUntilMs = nowMs + FLOOD_MS;
    this.pools.add(pool);
    return false;
  }

  /**
   * Whether a client has waited for an address of a flooded pool; from now on it does. It is known
   * by two hashes: one would let through who happens to share it.
   */
  hasWaited(client: readonly [number, number], nowMs: number): boolean {
    this.#waiting ??= new WaitingClients();
    return this.#waiting.hasWaited(client, nowMs);
  }

  #stateOf(pool: Pool, size: number): PoolState {
    let state = this.#states.get(pool);
    if (state === undefined) {
      state = { rate: rateOf(size), tokens: new TokenBuckets(1), floodUntilMs: -Infinity };
      this.#states.set(pool, state);
    }
    return state;
  }
}

function rateOf(size: number): Rate {
  return {
    intervalMs: Math.max(POOL_MS / size, INTERVAL_MS_MIN),
    burst: Math.min(Math.max(Math.floor(size / BURST_PART), BURST_MIN), BURST_MAX),
  };
}

/** Since when clients ask, in a table of fixed size: of two in one place the newer is remembered. */
class WaitingClients {
  readonly #clients = new Uint32Array(WAITING_SLOTS);
  readonly #sinceMs = new Float64Array(WAITING_SLOTS).fill(-Infinity);

  hasWaited([place, client]: readonly [number, number], nowMs: number): boolean {
    const slot = place & (WAITING_SLOTS - 1);
    const ageMs = nowMs - this.#sinceMs[slot]!;
    if (this.#clients[slot] === client && ageMs <= PATIENCE_MS_MAX) {
      return ageMs >= PATIENCE_MS_MIN;
    }
    this.#clients[slot] = client;
    this.#sinceMs[slot] = nowMs;
    return false;
  }
}
