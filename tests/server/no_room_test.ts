/** What is known of clients has a bound. At it, who is new gets no answer, and all others are served. */
import assert from "node:assert/strict";
import { LeaseRows } from "../../src/leases/lease_rows.ts";
import { LeaseTable } from "../../src/leases/lease_table.ts";
import { DECLINE, DISCOVER, INFORM, RELEASE, REQUEST } from "../support/dhcp_packets.ts";
import { type Ask, macOf, SERVER } from "../support/engine_fixture.ts";
import { packAll } from "../support/lease_list.ts";
import { makeLease, makeSubnet } from "../support/leases_fixture.ts";
import { makeConfig, start, startWith } from "./running_server.ts";

const [A, B] = ["192.168.1.100", "192.168.1.101"];

/** Has every table say that 4 GiB are taken while `work` runs. */
async function withoutRoom(work: () => void | Promise<void>): Promise<void> {
  const name = "hasRoom";
  const original = Object.getOwnPropertyDescriptor(LeaseRows.prototype, name)!;
  Object.defineProperty(LeaseRows.prototype, name, { ...original, get: () => false });
  try {
    await work();
  } finally {
    Object.defineProperty(LeaseRows.prototype, name, original);
  }
}

Deno.test("without room for its record a client gets no answer, by a rule that says so", async () => {
  const it = await start();
  assert.deepEqual(await it.ask({ type: REQUEST, server: SERVER, requested: A }), [`ACK ${A}`]);
  await withoutRoom(async () => {
    const stranger = { mac: macOf(2) };
    assert.deepEqual(await it.ask({ type: DISCOVER, ...stranger }), []);
    assert.deepEqual(
      await it.ask({ type: REQUEST, server: SERVER, requested: B, ...stranger }),
      [],
    );
    assert.deepEqual(it.rules().slice(-2), ["no-room", "no-room"]);
    assert.equal(it.leases.size, 1);
    const known: Ask = { type: REQUEST, ciaddr: A };
    assert.deepEqual(await it.ask(known), [`ACK ${A}`], "a renewal takes no room");
    assert.deepEqual(await it.ask({ type: INFORM, ciaddr: B, ...stranger }), ["ACK 0.0.0.0"]);
    assert.deepEqual(await it.ask({ type: RELEASE, server: SERVER, ciaddr: A }), []);
    assert.equal(it.rules().at(-1), "released");
    assert.deepEqual(await it.ask({ type: REQUEST, requested: A }), [`ACK ${A}`]);
    assert.deepEqual(await it.ask({ type: DECLINE, server: SERVER, requested: A }), []);
    assert.equal(it.rules().at(-1), "quarantined");
  });
  assert.deepEqual(await it.ask({ type: DISCOVER, mac: macOf(2), requested: B }), [`OFFER ${B}`]);
  await it.stop();
});

Deno.test("without room an offer that is probed for is not made, nor a quarantine", async () => {
  const config = makeConfig({
    pools: [`${A}-${B}`],
    conflictProbe: { beyondRouters: true, timeoutMs: 500 },
  });
  const it = await startWith(config);
  assert.deepEqual(await it.ask({ type: DISCOVER, requested: A }), []);
  await withoutRoom(async () => {
    assert.deepEqual(await it.answer(A, "02:0c:c0:00:00:99"), []);
    assert.deepEqual(await it.ask({ type: DISCOVER, requested: B, mac: macOf(2) }), []);
    assert.deepEqual(it.rules(), ["conflict", "no-room"]);
    assert.equal(it.leases.size, 0);
    it.server.reconfigure({ ...config, subnets: [makeSubnet({ pools: [A] })] });
  });
  await it.stop();
});

Deno.test("a journal of more than there is room for ends the start, and loses nothing", async () => {
  await withoutRoom(() => {
    const table = new LeaseTable([]);
    const load = () => {
      for (const packed of packAll([makeLease({ address: A })])) table.load(packed);
    };
    assert.throws(load, { name: "RecordsFullError", exitCode: 74 });
  });
});
