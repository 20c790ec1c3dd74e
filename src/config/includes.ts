/**
 * The files that a config is written in: the first, those that it includes, and lists of
 * reservations. Nothing is watched; a reload reads all of them again.
 */
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { matchesGlob, parseTextGlob } from "../wire/glob.ts";
import { type ConfigSource, entriesOf, mergeFiles, type SourceFile } from "./config_source.ts";
import { ConfigError, type Path, type Problem } from "./problem.ts";
import { readYaml } from "./yaml_source.ts";

/** Far more than the reservations of any one server take. */
const OCTETS_MAX = 16 * 1024 * 1024;
/** More files than anybody keeps in order. */
const FILES_MAX = 1_000;

/** What was read: the config as one, unless a file is no YAML. */
export interface ReadFiles {
  readonly source?: ConfigSource;
  readonly problems: readonly Problem[];
  /** Files and directories besides the first file, for who has to leave them in reach. */
  readonly included: readonly string[];
}

/** Reads a config and all that it includes. Throws `ConfigError` where the first is not to be had. */
export async function readFiles(path: string): Promise<ReadFiles> {
  const reader = new Reader();
  const main = reader.parse(path, await reader.read(path));
  if (main === undefined) return { problems: reader.problems, included: [] };
  await reader.follow(main);
  const { problems, files, listed, included } = reader;
  if (reader.isBroken) return { problems, included };
  const merged = mergeFiles(files, listed);
  return { source: merged.source, problems: [...problems, ...merged.problems], included };
}

class Reader {
  readonly problems: Problem[] = [];
  readonly files: SourceFile[] = [];
  readonly listed = new Map<SourceFile, Map<number, SourceFile[]>>();
  readonly included: string[] = [];
  /** Whether a file could not be made out, so that nothing can be said of the whole. */
  isBroken = false;
  /** Whole paths of those that were read. */
  readonly #seen = new Set<string>();
  #octets = 0;

  async read(path: string): Promise<string> {
    this.#seen.add(resolve(path));
    let octets: Uint8Array;
    try {
      octets = await Deno.readFile(path);
    } catch (cause) {
      const why = explainReadError(cause);
      throw new ConfigError(`cannot read the config ${path}: ${why}`, { cause });
    }
    this.#octets += octets.length;
    if (this.#octets > OCTETS_MAX) {
      throw new ConfigError(`${path} is no config: it has more than ${OCTETS_MAX} octets`);
    }
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(octets);
    } catch (cause) {
      throw new ConfigError(`${path} is no config: it is not UTF-8 text`, { cause });
    }
  }

  parse(name: string, text: string): SourceFile | undefined {
    const source = readYaml(text);
    this.problems.push(...source.faults.map((fault) => ({ file: name, ...fault })));
    if ("locate" in source) return { name, source };
    this.isBroken = true;
    return undefined;
  }

  /** Takes in a file, and what it includes, in this order. */
  async follow(file: SourceFile): Promise<void> {
    this.files.push(file);
    const { value } = file.source;
    if (entriesOf(value).length === 0) {
      if (file !== this.files[0]) this.#say(file, [], "expected a map with keys like subnets");
      return;
    }
    const map = new Map(entriesOf(value));
    for (const [i, subnet] of asList(map.get("subnets")).entries()) {
      const names = new Map(entriesOf(subnet)).get("reservations-from");
      for (const [path, pattern] of texts(names, ["subnets", i, "reservations-from"])) {
        await this.#each(file, path, pattern, (list) => {
          const { value } = list.source;
          if (!Array.isArray(value)) this.#say(list, [], "expected a list of reservations");
          const subnets = this.listed.get(file) ?? new Map<number, SourceFile[]>();
          this.listed.set(file, subnets.set(i, [...subnets.get(i) ?? [], list]));
          return Promise.resolve();
        });
      }
    }
    for (const [path, pattern] of texts(map.get("include"), ["include"])) {
      await this.#each(file, path, pattern, (included) => this.follow(included));
    }
  }

  /** Takes in what a path of the file stands for. */
  async #each(
    file: SourceFile,
    path: Path,
    pattern: string,
    take: (included: SourceFile) => Promise<void>,
  ): Promise<void> {
    try {
      const whole = isAbsolute(pattern) ? pattern : join(dirname(file.name), pattern);
      for (const name of await this.#expand(whole)) {
        if (this.#seen.has(resolve(name))) {
          this.#say(file, path, `${name} is read already: a file is read once`);
        } else if (this.#seen.size === FILES_MAX) {
          this.#say(file, path, `a config has at most ${FILES_MAX} files`);
        } else {
          const included = this.parse(name, await this.read(name));
          if (included !== undefined) await take(included);
        }
      }
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.#say(file, path, error.message.replace("the config ", ""));
    }
  }

  /** The files that a path stands for: itself, those of a directory, those that fit a pattern. */
  async #expand(path: string): Promise<readonly string[]> {
    const pattern = basename(path);
    const isPattern = /[*?]/.test(pattern);
    const info = isPattern ? undefined : await Deno.stat(path).catch(() => undefined);
    if (!isPattern && info?.isDirectory !== true) {
      this.included.push(path);
      return [path];
    }
    const directory = isPattern ? dirname(path) : path;
    this.included.push(directory);
    const glob = isPattern ? parseTextGlob(pattern) : undefined;
    const fits = (name: string) =>
      glob === undefined ? /\.ya?ml$/.test(name) : matchesGlob(glob, encoder.encode(name));
    const names: string[] = [];
    try {
      for await (const { name, isDirectory } of Deno.readDir(directory)) {
        if (!isDirectory && !name.startsWith(".") && fits(name)) names.push(name);
      }
    } catch (cause) {
      throw new ConfigError(`cannot read ${directory}: ${explainReadError(cause)}`, { cause });
    }
    return names.sort().map((name) => join(directory, name));
  }

  #say(file: SourceFile, path: Path, message: string): void {
    const place = file.source.locate(path, "value");
    this.problems.push({ file: file.name, ...place, severity: "error", message });
  }
}

const encoder = new TextEncoder();

/** The texts of a list, or the one that is written alone, each with its path. */
function texts(value: unknown, path: Path): [Path, string][] {
  if (typeof value === "string") return [[path, value]];
  return asList(value).flatMap((it, i): [Path, string][] =>
    typeof it === "string" ? [[[...path, i], it]] : []
  );
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function explainReadError(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (error instanceof Deno.errors.IsADirectory) return "it is a directory";
  return error instanceof Error ? error.message : String(error);
}
