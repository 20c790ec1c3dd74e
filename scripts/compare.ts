/**
 * Measures two executables of Sublet side by side, in interleaved rounds, and prints the medians
 * with their ratio: what a change costs. Needs root on Linux.
 *
 *     deno task compare dist/sublet-before dist/sublet
 *     deno task compare BEFORE AFTER --rounds 5 --only closed,start
 *
 * `--unchecked-before` gives the first one journals whose lines have no `sum`, as 0.1.0 wrote them.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { openLab } from "./bench/lab.ts";
import { writeUncheckedJournal } from "./bench/lease_files.ts";
import { measureClosedLoops, measureExtending, measureWithLeases } from "./bench/measurements.ts";
import { medianOf, pointsOf, type Sample } from "./bench/results.ts";
import { type ServerKind, subletKind } from "./bench/servers.ts";

const SECTIONS = ["closed", "extending", "start"] as const;
const USAGE = "deno task compare BEFORE AFTER [--rounds N] [--only closed,extending,start]";
const EXIT_USAGE = 64;

/** What a run with so many leases in the journal tells of the start. */
const LEASE_COUNTS = [60_000, 1_000_000];
const START_SECONDS_MAX = 60;
const DURATIONS = { seconds: 4, warmupSeconds: 1 };

/** What is shown of each sample, and what one of it is. */
const SHOWN: Readonly<Record<string, string>> = {
  rate: "a second",
  cpuMsPer1000: "CPU ms for 1,000",
  startMs: "ms to the first OFFER",
  rssMiB: "MiB resident",
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "3" },
    only: { type: "string", default: SECTIONS.join() },
    "unchecked-before": { type: "boolean", default: false },
  },
});
const [before, after, ...others] = positionals;
if (before === undefined || after === undefined || others.length > 0) {
  console.error(USAGE);
  Deno.exit(EXIT_USAGE);
}

const kinds = [before, after].map((path, i) => {
  const program = [resolve(path)];
  const name = i === 0 ? "before" : "after";
  const kind = subletKind(name, name, () => program);
  const isUnchecked = i === 0 && values["unchecked-before"];
  return isUnchecked ? { ...kind, writeLeases: writeUncheckedJournal } : kind;
});
const sections = values.only.split(",");
const samples: Sample[] = [];

await using lab = await openLab();
for (let round = 0; round < Number(values.rounds); round++) {
  // The one that comes first changes, so that neither always has the warmer machine.
  const order = round % 2 === 0 ? kinds : kinds.toReversed();
  for (const section of sections) {
    for (const kind of order) samples.push(...await measure(section, kind));
  }
  console.error(`round ${round + 1} of ${values.rounds}`);
}
report();

async function measure(section: string, kind: ServerKind): Promise<readonly Sample[]> {
  switch (section) {
    case "closed":
      return await measureClosedLoops(lab, kind, DURATIONS);
    case "extending":
      return await measureExtending(lab, kind, DURATIONS);
    case "start": {
      const taken: Sample[] = [];
      for (const count of LEASE_COUNTS) {
        taken.push(await measureWithLeases(lab, kind, count, START_SECONDS_MAX, DURATIONS));
      }
      return taken;
    }
    default:
      throw new Error(`no section ${section}: ${USAGE}`);
  }
}

/** One line for each measure: median before, median after, and the second as a part of the first. */
function report(): void {
  for (const measure of new Set(samples.map(({ measure }) => measure))) {
    for (const at of pointsOf({ samples }, measure)) {
      for (const [key, unit] of Object.entries(SHOWN)) {
        const [old, young] = kinds.map(({ id }) =>
          medianOf({ samples }, { measure, server: id, at }, key)
        );
        if (old === undefined || young === undefined) continue;
        const what = at === 0 ? measure : `${measure} at ${at}`;
        const ratio = (young / old).toFixed(3);
        console.log(`${what.padEnd(20)} ${round(old)} -> ${round(young)} ${unit}: ${ratio} x`);
      }
    }
  }
}

function round(value: number): string {
  return String(Number(value.toPrecision(4)));
}
