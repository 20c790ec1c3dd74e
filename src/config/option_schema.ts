/**
 * The schema of `options`: a key for every option of the table that an operator may set, and
 * `other` for any further code. Values leave it as the octets that go on the wire.
 */
import {
  Option,
  optionByCode,
  optionByName,
  type OptionDefinition,
  type OptionLimits,
  OPTIONS,
} from "../wire/option_codes.ts";
import { didYouMean, explain, pack, quote } from "./explanation.ts";
import { optionByCodeSchema, optionPayloadSchema } from "./option_parts_schema.ts";
import { KIND_WORDS } from "./option_value_schemas.ts";
import type { Explanation, Path } from "./problem.ts";
import { type ExplainKey, integerSchema, listSchema, mapSchema } from "./schema_parts.ts";
import { hintForKey } from "./synonyms.ts";

/** One option of the file: its code, its payload, and where in `options` it stands. */
export interface ParsedOption {
  readonly code: number;
  /** `null` takes the option away that an outer scope sets. */
  readonly payload: Uint8Array | null;
  readonly path: Path;
}

/** Who makes the options that are no operator's to set. */
function explainOwner({ name, code, owner }: OptionDefinition): Explanation {
  const said = `option ${name} (${code}) cannot be set`;
  const key = LEASE_TIME_KEYS.get(code);
  if (key === undefined) return explain(`${said}: ${OWNER_WORDS[owner]}`);
  return explain(`${said}: the server makes it from lease-time`, `use ${key}`);
}

/** Where the times of a lease are set. */
const LEASE_TIME_KEYS: ReadonlyMap<number, string> = new Map([
  [Option.LEASE_TIME, '"lease-time"'],
  [Option.RENEWAL_TIME, '"renew" of lease-time'],
  [Option.REBINDING_TIME, '"rebind" of lease-time'],
]);

const OWNER_WORDS: { readonly [Owner in OptionDefinition["owner"]]: string } = {
  operator: "it is set by its name",
  server: "the server makes it",
  client: "clients send it",
  relay: "relay agents send it",
};

/** Whether an operator may set an option; one without a line in the table may be set by its code. */
export function isOperators(definition: OptionDefinition | undefined): boolean {
  return definition === undefined || definition.owner === "operator";
}

const codeSchema = integerSchema(1, 254)
  .refine((code) => isOperators(optionByCode(code)), {
    error: ({ input }) => pack(explainOwner(optionByCode(input as number)!)),
  })
  .meta({ description: "The option's code." });

const otherSchema = listSchema(
  "a list of options like { code: 150, type: ipv4-list, value: 192.168.1.2 }",
  optionByCodeSchema(codeSchema),
).optional().meta({
  description: "Options that have no name here: code, type of the value, value.",
});

/** What an operator may set. */
export const OPERATOR_OPTIONS = OPTIONS.filter((option) => option.owner === "operator");

/** What editors say of the limits; option_checks.ts holds a file to them. */
function limitWords({ min, oneOf }: OptionLimits): string {
  if (oneOf !== undefined) return `, one of ${oneOf.join(", ")}`;
  return min === undefined ? "" : `, at least ${min}`;
}

const namedSchemas = Object.fromEntries(
  OPERATOR_OPTIONS.map(({ name, code, kind, source, limits = {} }) => [
    name,
    optionPayloadSchema(kind).optional().meta({
      title: `${name} (${code})`,
      description: `Option ${code}, ${source}: ${KIND_WORDS[kind]}${limitWords(limits)}.`,
    }),
  ]),
);

/** What is wrong with the name of an option that is none, or no operator's to set. */
export const explainOptionName: ExplainKey = (name, knownNames) => {
  const definition = optionByName(name) ?? optionByName(`dhcp-${name}`);
  if (definition !== undefined && !isOperators(definition)) return explainOwner(definition);
  const said = `unknown option ${quote(name)}`;
  const numbered = /^\d{1,3}$/.test(name) ? optionByCode(Number(name)) : undefined;
  if (numbered !== undefined && !isOperators(numbered)) return explainOwner(numbered);
  const hint = numbered === undefined ? hintForKey(name, knownNames) : didYouMean(numbered.name);
  return explain(
    said,
    hint ?? "options without a name here go under other: [{ code, type, value }]",
  );
};

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
    if (payload instanceof Uint8Array || payload === null) {
      options.push({ code, payload, path: [name] });
    }
  }
  values.other?.forEach(({ code, value }, i) => {
    options.push({ code, payload: value, path: ["other", i] });
  });
  return options;
}).meta({ id: "options" });
