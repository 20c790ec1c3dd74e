/** The keys that can stand in every scope: the whole file, shared network, subnet, pool … */
import * as z from "zod";
import { alwaysSchema } from "./always_schema.ts";
import { bootSchema } from "./boot_schema.ts";
import { mismatch, pack } from "./explanation.ts";
import { leaseTimeSchema } from "./lease_time_schema.ts";
import { optionsSchema } from "./option_schema.ts";
import { booleanSchema, integerSchema } from "./schema_parts.ts";
import { shortTimeSchema } from "./short_time_schema.ts";
import { durationSchema } from "./value_schemas.ts";

/** Clients take the offers that come within some seconds of each other. */
const OFFER_DELAY_MS_MAX = 10_000;
/** Who has asked for an hour is to be answered by somebody. */
const MIN_SECS_MAX = 3600;

/** More leases than there are addresses. */
export const LIMIT_MAX = 0xffff_ffff;

const PORT_LIMIT = `a whole number from 1 to ${LIMIT_MAX}, or off`;

const portLimitSchema = z.union([
  integerSchema(1, LIMIT_MAX),
  z.literal(["off", false]).transform(() => Infinity),
], { error: ({ input }) => pack(mismatch(PORT_LIMIT, input)) });

/** What a scope within the file may set; it takes the place of what the scopes around it say. */
export const scopeShape = {
  "lease-time": leaseTimeSchema.optional().meta({
    description: "How long a lease lasts here.",
  }),
  "port-limit": portLimitSchema.optional().meta({
    description: "How many leases there may be at once at one port: with the same circuit-id and " +
      "remote-id (option 82). `off` for any number.",
  }),
  "options": optionsSchema.optional().meta({
    description: "Options for clients here; `null` takes one away that is set further out.",
  }),
  "always": alwaysSchema.optional().meta({
    description: "Options that clients are sent though they did not ask for them, by name or " +
      "code; besides those that scopes further out name.",
  }),
  "always-broadcast": booleanSchema().optional().meta({
    description: "Whether replies are broadcast to clients that have no address yet, also where " +
      "they do not ask for that: for clients that hear nothing else.",
  }),
  "offer-delay": shortTimeSchema(0, OFFER_DELAY_MS_MAX).optional().meta({
    description: "How long an OFFER waits, so that another server's comes first: for the second " +
      "of two servers.",
  }),
  "min-secs": durationSchema({ min: 0, max: MIN_SECS_MAX }).optional().meta({
    description: "For how long a client has to have asked in vain, by its own word (`secs`), " +
      "before its DISCOVER is answered.",
  }),
  "boot": bootSchema.optional().meta({
    description: "What machines that boot from the network are told; each of its keys takes the " +
      "place of the one further out. `off` takes all of them away.",
  }),
};

/** The settings of a scope, whatever else stands beside them. */
export const scopeSchema = z.object(scopeShape);

/** The settings of a scope, as they stand in the file. */
export type ParsedScope = z.output<typeof scopeSchema>;
