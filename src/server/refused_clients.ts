/** Who was refused in the last hour, and why: what an operator looks for first. */
import type { Rule } from "../protocol/decision.ts";
import type { Clock } from "../store/clock.ts";
import type { ExchangeEvent, ServerEvent } from "./events.ts";

/** How long one is told of. */
const REMEMBERED_MS = 3_600_000;

/** How many there may be: strangers can make up any number of clients. */
export const REFUSALS_MAX = 100;

/** Silence that says no to a client. Other silence is for whoever meant another server. */
const REFUSING: ReadonlySet<Rule> = new Set<Rule>([
  "no-subnet",
  "relay-not-allowed",
  "off-link",
  "denied",
  "pool-exhausted",
  "not-for-its-classes",
  "limit-reached",
  "unknown-client",
  "bootp-not-served",
  "overloaded",
]);

/** A client that was refused for one reason. */
export interface Refusal {
  /** The last time. */
  readonly event: ExchangeEvent;
  readonly count: number;
  /** Monotonic milliseconds. */
  readonly lastAtMs: number;
}

export class RefusedClients {
  /** By client and rule, the newest last. */
  readonly #refusals = new Map<string, Refusal>();

  note(event: ServerEvent, clock: Pick<Clock, "monotonicMs">): void {
    if (event.kind !== "exchange" || !isRefusal(event)) return;
    const key = `${event.client.key} ${event.rule}`;
    const count = (this.#refusals.get(key)?.count ?? 0) + 1;
    this.#refusals.delete(key);
    this.#refusals.set(key, { event, count, lastAtMs: clock.monotonicMs() });
    if (this.#refusals.size <= REFUSALS_MAX) return;
    const [oldest] = this.#refusals.keys();
    this.#refusals.delete(oldest!);
  }

  /** Those of the last hour, the newest first. */
  list(nowMs: number): readonly Refusal[] {
    for (const [key, { lastAtMs }] of this.#refusals) {
      if (nowMs - lastAtMs < REMEMBERED_MS) break;
      this.#refusals.delete(key);
    }
    return [...this.#refusals.values()].toReversed();
  }
}

function isRefusal({ outcome, rule }: ExchangeEvent): boolean {
  return outcome === "NAK" || outcome === "lost" || outcome === "silence" && REFUSING.has(rule);
}
