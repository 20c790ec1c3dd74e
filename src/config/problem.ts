/** What is wrong with a config file, and where: as a value to print, as an error to stop with. */

/** A place in the file; both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Keys and list indices from the top of the file to a value: `["subnets", 0, "pools", 1]`. */
export type Path = readonly (string | number)[];

/** What is wrong, in words for the operator. */
export interface Explanation {
  readonly message: string;
  /** What to write instead, where that can be told. */
  readonly hint?: string;
}

/** An error keeps the file from being used; a warning does not, and a note is about this machine. */
export type Severity = "error" | "warning" | "note";

/** A finding of a check, placed by the path of the value it is about. */
export interface Finding extends Explanation {
  readonly path: Path;
  /** Whether it is the key that is wrong (an unknown key) or its value. */
  readonly part: "key" | "value";
  readonly severity: Severity;
}

/** A finding whose place in the file is known. */
export interface PlacedFinding extends Explanation, Position {
  readonly severity: Severity;
}

/** One line of what `sublet check` prints. */
export interface Problem extends PlacedFinding {
  readonly file: string;
}

/** `config.yaml:12:7: what is wrong`, and below it `  hint: what to write instead`. */
export function formatProblem(problem: Problem): string {
  const place = `${problem.file}:${problem.line}:${problem.column}`;
  const severity = problem.severity === "error" ? "" : `${problem.severity}: `;
  const hint = problem.hint === undefined ? "" : `\n  hint: ${problem.hint}`;
  return `${place}: ${severity}${problem.message}${hint}`;
}

/** The config cannot be read, or not be run with. Exit code 78 is EX_CONFIG of sysexits.h. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly exitCode = 78;
}
