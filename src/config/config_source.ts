/** The files of a config as one: each value can be found again in the file that it is written in. */
import { basename } from "node:path";
import type { Finding, Path, Position, Problem } from "./problem.ts";
import type { YamlSource } from "./yaml_source.ts";

/** A file of YAML that could be read. */
export interface SourceFile {
  readonly name: string;
  readonly source: YamlSource;
}

/** A place in one of several files. */
export interface FilePosition extends Position {
  readonly file: string;
}

/** What the checks read, be it of one file or of several. */
export interface ConfigSource {
  readonly value: unknown;
  /** Where the value at a path stands, or its key; of what is missing, the map it is missing in. */
  locate(path: Path, part: Finding["part"]): FilePosition;
  /** `line 12`, and of which file where there are several. */
  placeOf(path: Path): string;
  /** The value at a path; `undefined` where there is none. */
  valueAt(path: Path): unknown;
}

/** Lists at the top that files add to; every other key stands in one of them only. */
const ADDED_TO: ReadonlySet<string> = new Set(["subnets", "classes", "shared-networks"]);

/** Where in the files some of a merged list, or all of another value, comes from. */
interface Origin {
  readonly file: SourceFile;
  /** The index of its first item in the merged list. */
  readonly start: number;
}

/** The reservations of one subnet that stand in files of their own: their origins. */
export type ListedReservations = ReadonlyMap<
  SourceFile,
  ReadonlyMap<number, readonly SourceFile[]>
>;

/** One file alone. */
export function sourceOf(file: SourceFile): ConfigSource {
  return mergeFiles([file], new Map()).source;
}

/**
 * The files as one, the including one first. `listed` has for a file, by the index of a subnet in
 * it, the files that its reservations go on in; each of these is a list.
 */
export function mergeFiles(
  files: readonly SourceFile[],
  listed: ListedReservations,
): { readonly source: ConfigSource; readonly problems: readonly Problem[] } {
  const main = files[0]!;
  const origins = new Map<string, Origin[]>();
  const values = new Map<string, unknown>();
  const problems: Problem[] = [];
  for (const file of files) {
    for (const [key, value] of entriesOf(file.source.value)) {
      if (key === "include" && file !== main) continue;
      const before = values.get(key);
      const first = origins.get(key)?.[0];
      if (first === undefined) {
        values.set(key, Array.isArray(value) ? [...value] : value);
        origins.set(key, [{ file, start: 0 }]);
      } else if (ADDED_TO.has(key) && Array.isArray(before) && Array.isArray(value)) {
        origins.get(key)!.push({ file, start: before.length });
        before.push(...value);
      } else problems.push(givenTwice(key, file, first.file));
    }
  }
  const reservations = addReservations(values.get("subnets"), origins.get("subnets"), listed);
  const isMap = values.size > 0;
  const value: unknown = isMap ? Object.fromEntries(values) : main.source.value;
  const find = (path: Path) => originOf(path, main, origins, reservations);
  const isOne = files.length === 1 && listed.size === 0;
  const source: ConfigSource = {
    value,
    locate(path, part) {
      const { file, inner } = find(path);
      return { file: file.name, ...file.source.locate(inner, part) };
    },
    placeOf(path) {
      const { file, inner } = find(path);
      const { line } = file.source.locate(inner, "value");
      return isOne ? `line ${line}` : `line ${line} of ${basename(file.name)}`;
    },
    valueAt(path) {
      const { file, inner } = find(path);
      return file.source.valueAt(inner);
    },
  };
  return { source, problems };
}

function givenTwice(key: string, file: SourceFile, first: SourceFile): Problem {
  const { line } = first.source.locate([key], "key");
  return {
    file: file.name,
    ...file.source.locate([key], "key"),
    severity: "error",
    message: `"${key}" is in ${first.name} already, on line ${line}`,
    hint: `what several files may have: ${[...ADDED_TO].join(", ")}`,
  };
}

/** Adds to the subnets what stands in files of its own; by the subnet's index, where it begins. */
function addReservations(
  subnets: unknown,
  origins: readonly Origin[] | undefined,
  listed: ListedReservations,
): ReadonlyMap<number, readonly Origin[]> {
  const added = new Map<number, Origin[]>();
  if (!Array.isArray(subnets)) return added;
  for (const { file, start } of origins ?? []) {
    for (const [index, lists] of listed.get(file) ?? []) {
      const subnet = Object.fromEntries(entriesOf(subnets[start + index]));
      const own = subnet["reservations"];
      const all: unknown[] = Array.isArray(own) ? [...own] : [];
      const parts: Origin[] = [];
      for (const list of lists) {
        parts.push({ file: list, start: all.length });
        if (Array.isArray(list.source.value)) all.push(...list.source.value);
      }
      subnets[start + index] = { ...subnet, reservations: all };
      added.set(start + index, parts);
    }
  }
  return added;
}

function originOf(
  path: Path,
  main: SourceFile,
  origins: ReadonlyMap<string, readonly Origin[]>,
  reservations: ReadonlyMap<number, readonly Origin[]>,
): { readonly file: SourceFile; readonly inner: Path } {
  const [key, index, ...rest] = path;
  const all = origins.get(String(key));
  if (all === undefined) return { file: main, inner: path };
  if (typeof index !== "number") return { file: all[0]!.file, inner: path };
  if (key === "subnets" && rest[0] === "reservations" && typeof rest[1] === "number") {
    const list = beginsBefore(reservations.get(index) ?? [], rest[1]);
    if (list !== undefined) {
      return { file: list.file, inner: [rest[1] - list.start, ...rest.slice(2)] };
    }
  }
  const { file, start } = beginsBefore(all, index)!;
  return { file, inner: [key!, index - start, ...rest] };
}

function beginsBefore(origins: readonly Origin[], index: number): Origin | undefined {
  return origins.findLast(({ start }) => start <= index);
}

/** The keys of a map with their values; none of what is no map. */
export function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.entries(value)
    : [];
}
