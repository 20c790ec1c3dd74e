/** Octets as text: `01:b8:27:eb` for people, two lower-case digits an octet. */
import { hashOctets } from "./keyed_hash.ts";
import { mixBits } from "./mix_bits.ts";

const DIGITS = "0123456789abcdef";
const OCTETS = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, "0"));

/** Character codes of the two digits of every octet. */
export const HIGH = Uint8Array.from(OCTETS, (text) => text.charCodeAt(0));
export const LOW = Uint8Array.from(OCTETS, (text) => text.charCodeAt(1));
const COLON = ":".charCodeAt(0);

/** The value of a digit by its character code. */
const NIBBLES = new Uint8Array(128);
for (let i = 0; i < 16; i++) NIBBLES[DIGITS.charCodeAt(i)] = i;

/** Pairs of digits, with the same separator between all of them or with none. */
const OCTETS_AS_TEXT = /^([0-9a-f]{2}(([:-]?)[0-9a-f]{2}(\3[0-9a-f]{2})*)?)?$/i;

/**
 * `[1, 0xb8]` -> `01:b8`; the form of MAC addresses and client identifiers everywhere. Of the
 * octets from `start` to `end`, all of them unless told.
 */
export function formatHex(bytes: Uint8Array, start = 0, end = bytes.length): string {
  // Every packet has an Ethernet address, and most an identifier of a type and that address. Made
  // in one step they take a quarter of the time of a text that is put together.
  if (end - start === 6) return formatSix(bytes, start);
  if (end - start === 7) return formatSeven(bytes, start);
  if (end <= start) return "";
  let text = OCTETS[bytes[start]!]!;
  for (let i = start + 1; i < end; i++) text += ":" + OCTETS[bytes[i]!]!;
  return text;
}

// deno-fmt-ignore
function formatSix(bytes: Uint8Array, start: number): string {
  const [a, b, c] = [bytes[start]!, bytes[start + 1]!, bytes[start + 2]!];
  const [d, e, f] = [bytes[start + 3]!, bytes[start + 4]!, bytes[start + 5]!];
  return String.fromCharCode(
    HIGH[a]!, LOW[a]!, COLON, HIGH[b]!, LOW[b]!, COLON, HIGH[c]!, LOW[c]!, COLON,
    HIGH[d]!, LOW[d]!, COLON, HIGH[e]!, LOW[e]!, COLON, HIGH[f]!, LOW[f]!,
  );
}

// deno-fmt-ignore
function formatSeven(bytes: Uint8Array, start: number): string {
  const [a, b, c, d] = [bytes[start]!, bytes[start + 1]!, bytes[start + 2]!, bytes[start + 3]!];
  const [e, f, g] = [bytes[start + 4]!, bytes[start + 5]!, bytes[start + 6]!];
  return String.fromCharCode(
    HIGH[a]!, LOW[a]!, COLON, HIGH[b]!, LOW[b]!, COLON, HIGH[c]!, LOW[c]!, COLON,
    HIGH[d]!, LOW[d]!, COLON, HIGH[e]!, LOW[e]!, COLON, HIGH[f]!, LOW[f]!, COLON,
    HIGH[g]!, LOW[g]!,
  );
}

/** How many octets a text of `formatHex` stands for. */
export function octetCountOfHex(text: string): number {
  return (text.length + 1) / 3 | 0;
}

/** The octet at `index` in a text of `formatHex`. */
export function octetOfHex(text: string, index: number): number {
  const at = 3 * index;
  return (NIBBLES[text.charCodeAt(at)]! << 4) | NIBBLES[text.charCodeAt(at + 1)]!;
}

/** What `hashOctets` makes of the octets that a text of `formatHex` stands for. */
export function hashHex(text: string, salt: number): number {
  const octets = octetCountOfHex(text);
  if (octets > scratch.length) scratch = new Uint8Array(octets);
  for (let i = 0; i < octets; i++) scratch[i] = octetOfHex(text, i);
  return hashOctets(scratch, 0, octets, salt);
}

let scratch = new Uint8Array(256);

/**
 * A hash (u32) of a text of `formatHex` that is the same in every process, for what has to come out
 * the same again; another one for each `salt`. FNV-1a, then the finish of MurmurHash3: every bit
 * depends on every octet. A table of what strangers send is no place for it (keyed_hash.ts).
 */
export function lastingHashOfHex(text: string, salt: number): number {
  const octets = octetCountOfHex(text);
  let hash = Math.imul(FNV_BASIS ^ salt, FNV_PRIME);
  for (let i = 0; i < octets; i++) hash = Math.imul(hash ^ octetOfHex(text, i), FNV_PRIME);
  return mixBits(hash);
}

const FNV_BASIS = 0x811c_9dc5;
const FNV_PRIME = 0x0100_0193;

/**
 * Reads octets written as `b8:27:eb`, `b8-27-eb` or `b827eb`, in either case; `undefined` for
 * anything else. The empty text is no octets.
 */
export function parseHex(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!OCTETS_AS_TEXT.test(text)) return undefined;
  const compact = text.replace(/[:-]/g, "");
  const bytes = new Uint8Array(compact.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = Number.parseInt(compact.slice(2 * i, 2 * i + 2), 16);
  }
  return bytes;
}
