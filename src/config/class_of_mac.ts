/** Which classes a client is in as far as its hardware address alone tells. */
import { matchesGlob } from "../wire/glob.ts";
import { parseHex } from "../wire/hex.ts";
import { matchSchema, type ParsedMatch } from "./class_match_schema.ts";

/** Whether every client with this address and a reservation fits the `match` of a class. */
export function fitsMac(match: unknown, mac: string): boolean {
  const octets = parseHex(mac);
  const parsed = matchSchema.safeParse(match);
  return octets !== undefined && parsed.success && isTrueOf(parsed.data, octets) === true;
}

/** `undefined` where the rest of what the client sends decides. */
function isTrueOf(match: ParsedMatch, mac: Uint8Array): boolean | undefined {
  const parts = Object.entries(match).filter(([, value]) => value !== undefined)
    .map(([key]) => isPartTrue(key, match, mac));
  return every(parts);
}

function isPartTrue(key: string, match: ParsedMatch, mac: Uint8Array): boolean | undefined {
  switch (key) {
    case "mac":
      return match.mac!.some((glob) => matchesGlob(glob, mac));
    case "random-mac":
      // IEEE 802: locally administered, and of one station.
      return ((mac[0]! & 0b11) === 0b10) === match["random-mac"];
    case "reserved":
      return match.reserved;
    case "all":
      return every(match.all!.map((it) => isTrueOf(it, mac)));
    case "any":
      return not(every(match.any!.map((it) => not(isTrueOf(it, mac)))));
    case "not":
      return not(isTrueOf(match.not!, mac));
  }
  return undefined;
}

function every(parts: readonly (boolean | undefined)[]): boolean | undefined {
  if (parts.includes(false)) return false;
  return parts.includes(undefined) ? undefined : true;
}

function not(part: boolean | undefined): boolean | undefined {
  return part === undefined ? undefined : !part;
}
