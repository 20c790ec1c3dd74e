/**
 * Options within an option: code, length, value, one after the other, as in option 82 (RFC 3046
 * §2.0), option 43 (RFC 2132 §8.4) and those of a vendor in option 125 (RFC 3925 §4).
 */
import { OctetWriter, readItems } from "./octets.ts";

const HEADER_OCTETS = 2;

/** A sub-option: its code, and its value of 255 octets at most. */
export interface SubOption {
  readonly code: number;
  readonly value: Uint8Array;
}

/** Sub-options one after the other. */
export function encodeSubOptions(subOptions: readonly SubOption[]): Uint8Array {
  const out = new OctetWriter();
  for (const { code, value } of subOptions) out.number(code, 1).counted(value, 1);
  return out.finish();
}

/** All sub-options of a payload; `undefined` where it does not end with the last of them. */
export function decodeSubOptions(payload: Uint8Array): SubOption[] | undefined {
  return readItems(payload, (reader) => ({
    code: reader.number(1),
    value: reader.counted(1).slice(),
  }));
}

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
