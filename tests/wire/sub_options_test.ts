import assert from "node:assert/strict";
import fc from "fast-check";
import { subOption } from "../../src/wire/sub_options.ts";

/** Circuit id `eth0`, remote id of one octet (RFC 3046 §3.1, §3.2). */
const PAYLOAD = Uint8Array.of(1, 4, 101, 116, 104, 48, 2, 1, 9);

Deno.test("sub-options are found by code, the first of two alike (RFC 3046 §2.0)", () => {
  assert.deepEqual(subOption(PAYLOAD, 1), Uint8Array.of(101, 116, 104, 48));
  assert.deepEqual(subOption(PAYLOAD, 2), Uint8Array.of(9));
  assert.equal(subOption(PAYLOAD, 3), undefined);
  assert.deepEqual(subOption(Uint8Array.of(1, 1, 7, 1, 1, 8), 1), Uint8Array.of(7));
  assert.deepEqual(subOption(Uint8Array.of(5, 0), 5), new Uint8Array(0));
});

Deno.test("a sub-option that is cut off is not there, nor is what follows", () => {
  assert.equal(subOption(PAYLOAD.subarray(0, 8), 2), undefined);
  assert.equal(subOption(Uint8Array.of(1), 1), undefined);
  assert.equal(subOption(Uint8Array.of(1, 200, 2, 1, 9), 2), undefined);
});

Deno.test("any octets are looked through without a throw, within their bounds (property)", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(255), (payload, code) => {
    const found = subOption(payload, code);
    if (found === undefined) return;
    assert(found.byteOffset + found.length <= payload.byteOffset + payload.length);
    assert.equal(payload[found.byteOffset - payload.byteOffset - 2], code);
  }));
});
