/** The schema of `rate-limits`. */
import * as z from "zod";
import { mismatch, pack } from "./explanation.ts";
import { percentSchema } from "./percent_schema.ts";
import type { Rate, RateLimits } from "./rate_limits.ts";
import { mapSchema, Refusal, textSchema } from "./schema_parts.ts";

const UNIT_MS = new Map([["s", 1_000], ["m", 60_000], ["h", 3_600_000], ["d", 86_400_000]]);

const RATE = /^(\d{1,7})\/([smhd])(?:\s+burst\s+(\d{1,7}))?$/;

const EXPECTED = 'a rate like 10/s or "10/s burst 100", or off';

function hintFor(value: unknown): string | undefined {
  if (typeof value === "number") return `write ${value}/s, ${value}/m, ${value}/h or ${value}/d`;
  if (typeof value !== "string") return undefined;
  const [, count, unit] = /^(\d+)\s*\/\s*([smhd])\w*$/.exec(value) ?? [];
  return count === undefined ? undefined : `write ${count}/${unit}`;
}

/** `10/s`, and how many may come at once: as many, unless `burst` says more. */
const rateSchema = z.union([
  textSchema<Rate>({
    expected: EXPECTED,
    read(text) {
      const [, countText, unit, burstText] = RATE.exec(text) ?? [];
      if (countText === undefined || unit === undefined) return undefined;
      const count = Number(countText);
      const burst = Number(burstText ?? count);
      if (count === 0 || burst === 0) return new Refusal(`${text} lets nobody through`);
      return { intervalMs: UNIT_MS.get(unit)! / count, burst };
    },
    hintFor,
    pattern: RATE.source,
    examples: ["10/s", "10/s burst 100"],
  }),
  z.literal(["off", false]).transform(() => undefined),
], { error: ({ input }) => pack(mismatch(EXPECTED, input, hintFor(input))) });

/**
 * The defaults are beyond what a whole building does that is switched on at once: 5,000 new
 * clients within a minute, through one relay agent or one port.
 */
const limitsSchema = mapSchema("a map of limits like { client: 10/s }, or off", {
  "client": rateSchema.prefault("10/s burst 100").meta({
    description: "Answers to one hardware address, on one wire or by one relay agent.",
  }),
  "declines": rateSchema.prefault("1/h burst 5").meta({
    description: "Addresses that one hardware address may put into quarantine (DECLINE).",
  }),
  "new-leases": rateSchema.prefault("2000/s burst 20000").meta({
    description: "Leases in all to clients that have neither the lease nor a reservation. Unless " +
      "it is off, an eighth of a pool may go to new clients at once, and all of it in a minute; " +
      "those who come faster get short leases, or have to ask again.",
  }),
  "new-leases-per-relay": rateSchema.prefault("500/s burst 5000").meta({
    description: "The same of one relay agent, or one interface.",
  }),
  "new-leases-per-circuit": rateSchema.prefault("100/s burst 1000").meta({
    description: "The same of one port, as circuit-id and remote-id of option 82 tell them apart.",
  }),
  "new-leases-from": percentSchema(0, 100).prefault("50%").meta({
    description: "How much of a pool has to be used before new leases are limited.",
  }),
}).transform((limits): RateLimits => ({
  client: limits.client,
  declines: limits.declines,
  newLeases: limits["new-leases"],
  newLeasesPerRelay: limits["new-leases-per-relay"],
  newLeasesPerCircuit: limits["new-leases-per-circuit"],
  newLeasesFrom: limits["new-leases-from"],
}));

export const rateLimitsSchema = z.union([
  limitsSchema,
  z.literal(["off", false]).transform(() => undefined),
], {
  error: ({ input }) => pack(mismatch("a map of limits like { client: 10/s }, or off", input)),
});
