/** What the checks work on, and whom they tell. */
import type { ParsedClass } from "./class_schema.ts";
import type { ParsedNames } from "./names_schema.ts";
import type { Explanation, Path } from "./problem.ts";
import type { ParsedScope } from "./scope_schema.ts";
import type { ParsedSharedNetwork, ParsedSubnet } from "./subnet_schema.ts";

/** A part of a file, as far as the schema has found it in order. */
export interface FilePart<Parsed> {
  readonly parsed: Parsed;
  /** The path in the file, of a path in `parsed`. */
  pathOf(path: Path): Path;
  /** Whether nothing had to be left out: only then can something be said to be missing. */
  readonly whole: boolean;
}

/** Those parts of a file that the checks are about. */
export interface FileParts {
  readonly interfaces: FilePart<readonly string[]> | undefined;
  readonly trustOption82: FilePart<readonly string[]> | undefined;
  /** What the top of the file sets for everybody. */
  readonly defaults: FilePart<ParsedScope> | undefined;
  /** Undefined in it where the file has none. */
  readonly names: FilePart<ParsedNames | undefined> | undefined;
  readonly classes: readonly FilePart<ParsedClass>[];
  readonly sharedNetworks: readonly FilePart<ParsedSharedNetwork>[];
  readonly subnets: readonly FilePart<ParsedSubnet>[];
}

/** A part of a part, at `path` in it. */
export function partAt<Parsed>(
  whole: FilePart<unknown>,
  path: Path,
  parsed: Parsed,
): FilePart<Parsed> {
  return {
    parsed,
    pathOf: (inner) => whole.pathOf([...path, ...inner]),
    whole: whole.whole,
  };
}

/** The scopes of pools and reservations. */
export function scopesWithin(subnet: FilePart<ParsedSubnet>): readonly FilePart<ParsedScope>[] {
  const { pools, reservations } = subnet.parsed;
  return [
    ...pools.map((pool, i) => partAt(subnet, ["pools", i], pool)),
    ...reservations.map((reservation, i) => partAt(subnet, ["reservations", i], reservation)),
  ];
}

/** Every scope of the file. */
export function everyScope(
  { defaults, classes, sharedNetworks, subnets }: FileParts,
): readonly FilePart<ParsedScope>[] {
  const outermost = defaults === undefined ? [] : [defaults];
  const inner = subnets.flatMap((subnet) => [subnet, ...scopesWithin(subnet)]);
  return [...outermost, ...classes, ...sharedNetworks, ...inner];
}

/** Takes findings, and tells lines for their words. */
export interface Reporter {
  error(path: Path, said: Explanation): void;
  warning(path: Path, said: Explanation): void;
  /** `line 12`: where the value at a path stands. */
  placeOf(path: Path): string;
  /** The value at a path as the file has it; `undefined` where there is none. */
  valueAt(path: Path): unknown;
}
