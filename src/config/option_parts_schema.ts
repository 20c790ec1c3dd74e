/**
 * Values with a type of their own, `{ type, value }`: options by code, and the parts of options
 * that hold others. They leave the schema as octets.
 */
import * as z from "zod";
import {
  encodeOptionValue,
  OPTION_KINDS,
  type OptionKind,
  type OptionValues,
} from "../wire/option_values.ts";
import type { SubOption } from "../wire/sub_options.ts";
import type { VendorClass, VendorOptions } from "../wire/structured_values.ts";
import { describe, didYouMean, explain, mismatch, nearest, pack, quote } from "./explanation.ts";
import {
  type HoldingKind,
  KIND_WORDS,
  PLAIN_SCHEMAS,
  type PlainKind,
} from "./option_value_schemas.ts";
import {
  integerSchema,
  listSchema,
  mapSchema,
  oneOrManySchema,
  putInQuotes,
} from "./schema_parts.ts";
import { hexSchema } from "./value_schemas.ts";

/**
 * The largest payload of one option. More than 255 octets go out in parts (RFC 3396), but a reply
 * has to fit into one frame of Ethernet next to everything else.
 */
export const OPTION_OCTETS_MAX = 1024;

/** The length octet of what stands in an option counts to 255. */
const PART_OCTETS_MAX = 255;

/** The forms of single options: they mean nothing anywhere else. */
const OWN_KINDS: ReadonlySet<OptionKind> = new Set([
  "sip-servers",
  "slp-agents",
  "slp-scope",
  "rdnss-selection",
  "pcp-servers",
  "port-params",
  "dnr-resolvers",
  "6rd",
]);
const HOLDING_KINDS: ReadonlySet<OptionKind> = new Set<HoldingKind>([
  "record",
  "sub-options",
  "vendor-classes",
  "vendor-options",
]);

/** The types that an option by code may have. */
const CODE_KINDS = OPTION_KINDS.filter((kind) => !OWN_KINDS.has(kind));

const PART_KINDS = CODE_KINDS.filter((kind): kind is PlainKind => !HOLDING_KINDS.has(kind));

/** Octets of at most `octetsMax`; `what` has room for no more. */
function limited(octets: z.ZodType<Uint8Array>, what: string, octetsMax: number) {
  return octets.transform((payload, context): Uint8Array => {
    if (payload.length <= octetsMax) return payload;
    const message = `the value has ${payload.length} octets, and ${what} has room for ${octetsMax}`;
    context.issues.push({ code: "custom", message, input: payload });
    return z.NEVER;
  });
}

/** A value of a kind that holds no others, as a part of an option. */
function partSchema<Kind extends PlainKind>(kind: Kind) {
  const octets = PLAIN_SCHEMAS[kind].transform((value) => encodeOptionValue(kind, value));
  return limited(octets, "a part of an option", PART_OCTETS_MAX);
}

/** What Kea, ISC dhcpd and people call our types. */
const TYPE_WORDS: ReadonlyMap<string, OptionKind> = new Map([
  ["uint8", "u8"],
  ["uint16", "u16"],
  ["uint32", "u32"],
  ["int32", "i32"],
  ["integer", "u32"],
  ["unsigned integer 8", "u8"],
  ["unsigned integer 16", "u16"],
  ["unsigned integer 32", "u32"],
  ["ip", "ipv4"],
  ["ip-address", "ipv4"],
  ["ipv4-address", "ipv4"],
  ["ipv6-address", "ipv6"],
  ["boolean", "bool"],
  ["flag", "bool"],
  ["string", "text"],
  ["binary", "hex"],
  ["fqdn", "domain-name"],
]);

function typeMeantBy(word: string, kinds: readonly OptionKind[]): string | undefined {
  const kind = TYPE_WORDS.get(word.toLowerCase());
  return kind !== undefined && kinds.includes(kind) ? kind : nearest(word, kinds);
}

function explainType(value: unknown, expected: string, kinds: readonly OptionKind[]): string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return pack(mismatch(expected, value));
  }
  const hint = `the types are: ${kinds.join(", ")}`;
  if (!("type" in value)) return pack(explain('"type" is missing', hint));
  const { type } = value;
  const meant = typeof type === "string" ? typeMeantBy(type, kinds) : undefined;
  const said = `unknown type ${typeof type === "string" ? quote(type) : describe(type)}`;
  return pack(explain(said, meant === undefined ? hint : didYouMean(meant)));
}

/** `{ …, type, value }`, where the type, one of `kinds`, tells what the value is. */
function unionOfTypes<Kind extends OptionKind, Shape extends z.ZodRawShape, Value>(
  expected: string,
  shape: Shape,
  kinds: readonly Kind[],
  schemaOf: (kind: Kind) => z.ZodType<Value>,
) {
  const schemas = kinds.map((kind) =>
    mapSchema(expected, {
      ...shape,
      type: z.literal(kind).meta({ description: "How the value is written and sent." }),
      value: schemaOf(kind).meta({ description: `The value: ${KIND_WORDS[kind]}.` }),
    })
  );
  return z.discriminatedUnion("type", [schemas[0]!, ...schemas.slice(1)], {
    error: ({ input }) => explainType(input, expected, kinds),
  });
}

const PART = "{ type: u16, value: 1 }";

/** Values one after the other. */
const recordSchema = listSchema(
  `a list of values like ${PART}`,
  unionOfTypes(`a value like ${PART}`, {}, PART_KINDS, partSchema).meta({ id: "part" }),
  1,
).transform((parts) => Uint8Array.from(parts.flatMap(({ value }) => [...value])));

const SUB_OPTION = "{ code: 1, type: ipv4, value: 10.0.0.1 }";

const subOptionList = listSchema(
  `a list of options like ${SUB_OPTION}`,
  unionOfTypes(
    SUB_OPTION,
    {
      code: integerSchema(1, 254).meta({ description: "The code within the option." }),
    },
    PART_KINDS,
    partSchema,
  ).meta({ id: "sub-option" }),
  1,
).transform((parts) => parts.map(({ code, value }): SubOption => ({ code, value })));

const subOptionsSchema = z.union([hexSchema, subOptionList], {
  error: ({ input }) =>
    pack(
      mismatch(`octets in hex, or a list of options like ${SUB_OPTION}`, input, putInQuotes(input)),
    ),
});

const enterprise = integerSchema(0, 0xffff_ffff).meta({
  description: "The number of the vendor at IANA: its private enterprise number.",
});

const VENDOR_CLASS = "a value like { enterprise: 9, type: text, value: x }";

const vendorClassesSchema = oneOrManySchema(
  VENDOR_CLASS,
  unionOfTypes(VENDOR_CLASS, { enterprise }, PART_KINDS, partSchema)
    .meta({ id: "vendor-class" })
    .transform(({ enterprise, value }): VendorClass => ({ enterprise, value })),
  1,
);

const VENDOR_OPTIONS = "a map of enterprise and options";

const vendorOptionsSchema = oneOrManySchema(
  VENDOR_OPTIONS,
  mapSchema(VENDOR_OPTIONS, {
    enterprise,
    options: subOptionList.meta({ description: "The options of this vendor." }),
  }).transform((vendor, context): VendorOptions => {
    const octets = encodeOptionValue("sub-options", vendor.options).length;
    if (octets <= PART_OCTETS_MAX) return vendor;
    context.issues.push({
      code: "custom",
      input: vendor,
      message: `the options of a vendor have ${octets} octets, and there is room for ` +
        `${PART_OCTETS_MAX}`,
    });
    return z.NEVER;
  }),
  1,
);

const SCHEMAS: { readonly [Kind in OptionKind]: z.ZodType<OptionValues[Kind]> } = {
  ...PLAIN_SCHEMAS,
  "record": recordSchema,
  "sub-options": subOptionsSchema,
  "vendor-classes": vendorClassesSchema,
  "vendor-options": vendorOptionsSchema,
};

/**
 * The schema of an option's value, read into its payload of 1 to OPTION_OCTETS_MAX octets; or of
 * `null`, which takes an inherited option away.
 */
export function optionPayloadSchema<Kind extends OptionKind>(kind: Kind) {
  const octets = SCHEMAS[kind].transform((value) => encodeOptionValue(kind, value));
  return limited(octets, "an option", OPTION_OCTETS_MAX).nullable();
}

/** Options by their codes: `{ code, type, value }`. `code` tells which codes there are. */
export function optionByCodeSchema(code: z.ZodType<number>) {
  const expected = "an option like { code: 150, type: ipv4-list, value: 192.168.1.2 }";
  return unionOfTypes(expected, { code }, CODE_KINDS, optionPayloadSchema)
    .meta({ id: "option-by-code" });
}
