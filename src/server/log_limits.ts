/**
 * How much strangers can have written into the log. Whatever anybody can cause by the thousands is
 * told so many times a second by its kind, and so many times in all; the others are summed up, a
 * line for each kind. Leases are told one by one: an ACK has cost one, and a RELEASE has ended one.
 */
import type { ExchangeEvent, LeftOutEvent, NoticeEvent, ServerEvent } from "./events.ts";

/** Lines of one kind in a second, and of all kinds together that strangers can vary. */
export const KIND_LINES_MAX = 50;
export const ALL_LINES_MAX = 200;

/**
 * OFFERs, and answers that give no lease: so many at once, and then so many a second as of any kind.
 * An ACK of a lease makes room for another OFFER, up to a store: where offers are taken each is
 * told, and those that a flood asks for in vain are not.
 */
export const ANSWERS_AT_ONCE = 200;
export const OFFERS_EARNED_MAX = 2_000;

/** What was left out is told so long after the first of it. */
export const SUM_INTERVAL_MS = 1_000;

type Level = NoticeEvent["level"];

/** Lines that may be written: so many now, and each second, and others that are earned, in a store. */
class Allowance {
  readonly #perSecond: number;
  readonly #atOnce: number;
  #left: number;
  #atMs = -Infinity;

  constructor(perSecond: number, atOnce: number) {
    this.#perSecond = perSecond;
    this.#atOnce = atOnce;
    this.#left = atOnce;
  }

  isThere(nowMs: number): boolean {
    // Where the clock was set back, the time since then is not known.
    if (nowMs < this.#atMs) this.#atMs = nowMs;
    if (nowMs > this.#atMs) {
      const gained = (nowMs - this.#atMs) * this.#perSecond / 1_000;
      if (this.#left < this.#atOnce) this.#left = Math.min(this.#atOnce, this.#left + gained);
      this.#atMs = nowMs;
    }
    return this.#left >= 1;
  }

  take(): void {
    this.#left--;
  }

  earn(): void {
    this.#left = Math.min(OFFERS_EARNED_MAX, this.#left + 1);
  }
}

interface Kind {
  readonly allowance: Allowance;
  readonly level: Level;
  leftOut: number;
}

export class LogLimits {
  /** By name: a rule, the reason of a drop, the topic of a notice. Each is a word of ours. */
  readonly #kinds = new Map<string, Kind>();
  readonly #all = new Allowance(ALL_LINES_MAX, ALL_LINES_MAX);
  readonly #offers = makeKind(ANSWERS_AT_ONCE, "info");

  constructor() {
    this.#kinds.set(OFFERS, this.#offers);
  }

  /** Whether the event is to be written; it is noted when it is not. */
  admits(event: ServerEvent, level: Level, nowMs: number): boolean {
    const name = kindOf(event);
    if (name === undefined) {
      if (event.kind === "exchange" && event.outcome === "ACK") {
        this.#offers.allowance.earn();
      }
      return true;
    }
    const isAnswer = event.kind === "exchange" && isFirstAnswer(event);
    let kind = this.#kinds.get(name);
    if (kind === undefined) {
      kind = makeKind(isAnswer ? ANSWERS_AT_ONCE : KIND_LINES_MAX, level);
      this.#kinds.set(name, kind);
    }
    if (kind.allowance.isThere(nowMs) && (isAnswer || this.#all.isThere(nowMs))) {
      kind.allowance.take();
      if (!isAnswer) this.#all.take();
      return true;
    }
    kind.leftOut++;
    return false;
  }

  /** What was left out since the last time it was asked for, a sum for each kind. */
  takeSums(): readonly LeftOutEvent[] {
    const sums: LeftOutEvent[] = [];
    for (const [what, kind] of this.#kinds) {
      if (kind.leftOut === 0) continue;
      sums.push({ kind: "left-out", level: kind.level, what, count: kind.leftOut });
      kind.leftOut = 0;
    }
    return sums;
  }
}

const OFFERS = "OFFER";

function makeKind(atOnce: number, level: Level): Kind {
  return { allowance: new Allowance(KIND_LINES_MAX, atOnce), level, leftOut: 0 };
}

/** Whether it is an answer; not one that somebody else had before, which comes in floods alone. */
function isFirstAnswer({ outcome, rule }: ExchangeEvent): boolean {
  return ANSWERS.has(outcome) && rule !== "oldest-offer";
}

/** What is told with fewer words where there is much of it; `undefined` for what always is. */
function kindOf(event: ServerEvent): string | undefined {
  switch (event.kind) {
    case "notice":
      return event.topic;
    case "conflict":
    case "reservation-waits":
      return event.kind;
    case "dropped":
      return event.reason;
    case "exchange":
      switch (event.outcome) {
        case "ACK":
          // Anybody may ask for options without a lease, in the name of any address.
          return event.request === "INFORM" ? event.rule : undefined;
        case "released":
          return undefined;
        case "OFFER":
          return isFirstAnswer(event) ? OFFERS : event.rule;
        case "lost":
          return event.outcome;
        default:
          return event.rule;
      }
  }
}

/** Outcomes that are answers. */
const ANSWERS: ReadonlySet<string> = new Set([
  "OFFER",
  "ACK",
  "BOOTREPLY",
  "LEASEUNASSIGNED",
  "LEASEUNKNOWN",
  "LEASEACTIVE",
]);
