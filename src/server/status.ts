/** What the status endpoint may see of a running server. */
import type { Config } from "../config/config.ts";
import type { LeaseTable } from "../leases/lease_table.ts";
import type { InterfaceStatus, LinkCounters } from "../link/link.ts";
import type { NamesStatus } from "../names/name_registrar.ts";
import type { Clock } from "../store/clock.ts";
import type { StoreHealth } from "../store/lease_store.ts";
import type { Metrics } from "./metrics.ts";
import type { QuarantineStatus } from "./quarantine_watch.ts";
import type { LimitsStatus } from "./rate_limiter.ts";
import type { RefusedClients } from "./refused_clients.ts";
import type { RogueWatch } from "./rogue_watch.ts";

/** What became of the times that the config was read again. */
export interface ReloadStatus {
  readonly done: number;
  readonly failed: number;
  /** Why the last one failed, in words for the operator: the config before it is in force. */
  readonly problem?: string;
  /** Keys of the file whose new values take effect at the next start. */
  readonly "needs-restart": readonly string[];
}

export interface StatusSource {
  /** The running config; another one after a reload. */
  config(): Config;
  readonly leases: LeaseTable;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** Monotonic milliseconds. */
  readonly startedAtMs: number;
  interfaces(): readonly InterfaceStatus[];
  linkCounters(): LinkCounters;
  health(): StoreHealth;
  /** Other servers on our wires. */
  readonly rogues: RogueWatch;
  /** Who was refused lately. */
  readonly refusals: RefusedClients;
  /** What the rate limits held back. */
  limits(): LimitsStatus;
  /** What became of quarantines. */
  quarantines(): QuarantineStatus;
  /** What name servers were told; absent when there are none. */
  names(): NamesStatus | undefined;
  reloads(): ReloadStatus;
}
