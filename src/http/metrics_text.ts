/**
 * The counters in the text format of Prometheus, version 0.0.4. No label has a value that comes
 * from a client: whoever sends what he likes makes no time series. Of other servers there are a few.
 */
import type { AddressCounts } from "../leases/standings.ts";
import type { RogueServer } from "../server/rogue_watch.ts";
import type { StatusSource } from "../server/status.ts";
import { formatIpv4 } from "../wire/ipv4.ts";
import { hasCrowdedPool } from "./status_report.ts";

/** The Content-Type of the format. */
export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** A value, and the values of its labels. */
type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

type Kind = "counter" | "gauge";

/** All metrics, as of now. */
export function formatMetrics(source: StatusSource): string {
  const { metrics, leases, clock, startedAtMs } = source;
  const { oversizedDatagrams, unsentReplies } = source.linkCounters();
  const limits = source.limits();
  const quarantines = source.quarantines();
  const rogues = source.rogues.servers;
  const reloads = source.reloads();
  leases.advance(clock.monotonicMs());
  const { subnets } = source.config();
  const addresses = subnets.flatMap((subnet) =>
    standings({ subnet: subnet.name }, leases.counts(subnet))
  );
  const poolAddresses = subnets.filter(({ pools }) => pools.length > 1).flatMap((subnet) =>
    subnet.pools.flatMap((pool) =>
      standings({ subnet: subnet.name, pool: pool.name }, leases.poolCounts(pool))
    )
  );
  return [
    family("uptime_seconds", "gauge", "Time since the start.", [
      [{}, Math.floor((clock.monotonicMs() - startedAtMs) / 1000)],
    ]),
    family("requests_total", "counter", "Requests by kind.", counts("kind", metrics.requests)),
    family(
      "outcomes_total",
      "counter",
      "What became of them.",
      counts("outcome", metrics.outcomes),
    ),
    family("decisions_total", "counter", "Decisions by rule.", counts("rule", metrics.rules)),
    family(
      "dropped_datagrams_total",
      "counter",
      "Datagrams that are not requests, or not looked at, by reason.",
      counts("reason", metrics.dropped),
    ),
    family("oversized_datagrams_total", "counter", "Datagrams too long for any request.", [
      [{}, oversizedDatagrams],
    ]),
    family("unsent_replies_total", "counter", "Replies that the kernel did not take.", [
      [{}, unsentReplies],
    ]),
    family("leases", "gauge", "Lease records, whatever their state.", [[{}, leases.size]]),
    family("addresses", "gauge", "Addresses that may be given, by how they stand.", addresses),
    family(
      "pool_addresses",
      "gauge",
      "The same for each pool, where a subnet has several.",
      poolAddresses,
    ),
    family("config_reloads_total", "counter", "Times that the config was read again.", [
      [{ outcome: "done" }, reloads.done],
      [{ outcome: "failed" }, reloads.failed],
    ]),
    family("config_last_reload_ok", "gauge", "Whether the config is what the file last said.", [
      [{}, Number(reloads.problem === undefined)],
    ]),
    family(
      "config_needs_restart",
      "gauge",
      "How many parts of the config take effect at the next start.",
      [[{}, reloads["needs-restart"].length]],
    ),
    family("store_ok", "gauge", "Whether leases can be written.", [
      [{}, Number(source.health().ok)],
    ]),
    family(
      "rate_limited_total",
      "counter",
      "Messages without an answer, by the limit that held them back.",
      counts("limit", Object.entries(limits.held)),
    ),
    family("offers_yielded_total", "counter", "Offers that gave way to newer ones.", [
      [{}, limits["offers-yielded"]],
    ]),
    family("discovers_in_vain_total", "counter", "DISCOVERs in a flood that found no address.", [
      [{}, limits["discovers-in-vain"]],
    ]),
    family(
      "leases_shortened_total",
      "counter",
      "New leases that are short: more clients came than a pool can have.",
      [[{}, limits["leases-shortened"]]],
    ),
    family(
      "rogue_server_present",
      "gauge",
      "Whether another DHCP server still answers clients.",
      rogues.map((it) => [rogueLabels(it), Number(it.isPresent)]),
    ),
    family(
      "rogue_server_answers_total",
      "counter",
      "What other DHCP servers said to searches; without labels those beyond the first few.",
      [
        ...rogues.map((it): Sample => [rogueLabels(it), it.answers]),
        [{}, source.rogues.unlistedAnswers],
      ],
    ),
    family("quarantines_total", "counter", "Quarantines, by what became of them.", [
      [{ what: "made" }, quarantines.made],
      [{ what: "probed-again" }, quarantines["probed-again"]],
      [{ what: "lifted" }, quarantines.lifted],
      [{ what: "made-room" }, quarantines["made-room"]],
    ]),
    family("quarantine_alarm", "gauge", "Whether a pool has as many quarantines as it may.", [
      [{}, Number(hasCrowdedPool(source))],
    ]),
    family("starvation_alarm", "gauge", "Whether more is asked for than can be given.", [
      [{}, Number(limits.alarm)],
    ]),
  ].join("");
}

function standings(
  labels: Readonly<Record<string, string>>,
  { used, offered, quarantined, free }: AddressCounts,
): Sample[] {
  return Object.entries({ used, offered, quarantined, free })
    .map(([state, count]) => [{ ...labels, state }, count]);
}

function rogueLabels({ interfaceName, serverIdentifier, hardwareAddress }: RogueServer): Sample[0] {
  const server = formatIpv4(serverIdentifier);
  return { interface: interfaceName, server, mac: hardwareAddress };
}

function counts(label: string, counters: Iterable<readonly [string, number]>): Sample[] {
  return [...counters].map(([name, count]) => [{ [label]: name }, count]);
}

function family(name: string, kind: Kind, help: string, samples: readonly Sample[]): string {
  const lines = samples.map(([labels, value]) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}=${JSON.stringify(text)}`);
    return `sublet_${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value}\n`;
  });
  return `# HELP sublet_${name} ${help}\n# TYPE sublet_${name} ${kind}\n${lines.join("")}`;
}
