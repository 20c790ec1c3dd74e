/** A lease with two messages (RFC 4039). */
import assert from "node:assert/strict";
import {
  DISCOVER,
  option,
  optionAddress,
  type PacketOption,
  REQUEST,
} from "../support/dhcp_packets.ts";
import {
  type AnswerRow,
  type Ask,
  Engine,
  macOf,
  SERVER,
  testAnswers,
} from "../support/engine_fixture.ts";

const A = "192.168.1.100";
const RELAY = "192.168.1.254";
const GIVEN = { subnets: [{ pools: [A], rapidCommit: true, relays: [RELAY] }] };
const RAPID: PacketOption = [80, new Uint8Array(0)];
const ASK: Ask = { type: DISCOVER, options: [RAPID] };

const ROWS: readonly AnswerRow[] = [
  {
    name: "DISCOVER with option 80: an ACK, where an OFFER would go (RFC 4039 §3.1)",
    given: GIVEN,
    when: ASK,
    expect: `ACK ${A} (free-address)`,
    destination: `hardware ${macOf(1)} ${A}`,
  },
  {
    name: "DISCOVER without option 80: an OFFER (RFC 4039 §3.1)",
    given: GIVEN,
    when: { type: DISCOVER },
    expect: `OFFER ${A} (free-address)`,
  },
  {
    name: "DISCOVER with option 80 where the config does not allow it: an OFFER (RFC 4039 §3.1)",
    given: { subnets: [{ pools: [A] }] },
    when: ASK,
    expect: `OFFER ${A} (free-address)`,
  },
  {
    name: "an option 80 that is not empty is none (RFC 4039 §4: length 0)",
    given: GIVEN,
    when: { type: DISCOVER, options: [[80, Uint8Array.of(1)]] },
    expect: `OFFER ${A} (free-address)`,
  },
  {
    name: "DISCOVER with option 80, again: the same lease, since the first ACK may be lost",
    given: GIVEN,
    after: [ASK],
    when: ASK,
    expect: `ACK ${A} (current-binding)`,
  },
  {
    name: "DISCOVER with option 80 by a relay agent: the ACK goes to it",
    given: GIVEN,
    when: { ...ASK, giaddr: RELAY },
    expect: `ACK ${A} (free-address)`,
    destination: `relay ${RELAY}`,
  },
  {
    name: "DISCOVER with option 80 where no address is free: silence",
    given: { ...GIVEN, leases: [{ address: A }] },
    when: { ...ASK, mac: macOf(2) },
    expect: "silence (pool-exhausted)",
  },
  {
    name: "REQUEST with option 80 is a REQUEST like any",
    given: GIVEN,
    after: [{ type: DISCOVER }],
    when: { type: REQUEST, server: SERVER, requested: A, options: [RAPID] },
    expect: `ACK ${A} (outstanding-offer)`,
  },
];

testAnswers(ROWS);

Deno.test("the ACK has option 80, what an OFFER has, and its lease on disk first (§3.1, §4)", () => {
  const engine = new Engine(GIVEN);
  const list = [80, 3, 6];
  const offer = engine.decide({ type: DISCOVER, list }).packet!;
  const { packet, decision } = engine.ask({ ...ASK, list });
  assert.deepEqual(option(packet!, 80), new Uint8Array(0));
  assert.equal(optionAddress(packet!, 54), SERVER);
  const codes = packet!.options.map(([code]) => code).filter((code) => code !== 80);
  assert.deepEqual(codes, offer.options.map(([code]) => code));
  assert(decision?.kind === "reply-after-commit");
  assert.equal(decision.change.state, "bound");
  assert.equal(engine.leases.counts(engine.subnet()).used, 1);
});

Deno.test("option 80 is in no other message (RFC 4039 §4: MUST NOT)", () => {
  const engine = new Engine(GIVEN);
  const asks: readonly Ask[] = [
    { type: DISCOVER, list: [80] },
    { type: REQUEST, server: SERVER, requested: A, list: [80], options: [RAPID] },
    { type: REQUEST, requested: "10.0.0.1", list: [80], options: [RAPID] },
  ];
  for (const ask of asks) {
    const { packet, told } = engine.ask(ask);
    assert.equal(option(packet!, 80), undefined, told);
  }
});
