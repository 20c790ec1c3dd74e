/** Every option that an operator may set, and every kind of value, from YAML to octets. */
import assert from "node:assert/strict";
import { loadConfig } from "../../src/config/load.ts";
import { OPTION_OCTETS_MAX } from "../../src/config/option_parts_schema.ts";
import { formatHex } from "../../src/wire/hex.ts";
import { OPTIONS } from "../../src/wire/option_codes.ts";
import { OPTION_KINDS, type OptionKind } from "../../src/wire/option_values.ts";
import { OWN_SAMPLES, SAMPLES } from "../support/option_samples.ts";
import { inOptions } from "./bad_configs.ts";

/** The payloads that a config with these options sends, by code. */
function payloadsOf(...lines: string[]): ReadonlyMap<number, Uint8Array> {
  const result = loadConfig(inOptions(...lines), "config.yaml");
  assert.ok("config" in result, JSON.stringify(result));
  const { options } = result.config.subnets[0]!;
  return new Map([...options].map(([code, payload]) => [code, payload!]));
}

Deno.test("an option that is no operator's is refused by its name, and by its code", () => {
  for (const { name, code, owner } of OPTIONS) {
    if (owner === "operator") continue;
    for (const line of [`${name}: 1`, `other: [{ code: ${code}, type: u8, value: 1 }]`]) {
      const result = loadConfig(inOptions(line), "config.yaml");
      assert.ok("problems" in result);
      assert.match(result.problems[0]!.message, new RegExp(`^option ${name} \\(${code}\\) cannot`));
    }
  }
});

for (const { name, code, kind, source, owner } of OPTIONS) {
  if (owner !== "operator") continue;
  Deno.test(`${source}: ${name} is option ${code}, and is written as ${kind}`, () => {
    const [yaml, octets] = OWN_SAMPLES.get(name) ?? SAMPLES[kind];
    const payload = payloadsOf(`${name}: ${yaml}`).get(code);
    assert.equal(payload && formatHex(payload), octets);
  });
}

/** The forms of single options. */
const OWN_KINDS: ReadonlySet<OptionKind> = new Set([
  "sip-servers",
  "slp-agents",
  "slp-scope",
  "rdnss-selection",
  "pcp-servers",
  "port-params",
  "dnr-resolvers",
  "6rd",
]);

for (const kind of OPTION_KINDS) {
  if (OWN_KINDS.has(kind)) continue;
  Deno.test(`any other option can be sent as ${kind}`, () => {
    const [yaml, octets] = SAMPLES[kind];
    const payload = payloadsOf(`other: [{ code: 224, type: ${kind}, value: ${yaml} }]`).get(224);
    assert.equal(payload && formatHex(payload), octets);
  });
}

Deno.test("RFC 3396: an option may have more than 255 octets, up to the limit", () => {
  const text = "x".repeat(OPTION_OCTETS_MAX);
  assert.equal(payloadsOf(`root-path: ${text}`).get(17)!.length, OPTION_OCTETS_MAX);
});

Deno.test("the first and the last code can be sent: 1 and 254", () => {
  const payloads = payloadsOf(
    "other:",
    "  - { code: 254, type: u8, value: 1 }",
    "  - { code: 1, type: hex, value: 'ffffff00' }",
  );
  assert.deepEqual([...payloads.keys()], [1, 254]);
});
