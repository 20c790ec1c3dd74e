/** A hash of octets that grows by one octet at a time (FNV-1a), as a signed number. */

const FNV_PRIME = 0x0100_0193;

/** The hash of no octets. */
export const EMPTY_HASH = 0x811c_9dc5 | 0;

/** The hash of the octets of `hash` and one more. */
export function growHash(hash: number, octet: number): number {
  return Math.imul(hash ^ octet, FNV_PRIME);
}

/** The hash of the first octets. */
export function octetHash(octets: Uint8Array, length = octets.length): number {
  let hash = EMPTY_HASH;
  for (let i = 0; i < length; i++) hash = growHash(hash, octets[i]!);
  return hash;
}
