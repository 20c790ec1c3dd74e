/** The schema of `lease-time`: how long leases last, and when they last less. */
import * as z from "zod";
import type { LeaseTime, LeaseTimers } from "./config.ts";
import { formatDuration } from "./duration.ts";
import { mismatch, pack } from "./explanation.ts";
import { percentSchema } from "./percent_schema.ts";
import { mapSchema } from "./schema_parts.ts";
import { durationForm, durationSchema } from "./value_schemas.ts";

/** RFC 2131 §4.4.5 wants T1 < T2 < lease in whole seconds; below this they would meet. */
export const LEASE_SECONDS_MIN = 4;
/** What a lease lasts where the file says nothing of it. */
export const LEASE_DEFAULT = "12h";
const LEASE_DEFAULT_SECONDS = 12 * 3600;

const leaseBounds = { min: LEASE_SECONDS_MIN, max: Infinity };
const leaseDuration = durationSchema(leaseBounds);
const leaseForm = durationForm(leaseBounds);

const WHEN_FULL = "a map like { above: 80%, max: 1h }";

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
  first: leaseDuration.optional().meta({
    description: "The most that a client gets which has no lease. Its renewals get the rest.",
  }),
  "when-full": mapSchema(WHEN_FULL, {
    above: percentSchema(1, 99).meta({
      description: "Which part of the pool is in use, that client included, or more.",
    }),
    max: leaseDuration.meta({ description: "The most that a client gets then." }),
  }).optional().meta({ description: "Shorter leases while a pool is nearly full." }),
  spread: percentSchema(0, 50).optional().meta({
    description: "How much earlier than that it may be told to, by chance. 0% when left out.",
  }),
}).transform((written, context): LeaseTime => {
  const refuse = (path: string[], message: string) =>
    context.issues.push({ code: "custom", path, input: written, message });
  const bounds = readBounds(written, refuse);
  const timers = readTimers(written, refuse);
  const { first, "when-full": whenFull } = written;
  const inShort = (seconds: number, path: string[], name: string) => {
    if (seconds < bounds.maxSeconds) return;
    const most = formatDuration(bounds.maxSeconds);
    refuse(path, `${name}, ${formatDuration(seconds)}, is not below the most, ${most}`);
  };
  if (first !== undefined) inShort(first, ["first"], "first");
  if (whenFull !== undefined) inShort(whenFull.max, ["when-full", "max"], "max of when-full");
  return {
    ...bounds,
    ...(timers !== undefined && { timers }),
    ...(first !== undefined && { firstSeconds: first }),
    ...(whenFull !== undefined && {
      whenFull: { above: whenFull.above, maxSeconds: whenFull.max },
    }),
  };
});

type Refuse = (path: string[], message: string) => void;

/** A bound that is not written is the default: no client gets a time that the file does not name. */
function readBounds(
  bounds: Partial<Record<"default" | "min" | "max", number | undefined>>,
  refuse: Refuse,
): Pick<LeaseTime, "defaultSeconds" | "minSeconds" | "maxSeconds"> {
  const { min, max } = bounds;
  const defaultSeconds = bounds.default ??
    Math.max(min ?? 0, Math.min(max ?? Infinity, LEASE_DEFAULT_SECONDS));
  const minSeconds = min ?? defaultSeconds;
  const maxSeconds = max ?? defaultSeconds;
  const refuseAs = (key: "min" | "max", seconds: number, than: string, limitSeconds: number) =>
    refuse(
      [key],
      `${key}, ${formatDuration(seconds)}, is ${than}, ${formatDuration(limitSeconds)}`,
    );
  if (min !== undefined && max !== undefined && min > max) refuseAs("min", min, "above max", max);
  else if (minSeconds > defaultSeconds) {
    refuseAs("min", minSeconds, "above default", defaultSeconds);
  } else if (maxSeconds < defaultSeconds) {
    refuseAs("max", maxSeconds, "below default", defaultSeconds);
  }
  return { defaultSeconds, minSeconds, maxSeconds };
}

function readTimers(
  { renew, rebind, spread }: Partial<Record<"renew" | "rebind" | "spread", number | undefined>>,
  refuse: Refuse,
): LeaseTimers | undefined {
  if (renew === undefined && rebind === undefined && spread === undefined) return undefined;
  const timers = { renewal: renew ?? 0.5, rebinding: rebind ?? 0.875, spread: spread ?? 0 };
  if (timers.renewal >= timers.rebinding) {
    if (renew === undefined) {
      refuse(["rebind"], "rebind is not after renew, which is 50% when left out");
    } else refuse(["renew"], `renew is not before rebind${rebind === undefined ? ", 87.5%" : ""}`);
  }
  return timers;
}

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
