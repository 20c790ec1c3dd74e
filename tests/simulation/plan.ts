/** What a seed stands for: how bad things are in a simulation, and how often they happen. */
import { createRandom, type Random } from "../support/random.ts";
import type { NetworkFaults } from "./network.ts";
import { type Wire, WIRES } from "./premises.ts";

/** Mean times between two of them; the waiting time is drawn each time. */
export interface Rhythm {
  readonly crashMs: number;
  readonly clockStepMs: number;
  readonly reloadMs: number;
  readonly diskTroubleMs: number;
  readonly stallMs: number;
  readonly strangerMs: number;
  readonly floodMs: number;
  readonly impostorMs: number;
  /** For each client. */
  readonly clientMs: number;
}

export interface Plan {
  readonly seed: number;
  readonly hours: number;
  readonly clientCount: number;
  /** Where the clients are. */
  readonly wires: readonly Wire[];
  readonly network: NetworkFaults;
  readonly rhythm: Rhythm;
  readonly authoritative: boolean;
  readonly compactionLinesMin: number;
  readonly renewWriteThreshold: number;
}

export const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const NEVER_MS = Infinity;

/** A place with more clients than these has all wires, most of them behind relay agents. */
const SMALL_CLIENTS_MAX = 100;
const SMALL_WIRES = 4;
export const CLIENTS_DEFAULT = 30;

/** Draws a plan; some things do not happen at all under some seeds. */
export function makePlan(
  options: { readonly seed: number; readonly hours: number; readonly clientCount?: number },
): Plan {
  const { clientCount = CLIENTS_DEFAULT } = options;
  const random = createRandom(options.seed);
  const mean = (leastMs: number, mostMs: number) =>
    random.chance(0.2) ? NEVER_MS : random.integer(leastMs, mostMs);
  const probability = (most: number) => random.chance(0.2) ? 0 : random.real() * most;
  return {
    ...options,
    clientCount,
    wires: clientCount > SMALL_CLIENTS_MAX ? WIRES : WIRES.slice(0, SMALL_WIRES),
    network: {
      loss: probability(0.3),
      duplication: probability(0.3),
      straggling: probability(0.2),
      damage: probability(0.1),
    },
    rhythm: {
      crashMs: mean(3 * MINUTE_MS, HOUR_MS),
      clockStepMs: mean(5 * MINUTE_MS, HOUR_MS),
      reloadMs: mean(5 * MINUTE_MS, HOUR_MS),
      diskTroubleMs: mean(10 * MINUTE_MS, HOUR_MS),
      stallMs: mean(MINUTE_MS, HOUR_MS),
      strangerMs: mean(5 * MINUTE_MS, HOUR_MS),
      clientMs: random.integer(5 * MINUTE_MS, HOUR_MS),
      floodMs: mean(5 * MINUTE_MS, HOUR_MS),
      impostorMs: 5 * MINUTE_MS,
    },
    authoritative: random.chance(0.7),
    compactionLinesMin: random.pick([20, 100, 1_000]),
    renewWriteThreshold: random.pick([0, 0, 0.25, 0.6]),
  };
}

/** A source of random numbers for what a plan leaves open. */
export function randomOf(plan: Plan): Random {
  return createRandom(plan.seed ^ 0x5bd1_e995);
}
