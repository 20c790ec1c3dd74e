/**
 * xxHash32 with seed 0 (its specification: XXH32), as `xxhsum -H0` has it. It goes by words and
 * four at a time: a fifth of the time that a CRC takes here. Each step can be undone, so a change
 * within four octets always shows; whatever else is changed, in all but one of 2^32 cases.
 */
/** The hash of the octets from `start` to `end`, as a signed number of 32 bits. */
export function xxhash32(view: DataView, start: number, end: number): number {
  // In here they are constants for V8; in the bundle's scope they would be variables.
  const P1 = 0x9e37_79b1 | 0;
  const P2 = 0x85eb_ca77 | 0;
  const P3 = 0xc2b2_ae3d | 0;
  const P4 = 0x27d4_eb2f;
  const P5 = 0x1656_67b1;
  const STRIPE_OCTETS = 16;
  let at = start;
  let hash = P5;
  if (end - start >= STRIPE_OCTETS) {
    let a = P1 + P2 | 0;
    let b = P2;
    let c = 0;
    let d = -P1 | 0;
    for (; at + STRIPE_OCTETS <= end; at += STRIPE_OCTETS) {
      a = a + Math.imul(view.getInt32(at, true), P2) | 0;
      a = Math.imul(a << 13 | a >>> 19, P1);
      b = b + Math.imul(view.getInt32(at + 4, true), P2) | 0;
      b = Math.imul(b << 13 | b >>> 19, P1);
      c = c + Math.imul(view.getInt32(at + 8, true), P2) | 0;
      c = Math.imul(c << 13 | c >>> 19, P1);
      d = d + Math.imul(view.getInt32(at + 12, true), P2) | 0;
      d = Math.imul(d << 13 | d >>> 19, P1);
    }
    hash = (a << 1 | a >>> 31) + (b << 7 | b >>> 25) | 0;
    hash = hash + (c << 12 | c >>> 20) + (d << 18 | d >>> 14) | 0;
  }
  hash = hash + (end - start) | 0;
  for (; at + 4 <= end; at += 4) {
    hash = hash + Math.imul(view.getInt32(at, true), P3) | 0;
    hash = Math.imul(hash << 17 | hash >>> 15, P4);
  }
  for (; at < end; at++) {
    hash = hash + Math.imul(view.getUint8(at), P5) | 0;
    hash = Math.imul(hash << 11 | hash >>> 21, P1);
  }
  hash = Math.imul(hash ^ hash >>> 15, P2);
  hash = Math.imul(hash ^ hash >>> 13, P3);
  return hash ^ hash >>> 16;
}
