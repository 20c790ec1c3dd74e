/**
 * Domain names as DNS has them (RFC 1035 §3.1): labels, each with its length before it, and the
 * empty one at the end. As text they are without the dot of the root: `home.arpa`.
 */
import { OctetWriter } from "./octets.ts";

/** RFC 1035 §2.3.4, in octets. */
const NAME_OCTETS_MAX = 255;
const LABEL_OCTETS_MAX = 63;

/** RFC 1035 §4.1.4: two bits that no label has in its length, then the place of the rest. */
const POINTER = 0xc000;
const POINTER_PLACES = 0x4000;

const asciiEncoder = new TextEncoder();

function labelsOf(name: string): string[] {
  return name === "" ? [] : name.split(".");
}

/** One or more names one after the other, each in full. */
export function encodeDomainNames(names: readonly string[]): Uint8Array {
  const out = new OctetWriter();
  for (const name of names) {
    for (const label of labelsOf(name)) out.counted(asciiEncoder.encode(label), 1);
    out.number(0, 1);
  }
  return out.finish();
}

/**
 * One or more names, of which each stands for its end by a pointer where an earlier one has the
 * same (RFC 1035 §4.1.4). Pointers count from the first octet here (RFC 3397 §2).
 */
export function compressDomainNames(names: readonly string[]): Uint8Array {
  const out = new OctetWriter();
  const places = new Map<string, number>();
  for (const name of names) {
    const labels = labelsOf(name);
    let label = labels.shift();
    while (label !== undefined) {
      const rest = [label, ...labels].join(".");
      const place = places.get(rest);
      if (place !== undefined) {
        out.number(POINTER | place, 2);
        break;
      }
      if (out.length < POINTER_PLACES) places.set(rest, out.length);
      out.counted(asciiEncoder.encode(label), 1);
      label = labels.shift();
    }
    if (label === undefined) out.number(0, 1);
  }
  return out.finish();
}

/**
 * The name at `at`, and where the next one begins; `undefined` for what is cut off, too long, or
 * has octets in it that text does not show. A pointer leads to an earlier place than the one that
 * the last pointer led to, so that following them comes to an end.
 */
export function readDomainName(
  octets: Uint8Array,
  at: number,
): { readonly name: string; readonly next: number } | undefined {
  const labels: string[] = [];
  let nameOctets = 1;
  let next: number | undefined;
  let earliest = at;
  while (at < octets.length) {
    const length = octets[at]!;
    if (length === 0) return { name: labels.join("."), next: next ?? at + 1 };
    if (length >= POINTER >>> 8) {
      if (at + 1 >= octets.length) return undefined;
      next ??= at + 2;
      const place = ((length << 8) | octets[at + 1]!) & (POINTER_PLACES - 1);
      if (place >= earliest) return undefined;
      at = earliest = place;
      continue;
    }
    const label = octets.subarray(at + 1, at + 1 + length);
    nameOctets += 1 + length;
    if (
      length > LABEL_OCTETS_MAX || label.length < length || nameOctets > NAME_OCTETS_MAX ||
      !label.every(isPlain)
    ) {
      return undefined;
    }
    labels.push(String.fromCharCode(...label));
    at += 1 + length;
  }
  return undefined;
}

/** What shows as itself in a name: a character of ASCII, no blank and no dot. */
function isPlain(octet: number): boolean {
  return octet > 0x20 && octet < 0x7f && octet !== ".".charCodeAt(0);
}

/** The names that fill the octets to the end; `undefined` where they are none. */
export function decodeDomainNames(octets: Uint8Array): string[] | undefined {
  const names: string[] = [];
  for (let at = 0; at < octets.length;) {
    const read = readDomainName(octets, at);
    if (read === undefined) return undefined;
    names.push(read.name);
    at = read.next;
  }
  return names.length === 0 ? undefined : names;
}
