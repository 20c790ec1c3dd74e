/**
 * Runs the simulation of tests/simulation with one seed, or with several from it on, and says what
 * happened; where an invariant does not hold it says which, and the command that shows it again.
 *
 *     deno task simulate --seed 7 --hours 3 [--count 100] [--clients 400] [--trace]
 */
import { parseArgs } from "node:util";
import { CLIENTS_DEFAULT, makePlan } from "../tests/simulation/plan.ts";
import { simulate } from "../tests/simulation/simulation.ts";
import { repeatCommand } from "../tests/simulation/repeat_command.ts";

const HOURS_DEFAULT = 2;
const SEED_MAX = 2 ** 31;

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    hours: { type: "string", default: String(HOURS_DEFAULT) },
    count: { type: "string", default: "1" },
    clients: { type: "string", default: String(CLIENTS_DEFAULT) },
    trace: { type: "boolean", default: false },
  },
});

/** Runs one seed; returns whether all invariants held. */
async function runSeed(seed: number): Promise<boolean> {
  const plan = makePlan({ seed, hours, clientCount });
  const started = performance.now();
  const options = values.trace ? { trace: (line: string) => console.log(line) } : {};
  try {
    const tally = await simulate(plan, options);
    const took = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`seed ${seed}: ${hours} hours in ${took} s, every invariant held`);
    if (values.count === "1") printTally(tally);
    return true;
  } catch (error) {
    console.log(`seed ${seed}: ${error instanceof Error ? error.message : error}`);
    console.log(`  again: ${repeatCommand(plan)}`);
    return false;
  }
}

function printTally(tally: ReadonlyMap<string, number>): void {
  for (const [name, count] of [...tally].sort()) {
    console.log(`${String(count).padStart(8)}  ${name}`);
  }
}

/** A number from the command line; ends the program where it is not one. */
function numberOf(option: "seed" | "hours" | "count" | "clients", text: string): number {
  const number = Number(text);
  if (text !== "" && Number.isFinite(number) && number >= 0) return number;
  console.error(`--${option} takes a number, not "${text}"`);
  Deno.exit(64);
}

const seed = numberOf("seed", values.seed ?? String(Math.floor(Math.random() * SEED_MAX)));
const hours = numberOf("hours", values.hours);
const count = numberOf("count", values.count);
const clientCount = numberOf("clients", values.clients);
let failed = 0;
for (let i = 0; i < count; i++) if (!await runSeed(seed + i)) failed++;
if (count > 1) console.log(`${count - failed} seeds held, ${failed} did not`);
Deno.exit(failed === 0 ? 0 : 1);
