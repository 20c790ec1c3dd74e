/** Durations as people read them; config/duration.ts has the exact ones that they write. */

const UNITS = [["d", 86_400], ["h", 3_600], ["m", 60], ["s", 1]] as const;

/**
 * The two largest units of a duration in seconds, without those that are zero: `12h`, `11h 58m`,
 * `45s`; `infinite` for `Infinity`. Rounds down, so nothing seems to last longer than it does.
 */
export function approximateDuration(seconds: number): string {
  if (seconds === Infinity) return "infinite";
  let rest = Math.max(0, Math.floor(seconds));
  const largest = UNITS.findIndex(([, unitSeconds]) => rest >= unitSeconds);
  if (largest < 0) return "0s";
  const parts: string[] = [];
  for (const [unit, unitSeconds] of UNITS.slice(largest, largest + 2)) {
    const count = Math.floor(rest / unitSeconds);
    rest -= count * unitSeconds;
    if (count > 0) parts.push(`${count}${unit}`);
  }
  return parts.join(" ");
}
