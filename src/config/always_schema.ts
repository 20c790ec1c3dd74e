/** The schema of `always`: options that clients are sent though they did not ask for them. */
import * as z from "zod";
import { Option, optionByCode, optionByName } from "../wire/option_codes.ts";
import { explain, mismatch, pack } from "./explanation.ts";
import type { Explanation } from "./problem.ts";
import { explainOptionName, isOperators, OPERATOR_OPTIONS } from "./option_schema.ts";
import { oneOrManySchema } from "./schema_parts.ts";

const OPTION = "the name of an option like v4-captive-portal, or its code";

const NAMES = OPERATOR_OPTIONS.map(({ name }) => name);

/** What nobody may be sent who did not ask, with the RFC that says so. */
const ONLY_IF_ASKED: ReadonlyMap<number, string> = new Map([
  [Option.V6_ONLY_PREFERRED, "RFC 8925 §3.3"],
  [Option.AUTO_CONFIG, "RFC 2563 §2.3"],
]);

/** Why an option cannot be sent to everybody; `undefined` if it can. */
function explainRefusal(option: unknown): Explanation | undefined {
  if (typeof option !== "string" && !isCode(option)) return mismatch(OPTION, option);
  const code = typeof option === "string" ? optionByName(option)?.code : option;
  const definition = code === undefined ? undefined : optionByCode(code);
  if (code === undefined || !isOperators(definition)) {
    return explainOptionName(definition?.name ?? String(option), NAMES);
  }
  const source = ONLY_IF_ASKED.get(code);
  return source === undefined
    ? undefined
    : explain(`option ${definition!.name} is for clients that ask for it only (${source})`);
}

function isCode(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 254;
}

const error = ({ input }: { readonly input?: unknown }) =>
  pack(explainRefusal(input) ?? mismatch(OPTION, input));

const isAllowed = (option: unknown) => explainRefusal(option) === undefined;

const optionSchema = z.union([
  z.int({ error }).min(1, { error, abort: true }).max(254, { error, abort: true }).refine(
    isAllowed,
    { error },
  ),
  z.literal(NAMES).refine(isAllowed, { error }).transform((name) => optionByName(name)!.code),
], { error });

/** Codes of options. */
export const alwaysSchema = oneOrManySchema(OPTION, optionSchema);
