/** A seeded source of random numbers: the same seed gives the same numbers on every machine. */

export interface Random {
  /** A number from 0 up to, but not including, 1. */
  real(): number;
  /** A whole number from `least` to `most`, both included. */
  integer(least: number, most: number): number;
  /** True with this probability (0 to 1). */
  chance(probability: number): boolean;
  /** One of the items, of which there is at least one. */
  pick<Item>(items: readonly Item[]): Item;
  bytes(length: number): Uint8Array;
  /** A waiting time of this mean, as between events that know nothing of one another. */
  waitingTime(mean: number): number;
  /** A source of its own, so that what one part draws does not shift what another part gets. */
  fork(): Random;
}

/** Makes a source from a seed (u32). The generator is mulberry32: small, and good enough here. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const u32 = () => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const real = () => u32() / 2 ** 32;
  const integer = (least: number, most: number) => least + Math.floor(real() * (most - least + 1));
  return {
    real,
    integer,
    chance: (probability) => real() < probability,
    pick: (items) => items[integer(0, items.length - 1)]!,
    bytes: (length) => Uint8Array.from({ length }, () => integer(0, 255)),
    waitingTime: (mean) => -mean * Math.log(1 - real()),
    fork: () => createRandom(u32()),
  };
}
