/** Durations as people write them: `90s`, `30m`, `12h`, `7d`, `1w`, `1h30m`, `infinite`. */

/** 0xffffffff stands for "no end" on the wire (RFC 2131 §3.3), so one less is the longest. */
export const DURATION_SECONDS_MAX = 0xffff_fffe;

/** Every unit at most once, the largest first. */
const DURATION = /^(?=\d)(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/;
const UNITS = [["w", 604_800], ["d", 86_400], ["h", 3600], ["m", 60], ["s", 1]] as const;

/** The same form for editors, with `infinite`. */
export const DURATION_PATTERN = `${DURATION.source}|^infinite$`;

/** Seconds, `Infinity` for `infinite`; `undefined` when it is not a duration. */
export function parseDuration(text: string): number | undefined {
  if (text === "infinite") return Infinity;
  const match = DURATION.exec(text);
  if (match === null) return undefined;
  const seconds = UNITS.reduce(
    (sum, [, unitSeconds], i) => sum + Number(match[i + 1] ?? 0) * unitSeconds,
    0,
  );
  // Hundreds of digits are a long time, and still not what `infinite` says.
  return Math.min(seconds, Number.MAX_VALUE);
}

/** Whole seconds in the largest units that fit: 5400 -> `1h30m`, `Infinity` -> `infinite`. */
export function formatDuration(seconds: number): string {
  if (seconds === Infinity) return "infinite";
  let text = "";
  let rest = seconds;
  for (const [unit, unitSeconds] of UNITS) {
    const count = Math.floor(rest / unitSeconds);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * unitSeconds;
  }
  return text === "" ? "0s" : text;
}
