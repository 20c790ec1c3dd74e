/** How much the journal may cost a disk that wears out: `durability`, `renew-write-threshold`. */
import * as z from "zod";
import type { Durability } from "./config.ts";
import { DURATION_PATTERN, formatDuration, parseDuration } from "./duration.ts";
import { mismatch, pack } from "./explanation.ts";
import { Refusal, textSchema } from "./schema_parts.ts";

/** A shorter one saves no more than groups do anyway; a longer one is as good as none. */
const INTERVAL_SECONDS_MIN = 1;
const INTERVAL_SECONDS_MAX = 3600;

/** `commit`, `none`, or `interval 5s`. */
export const durabilitySchema = textSchema<Durability>({
  expected: 'commit, none, or an interval like "interval 5s"',
  read(text) {
    if (text === "commit" || text === "none") return { kind: text };
    const duration = /^interval\s+(\S+)$/.exec(text)?.[1];
    const seconds = duration === undefined ? undefined : parseDuration(duration);
    if (seconds === undefined) return undefined;
    if (seconds < INTERVAL_SECONDS_MIN || seconds > INTERVAL_SECONDS_MAX) {
      const [least, most] = [INTERVAL_SECONDS_MIN, INTERVAL_SECONDS_MAX].map(formatDuration);
      return new Refusal(`the interval ${duration} is not within ${least} and ${most}`);
    }
    return { kind: "interval", seconds };
  },
  hintFor: (value) => value === "interval" ? 'say how long, like "interval 5s"' : undefined,
  pattern: `^(commit|none|interval\\s+${DURATION_PATTERN.replace(/^\^|\$.*$/g, "")})$`,
  examples: ["commit", "interval 5s", "none"],
});

/** The client renews at half of its lease, so a later write would save nothing but promises. */
const THRESHOLD_PERCENT_MAX = 90;

/** `25%`, as a share from 0 to 1; `off` is 0. */
export const renewWriteThresholdSchema = z.union([
  textSchema<number>({
    expected: "a share like 25%",
    read(text) {
      const percent = /^(\d{1,2})%$/.exec(text)?.[1];
      if (percent === undefined) return undefined;
      return Number(percent) <= THRESHOLD_PERCENT_MAX
        ? Number(percent) / 100
        : new Refusal(`${text} is above the most, ${THRESHOLD_PERCENT_MAX}%`);
    },
    pattern: "^\\d{1,2}%$",
    examples: ["25%"],
  }),
  z.literal(["off", false]).transform(() => 0),
], { error: ({ input }) => pack(mismatch("a share like 25%, or off", input)) });
