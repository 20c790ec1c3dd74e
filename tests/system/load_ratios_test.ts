/**
 * The server under the project's own load generator: behaviour and ratios, and times only as shares
 * of a load or a delay that the test itself has chosen, so that a slower machine with other work
 * fails nothing. The figures are for `deno task bench`.
 */
import assert from "node:assert/strict";
import { type Lab, openLab } from "../../scripts/bench/lab.ts";
import { type Load, type LoadResult, runLoad } from "../../scripts/bench/load.ts";
import { startAnswering, watchStatus } from "../../scripts/bench/measurements.ts";
import { median } from "../../scripts/bench/results.ts";
import {
  type RunningServer,
  serverById,
  type ServerKind,
  type StartOptions,
} from "../../scripts/bench/servers.ts";
import { STRACE } from "../../scripts/bench/traced.ts";
import { subletCommand } from "../support/program.ts";
import { sceneTest } from "../support/scene.ts";

/** The program under test, and not what was compiled some time ago. */
const SUBLET: ServerKind = {
  ...serverById("sublet"),
  command: (config) => [...subletCommand(), "run", "--config", config],
};
const START_SECONDS_MAX = 30;
/** Without reservations a server starts in no time. */
const NETWORK = { poolSize: 60_000, reservations: 0 };
/** Long, so that what a machine holds up by itself is not called lost. */
const TIMEOUT_MS = 5_000;
const OUTSTANDING = 1_024;

/** Labs make their own wires; the scene is there for its time limit, and for what it needs. */
function loadTest(name: string, needs: readonly string[], play: () => Promise<void>): void {
  sceneTest(name, { cables: [], needs, secondsMax: 120 }, play);
}

function start(lab: Lab, options: Partial<StartOptions> = {}): Promise<RunningServer> {
  return startAnswering(lab, SUBLET, { network: NETWORK, ...options }, START_SECONDS_MAX);
}

function load(lab: Lab, server: RunningServer, it: Omit<Load, "mode">): Promise<LoadResult> {
  return runLoad(lab, server, { mode: "relay", timeoutMs: TIMEOUT_MS, warmupSeconds: 0, ...it });
}

const STATUS_SECONDS = 3;
/** Of the time that the load takes. */
const STATUS_SHARE_MAX = 1 / 4;

/** A load while the status endpoint is asked; and what is wrong with its answers, if anything. */
async function loadWatched(
  lab: Lab,
  server: RunningServer,
  it: Pick<Load, "outstanding" | "rate">,
): Promise<{ readonly report: LoadResult["report"]; readonly faults: readonly string[] }> {
  const watching = watchStatus(lab, STATUS_SECONDS);
  const { report } = await load(lab, server, { seconds: STATUS_SECONDS, ...it });
  const status = await watching;
  // Where nothing was answered, the longest time is not a number, and not below anything.
  const isAnswered = status.statusUnanswered === 0 &&
    status.statusMaxMs < STATUS_SHARE_MAX * STATUS_SECONDS * 1000;
  return { report, faults: isAnswered ? [] : [JSON.stringify(status)] };
}

/** A machine that stalls is late or loses now and then; a server that does so does it every time. */
const ROUNDS_MAX = 3;
/** Of the rate without anybody who looks at the status. */
const WATCHED_RATE_MIN = 1 / 4;

const SATURATED =
  "saturated, and at half of that rate, the status endpoint goes on answering; at " +
  "half of the rate nothing is lost";
loadTest(SATURATED, ["curl"], async () => {
  await using lab = await openLab({ hasOwnCores: false });
  await using server = await start(lab);
  const faultsSoFar: string[] = [];
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const alone = (await load(lab, server, { outstanding: OUTSTANDING, seconds: 2 })).report;
    const saturated = await loadWatched(lab, server, { outstanding: OUTSTANDING });
    const rate = Math.round(Math.min(alone.rate, saturated.report.rate) / 2);
    const half = await loadWatched(lab, server, { rate });
    const { started, completed, naks } = half.report;
    assert.ok(started > rate * STATUS_SECONDS / 2, "the load was there");
    const faults = [...saturated.faults, ...half.faults];
    if (saturated.report.rate < alone.rate * WATCHED_RATE_MIN) {
      faults.push(`${saturated.report.rate}/s while watched, ${alone.rate}/s alone`);
    }
    if (completed < started || naks > 0) faults.push(`${completed} of ${started} at ${rate}/s`);
    if (faults.length === 0) return;
    faultsSoFar.push(...faults);
  }
  assert.fail(`in each round something: ${faultsSoFar.join(", ")}`);
});

const PERCENT_FULL = 99.9;
/** Neighbours in time are compared, because the runtime compiles as it goes. */
const PAIRS = 5;
/** The end of a load leaves so many addresses taken: what is free is enough for all the loads. */
const CHURN_OUTSTANDING = 32;
const LARGE_POOL = 240_000;
const FULL_COST_MAX = 2;

const FULL = `an exchange in a pool that is ${PERCENT_FULL} % full takes at most ` +
  `${FULL_COST_MAX} times the processor time of one in an empty pool`;
loadTest(FULL, [], async () => {
  const leases = Math.round(LARGE_POOL * PERCENT_FULL / 100);
  const network = { ...NETWORK, poolSize: LARGE_POOL };
  await using emptyLab = await openLab({ hasOwnCores: false });
  await using fullLab = await openLab({ hasOwnCores: false });
  await using empty = await start(emptyLab, { network });
  await using full = await start(fullLab, { network, leases });
  /** Processor seconds of an exchange, with ever new clients that give their address back. */
  const cost = async (lab: Lab, server: RunningServer, leases: number): Promise<number> => {
    const churn = {
      mode: "churn",
      outstanding: CHURN_OUTSTANDING,
      leases,
      clients: 10_000_000,
    } as const;
    const { report, serverCpuSeconds } = await runLoad(lab, server, {
      ...churn,
      seconds: 1,
      warmupSeconds: 0,
    });
    assert.ok(report.completed > 10 * report.lost, `${report.completed}, lost ${report.lost}`);
    return serverCpuSeconds / report.completed;
  };
  const ratios: number[] = [];
  for (let pair = 0; pair < PAIRS; pair++) {
    const emptyCost = await cost(emptyLab, empty, 0);
    ratios.push(await cost(fullLab, full, leases) / emptyCost);
  }
  assert.ok(median(ratios)! <= FULL_COST_MAX, ratios.map((it) => it.toFixed(2)).join(", "));
});

/** Put into every sync; far above what a busy machine adds by itself. */
const SYNC_MS = 100;
const SLOW_OUTSTANDING = 256;

const SLOW =
  `with ${SYNC_MS} ms in every sync, OFFERs wait for none, an ACK for its own and what ` +
  "is left of the one before, and groups form meanwhile";
loadTest(SLOW, ["strace"], async () => {
  await using lab = await openLab({ hasOwnCores: false });
  const calls = "fsync,fdatasync";
  const inject = `inject=${calls}:delay_exit=${SYNC_MS * 1000}`;
  const through = () => [...STRACE, "-o", "/dev/null", "-e", `trace=${calls}`, "-e", inject];
  await using server = await start(lab, { through });
  const { report } = await load(lab, server, { outstanding: SLOW_OUTSTANDING, seconds: 3 });
  const { "discover-offer": offer, "request-ack": ack } = report.latencyMs;
  const shown = JSON.stringify({ offer, ack, rate: report.rate });
  assert.ok(offer.p50 < SYNC_MS / 2, shown);
  assert.ok(ack.p50 >= SYNC_MS * 0.98 && ack.p50 < 4 * SYNC_MS, shown);
  assert.ok(report.rate * SYNC_MS / 1000 > SLOW_OUTSTANDING / 5, shown);
  assert.equal(report.lost, 0);
});
