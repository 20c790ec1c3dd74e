import assert from "node:assert/strict";
import { approximateDuration } from "../../src/server/approximate_duration.ts";

const DURATION_TABLE: readonly [seconds: number, text: string][] = [
  [0, "0s"],
  [0.9, "0s"],
  [59.9, "59s"],
  [60, "1m"],
  [125, "2m 5s"],
  [43_200, "12h"],
  [43_199, "11h 59m"],
  [3_605, "1h"],
  [90_061, "1d 1h"],
  [Infinity, "infinite"],
];
for (const [seconds, text] of DURATION_TABLE) {
  Deno.test(`${seconds} seconds are ${text}`, () =>
    assert.equal(approximateDuration(seconds), text));
}
