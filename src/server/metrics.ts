/** Counters of what the server did, by name; read by the status endpoint. */
import type { Ipv4 } from "../wire/ipv4.ts";
import { DROPS, OUTCOMES, REQUESTS, RULES } from "./counter_names.ts";
import type { ConflictEvent, ServerEvent, WaitEvent } from "./events.ts";

/** How many of the last conflicts are remembered. */
const LAST_CONFLICTS_MAX = 10;

/** How many clients that wait for a reserved address are remembered. */
const LAST_WAITS_MAX = 100;

export class Metrics {
  /** Requests by kind, e.g. `DISCOVER`. */
  readonly requests = new Map<string, number>(Object.entries(REQUESTS));
  /** What became of them, e.g. `ACK`. */
  readonly outcomes = new Map<string, number>(Object.entries(OUTCOMES));
  /** Which rules made the decisions, e.g. `pool-exhausted`. */
  readonly rules = new Map<string, number>(Object.entries(RULES));
  /** Datagrams that are not requests, by reason. */
  readonly dropped = new Map<string, number>(Object.entries(DROPS));

  /** The last conflicts, the newest first. */
  readonly lastConflicts: ConflictEvent[] = [];

  /** The last clients that had to wait for their reserved address, by that, the oldest first. */
  readonly lastWaits = new Map<Ipv4, WaitEvent>();

  /** Counts one event; notices are not counted. */
  count(event: ServerEvent): void {
    switch (event.kind) {
      case "exchange":
        increment(this.requests, event.request);
        increment(this.outcomes, event.outcome);
        increment(this.rules, event.rule);
        break;
      case "conflict":
        increment(this.rules, event.kind);
        this.lastConflicts.unshift(event);
        this.lastConflicts.splice(LAST_CONFLICTS_MAX);
        break;
      case "reservation-waits":
        this.lastWaits.delete(event.address);
        this.lastWaits.set(event.address, event);
        for (const [oldest] of this.lastWaits) {
          if (this.lastWaits.size <= LAST_WAITS_MAX) break;
          this.lastWaits.delete(oldest);
        }
        break;
      case "dropped":
        increment(this.dropped, event.reason);
        break;
      case "notice":
        break;
    }
  }
}

function increment(counters: Map<string, number>, name: string): void {
  counters.set(name, (counters.get(name) ?? 0) + 1);
}
