/** The schema of a client identifier (option 61) that a reservation is for. */
import { formatHex, parseHex } from "../wire/hex.ts";
import { putInQuotes, Refusal, textSchema } from "./schema_parts.ts";
import { textOrHexSchema } from "./text_or_hex_schema.ts";

/** RFC 2132 §9.14: a type octet and at least one more. */
const OCTETS_MIN = 2;
const OCTETS_MAX = 255;

const EXPECTED = "a client identifier: text, or octets in hex like 01:b8:27:eb:01:02:03";

/** The identifiers that are meant, in hex with colons. */
type Identifiers = readonly string[];

function readOctets(octets: Uint8Array | undefined): Identifiers | Refusal | undefined {
  if (octets === undefined || octets.length < OCTETS_MIN) return undefined;
  return octets.length > OCTETS_MAX
    ? new Refusal(`a client identifier has at most ${OCTETS_MAX} octets`)
    : [formatHex(octets)];
}

/** Some clients send a text as it is, others after a type octet of 0 (RFC 2132 §9.14). */
function readText(text: string): Identifiers | Refusal | undefined {
  const octets = new TextEncoder().encode(text);
  const plain = readOctets(octets);
  const typed = readOctets(Uint8Array.of(0, ...octets));
  return Array.isArray(plain) && Array.isArray(typed) ? [...plain, ...typed] : plain;
}

/** Colons are between octets, so that a slip of the pen in these is no text. */
function readEither(text: string): Identifiers | Refusal | undefined {
  const octets = parseHex(text);
  if (octets !== undefined) return readOctets(octets);
  return text.includes(":") ? undefined : readText(text);
}

/** Text, or octets in hex, type octet included; what looks like octets is octets. */
export const clientIdSchema = textOrHexSchema<Identifiers>({
  expected: EXPECTED,
  either: textSchema({ expected: EXPECTED, read: readEither, hintFor: putInQuotes, pattern: "." }),
  text: textSchema({
    expected: "text of two octets or more",
    read: readText,
    hintFor: putInQuotes,
  }),
  hex: textSchema({
    expected: "octets in hex like 01:b8:27:eb:01:02:03",
    read: (text) => readOctets(parseHex(text)),
    hintFor: putInQuotes,
  }),
}).meta({ id: "client-identifier" });
