import assert from "node:assert/strict";
import { hashOctets, setHashKey } from "../../src/wire/keyed_hash.ts";
import { hashHex } from "../../src/wire/hex.ts";

/** Of HalfSipHash-2-4 with the key 00 01 … 07, of the octets 00 01 … of each length from 0 on. */
const VECTORS = [
  "a9359f5b",
  "27475ab8",
  "fa62a603",
  "8afee704",
  "2a6e4689",
  "c5fab669",
  "5863fc23",
];

function littleEndian(hash: number): string {
  const octets = new Uint8Array(4);
  new DataView(octets.buffer).setUint32(0, hash, true);
  return octets.toHex();
}

Deno.test("the hash is that of the reference implementation", () => {
  const octets = Uint8Array.from({ length: 16 }, (_, i) => i);
  try {
    setHashKey([0x0302_0100, 0x0706_0504]);
    for (const [length, vector] of VECTORS.entries()) {
      assert.equal(littleEndian(hashOctets(octets, 0, length, 0)), vector, `${length} octets`);
    }
  } finally {
    setHashKey([0, 0]);
  }
});

Deno.test("a text in hex has the hash of its octets, and another one for each salt and key", () => {
  const octets = Uint8Array.of(9, 0x02, 0xff, 0x00, 0xa0, 0x1b, 9);
  const hash = hashOctets(octets, 1, 6, 7);
  assert.equal(hashHex("02:ff:00:a0:1b", 7), hash);
  assert.notEqual(hashHex("02:ff:00:a0:1b", 8), hash);
  try {
    setHashKey([1, 0]);
    assert.notEqual(hashHex("02:ff:00:a0:1b", 7), hash);
  } finally {
    setHashKey([0, 0]);
  }
});
