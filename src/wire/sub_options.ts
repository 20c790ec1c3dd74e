/**
 * Options within an option: code, length, value, one after the other, as in option 82 (RFC 3046
 * §2.0), option 43 (RFC 2132 §8.4) and those of a vendor in option 125 (RFC 3925 §4).
 */

const HEADER_OCTETS = 2;

/**
 * The value of the first sub-option with `code`, as a view on `payload`; `undefined` when there is
 * none. One that is cut off by the end of the payload is not there, nor is anything behind it.
 */
export function subOption(payload: Uint8Array, code: number): Uint8Array | undefined {
  for (let at = 0; at + HEADER_OCTETS <= payload.length;) {
    const start = at + HEADER_OCTETS;
    const end = start + payload[at + 1]!;
    if (end > payload.length) return undefined;
    if (payload[at] === code) return payload.subarray(start, end);
    at = end;
  }
  return undefined;
}
