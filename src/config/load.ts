/** From the text of a config file to the engine's config, or to all that is wrong with it. */
import { dirname } from "node:path";
import type * as z from "zod";
import { buildConfig } from "./build.ts";
import { checkFile } from "./checks.ts";
import { classEntrySchema } from "./class_schema.ts";
import type { Config } from "./config.ts";
import type { FileParts } from "./file_parts.ts";
import {
  adviseOnInterfaces,
  type ListInterfaces,
  noteMissingInterfaces,
} from "./machine_interfaces.ts";
import { ConfigError, formatProblem } from "./problem.ts";
import type { Finding, Path, PlacedFinding, Problem } from "./problem.ts";
import { type ExplainedPlace, explainPlaces } from "./origins.ts";
import { salvage } from "./salvage.ts";
import { configSchema, type ParsedConfig } from "./schema.ts";
import { scopeSchema } from "./scope_schema.ts";
import { sharedNetworkSchema, subnetEntrySchema } from "./subnet_schema.ts";
import { readYaml, type YamlSource } from "./yaml_source.ts";
import { findingsOf } from "./zod_findings.ts";

/** Far more than the reservations of any one server take. */
const FILE_OCTETS_MAX = 16 * 1024 * 1024;

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
  return loadConfig(await readText(path), path, interfaces);
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
  const inOrder = (findings: readonly PlacedFinding[]): Problem[] =>
    findings.map((finding) => ({ file: fileName, ...finding }))
      .sort((a, b) => a.line - b.line || a.column - b.column);
  if (!("locate" in source)) return { problems: inOrder(source.faults) };

  const { parsed, findings } = examine(source);
  const problems = inOrder([
    ...source.faults,
    ...withMachine(parsed, findings, interfaces).map(({ path, part, ...said }) => ({
      ...source.locate(path, part),
      ...said,
    })),
  ]);
  return parsed === undefined || problems.some(({ severity }) => severity === "error")
    ? { problems }
    : { config: buildConfig(parsed, dirname(fileName)), warnings: problems };
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
  const source = readYaml(await readText(path));
  return "locate" in source ? explainPlaces(source) : [];
}

/** Schema first, then the checks on whatever parts of the file the schema has no fault with. */
function examine(source: YamlSource): { parsed?: ParsedConfig; findings: Finding[] } {
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

async function readText(path: string): Promise<string> {
  let octets: Uint8Array;
  try {
    octets = await Deno.readFile(path);
  } catch (cause) {
    throw new ConfigError(`cannot read the config ${path}: ${explainReadError(cause)}`, { cause });
  }
  if (octets.length > FILE_OCTETS_MAX) {
    throw new ConfigError(`${path} is no config: it has more than ${FILE_OCTETS_MAX} octets`);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(octets);
  } catch (cause) {
    throw new ConfigError(`${path} is no config: it is not UTF-8 text`, { cause });
  }
}

function explainReadError(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (error instanceof Deno.errors.IsADirectory) return "it is a directory";
  return error instanceof Error ? error.message : String(error);
}
