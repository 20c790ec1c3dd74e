/** What is measured, and how: each function measures one server once. */
import { type Lab, pause } from "./lab.ts";
import { type Load, type LoadResult, runLoad, untilAnswer } from "./load.ts";
import type { Sample } from "./results.ts";
import {
  prepareServer,
  type RunningServer,
  type ServerKind,
  type StartOptions,
} from "./servers.ts";

/** Unless a measurement says otherwise. */
export const USUAL_NETWORK = { poolSize: 60_000, reservations: 1_000 };

/** Slow servers would take minutes to have more leases. */
const LEASES = { fast: 50_000, slow: 10_000 };

/** How long a measured load lasts, and how long one before it that is not measured. */
export interface Durations {
  readonly seconds: number;
  readonly warmupSeconds: number;
}

const START_SECONDS_MAX = 20;

/**
 * So long a server has something to do before it is measured: what runs for months is not measured
 * in its first seconds. It matters to a program that is compiled as it runs, as Sublet is; so that
 * all are treated alike, the others get it too, but for the slow ones, whom it would only tire.
 */
const WARM_SECONDS = 6;

/** Starts a server with nothing in its file, waits until it answers, and warms it up. */
async function startFresh(lab: Lab, kind: ServerKind): Promise<RunningServer> {
  const server = await startAnswering(lab, kind, { network: USUAL_NETWORK }, START_SECONDS_MAX);
  await warmUp(lab, server, { mode: "relay", outstanding: 256 });
  return server;
}

async function warmUp(lab: Lab, server: RunningServer, load: Omit<Load, "seconds">): Promise<void> {
  if (server.kind.isSlow) return;
  await runLoad(lab, server, { ...load, seconds: WARM_SECONDS, warmupSeconds: 0 });
  await pause(SETTLE_MS);
}

/** Starts a server and waits until it answers; throws when it does not. */
export async function startAnswering(
  lab: Lab,
  kind: ServerKind,
  options: StartOptions,
  secondsMax: number,
): Promise<RunningServer> {
  const start = await prepareServer(lab, kind, options);
  const { server, ms } = await untilAnswer(lab, start, secondsMax);
  if (ms !== undefined) return server;
  const said = await server.said();
  await server[Symbol.asyncDispose]();
  throw new Error(`${kind.label} did not answer within ${secondsMax} s:\n${said.slice(-2_000)}`);
}

/** What a load told, as values of a sample. */
export function valuesOf({ report, serverCpuSeconds, facts }: LoadResult): Record<string, number> {
  const { completed, latencyMs } = report;
  /** No time at all is not none. */
  const msOf = (ms: number) => completed === 0 ? NaN : ms;
  return {
    rate: report.rate,
    // What was started before the measured time and got no answer in it would make it more than all.
    lossPercent: report.started === 0 ? 0 : Math.min(100, 100 * report.lost / report.started),
    cpuMsPer1000: completed === 0 ? NaN : 1e6 * serverCpuSeconds / completed,
    serverLoadPercent: 100 * serverCpuSeconds / report.seconds,
    generatorLoadPercent: 100 * report.cpuSeconds / report.seconds,
    p50Ms: msOf(latencyMs.whole.p50),
    p99Ms: msOf(latencyMs.whole.p99),
    meanMs: msOf(latencyMs.whole.mean),
    offerP50Ms: msOf(latencyMs["discover-offer"].p50),
    offerP99Ms: msOf(latencyMs["discover-offer"].p99),
    ackP50Ms: msOf(latencyMs["request-ack"].p50),
    ackP99Ms: msOf(latencyMs["request-ack"].p99),
    rssMiB: facts.rssMiB,
    peakRssMiB: facts.peakRssMiB,
  };
}

/** A load on a fresh server. */
export async function measureFresh(
  lab: Lab,
  kind: ServerKind,
  measure: string,
  load: Load,
): Promise<Sample> {
  await using server = await startFresh(lab, kind);
  return sampleOf(kind, measure, await runLoad(lab, server, load));
}

function sampleOf(kind: ServerKind, measure: string, result: LoadResult, at = 0): Sample {
  return { measure, server: kind.id, at, values: valuesOf(result) };
}

/** Whole exchanges through the relay, in closed loops; so many at once only drown a slow server. */
export async function measureClosedLoops(
  lab: Lab,
  kind: ServerKind,
  durations: Durations,
): Promise<Sample[]> {
  await using server = await startFresh(lab, kind);
  const samples: Sample[] = [];
  for (const outstanding of kind.isSlow ? [32] : [1024, 32]) {
    const result = await runLoad(lab, server, { mode: "relay", outstanding, ...durations });
    samples.push(sampleOf(kind, `relay-${outstanding}`, result));
  }
  return samples;
}

/** Clients on the server's own network, by broadcast and by unicast to their hardware. */
export async function measureOnLink(
  lab: Lab,
  kind: ServerKind,
  durations: Durations,
): Promise<Sample[]> {
  await using server = await startFresh(lab, kind);
  const outstanding = kind.isSlow ? 32 : 1024;
  const samples: Sample[] = [];
  for (const mode of ["broadcast", "unicast"] as const) {
    const result = await runLoad(lab, server, { mode, outstanding, ...durations });
    samples.push(sampleOf(kind, mode, result));
  }
  return samples;
}

/** Renewals, and a mixture of them with new clients, on a server that has many leases. */
export async function measureExtending(
  lab: Lab,
  kind: ServerKind,
  durations: Durations,
): Promise<Sample[]> {
  const leases = kind.isSlow ? LEASES.slow : LEASES.fast;
  await using server = await startAnswering(lab, kind, { network: USUAL_NETWORK, leases }, 60);
  const load = { outstanding: kind.isSlow ? 32 : 1024, leases, clients: 5_000, ...durations };
  await warmUp(lab, server, { mode: "mixed", ...load });
  const samples: Sample[] = [];
  for (const mode of ["renew", "rebind", "mixed"] as const) {
    samples.push(sampleOf(kind, mode, await runLoad(lab, server, { mode, ...load })));
  }
  return samples;
}

/** An open loop at a given rate: latency and processor time. */
export async function measureAtRate(
  lab: Lab,
  kind: ServerKind,
  measure: string,
  rate: number,
  durations: Durations,
): Promise<Sample> {
  return await measureFresh(lab, kind, measure, { mode: "relay", rate, ...durations });
}

/** How much of what is started in an open loop may get no answer. */
const LOSS_PERCENT_MAX = 1;

/**
 * The highest rate with less than one percent lost: of the rates between `low` (known to be good)
 * and `high`, halving the gap `steps` times.
 */
export async function measureHighestRate(
  lab: Lab,
  kind: ServerKind,
  bounds: { readonly low: number; readonly high: number; readonly steps: number },
  durations: Durations,
): Promise<Sample> {
  await using server = await startFresh(lab, kind);
  let { low, high } = bounds;
  for (let step = 0; step < bounds.steps; step++) {
    const rate = Math.round((low + high) / 2);
    const { values } = sampleOf(
      kind,
      "",
      await runLoad(lab, server, { mode: "relay", rate, ...durations }),
    );
    // What could not even be started, because the answers were too late, counts as well.
    const isKept = values["lossPercent"]! < LOSS_PERCENT_MAX &&
      values["rate"]! > rate * (1 - LOSS_PERCENT_MAX / 100);
    if (isKept) low = rate;
    else high = rate;
    await pause(SETTLE_MS);
  }
  return { measure: "highest-rate", server: kind.id, at: 0, values: { rate: low } };
}

/** After too much load, what is still queued goes before the next one. */
const SETTLE_MS = 300;

/** Start to first answer with so many leases, then renewals: what they cost, and memory. */
export async function measureWithLeases(
  lab: Lab,
  kind: ServerKind,
  leases: number,
  secondsMax: number,
  durations: Durations,
): Promise<Sample> {
  const network = { poolSize: Math.max(leases + 1_000, 60_000), reservations: 1_000 };
  const start = await prepareServer(lab, kind, { network, leases });
  const { server, ms } = await untilAnswer(lab, start, secondsMax);
  await using _ = server;
  if (ms === undefined) {
    return {
      measure: "leases",
      server: kind.id,
      at: leases,
      values: { overMs: secondsMax * 1000 },
    };
  }
  if (leases === 0) return { measure: "leases", server: kind.id, at: 0, values: { startMs: ms } };
  const outstanding = kind.isSlow ? 32 : 256;
  const result = await runLoad(lab, server, { mode: "rebind", outstanding, leases, ...durations });
  return {
    measure: "leases",
    server: kind.id,
    at: leases,
    values: { startMs: ms, ...valuesOf(result) },
  };
}

/** Whole exchanges with ever new clients, in a pool of which `percent` is taken. */
export async function measurePoolFill(
  lab: Lab,
  kind: ServerKind,
  percent: number,
  durations: Durations,
): Promise<Sample> {
  const leases = Math.round(USUAL_NETWORK.poolSize * percent / 100);
  await using server = await startAnswering(lab, kind, { network: USUAL_NETWORK, leases }, 30);
  // As many as are free at 99.9 %, and more than the generator ever gets through.
  const load = { outstanding: 32, leases, clients: 10_000_000 };
  const result = await runLoad(lab, server, { mode: "churn", ...load, ...durations });
  return sampleOf(kind, "pool-fill", result, percent);
}

/** Whole exchanges on a server with so many of something in its config that is for other clients. */
export async function measureConfigured(
  lab: Lab,
  kind: ServerKind,
  what: "reservations" | "classes",
  count: number,
  durations: Durations,
): Promise<Sample> {
  const network = { ...USUAL_NETWORK, [what]: count };
  await using server = await startAnswering(lab, kind, { network }, 60);
  const load: Load = { mode: "relay", outstanding: 256, ...durations };
  await warmUp(lab, server, load);
  return sampleOf(kind, what, await runLoad(lab, server, load), count);
}

/** As values of a sample. */
export type StatusTimes = Readonly<
  Record<
    "statusCount" | "statusUnanswered" | "statusP50Ms" | "statusP99Ms" | "statusMaxMs",
    number
  >
>;

/** Half of the highest rate for a long time: what is lost, and how the status endpoint answers. */
export async function measureHalfLoad(
  lab: Lab,
  kind: ServerKind,
  rate: number,
  seconds: number,
): Promise<Sample> {
  await using server = await startFresh(lab, kind);
  const isWatched = kind.id === "sublet";
  const watching = isWatched ? watchStatus(lab, seconds) : undefined;
  const load: Load = { mode: "relay", rate, seconds, warmupSeconds: 2 };
  const { values } = sampleOf(kind, "", await runLoad(lab, server, load));
  const status = await watching;
  return {
    measure: "half-load",
    server: kind.id,
    at: 0,
    values: { offered: rate, ...values, ...status },
  };
}

/**
 * How long the status endpoint takes to answer, in milliseconds, asked ten times a second; and how
 * often it did not.
 */
export async function watchStatus(lab: Lab, seconds: number): Promise<StatusTimes> {
  const script = `i=0; while [ $i -lt ${seconds * 10} ]; do i=$((i+1)); ` +
    `curl -s -o /dev/null --max-time 5 -w '%{http_code} %{time_total}\\n' ` +
    `http://127.0.0.1:8067/status; sleep 0.08; done`;
  const child = lab.startBesideServer(["timeout", `${seconds + 3}`, "sh", "-c", script]);
  const said = (await new Response(child.stdout).text()).trim().split("\n");
  const answers = said.filter((line) => line.startsWith("200 "));
  const times = answers.map((line) => Number(line.slice(4)) * 1000).sort((a, b) => a - b);
  return {
    statusCount: times.length,
    statusUnanswered: said.length - times.length,
    statusP50Ms: times[times.length >>> 1] ?? NaN,
    statusP99Ms: times[Math.floor(times.length * 0.99)] ?? NaN,
    statusMaxMs: times.at(-1) ?? NaN,
  };
}
