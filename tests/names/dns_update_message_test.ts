/** The octets of updates (RFC 2136 §2), and what is made of answers. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { decodeAnswer, encodeUpdate } from "../../src/names/dns_update_message.ts";

/** A name in octets, as the test writes it. */
const name = (...labels: string[]) =>
  labels.map((label) =>
    label.length.toString(16).padStart(2, "0") + Buffer.from(label).toString("hex")
  )
    .join("") + "00";

Deno.test("RFC 2136 §2: zone, prerequisites and changes, each with its class", () => {
  const pi = { name: "pi.home.arpa" } as const;
  const message = encodeUpdate(0x1234, {
    zone: "home.arpa",
    prerequisites: [
      { ...pi, type: "ANY", class: "NONE" }, // §2.4.5: name is not in use
      { ...pi, type: "DHCID", class: "IN", data: Uint8Array.of(1, 2) }, // §2.4.2
      { ...pi, type: "ANY", class: "ANY" }, // §2.4.4: name is in use
    ],
    changes: [
      { ...pi, type: "A", class: "IN", ttl: 300, data: Uint8Array.of(10, 0, 0, 1) }, // §2.5.1
      { ...pi, type: "A", class: "ANY" }, // §2.5.2: delete an RRset
      { ...pi, type: "A", class: "NONE", data: Uint8Array.of(10, 0, 0, 2) }, // §2.5.4: delete an RR
    ],
  });
  const owner = name("pi", "home", "arpa");
  assert.equal(
    message.toString("hex"),
    [
      "1234" + "2800" + "0001" + "0003" + "0003" + "0000", // opcode 5; ZO, PR, UP, AD
      name("home", "arpa") + "0006" + "0001",
      owner + "00ff" + "00fe" + "00000000" + "0000",
      owner + "0031" + "0001" + "00000000" + "0002" + "0102",
      owner + "00ff" + "00ff" + "00000000" + "0000",
      owner + "0001" + "0001" + "0000012c" + "0004" + "0a000001",
      owner + "0001" + "00ff" + "00000000" + "0000",
      owner + "0001" + "00fe" + "00000000" + "0004" + "0a000002",
    ].join(""),
  );
});

Deno.test("an answer tells its ID and RCODE; a query, or another opcode, is none", () => {
  const answer = (flags: string) => Buffer.from(`1234${flags}0000000000000000`, "hex");
  assert.deepEqual(decodeAnswer(answer("a800")), { id: 0x1234, rcode: "NOERROR" });
  assert.deepEqual(decodeAnswer(answer("a806")), { id: 0x1234, rcode: "YXDOMAIN" });
  assert.equal(decodeAnswer(answer("2800")), undefined);
  assert.equal(decodeAnswer(answer("8000")), undefined);
});

Deno.test("any octets are an answer or none, and never an exception", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (octets) => {
    decodeAnswer(Buffer.from(octets));
    decodeAnswer(Buffer.from([0, 0, 0xa8, 0, ...octets]));
  }));
});
