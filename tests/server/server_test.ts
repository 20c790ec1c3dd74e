/** The loop on an in-memory link and store: what leaves when, and what is never given. */
import assert from "node:assert/strict";
import { IN_FLIGHT_MAX, IN_FLIGHT_TO_OFFER_MAX } from "../../src/server/commits.ts";
import { DECLINE, DISCOVER, INFORM, RELEASE, REQUEST } from "../support/dhcp_packets.ts";
import { type Ask, macOf, SERVER } from "../support/engine_fixture.ts";
import {
  dotted,
  ip,
  makeLease,
  numberedClient,
  rangesOf,
  type SubnetSketch,
} from "../support/leases_fixture.ts";
import { makeConfig, settle, start, startWith } from "./running_server.ts";

const TAKE: Ask = { type: REQUEST, server: SERVER, requested: "192.168.1.100" };

Deno.test("an ACK leaves when its lease is durable, an OFFER at once (RFC 2131 §3.1.4)", async () => {
  const it = await start();
  it.store.isHolding = true;
  const hers: Ask = { ...TAKE, mac: "02:00:00:00:00:02", requested: "192.168.1.101" };
  assert.deepEqual(await it.ask(TAKE, { type: DISCOVER, requested: "192.168.1.102" }), [
    "OFFER 192.168.1.100", // its own lease already, though that is not on disk yet
  ]);
  assert.deepEqual(await it.ask(hers), [], "the second group waits, too");
  it.store.release(1);
  await settle();
  assert.deepEqual(it.sent(), ["ACK 192.168.1.100"]);
  it.store.release();
  await settle();
  assert.deepEqual(it.sent(), ["ACK 192.168.1.101"]);
  await it.stop();
});

Deno.test("room to send is for ACKs of leases first", async () => {
  const it = await start();
  const standings: unknown[] = [];
  it.link.send = (replies, standing = "paid") => void standings.push([replies.length, standing]);
  const inform: Ask = { type: INFORM, ciaddr: "192.168.1.7", mac: macOf(2) };
  await it.ask(TAKE, { type: DISCOVER, mac: macOf(3) }, inform);
  assert.deepEqual(standings, [[2, "free"], [1, "paid"]]);
  await it.stop();
});

Deno.test("no ACK leaves when its lease cannot be written; the log says so once", async () => {
  const it = await start();
  it.store.failure = "the disk is full";
  assert.deepEqual(await it.ask(TAKE), []);
  assert.deepEqual(await it.ask(TAKE), []);
  assert.deepEqual(it.outcomes(), ["lost", "lost"]);
  it.store.failure = undefined;
  assert.deepEqual(await it.ask(TAKE), ["ACK 192.168.1.100"]);
  assert.deepEqual(it.notices(), [
    "the disk is full; no client gets an ACK until it can be written",
    "the lease journal is written again",
  ]);
  await it.stop();
});

/** Room for more clients than may wait for the disk; client `n` takes the address `n`. */
const WIDE: SubnetSketch = { subnet: "192.168.0.0/16", pools: ["192.168.100.0-192.168.200.0"] };
const ADDRESS_0 = ip("192.168.100.0");

function take(n: number): Ask {
  return { type: REQUEST, server: SERVER, requested: dotted(ADDRESS_0 + n)!, mac: macOf(n) };
}

Deno.test("while the disk is far behind, DISCOVERs go first, and no ACK that was promised", async () => {
  const it = await start(WIDE);
  it.store.isHolding = true;
  const takeMany = async (from: number, to: number) => {
    for (let n = from; n < to; n += 512) {
      await it.ask(...Array.from({ length: Math.min(512, to - n) }, (_, i) => take(n + i)));
    }
  };
  const discover: Ask = { type: DISCOVER, mac: macOf(60_000) };
  await takeMany(0, IN_FLIGHT_TO_OFFER_MAX - 1);
  assert.equal((await it.ask(discover)).length, 1, "not yet far behind");
  await takeMany(IN_FLIGHT_TO_OFFER_MAX - 1, IN_FLIGHT_TO_OFFER_MAX);
  assert.deepEqual(await it.ask(discover), [], "an offer makes a REQUEST that has to wait, too");
  assert.deepEqual(it.rules().at(-1), "overloaded");

  await takeMany(IN_FLIGHT_TO_OFFER_MAX, IN_FLIGHT_MAX);
  const last = IN_FLIGHT_MAX;
  assert.deepEqual(it.rules().filter((rule) => rule === "overloaded").length, 1);
  assert.deepEqual(await it.ask(take(last)), []);
  assert.deepEqual(it.rules().at(-1), "overloaded");
  assert.equal(it.leases.get(ADDRESS_0 + last), undefined, "nothing is noted of it");
  const inform: Ask = { type: INFORM, ciaddr: "192.168.255.1", mac: macOf(60_001) };
  assert.equal((await it.ask(inform)).length, 1, "what changes no lease is answered");

  it.store.isHolding = false;
  it.store.release();
  await settle();
  const acks = it.sent();
  assert.equal(acks.length, IN_FLIGHT_MAX, "every ACK that was promised");
  assert.equal(new Set(acks).size, IN_FLIGHT_MAX);
  assert.equal((await it.ask(discover)).length, 1);
  assert.deepEqual(await it.ask(take(last)), [`ACK ${dotted(ADDRESS_0 + last)}`]);
  await it.stop();
});

Deno.test("the limit holds within one batch, and for everything that changes a lease", async () => {
  const it = await start(WIDE);
  assert.equal((await it.ask(take(0))).length, 1);
  const before = it.leases.get(ADDRESS_0);
  it.store.isHolding = true;
  const batch = Array.from({ length: IN_FLIGHT_MAX + 3 }, (_, i) => take(i + 1));
  assert.deepEqual(await it.ask(...batch), []);
  assert.equal(it.leases.size, 1 + IN_FLIGHT_MAX);
  assert.equal(it.store.heldCount, 1);
  const overloaded = () => it.rules().filter((rule) => rule === "overloaded").length;
  assert.equal(overloaded(), 3, "the newest of the batch");

  const mine = { mac: macOf(0), server: SERVER };
  const address = dotted(ADDRESS_0)!;
  assert.deepEqual(await it.ask({ type: REQUEST, mac: macOf(0), ciaddr: address }), []);
  assert.deepEqual(await it.ask({ type: RELEASE, ...mine, ciaddr: address }), []);
  assert.deepEqual(await it.ask({ type: DECLINE, ...mine, requested: address }), []);
  assert.equal(overloaded(), 6);
  assert.deepEqual(it.leases.get(ADDRESS_0), before, "renewed, released, declined: not noted");
  assert.equal(it.store.heldCount, 1, "and nothing more waits");
  const stray: Ask = { type: REQUEST, mac: macOf(60_000), requested: "10.0.0.1" };
  assert.deepEqual(await it.ask(stray), ["NAK 0.0.0.0"], "a refusal waits for nothing");

  it.store.isHolding = false;
  it.store.release();
  await settle();
  assert.equal(it.sent().length, IN_FLIGHT_MAX);
  assert.deepEqual(await it.ask({ type: REQUEST, mac: macOf(0), ciaddr: address }), [
    `ACK ${address}`,
  ]);
  assert.equal(it.store.records.length, 1 + IN_FLIGHT_MAX + 1);
  await it.stop();
});

Deno.test("what waits for a lease on its way to disk is bounded, and no ACK of it lost", async () => {
  const it = await startWith({ ...makeConfig(WIDE), renewWriteThreshold: 0.5 });
  it.clock.advance(1000); // a lease of this life
  it.store.isHolding = true;
  assert.deepEqual(await it.ask(take(0)), []);
  const ciaddr = dotted(ADDRESS_0)!;
  const renew: Ask = { type: REQUEST, mac: macOf(0), ciaddr };
  const renewMany = (count: number) => it.ask(...Array.from({ length: count }, () => renew));
  assert.deepEqual(await renewMany(IN_FLIGHT_TO_OFFER_MAX - 1), []);
  assert.deepEqual(await it.ask({ type: DISCOVER, mac: macOf(1) }), []);
  assert.deepEqual(it.rules(), ["overloaded"], "an offer goes first");
  assert.deepEqual(await renewMany(IN_FLIGHT_MAX), [], "more than there is room for, in one batch");
  assert.deepEqual(await it.ask(renew, take(1)), []);
  const overloaded = () => it.rules().filter((rule) => rule === "overloaded").length;
  assert.equal(overloaded(), 1 + IN_FLIGHT_TO_OFFER_MAX + 2, "a change finds no room either");

  it.store.isHolding = false;
  it.store.release();
  await settle();
  assert.deepEqual(it.sent(), Array.from({ length: IN_FLIGHT_MAX }, () => `ACK ${ciaddr}`));
  assert.deepEqual(await it.ask(renew, take(1)), [`ACK ${ciaddr}`, `ACK ${dotted(ADDRESS_0 + 1)}`]);
  assert.equal(it.store.records.length, 2, "no renewal was written");
  await it.stop();
});

Deno.test("what the disk refuses makes room again, as what it takes does", async () => {
  const it = await start(WIDE);
  const batch = Array.from({ length: IN_FLIGHT_MAX }, (_, i) => take(i));
  const next = take(IN_FLIGHT_MAX);
  it.store.isHolding = true;
  assert.deepEqual(await it.ask(...batch), []);
  assert.deepEqual(await it.ask(next), []);
  it.store.isHolding = false;
  it.store.fail("the disk is gone");
  await settle();
  assert.deepEqual(it.sent(), [], "no ACK without its lease on disk");
  assert.equal(it.outcomes().filter((outcome) => outcome === "lost").length, batch.length);
  assert.deepEqual(await it.ask(next), [`ACK ${next.requested}`]);
  assert.equal((await it.ask({ type: DISCOVER, mac: macOf(60_000) })).length, 1);
  assert.equal((await it.ask(...batch)).length, batch.length, "they asked again");
  await it.stop();
});

Deno.test("stopping waits for the groups under way, and their ACKs are not sent into nothing", async () => {
  const it = await start();
  it.store.isHolding = true;
  await it.ask(TAKE);
  await it.stop();
  assert.equal(it.store.records.length, 1);
});

Deno.test("no client gets the server's own address, whatever the pools say", async () => {
  const it = await start({ pools: ["192.168.1.1-192.168.1.2"] });
  assert.deepEqual(await it.ask({ type: DISCOVER, requested: SERVER }), ["OFFER 192.168.1.2"]);
  assert.deepEqual(await it.ask({ type: REQUEST, requested: SERVER, mac: "02:00:00:00:00:02" }), [
    "NAK 0.0.0.0",
  ]);
  assert.deepEqual(await it.ask({ type: DISCOVER, mac: "02:00:00:00:00:03" }), []);
  assert.deepEqual(it.notices(), [
    "192.168.1.1 is this machine's own address, so no client gets it; leave it out of the pools " +
    "and reservations",
  ]);
  await it.stop();
});

Deno.test("no client gets an address that the server takes on while it runs", async () => {
  const it = await start({ pools: ["192.168.1.2"] });
  it.link.addAddress("lan0", "192.168.1.2/24");
  assert.deepEqual(await it.ask({ type: DISCOVER }), []);
  assert.deepEqual(it.server.runningConfig.subnets.flatMap(rangesOf), []);
  await it.stop();
});

Deno.test("a client does not keep an address that the server has taken since", async () => {
  const it = await start();
  assert.deepEqual(await it.ask(TAKE), ["ACK 192.168.1.100"]);
  it.link.addAddress("lan0", "192.168.1.100/24");
  it.link.addAddress("lan0", "192.168.1.210/24");
  assert.deepEqual(await it.ask({ type: REQUEST, requested: "192.168.1.100" }), ["NAK 0.0.0.0"]);
  assert.equal(it.notices().length, 1, "told once");
  await it.stop();
});

Deno.test("no client gets an address that the server has on an interface it does not serve", async () => {
  const it = await start({ pools: ["192.168.1.2-192.168.1.3"] });
  it.link.addInterface("lo", "192.168.1.2/32");
  assert.deepEqual(await it.ask({ type: DISCOVER, requested: "192.168.1.2" }), [
    "OFFER 192.168.1.3",
  ]);
  await it.stop();
});

Deno.test("no client gets the server's own address by a reservation", async () => {
  const mac = "02:00:00:00:00:01";
  const it = await start({ pools: ["192.168.1.9"], reservations: [{ mac, address: SERVER }] });
  assert.deepEqual(await it.ask({ type: DISCOVER, mac }), ["OFFER 192.168.1.9"]);
  assert.equal(it.notices().length, 1);
  await it.stop();
});

Deno.test("a client that waits for its reserved address is told of once, and who has it", async () => {
  const it = await start({
    pools: ["192.168.1.100-192.168.1.109"],
    reservations: [{ mac: macOf(1), address: "192.168.1.10" }],
  });
  const waits = () =>
    it.events.flatMap((event) => event.kind === "reservation-waits" ? [event] : []);
  const lasts = { expiresAtMs: Infinity };
  it.leases.put(makeLease({ address: "192.168.1.10", client: numberedClient(2), ...lasts }));
  await it.ask({ type: DISCOVER, mac: macOf(1) }, { type: DISCOVER, mac: macOf(1) });
  await it.ask({ type: DISCOVER, mac: macOf(3) });
  assert.equal(waits().length, 1);
  assert.equal(dotted(waits()[0]?.address), "192.168.1.10");
  assert.equal(waits()[0]?.holder?.client.key, numberedClient(2).key);
  it.leases.put(makeLease({ address: "192.168.1.10", client: numberedClient(3), ...lasts }));
  await it.ask({ type: DISCOVER, mac: macOf(1) });
  assert.equal(waits()[1]?.holder?.client.key, numberedClient(3).key, "another holder is news");
  await it.stop();
});

Deno.test("a lease that is given up for another is on disk with it, before the ACK", async () => {
  const it = await start({
    pools: ["192.168.1.100-192.168.1.109"],
    reservations: [{ mac: macOf(1), address: "192.168.1.10" }],
  });
  const lasts = { expiresAtMs: Infinity };
  it.leases.put(makeLease({ address: "192.168.1.100", client: numberedClient(1), ...lasts }));
  await it.ask({ type: DISCOVER, mac: macOf(1) });
  assert.deepEqual(await it.ask({ ...TAKE, mac: macOf(1), requested: "192.168.1.10" }), [
    "ACK 192.168.1.10",
  ]);
  const written = it.store.records.map(({ address, state }) => `${dotted(address)} ${state}`);
  assert.deepEqual(written, ["192.168.1.100 released", "192.168.1.10 bound"]);
  await it.stop();
});

Deno.test("while a reload opens interfaces, the new config is the one that runs", async () => {
  const it = await start();
  const seen: unknown[] = [];
  it.link.serve = () => seen.push(it.server.runningConfig);
  const config = makeConfig({ subnet: "192.168.2.0/24" });
  it.server.reconfigure(config);
  assert.deepEqual(seen, [config]);
  await it.stop();
});
