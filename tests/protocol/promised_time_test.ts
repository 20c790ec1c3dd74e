import assert from "node:assert/strict";
import type { LeaseTime } from "../../src/config/config.ts";
import { optionSeconds, REQUEST } from "../support/dhcp_packets.ts";
import { Engine, macOf, START_MS } from "../support/engine_fixture.ts";
import { numberedClient } from "../support/leases_fixture.ts";

const A = "192.168.1.100";
const TEN_MINUTES: LeaseTime = { defaultSeconds: 600, minSeconds: 600, maxSeconds: 600 };
const HOUR_MS = 3_600_000;

/** Client 1 renews, where the lease time is ten minutes, a lease that ends at `expiresAtMs`. */
function renew(expiresAtMs: number) {
  const lease = { address: A, client: numberedClient(1), expiresAtMs };
  const engine = new Engine({
    subnets: [{ pools: [A], leaseTime: TEN_MINUTES }],
    leases: [lease],
  });
  const { decision, packet } = engine.ask({ type: REQUEST, ciaddr: A, to: "192.168.1.1" });
  assert(decision?.kind === "reply-after-commit");
  return { engine, packet: packet!, change: decision.change };
}

Deno.test("a renewal for less time keeps the address until the earlier ACK's end (§3.1.4)", () => {
  const { engine, packet, change } = renew(START_MS + HOUR_MS);
  assert.equal(optionSeconds(packet, 51), 600, "the client is told the new time");
  assert.equal(change.expiresAtMs, START_MS + HOUR_MS);
  // The ACK got lost, say: the client goes by the one before it, and others have to wait.
  engine.advance(601);
  const other = { type: REQUEST, mac: macOf(2), requested: A, server: "192.168.1.1" };
  assert.equal(engine.decide(other).told, "NAK (address-not-available)");
  engine.advance(3600);
  assert.equal(engine.decide(other).told, `ACK ${A} (confirmed)`);
});

Deno.test("a renewal for more time extends the lease (§4.4.5)", () => {
  const { change } = renew(START_MS + 60_000);
  assert.equal(change.expiresAtMs, START_MS + 600_000);
});

Deno.test("a lease without end gets one when the config gives it one", () => {
  const { change } = renew(Infinity);
  assert.equal(change.expiresAtMs, START_MS + 600_000);
});

Deno.test("a lease of somebody else that has ended promises its address to nobody", () => {
  const lease = { address: A, client: numberedClient(2), expiresAtMs: START_MS - 1 };
  const engine = new Engine({ subnets: [{ pools: [A], leaseTime: TEN_MINUTES }], leases: [lease] });
  const { decision } = engine.decide({ type: REQUEST, requested: A });
  assert(decision?.kind === "reply-after-commit");
  assert.equal(decision.change.expiresAtMs, START_MS + 600_000);
});
