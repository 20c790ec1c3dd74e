import assert from "node:assert/strict";
import { REQUEST } from "../support/dhcp_packets.ts";
import {
  type AnswerRow,
  type Ask,
  Engine,
  hexOctets,
  SERVER,
  testAnswers,
} from "../support/engine_fixture.ts";

const A = "192.168.1.100";
const ELSEWHERE = "172.16.0.9";
const RELAY = "10.20.0.1";
const RELAY_INFORMATION = hexOctets("01:04:00:ff:00:52:02:00");
const OPTIONS = new Map([
  [3, Uint8Array.of(192, 168, 1, 1)],
  [15, new TextEncoder().encode("home.arpa")],
]);
const GIVEN = {
  subnets: [
    { subnet: "10.20.0.0/16", pools: ["10.20.1.0-10.20.1.255"], options: OPTIONS },
    { pools: [A], options: OPTIONS },
  ],
};
const RELAYED = { giaddr: RELAY, from: RELAY, to: SERVER };

/** REQUESTs that are refused, in each state and by each way that they can take. */
const REFUSED: readonly (Ask & { readonly state: string })[] = [
  { state: "SELECTING", type: REQUEST, server: SERVER, requested: ELSEWHERE },
  { state: "INIT-REBOOT", type: REQUEST, requested: ELSEWHERE },
  { state: "RENEWING", type: REQUEST, ciaddr: ELSEWHERE, from: "0.0.0.0", to: SERVER },
  { state: "REBINDING", type: REQUEST, ciaddr: ELSEWHERE },
];

testAnswers(REFUSED.flatMap(({ state, ...when }): AnswerRow[] => [
  {
    name: `NAK in ${state} is broadcast when giaddr is zero (§4.1: in all cases)`,
    given: GIVEN,
    when,
    expect: "NAK (wrong-network)",
    destination: "broadcast",
  },
  {
    name: `NAK in ${state} goes to the relay when giaddr is not zero (§4.1)`,
    given: GIVEN,
    when: { ...when, ...RELAYED },
    expect: "NAK (wrong-network)",
    destination: `relay ${RELAY}`,
  },
]));

for (const { state, ...ask } of REFUSED) {
  Deno.test(`NAK in ${state}: no ciaddr, no yiaddr, nothing of lease or network (table 3)`, () => {
    const { packet } = new Engine(GIVEN).decide({
      ...ask,
      list: [1, 3, 15, 28, 51, 58, 59],
      clientId: "01:02",
      options: [[51, hexOctets("00:00:0e:10")]],
    });
    assert.deepEqual([packet!.ciaddr, packet!.yiaddr, packet!.siaddr], Array(3).fill("0.0.0.0"));
    assert.deepEqual(packet!.options, [
      [53, Uint8Array.of(6)],
      [54, Uint8Array.of(192, 168, 1, 1)],
      [56, new TextEncoder().encode("wrong-network")],
      [61, Uint8Array.of(1, 2)],
    ]);
  });

  Deno.test(`NAK in ${state} through a relay has the broadcast bit set (§4.3.2: MUST)`, () => {
    for (const [flags, expected] of [[0, 0x8000], [0x8000, 0x8000], [0x0001, 0x8001]] as const) {
      const { packet } = new Engine(GIVEN).decide({ ...ask, ...RELAYED, flags });
      assert.equal(packet!.flags, expected);
      assert.equal(packet!.giaddr, RELAY);
    }
  });

  Deno.test(`NAK in ${state} without a relay has the flags of the request (table 3)`, () => {
    for (const flags of [0, 0x8000, 0x0001]) {
      assert.equal(new Engine(GIVEN).decide({ ...ask, flags }).packet!.flags, flags);
    }
  });

  Deno.test(`NAK in ${state} echoes option 82 byte for byte, last (RFC 3046 §2.2)`, () => {
    const options = [[82, RELAY_INFORMATION], [60, Uint8Array.of(1)]] as const;
    const { packet } = new Engine(GIVEN).decide({ ...ask, ...RELAYED, options });
    assert.deepEqual(packet!.options.map(([code]) => code), [53, 54, 56, 82]);
    assert.deepEqual(packet!.options.at(-1), [82, RELAY_INFORMATION]);
  });
}

Deno.test("a NAK changes no lease and promises no address", () => {
  const { decision } = new Engine(GIVEN).decide({ type: REQUEST, requested: ELSEWHERE });
  assert(decision?.kind === "reply");
  assert.equal(decision.offer, undefined);
  assert.equal(decision.leaseSeconds, undefined);
});
