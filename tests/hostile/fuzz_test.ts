/** A short run of the fuzzing. Longer ones: `deno task fuzz --inputs 10000000`. */
import assert from "node:assert/strict";
import { fuzz } from "./fuzz.ts";

const INPUTS = 30_000;
/** A request takes a hundredth of this when nothing interrupts it. */
const SLOWEST_MS_MAX = 5;

/** What has to have come of some requests, or the fuzzing does not get far enough to find much. */
const SEEN = [
  ...["too-short", "truncated-option", "bad-overload", "bad-option-length", "no-address"],
  ...["OFFER free-address", "ACK options-only", "NAK ", "ignore no-subnet"],
];

const seed = Number(Deno.env.get("SEED") ?? Math.floor(Math.random() * 2 ** 31));
Deno.test(`${INPUTS} hostile requests and journal lines (SEED=${seed}): nothing is thrown`, async () => {
  const { outcomes, slowestMs } = await fuzz({ seed, inputs: INPUTS });
  assert.ok(slowestMs < SLOWEST_MS_MAX, `the slowest took ${slowestMs} ms`);
  const missing = SEEN.filter((wanted) => !outcomes.some((outcome) => outcome.startsWith(wanted)));
  assert.deepEqual(missing, []);
});
