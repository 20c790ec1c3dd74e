/** Nothing that broke another server breaks this one, also when it comes many thousand times. */
import assert from "node:assert/strict";
import { type Lease, makeClient } from "../../src/leases/lease.ts";
import { decodeLine, encodeHeader, encodeLease } from "../../src/store/journal_format.ts";
import { FuzzEngine } from "./fuzz_engine.ts";
import { PUBLISHED_FLAWS, type PublishedFlaw } from "./published_flaws.ts";
import { buildPacket, parsePacket } from "../support/dhcp_packets.ts";

const BROADCAST = 0;
const UNICAST = 1;

function send(engine: FuzzEngine, { isUnicast }: PublishedFlaw, datagram: Uint8Array): string {
  const decision = engine.decide(datagram, isUnicast === true ? UNICAST : BROADCAST);
  const outcome = engine.carryOut(datagram, decision);
  if (typeof decision !== "string" && "change" in decision) assertReadBack(decision.change);
  return outcome;
}

/** What is written is what the reader of the next start takes (CVE-2019-6474). */
function assertReadBack(lease: Lease): void {
  const line = decodeLine(encodeLease(lease, 0).trimEnd());
  assert.equal(line.kind === "lease" && line.lease.client.key, lease.client.key);
}

/** DISCOVER and REQUEST of a client that does nothing wrong. */
function serveHonestClient(engine: FuzzEngine, number: number): void {
  const mac = `02:11:00:00:00:${number.toString(16).padStart(2, "0")}`;
  const discover = buildPacket({ xid: 1, mac, options: [[53, Uint8Array.of(1)]] });
  const offer = engine.decide(discover, BROADCAST);
  assert.ok(typeof offer !== "string" && "reply" in offer);
  const { yiaddr, options } = parsePacket(offer.reply.bytes);
  engine.carryOut(discover, offer);
  const server = options.find(([code]) => code === 54)!;
  const address = Uint8Array.from(yiaddr.split("."), Number);
  const choice = [[53, Uint8Array.of(3)], [50, address], server] as const;
  const request = buildPacket({ xid: 2, mac, options: choice });
  assert.match(engine.carryOut(request, engine.decide(request, BROADCAST)), /^ACK /);
}

for (const [i, flaw] of PUBLISHED_FLAWS.entries()) {
  Deno.test(`${flaw.name} (${flaw.flaw}): dropped or served, and so is who comes next`, () => {
    const engine = new FuzzEngine();
    for (const datagram of flaw.datagrams) assert.match(send(engine, flaw, datagram), flaw.expect);
    serveHonestClient(engine, i);
  });
}

/** CVE-2021-25217: hex with colons, as ISC's lease file has it, overran a buffer when it was read. */
const JOURNAL_LINES: readonly [what: string, clientId: string][] = [
  ["more octets than an option has", "00:".repeat(100_000) + "00"],
  ["a colon at the end", "01:02:"],
  ["two colons", "01::02"],
  ["digits that are none", "0g:zz"],
  ["a digit too many", "001:02"],
];
for (const [what, clientId] of JOURNAL_LINES) {
  Deno.test(`CVE-2021-25217 (hex in the file of leases): ${what} is a bad line or a lease`, () => {
    const lease: Lease = {
      address: 0x0a00_0001,
      client: makeClient(1, "02:00:00:00:00:01", "01"),
      state: "bound",
      updatedAtMs: 0,
      expiresAtMs: 1_000,
    };
    const line = encodeLease(lease, 0).replace('"client-id":"01"', `"client-id":"${clientId}"`);
    assert.ok(["bad", "lease"].includes(decodeLine(line.trimEnd()).kind));
    assert.equal(decodeLine(encodeHeader(0).trimEnd()).kind, "header");
  });
}

const ROUNDS = 300;
/** The memory in use is the least of so many rounds: what garbage there is comes and goes. */
const SPAN_ROUNDS = 100;
/** A leak of half a kilobyte a packet would add more. */
const GROWTH_MIB_MAX = 12;

const FLAT = `${ROUNDS} rounds of all of them, 100 s apart: memory is flat (CVE-2018-5733, ` +
  "CVE-2022-2928, CVE-2022-2929, CVE-2019-14834, CVE-2017-14495)";
Deno.test(FLAT, () => {
  const engine = new FuzzEngine();
  const spansMib: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const flaw of PUBLISHED_FLAWS) {
      for (const datagram of flaw.datagrams) send(engine, flaw, datagram);
    }
    engine.advance(100_000);
    const span = Math.floor(round / SPAN_ROUNDS);
    spansMib[span] = Math.min(spansMib[span] ?? Infinity, usedMib());
  }
  const growthMib = spansMib.at(-1)! - spansMib[0]!;
  assert.ok(growthMib < GROWTH_MIB_MAX, `grew by ${growthMib.toFixed(1)} MiB`);
});

/** Heap and array buffers: what the table keeps is in the latter. */
function usedMib(): number {
  const { heapUsed, external } = Deno.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}
