/**
 * The schema of `options`: a key for every option of the table that an operator may set, and
 * `other` for any further code. Values leave it as the octets that go on the wire.
 */
import { z } from "zod";
import {
  Option,
  optionByCode,
  optionByName,
  type OptionDefinition,
  OPTIONS,
} from "../wire/option_codes.ts";
import {
  encodeOptionValue,
  OPTION_KINDS,
  type OptionKind,
  type OptionValues,
} from "../wire/option_values.ts";
import { describe, didYouMean, explain, nearest, pack, quote } from "./explanation.ts";
import type { Explanation, Path } from "./problem.ts";
import {
  booleanSchema,
  type ExplainKey,
  integerSchema,
  listSchema,
  mapSchema,
  oneOrManySchema,
} from "./schema_parts.ts";
import {
  durationSchema,
  hexSchema,
  ipv4ItemSchema,
  ipv4PairSchema,
  ipv4Schema,
  plainTextSchema,
} from "./value_schemas.ts";

/**
 * The largest payload of one option. More than 255 octets go out in parts (RFC 3396), but a reply
 * has to fit into one frame of Ethernet next to everything else.
 */
export const OPTION_OCTETS_MAX = 1024;

/** One option of the file: its code, its payload, and where in `options` it stands. */
export interface ParsedOption {
  readonly code: number;
  readonly payload: Uint8Array;
  readonly path: Path;
}

/** How editors and messages call the values of each kind. */
const KIND_WORDS: { readonly [Kind in OptionKind]: string } = {
  "ipv4": "an IPv4 address",
  "ipv4-list": "IPv4 addresses",
  "ipv4-pair-list": "pairs of IPv4 addresses",
  "u8": "a number from 0 to 255",
  "u8-list": "numbers from 0 to 255",
  "u16": "a number from 0 to 65535",
  "u16-list": "numbers from 0 to 65535",
  "u32": "a number from 0 to 4294967295",
  "i32": "a number from -2147483648 to 2147483647",
  "bool": "true or false",
  "text": "text",
  "hex": "octets in hex",
  "duration": "a duration",
};

const u8 = integerSchema(0, 0xff);
const u16 = integerSchema(0, 0xffff);

const VALUE_SCHEMAS: { readonly [Kind in OptionKind]: z.ZodType<OptionValues[Kind]> } = {
  "ipv4": ipv4Schema,
  "ipv4-list": oneOrManySchema("an IPv4 address like 192.168.1.1", ipv4ItemSchema, 1),
  "ipv4-pair-list": oneOrManySchema(
    'two IPv4 addresses like "10.1.0.0 192.168.1.9"',
    ipv4PairSchema,
    1,
  ),
  "u8": u8,
  "u8-list": oneOrManySchema("a whole number from 0 to 255", u8, 1),
  "u16": u16,
  "u16-list": oneOrManySchema("a whole number from 0 to 65535", u16, 1),
  "u32": integerSchema(0, 0xffff_ffff),
  "i32": integerSchema(-0x8000_0000, 0x7fff_ffff),
  "bool": booleanSchema(),
  "text": plainTextSchema("text"),
  "hex": hexSchema,
  "duration": durationSchema({ min: 0, max: Infinity }),
};

/** The schema of an option's value, read into its payload of 1 to OPTION_OCTETS_MAX octets. */
function payloadSchema<Kind extends OptionKind>(kind: Kind) {
  return VALUE_SCHEMAS[kind].transform((value, context): Uint8Array => {
    const payload = encodeOptionValue(kind, value);
    if (payload.length <= OPTION_OCTETS_MAX) return payload;
    const message = `the value has ${payload.length} octets, ` +
      `and an option has room for ${OPTION_OCTETS_MAX}`;
    context.issues.push({ code: "custom", message, input: value });
    return z.NEVER;
  });
}

/** Who makes the options that are no operator's to set. */
function explainOwner({ name, code }: OptionDefinition): Explanation {
  const said = `option ${name} (${code}) cannot be set`;
  switch (code) {
    case Option.LEASE_TIME:
    case Option.RENEWAL_TIME:
    case Option.REBINDING_TIME:
      return explain(`${said}: the server makes it from lease-time`, 'use "lease-time"');
    case Option.REQUESTED_ADDRESS:
    case Option.PARAMETER_REQUEST_LIST:
    case Option.MAX_MESSAGE_SIZE:
    case Option.CLIENT_IDENTIFIER:
      return explain(`${said}: clients send it`);
    case Option.RELAY_AGENT_INFORMATION:
      return explain(`${said}: relay agents send it`);
    default:
      return explain(`${said}: the server makes it`);
  }
}

const codeSchema = integerSchema(1, 254)
  .refine((code) => optionByCode(code)?.owner !== "protocol", {
    error: ({ input }) => pack(explainOwner(optionByCode(input as number)!)),
  })
  .meta({ description: "The option's code." });

/** Options by code, for those that have no name here. */
const otherSchemas = OPTION_KINDS.map((kind) =>
  mapSchema("an option like { code: 150, type: ipv4-list, value: 192.168.1.2 }", {
    code: codeSchema,
    type: z.literal(kind).meta({ description: "How the value is written and sent." }),
    value: payloadSchema(kind).meta({ description: `The value: ${KIND_WORDS[kind]}.` }),
  })
);

function explainType(option: unknown): string {
  if (typeof option !== "object" || option === null || Array.isArray(option)) {
    return pack(explain(
      "expected an option like { code: 150, type: ipv4-list, value: 192.168.1.2 }, " +
        `got ${describe(option)}`,
    ));
  }
  const hint = `the types are: ${OPTION_KINDS.join(", ")}`;
  if (!("type" in option)) return pack(explain('"type" is missing', hint));
  const { type } = option;
  const meant = typeof type === "string" ? nearest(type, OPTION_KINDS) : undefined;
  const said = `unknown type ${typeof type === "string" ? quote(type) : describe(type)}`;
  return pack(explain(said, meant === undefined ? hint : didYouMean(meant)));
}

const otherSchema = listSchema(
  "a list of options like { code: 150, type: ipv4-list, value: 192.168.1.2 }",
  z.discriminatedUnion("type", [otherSchemas[0]!, ...otherSchemas.slice(1)], {
    error: ({ input }) => explainType(input),
  }),
).optional().meta({
  description: "Options that have no name here: code, type of the value, value.",
});

const OPERATOR_OPTIONS = OPTIONS.filter((option) => option.owner === "operator");

const namedSchemas = Object.fromEntries(
  OPERATOR_OPTIONS.map(({ name, code, kind, source }) => [
    name,
    payloadSchema(kind).optional().meta({
      title: `${name} (${code})`,
      description: `Option ${code}, ${source}: ${KIND_WORDS[kind]}.`,
    }),
  ]),
);

/** What people call some options who do not know the registry's name. */
const FOLK_NAMES: ReadonlyMap<string, string> = new Map([
  ["gateway", "routers"],
  ["default-gateway", "routers"],
  ["dns", "domain-name-servers"],
  ["dns-servers", "domain-name-servers"],
  ["nameservers", "domain-name-servers"],
  ["netmask", "subnet-mask"],
  ["mtu", "interface-mtu"],
  ["ntp", "ntp-servers"],
  ["domain", "domain-name"],
  ["hostname", "host-name"],
  ["tftp-server", "tftp-server-name"],
  ["filename", "boot-file-name"],
  ["bootfile-name", "boot-file-name"],
]);

const explainOptionName: ExplainKey = (name, knownNames) => {
  const definition = optionByName(name);
  if (definition?.owner === "protocol") return explainOwner(definition);
  const said = `unknown option ${quote(name)}`;
  const meant = FOLK_NAMES.get(name) ?? nearest(name, knownNames);
  if (meant !== undefined) return explain(said, didYouMean(meant));
  return explain(said, "options without a name here go under other: [{ code, type, value }]");
};

/** The option that a key was probably meant to set where options do not belong. */
export function optionMeantBy(key: string): string | undefined {
  return optionByName(key)?.owner === "operator" ? key : FOLK_NAMES.get(key);
}

/** `options`, in the order of the table, `other` last. */
export const optionsSchema = mapSchema(
  "a map of options like { routers: 192.168.1.1 }",
  { ...namedSchemas, other: otherSchema },
  explainOptionName,
).transform((values): ParsedOption[] => {
  const options: ParsedOption[] = [];
  const byName = new Map<string, unknown>(Object.entries(values));
  for (const { name, code } of OPERATOR_OPTIONS) {
    const payload = byName.get(name);
    if (payload instanceof Uint8Array) options.push({ code, payload, path: [name] });
  }
  values.other?.forEach(({ code, value }, i) => {
    options.push({ code, payload: value, path: ["other", i] });
  });
  return options;
}).meta({ id: "options" });
