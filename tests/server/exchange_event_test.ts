/** Datagrams that nothing came of, as events. */
import assert from "node:assert/strict";
import { describeDrop } from "../../src/server/exchange_event.ts";
import { REQUEST } from "../support/dhcp_packets.ts";
import { Engine, macOf, requestBytes } from "../support/engine_fixture.ts";

const { ingress } = new Engine().requestOf({});
const bytes = requestBytes({ type: REQUEST });

Deno.test("a drop tells whose it is, where the datagram has a hardware address", () => {
  const macIn = (bytes: Uint8Array) => describeDrop({ bytes, ingress }, "no-address").mac;
  assert.equal(macIn(bytes), macOf(1));
  assert.equal(macIn(bytes.subarray(0, 34)), macOf(1), "as much of it as the address takes");
  assert.equal(macIn(bytes.subarray(0, 33)), undefined);
  assert.equal(macIn(new Uint8Array(0)), undefined);
  for (const octets of [0, 17]) {
    assert.equal(macIn(Uint8Array.from(bytes, (it, i) => i === 2 ? octets : it)), undefined);
  }
});

Deno.test("a drop of a flood costs no text", () => {
  assert.equal(describeDrop({ bytes, ingress }, "rate-limited").mac, undefined);
});
