/** Counters of what the server did, by name; read by the status endpoint. */
import type { ConflictEvent, ServerEvent } from "./events.ts";

/** How many of the last conflicts are remembered. */
const LAST_CONFLICTS_MAX = 10;

export class Metrics {
  /** Requests by kind, e.g. `DISCOVER`. */
  readonly requests = new Map<string, number>();
  /** What became of them, e.g. `ACK`. */
  readonly outcomes = new Map<string, number>();
  /** Which rules made the decisions, e.g. `pool-exhausted`. */
  readonly rules = new Map<string, number>();
  /** Datagrams that are not requests, by reason. */
  readonly dropped = new Map<string, number>();

  /** The last conflicts, the newest first. */
  readonly lastConflicts: ConflictEvent[] = [];

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
