/** The schema of `match`: what the clients of a class have in common. */
import * as z from "zod";
import { BOOT_KINDS, type BootKind, codesOfArchitecture } from "../wire/boot_clients.ts";
import {
  firstOctetGlob,
  type Glob,
  globOctets,
  literalGlob,
  networkGlob,
  openEnded,
  parseHexGlob,
  smallGlob,
} from "../wire/glob.ts";
import { Option, optionByCode, OPTIONS } from "../wire/option_codes.ts";
import { encodeOptionValue, type OptionKind } from "../wire/option_values.ts";
import type { Cidr } from "../wire/ipv4.ts";
import { RELAY_SUB_OPTIONS, RelaySubOption } from "../wire/relay_agent.ts";
import type { ClassField } from "./client_class.ts";
import { didYouMean, explain, mismatch, nearest, pack, quote } from "./explanation.ts";
import {
  type HoldingKind,
  KIND_WORDS,
  PLAIN_SCHEMAS,
  type PlainKind,
} from "./option_value_schemas.ts";
import {
  booleanSchema,
  type ExplainKey,
  integerSchema,
  listSchema,
  mapSchema,
  oneOrManySchema,
  putInQuotes,
  textSchema,
  unknownKeyOfScope,
} from "./schema_parts.ts";
import {
  hexPatternsSchema,
  identifiersSchema,
  patternsSchema,
  textGlobSchema,
} from "./pattern_schemas.ts";
import { networkOrAddressSchema } from "./value_schemas.ts";
import { SYNONYMS } from "./synonyms.ts";

const MAC = 'a MAC address or its beginning like b8:27:eb or "b8:27:eb:*"';
const MAC_OCTETS = 6;

const macSchema = textSchema<Glob>({
  expected: MAC,
  read(text) {
    const glob = parseHexGlob(text);
    const octets = glob === undefined ? 0 : globOctets(glob);
    if (glob === undefined || octets > MAC_OCTETS) return undefined;
    return glob.length === 1 && octets < MAC_OCTETS ? openEnded(glob) : glob;
  },
  hintFor(value) {
    const [digits] = typeof value === "string" ? /^[0-9a-f]+/i.exec(value) ?? [] : [];
    if (digits === undefined || digits.length < 4 || digits.length % 2 > 0) {
      return putInQuotes(value);
    }
    return `write ${digits.match(/../g)!.join(":")}`;
  },
  pattern: "^[0-9A-Fa-f?*:-]+$",
});

/** Kinds of machines that option 93 tells. */
const MACHINES = BOOT_KINDS.filter((kind) => codesOfArchitecture(kind).length > 0);

const architectureSchema = z.union([
  integerSchema(0, 0xffff).transform((code) => [code]),
  z.literal(MACHINES).transform((kind: BootKind) => codesOfArchitecture(kind)),
], {
  error: ({ input }) => {
    const meant = typeof input === "string" ? nearest(input, MACHINES) : undefined;
    const hint = meant === undefined ? `the names are: ${MACHINES.join(", ")}` : didYouMean(meant);
    return pack(mismatch("an architecture like uefi-x64 or 7", input, hint));
  },
});

/** An option that is compared. */
interface OptionCondition {
  readonly code: number;
  readonly isText: boolean;
  readonly globs: readonly Glob[];
}

const TEXT_KINDS: ReadonlySet<OptionKind> = new Set(["text", "uri"]);
const HEX_KINDS: ReadonlySet<OptionKind> = new Set<HoldingKind | "hex">([
  "hex",
  "record",
  "sub-options",
  "vendor-classes",
  "vendor-options",
]);

/** What an option of a kind is compared with: text, octets, or a value as it is set. */
function comparedSchema(kind: OptionKind): z.ZodType<readonly Glob[]> {
  if (TEXT_KINDS.has(kind)) return patternsSchema;
  if (HEX_KINDS.has(kind)) return hexPatternsSchema;
  return valueSchema(kind as PlainKind);
}

function valueSchema<Kind extends PlainKind>(kind: Kind): z.ZodType<readonly Glob[]> {
  return PLAIN_SCHEMAS[kind].transform((value) => [literalGlob(encodeOptionValue(kind, value))]);
}

const namedSchemas = Object.fromEntries(
  OPTIONS.filter(({ code }) => code !== Option.RELAY_AGENT_INFORMATION).map((
    { name, code, kind, source },
  ) => [
    name,
    comparedSchema(kind).optional().meta({
      title: `${name} (${code})`,
      description: `Option ${code}, ${source}: ${KIND_WORDS[kind]}.`,
    }),
  ]),
);

const explainOption: ExplainKey = (name, knownNames) => {
  const meant = nearest(name, knownNames);
  const hint = meant === undefined
    ? "options without a name here go under other: [{ code, value }]"
    : didYouMean(meant);
  return explain(`unknown option ${quote(name)}`, hint);
};

const otherSchema = listSchema(
  'a list of options like { code: 224, value: "lobby*" }',
  mapSchema('an option like { code: 224, value: "lobby*" }', {
    code: integerSchema(1, 254).meta({ description: "The option's code." }),
    value: patternsSchema.meta({ description: "What it is compared with." }),
  }),
).optional().meta({ description: "Options by code." });

const comparedOptionsSchema = mapSchema(
  'a map of options like { host-name: "printer*" }',
  { ...namedSchemas, other: otherSchema },
  explainOption,
).transform((values): OptionCondition[] => {
  const byName = new Map<string, unknown>(Object.entries(values));
  const named = OPTIONS.flatMap(({ name, code, kind }): OptionCondition[] => {
    const globs = byName.get(name) as readonly Glob[] | undefined;
    return globs === undefined ? [] : [{ code, isText: TEXT_KINDS.has(kind), globs }];
  });
  const other = (values.other ?? []).map(({ code, value }) => ({
    code,
    isText: true,
    globs: value,
  }));
  return [...named, ...other];
}).meta({ id: "compared-options" });

/** A sub-option of option 82 that is compared. */
interface SubOptionCondition {
  readonly code: number;
  readonly globs: readonly Glob[];
}

const namedSubOptions = Object.fromEntries(
  RELAY_SUB_OPTIONS.map(({ code, name, source }) => [
    name,
    identifiersSchema.optional().meta({
      title: `${name} (${code})`,
      description: `Sub-option ${code}, ${source}.`,
    }),
  ]),
);

const comparedSubOptionsSchema = mapSchema(
  'a map of sub-options like { subscriber-id: "acme-*" }',
  {
    ...namedSubOptions,
    other: listSchema(
      'a list of sub-options like { code: 200, value: "x*" }',
      mapSchema('a sub-option like { code: 200, value: "x*" }', {
        code: integerSchema(1, 254).meta({ description: "The sub-option's code." }),
        value: identifiersSchema.meta({ description: "What it is compared with." }),
      }),
    ).optional().meta({ description: "Sub-options by code." }),
  },
).transform((values): SubOptionCondition[] => {
  const byName = new Map<string, unknown>(Object.entries(values));
  const named = RELAY_SUB_OPTIONS.flatMap(({ name, code }) => {
    const globs = byName.get(name) as readonly Glob[] | undefined;
    return globs === undefined ? [] : [{ code, globs }];
  });
  return [...named, ...(values.other ?? []).map(({ code, value }) => ({ code, globs: value }))];
});

/** What `match` says; all of it has to be true. */
export interface ParsedMatch {
  readonly "vendor-class"?: readonly Glob[] | undefined;
  readonly "user-class"?: readonly Glob[] | undefined;
  readonly "architecture"?: readonly (readonly number[])[] | undefined;
  readonly "mac"?: readonly Glob[] | undefined;
  readonly "random-mac"?: boolean | undefined;
  readonly "circuit-id"?: readonly Glob[] | undefined;
  readonly "remote-id"?: readonly Glob[] | undefined;
  readonly "relay"?: readonly Cidr[] | undefined;
  readonly "interface"?: readonly Glob[] | undefined;
  readonly "option-82"?: readonly SubOptionCondition[] | undefined;
  readonly "duid"?: readonly Glob[] | undefined;
  readonly "htype"?: readonly number[] | undefined;
  readonly "ignore-case"?: boolean | undefined;
  readonly "reserved"?: boolean | undefined;
  readonly "options"?: readonly OptionCondition[] | undefined;
  readonly "any"?: readonly ParsedMatch[] | undefined;
  readonly "all"?: readonly ParsedMatch[] | undefined;
  readonly "not"?: ParsedMatch | undefined;
}

/** Options by the names that they have elsewhere in this file. */
const OPTION_NAMES: ReadonlyMap<string, string> = new Map([
  ...OPTIONS.map(({ name }) => [name, name] as const),
  ["client-id", optionByCode(Option.CLIENT_IDENTIFIER)!.name],
]);

const explainKey: ExplainKey = (key, knownKeys) => {
  const option = SYNONYMS.get(key)?.some(({ place }) => place === "match")
    ? undefined
    : OPTION_NAMES.get(key);
  if (option === undefined) return unknownKeyOfScope(key, knownKeys);
  return explain(`unknown key ${quote(key)}`, `write options: { ${option}: … }`);
};

const MATCH = 'a map like { vendor-class: "Cisco*" }';

/** What the clients of a class have in common. */
export const matchSchema: z.ZodType<ParsedMatch> = z.lazy(() => matchMap).meta({ id: "match" });

const matchMap = mapSchema(MATCH, {
  "vendor-class": patternsSchema.optional().meta({
    description: "Option 60: text in which `*` stands for any text, `?` for one character.",
  }),
  "user-class": patternsSchema.optional().meta({
    description: "A class of option 77 (RFC 3004), or all of the option as text.",
  }),
  "architecture": oneOrManySchema("an architecture like uefi-x64 or 7", architectureSchema, 1)
    .optional().meta({ description: "Option 93: what machines that boot say they are." }),
  "mac": oneOrManySchema(MAC, macSchema, 1, putInQuotes).optional().meta({
    description: "The Ethernet address, its first octets, or a pattern.",
  }),
  "random-mac": booleanSchema().optional().meta({
    description: "Whether the Ethernet address is made up (locally administered), as those of " +
      "telephones and of virtual machines are.",
  }),
  "circuit-id": identifiersSchema.optional().meta({
    description: "The port that the client is on: sub-option 1 of option 82.",
  }),
  "remote-id": identifiersSchema.optional().meta({
    description: "Sub-option 2 of option 82.",
  }),
  "relay": oneOrManySchema("an address like 10.0.0.1 or 10.9.0.0/24", networkOrAddressSchema, 1)
    .optional().meta({ description: "The relay agent, by the address it names as its (giaddr)." }),
  "interface": oneOrManySchema("the name of an interface like eth0", textGlobSchema, 1).optional()
    .meta({ description: "The interface that the client was heard on." }),
  "option-82": comparedSubOptionsSchema.optional().meta({
    description: "Any sub-options of option 82, by name, or by code under `other`.",
  }),
  "duid": hexPatternsSchema.optional().meta({
    description:
      "The DUID in the client identifier (RFC 4361), in hex: 00:01 begins one of type 1.",
  }),
  "htype": oneOrManySchema("a number like 1 or 6", integerSchema(0, 255), 1).optional().meta({
    description: "The type of the hardware address by IANA's number: 1 is Ethernet, 6 IEEE 802, " +
      "32 InfiniBand.",
  }),
  "ignore-case": booleanSchema().optional().meta({
    description: "Whether text is compared as if all letters of ASCII were small.",
  }),
  "reserved": booleanSchema().optional().meta({
    description: "Whether the client has a reservation on the subnet that it is on, or on " +
      "another one of its wire.",
  }),
  "options": comparedOptionsSchema.optional().meta({
    description: "Any options, as the client sends them.",
  }),
  "any": listSchema(`a list of maps, each ${MATCH}`, matchSchema, 1).optional().meta({
    description: "One of these has to be true.",
  }),
  "all": listSchema(`a list of maps, each ${MATCH}`, matchSchema, 1).optional().meta({
    description: "All of these have to be true.",
  }),
  "not": matchSchema.optional().meta({ description: "This must not be true." }),
}, explainKey).refine((match) => Object.keys(match).some((key) => key !== "ignore-case"), {
  error: () => pack(explain("this says nothing, and every client would match", `write ${MATCH}`)),
  // Next to an unknown key, which may be a misspelt one, it says something.
  when: ({ issues }) => issues.length === 0,
});

/** A value of a field has to fit one of the patterns; or none, with `isNot`. */
export interface FieldCondition {
  readonly field: ClassField;
  readonly globs: readonly Glob[];
  readonly isNot?: boolean;
}

const RESERVED = literalGlob(Uint8Array.of(1));
const LOCAL_UNICAST = firstOctetGlob(0b10, 0b11);

/** The conditions of a match itself; not those within its `any`, `all` and `not`. */
export function fieldConditions(match: ParsedMatch): readonly FieldCondition[] {
  const conditions: FieldCondition[] = [];
  const add = (field: ClassField, globs: readonly Glob[] | undefined, isNot = false) => {
    if (globs !== undefined) conditions.push({ field, globs, isNot });
  };
  const ignoresCase = match["ignore-case"] === true;
  const addText = (field: ClassField, globs: readonly Glob[] | undefined) =>
    ignoresCase ? add({ ...field, ignoresCase }, globs?.map(smallGlob)) : add(field, globs);
  add({ kind: "mac" }, match.mac);
  addText({ kind: "text-option", code: Option.VENDOR_CLASS }, match["vendor-class"]);
  addText({ kind: "user-class" }, match["user-class"]);
  add({ kind: "architecture" }, match.architecture?.flat().map(architectureGlob));
  addText({ kind: "relay-information", code: RelaySubOption.CIRCUIT_ID }, match["circuit-id"]);
  addText({ kind: "relay-information", code: RelaySubOption.REMOTE_ID }, match["remote-id"]);
  const { relay, options, reserved, "random-mac": randomMac } = match;
  add(
    { kind: "relay" },
    relay?.map(({ network, prefixLength }) => networkGlob(network, prefixLength)),
  );
  add({ kind: "interface" }, match.interface);
  for (const { code, isText, globs } of options ?? []) {
    if (isText) addText({ kind: "text-option", code }, globs);
    else add({ kind: "option", code }, globs);
  }
  if (randomMac !== undefined) add({ kind: "mac" }, [LOCAL_UNICAST], !randomMac);
  for (const { code, globs } of match["option-82"] ?? []) {
    addText({ kind: "relay-information", code }, globs);
  }
  add({ kind: "duid" }, match.duid);
  add({ kind: "htype" }, match.htype?.map((type) => literalGlob(Uint8Array.of(type))));
  if (reserved !== undefined) add({ kind: "reserved" }, [RESERVED], !reserved);
  return conditions;
}

/** A number of option 93 as it is sent. */
function architectureGlob(code: number): Glob {
  return literalGlob(Uint8Array.of(code >>> 8, code & 0xff));
}
