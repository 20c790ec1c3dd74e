/**
 * The words of the config's problems. zod has room for one text per issue, so message and hint
 * travel in it as two lines; neither holds a line feed, because everything quoted is escaped.
 */
import { quote as escapeAndQuote } from "../wire/escape.ts";
import { explainInvisible } from "./invisible.ts";
import type { Explanation } from "./problem.ts";

/** A quoted value longer than this many characters is cut: it is there to be recognised. */
const QUOTED_LENGTH_MAX = 60;

/** A typing error is at most this part of the word's length away from what was meant. */
const TYPO_SHARE_MAX = 0.4;

/** An explanation as the one text of a zod issue. */
export function pack(explanation: Explanation): string {
  return explanation.hint === undefined
    ? explanation.message
    : `${explanation.message}\n${explanation.hint}`;
}

/** The explanation in the text of a zod issue. */
export function unpack(text: string): Explanation {
  const [message, hint] = text.split("\n", 2);
  return explain(message!, hint);
}

/** Several explanations as the one text of a zod issue: it reports all unknown keys of a map so. */
export function packAll(explanations: readonly Explanation[]): string {
  return explanations.map(pack).join("\n\n");
}

/** The explanations that `packAll` put together, in its order. */
export function unpackAll(text: string): Explanation[] {
  return text.split("\n\n").map(unpack);
}

/** An explanation with or without a hint. */
export function explain(message: string, hint?: string): Explanation {
  return hint === undefined ? { message } : { message, hint };
}

/** Text in quotation marks, control characters escaped, cut when it is long. */
export function quote(text: string): string {
  return escapeAndQuote(
    text.length > QUOTED_LENGTH_MAX ? `${text.slice(0, QUOTED_LENGTH_MAX)}…` : text,
  );
}

/** What stands in the file, in a few words: `"eth0"`, `the number 7`, `a list`, `nothing`. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (typeof value === "string") return quote(value);
  if (typeof value === "number") return `the number ${value}`;
  if (typeof value === "boolean") return String(value);
  return Array.isArray(value) ? "a list" : "a map";
}

/** `expected an IPv4 address like 192.168.1.1, got "192.168.1.300"`. */
export function mismatch(expected: string, value: unknown, hint?: string): Explanation {
  return explain(`expected ${expected}, got ${describe(value)}`, hint ?? invisibleIn(value));
}

function invisibleIn(value: unknown): string | undefined {
  const found = typeof value === "string" ? explainInvisible(value) : undefined;
  return found && `${found.message}: ${found.hint}`;
}

/** `did you mean "routers"?` */
export function didYouMean(word: string): string {
  return `did you mean ${quote(word)}?`;
}

/** `write "mac: …"`, of a key without the space after its colon. */
export function writeKey(key: string): string {
  return `write "${key}: …"`;
}

/** The candidate nearest to a word; `undefined` when none is near enough to be a typing error. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(word.length * TYPO_SHARE_MAX)) + 1;
  for (const candidate of candidates) {
    // A length that differs by more than the distance allowed needs no counting.
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue;
    const distance = editDistance(word, candidate);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** Insertions, deletions, replacements and swaps of neighbours from one word to the other. */
function editDistance(from: string, to: string): number {
  let twoAbove: number[] = [];
  let above = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1];
      let least = Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]) {
        least = Math.min(least, twoAbove[j - 2]! + 1);
      }
      row.push(least);
    }
    [twoAbove, above] = [above, row];
  }
  return above[to.length]!;
}
