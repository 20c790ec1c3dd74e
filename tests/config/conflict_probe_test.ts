/** `conflict-probe`: what it may say, what a subnet inherits of it, and what is said of mistakes. */
import assert from "node:assert/strict";
import type { ConflictProbe } from "../../src/config/config.ts";
import { loadConfig } from "../../src/config/load.ts";
import { inFile, inSubnet, testBadConfigs } from "./bad_configs.ts";

function probeOf(text: string): ConflictProbe | undefined {
  const result = loadConfig(text, "config.yaml");
  assert.ok("config" in result, JSON.stringify(result));
  return result.config.subnets[0]!.conflictProbe;
}

const EVERYWHERE: ConflictProbe = { beyondRouters: true, timeoutMs: 500 };
const LOCAL: ConflictProbe = { beyondRouters: false, timeoutMs: 500 };

const FORMS: readonly (readonly [written: string, meant: ConflictProbe | undefined])[] = [
  ["on", EVERYWHERE],
  ["true", EVERYWHERE],
  ["off", undefined],
  ["false", undefined],
  ["local", LOCAL],
  ["{}", EVERYWHERE],
  ["{ timeout: 2s }", { beyondRouters: true, timeoutMs: 2_000 }],
  ["{ timeout: 10ms }", { beyondRouters: true, timeoutMs: 10 }],
  ["{ mode: local, timeout: 1500ms }", { beyondRouters: false, timeoutMs: 1_500 }],
  ["{ mode: off, timeout: 1s }", undefined],
];
for (const [written, meant] of FORMS) {
  Deno.test(`conflict-probe: ${written}`, () => {
    assert.deepEqual(probeOf(inFile(`conflict-probe: ${written}`)), meant);
    assert.deepEqual(probeOf(inSubnet(`conflict-probe: ${written}`)), meant);
  });
}

Deno.test("a subnet's conflict-probe takes the place of the file's, part by part", () => {
  const both = (file: string, subnet: string) =>
    probeOf(`conflict-probe: ${file}\n${inSubnet(`conflict-probe: ${subnet}`)}`);
  assert.deepEqual(both("off", "on"), EVERYWHERE);
  assert.deepEqual(both("on", "off"), undefined);
  assert.deepEqual(both("{ timeout: 1s }", "local"), { beyondRouters: false, timeoutMs: 1_000 });
  assert.deepEqual(both("local", "{ timeout: 1s }"), { beyondRouters: false, timeoutMs: 1_000 });
  assert.deepEqual(both("off", "{ timeout: 1s }"), undefined);
});

const WORDS = "on, off, local, or a map of mode and timeout";

testBadConfigs("conflict-probe", [
  ["another word", inFile("conflict-probe: sometimes"), [
    `config.yaml:5:17: expected ${WORDS}, got "sometimes"`,
  ]],
  ["words that mean on and off", inFile("conflict-probe: yes"), [
    `config.yaml:5:17: expected ${WORDS}, got "yes"`,
    "hint: write on",
  ]],
  ["a word that means off, in a subnet", inSubnet("conflict-probe: never"), [
    `config.yaml:5:21: expected ${WORDS}, got "never"`,
    "hint: write off",
  ]],
  ["a time that ought to be in a map", inFile("conflict-probe: 500ms"), [
    `config.yaml:5:17: expected ${WORDS}, got "500ms"`,
    'hint: write "{ timeout: 500ms }"',
  ]],
  ["a list", inFile("conflict-probe: [on, 1s]"), [
    `config.yaml:5:17: expected ${WORDS}, got a list`,
  ]],
  ["nothing", inFile("conflict-probe:"), [
    `config.yaml:5:16: expected ${WORDS}, got nothing`,
  ]],
  ["a mode that is none", inFile("conflict-probe: { mode: arp }"), [
    'config.yaml:5:25: expected on, off or local, got "arp"',
    "hint: write on",
  ]],
  ["a time without a unit", inFile("conflict-probe: { timeout: 500 }"), [
    "config.yaml:5:28: expected a time like 500ms or 1s, got the number 500",
    "hint: write 500ms or 500s, whichever is meant",
  ]],
  ["times of another form", inFile("conflict-probe: { timeout: 1m }"), [
    'config.yaml:5:28: expected a time like 500ms or 1s, got "1m"',
  ]],
  ["too short a time", inFile("conflict-probe: { timeout: 9ms }"), [
    "config.yaml:5:28: 9ms is below the least, 10ms",
  ]],
  ["too long a time", inSubnet("conflict-probe: { timeout: 6s }"), [
    "config.yaml:5:32: 6s is above the most, 5s",
  ]],
  ["an unknown key", inFile("conflict-probe: { time: 1s }"), [
    'config.yaml:5:19: unknown key "time"',
    "hint: known here: mode, timeout",
  ]],
]);
