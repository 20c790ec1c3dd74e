/** Machines with one client identifier: clones, and one machine by another card. */
import assert from "node:assert/strict";
import { DISCOVER, REQUEST } from "../support/dhcp_packets.ts";
import { type Ask, macOf, SERVER } from "../support/engine_fixture.ts";
import { dotted, ip, type SubnetSketch } from "../support/leases_fixture.ts";
import { start } from "./running_server.ts";

const TIMEOUT_MS = 500;
const LAN: SubnetSketch = {
  pools: ["192.168.1.100-192.168.1.103"],
  conflictProbe: { beyondRouters: false, timeoutMs: TIMEOUT_MS },
};
const [A, B] = ["192.168.1.100", "192.168.1.101"];
const ID = "ff:00:00:00:01:de:ad";
const FIRST = { mac: macOf(1), clientId: ID };
const SECOND = { mac: macOf(2), clientId: ID };
const THIRD = { mac: macOf(3), clientId: ID };

type Server = Awaited<ReturnType<typeof start>>;

/** The first machine has A. */
async function startHeld(lan = LAN): Promise<Server> {
  const it = await start(lan);
  await it.ask({ type: REQUEST, server: SERVER, requested: A, ...FIRST });
  assert.equal(macAt(it, A), macOf(1));
  return it;
}

function macAt(it: Server, address: string): string | undefined {
  return it.leases.get(ip(address))?.client.hardwareAddress;
}

/** From DISCOVER to ACK, while the machine that has an address answers for it. */
async function boot(it: Server, who: Pick<Ask, "mac" | "clientId">, users: Record<string, string>) {
  let sent = await it.ask({ type: DISCOVER, ...who });
  for (let round = 0; round < 4 && sent.length === 0; round++) {
    for (const probe of it.probed()) {
      const address = probe.split(" ")[1]!;
      if (users[address] !== undefined) {
        sent = sent.concat(await it.answer(address, users[address]));
      }
    }
    if (sent.length === 0) sent = await it.pass(TIMEOUT_MS + 20);
  }
  const requested = sent[0]?.split(" ")[1];
  assert(requested !== undefined, `no OFFER to ${who.mac}`);
  const ack = await it.ask({ type: REQUEST, server: SERVER, requested, ...who });
  assert.deepEqual(ack, [`ACK ${requested}`]);
  it.probed();
  return requested;
}

Deno.test("a clone gets an address of its own while the other machine answers, and keeps it", async () => {
  const it = await startHeld();
  const own = await boot(it, SECOND, { [A]: macOf(1) });
  assert.notEqual(own, A);
  assert.equal(macAt(it, A), macOf(1), "the first machine keeps its lease");
  assert.equal(macAt(it, own), macOf(2));
  assert.equal(it.leases.get(ip(A))?.state, "bound", "nothing is in quarantine");

  // Each goes on with its own, in each state, without a probe and without a NAK.
  for (let round = 0; round < 3; round++) {
    await it.pass(120_000);
    for (const [who, address] of [[FIRST, A], [SECOND, own]] as const) {
      for (const how of [{ ciaddr: address }, { requested: address }]) {
        assert.deepEqual(await it.ask({ type: REQUEST, ...how, ...who }), [`ACK ${address}`]);
      }
      assert.deepEqual(await it.ask({ type: DISCOVER, ...who }), [`OFFER ${address}`]);
    }
  }
  assert.deepEqual(it.probed(), []);
  await it.stop();
});

Deno.test("two clones are told of once, by their hardware addresses, with what helps", async () => {
  const it = await startHeld();
  for (let round = 0; round < 5; round++) {
    await it.pass(120_000);
    await it.ask({ type: REQUEST, requested: A, ...SECOND });
    await it.answer(A, macOf(1));
  }
  const told = it.notices().filter((line) => line.includes("client identifier"));
  assert.equal(told.length, 1, it.notices().join("\n"));
  for (const what of [macOf(1), macOf(2), ID, A, "identity: mac"]) {
    assert(told[0]!.includes(what), `${what} in: ${told[0]}`);
  }
  await it.pass(60_000);
  await boot(it, THIRD, { [A]: macOf(1) });
  assert.equal(
    it.notices().filter((line) => line.includes(macOf(3))).length,
    1,
    "a third one, too",
  );
  await it.stop();
});

for (
  const [state, how] of [
    ["INIT-REBOOT", { requested: A }],
    ["RENEWING or REBINDING", { ciaddr: A }],
    ["SELECTING", { requested: A, server: SERVER }],
  ] as const
) {
  Deno.test(`${state}: a clone that names the address of the other one gets a NAK, which goes on`, async () => {
    const it = await startHeld();
    assert.deepEqual(await it.ask({ type: REQUEST, ...how, ...SECOND }), [], "it is probed first");
    assert.deepEqual(it.probed(), [`arp ${A}`]);
    assert.deepEqual(await it.answer(A, macOf(1)), ["NAK 0.0.0.0"]);
    assert.equal(macAt(it, A), macOf(1));
    assert.deepEqual(await it.ask({ type: REQUEST, ciaddr: A, ...FIRST }), [`ACK ${A}`]);
    await it.stop();
  });

  Deno.test(`${state}: a machine whose card was swapped goes on when nobody answers`, async () => {
    const it = await startHeld();
    await it.ask({ type: REQUEST, ...how, ...SECOND });
    // It answers itself, if it uses the address.
    assert.deepEqual(await it.answer(A, macOf(2)), []);
    assert.deepEqual(await it.pass(TIMEOUT_MS + 20), [`ACK ${A}`]);
    assert.equal(macAt(it, A), macOf(2), "the lease is under the new card");
    assert.equal(it.leases.size, 1);
    assert.deepEqual(it.notices(), []);
    await it.stop();
  });
}

Deno.test("a laptop by cable and by radio has one address, and comes back to it", async () => {
  const it = await startHeld();
  for (const who of [SECOND, FIRST, SECOND]) {
    assert.equal(await boot(it, who, {}), A);
    assert.equal(macAt(it, A), who.mac);
  }
  assert.equal(it.leases.size, 1);
  await it.stop();
});

Deno.test("a machine that renews while a clone waits for its address keeps it", async () => {
  const it = await startHeld();
  await it.ask({ type: REQUEST, requested: A, ...SECOND });
  assert.deepEqual(it.probed(), [`arp ${A}`]);
  // The clone's request is decided anew, and probed anew: what was found out before is too old.
  assert.deepEqual(await it.ask({ type: REQUEST, ciaddr: A, ...FIRST }), [`ACK ${A}`]);
  assert.deepEqual(it.probed(), [`arp ${A}`]);
  assert.deepEqual(await it.answer(A, macOf(1)), ["NAK 0.0.0.0"]);
  await it.stop();
});

Deno.test("a silent address is not taken for unused once somebody has it", async () => {
  const it = await startHeld();
  assert.equal(await boot(it, SECOND, {}), A);
  await it.ask({ type: REQUEST, requested: A, ...FIRST });
  assert.deepEqual(it.probed(), [`arp ${A}`], "within 30 s of the last probe");
  assert.deepEqual(await it.answer(A, macOf(2)), ["NAK 0.0.0.0"]);
  await it.stop();
});

Deno.test("clones with a reservation by client identifier: one has it, neither is sent back and forth", async () => {
  const reserved = "192.168.1.50";
  const it = await start({ ...LAN, reservations: [{ clientId: ID, address: reserved }] });
  assert.equal(await boot(it, FIRST, {}), reserved);
  const own = await boot(it, SECOND, { [reserved]: macOf(1) });
  assert.notEqual(own, reserved);
  for (let round = 0; round < 3; round++) {
    await it.pass(120_000);
    assert.deepEqual(await it.ask({ type: REQUEST, ciaddr: own, ...SECOND }), [`ACK ${own}`]);
    assert.deepEqual(await it.ask({ type: REQUEST, ciaddr: reserved, ...FIRST }), [
      `ACK ${reserved}`,
    ]);
  }
  await it.stop();
});

Deno.test("without conflict-probe an address goes over to another card at once, as ever", async () => {
  const it = await startHeld({ ...LAN, conflictProbe: undefined });
  assert.deepEqual(await it.ask({ type: REQUEST, ciaddr: A, ...SECOND }), [`ACK ${A}`]);
  assert.equal(macAt(it, A), macOf(2));
  await it.stop();
});

Deno.test("with identity: mac clones are clients like any two", async () => {
  const it = await startHeld({ ...LAN, identity: "mac" });
  const own = await boot(it, SECOND, {});
  assert.notEqual(own, A);
  assert.deepEqual(it.notices(), []);
  assert.equal(dotted(it.leases.get(ip(A))?.address), A);
  await it.stop();
});

Deno.test("made-up clones are told of so many times, and no more", async () => {
  const it = await startHeld();
  for (let number = 2; number < 102; number++) {
    await it.ask({ type: REQUEST, requested: A, mac: macOf(number), clientId: ID });
    await it.answer(A, macOf(1));
    await it.pass(60_000);
  }
  assert.equal(it.notices().filter((line) => line.includes("client identifier")).length, 64);
  await it.stop();
});

Deno.test("INIT-REBOOT of a client that nobody knows: no ACK while another one answers", async () => {
  const it = await start(LAN);
  const stranger: Ask = { type: REQUEST, requested: B, mac: macOf(9) };
  assert.deepEqual(await it.ask(stranger), [], "it is probed first");
  assert.deepEqual(it.probed(), [`arp ${B}`]);
  assert.deepEqual(await it.answer(B, macOf(1)), ["NAK 0.0.0.0"]);
  assert.equal(it.leases.get(ip(B))?.state, "declined");

  // Its holder, which a lost journal has forgotten: it is the one that uses the address.
  for (const how of [{ ciaddr: B }, { requested: B }]) {
    const ask: Ask = { type: REQUEST, mac: macOf(1), clientId: "01:02", ...how };
    let sent = await it.ask(ask);
    if (sent.length === 0) {
      assert.deepEqual(await it.answer(B, macOf(1)), [], "its own answer is no conflict");
      sent = await it.pass(TIMEOUT_MS + 20);
    }
    assert.deepEqual(sent, [`ACK ${B}`]);
  }
  assert.equal(it.leases.get(ip(B))?.state, "bound");
  await it.stop();
});

Deno.test("after a lost journal: a stranger is offered an address, its holder answers and keeps it", async () => {
  for (const how of [{ ciaddr: B }, { requested: B }]) {
    const it = await start(LAN);
    await it.ask({ type: DISCOVER, requested: B, mac: macOf(9) });
    await it.answer(B, macOf(1));
    assert.equal(it.leases.get(ip(B))?.state, "declined");
    const holder = { mac: macOf(1), clientId: "01:02" };
    it.probed();
    assert.deepEqual(await it.ask({ type: REQUEST, ...how, ...holder }), []);
    assert.deepEqual(it.probed(), [`arp ${B}`]);
    assert.match((await it.pass(TIMEOUT_MS + 20)).join(), new RegExp(`ACK ${B}`));
    assert.equal(macAt(it, B), macOf(1));
    await it.stop();
  }
});

Deno.test("after a lost journal: the holder that begins anew is offered what it uses", async () => {
  const it = await start(LAN);
  await it.ask({ type: DISCOVER, requested: B, mac: macOf(9) });
  await it.answer(B, macOf(1));
  await it.pass(TIMEOUT_MS + 20);
  await it.ask({ type: DISCOVER, requested: B, mac: macOf(1) });
  assert.deepEqual(await it.pass(TIMEOUT_MS + 20), [`OFFER ${B}`]);
  await it.stop();
});

Deno.test("nobody else is confirmed what is in quarantine", async () => {
  const it = await start(LAN);
  await it.ask({ type: DISCOVER, requested: B, mac: macOf(9) });
  await it.answer(B, macOf(1));
  await it.pass(TIMEOUT_MS + 20);
  for (const how of [{ ciaddr: B }, { requested: B }]) {
    assert.deepEqual(await it.ask({ type: REQUEST, mac: macOf(7), ...how }), ["NAK 0.0.0.0"]);
  }
  await it.stop();
});

Deno.test("a client whose lease is over goes on with it when nobody else answers", async () => {
  const it = await start({
    ...LAN,
    leaseTime: { defaultSeconds: 120, minSeconds: 120, maxSeconds: 120 },
  });
  await it.ask({ type: REQUEST, server: SERVER, requested: A, mac: macOf(1) });
  await it.pass(121_000);
  assert.deepEqual(await it.ask({ type: REQUEST, requested: A, mac: macOf(1) }), []);
  assert.deepEqual(await it.pass(TIMEOUT_MS + 20), [`ACK ${A}`]);
  await it.stop();
});
