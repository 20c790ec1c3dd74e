/** Characters that nobody sees in an editor, as they come along from web pages and mail. */
import type { Explanation } from "./problem.ts";

/** Spaces that are no U+0020, separators, and what has no width. */
const INVISIBLE = /[^\P{Z} ]|\p{Cf}/u;

const NAMES: ReadonlyMap<number, string> = new Map([
  [0xa0, "a no-break space"],
  [0xad, "a soft hyphen"],
  [0x200b, "a zero-width space"],
  [0x2028, "a line separator"],
  [0x202f, "a narrow no-break space"],
  [0x3000, "an ideographic space"],
  [0xfeff, "a byte order mark"],
]);

/** What is said of the first invisible character of a text; `undefined` when there is none. */
export function explainInvisible(
  text: string,
): Required<Explanation> & { readonly index: number } | undefined {
  const found = INVISIBLE.exec(text);
  if (found === null) return undefined;
  const [character] = found;
  const code = character.codePointAt(0)!;
  const isSpace = /\p{Zs}/u.test(character);
  const name = NAMES.get(code) ?? (isSpace ? "a space of another width" : "a hidden character");
  const said = `${name} (U+${code.toString(16).toUpperCase().padStart(4, "0")}) stands here`;
  const hint = isSpace ? "write a plain space in its place" : "delete it";
  return { message: said, hint, index: found.index };
}

/**
 * Those of each line that stand where YAML would have a plain space: not in quotes, and not in a
 * comment. For text that is not YAML, and may not be for this reason.
 */
export function findInvisible(text: string): (Explanation & { readonly offset: number })[] {
  const found: (Explanation & { readonly offset: number })[] = [];
  let start = 0;
  for (const line of text.split("\n")) {
    const blanked = line.replaceAll(QUOTED_OR_COMMENT, (it) => "_".repeat(it.length));
    const said = explainInvisible(blanked);
    if (said !== undefined) {
      const { index, ...explanation } = said;
      found.push({ ...explanation, offset: start + index });
    }
    start += line.length + 1;
  }
  return found;
}

const QUOTED_OR_COMMENT = /"(?:[^"\\]|\\.)*"|'[^']*'|(?<=^|\s)#.*/g;
