/** Octets as text: `01:b8:27:eb` for people, two lower-case digits an octet. */

const OCTETS = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, "0"));

/** Pairs of digits, with the same separator between all of them or with none. */
const OCTETS_AS_TEXT = /^([0-9a-f]{2}(([:-]?)[0-9a-f]{2}(\3[0-9a-f]{2})*)?)?$/i;

/** `[1, 0xb8]` -> `01:b8`; the form of MAC addresses and client identifiers everywhere. */
export function formatHex(bytes: Uint8Array): string {
  if (bytes.length === 0) return "";
  let text = OCTETS[bytes[0]!]!;
  for (let i = 1; i < bytes.length; i++) text += ":" + OCTETS[bytes[i]!]!;
  return text;
}

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
