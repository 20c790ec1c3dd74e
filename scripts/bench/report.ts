/** docs/BENCHMARKS.md out of the results of a run. */
import { targetsOf } from "./reach.ts";
import { medianOf, pointsOf, type Results } from "./results.ts";
import { SERVERS } from "./servers.ts";
import { SLOW_DISK_MS } from "./traced.ts";

/** What people wrote; it stays from one report to the next. */
const REMARKS_HEADING = "## Remarks";
const NO_REMARKS = `${REMARKS_HEADING}\n\nNone yet.\n`;

interface Column {
  readonly title: string;
  readonly key: string;
  /** Digits that tell something. */
  readonly digits?: number;
}

const RATE: Column = { title: "exchanges/s", key: "rate" };
const CPU: Column = { title: "CPU ms per 1,000", key: "cpuMsPer1000" };
const LOSS: Column = { title: "lost %", key: "lossPercent" };
const P50: Column = { title: "p50 ms", key: "p50Ms" };
const P99: Column = { title: "p99 ms", key: "p99Ms" };
const RSS: Column = { title: "memory MiB", key: "rssMiB" };

/** A table with a row for each server, of one measure. */
interface Section {
  readonly title: string;
  readonly text: string;
  readonly measure: string;
  readonly columns: readonly Column[];
}

const SECTIONS: readonly Section[] = [
  {
    title: "Whole exchanges through a relay agent, 1,024 outstanding",
    text: "DISCOVER, OFFER, REQUEST, ACK; a client starts as soon as another is done.",
    measure: "relay-1024",
    columns: [RATE, CPU, LOSS, P50, P99, { title: "peak memory MiB", key: "peakRssMiB" }],
  },
  {
    title: "The same, 32 outstanding",
    text: "As a building full of machines that boot.",
    measure: "relay-32",
    columns: [RATE, CPU, LOSS, P50, P99],
  },
  {
    title: "Clients on the server's own network: replies by broadcast",
    text: "1,024 outstanding, 32 for the slower servers; likewise in the next three tables.",
    measure: "broadcast",
    columns: [RATE, CPU, LOSS, P50, P99],
  },
  {
    title: "The same, replies to the client's hardware address",
    text: "",
    measure: "unicast",
    columns: [RATE, CPU, LOSS, P50, P99],
  },
  {
    title: "Renewals by unicast",
    text: "With 50,000 leases (10,000 for the slower servers) in the file at the start.",
    measure: "renew",
    columns: [RATE, CPU, LOSS, P50, P99],
  },
  {
    title: "Through a relay agent (REBINDING)",
    text: "",
    measure: "rebind",
    columns: [RATE, CPU, LOSS, P50, P99],
  },
  {
    title: "Mixed: two renewals for each new client",
    text: "",
    measure: "mixed",
    columns: [RATE, CPU, LOSS, P50, P99],
  },
  {
    title: "At a steady 200 exchanges a second",
    text: "Milliseconds of a whole exchange, then of its halves.",
    measure: "rate-200",
    columns: [
      ...[P50, P99, { title: "mean ms", key: "meanMs" }],
      { title: "OFFER p50", key: "offerP50Ms" },
      { title: "ACK p50", key: "ackP50Ms" },
      ...[CPU, LOSS],
    ],
  },
  {
    title: "The highest rate with less than 1 % lost",
    text: "An open loop: clients come whether or not others were answered.",
    measure: "highest-rate",
    columns: [RATE],
  },
  {
    title: "At half of that rate",
    text: "",
    measure: "rate-half",
    columns: [RATE, P50, P99, CPU, LOSS],
  },
  {
    title: "At half of that rate for a minute",
    text: "Sublet's status endpoint is asked ten times a second meanwhile.",
    measure: "half-load",
    columns: [
      ...[{ title: "offered/s", key: "offered" }, LOSS, P50, P99],
      { title: "status p50 ms", key: "statusP50Ms" },
      { title: "status p99 ms", key: "statusP99Ms" },
    ],
  },
  {
    title: `A slow disk: ${SLOW_DISK_MS} ms more for every sync`,
    text: "1,024 outstanding. OFFERs wait for no disk where they need none.",
    measure: "slow-disk",
    columns: [
      RATE,
      { title: "OFFER p50 ms", key: "offerP50Ms" },
      { title: "OFFER p99 ms", key: "offerP99Ms" },
      { title: "ACK p50 ms", key: "ackP50Ms" },
      { title: "ACK p99 ms", key: "ackP99Ms" },
    ],
  },
];

/** A table with a row for each point of a measure and a column for each server. */
interface Growth {
  readonly title: string;
  readonly text: string;
  readonly measure: string;
  readonly pointTitle: string;
  readonly columns: readonly Column[];
}

const DISK_COLUMNS = [
  { title: "octets", key: "octetsPer1000" },
  { title: "syncs", key: "syncsPer1000" },
];

const GROWTHS: readonly Growth[] = [
  {
    title: "Leases: start to the first OFFER, then renewals",
    text: "A dash: the server did not answer in time (60 s, the slower ones 90 s), or was spared.",
    measure: "leases",
    pointTitle: "leases",
    columns: [{ title: "start ms", key: "startMs" }, CPU, RSS],
  },
  {
    title: "How full the pool is",
    text: "60,000 addresses; ever new clients, each of which releases its lease at once.",
    measure: "pool-fill",
    pointTitle: "% taken",
    columns: [RATE, CPU],
  },
  {
    title: "Reservations, of other clients",
    text: "256 outstanding.",
    measure: "reservations",
    pointTitle: "reservations",
    columns: [RATE, CPU, RSS],
  },
  {
    title: "Classes, by vendor classes (option 60) that none of these clients sends",
    text: "256 outstanding. Sublet looks the vendor class up, Kea tests one class after the other.",
    measure: "classes",
    pointTitle: "classes",
    columns: [RATE, CPU, RSS],
  },
  {
    title: "What goes to disk for 1,000 ACKs of new clients",
    text: "Counted by strace, which slows the servers down: fewer ACKs share a sync than without.",
    measure: "disk-use",
    pointTitle: "outstanding",
    columns: DISK_COLUMNS,
  },
  {
    title: "What goes to disk for 1,000 renewals",
    text: "As above, of 20,000 clients. The shorter the run, the more a compaction in it counts.",
    measure: "disk-use-renewing",
    pointTitle: "outstanding",
    columns: DISK_COLUMNS,
  },
  {
    title: "Load from perfdhcp, for comparison with our generator",
    text: "",
    measure: "perfdhcp",
    pointTitle: "started/s",
    columns: [
      ...[RATE, LOSS, { title: "OFFER mean ms", key: "offerMeanMs" }],
      { title: "ACK mean ms", key: "ackMeanMs" },
    ],
  },
];

/** The whole report. `earlier` is the text of the last one, whose remarks are kept. */
export function reportText(results: Results, earlier: string): string {
  const at = earlier.indexOf(REMARKS_HEADING);
  const parts = [
    head(results),
    reachTable(results),
    at < 0 ? NO_REMARKS : earlier.slice(at, endOfSection(earlier, at)),
    "## Figures\n",
    ...SECTIONS.map((section) => serverTable(results, section)),
    ...GROWTHS.map((growth) => growthTable(results, growth)),
    inProcess(results),
    failures(results),
  ];
  return parts.filter((part) => part !== "").map((part) => part.trimEnd()).join("\n\n") + "\n";
}

/** Where the section that begins at `at` ends: at the next heading of its level. */
function endOfSection(text: string, at: number): number {
  const next = text.indexOf("\n## ", at + 1);
  return next < 0 ? text.length : next;
}

function head(results: Results): string {
  const { machine, versions, minutes, rounds, startedAt, command } = results;
  const programs = Object.entries(versions).map(([label, version]) => `${label} ${version}`);
  const kind = results.isQuick ? "A quick run: the figures are a first look. " : "";
  return `# Benchmarks

Sublet and the DHCP servers that people run, side by side in one run, on two cores of one machine:
the server on one, its clients on the other. Made by \`${command}\`; the code is in scripts/bench.

${kind}${startedAt.slice(0, 16).replace("T", " ")} UTC, ${minutes.toFixed(0)} minutes, medians of \
${rounds} interleaved ${rounds === 1 ? "round" : "rounds"} where a measurement was repeated. \
Load average before: ${results.loadBefore.toFixed(2)}.

- Machine: ${machine.processor}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Linux \
${machine.kernel}; lease files on ${machine.fileSystem}.
- Programs: ${programs.join(", ")}.
- Each server has one subnet of 10.0.0.0/8 with a pool of 60,000 addresses, 1,000 reservations of
  other clients, and the options of config.example.yaml that clients ask for. Logs go to a file, as
  much as each program says unless told otherwise; "quiet" is without a line for each exchange.
- No server looks whether an address is in use before it offers it, and none limits rates: Sublet's
  \`conflict-probe\` and \`rate-limits\` are off here.
- Before it is measured, a server has had six seconds of load, but for the slow ones and where its
  start is what is measured. Sublet is compiled while it runs: a cold one is slower.
- On disk before the ACK: Sublet (one sync for a group), ISC dhcpd and dnsmasq (one each). Not: Kea
  and udhcpd. "Kea, synced" has its lease file in a directory with the attribute S (chattr +S), so
  that every write returns when it is on disk. udhcpd writes its file once in hours.
- "Ceiling" is Sublet's way of input and output with next to no server in it
  (scripts/bench/ceiling_server.ts): what this runtime could do at most.

![Exchanges a second](benchmark_rates.svg)

![How the cost grows with the number of leases](benchmark_leases.svg)

![Time of an exchange](benchmark_latency.svg)
`;
}

function reachTable(results: Results): string {
  const rows = targetsOf(results).map(({ what, figure, isReached }) => [
    what,
    figure,
    isReached === undefined ? "–" : isReached ? "yes" : "**no**",
  ]);
  return `## What Sublet is held to\n\n${table(["target", "this run", "reached"], rows)}`;
}

function serverTable(results: Results, { title, text, measure, columns }: Section): string {
  const rows = SERVERS.flatMap(({ id, label }) => {
    const cells = columns.map(({ key }) => {
      return formatFigure(medianOf(results, { measure, server: id }, key));
    });
    return cells.every((cell) => cell === NOTHING) ? [] : [[label, ...cells]];
  });
  if (rows.length === 0) return "";
  const titles = ["", ...columns.map(({ title }) => title)];
  return section(title, text, table(titles, rows));
}

function growthTable(results: Results, growth: Growth): string {
  const { title, text, measure, pointTitle, columns } = growth;
  const measured = SERVERS.filter(({ id }) =>
    results.samples.some((sample) => sample.measure === measure && sample.server === id)
  );
  if (measured.length === 0) return "";
  const rows = measured.flatMap(({ id, label }) =>
    pointsOf(results, measure).map((at) => [
      label,
      at.toLocaleString("en-US"),
      ...columns.map(({ key }) =>
        formatFigure(medianOf(results, { measure, server: id, at }, key))
      ),
    ])
  ).filter((cells) => cells.slice(2).some((cell) => cell !== NOTHING));
  const titles = ["", pointTitle, ...columns.map(({ title }) => title)];
  return section(title, text, table(titles, rows));
}

/** Figures of the code alone. */
function inProcess(results: Results): string {
  const { values: engine } = results.samples.find(({ measure }) => measure === "engine") ?? {};
  const { values: steps } = results.samples.find(({ measure }) => measure === "steps") ?? {};
  const parts: string[] = [];
  if (engine !== undefined) {
    const get = (key: string) => formatFigure(engine[key]);
    parts.push(
      `Without sockets and disk, a whole exchange takes ${get("cpuMicrosPerExchange")} µs of ` +
        `processor time, its client's included. It leaves ${get("octetsPerExchange")} octets to ` +
        `the garbage collector, which takes ${get("gcPercent")} % of the time, at most ` +
        `${get("longestPauseMs")} ms at once.`,
    );
  }
  if (steps !== undefined) {
    const rows = Object.entries(steps).map(([name, ns]) => [name, formatDuration(ns)]);
    parts.push(table(["step", "p75"], rows));
  }
  return parts.length === 0 ? "" : section("Sublet's code alone", "", parts.join("\n\n"));
}

function failures({ failures }: Results): string {
  if (failures.length === 0) return "";
  const lines = failures.map((failure) => `- ${failure.split("\n")[0]}`);
  return section("What could not be measured", "", lines.join("\n"));
}

function section(title: string, text: string, body: string): string {
  return `### ${title}\n\n${text === "" ? "" : `${text}\n\n`}${body}`;
}

/** A Markdown table as `deno fmt` would lay it out. */
export function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = titles.map((title, i) =>
    Math.max(3, title.length, ...rows.map((row) => row[i]!.length))
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [line(titles), rule, ...rows.map(line)].join("\n");
}

const NOTHING = "–";

/** Three digits that tell something; whole numbers with commas from 100 on. */
export function formatFigure(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return NOTHING;
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(3)));
}

function formatDuration(ns: number): string {
  if (ns >= 1e6) return `${formatFigure(ns / 1e6)} ms`;
  return ns >= 1e3 ? `${formatFigure(ns / 1e3)} µs` : `${formatFigure(ns)} ns`;
}
