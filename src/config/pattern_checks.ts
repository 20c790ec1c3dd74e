/** Patterns that are allowed, and that hardly anybody can mean. */
import { type Glob, globOctets } from "../wire/glob.ts";
import type { ParsedMatch } from "./class_match_schema.ts";
import { explain, quote } from "./explanation.ts";
import type { FilePart, Reporter } from "./file_parts.ts";
import type { Path } from "./problem.ts";
import type { ParsedReservation } from "./reservation_schema.ts";

/** Keys below which there is no text with stars. */
const KEYS_WITHOUT_TEXT: ReadonlySet<string> = new Set(["hex", "mac", "relay", "architecture"]);

/** Marks of regular expressions and brackets of a shell, which no device has in what it sends. */
const FOREIGN_MARK = /^\^|\$$|\[[^\]]*\]|[.)\]]\+|\([^)]*\|[^)]*\)/;

/** Warns of text in a `match`, as it stands in the file, that is no pattern of this file's. */
export function checkPatterns(path: Path, reporter: Reporter): void {
  const look = (value: unknown, path: Path) => {
    if (typeof value === "string") return checkPattern(value, path, reporter);
    if (typeof value !== "object" || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      if (KEYS_WITHOUT_TEXT.has(key)) continue;
      look(inner, [...path, Array.isArray(value) ? Number(key) : key]);
    }
  };
  look(reporter.valueAt(path), path);
}

function checkPattern(text: string, path: Path, reporter: Reporter): void {
  // What has a backslash before it is meant.
  const [found] = FOREIGN_MARK.exec(text.replaceAll(/\\./g, "")) ?? [];
  if (found === undefined) return;
  const mark = /[\^$[+|]/.exec(found)![0];
  reporter.warning(
    path,
    explain(
      `${quote(text)} is compared as it stands: ${mark} has no meaning here`,
      `"*" is for any text, "?" for one character; write \\${mark} if it is meant`,
    ),
  );
}

/** Warns of a reservation for a port that is written as a pattern. */
export function checkIdentifiers(
  { parsed, pathOf }: FilePart<ParsedReservation>,
  reporter: Reporter,
): void {
  for (const key of ["circuit-id", "remote-id"] as const) {
    const path = pathOf([key]);
    const text = parsed[key] === undefined ? undefined : reporter.valueAt(path);
    if (typeof text !== "string" || !text.includes("*")) continue;
    const said = `a reservation is for one ${key}: * stands for itself here`;
    reporter.warning(path, explain(said, `write { text: ${quote(text)} } if it is meant`));
  }
}

/** Whether every client there is fits. */
export function fitsEverybody(match: ParsedMatch | undefined): boolean {
  if (match === undefined) return false;
  const { mac, interface: interfaces, any, all, ...others } = match;
  return Object.keys(others).length === 0 &&
    (mac === undefined || mac.some(fitsAnything)) &&
    (interfaces === undefined || interfaces.some(fitsAnything)) &&
    (any === undefined || any.some(fitsEverybody)) &&
    (all === undefined || all.every(fitsEverybody));
}

function fitsAnything(glob: Glob): boolean {
  return glob.length > 1 && globOctets(glob) === 0;
}
