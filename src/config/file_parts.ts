/** What the checks work on, and whom they tell. */
import type { Boot, LeaseTime } from "./config.ts";
import type { ParsedOption } from "./option_schema.ts";
import type { Explanation, Path } from "./problem.ts";
import type { ParsedSubnet } from "./schema.ts";

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
  readonly leaseTime: FilePart<LeaseTime> | undefined;
  readonly options: SharedOptions;
  readonly boot: FilePart<Boot | undefined> | undefined;
  readonly subnets: readonly FilePart<ParsedSubnet>[];
}

/** The options of the whole file, if it has any. */
export type SharedOptions = FilePart<readonly ParsedOption[] | undefined> | undefined;

/** Takes findings, and tells lines for their words. */
export interface Reporter {
  error(path: Path, said: Explanation): void;
  warning(path: Path, said: Explanation): void;
  /** `line 12`: where the value at a path stands. */
  placeOf(path: Path): string;
}
