/**
 * A bitmap that finds its next clear bit without walking over the set ones.
 *
 * Level 0 has one bit per index. A bit of each further level says that the whole word of 32 bits
 * below it is set. Five levels reach over 2^25 indexes, so a search reads ten words at most in a
 * /8, whether it is empty or all but full.
 */
const WORD_BITS = 32;
const FULL_WORD = 0xffff_ffff;

export class Bitmap {
  /** Zeroed memory, which the system commits page by page when it is first written. */
  readonly #levels: readonly Uint32Array[];

  /** A bitmap of `size` clear bits (up to 2^32). */
  constructor(size: number) {
    const levels: Uint32Array[] = [];
    let bits = size;
    do {
      const level = new Uint32Array(Math.ceil(bits / WORD_BITS));
      const surplus = level.length * WORD_BITS - bits;
      // Bits past the end count as set, so that no search ends there.
      if (surplus > 0) level[level.length - 1] = FULL_WORD << (WORD_BITS - surplus);
      levels.push(level);
      bits = level.length;
    } while (bits > 1);
    this.#levels = levels;
  }

  /** Sets the bit at `index`. */
  set(index: number): void {
    let at = index;
    for (let level = 0; level < this.#levels.length; level++) {
      const word = at >>> 5;
      const bits = this.readWord(level, word) | (1 << (at & 31));
      this.#levels[level]![word] = bits;
      if (bits !== -1) return; // -1 is FULL_WORD as the signed number that `|` gives
      at = word;
    }
  }

  /** Clears the bit at `index`. */
  clear(index: number): void {
    let at = index;
    for (let level = 0; level < this.#levels.length; level++) {
      const word = at >>> 5;
      const bits = this.readWord(level, word);
      this.#levels[level]![word] = bits & ~(1 << (at & 31));
      if (bits !== FULL_WORD) return;
      at = word;
    }
  }

  /** The first clear bit at `from` or after it; -1 when there is none. */
  nextClear(from: number): number {
    let at = from;
    for (let level = 0; level < this.#levels.length; level++) {
      const word = at >>> 5;
      if (word >= this.#levels[level]!.length) return -1;
      const clear = ~this.readWord(level, word) & (-1 << (at & 31));
      if (clear !== 0) return this.#descend(level, word * WORD_BITS + lowestBit(clear));
      at = word + 1;
    }
    return -1;
  }

  /** One word: every reading of the bitmap goes through here, and tests count the calls. */
  readWord(level: number, word: number): number {
    return this.#levels[level]![word]!;
  }

  /** The first clear bit of level 0 under the clear bit `at` of `level`. */
  #descend(level: number, at: number): number {
    let index = at;
    for (let below = level - 1; below >= 0; below--) {
      index = index * WORD_BITS + lowestBit(~this.readWord(below, index));
    }
    return index;
  }
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}
