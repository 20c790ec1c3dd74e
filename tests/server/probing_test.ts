/** The loop, before an address is given for the first time: RFC 2131 §2.2, §3.1 step 2, §4.4.1. */
import assert from "node:assert/strict";
import { CLEAR_MS } from "../../src/server/conflict_probes.ts";
import { IN_FLIGHT_MAX, IN_FLIGHT_TO_OFFER_MAX } from "../../src/server/commits.ts";
import { CONFLICTS_FOR_A_REQUEST_MAX } from "../../src/server/server.ts";
import { DISCOVER, RELEASE, REQUEST } from "../support/dhcp_packets.ts";
import { type Ask, macOf, SERVER } from "../support/engine_fixture.ts";
import { dotted, ip, type SubnetSketch } from "../support/leases_fixture.ts";
import { makeConfig, start } from "./running_server.ts";

const TIMEOUT_MS = 500;
const PROBE = { beyondRouters: true, timeoutMs: TIMEOUT_MS };
const LAN: SubnetSketch = {
  pools: ["192.168.1.100-192.168.1.103"],
  conflictProbe: PROBE,
};
const RELAYED: SubnetSketch = {
  subnet: "10.20.0.0/24",
  pools: ["10.20.0.50-10.20.0.51"],
  conflictProbe: PROBE,
};
const [A, B, C] = ["192.168.1.100", "192.168.1.101", "192.168.1.102"];
const OCCUPANT = "02:0c:c0:00:00:99";

/** The first client's DISCOVER, for address A. */
const HERS: Ask = { type: DISCOVER, requested: A };
const HIS: Ask = { type: DISCOVER, requested: B, mac: macOf(2) };

type Server = Awaited<ReturnType<typeof start>>;

function conflictsOf(it: Server): string[] {
  return it.events.flatMap((event) =>
    event.kind === "conflict" ? [`${dotted(event.address)} ${event.occupant}`] : []
  );
}

Deno.test("RFC 2131 §2.2: an address is probed, and offered when nobody answered in time", async () => {
  const it = await start(LAN);
  assert.deepEqual(await it.ask(HERS), []);
  assert.deepEqual(it.probed(), [`arp ${A}`]);
  assert.deepEqual(await it.pass(TIMEOUT_MS - 10), []);
  assert.deepEqual(it.rules(), [], "nothing is said before it is decided");
  assert.deepEqual(await it.pass(20), [`OFFER ${A}`]);
  assert.deepEqual(it.rules(), ["requested-address"], "why the address was chosen");
  assert.deepEqual(it.probed(), []);
  await it.stop();
});

Deno.test("without conflict-probe an OFFER leaves at once, and nothing is probed", async () => {
  const it = await start({ ...LAN, conflictProbe: undefined });
  assert.deepEqual(await it.ask(HERS), [`OFFER ${A}`]);
  assert.deepEqual(it.probed(), []);
  await it.stop();
});

Deno.test("an address in use goes into quarantine, and the client gets the next one", async () => {
  const it = await start({ ...LAN, pools: [`${A}-${B}`] });
  await it.ask(HERS);
  assert.deepEqual(await it.answer(A, OCCUPANT), [], "the next one is probed, too");
  assert.deepEqual(it.probed(), [`arp ${A}`, `arp ${B}`]);
  const lease = it.leases.get(ip(A));
  assert.equal(lease?.state, "declined");
  assert.equal(lease.client.key, `hw:1:${OCCUPANT}`, "shown as what has it");
  assert.equal(lease.expiresAtMs - lease.updatedAtMs, 86_400_000, "quarantine-time");
  assert.deepEqual(it.store.records, [lease], "a restart knows of it");
  assert.deepEqual(conflictsOf(it), [`${A} ${OCCUPANT}`]);
  assert.deepEqual(await it.pass(TIMEOUT_MS), [`OFFER ${B}`]);
  assert.deepEqual(it.rules(), ["free-address"]);
  await it.stop();
});

Deno.test("an address that nobody answered for is not probed again for 30 s", async () => {
  const it = await start(LAN);
  await it.ask(HERS);
  assert.equal((await it.pass(TIMEOUT_MS)).length, 1);
  assert.deepEqual(it.probed(), [`arp ${A}`]);
  assert.deepEqual(await it.ask(HERS), [`OFFER ${A}`]);
  await it.pass(CLEAR_MS - 1);
  assert.deepEqual(await it.ask(HERS), [`OFFER ${A}`]);
  assert.deepEqual(it.probed(), []);
  await it.pass(1);
  assert.deepEqual(await it.ask(HERS), [], "30 s are over");
  assert.deepEqual(it.probed(), [`arp ${A}`]);
  await it.stop();
});

Deno.test("an address that the client has by a lease is not probed: it would answer", async () => {
  const it = await start({ ...LAN, reservations: [{ mac: macOf(2), address: C }] });
  await it.ask({ type: REQUEST, server: SERVER, requested: A });
  await it.ask({ type: REQUEST, server: SERVER, requested: C, mac: macOf(2) });
  assert.deepEqual(await it.ask({ type: DISCOVER }), [`OFFER ${A}`]);
  assert.deepEqual(await it.ask({ type: DISCOVER, mac: macOf(2) }), [`OFFER ${C}`]);
  assert.deepEqual(it.probed(), []);
  await it.ask({ type: RELEASE, ciaddr: A, server: SERVER });
  assert.deepEqual(await it.ask({ type: DISCOVER }), [], "it gave the address back");
  assert.deepEqual(it.probed(), [`arp ${A}`]);
  await it.stop();
});

Deno.test("a reserved address in use goes into quarantine, too, and its client gets another", async () => {
  const it = await start({ ...LAN, reservations: [{ mac: macOf(1), address: C }] });
  await it.ask({ type: DISCOVER });
  await it.answer(C, OCCUPANT);
  assert.deepEqual(it.probed()[0], `arp ${C}`);
  const [offer] = await it.pass(TIMEOUT_MS);
  assert.match(offer!, /^OFFER 192\.168\.1\.10[013]$/);
  await it.stop();
});

Deno.test("RFC 2131 §4.4.1: a repeated DISCOVER neither starts a probe nor breaks one", async () => {
  const it = await start(LAN);
  await it.ask({ ...HERS, xid: 1 });
  await it.pass(300);
  await it.ask({ ...HERS, xid: 2, options: [[12, new TextEncoder().encode("pi")]] });
  assert.deepEqual(it.probed(), [`arp ${A}`]);
  await it.pass(TIMEOUT_MS - 300);
  const [exchange, ...more] = it.events;
  assert.deepEqual(more, []);
  assert.ok(exchange?.kind === "exchange");
  assert.deepEqual([exchange.xid, exchange.hostname], [2, "pi"], "the newest is answered");
  assert.equal(exchange.rule, "requested-address");
  await it.stop();
});

Deno.test("while an address is probed, nobody else is offered it", async () => {
  const it = await start({ ...LAN, pools: [A] });
  await it.ask(HERS);
  assert.deepEqual(await it.ask({ ...HERS, mac: macOf(2) }), []);
  assert.deepEqual(it.rules(), ["pool-exhausted"]);
  assert.deepEqual(await it.pass(TIMEOUT_MS), [`OFFER ${A}`]);
  await it.stop();
});

Deno.test("a REQUEST for the address is not held up, and who answers then is its client", async () => {
  const it = await start({ ...LAN, pools: [A] });
  await it.ask(HERS);
  // Her DISCOVER is answered, too, since there is nothing left to find out.
  const taken = await it.ask({ type: REQUEST, requested: A, server: SERVER });
  assert.deepEqual(taken, [`ACK ${A}`, `OFFER ${A}`]);
  await it.answer(A, OCCUPANT);
  assert.deepEqual(it.leases.get(ip(A))?.state, "bound");
  assert.deepEqual(conflictsOf(it), []);
  await it.stop();
});

Deno.test("RFC 4039: an ACK to a DISCOVER waits for the probe, too, and is written only then", async () => {
  const it = await start({ ...LAN, rapidCommit: true });
  const rapid: Ask = { ...HERS, options: [[80, new Uint8Array(0)]] };
  assert.deepEqual(await it.ask(rapid), []);
  assert.deepEqual(it.store.records, []);
  await it.answer(A, OCCUPANT);
  const [ack] = await it.pass(TIMEOUT_MS);
  assert.match(ack!, /^ACK 192\.168\.1\.10[123]$/);
  assert.deepEqual(it.store.records.map(({ state }) => state), ["declined", "bound"]);
  assert.deepEqual(it.rules(), ["free-address"]);
  assert.deepEqual(await it.ask(rapid), [ack], "again, and without a probe: it has the address");
  await it.stop();
});

Deno.test("RFC 951: an address for a BOOTP client is probed before it is its own for ever", async () => {
  const it = await start({ ...LAN, pools: [`${A}-${B}`], bootp: "dynamic" });
  assert.deepEqual(await it.ask({}), []);
  const [asked] = it.probed();
  const [first, second] = asked === `arp ${A}` ? [A, B] : [B, A];
  await it.answer(first, OCCUPANT);
  assert.deepEqual(await it.pass(TIMEOUT_MS), [` ${second}`], "a BOOTREPLY has no option 53");
  assert.equal(it.leases.get(ip(second))?.state, "bound");
  await it.stop();
});

Deno.test("a slow probe delays no other client, and many are under way at once", async () => {
  const slow = { beyondRouters: true, timeoutMs: 5_000 };
  const it = await start({ ...RELAYED, conflictProbe: slow }, {
    ...LAN,
    subnet: "192.168.0.0/16",
    pools: ["192.168.2.0-192.168.31.255"],
  });
  await it.ask({ type: DISCOVER, giaddr: "10.20.0.1", mac: macOf(9_999) });
  const asks = Array.from({ length: 5_000 }, (_, i) => ({ type: DISCOVER, mac: macOf(i) }));
  assert.deepEqual(await it.ask(...asks), []);
  assert.equal(it.probed().length, 5_001);
  const taken = it.events.length;
  assert.equal(taken, 0);
  const offers = await it.pass(TIMEOUT_MS);
  assert.equal(new Set(offers).size, 5_000, "all of them in one timeout");
  assert.equal((await it.pass(slow.timeoutMs)).length, 1);
  await it.stop();
});

Deno.test("when 8192 are under way, the next is offered its address without a probe", async () => {
  const it = await start({
    ...LAN,
    subnet: "192.168.0.0/16",
    pools: ["192.168.2.0-192.168.63.255"],
  });
  const asks = Array.from({ length: 8_192 }, (_, i) => ({ type: DISCOVER, mac: macOf(i) }));
  assert.deepEqual(await it.ask(...asks), []);
  assert.equal(it.probed().length, 8_192);
  assert.equal((await it.ask({ type: DISCOVER, mac: macOf(8_192) })).length, 1);
  assert.equal((await it.pass(TIMEOUT_MS)).length, 8_192);
  assert.deepEqual(await it.ask({ type: DISCOVER, mac: macOf(8_193) }), [], "there is room again");
  assert.equal(it.probed().length, 1);
  await it.stop();
});

Deno.test("the client's own answer is no conflict: it may still have the address", async () => {
  const it = await start(LAN);
  await it.ask(HERS);
  await it.answer(A, macOf(1));
  assert.deepEqual(await it.pass(TIMEOUT_MS), [`OFFER ${A}`]);
  assert.deepEqual(conflictsOf(it), []);
  await it.stop();
});

Deno.test("answers that are too late, from elsewhere or to nobody's question change nothing", async () => {
  const it = await start(LAN);
  await it.answer(B, OCCUPANT);
  await it.ask(HERS);
  await it.answer(A, OCCUPANT, 7);
  await it.answer(C, OCCUPANT);
  assert.deepEqual(await it.pass(TIMEOUT_MS), [`OFFER ${A}`]);
  await it.answer(A, OCCUPANT);
  assert.deepEqual(conflictsOf(it), []);
  assert.equal(it.leases.size, 0);
  await it.stop();
});

Deno.test("an answer that came in time counts though the loop is late", async () => {
  const it = await start(LAN);
  await it.ask(HERS);
  it.link.answer({ address: ip(A), heard: { interfaceIndex: 1, hardwareAddress: OCCUPANT } });
  await it.pass(10 * TIMEOUT_MS);
  assert.deepEqual(conflictsOf(it), [`${A} ${OCCUPANT}`]);
  await it.stop();
});

Deno.test("beyond a relay agent it is ICMP echo, with `local` nothing at all", async () => {
  const it = await start(RELAYED, LAN);
  const discover: Ask = { type: DISCOVER, giaddr: "10.20.0.1", requested: "10.20.0.50" };
  await it.ask(discover);
  assert.deepEqual(it.probed(), ["icmp 10.20.0.50"]);
  await it.answer("10.20.0.50");
  assert.deepEqual(it.probed(), ["icmp 10.20.0.51"]);
  assert.deepEqual(conflictsOf(it), ["10.20.0.50 undefined"]);
  assert.deepEqual(await it.pass(TIMEOUT_MS), ["OFFER 10.20.0.51"]);
  await it.stop();

  const local = { ...PROBE, beyondRouters: false };
  const another = await start({ ...RELAYED, conflictProbe: local }, {
    ...LAN,
    conflictProbe: local,
    relays: ["192.168.1.9"],
  });
  assert.deepEqual(await another.ask(discover), ["OFFER 10.20.0.50"]);
  assert.deepEqual(await another.ask(HERS), []);
  // A relay agent on a wire of ours: the address is on that wire all the same.
  await another.ask({ ...HIS, giaddr: "192.168.1.9" });
  assert.deepEqual(another.probed(), [`arp ${A}`, `arp ${B}`]);
  await another.stop();
});

Deno.test("who answers for every address, each time as another, takes no whole pool for one client", async () => {
  const it = await start({ ...LAN, pools: ["192.168.1.100-192.168.1.199"] });
  await it.ask({ type: DISCOVER });
  const asked: string[] = [];
  for (let probes = it.probed(); probes.length > 0; probes = it.probed()) {
    const address = probes[0]!.slice("arp ".length);
    asked.push(address);
    await it.answer(address, `02:0c:c0:00:00:${asked.length.toString().padStart(2, "0")}`);
  }
  assert.equal(asked.length, CONFLICTS_FOR_A_REQUEST_MAX);
  assert.deepEqual(it.rules(), ["conflict"]);
  assert.deepEqual(it.outcomes(), ["silence"]);
  assert.deepEqual(await it.pass(10 * TIMEOUT_MS), []);
  assert.deepEqual(await it.ask({ type: DISCOVER }), [], "and it may ask again");
  assert.equal(it.probed().length, 1);
  await it.stop();
});

Deno.test("what waits is decided by the config of after a reload", async () => {
  const it = await start(LAN);
  await it.ask(HERS);
  it.server.reconfigure(makeConfig({ ...LAN, pools: [C], conflictProbe: undefined }));
  assert.deepEqual(await it.pass(TIMEOUT_MS), [`OFFER ${C}`]);
  await it.stop();
});

Deno.test("an interface that goes while a probe is under way costs nobody else anything", async () => {
  const it = await start(LAN);
  await it.ask(HERS);
  it.link.addInterface("lan0", `${SERVER}/24`);
  await it.answer(A, OCCUPANT, 2);
  await it.ask(HIS);
  assert.deepEqual(await it.pass(TIMEOUT_MS), [`OFFER ${B}`], "hers has no way back");
  assert.deepEqual(await it.ask(HERS), [`OFFER ${A}`], "she asks again");
  await it.stop();
});

Deno.test("while no change of a lease may wait, an address in use is not offered either", async () => {
  const it = await start({ ...LAN, pools: [A] }, {
    subnet: "192.168.2.0/23",
    pools: ["192.168.2.0-192.168.3.255"],
  }, { subnet: "192.168.64.0/18", pools: ["192.168.64.0-192.168.127.255"] });
  it.link.addAddress("lan0", "192.168.64.1/18");
  await it.ask(HERS);
  it.store.isHolding = true;
  assert.ok(IN_FLIGHT_TO_OFFER_MAX < IN_FLIGHT_MAX);
  const first = ip("192.168.64.2");
  for (let n = 0; n < IN_FLIGHT_MAX; n += 512) {
    await it.ask(...Array.from({ length: 512 }, (_, i) => ({
      type: REQUEST,
      server: SERVER,
      requested: dotted(first + n + i)!,
      mac: macOf(1_000 + n + i),
    })));
  }
  assert.deepEqual(await it.answer(A, OCCUPANT), []);
  assert.deepEqual(await it.pass(TIMEOUT_MS), []);
  assert.equal(it.leases.get(ip(A)), undefined);
  assert.equal(it.rules().at(-1), "conflict");
  await it.stop();
});
