/** The keys that can stand in every scope: the whole file, shared network, subnet, pool … */
import { z } from "zod";
import { bootSchema } from "./boot_schema.ts";
import type { LeaseTime } from "./config.ts";
import { formatDuration } from "./duration.ts";
import { explain, mismatch, pack } from "./explanation.ts";
import { optionMeantBy, optionsSchema } from "./option_schema.ts";
import { percentSchema } from "./percent_schema.ts";
import { type ExplainKey, mapSchema, unknownKey } from "./schema_parts.ts";
import { durationForm, durationSchema } from "./value_schemas.ts";

/** RFC 2131 §4.4.5 wants T1 < T2 < lease in whole seconds; below this they would meet. */
export const LEASE_SECONDS_MIN = 4;
/** What a lease lasts where the file says nothing of it. */
export const LEASE_DEFAULT = "12h";
const LEASE_DEFAULT_SECONDS = 12 * 3600;

const leaseBounds = { min: LEASE_SECONDS_MIN, max: Infinity };
const leaseDuration = durationSchema(leaseBounds);
const leaseForm = durationForm(leaseBounds);

const leaseMap = mapSchema("default, min and max", {
  default: leaseDuration.optional().meta({
    description: `For clients that ask for no particular time. ${LEASE_DEFAULT} when left out, ` +
      "or the bound that is nearest to it.",
  }),
  min: leaseDuration.optional().meta({
    description: "The least that a client gets which asks for less. `default` when left out.",
  }),
  max: leaseDuration.optional().meta({
    description: "The most that a client gets which asks for more. `default` when left out.",
  }),
  renew: percentSchema(1, 99).optional().meta({
    description: "After which part of its lease a client renews it (T1). 50% when left out.",
  }),
  rebind: percentSchema(1, 99).optional().meta({
    description: "After which part it turns to any server (T2). 87.5% when left out.",
  }),
  spread: percentSchema(0, 50).optional().meta({
    description: "How much earlier than that it may be told to, by chance. 0% when left out.",
  }),
}).transform((bounds, context): LeaseTime => {
  // A bound that is not written is the default: no client gets a time that the file does not name.
  const defaultSeconds = bounds.default ??
    Math.max(bounds.min ?? 0, Math.min(bounds.max ?? Infinity, LEASE_DEFAULT_SECONDS));
  const minSeconds = bounds.min ?? defaultSeconds;
  const maxSeconds = bounds.max ?? defaultSeconds;
  const refuse = (key: "min" | "max", seconds: number, than: string, limitSeconds: number) => {
    context.issues.push({
      code: "custom",
      path: [key],
      input: bounds,
      message: `${key}, ${formatDuration(seconds)}, is ${than}, ${formatDuration(limitSeconds)}`,
    });
  };
  const { min, max } = bounds;
  if (min !== undefined && max !== undefined && min > max) refuse("min", min, "above max", max);
  else if (minSeconds > defaultSeconds) refuse("min", minSeconds, "above default", defaultSeconds);
  else if (maxSeconds < defaultSeconds) refuse("max", maxSeconds, "below default", defaultSeconds);
  const { renew, rebind, spread } = bounds;
  if (renew === undefined && rebind === undefined && spread === undefined) {
    return { defaultSeconds, minSeconds, maxSeconds };
  }
  const timers = { renewal: renew ?? 0.5, rebinding: rebind ?? 0.875, spread: spread ?? 0 };
  if (timers.renewal >= timers.rebinding) {
    const [key, message] = renew === undefined
      ? ["rebind", "rebind is not after renew, which is 50% when left out"]
      : ["renew", `renew is not before rebind${rebind === undefined ? ", 87.5%" : ""}`];
    context.issues.push({ code: "custom", path: [key], input: bounds, message });
  }
  return { defaultSeconds, minSeconds, maxSeconds, timers };
});

/** One duration, or default, min and max. */
export const leaseTimeSchema = z.union([
  leaseDuration.transform((seconds): LeaseTime => ({
    defaultSeconds: seconds,
    minSeconds: seconds,
    maxSeconds: seconds,
  })),
  leaseMap,
], {
  error: ({ input }) =>
    pack(mismatch(
      `${leaseForm.expected}, or a map of default, min and max`,
      input,
      leaseForm.hintFor?.(input),
    )),
});

/** What a scope within the file may set; it takes the place of what the scopes around it say. */
export const scopeShape = {
  "lease-time": leaseTimeSchema.optional().meta({
    description: "How long a lease lasts here.",
  }),
  "options": optionsSchema.optional().meta({
    description: "Options for clients here; `null` takes one away that is set further out.",
  }),
  "boot": bootSchema.optional().meta({
    description: "What machines that boot from the network are told; each of its keys takes the " +
      "place of the one further out. `off` takes all of them away.",
  }),
};

/** `routers` beside `options` and not under it is a common slip. */
export const unknownKeyOrOption: ExplainKey = (key, knownKeys) => {
  const option = optionMeantBy(key);
  const isMisspelt = knownKeys.includes(key.replaceAll("-", "")); // a reservation's `host-name`
  if (option === undefined || isMisspelt) return unknownKey(key, knownKeys);
  return explain(unknownKey(key, knownKeys).message, `put "${option}" under "options"`);
};

/** The settings of a scope, whatever else stands beside them. */
export const scopeSchema = z.object(scopeShape);

/** The settings of a scope, as they stand in the file. */
export type ParsedScope = z.output<typeof scopeSchema>;
