/**
 * Text from strangers, made safe to show. A host name is up to 255 octets that anybody on the
 * network may choose, and it ends up in an operator's terminal, log and JSON.
 */

/**
 * Everything that has no glyph of its own: control characters, ESC and so ANSI sequences, bidi
 * overrides, zero-width characters (category C), and the line and paragraph separators.
 */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/**
 * The same, spaces that are not the plain one, the quotes that end a quoted text, and what a
 * decoder puts for invalid UTF-8.
 */
const UNSAFE_IN_QUOTES = /[^\P{Z} ]|[\p{C}"\\\ufffd]/gu;

/** As `INVISIBLE`, without the line feeds that `JSON.stringify` puts between members. */
const INVISIBLE_IN_JSON = /[^\P{C}\n]|[\p{Zl}\p{Zp}]/gu;

/** What nearly every text is; to know that is much faster than to search by Unicode category. */
const PLAIN_IN_QUOTES = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;
const PLAIN_IN_JSON = /^[\n\x20-\x7e]*$/;

/** Letters, digits, dot, hyphen, underscore: a host name that needs no quotes around it. */
const PLAIN_WORD = /^[\w.-]+$/;

const C_ESCAPES: Readonly<Record<string, string>> = {
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  '"': '\\"',
  "\\": "\\\\",
};

/**
 * The text in double quotes, on one line, with C-style escapes (`\n`, `\x1b`, `\u202e`,
 * `\u{e0001}`) for whatever could move the cursor, hide, or end the quotes.
 */
export function quote(text: string): string {
  if (PLAIN_IN_QUOTES.test(text)) return `"${text}"`;
  return `"${text.replace(UNSAFE_IN_QUOTES, escapeCharacter)}"`;
}

/** A text for a table: as it is when it is a plain word, quoted otherwise. */
export function quoteUnlessPlain(text: string): string {
  return PLAIN_WORD.test(text) ? text : quote(text);
}

/** A sentence of our own that may quote something from outside: one line, quotes left alone. */
export function escapeInvisible(text: string): string {
  return text.replace(INVISIBLE, escapeCharacter);
}

/**
 * `JSON.stringify`, with everything invisible written as `\uXXXX`: JSON leaves DEL, C1 controls
 * and bidi overrides as they are. `indent` is the number of spaces; without it, one line.
 */
export function stringifyVisibly(value: unknown, indent?: number): string {
  const json = JSON.stringify(value, null, indent);
  if (PLAIN_IN_JSON.test(json)) return json;
  return json.replace(
    INVISIBLE_IN_JSON,
    (unsafe) => unsafe.split("").map((unit) => `\\u${hex(unit.charCodeAt(0), 4)}`).join(""),
  );
}

function escapeCharacter(character: string): string {
  const short = C_ESCAPES[character];
  if (short !== undefined) return short;
  const code = character.codePointAt(0)!;
  if (code <= 0xff) return `\\x${hex(code, 2)}`;
  return code <= 0xffff ? `\\u${hex(code, 4)}` : `\\u{${hex(code, 5)}}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
