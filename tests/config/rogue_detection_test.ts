/** `rogue-detection`: what it may say, and what is said of mistakes. */
import assert from "node:assert/strict";
import type { RogueDetection } from "../../src/config/config.ts";
import { loadConfig } from "../../src/config/load.ts";
import { ip } from "../support/leases_fixture.ts";
import { inFile, testBadConfigs } from "./bad_configs.ts";

const FORMS: readonly (readonly [written: string, meant: RogueDetection | undefined])[] = [
  ["off", undefined],
  ["false", undefined],
  ["on", { intervalSeconds: 600, known: new Set() }],
  ["true", { intervalSeconds: 600, known: new Set() }],
  ["{}", { intervalSeconds: 600, known: new Set() }],
  ["{ interval: 1h, known: 10.0.0.2 }", {
    intervalSeconds: 3600,
    known: new Set([ip("10.0.0.2")]),
  }],
];
for (const [written, meant] of FORMS) {
  Deno.test(`rogue-detection: ${written}`, () => {
    const result = loadConfig(inFile(`rogue-detection: ${written}`), "config.yaml");
    assert.ok("config" in result, JSON.stringify(result));
    assert.deepEqual(result.config.rogueDetection, meant);
  });
}

Deno.test("without rogue-detection nobody is looked for", () => {
  const result = loadConfig(inFile(), "config.yaml");
  assert.ok("config" in result && result.config.rogueDetection === undefined);
});

testBadConfigs("rogue-detection", [
  ["another word", inFile("rogue-detection: often"), [
    'config.yaml:5:18: expected on, off, or a map like { interval: 10m }, got "often"',
  ]],
  ["too often", inFile("rogue-detection: { interval: 1s }"), [
    "config.yaml:5:30: 1s is below the least, 10s",
  ]],
  ["a server without an address", inFile("rogue-detection:", "  known: [router]"), [
    'config.yaml:6:11: expected an IPv4 address like 192.168.1.1, got "router"',
  ]],
]);
