/**
 * Whoever asks for a page makes this process work, on the thread that answers clients of DHCP. So
 * the pages are made in turns: one at a time, however many ask, and after each of them as much time
 * again is for packets. A page that is long is made in pieces, a turn for each (`isOver`).
 */

/** A piece of a long page takes so long, and one more step of it. */
const PIECE_MS = 1;

/** The shortest rest: packets get several turns of the event loop, whatever a page took. */
const REST_MS_MIN = 1;

export class Turns {
  /** Resolves when the turn given last is over. */
  #last: Promise<void> = Promise.resolve();
  #startMs = -Infinity;
  #restUntilMs = -Infinity;

  /** Does a piece of work when it is its turn. Those who wait are served in their order. */
  async take<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    await before;
    const restMs = this.#restUntilMs - performance.now();
    if (restMs > 0) await new Promise((done) => setTimeout(done, restMs));
    this.#startMs = performance.now();
    try {
      return await work();
    } finally {
      const endMs = performance.now();
      this.#restUntilMs = endMs + Math.max(REST_MS_MIN, endMs - this.#startMs);
      resolve();
    }
  }

  /** Whether the turn has taken as long as a piece of work may. */
  isOver(): boolean {
    return performance.now() - this.#startMs >= PIECE_MS;
  }
}
