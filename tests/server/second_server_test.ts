/** A server that lets another one answer first: `offer-delay`, `min-secs`. */
import assert from "node:assert/strict";
import { CLEAR_MS } from "../../src/server/conflict_probes.ts";
import { DISCOVER, REQUEST } from "../support/dhcp_packets.ts";
import { type Ask, Engine, macOf, OTHER_SERVER, SERVER } from "../support/engine_fixture.ts";
import { loadedConfig } from "../support/loaded_config.ts";
import { startWith } from "./running_server.ts";

const A = "192.168.1.100";
const HERS: Ask = { type: DISCOVER, requested: A };

/** The interface of the server is lan0. */
function startSecond(...lines: readonly string[]) {
  return startWith(loadedConfig(
    "interfaces: lan0",
    "rate-limits: off",
    ...lines,
    "subnets: [{ subnet: 192.168.1.0/24, pools: 192.168.1.100-192.168.1.109 }]",
  ));
}

Deno.test("offer-delay: an OFFER waits, an ACK does not, and the loop goes on meanwhile", async () => {
  const it = await startSecond("conflict-probe: off", "offer-delay: 2s");
  assert.deepEqual(await it.ask(HERS), []);
  await it.pass(1_000);
  assert.deepEqual(await it.ask({ type: DISCOVER, mac: macOf(2), requested: "192.168.1.101" }), []);
  assert.deepEqual(await it.ask({ type: REQUEST, requested: "192.168.1.105", mac: macOf(3) }), [
    "ACK 192.168.1.105",
  ]);
  assert.deepEqual(await it.pass(990), []);
  assert.deepEqual(await it.pass(20), [`OFFER ${A}`]);
  assert.deepEqual(await it.pass(1_000), ["OFFER 192.168.1.101"]);
  assert.deepEqual(it.rules().filter((rule) => rule === "requested-address").length, 2);
  assert.deepEqual(await it.ask({ type: REQUEST, server: SERVER, requested: A }), [`ACK ${A}`]);
  await it.stop();
});

Deno.test("offer-delay: a client that repeats itself is answered once, as the first was due", async () => {
  const it = await startSecond("conflict-probe: off", "offer-delay: 2s");
  await it.ask(HERS);
  await it.pass(1_500);
  assert.deepEqual(await it.ask(HERS), []);
  assert.deepEqual(await it.pass(510), [`OFFER ${A}`]);
  assert.deepEqual(await it.pass(5_000), []);
  await it.stop();
});

Deno.test("offer-delay: nothing is offered any more to who chose the other server", async () => {
  const it = await startSecond("conflict-probe: off", "offer-delay: 2s");
  await it.ask(HERS);
  await it.pass(500);
  assert.deepEqual(await it.ask({ type: REQUEST, server: OTHER_SERVER, requested: A }), []);
  assert.deepEqual(await it.pass(5_000), []);
  assert.deepEqual(it.rules(), ["other-server-chosen"]);
  await it.stop();
});

Deno.test("offer-delay: a probe is part of it, and whichever is longer counts", async () => {
  const longer = await startSecond("conflict-probe: { timeout: 500ms }", "offer-delay: 2s");
  await longer.ask(HERS);
  assert.deepEqual(longer.probed(), [`arp ${A}`]);
  assert.deepEqual(await longer.pass(1_980), []);
  assert.deepEqual(await longer.pass(30), [`OFFER ${A}`]);
  await longer.stop();
  const shorter = await startSecond("conflict-probe: { timeout: 500ms }", "offer-delay: 100ms");
  await shorter.ask(HERS);
  assert.deepEqual(await shorter.pass(480), []);
  assert.deepEqual(await shorter.pass(30), [`OFFER ${A}`]);
  await shorter.stop();
});

Deno.test("offer-delay: an address in use is passed over, and the next one waits no longer for it", async () => {
  const it = await startSecond("conflict-probe: { timeout: 500ms }", "offer-delay: 2s");
  await it.ask(HERS);
  await it.pass(300);
  await it.answer(A, "02:0c:c0:00:00:99");
  assert.deepEqual(await it.pass(1_690), []);
  assert.match((await it.pass(20)).join(), /^OFFER 192\.168\.1\.10[1-9]$/);
  await it.stop();
});

Deno.test("offer-delay: to wait is not to ask, so an address is probed again when its time is over", async () => {
  const it = await startSecond("conflict-probe: { timeout: 500ms }", "offer-delay: 2s");
  await it.ask(HERS);
  assert.deepEqual(await it.pass(2_010), [`OFFER ${A}`]);
  assert.deepEqual(it.probed(), [`arp ${A}`]);
  await it.pass(CLEAR_MS - 3_000);
  await it.ask(HERS);
  assert.deepEqual(await it.pass(2_010), [`OFFER ${A}`]);
  assert.deepEqual(it.probed(), [], "it is known for unused");
  await it.pass(1_000);
  await it.ask(HERS);
  assert.deepEqual(it.probed(), [`arp ${A}`], "since it was asked for, not since it was offered");
  await it.stop();
});

Deno.test("min-secs: a DISCOVER is answered once its client has asked for so long", () => {
  const config = loadedConfig(
    "interfaces: eth0",
    "conflict-probe: off",
    "min-secs: 3s",
    "classes: [{ name: ours, match: { user-class: ours }, min-secs: 0s }]",
    "subnets: [{ subnet: 192.168.1.0/24, pools: 192.168.1.100 }]",
  );
  const told = (secs: number, ask: Ask = {}) =>
    new Engine({ config }).decide({ ...HERS, secs, ...ask }).told;
  assert.equal(told(0), "silence (too-early)");
  assert.equal(told(2), "silence (too-early)");
  assert.equal(told(3), `OFFER ${A} (requested-address)`);
  assert.equal(told(0x200), "silence (too-early)", "2, with its octets the wrong way round");
  assert.equal(told(0x300), `OFFER ${A} (requested-address)`);
  const ours: Ask = { options: [[77, new TextEncoder().encode("ours")]] };
  assert.equal(told(0, ours), `OFFER ${A} (requested-address)`, "the nearest scope counts");
  assert.match(told(0, { type: REQUEST, requested: A }), /^ACK/, "only a DISCOVER waits");
});
