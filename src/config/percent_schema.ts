/** Parts of a whole, as people write them: `87.5%`. */
import { textSchema } from "./schema_parts.ts";

/** A part of something, from `min` to `max` percent; as a number from 0 to 1. */
export function percentSchema(min: number, max: number) {
  return textSchema<number>({
    expected: `a percentage from ${min}% to ${max}%`,
    read(text) {
      const [, number] = /^(\d{1,3}(?:\.\d{1,3})?)%$/.exec(text) ?? [];
      const percent = Number(number);
      return percent >= min && percent <= max ? percent / 100 : undefined;
    },
    hintFor: (value) => typeof value === "number" ? `write ${value}%` : undefined,
    pattern: String.raw`^\d{1,3}(\.\d{1,3})?%$`,
  });
}
