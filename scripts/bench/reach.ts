/** The targets that Sublet is held to, each with the figure of this run. */
import { medianOf, type Results } from "./results.ts";

export interface Target {
  readonly what: string;
  /** The figure, in words. */
  readonly figure: string;
  /** `undefined`: not measured in this run. */
  readonly isReached: boolean | undefined;
}

const MOST_LEASES = 1_000_000;

/** All of them, in the order in which they are told. */
export function targetsOf(results: Results): Target[] {
  const get = (measure: string, server: string, key: string, at = 0) =>
    medianOf(results, { measure, server, at }, key);
  const times = (
    what: string,
    [measure, key]: readonly [string, string],
    [ours, theirs]: readonly [string, string],
    least: number,
  ) =>
    ratio(`${what}: at least ${least} ×`, get(measure, ours, key), get(measure, theirs, key), {
      least,
    });
  const cost = (what: string, ours: number | undefined, theirs: number | undefined, most: number) =>
    ratio(`${what}: at most ${most} ×`, ours, theirs, { most });
  const rate = ["relay-1024", "rate"] as const;
  const slow = (server: string) =>
    ratio(
      `1,024 outstanding / ${server} with 32: at least 50 ×`,
      get("relay-1024", "sublet", "rate"),
      get("relay-32", server, "rate"),
      { least: 50 },
    );
  const cpu = (server: string) => get("relay-1024", server, "cpuMsPer1000");
  const fill = (percent: number) => get("pool-fill", "sublet", "cpuMsPer1000", percent);
  const leases = (count: number, key: string) => get("leases", "sublet", key, count);
  return [
    times("1,024 outstanding, Sublet / Kea, logging as they come", rate, ["sublet", "kea"], 4),
    times("the same, both quiet", rate, ["sublet-quiet", "kea-quiet"], 3),
    slow("dhcpd"),
    slow("dnsmasq"),
    times("renewals, Sublet / Kea", ["renew", "rate"], ["sublet", "kea"], 2),
    times("renewals through a relay, Sublet / Kea", ["rebind", "rate"], ["sublet", "kea"], 2),
    times(
      "Sublet, quiet / the bare way of input and output",
      rate,
      ["sublet-quiet", "ceiling"],
      0.6,
    ),
    times("Sublet, logging / the same", rate, ["sublet", "ceiling"], 0.6),
    cost("CPU per exchange, saturated, Sublet / Kea", cpu("sublet"), cpu("kea"), 0.2),
    cost("the same, both quiet", cpu("sublet-quiet"), cpu("kea-quiet"), 0.2),
    cost(
      "CPU per exchange at 200/s, Sublet / Kea",
      get("rate-200", "sublet", "cpuMsPer1000"),
      get("rate-200", "kea", "cpuMsPer1000"),
      1,
    ),
    cost(
      "median time of an exchange at 200/s, Sublet / Kea",
      get("rate-200", "sublet", "p50Ms"),
      get("rate-200", "kea", "p50Ms"),
      1,
    ),
    limit("99th percentile at 200/s: below 5 ms", get("rate-200", "sublet", "p99Ms"), 5, "ms"),
    limit("lost at half of the highest rate", get("half-load", "sublet", "lossPercent"), 0, "%"),
    limit(
      "status endpoint meanwhile, 99th percentile: below 50 ms",
      get("half-load", "sublet", "statusP99Ms"),
      50,
      "ms",
    ),
    limit(
      "memory with 60,000 leases: below 100 MB (95.4 MiB)",
      leases(60_000, "rssMiB"),
      95.4,
      "MiB",
    ),
    limit("with 1,000,000: below 250 MB (238.4 MiB)", leases(MOST_LEASES, "rssMiB"), 238.4, "MiB"),
    cost("CPU per exchange, pool 99.9 % taken / 1 %", fill(99.9), fill(1), 2),
    cost(
      "CPU per renewal, 1,000,000 leases / 1,000",
      leases(MOST_LEASES, "cpuMsPer1000"),
      leases(1_000, "cpuMsPer1000"),
      2,
    ),
    limit(
      "start to first answer with 1,000,000 lines: below 2 s",
      leases(MOST_LEASES, "startMs"),
      2_000,
      "ms",
    ),
  ];
}

function ratio(
  what: string,
  ours: number | undefined,
  theirs: number | undefined,
  bound: { readonly least?: number; readonly most?: number },
): Target {
  if (ours === undefined || theirs === undefined || theirs === 0) return unknown(what);
  const found = ours / theirs;
  const isReached = found >= (bound.least ?? -Infinity) && found <= (bound.most ?? Infinity);
  return { what, figure: `${found.toFixed(2)} ×`, isReached };
}

function limit(what: string, value: number | undefined, most: number, unit: string): Target {
  if (value === undefined) return unknown(what);
  return { what, figure: `${Number(value.toPrecision(3))} ${unit}`, isReached: value <= most };
}

function unknown(what: string): Target {
  return { what, figure: "not measured", isReached: undefined };
}
