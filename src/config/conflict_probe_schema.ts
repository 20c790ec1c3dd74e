/** The schema of `conflict-probe`: a word, or a map with a time. */
import * as z from "zod";
import type { ConflictProbe } from "./config.ts";
import { mismatch, pack, quote } from "./explanation.ts";
import { mapSchema } from "./schema_parts.ts";
import { isShortTime, shortTimeSchema } from "./short_time_schema.ts";

/** Long enough for a machine that sleeps with its radio off to wake for a broadcast. */
const TIMEOUT_DEFAULT_MS = 500;
const TIMEOUT_MS_MIN = 10;
/** RFC 2131 §4.1: a client asks again after some four seconds. */
const TIMEOUT_MS_MAX = 5_000;

/** What one `conflict-probe` of the file says; the rest is inherited. */
interface ProbeSetting {
  readonly mode?: ProbeMode | undefined;
  readonly timeout?: number | undefined;
}

type ProbeMode = "on" | "off" | "local";

/** `on` and `off` are words of YAML 1.1 for a boolean, and so some editors write them. */
const MODES: ReadonlyMap<unknown, ProbeMode> = new Map<unknown, ProbeMode>([
  ["on", "on"],
  [true, "on"],
  ["off", "off"],
  [false, "off"],
  ["local", "local"],
]);

function meantMode(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  if (/^(yes|on|true|always|arp|icmp|ping)$/i.test(value)) return "write on";
  if (/^(no|off|false|never|none)$/i.test(value)) return "write off";
  if (/^local/i.test(value)) return "write local";
  return isShortTime(value) ? `write ${quote(`{ timeout: ${value} }`)}` : undefined;
}

const expectMode = (expected: string) => ({
  error: ({ input }: { readonly input?: unknown }) =>
    pack(mismatch(expected, input, meantMode(input))),
});

const modeSchema = z.literal(["on", "off", "local", true, false], expectMode("on, off or local"))
  .transform((word): ProbeMode => MODES.get(word)!);

const timeoutSchema = shortTimeSchema(TIMEOUT_MS_MIN, TIMEOUT_MS_MAX);

/** One `conflict-probe`, of the whole file or of a subnet. */
export const conflictProbeSchema: z.ZodType<ProbeSetting> = z.union([
  modeSchema.transform((mode): ProbeSetting => ({ mode })),
  mapSchema("on, off, local, or a map of mode and timeout", {
    mode: modeSchema.optional().meta({
      description: "`on`, `off`, or `local`: only what is on a wire of this machine.",
    }),
    timeout: timeoutSchema.optional().meta({
      description: "How long an answer is waited for, from " +
        `${TIMEOUT_MS_MIN}ms to ${TIMEOUT_MS_MAX / 1000}s. ${TIMEOUT_DEFAULT_MS}ms when left out.`,
    }),
  }),
], expectMode("on, off, local, or a map of mode and timeout"));

/** What settings come to, the nearer ones last; `undefined` when nothing is probed. */
export function resolveConflictProbe(
  ...settings: readonly (ProbeSetting | undefined)[]
): ConflictProbe | undefined {
  let mode: ProbeMode = "on";
  let timeoutMs = TIMEOUT_DEFAULT_MS;
  for (const setting of settings) {
    mode = setting?.mode ?? mode;
    timeoutMs = setting?.timeout ?? timeoutMs;
  }
  if (mode === "off") return undefined;
  return Object.freeze({ beyondRouters: mode === "on", timeoutMs });
}
