/** `rate-limits`: what it may say, and what is said of mistakes. */
import assert from "node:assert/strict";
import { loadConfig } from "../../src/config/load.ts";
import type { RateLimits } from "../../src/config/rate_limits.ts";
import { inFile, testBadConfigs } from "./bad_configs.ts";

function limitsOf(...lines: string[]): RateLimits | undefined {
  const result = loadConfig(inFile(...lines), "config.yaml");
  assert.ok("config" in result, JSON.stringify(result));
  return result.config.rateLimits;
}

const HOUR_MS = 3_600_000;
const DEFAULT: RateLimits = {
  client: { intervalMs: 100, burst: 100 },
  declines: { intervalMs: HOUR_MS, burst: 5 },
  newLeases: { intervalMs: 0.5, burst: 20_000 },
  newLeasesPerRelay: { intervalMs: 2, burst: 5_000 },
  newLeasesPerCircuit: { intervalMs: 10, burst: 1_000 },
  newLeasesFrom: 0.5,
};

Deno.test("rate-limits: on by default, and off", () => {
  assert.deepEqual(limitsOf(), DEFAULT);
  assert.deepEqual(limitsOf("rate-limits: {}"), DEFAULT);
  assert.equal(limitsOf("rate-limits: off"), undefined);
  assert.equal(limitsOf("rate-limits: false"), undefined);
});

Deno.test("rate-limits: each limit by itself, with as many at once as in its unit of time", () => {
  const written = '{ client: 20/s, declines: "2/d burst 9", new-leases: off, new-leases-from: 0% }';
  assert.deepEqual(limitsOf(`rate-limits: ${written}`), {
    ...DEFAULT,
    client: { intervalMs: 50, burst: 20 },
    declines: { intervalMs: 12 * HOUR_MS, burst: 9 },
    newLeases: undefined,
    newLeasesFrom: 0,
  });
});

const RATE = 'expected a rate like 10/s or "10/s burst 100", or off';

testBadConfigs("rate-limits", [
  ["another word", inFile("rate-limits: strict"), [
    'config.yaml:5:14: expected a map of limits like { client: 10/s }, or off, got "strict"',
  ]],
  ["a number without its unit", inFile("rate-limits: { client: 10 }"), [
    `config.yaml:5:24: ${RATE}, got the number 10`,
    "hint: write 10/s, 10/m, 10/h or 10/d",
  ]],
  ["a long name of a unit", inFile("rate-limits:", "  declines: 5 / minute"), [
    `config.yaml:6:13: ${RATE}, got "5 / minute"`,
    "hint: write 5/m",
  ]],
  ["nothing at all", inFile("rate-limits: { new-leases: 0/s }"), [
    "config.yaml:5:28: 0/s lets nobody through",
  ]],
  ["a key that there is not", inFile("rate-limits: { per-client: 10/s }"), [
    'config.yaml:5:16: unknown key "per-client"',
    'hint: did you mean "client"?',
  ]],
  ["a share that is none", inFile("rate-limits: { new-leases-from: 101% }"), [
    'config.yaml:5:33: expected a percentage from 0% to 100%, got "101%"',
  ]],
]);
