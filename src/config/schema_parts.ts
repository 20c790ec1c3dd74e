/**
 * What the schemas are made of: text with a form, whole numbers, maps with known keys, lists that
 * may be written as one value. Each says what is wrong in the operator's words, not in zod's.
 */
import * as z from "zod";
import { didYouMean, explain, mismatch, pack, packAll, quote, writeKey } from "./explanation.ts";
import type { Explanation } from "./problem.ts";
import { hintForKey, knownKeyMeantBy } from "./synonyms.ts";

/** A form of text and how to read it. */
export interface TextForm<Value> {
  /** `an IPv4 address like 192.168.1.1`: completes "expected …". */
  readonly expected: string;
  /** The value; `undefined` when the text is not of the form; or a better word on why not. */
  read(text: string): Value | undefined | Refusal;
  /** What to write instead of this value, which was turned down for want of the form. */
  hintFor?(value: unknown): string | undefined;
  /** Whether such values stand in lists, so that text may be several of them. */
  readonly isListed?: boolean;
  /** A regular expression for editors; `read` decides. */
  readonly pattern?: string;
  readonly examples?: readonly string[];
}

/** Why text was turned down, in better words than "expected this, got that". */
export class Refusal {
  readonly explanation: Explanation;

  constructor(message: string, hint?: string) {
    this.explanation = explain(message, hint);
  }
}

/** The hint for a form whose text YAML may take for a number or a boolean: `host-name: 007`. */
export function putInQuotes(value: unknown): string | undefined {
  const misread = typeof value === "number" || typeof value === "boolean";
  return misread ? "put it in quotes to make it text" : undefined;
}

/** The quotes of word processors, which are no quotes to YAML. */
const TYPOGRAPHIC_QUOTES = /^[“”„‘’‚«»](.+)[“”‘’«»]$/;

/** The hint for text that would be in order without its typographic quotes. */
function plainQuotes<Value>(form: TextForm<Value>, text: string): string | undefined {
  const inner = TYPOGRAPHIC_QUOTES.exec(text)?.[1];
  return inner !== undefined && isOfForm(form, inner)
    ? `write ${quote(inner)}, with plain quotes`
    : undefined;
}

/** The hint for a list that lacks its brackets, commas or spaces, so that it reads as one text. */
function severalValues<Value>(form: TextForm<Value>, text: string): string | undefined {
  if (/^-\S/.test(text)) return "a space is missing after the -";
  const areAll = (parts: readonly string[]) =>
    parts.length > 1 && parts.every((part) => isOfForm(form, part));
  const listed = text.split(",").map((part) => part.trim());
  if (areAll(listed)) return `write [${listed.join(", ")}]`;
  const spaced = text.split(/\s+/);
  return areAll(spaced) ? `a comma is missing: ${spaced.join(", ")}` : undefined;
}

function isOfForm<Value>(form: TextForm<Value>, text: string): boolean {
  const value = form.read(text);
  return value !== undefined && !(value instanceof Refusal);
}

/** A value written as text of a form. */
export function textSchema<Value>(form: TextForm<Value>) {
  const { expected, pattern, examples } = form;
  const hintFor = (value: unknown) => {
    const hint = form.hintFor?.(value);
    if (hint !== undefined || typeof value !== "string") return hint;
    return plainQuotes(form, value) ?? (form.isListed ? severalValues(form, value) : undefined);
  };
  const explainMismatch = (value: unknown) => pack(mismatch(expected, value, hintFor(value)));
  return z.string({ error: (issue) => explainMismatch(issue.input) })
    .meta({ ...(pattern && { pattern }), ...(examples && { examples: [...examples] }) })
    .transform((text, context): Value => {
      const value = form.read(text);
      const refused = value instanceof Refusal;
      if (value !== undefined && !refused) return value;
      const message = refused ? pack(value.explanation) : explainMismatch(text);
      context.issues.push({ code: "custom", message, input: text });
      return z.NEVER;
    });
}

/** A whole number from `min` to `max`. */
export function integerSchema(min: number, max: number) {
  const error = (issue: { readonly input?: unknown }) =>
    pack(mismatch(`a whole number from ${min} to ${max}`, issue.input));
  return z.int({ error }).min(min, { error }).max(max, { error });
}

/** The hint for words that YAML 1.1 took for booleans and YAML 1.2 does not. */
function trueOrFalse(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  if (/^(yes|on|true)$/i.test(value)) return "write true";
  return /^(no|off|false)$/i.test(value) ? "write false" : undefined;
}

/** `true` or `false`. */
export function booleanSchema() {
  return z.boolean({
    error: ({ input }) => pack(mismatch("true or false", input, trueOrFalse(input))),
  });
}

/** A key that a map does not know, explained. */
export type ExplainKey = (key: string, knownKeys: readonly string[]) => Explanation;

/** What is wrong with a key that has its value in it: `{ mac:"b8:27:eb:01:02:03" }`. */
function keyWithValue(key: string, knownKeys: readonly string[]): Explanation | undefined {
  const known = knownKeys.find((name) => key.startsWith(`${name}:`));
  return known === undefined
    ? undefined
    : explain("a space is missing after the colon", writeKey(known));
}

/** `unknown key "lease-tme"`, with the known key that was probably meant. */
export const unknownKey: ExplainKey = (key, knownKeys) => {
  const meant = knownKeyMeantBy(key, knownKeys);
  const hint = meant === undefined ? `known here: ${knownKeys.join(", ")}` : didYouMean(meant);
  return explain(`unknown key ${quote(key)}`, hint);
};

/** The same for a map of a scope: the key may belong to another map of the file. */
export const unknownKeyOfScope: ExplainKey = (key, knownKeys) =>
  explain(
    `unknown key ${quote(key)}`,
    hintForKey(key, knownKeys) ?? `known here: ${knownKeys.join(", ")}`,
  );

/**
 * A map with these keys and no others. `expected` completes "expected …"; `explainKey` finds the
 * words for each key that is not known.
 */
export function mapSchema<Shape extends z.ZodRawShape>(
  expected: string,
  shape: Shape,
  explainKey: ExplainKey = unknownKey,
) {
  const knownKeys = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? packAll(
          issue.keys.map((key) => keyWithValue(key, knownKeys) ?? explainKey(key, knownKeys)),
        )
        : pack(mismatch(expected, issue.input)),
  });
}

/** The hint for the map that a list becomes when the dashes of its entries are missing. */
function entriesWithDash(value: unknown): string | undefined {
  const isMap = typeof value === "object" && value !== null && !Array.isArray(value);
  return isMap ? "begin each entry with `- `" : undefined;
}

/** A list, of at least `min` items. `expected` completes "expected …". */
export function listSchema<Item extends z.ZodType>(expected: string, item: Item, min = 0) {
  return z.array(item, {
    error: ({ input }) => pack(mismatch(expected, input, entriesWithDash(input))),
  })
    .min(min, { error: () => pack(explain(`expected ${expected}, got an empty list`)) });
}

/**
 * A list of at least `min` items that may be written as the one item it has. `hintFor` is told
 * what is neither.
 */
export function oneOrManySchema<Output, Input>(
  expected: string,
  item: z.ZodType<Output, Input>,
  min = 0,
  hintFor?: (value: unknown) => string | undefined,
) {
  const many = `${expected}, or a list of them`;
  // Made a list at once: an item may be an array itself, and could not be told from a list later.
  const one = item.transform((value): Output[] => [value]);
  return z.union([one, listSchema(many, item, min)], {
    error: ({ input }) => pack(mismatch(many, input, hintFor?.(input))),
  });
}
