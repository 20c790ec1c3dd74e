/** What is going to happen, in the order of virtual time; time stands still in between. */

interface Entry {
  readonly atMs: number;
  /** Events of the same instant happen in the order in which they were planned. */
  readonly sequence: number;
  readonly run: () => void;
}

export class Agenda {
  #nowMs = 0;
  #sequence = 0;
  /** A binary heap, the next event on top. */
  readonly #heap: Entry[] = [];

  /** Milliseconds since the simulation began: true time, which no clock in it need agree with. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** Plans an event `delayMs` from now, to the millisecond. */
  after(delayMs: number, run: () => void): void {
    const atMs = this.#nowMs + Math.max(0, Math.round(delayMs));
    this.#push({ atMs, sequence: this.#sequence++, run });
  }

  /** Moves time on to the next event and returns it, unless it is later than `untilMs`. */
  next(untilMs: number): (() => void) | undefined {
    const entry = this.#heap[0];
    if (entry === undefined || entry.atMs > untilMs) {
      this.#nowMs = untilMs;
      return undefined;
    }
    this.#pop();
    this.#nowMs = entry.atMs;
    return entry.run;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (isBefore(heap[parent]!, entry)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (isBefore(last, heap[child]!)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}

/** One thing that somebody waits for: setting it again forgets what was planned before. */
export class Timer {
  #generation = 0;

  constructor(private readonly agenda: Agenda) {}

  set(delayMs: number, run: () => void): void {
    const generation = ++this.#generation;
    this.agenda.after(delayMs, () => {
      if (generation === this.#generation) run();
    });
  }

  stop(): void {
    this.#generation++;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.sequence < b.sequence);
}
