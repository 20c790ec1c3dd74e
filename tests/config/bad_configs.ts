/** Tables of configs that are wrong, and all that is said about each, word for word. */
import assert from "node:assert/strict";
import { loadConfig } from "../../src/config/load.ts";
import { formatProblem } from "../../src/config/problem.ts";
import { configSchema } from "../../src/config/schema.ts";
import { subnetEntrySchema } from "../../src/config/subnet_schema.ts";

/** What is wrong, the text of the file, and the lines that are printed, indentation left out. */
export type BadConfig = readonly [what: string, text: string, lines: readonly string[]];

/** The hint for a key at the top of the file that is far from any known one. */
export const KNOWN_AT_TOP = `hint: known here: ${Object.keys(configSchema.shape).join(", ")}`;

/** The same for a key of a subnet. */
export const KNOWN_IN_SUBNET = `hint: known here: ${
  Object.keys(subnetEntrySchema.shape).join(", ")
}`;

/** A config that is in order; the lines go below its one subnet, which begins on line 3. */
export function inSubnet(...lines: string[]): string {
  return inFile(...lines.map((line) => `    ${line}`));
}

/** A config that is in order, of four lines; the lines go below it. */
export function inFile(...lines: string[]): string {
  return [
    "interfaces: eth0",
    "subnets:",
    "  - subnet: 192.168.1.0/24",
    "    pools: 192.168.1.100-192.168.1.199",
    ...lines,
    "",
  ].join("\n");
}

/** A config that is in order; the lines go into the options of the whole file, from line 6 on. */
export function inOptions(...lines: string[]): string {
  return inFile("options:", ...lines.map((line) => `  ${line}`));
}

/** Makes a test of every row. Rows that say `(warning)` load all the same, and no others do. */
export function testBadConfigs(subject: string, rows: readonly BadConfig[]): void {
  for (const [what, text, lines] of rows) {
    Deno.test(`config, ${subject}: ${what}`, () => {
      const result = loadConfig(text, "config.yaml");
      const problems = "config" in result ? result.warnings : result.problems;
      const printed = problems.flatMap((problem) => formatProblem(problem).split("\n"));
      assert.deepEqual(printed.map((line) => line.trim()), lines);
      assert.equal("config" in result, what.endsWith("(warning)"));
    });
  }
}
