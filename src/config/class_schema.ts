/** The schema of an entry of `classes`. */
import type * as z from "zod";
import { matchSchema } from "./class_match_schema.ts";
import { classNameSchema } from "./name_schemas.ts";
import { booleanSchema, integerSchema, mapSchema, unknownKeyOfScope } from "./schema_parts.ts";
import { LIMIT_MAX, scopeShape } from "./scope_schema.ts";

/** Clients that have something in common, and what they are given. */
export const classEntrySchema = mapSchema(
  'a class like { name: phones, match: { vendor-class: "Cisco*" } }',
  {
    "name": classNameSchema.meta({ description: "What `only` of a pool names it by." }),
    "match": matchSchema.optional().meta({
      description: "Who is in it: all of this has to be true. Without it, those whose " +
        "reservations name the class.",
    }),
    "deny": booleanSchema().prefault(false).meta({
      description: "Whether its clients get no answer at all, save those with a reservation.",
    }),
    "limit": integerSchema(1, LIMIT_MAX).optional().meta({
      description: "How many leases its clients may have at once, all together.",
    }),
    ...scopeShape,
  },
  unknownKeyOfScope,
);

export type ParsedClass = z.output<typeof classEntrySchema>;
