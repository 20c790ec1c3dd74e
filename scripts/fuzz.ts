/**
 * Fuzzes the engine and the journal reader, and says for each seed how many inputs a second were
 * handled, how long the slowest took, and the memory then. What fails is printed with its input.
 *
 *     deno task fuzz --inputs 10000000 [--seed 7]
 */
import { parseArgs } from "node:util";
import { fuzz } from "../tests/hostile/fuzz.ts";

const SEED_MAX = 2 ** 31;
/** Inputs with one seed; the next ones get the next seed, so that a failure is soon repeated. */
const ROUND_INPUTS = 500_000;

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(Math.floor(Math.random() * SEED_MAX)) },
    inputs: { type: "string", default: String(ROUND_INPUTS) },
  },
});

/**
 * What the process has of memory, and what of its heap is in use once the garbage is collected: the
 * heap grows to what V8 likes best, and stays so; a leak shows in what is in use.
 */
function describeMemory(): string {
  const mib = (octets: number) => (octets / 2 ** 20).toFixed(1);
  const { rss } = Deno.memoryUsage();
  const { gc } = globalThis as { readonly gc?: () => void };
  gc?.();
  return `${mib(rss)} MiB resident, ${mib(Deno.memoryUsage().heapUsed)} MiB of heap in use`;
}

/** Runs one seed, says how it went, and returns whether all was well. */
async function runRound(seed: number, inputs: number): Promise<boolean> {
  const started = performance.now();
  try {
    const { requestCount, lineCount, outcomes, slowestMs } = await fuzz({ seed, inputs });
    const seconds = (performance.now() - started) / 1_000;
    const rate = Math.round((requestCount + lineCount) / seconds);
    console.log(
      `seed ${seed}: ${requestCount} requests, ${lineCount} journal lines, ${rate} inputs/s, ` +
        `${outcomes.length} outcomes, slowest ${slowestMs.toFixed(3)} ms, ${describeMemory()}`,
    );
    return true;
  } catch (error) {
    console.error(error);
    console.error(`again: deno task fuzz --seed ${seed} --inputs ${inputs}`);
    return false;
  }
}

const first = Number(values.seed);
const inputs = Number(values.inputs);
if (!(Number.isInteger(first) && Number.isInteger(inputs) && inputs > 0)) {
  console.error("--seed and --inputs take whole numbers");
  Deno.exit(64);
}
let failed = 0;
for (let done = 0, seed = first; done < inputs; done += ROUND_INPUTS, seed++) {
  if (!await runRound(seed, Math.min(ROUND_INPUTS, inputs - done))) failed++;
}
console.log(failed === 0 ? "nothing was thrown" : `${failed} seeds failed`);
Deno.exit(failed === 0 ? 0 : 1);
