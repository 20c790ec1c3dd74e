/** What the benchmarks make of what other programs say, and the report and plots of it. */
import assert from "node:assert/strict";
import { readGarbage } from "../../scripts/bench/garbage.ts";
import { readBenches } from "../../scripts/bench/in_process.ts";
import { RELAYED_INGRESS } from "../../scripts/bench/lab.ts";
import { Latencies } from "../../scripts/bench/latencies.ts";
import { hardwareAddressOf, Messages, readAnswer } from "../../scripts/bench/messages.ts";
import { readPerfdhcp } from "../../scripts/bench/perfdhcp.ts";
import { plots } from "../../scripts/bench/plots.ts";
import { parseProcessFacts } from "../../scripts/bench/process_facts.ts";
import { targetsOf } from "../../scripts/bench/reach.ts";
import { formatFigure, reportText } from "../../scripts/bench/report.ts";
import { median, medianOf, type Results, type Sample } from "../../scripts/bench/results.ts";
import { subletConfig } from "../../scripts/bench/server_configs.ts";
import { readTrace } from "../../scripts/bench/traced.ts";
import { classify } from "../../src/protocol/request.ts";
import { loadConfig } from "../../src/config/load.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { viewMessage } from "../../src/wire/message_view.ts";

Deno.test("processor time and memory are read from /proc, whatever the process is called", () => {
  const stat = "42 (a) b) c) S 1 42 42 0 -1 4194560 1 0 0 0 250 50 0 0 20 0 9 0 7 1 2 3";
  const status = "Name:\tx\nVmHWM:\t  204800 kB\nVmRSS:\t  102400 kB\n";
  const facts = parseProcessFacts(stat, status);
  assert.deepEqual(facts, { cpuSeconds: 3, rssMiB: 100, peakRssMiB: 200 });
});

Deno.test("a trace of strace is added up, interrupted calls too", () => {
  const trace = [
    '7 write(5</tmp/x/leases.jsonl>, ""..., 220) = 220',
    "8 fdatasync(5</tmp/x/leases.jsonl> <unfinished ...>",
    '7 write(5</tmp/x/leases.jsonl>, ""..., 80) = 80',
    "8 <... fdatasync resumed>)               = 0",
    "7 write(5</tmp/x/leases.jsonl>, , 80) = -1 ENOSPC (No space left on device)",
  ].join("\n");
  assert.deepEqual(readTrace(trace), { octets: 300, writes: 2, syncs: 1 });
});

Deno.test("garbage is what the heap grew by between collections", () => {
  const line = (atMs: number, before: number, after: number, ms: number) =>
    `[9:0x55]  ${atMs} ms: Scavenge ${before} (40.0) -> ${after} (40.0) MB, pooled: 0.0 MB, ` +
    `${ms} / 0.00 ms (average mu = 1.000, current mu = 1.000) allocation failure; `;
  const trace = [line(10, 9, 5, 1), line(20, 8, 6, 2), line(30, 10, 5, 4), line(99, 9, 9, 9)];
  assert.deepEqual(readGarbage(trace.join("\n"), 15, 40), {
    octetsAllocated: (3 + 4) * 1024 * 1024,
    pauseMs: 6,
    longestPauseMs: 4,
    collections: 2,
  });
});

Deno.test("the statistics of perfdhcp are read", () => {
  const half = (name: string, drops: string, delay: string) =>
    `***Statistics for: ${name}***\nsent packets: 4994\ndrops: 0\ndrops ratio: ${drops} %\n` +
    `min delay: 0.1 ms\navg delay: ${delay} ms\n`;
  const said = "***Rate statistics***\nRate: 998.643 4-way exchanges/second, " +
    "expected rate: 1000\n" + half("DISCOVER-OFFER", "0.02", "0.250") +
    half("REQUEST-ACK", "0.06", "0.480");
  const expected = { rate: 998.643, lossPercent: 0.06, offerMeanMs: 0.25, ackMeanMs: 0.48 };
  assert.deepEqual(readPerfdhcp(said), expected);
});

Deno.test("the results of `deno bench` are read by name", () => {
  const json = JSON.stringify({
    benches: [
      { name: "view", results: [{ ok: { avg: 50, p75: 47.5 } }] },
      { name: "broken", results: [{ failed: {} }] },
    ],
  });
  assert.deepEqual(readBenches(json), { view: 47.5, broken: NaN });
});

Deno.test("a quantile of latencies is at most 2 % too high", () => {
  const latencies = new Latencies();
  for (let ms = 1; ms <= 1_000; ms++) latencies.add(ms);
  const { count, mean, p50, p99, max } = latencies.summary();
  assert.deepEqual([count, mean, max], [1_000, 500.5, 1_000]);
  assert.ok(p50 >= 500 && p50 <= 510, `${p50}`);
  assert.ok(p99 >= 990 && p99 <= 1_000, `${p99}`);
});

Deno.test("the generator's clients are what the server takes them for", () => {
  const address = parseIpv4("10.1.0.7")!;
  const server = parseIpv4("10.0.0.1")!;
  const messages = new Messages(parseIpv4("10.0.0.2")!, false);
  const kindOf = (bytes: Uint8Array) => {
    const view = viewMessage(bytes);
    return view.kind === "malformed" ? view.reason : classify(view, RELAYED_INGRESS).kind;
  };
  assert.equal(kindOf(messages.discover(1, 7)), "DISCOVER");
  assert.equal(kindOf(messages.select(1, 7, address, server)), "SELECTING");
  assert.equal(kindOf(messages.extend(1, 7, address)), "REBINDING");
  assert.equal(kindOf(messages.release(1, 7, address, server)), "RELEASE");
  assert.equal(readAnswer(messages.discover(0xffff_ffff, 7)).xid, 0xffff_ffff);
  assert.deepEqual([...hardwareAddressOf(258)], [2, 0, 0, 0, 1, 2]);
});

Deno.test("the config that Sublet is measured with is a good one", () => {
  const paths = { directory: "/tmp", leases: "/tmp/leases.jsonl" };
  for (const reservations of [0, 3]) {
    const loaded = loadConfig(subletConfig({ poolSize: 60_000, reservations }, paths), "x.yaml");
    assert.ok("config" in loaded, JSON.stringify(loaded));
    assert.deepEqual(loaded.warnings, []);
    const [subnet] = loaded.config.subnets;
    assert.equal(subnet!.reservations.byAddress.size, reservations);
  }
});

function sample(server: string, rate: number): Sample {
  return { measure: "relay-1024", server, at: 0, values: { rate, cpuMsPer1000: 1e6 / rate } };
}

const RESULTS: Results = {
  startedAt: "2026-01-02T03:04:05.000Z",
  minutes: 24.6,
  command: "deno task bench",
  isQuick: false,
  rounds: 3,
  loadBefore: 0.25,
  machine: {
    processor: "A <fast> one",
    cores: 2,
    memoryGiB: 4,
    kernel: "6.1",
    fileSystem: "ext4 on /dev/vda",
  },
  versions: { Sublet: "0.1.0" },
  samples: [
    ...[sample("sublet", 9_000), sample("sublet", 30_000), sample("sublet", 20_000)],
    ...[sample("kea", 4_000), sample("kea", 5_000), sample("kea-synced", 0)],
    { measure: "rate-200", server: "sublet", at: 0, values: { p50Ms: 0.5 } },
    { measure: "leases", server: "sublet", at: 1_000, values: { cpuMsPer1000: 20 } },
    { measure: "leases", server: "sublet", at: 1_000_000, values: { cpuMsPer1000: 30 } },
  ],
  failures: ["closed of udhcpd: it said\nmany lines"],
};

Deno.test("medians are taken over the rounds", () => {
  assert.equal(medianOf(RESULTS, { measure: "relay-1024", server: "sublet" }, "rate"), 20_000);
  assert.equal(medianOf(RESULTS, { measure: "relay-1024", server: "kea" }, "rate"), 4_500);
  assert.equal(medianOf(RESULTS, { measure: "relay-1024", server: "ceiling" }, "rate"), undefined);
  assert.equal(median([NaN, 1].filter(Number.isFinite)), 1);
});

Deno.test("a target is reached, missed or not measured", () => {
  const byName = new Map(targetsOf(RESULTS).map((target) => [target.what, target]));
  const [first] = byName.values();
  assert.deepEqual([first!.figure, first!.isReached], ["4.44 ×", true]);
  const cpu = byName.get("CPU per exchange, saturated, Sublet / Kea: at most 0.2 ×");
  assert.deepEqual([cpu!.figure, cpu!.isReached], ["0.22 ×", false]);
  const growth = byName.get("CPU per renewal, 1,000,000 leases / 1,000: at most 2 ×");
  assert.deepEqual([growth!.figure, growth!.isReached], ["1.50 ×", true]);
  const quiet = byName.get("the same, both quiet: at least 3 ×");
  assert.deepEqual([quiet!.figure, quiet!.isReached], ["not measured", undefined]);
});

Deno.test("a report has the tables there are figures for, and keeps the remarks of the last", () => {
  const earlier = "# Benchmarks\n\n## Remarks\n\nIt is the disk.\n\n## Figures\n\nold\n";
  const text = reportText(RESULTS, earlier);
  assert.match(text, /\| Sublet +\| 20,000 +\| 50 +\|/);
  assert.match(text, /## Remarks\n\nIt is the disk\.\n\n## Figures\n/);
  assert.match(text, /- closed of udhcpd: it said\n/);
  assert.doesNotMatch(text, /\bold\b|perfdhcp|undefined|NaN/);
  assert.match(reportText(RESULTS, ""), /## Remarks\n\nNone yet\.\n/);
});

Deno.test("figures have as many digits as tell something", () => {
  const shown = [undefined, NaN, 0.012345, 1.5, 99.96, 1234.6].map(formatFigure);
  assert.deepEqual(shown, ["–", "–", "0.0123", "1.5", "100", "1,235"]);
});

Deno.test("plots are well-formed and name what they show", async (t) => {
  const made = plots(RESULTS);
  const names = made.map(({ name }) => name);
  const expected = ["benchmark_rates.svg", "benchmark_latency.svg", "benchmark_leases.svg"];
  assert.deepEqual(names, expected);
  for (const { name, svg } of made) {
    await t.step(name, () => {
      assert.doesNotMatch(svg, /NaN|undefined|Infinity/);
      assert.match(svg, />Sublet/);
      assert.equal(svg.match(/<text/g)!.length, svg.match(/<\/text>/g)!.length);
    });
  }
});
