/** What needs no network: the steps of a packet's way, and what they leave to clear away. */
import { fileURLToPath } from "node:url";
import { V8_FLAGS } from "../compile.ts";
import type { EngineReport } from "./engine.ts";
import { readGarbage } from "./garbage.ts";
import type { Sample } from "./results.ts";

const EXCHANGES = 100_000;

function pathOf(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}

async function deno(args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const { success, stdout, stderr } = await new Deno.Command("taskset", {
    args: ["-c", "0", Deno.execPath(), ...args],
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  const said = { stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  if (!success) throw new Error(said.stderr);
  return said;
}

/** Processor time and garbage of an exchange, all of it in one process. */
export async function measureEngine(): Promise<Sample> {
  const { stdout, stderr } = await deno([
    ...["run", "-A", "--no-check", `--v8-flags=${V8_FLAGS},--trace-gc`],
    ...[pathOf("engine.ts"), `--exchanges=${EXCHANGES}`],
  ]);
  const { cpuMicrosPerExchange, beginMs, endMs }: EngineReport = JSON.parse(stderr);
  const garbage = readGarbage(stdout, beginMs, endMs);
  return {
    measure: "engine",
    server: "sublet",
    at: 0,
    values: {
      cpuMicrosPerExchange,
      octetsPerExchange: garbage.octetsAllocated / EXCHANGES,
      gcPercent: 100 * garbage.pauseMs / (endMs - beginMs),
      longestPauseMs: garbage.longestPauseMs,
    },
  };
}

/** The part of `deno bench --json` that is read. */
interface BenchOutput {
  readonly benches: readonly {
    readonly name: string;
    readonly results: readonly { readonly ok?: { readonly avg: number; readonly p75: number } }[];
  }[];
}

/** The micro-benchmarks: for each, its 75th percentile in nanoseconds. */
export async function measureSteps(): Promise<Sample> {
  const { stdout } = await deno(["bench", "-A", "--no-check", "--json", pathOf("micro_bench.ts")]);
  return { measure: "steps", server: "sublet", at: 0, values: readBenches(stdout) };
}

/** By the name of the benchmark; nanoseconds. */
export function readBenches(json: string): Record<string, number> {
  const { benches }: BenchOutput = JSON.parse(json);
  return Object.fromEntries(benches.map(({ name, results }) => [name, results[0]?.ok?.p75 ?? NaN]));
}
