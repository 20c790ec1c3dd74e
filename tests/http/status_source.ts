/** A status endpoint over what a test makes up. */
import type { Config, Subnet } from "../../src/config/config.ts";
import { createApp } from "../../src/http/app.ts";
import type { Lease } from "../../src/leases/lease.ts";
import { LeaseTable } from "../../src/leases/lease_table.ts";
import type { InterfaceStatus } from "../../src/link/link.ts";
import { Metrics } from "../../src/server/metrics.ts";
import { QuarantineWatch } from "../../src/server/quarantine_watch.ts";
import { type LimitsStatus, RateLimiter } from "../../src/server/rate_limiter.ts";
import { RefusedClients } from "../../src/server/refused_clients.ts";
import { RogueWatch } from "../../src/server/rogue_watch.ts";
import type { ReloadStatus, StatusSource } from "../../src/server/status.ts";
import type { NamesStatus } from "../../src/names/name_registrar.ts";
import type { StoreHealth } from "../../src/store/lease_store.ts";
import { makeLease, makeSubnet, numberedClient } from "../support/leases_fixture.ts";
import { createVirtualClock, VIRTUAL_MONOTONIC_MS } from "../support/virtual_clock.ts";

const HOUR_MS = 3_600_000;
export const NOW_MS = VIRTUAL_MONOTONIC_MS;

/** Whom the app answers: anybody on this machine. */
export const OPEN = { names: [] };

/** A source that a test fills in; all well and without leases unless told. */
export interface SourceSketch {
  readonly subnet?: Subnet;
  readonly leases?: readonly Lease[];
  readonly interfaces?: readonly InterfaceStatus[];
  readonly health?: StoreHealth;
  readonly names?: NamesStatus;
  readonly metrics?: Metrics;
  readonly limits?: LimitsStatus;
  readonly rogues?: RogueWatch;
  readonly refusals?: RefusedClients;
  readonly reloads?: ReloadStatus;
}

const NEVER_RELOADED: ReloadStatus = { done: 0, failed: 0, "needs-restart": [] };

export const ETH0: InterfaceStatus = {
  name: "eth0",
  state: "serving",
  addresses: ["192.168.1.1/24"],
};

export function makeSource(sketch: SourceSketch = {}): StatusSource {
  const subnet = sketch.subnet ?? makeSubnet({ pools: ["192.168.1.100-192.168.1.199"] });
  const config: Config = {
    interfaces: ["eth0"],
    authoritative: true,
    subnets: [subnet],
    offerSeconds: 60,
    quarantineSeconds: 86_400,
    trustOption82: new Set(),
    subnetSelection: false,
    durability: { kind: "commit" },
    renewWriteThreshold: 0,
    journal: "leases.jsonl",
  };
  const leases = new LeaseTable(config.subnets);
  for (const lease of sketch.leases ?? []) leases.put(lease);
  return {
    config: () => config,
    leases,
    metrics: sketch.metrics ?? new Metrics(),
    clock: createVirtualClock(),
    startedAtMs: NOW_MS - 2 * HOUR_MS,
    interfaces: () => sketch.interfaces ?? [ETH0],
    linkCounters: () => ({ oversizedDatagrams: 2, unsentReplies: 1 }),
    names: () => sketch.names,
    health: () => sketch.health ?? { ok: true },
    reloads: () => sketch.reloads ?? NEVER_RELOADED,
    limits: () => sketch.limits ?? new RateLimiter(leases).status(),
    quarantines: () => new QuarantineWatch(leases).status(),
    refusals: sketch.refusals ?? new RefusedClients(),
    rogues: sketch.rogues ?? new RogueWatch(0),
  };
}

export async function get(
  sketch: SourceSketch,
  path: string,
  init?: RequestInit,
): Promise<Response> {
  return await createApp(makeSource(sketch), OPEN).request(path, init);
}

export const ONE_OF_EACH: readonly Lease[] = [
  makeLease({
    address: "192.168.1.100",
    client: numberedClient(1, "01:b8:27:eb:00:00:01"),
    hostname: "pi",
    updatedAtMs: 4,
    expiresAtMs: NOW_MS + 12 * HOUR_MS - 90_000,
  }),
  makeLease({
    address: "192.168.1.101",
    client: numberedClient(2),
    updatedAtMs: 3,
    expiresAtMs: NOW_MS - 1_000,
  }),
  makeLease({
    address: "192.168.1.102",
    client: numberedClient(3),
    state: "released",
    updatedAtMs: 2,
    expiresAtMs: NOW_MS - 60_000,
  }),
  makeLease({
    address: "192.168.1.103",
    client: numberedClient(4),
    state: "declined",
    updatedAtMs: 1,
    expiresAtMs: NOW_MS + HOUR_MS,
  }),
  makeLease({
    address: "192.168.1.104",
    client: numberedClient(5),
    updatedAtMs: 0,
    expiresAtMs: Infinity,
  }),
];
