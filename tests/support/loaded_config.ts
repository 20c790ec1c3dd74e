/** Configs of tests, as they are loaded from a file. */
import assert from "node:assert/strict";
import type { Config } from "../../src/config/config.ts";
import { loadConfig } from "../../src/config/load.ts";

/** The config of a file with these lines, which have to be in order. */
export function loadedConfig(...lines: readonly string[]): Config {
  const result = loadConfig(lines.join("\n"), "config.yaml");
  assert("config" in result, JSON.stringify(result));
  return result.config;
}
