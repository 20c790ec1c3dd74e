/** The schema of `rogue-detection`. */
import * as z from "zod";
import type { RogueDetection } from "./config.ts";
import { mismatch, pack } from "./explanation.ts";
import { mapSchema, oneOrManySchema } from "./schema_parts.ts";
import { durationSchema, ipv4Schema } from "./value_schemas.ts";

const INTERVAL_SECONDS_MIN = 10;
const INTERVAL_SECONDS_MAX = 86_400;

const EXPECTED = "on, off, or a map like { interval: 10m }";

const searchSchema = mapSchema(EXPECTED, {
  interval: durationSchema({ min: INTERVAL_SECONDS_MIN, max: INTERVAL_SECONDS_MAX })
    .prefault("10m").meta({ description: "How often to look." }),
  known: oneOrManySchema("an IPv4 address like 192.168.1.2", ipv4Schema).prefault([]).meta({
    description: "Servers that are meant to be there, by their server identifiers.",
  }),
}).transform(({ interval, known }): RogueDetection => ({
  intervalSeconds: interval,
  known: new Set(known),
}));

export const rogueDetectionSchema = z.union([
  z.literal(["on", true]).transform(() => searchSchema.parse({})),
  z.literal(["off", false]).transform(() => undefined),
  searchSchema,
], { error: ({ input }) => pack(mismatch(EXPECTED, input)) });
