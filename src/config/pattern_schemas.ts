/** Patterns as people write them: text or octets, with stars for what may be anything. */
import { quote } from "./explanation.ts";
import { formatHex } from "../wire/hex.ts";
import { type Glob, parseHexGlob, parseTextGlob } from "../wire/glob.ts";
import { oneOrManySchema, putInQuotes, Refusal, textSchema } from "./schema_parts.ts";
import { textOrHexSchema } from "./text_or_hex_schema.ts";
import { CONTROL_CHARACTER } from "./value_schemas.ts";

const TEXT = 'text like "Cisco*"';
const HEX = 'octets in hex like "00:04:*"';
const TEXT_PATTERN = ".";

export const textGlobSchema = textSchema<Glob>({
  expected: TEXT,
  read: (text) => refuseControls(text) ?? parseTextGlob(text),
  hintFor: putInQuotes,
  pattern: TEXT_PATTERN,
});

const hexGlobSchema = textSchema<Glob>({
  expected: HEX,
  read: parseHexGlob,
  hintFor: putInQuotes,
  pattern: "^[0-9A-Fa-f?*:-]+$",
});

/** Text with stars, or octets in hex with stars. */
const patternSchema = textOrHexSchema({
  expected: `${TEXT}, or { hex: "00:04:*" }`,
  either: textGlobSchema,
  text: textGlobSchema,
  hex: hexGlobSchema,
}).meta({ id: "pattern" });

export const patternsSchema = oneOrManySchema(TEXT, patternSchema, 1, putInQuotes);

/** As the log shows octets that are no text, with stars for some of them. */
const OCTETS = /^[0-9a-f?*:]*[0-9a-f]{2}:[0-9a-f?*:]*$|^\*:[0-9a-f?*:]*[0-9a-f]{2}$/i;

const IDENTIFIER = 'text like "eth 1/*", or octets in hex like "00:04:*"';

/** What devices make up, as reservations have it: text, or octets in hex with colons. */
const identifierSchema = textOrHexSchema({
  expected: IDENTIFIER,
  either: textSchema<Glob>({
    expected: IDENTIFIER,
    read(text) {
      const refusal = refuseControls(text);
      if (refusal !== undefined) return refusal;
      return (OCTETS.test(text) ? parseHexGlob(text) : undefined) ?? parseTextGlob(text);
    },
    hintFor: putInQuotes,
    pattern: TEXT_PATTERN,
  }),
  text: textGlobSchema,
  hex: hexGlobSchema,
}).meta({ id: "identifier-pattern" });

export const identifiersSchema = oneOrManySchema(IDENTIFIER, identifierSchema, 1, putInQuotes);

const octetsSchema = textOrHexSchema({
  expected: HEX,
  either: hexGlobSchema,
  text: textGlobSchema,
  hex: hexGlobSchema,
}).meta({ id: "octets-pattern" });

export const hexPatternsSchema = oneOrManySchema(HEX, octetsSchema, 1, putInQuotes);

/** Nobody can see them in a file: they are written as octets. */
function refuseControls(text: string): Refusal | undefined {
  if (!CONTROL_CHARACTER.test(text)) return undefined;
  const hex = formatHex(new TextEncoder().encode(text));
  return new Refusal(
    `${quote(text)} has control characters in it`,
    `write { hex: "${hex}" }`,
  );
}
