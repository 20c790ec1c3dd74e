/** The schema of a reservation: who it is for, and what is kept for it. */
import * as z from "zod";
import { formatHex, parseHex } from "../wire/hex.ts";
import { clientIdSchema } from "./client_id_schema.ts";
import { explain, pack } from "./explanation.ts";
import type { Explanation } from "./problem.ts";
import { hostLabelSchema } from "./names_schema.ts";
import { classNameSchema } from "./name_schemas.ts";
import {
  integerSchema,
  mapSchema,
  oneOrManySchema,
  putInQuotes,
  Refusal,
  textSchema,
  unknownKeyOfScope,
} from "./schema_parts.ts";
import { scopeShape } from "./scope_schema.ts";
import { textOrHexSchema } from "./text_or_hex_schema.ts";
import { hostnameSchema, ipv4Schema, macSchema, plainTextSchema } from "./value_schemas.ts";

/** What one length octet can count. */
const OCTETS_MAX = 255;
const SUB_OPTION_CODE_MAX = 255;
const ENTERPRISE_MAX = 0xffff_ffff;

/** As the log shows octets that are no text. */
const OCTETS = /^[0-9a-f]{2}(:[0-9a-f]{2})+$/i;
/** As the log shows text. */
const QUOTED = /^"(.*)"$/;

const IDENTIFIER = "text, or octets in hex like 00:04:01:2c";

/** The octets as the engine has them: in hex. */
function readIdentifier(octets: Uint8Array | undefined): string | Refusal | undefined {
  if (octets === undefined || octets.length === 0) return undefined;
  return octets.length > OCTETS_MAX
    ? new Refusal(`an identifier has at most ${OCTETS_MAX} octets`)
    : formatHex(octets);
}

const encoder = new TextEncoder();

/**
 * Octets that some device made up, in hex with colons: written as text, or as octets, in the forms
 * that the log has them, or with a word on which of the two they are.
 */
const identifierSchema = textOrHexSchema({
  expected: IDENTIFIER,
  either: textSchema<string>({
    expected: IDENTIFIER,
    read: (text) =>
      readIdentifier(
        OCTETS.test(text) ? parseHex(text) : encoder.encode(QUOTED.exec(text)?.[1] ?? text),
      ),
    hintFor: putInQuotes,
  }),
  text: textSchema<string>({
    expected: "text",
    read: (text) => readIdentifier(encoder.encode(text)),
    hintFor: putInQuotes,
  }),
  hex: textSchema<string>({
    expected: "octets in hex like 00:04:01:2c",
    read: (text) => readIdentifier(parseHex(text)),
    hintFor: putInQuotes,
  }),
}).meta({ id: "identifier" });

const vendorIdSchema = mapSchema("a map like { enterprise: 3561, code: 2, value: A1B2C3 }", {
  "enterprise": integerSchema(0, ENTERPRISE_MAX).meta({
    description: "The number of the vendor at IANA.",
  }),
  "code": integerSchema(0, SUB_OPTION_CODE_MAX).optional().meta({
    description: "The sub-option of option 125 that names the machine. Without it, the value is " +
      "one of its vendor classes (option 124).",
  }),
  "value": identifierSchema.meta({
    description: "What it holds: text, or octets in hex with colons.",
  }),
}).transform(({ enterprise, code, value }) => ({
  enterprise,
  ...(code !== undefined && { code }),
  value,
}));

/** The keys that say who a reservation is for. */
const identityShape = {
  "mac": oneOrManySchema("a MAC address like b8:27:eb:01:02:03", macSchema, 1, putInQuotes)
    .optional().meta({
      description: "The Ethernet address of the machine, or several where it has a wire and a " +
        "radio; they count whatever client-id it sends. Whichever comes first has the address.",
    }),
  "client-id": clientIdSchema.optional().meta({
    description: "Option 61 of the client: octets in hex, type octet included, or text, which " +
      "clients send with or without a type octet of 0. Instead of `mac`.",
  }),
  "circuit-id": identifierSchema.optional().meta({
    description: "The port that the machine is plugged into, as the relay agent names it (option " +
      "82, sub-option 1): text, or octets in hex with colons. Instead of `mac`.",
  }),
  "remote-id": identifierSchema.optional().meta({
    description: "The same for sub-option 2, alone or with `circuit-id`: then both have to match.",
  }),
  "vendor-id": vendorIdSchema.optional().meta({
    description: "What the vendor of the machine calls it (options 124 and 125). Instead of `mac`.",
  }),
  "client-hostname": hostLabelSchema.optional().meta({
    description:
      "The host name that the machine sends (option 81, else 12), where nothing else is " +
      "known of it. Weak: whoever sends the name has the reservation. Instead of `mac`.",
  }),
};

/** What a reservation names its client by. */
export const reservationIdentityKeys = Object.keys(identityShape);

const reservationMap = mapSchema(
  'a reservation like { mac: "b8:27:eb:01:02:03", address: 192.168.1.10 }',
  {
    ...identityShape,
    "address": ipv4Schema.optional().meta({
      description: "The address that is kept for it, inside the pools or outside. Without one it " +
        "gets any, and what else stands here.",
    }),
    "hostname": hostnameSchema.optional().meta({
      description: "The host name that it is told (option 12) and listed under.",
    }),
    "comment": plainTextSchema("a comment").optional().meta({
      description: "For people: shown with its lease.",
    }),
    "classes": oneOrManySchema("the name of a class", classNameSchema, 1).optional().meta({
      description: "Classes that it is in, besides those whose `match` says so.",
    }),
    ...scopeShape,
  },
  unknownKeyOfScope,
);

/** An entry of `reservations`. */
export const reservationSchema = reservationMap.refine((it) => explainFault(it) === undefined, {
  error: ({ input }) => pack(explainFault(input as ParsedReservation)!),
  // Next to an unknown key, which may be a misspelt one, none can be said to be missing.
  when: ({ issues }) => issues.length === 0,
}).meta({
  oneOf: [
    { required: ["mac"] },
    { required: ["client-id"] },
    { required: ["vendor-id"] },
    { required: ["client-hostname"] },
    { anyOf: [{ required: ["circuit-id"] }, { required: ["remote-id"] }] },
  ],
});

/** An entry of `reservations`, as it stands in the file. */
export type ParsedReservation = z.output<typeof reservationMap>;

/** What is wrong with who it is for, or with what it keeps. */
function explainFault(reservation: ParsedReservation): Explanation | undefined {
  const isIdentity = (key: string) => Object.hasOwn(identityShape, key);
  const keys = Object.keys(reservation);
  // A port has one name or two.
  const names = keys.filter(isIdentity)
    .filter((key) => key !== "remote-id" || reservation["circuit-id"] === undefined);
  if (names.length === 0) {
    const hint = "add its mac, client-id, circuit-id, remote-id, vendor-id or client-hostname";
    return explain("this reservation names no client", hint);
  }
  if (names.length > 1) {
    return explain(`this reservation has a ${names.join(" and a ")}`, "keep one of them");
  }
  if (keys.some((key) => !isIdentity(key) && key !== "comment")) return undefined;
  const hint = "add an address, a hostname, classes, a lease-time, options or boot";
  return explain("this reservation keeps nothing for its client", hint);
}
