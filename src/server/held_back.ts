/** Counts what the limits hold back, and tells the operator: of each limit, and of a flood. */
import type { RateLimits } from "../config/rate_limits.ts";
import { formatHex } from "../wire/hex.ts";
import { Header, type MessageView } from "../wire/message_view.ts";

/** The limits by the names of their counters. */
export const LIMITS = [
  "client",
  "declines",
  "quarantines",
  "new-leases",
  "new-leases-per-pool",
  "new-leases-per-relay",
  "new-leases-per-circuit",
] as const;
export type Limit = typeof LIMITS[number];

/**
 * The least that comes too much within a minute for an alarm, where no limit on new leases has a
 * smaller burst; less is one client's mishap.
 */
const ALARM_COUNT_MIN = 20;
/** The alarm ends when so long nothing came too much. */
export const ALARM_MS = 60_000;
/** What a limit holds back is told of so often at most. */
const TELLING_MS = 60_000;

/** What else comes too much in a flood, besides messages that a limit holds back. */
export interface Surplus {
  /** Offers that made room for newer ones. */
  readonly offersYielded: number;
  /** DISCOVERs that found no address. */
  readonly discoversInVain: number;
  /** Leases that are short, since their clients came too fast. */
  readonly leasesShortened: number;
}

/** What to tell the operator. */
export interface LimiterNotice {
  readonly level: "info" | "warning";
  readonly message: string;
}

/** What a limit has held back and the operator was not told of. */
interface Untold {
  count: number;
  /** One of the clients, by its hardware address; kept until it is told. */
  example: string | undefined;
  /** Monotonic milliseconds. */
  notBeforeMs: number;
}

export class HeldBack {
  readonly #counts = Object.fromEntries(LIMITS.map((limit) => [limit, 0])) as Record<Limit, number>;
  readonly #untold = new Map<Limit, Untold>();
  #countAtLook = 0;
  /** Within a minute that begins anew when it is over. */
  #alarmCount = 0;
  #alarmCountSinceMs = -Infinity;
  #countAtAlarm = 0;
  #alarmUntilMs = -Infinity;
  #isAlarmed = false;

  get isAlarmed(): boolean {
    return this.#isAlarmed;
  }

  /** Messages that were held back, by the limit. */
  get counts(): Readonly<Record<Limit, number>> {
    return { ...this.#counts };
  }

  /** Takes notice of a message that a limit holds back. */
  note(limit: Limit, { bytes, hlen }: Pick<MessageView, "bytes" | "hlen">): void {
    this.#counts[limit]++;
    let untold = this.#untold.get(limit);
    if (untold === undefined) {
      untold = { count: 0, example: undefined, notBeforeMs: -Infinity };
      this.#untold.set(limit, untold);
    }
    untold.count++;
    untold.example ??= formatHex(bytes, Header.CHADDR, Header.CHADDR + hlen);
  }

  /** To be called every few seconds: what to tell the operator. */
  look(limits: RateLimits | undefined, surplus: Surplus, nowMs: number): LimiterNotice[] {
    const alarm = this.#lookForAlarm(alarmCountOf(limits), surplus, nowMs);
    return [...this.#tellOfHeld(nowMs), ...alarm === undefined ? [] : [alarm]];
  }

  #lookForAlarm(countMin: number, surplus: Surplus, nowMs: number): LimiterNotice | undefined {
    const count = this.#count(surplus);
    const news = count - this.#countAtLook;
    this.#countAtLook = count;
    const wasAlarmed = this.#isAlarmed;
    if (nowMs - this.#alarmCountSinceMs >= ALARM_MS) {
      this.#alarmCount = 0;
      this.#alarmCountSinceMs = nowMs;
    }
    this.#alarmCount += news;
    if (news > 0 && (wasAlarmed || this.#alarmCount >= countMin)) {
      this.#alarmUntilMs = nowMs + ALARM_MS;
    }
    this.#isAlarmed = nowMs < this.#alarmUntilMs;
    if (this.#isAlarmed === wasAlarmed) return undefined;
    if (this.#isAlarmed) {
      this.#countAtAlarm = count - this.#alarmCount;
      const message = `more is asked for than can be given: ${this.#tell(surplus)}`;
      return { level: "warning", message };
    }
    const total = count - this.#countAtAlarm;
    const message = `no more is asked for than can be given; ${total} messages came too much`;
    return { level: "info", message };
  }

  /** Else a client of a small network would get no answer, and nothing would say why. */
  *#tellOfHeld(nowMs: number): Generator<LimiterNotice> {
    for (const [limit, untold] of this.#untold) {
      const { count, example, notBeforeMs } = untold;
      if (example === undefined || nowMs < notBeforeMs) continue;
      const whose = example === "" ? "" : `, of ${example}${count === 1 ? "" : " among others"}`;
      const what = `${count} ${count === 1 ? "message" : "messages"}${whose}`;
      yield { level: "warning", message: `the rate limit "${limit}" held back ${what}` };
      this.#untold.set(limit, {
        count: 0,
        example: undefined,
        notBeforeMs: nowMs + TELLING_MS,
      });
    }
  }

  #count({ offersYielded, discoversInVain, leasesShortened }: Surplus): number {
    let count = offersYielded + discoversInVain + leasesShortened;
    for (const limit of LIMITS) count += this.#counts[limit];
    return count;
  }

  #tell({ offersYielded, discoversInVain, leasesShortened }: Surplus): string {
    const parts = LIMITS.filter((limit) => this.#counts[limit] > 0)
      .map((limit) => `${this.#counts[limit]} messages held back by the limit "${limit}"`);
    if (offersYielded > 0) parts.push(`${offersYielded} offers gave way to newer ones`);
    if (discoversInVain > 0) parts.push(`${discoversInVain} DISCOVERs found no address`);
    if (leasesShortened > 0) parts.push(`${leasesShortened} new clients got short leases`);
    return `${parts.join(", ")} so far; clients with a lease or a reservation are served as ever`;
  }
}

function alarmCountOf(limits: RateLimits | undefined): number {
  const { newLeases, newLeasesPerRelay, newLeasesPerCircuit } = limits ?? {};
  const bursts = [newLeases, newLeasesPerRelay, newLeasesPerCircuit]
    .map((rate) => rate?.burst ?? Infinity);
  return Math.min(ALARM_COUNT_MIN, ...bursts);
}
