/** From the text of a config file to the engine's config, or to all that is wrong with it. */
import { dirname } from "node:path";
import type * as z from "zod";
import { buildConfig } from "./build.ts";
import { checkFile } from "./checks.ts";
import { classEntrySchema } from "./class_schema.ts";
import type { Config } from "./config.ts";
import { type ConfigSource, sourceOf } from "./config_source.ts";
import type { FileParts } from "./file_parts.ts";
import { readFiles } from "./includes.ts";
import {
  adviseOnInterfaces,
  type ListInterfaces,
  noteMissingInterfaces,
} from "./machine_interfaces.ts";
import { ConfigError, formatProblem } from "./problem.ts";
import type { Finding, Path, Problem } from "./problem.ts";
import { type ExplainedPlace, explainPlaces } from "./origins.ts";
import { salvage } from "./salvage.ts";
import { configSchema, type ParsedConfig } from "./schema.ts";
import { warnOfExposedSecrets } from "./secret_checks.ts";
import { scopeSchema } from "./scope_schema.ts";
import { sharedNetworkSchema, subnetEntrySchema } from "./subnet_schema.ts";
import { readYaml } from "./yaml_source.ts";
import { findingsOf } from "./zod_findings.ts";

/** A config to run with, and what to mind about it: warnings and notes. */
export interface LoadedConfig {
  readonly config: Config;
  readonly warnings: readonly Problem[];
}

/** A config; or no config, and what is wrong with it, warnings included. */
export type LoadResult = LoadedConfig | { readonly problems: readonly Problem[] };

/** Reads a file and loads it. Throws ConfigError when there is no text to be had from it. */
export async function loadConfigFile(
  path: string,
  interfaces?: ListInterfaces,
): Promise<LoadResult> {
  const { source, problems, included } = await readFiles(path);
  if (source === undefined) return { problems: inOrder(problems) };
  return load(source, { path, faults: problems, included, interfaces, looksAtModes: true });
}

/** Reads a file that has to be a config. Throws ConfigError with all of its problems. */
export async function readConfig(
  path: string,
  interfaces?: ListInterfaces,
): Promise<LoadedConfig> {
  const result = await loadConfigFile(path, interfaces);
  if ("config" in result) return result;
  const lines = [`${path} cannot be used:`, ...result.problems.map(formatProblem)];
  throw new ConfigError(lines.join("\n"));
}

/**
 * Reads the text of a config file. Problems come all at once, in the order of the file; never
 * throws. `fileName` is for the problems, and relative paths in the file start at its directory;
 * nothing is read from disk. With `interfaces`, those of the file are held to the machine's.
 */
export function loadConfig(
  text: string,
  fileName: string,
  interfaces?: ListInterfaces,
): LoadResult {
  const source = readYaml(text);
  const faults = source.faults.map((fault) => ({ file: fileName, ...fault }));
  if (!("locate" in source)) return { problems: inOrder(faults) };
  const whole = sourceOf({ name: fileName, source });
  return load(whole, { path: fileName, faults, included: [], interfaces });
}

/** How a config came to be read. */
interface Reading {
  /** Of the first file. */
  readonly path: string;
  /** What is wrong with the files by themselves. */
  readonly faults: readonly Problem[];
  readonly included: readonly string[];
  readonly interfaces: ListInterfaces | undefined;
  /** Whether it is read from files, which others may be able to read, too. */
  readonly looksAtModes?: true;
}

function load(source: ConfigSource, reading: Reading): LoadResult {
  const { path, faults, included, interfaces, looksAtModes } = reading;
  const { parsed, findings } = examine(source);
  if (looksAtModes && parsed !== undefined) {
    const fileOf = (key: Path) => source.locate(key, "value").file;
    findings.push(...warnOfExposedSecrets(parsed, fileOf, dirname(path)));
  }
  const problems = inOrder([
    ...faults,
    ...withMachine(parsed, findings, interfaces).map(({ path, part, ...said }) => ({
      ...source.locate(path, part),
      ...said,
    })),
  ]);
  if (parsed === undefined || problems.some(({ severity }) => severity === "error")) {
    return { problems };
  }
  const config = buildConfig(parsed, dirname(path));
  return {
    config: included.length === 0 ? config : Object.freeze({ ...config, included }),
    warnings: problems,
  };
}

/** File by file as they first come up, each in the order of its lines. */
function inOrder(problems: readonly Problem[]): Problem[] {
  const files = [...new Set(problems.map(({ file }) => file))];
  return problems.toSorted((a, b) =>
    files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line || a.column - b.column
  );
}

function withMachine(
  parsed: ParsedConfig | undefined,
  findings: readonly Finding[],
  interfaces: ListInterfaces | undefined,
): readonly Finding[] {
  if (interfaces === undefined) return findings;
  const advised = adviseOnInterfaces(findings, interfaces);
  if (parsed === undefined) return advised;
  return [...advised, ...noteMissingInterfaces(parsed.interfaces, interfaces)];
}

/** What is in force at each place of a file that is in order, and which lines say so. */
export async function explainConfigFile(path: string): Promise<ExplainedPlace[]> {
  const { source } = await readFiles(path);
  return source === undefined ? [] : explainPlaces(source);
}

/** Schema first, then the checks on whatever parts of the file the schema has no fault with. */
function examine(source: ConfigSource): { parsed?: ParsedConfig; findings: Finding[] } {
  const result = configSchema.safeParse(source.value, { reportInput: true });
  if (result.success) {
    return { parsed: result.data, findings: checkFile(partsOfWhole(result.data), source) };
  }
  const findings = findingsOf(result.error.issues);
  return { findings: [...findings, ...checkFile(partsOfRest(source.value), source)] };
}

/** The parts of a file that the schema has no fault with at all. */
function partsOfWhole(parsed: ParsedConfig): FileParts {
  const part = <Parsed>(parsed: Parsed, path: Path) => ({
    parsed,
    whole: true,
    pathOf: (inner: Path) => [...path, ...inner],
  });
  return {
    interfaces: part(parsed.interfaces, ["interfaces"]),
    trustOption82: part(parsed["trust-option-82"], ["trust-option-82"]),
    names: part(parsed.names, ["names"]),
    defaults: part(parsed, []),
    classes: parsed.classes.map((it, i) => part(it, ["classes", i])),
    sharedNetworks: parsed["shared-networks"].map((it, i) => part(it, ["shared-networks", i])),
    subnets: parsed.subnets.map((it, i) => part(it, ["subnets", i])),
  };
}

/** The parts of a file that are left without what the schema turns down. */
function partsOfRest(file: unknown): FileParts {
  const values = new Map<string, unknown>(Object.entries(file ?? {}));
  const part = <Output>(schema: z.ZodType<Output>, value: unknown, path: Path) => {
    const salvaged = salvage(schema, value);
    if (salvaged === undefined) return undefined;
    const { parsed, whole, originOf } = salvaged;
    return { parsed, whole, pathOf: (inner: Path) => [...path, ...originOf(inner)] };
  };
  const entries = <Output>(schema: z.ZodType<Output>, key: string) => {
    const list = values.get(key);
    return (Array.isArray(list) ? list : [])
      .map((entry, i) => part(schema, entry, [key, i]))
      .filter((entry) => entry !== undefined);
  };
  const { interfaces, "trust-option-82": trustOption82, names } = configSchema.shape;
  return {
    interfaces: part(interfaces, values.get("interfaces"), ["interfaces"]),
    trustOption82: part(trustOption82, values.get("trust-option-82"), ["trust-option-82"]),
    names: part(names, values.get("names"), ["names"]),
    defaults: part(scopeSchema, file, []),
    classes: entries(classEntrySchema, "classes"),
    sharedNetworks: entries(sharedNetworkSchema, "shared-networks"),
    subnets: entries(subnetEntrySchema, "subnets"),
  };
}
