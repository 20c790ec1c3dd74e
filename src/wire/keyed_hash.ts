/**
 * HalfSipHash-2-4 (Aumasson and Bernstein): a hash of 32 bits under a key. Whoever does not know
 * the key cannot make names that have one hash, or that crowd one place of a table, and so cannot
 * make looking them up slow for everybody, nor empty the bucket of somebody else.
 *
 * The key is the process's, and so the one thing in the core that is another one each time. Nothing
 * that is decided, sent or written follows from it.
 */
let key0 = 0;
let key1 = 0;

/** Sets the key of this process; at its start, before anything is hashed. */
export function setHashKey([first, second]: readonly [number, number]): void {
  key0 = first | 0;
  key1 = second | 0;
}

/** A hash (u32) of the octets from `start` to before `end`; another one for each `salt` (i32). */
export function hashOctets(bytes: Uint8Array, start: number, end: number, salt: number): number {
  let v0 = key0;
  let v1 = key1 ^ salt;
  let v2 = key0 ^ 0x6c79_6765;
  let v3 = v1 ^ 0x7465_6462;
  const length = end - start;
  const words = length >> 2;
  for (let i = 0; i < words + 1 + 2; i++) {
    // The words, then one of what is left over and the length, then the finish.
    const word = i < words
      ? wordAt(bytes, start + 4 * i)
      : i === words
      ? lastWord(bytes, start, end)
      : 0;
    if (i === words + 1) v2 ^= 0xff;
    v3 ^= word;
    for (let round = 0; round < 2; round++) {
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
    }
    v0 ^= word;
  }
  return (v1 ^ v3) >>> 0;
}

/** Four octets, little-endian. */
function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

function lastWord(bytes: Uint8Array, start: number, end: number): number {
  let word = (end - start) << 24;
  for (let at = end - ((end - start) & 3), shift = 0; at < end; at++, shift += 8) {
    word |= bytes[at]! << shift;
  }
  return word;
}
