/** The schema of times of parts of a second: `500ms`, `2s`. */
import { Refusal, textSchema } from "./schema_parts.ts";

const TIME = /^(\d+)(ms|s)$/;

/** Whether text has the form of such a time. */
export function isShortTime(text: string): boolean {
  return TIME.test(text);
}

/** Milliseconds, from `minMs` to `maxMs`. */
export function shortTimeSchema(minMs: number, maxMs: number) {
  return textSchema<number>({
    expected: "a time like 500ms or 1s",
    read(text) {
      const [, digits, unit] = TIME.exec(text) ?? [];
      if (digits === undefined) return undefined;
      const ms = Number(digits) * (unit === "s" ? 1000 : 1);
      if (ms < minMs) return new Refusal(`${text} is below the least, ${minMs}ms`);
      return ms > maxMs ? new Refusal(`${text} is above the most, ${maxMs / 1000}s`) : ms;
    },
    hintFor: (value) =>
      typeof value === "number" ? `write ${value}ms or ${value}s, whichever is meant` : undefined,
    pattern: TIME.source,
    examples: ["500ms", "1s"],
  });
}
