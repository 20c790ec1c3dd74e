/** Signatures (RFC 8945). Against a name server of others: tests/system/dns_update_test.ts. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import fc from "fast-check";
import { distrust, sign } from "../../src/names/tsig.ts";

const KEY = { name: "sublet-key", secret: new Uint8Array(32).fill(7) };
const WALL_MS = 1_800_000_000_000;
const MESSAGE = Buffer.from("123428000000000000000000", "hex");
const ANSWER = Buffer.from("1234a8000000000000000000", "hex");

const KEY_NAME = "0a" + Buffer.from("sublet-key").toString("hex") + "00";
const ALGORITHM = "0b" + Buffer.from("hmac-sha256").toString("hex") + "00";
const TIME = (WALL_MS / 1000).toString(16).padStart(12, "0");

/** RFC 8945 §4.3: the digest of an answer, put together by hand. */
function answerWith({ key = KEY.secret, mac, time = TIME, error = "0000" }: {
  key?: Uint8Array;
  mac: Buffer;
  time?: string;
  error?: string;
}): Buffer {
  const variables = KEY_NAME + "00ff" + "00000000" + ALGORITHM + time + "012c" + error + "0000";
  const length = Buffer.from([mac.length >> 8, mac.length & 255]);
  const digest = createHmac("sha256", key).update(length).update(mac).update(ANSWER)
    .update(Buffer.from(variables, "hex")).digest("hex");
  const data = ALGORITHM + time + "012c" + "0020" + digest + "1234" + error + "0000";
  const record = KEY_NAME + "00fa" + "00ff" + "00000000" +
    (data.length / 2).toString(16).padStart(4, "0") + data;
  const signed = Buffer.concat([ANSWER, Buffer.from(record, "hex")]);
  signed[11] = 1;
  return signed;
}

Deno.test("RFC 8945 §4.2 and §4.3: a signed message, octet by octet", () => {
  const { message, mac } = sign(MESSAGE, KEY, WALL_MS);
  const variables = KEY_NAME + "00ff" + "00000000" + ALGORITHM + TIME + "012c" + "0000" + "0000";
  const digest = createHmac("sha256", KEY.secret).update(MESSAGE)
    .update(Buffer.from(variables, "hex")).digest("hex");
  assert.equal(mac.toString("hex"), digest);
  const data = ALGORITHM + TIME + "012c" + "0020" + digest + "1234" + "0000" + "0000";
  assert.equal(
    message.toString("hex"),
    "123428000000000000000001" + KEY_NAME + "00fa" + "00ff" + "00000000" +
      (data.length / 2).toString(16).padStart(4, "0") + data,
  );
});

Deno.test("RFC 8945 §5.3: an answer is believed that is signed with the key, on top of our MAC", () => {
  const { mac } = sign(MESSAGE, KEY, WALL_MS);
  const judge = (answer: Buffer, wallMs = WALL_MS) => distrust(answer, KEY, mac, wallMs);
  assert.equal(judge(answerWith({ mac })), undefined);
  assert.equal(judge(answerWith({ mac }), WALL_MS + 299_000), undefined, "within the fudge");
  assert.equal(judge(ANSWER), "its answer is not signed");
  const otherKey = answerWith({ mac, key: new Uint8Array(32) });
  assert.equal(judge(otherKey), "the signature of its answer is wrong");
  const otherQuestion = answerWith({ mac: Buffer.alloc(32) });
  assert.equal(judge(otherQuestion), "the signature of its answer is wrong");
  assert.equal(judge(answerWith({ mac }), WALL_MS + 301_000), "its answer is of another time");
  assert.match(judge(answerWith({ mac, error: "0012" }))!, /BADTIME/);
});

Deno.test("an answer that was changed anywhere is not believed, and nothing throws", () => {
  const { mac } = sign(MESSAGE, KEY, WALL_MS);
  const good = answerWith({ mac });
  fc.assert(fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, bits) => {
    // Case does not count in names, and TTL and class are not read.
    const isName = at >= 12 && at < 24 || at >= 34 && at < 47;
    const bad = Buffer.from(good);
    bad[at]! ^= bits;
    const said = distrust(bad, KEY, mac, WALL_MS);
    const isNotSigned = at >= 24 && at < 34;
    if (!isName && !isNotSigned && at > 1) assert.notEqual(said, undefined, `octet ${at}`);
  }));
});
