/**
 * Patterns for octets, compared in time that grows with the length of what is compared: `*` stands
 * for any octets, `?` for any one. No pattern makes a matcher try ways one after the other.
 */

/** What stands between two stars: an octet fits where its bits under the mask are those of `values`. */
export interface GlobPart {
  readonly values: Uint8Array;
  readonly masks: Uint8Array;
}

/** The parts in order, a star between each two of them; one part alone is the whole. */
export type Glob = readonly GlobPart[];

/** Longer patterns match nothing that an option without parts can hold. */
export const GLOB_OCTETS_MAX = 255;

const ANY = 0x00;
const EXACT = 0xff;

/** Collects the octets of a pattern. */
class GlobBuilder {
  readonly #parts: { values: number[]; masks: number[] }[] = [{ values: [], masks: [] }];

  octet(value: number, mask: number): void {
    const part = this.#parts.at(-1)!;
    part.values.push(value & mask);
    part.masks.push(mask);
  }

  star(): void {
    this.#parts.push({ values: [], masks: [] });
  }

  finish(): Glob {
    return this.#parts.map(({ values, masks }) => ({
      values: Uint8Array.from(values),
      masks: Uint8Array.from(masks),
    }));
  }
}

/** The pattern that only these octets fit. */
export function literalGlob(octets: Uint8Array): Glob {
  return [{ values: octets, masks: new Uint8Array(octets.length).fill(EXACT) }];
}

/** The pattern of octets whose first one has these bits. */
export function firstOctetGlob(value: number, mask: number): Glob {
  const glob = new GlobBuilder();
  glob.octet(value, mask);
  glob.star();
  return glob.finish();
}

/** The pattern of four octets with these bits at their front: an address of a network. */
export function networkGlob(network: number, prefixLength: number): Glob {
  const glob = new GlobBuilder();
  for (let i = 0; i < 4; i++) {
    const bits = Math.min(Math.max(prefixLength - 8 * i, 0), 8);
    glob.octet((network >>> (24 - 8 * i)) & 0xff, (EXACT << (8 - bits)) & 0xff);
  }
  return glob.finish();
}

/** The pattern for what `smallLetters` makes of octets. */
export function smallGlob(glob: Glob): Glob {
  return glob.map(({ values, masks }) => ({ values: smallLetters(values), masks }));
}

/** The octets with the capital letters of ASCII made small. */
export function smallLetters(octets: Uint8Array): Uint8Array {
  return octets.map((octet) => octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet);
}

/** Reads text with `*` and `?`, which a backslash before them makes ordinary. Text is UTF-8. */
export function parseTextGlob(text: string): Glob | undefined {
  const glob = new GlobBuilder();
  const octets = new TextEncoder().encode(text);
  const [star, mark, backslash] = [0x2a, 0x3f, 0x5c];
  for (let i = 0; i < octets.length; i++) {
    const octet = octets[i]!;
    if (octet === star) glob.star();
    else if (octet === mark) glob.octet(0, ANY);
    else if (octet !== backslash) glob.octet(octet, EXACT);
    else if (++i < octets.length) glob.octet(octets[i]!, EXACT);
    else return undefined;
  }
  return octets.length === 0 || octets.length > GLOB_OCTETS_MAX ? undefined : glob.finish();
}

/** The digits of an octet, any of which may be `?`. */
const HEX_OCTET = /^[0-9a-f?]{2}$/i;

/** Reads octets in hex with colons, `*` for any number of them: `b8:27:eb:*`, `01:0?:*`. */
export function parseHexGlob(text: string): Glob | undefined {
  const tokens = text.split(/[:-]/);
  if (tokens.length > GLOB_OCTETS_MAX) return undefined;
  const glob = new GlobBuilder();
  for (const token of tokens) {
    if (token === "*") glob.star();
    else if (token === "?") glob.octet(0, ANY);
    else if (HEX_OCTET.test(token)) glob.octet(hexValue(token), hexMask(token));
    else return undefined;
  }
  return glob.finish();
}

function hexValue(token: string): number {
  return Number.parseInt(token.replaceAll("?", "0"), 16);
}

function hexMask(token: string): number {
  return Number.parseInt([...token].map((digit) => digit === "?" ? "0" : "f").join(""), 16);
}

/** Octets that a pattern has a place for, its stars aside. */
export function globOctets(glob: Glob): number {
  return glob.reduce((octets, { values }) => octets + values.length, 0);
}

/** The pattern with any octets after it. */
export function openEnded(glob: Glob): Glob {
  return [...glob, { values: new Uint8Array(0), masks: new Uint8Array(0) }];
}

/** How many octets at the front of the pattern fit one value each. */
export function fixedOctets([first]: Glob): number {
  const free = first!.masks.findIndex((mask) => mask !== EXACT);
  return free < 0 ? first!.masks.length : free;
}

/** Whether the octets, all of them, fit the pattern. */
export function matchesGlob(glob: Glob, octets: Uint8Array): boolean {
  const first = glob[0]!;
  if (!fitsAt(first, octets, 0)) return false;
  let at = first.values.length;
  if (glob.length === 1) return at === octets.length;
  // Of what stands between stars, the leftmost place is as good as any: no way back is needed.
  for (let i = 1; i < glob.length - 1; i++) {
    const part = glob[i]!;
    while (!fitsAt(part, octets, at)) {
      if (++at > octets.length) return false;
    }
    at += part.values.length;
  }
  const last = glob.at(-1)!;
  const start = octets.length - last.values.length;
  return start >= at && fitsAt(last, octets, start);
}

function fitsAt({ values, masks }: GlobPart, octets: Uint8Array, at: number): boolean {
  if (at + values.length > octets.length) return false;
  for (let i = 0; i < values.length; i++) {
    if ((octets[at + i]! & masks[i]!) !== values[i]) return false;
  }
  return true;
}
