/** Fuzzing by seed: the same seed and number of inputs is the same run. */
import { createRandom } from "../support/random.ts";
import { FuzzEngine } from "./fuzz_engine.ts";
import { fuzzJournal, LINES_PER_FILE } from "./fuzz_journal.ts";
import { PacketGrammar } from "./packet_grammar.ts";

/** Of the inputs, the part that is requests; the others are lines of journals. */
const REQUESTS_SHARE = 0.9;
/** Requests between two steps of time. */
const STEP_REQUESTS = 500;
const STEP_MS_MAX = 120_000;
/** The slowest of so many are measured again, since most of them were just interrupted. */
const SUSPECTS = 20;
const MEASURE_TIMES = 30;

export interface FuzzReport {
  readonly requestCount: number;
  readonly lineCount: number;
  /** Different things that became of a request. */
  readonly outcomes: readonly string[];
  /** The longest that a request takes when it is not interrupted, in milliseconds. */
  readonly slowestMs: number;
}

/** An input that was slow, and might be slow again. */
interface Suspect {
  readonly bytes: Uint8Array;
  readonly ingress: number;
  readonly ms: number;
}

/** Runs so many inputs. Throws, with the input in the message, at the first that is mishandled. */
export async function fuzz(
  { seed, inputs }: { readonly seed: number; readonly inputs: number },
): Promise<FuzzReport> {
  const random = createRandom(seed);
  const requestCount = Math.ceil(inputs * REQUESTS_SHARE);
  const requests = fuzzRequests(requestCount, random);
  const fileCount = Math.ceil((inputs - requestCount) / LINES_PER_FILE);
  for (let i = 0; i < fileCount; i++) {
    await fuzzJournal(random).catch((cause) => {
      throw new Error(`journal ${i}: ${cause}`, { cause });
    });
  }
  return { ...requests, requestCount, lineCount: fileCount * LINES_PER_FILE };
}

function fuzzRequests(
  count: number,
  random: ReturnType<typeof createRandom>,
): Pick<FuzzReport, "outcomes" | "slowestMs"> {
  const engine = new FuzzEngine();
  const grammar = new PacketGrammar(random);
  const outcomes = new Set<string>();
  const suspects: Suspect[] = [];
  let suspectMs = 0;
  for (let i = 0; i < count; i++) {
    if (i % STEP_REQUESTS === 0) engine.advance(random.integer(0, STEP_MS_MAX));
    const bytes = grammar.next();
    const ingress = random.integer(0, engine.ingressCount - 1);
    let outcome: string;
    const started = performance.now();
    try {
      const decision = engine.decide(bytes, ingress);
      const ms = performance.now() - started;
      if (ms > suspectMs) {
        suspectMs = addSuspect(suspects, { bytes: bytes.slice(), ingress, ms });
      }
      outcome = engine.carryOut(bytes, decision);
    } catch (cause) {
      throw new Error(`request ${i}, ${bytes.toHex()}: ${cause}`, { cause });
    }
    if (outcomes.has(outcome)) continue;
    outcomes.add(outcome);
    grammar.keep(bytes);
  }
  return { outcomes: [...outcomes].sort(), slowestMs: measure(engine, suspects) };
}

/** Returns the time above which the next one is among the slowest. */
function addSuspect(suspects: Suspect[], suspect: Suspect): number {
  suspects.push(suspect);
  suspects.sort((a, b) => b.ms - a.ms);
  suspects.length = Math.min(suspects.length, SUSPECTS);
  return suspects.length < SUSPECTS ? 0 : suspects.at(-1)!.ms;
}

function measure(engine: FuzzEngine, suspects: readonly Suspect[]): number {
  const times = suspects.map(({ bytes, ingress }) => {
    let least = Infinity;
    for (let i = 0; i < MEASURE_TIMES; i++) {
      const started = performance.now();
      engine.decide(bytes, ingress);
      least = Math.min(least, performance.now() - started);
    }
    return least;
  });
  return Math.max(...times);
}
