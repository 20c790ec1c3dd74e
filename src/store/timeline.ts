/**
 * The times of a journal on one scale. Wall time in the file may have been stepped between any two
 * lines; the base scale is that of the first line, and `stepsMs` is how far the wall is from it.
 *
 * Nothing in here hangs on one line, whatever it says, be it damaged or edited:
 *
 * - A time has come when two lines say so. Of the newest alone it is not known.
 * - A step is believed as two lines tell it that follow each other; the server writes three. Where
 *   only one does (an older version wrote no more, or somebody else did), all that is believed is
 *   that there was one: no time passes between what the lines before it and those after it tell.
 *   So leases may gain time by it, and none loses any. How far it went is only known at the end of
 *   the file, which then is read a second time, with `measureSteps` of the first.
 * - A step counts once. No two are alike to the millisecond in both of their times, so lines that
 *   tell of it again were copied, by whoever edited the file or put it together.
 */
import { STEP_LINES } from "./journal_format.ts";

/** Steps of one line each that are told apart; a file with more of them is no journal any more. */
const ERAS_MAX = 1_000;

/** Steps that are known again when a copy of their lines comes; of more, the newest are. */
const KNOWN_STEPS_MAX = 1_000;

interface Step {
  readonly atMs: number;
  readonly wasMs: number;
}

/** The two earliest and the two latest instants of many. */
export class Span {
  oldestMs = Infinity;
  secondOldestMs = Infinity;
  newestMs = -Infinity;
  secondNewestMs = -Infinity;
  /** The line that the newest is of. */
  newestLine = 0;

  /** Takes in an instant that a line tells. */
  take(atMs: number, lineNumber: number): void {
    if (atMs > this.secondNewestMs) {
      if (atMs > this.newestMs) {
        this.secondNewestMs = this.newestMs;
        this.newestMs = atMs;
        this.newestLine = lineNumber;
      } else this.secondNewestMs = atMs;
    }
    if (atMs < this.secondOldestMs) {
      if (atMs < this.oldestMs) {
        this.secondOldestMs = this.oldestMs;
        this.oldestMs = atMs;
      } else this.secondOldestMs = atMs;
    }
  }

  get isEmpty(): boolean {
    return this.newestMs === -Infinity;
  }
}

/** What is between two steps that one line each tells of. */
export interface Era {
  readonly span: Span;
  /** Sum of the steps in it. */
  readonly stepsMs: number;
}

export class Timeline {
  readonly #measured: readonly number[] | undefined;
  readonly #eras: Era[] = [];
  #eraCount = 0;
  #isEraEmpty = true;
  #stepsMs = 0;
  #span = new Span();
  /** Lines that may tell of one step. */
  readonly #told: Step[] = [];
  /** Steps that have counted, the oldest first. */
  readonly #known = new Set<string>();

  /** `measured`: the steps that one line each tells of, where they are known. */
  constructor(measured?: readonly number[]) {
    this.#measured = measured;
  }

  /** Wall time at the place that the reader is at, less base scale. */
  get stepsMs(): number {
    return this.#stepsMs;
  }

  /** Whether a step was told that does not count yet: see `settle`. */
  get isStepping(): boolean {
    return this.#told.length > 0;
  }

  get span(): Span {
    return this.#span;
  }

  /** What `measureSteps` is to be asked; empty when the scale is as it ought to be. */
  get eras(): readonly Era[] {
    if (this.#eras.length === 0) return [];
    return [...this.#eras, { span: this.#span, stepsMs: this.#stepsMs }];
  }

  /** Takes in what a line tells of a step. */
  takeStep(atMs: number, wasMs: number, isCopy: boolean): void {
    if (!isCopy || this.#told.length === STEP_LINES) this.settle();
    this.#told.push({ atMs, wasMs });
  }

  /** Takes in that it was this time by the wall when a line was written. */
  takeInstant(wallMs: number, lineNumber: number): void {
    this.#isEraEmpty = false;
    this.#span.take(wallMs - this.#stepsMs, lineNumber);
  }

  /** Has a step count that the lines before told of: to be called before a line of another kind. */
  settle(): void {
    if (this.#told.length === 0) return;
    const told = this.#told.splice(0);
    const step = told.find((a, i) =>
      told.some((b, j) => i < j && a.atMs === b.atMs && a.wasMs === b.wasMs)
    );
    if (!this.#isNew(step ?? told[0]!, step !== undefined)) return;
    if (step === undefined) return this.#beginEra(told[0]!);
    this.#stepsMs += step.atMs - step.wasMs;
    // Two lines say so.
    for (let i = 0; i < 2; i++) this.takeInstant(step.atMs, 0);
  }

  /** Whether a step has not counted before; one that is believed is known from now on. */
  #isNew({ atMs, wasMs }: Step, isBelieved: boolean): boolean {
    const key = `${atMs} ${wasMs}`;
    if (this.#known.has(key)) return false;
    if (!isBelieved) return true;
    this.#known.add(key);
    if (this.#known.size > KNOWN_STEPS_MAX) {
      const [oldest] = this.#known;
      this.#known.delete(oldest!);
    }
    return true;
  }

  #beginEra({ atMs, wasMs }: Step): void {
    // Without a line before it there is nothing that it moves, or the step before it has.
    if (this.#isEraEmpty || this.#eraCount === ERAS_MAX) return;
    this.#isEraEmpty = true;
    const index = this.#eraCount++;
    if (this.#measured !== undefined) {
      this.#stepsMs += this.#measured[index] ?? atMs - wasMs;
      return;
    }
    this.#eras.push({ span: this.#span, stepsMs: this.#stepsMs });
    this.#span = new Span();
    this.#stepsMs = 0;
  }
}

/**
 * How far each step went between two eras. What one line of an era says of its beginning or end is
 * not believed, so the second from there counts. Where less than two lines are after the last
 * step, no time passes after it.
 */
export function measureSteps(eras: readonly Era[], wallNowMs: number): number[] {
  return eras.slice(0, -1).map((era, i) => {
    const isLast = i + 2 === eras.length;
    const next = eras[i + 1]!.span;
    const begin = isLast && next.secondOldestMs === Infinity ? wallNowMs : beginOf(next);
    const end = i === 0 ? endOf(era.span) : Math.max(endOf(era.span), beginOf(era.span));
    return begin - (end + era.stepsMs);
  });
}

function beginOf({ oldestMs, secondOldestMs }: Span): number {
  return secondOldestMs === Infinity ? oldestMs : secondOldestMs;
}

function endOf({ newestMs, secondNewestMs }: Span): number {
  return secondNewestMs === -Infinity ? newestMs : secondNewestMs;
}
