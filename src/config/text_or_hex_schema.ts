/**
 * The schema of octets that somebody makes up, which may be text and may be none. As plain text they
 * are taken for what they look like; a map says which they are: `{ text: "10:20" }`.
 */
import * as z from "zod";
import { explain, mismatch, pack } from "./explanation.ts";
import { mapSchema, putInQuotes } from "./schema_parts.ts";

/** How the two are read, and how they read what does not say which it is. */
export interface TextOrHex<Value> {
  /** Completes "expected …". */
  readonly expected: string;
  readonly either: z.ZodType<Value, string>;
  readonly text: z.ZodType<Value, string>;
  readonly hex: z.ZodType<Value, string>;
}

/** Octets as plain text, or as a map of the one key `text` or `hex`. */
export function textOrHexSchema<Value>({ expected, either, text, hex }: TextOrHex<Value>) {
  return z.union([either, toldSchema(text, hex)], {
    error: ({ input }) => pack(mismatch(expected, input, putInQuotes(input))),
  });
}

function toldSchema<Value>(text: z.ZodType<Value, string>, hex: z.ZodType<Value, string>) {
  return mapSchema("a map like { text: … } or { hex: … }", {
    text: text.optional().meta({ description: "Text, whatever it looks like." }),
    hex: hex.optional().meta({ description: "Octets in hex." }),
  }).refine((it) => Object.keys(it).length === 1, {
    error: () => pack(explain("this is to have either text or hex")),
    // Next to an unknown key, which may be a misspelt one, none can be said to be missing.
    when: ({ issues }) => issues.length === 0,
  }).transform((it): Value => (it.text ?? it.hex)!)
    .meta({ oneOf: [{ required: ["text"] }, { required: ["hex"] }] });
}
