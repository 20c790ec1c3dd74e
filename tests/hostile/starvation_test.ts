/**
 * Starvation: somebody asks for every address there is, under names that he makes up (DHCPig,
 * Yersinia). The loop itself is under attack here, on a link in memory, with the defaults of the
 * config unless told; tests/system/starvation_test.ts does it on a wire.
 */
import assert from "node:assert/strict";
import { ACK, DECLINE, DISCOVER, messageType, REQUEST } from "../support/dhcp_packets.ts";
import { ALARM_MS } from "../../src/server/held_back.ts";
import { type Ask, SERVER } from "../support/engine_fixture.ts";
import { createRandom, type Random } from "../support/random.ts";
import {
  AGENTS,
  mac,
  obtain,
  POOL_SIZE,
  RESERVED,
  RESERVED_MAC,
  type Server,
  settleResidents,
  startServer,
  SUBNET,
  take,
  type Whom,
} from "./starving_network.ts";

const AGENT = AGENTS.at(-1)!;

const ATTACKERS = 100_000;
/** In the variations of it. */
const FEWER_ATTACKERS = 20_000;
/** What comes in one batch, and the time between batches: 10,000 messages a second. */
const BATCH = 500;
const BATCH_MS = 50;
/** After so many batches the honest clients ask. */
const BATCHES_BETWEEN = 20;

/** All residents renew, and the reserved client begins anew. */
async function assertServed(it: Server, residents: ReadonlyMap<string, string>, where: Whom) {
  const acks = await it.exchange(
    [...residents].map(([mac, ciaddr]) => ({ ...where, type: REQUEST, mac, ciaddr })),
  );
  assert.ok(acks.every((ack) => messageType(ack) === ACK));
  assert.deepEqual(acks.map(({ yiaddr }) => yiaddr), [...residents.values()]);
  assert.equal(await obtain(it, { ...where, mac: RESERVED_MAC }), RESERVED);
}

/** A DISCOVER of somebody who is not there, another one each time. */
function stranger(random: Random, disguise: (random: Random) => Partial<Ask>): Ask {
  const xid = random.integer(0, 0xffff_ffff);
  return { type: DISCOVER, mac: mac("02:66", xid), xid, ...disguise(random) };
}

/** The config, where the honest clients are, and what the strangers make up besides. */
const WAYS: readonly (readonly [string, string, Whom, (random: Random) => Partial<Ask>])[] = [
  ["on its own wire", SUBNET, {}, () => ({})],
  [
    "as if through a listed relay agent, with made-up ports",
    SUBNET,
    { giaddr: AGENT },
    (random) => ({
      giaddr: AGENT,
      options: [[82, Uint8Array.of(1, 6, ...random.bytes(6), 2, 6, ...random.bytes(6))]],
    }),
  ],
];

for (const [way, config, where, disguise] of WAYS) {
  for (const takes of [false, true]) {
    const what = takes ? "exchanges" : "DISCOVERs";
    const attackers = takes || config !== SUBNET ? FEWER_ATTACKERS : ATTACKERS;
    const title = `${attackers} ${what} of strangers ${way}: who has a lease or a reservation is ` +
      `served${takes ? "" : ", and so is who is new"}, and one alarm begins and ends`;
    Deno.test(title, async () => {
      const it = await startServer(config);
      const residents = await settleResidents(it, where);
      const random = createRandom(0x57a7);
      const attack = async () => {
        it.clock.advance(BATCH_MS);
        const asks = Array.from({ length: BATCH }, () => stranger(random, disguise));
        const offers = await it.exchange(asks);
        if (takes) await it.exchange(take(offers, where));
      };
      for (let batch = 1; batch <= attackers / BATCH; batch++) {
        await attack();
        if (batch % BATCHES_BETWEEN !== 0) continue;
        await assertServed(it, residents, where);
        it.server.checkStore();
        if (takes) continue;
        // The new client's offer has yielded by the time it is taken.
        const newcomer = { ...where, mac: mac("02:02", batch) };
        const offers = await it.exchange([{ ...newcomer, type: DISCOVER }]);
        await attack();
        const acks = await it.exchange(take(offers, newcomer));
        assert.deepEqual(acks.map(messageType), [ACK], "who means it gets its address");
      }
      const { used, offered } = it.leases.counts(it.server.runningConfig.subnets[0]!);
      assert.ok(used + offered <= POOL_SIZE + 1);
      const { alarm, "offers-yielded": yielded } = it.server.limiter.status();
      assert.ok(alarm);
      if (!takes) assert.ok(yielded > attackers / 2, `${yielded} offers yielded`);
      it.server.checkStore();
      it.clock.advance(ALARM_MS - 1);
      it.server.checkStore();
      // What a limit holds back is told of besides.
      const alarms = () => it.notices().filter((notice) => !notice.startsWith("the rate limit"));
      assert.equal(alarms().length, 1);
      it.clock.advance(1);
      it.server.checkStore();
      const [begin, end] = alarms();
      assert.match(begin!, /^more is asked for than can be given: \d+/);
      assert.match(begin!, takes ? /DISCOVERs found no address/ : /offers gave way to newer ones/);
      assert.match(end!, /^no more is asked for than can be given; \d+ messages came too much$/);
      assert.equal(alarms().length, 2);
      await it.stop();
    });
  }
}

const WIDE = `
subnets:
  - subnet: 192.168.0.0/16
    pools: 192.168.16.0-192.168.35.255
    relays: [192.168.0.250, ${AGENTS.join(", ")}]
`;
const WIDE_SIZE = 5_120;

Deno.test("a building that is switched on at once is not limited by default", async () => {
  const it = await startServer(WIDE);
  const where = { giaddr: "192.168.0.250", options: [[82, Uint8Array.of(1, 2, 0, 7)]] } as const;
  let served = 0;
  for (let n = 0; n < WIDE_SIZE; n += 64) {
    const asks = Array.from({ length: 64 }, (_, i): Ask => ({
      ...where,
      type: DISCOVER,
      mac: mac("02:03", n + i),
    }));
    const acks = await it.exchange(take(await it.exchange(asks), where));
    served += acks.filter((ack) => messageType(ack) === ACK).length;
    it.clock.advance(60_000 * 64 / 5_000);
  }
  assert.equal(served, WIDE_SIZE);
  const { held, "leases-shortened": shortened } = it.server.limiter.status();
  assert.ok(Object.values(held).every((count) => count === 0));
  assert.equal(shortened, 0);
  await it.stop();
});

/** The limits of a config, by what way strangers ask, and how many of 40 get a lease at once. */
const LIMITED: readonly (readonly [string, string, (n: number) => Whom, number])[] = [
  ["new-leases: 10/m", "40 relay agents", (n) => ({ giaddr: `192.168.1.${200 + n}` }), 10],
  ["new-leases-per-relay: 10/m", "one relay agent", () => ({ giaddr: AGENT }), 10],
  ["new-leases-per-relay: 10/m", "two", (n) => ({ giaddr: `192.168.1.${200 + n % 2}` }), 20],
  ["new-leases-per-relay: 10/m", "the server's wire", () => ({}), 10],
  ["new-leases-per-circuit: 10/m", "one port", () => circuit(0), 10],
  ["new-leases-per-circuit: 10/m", "three ports", (n) => circuit(n % 3), 30],
  ["new-leases-per-circuit: 10/m", "no port", () => ({ giaddr: AGENT }), 40],
];

function circuit(id: number): Whom {
  // What else the relay agent says is another thing each time, and no matter.
  const options = [[82, Uint8Array.of(1, 1, id, 10, 1, id)]] as const;
  return { giaddr: AGENT, options };
}

for (const [limit, way, whom, expected] of LIMITED) {
  Deno.test(`${limit}: of 40 new clients by ${way}, ${expected} get a lease at once`, async () => {
    const it = await startServer(`rate-limits: { ${limit}, new-leases-from: 0% }\n${WIDE}`);
    let given = 0;
    for (let n = 0; n < 40; n++) {
      if (await obtain(it, { ...whom(n), mac: mac("02:04", n) }) !== undefined) given++;
    }
    assert.equal(given, expected);
    const name = limit.slice(0, limit.indexOf(":"));
    assert.equal(it.server.limiter.status().held[name as "new-leases"], 40 - expected);
    assert.equal(it.rules().filter((rule) => rule === "rate-limited").length, 40 - expected);
    it.clock.advance(6_000);
    const last = { ...whom(39), mac: mac("02:04", 39) };
    assert.ok(await obtain(it, last) !== undefined, "a token later it gets one");
    await it.stop();
  });
}

Deno.test("one client that a limit holds back is named once a minute, and a burst's worth is an alarm", async () => {
  const it = await startServer(`rate-limits: { new-leases: 3/h, new-leases-from: 0% }\n${SUBNET}`);
  for (let n = 0; n < 5; n++) await obtain(it, { mac: mac("02:08", n) });
  it.server.checkStore();
  const told = 'the rate limit "new-leases" held back';
  assert.deepEqual(it.notices(), [`${told} 2 messages, of 02:08:00:00:00:03 among others`]);
  it.clock.advance(30_000);
  assert.equal(await obtain(it, { mac: mac("02:08", 4) }), undefined);
  it.server.checkStore();
  assert.match(it.notices()[1]!, /^more is asked for than can be given: 3 messages held back/);
  assert.equal(it.notices().length, 2, "the minute is not over");
  it.clock.advance(30_000);
  it.server.checkStore();
  assert.equal(it.notices()[2], `${told} 1 message, of 02:08:00:00:00:04`);
  it.clock.advance(60_000);
  it.server.checkStore();
  assert.match(it.notices()[3]!, /^no more is asked for than can be given; 3 messages/);
  it.server.checkStore();
  assert.equal(it.notices().length, 4);
  await it.stop();
});

Deno.test("new leases are limited only once so much of the pool is used", async () => {
  const it = await startServer(`rate-limits: { new-leases: 1/h }\n${SUBNET}`);
  let given = 0;
  for (let n = 0; n < POOL_SIZE; n++) {
    it.clock.advance(1_000);
    if (await obtain(it, { mac: mac("02:05", n) }) !== undefined) given++;
  }
  // The offer counts as used: so the 50th is the first that a token was needed for.
  assert.equal(given, POOL_SIZE / 2);
  await it.stop();
});

Deno.test("a client with a reservation is not new, though only its name is reserved", async () => {
  const reserved = SUBNET.replace("]\n", `, { mac: "${mac("02:05", 9)}", hostname: pi }]\n`);
  const it = await startServer(
    `rate-limits: { new-leases: 1/h, new-leases-from: 0% }\n${reserved}`,
  );
  assert.ok(await obtain(it, { mac: mac("02:05", 1) }) !== undefined);
  assert.equal(await obtain(it, { mac: mac("02:05", 2) }), undefined);
  assert.ok(await obtain(it, { mac: mac("02:05", 9) }) !== undefined);
  await it.stop();
});

Deno.test("one hardware address may send so much, whatever it calls itself", async () => {
  const it = await startServer(`rate-limits: { client: 10/s }\n${SUBNET}`);
  const noise = Array.from({ length: 50 }, (_, n): Ask => ({
    type: DISCOVER,
    mac: mac("02:06", 0),
    clientId: `ff:${n.toString(16).padStart(2, "0")}`,
  }));
  assert.equal((await it.exchange(noise)).length, 10);
  assert.equal(it.server.limiter.status().held.client, 40);
  assert.equal((await it.exchange([{ type: DISCOVER, mac: mac("02:06", 1) }])).length, 1);
  it.clock.advance(100);
  assert.equal((await it.exchange(noise)).length, 1, "a tenth of a second is one more");
  await it.stop();
});

Deno.test("a client that declines all that it gets puts few addresses into quarantine", async () => {
  const it = await startServer(SUBNET);
  const whom = { mac: mac("02:07", 0) };
  for (let round = 0; round < 60; round++) {
    it.clock.advance(10_000);
    const requested = await obtain(it, whom);
    assert.ok(requested !== undefined);
    await it.exchange([{ ...whom, type: DECLINE, server: SERVER, requested }]);
  }
  const { quarantined } = it.leases.counts(it.server.runningConfig.subnets[0]!);
  assert.equal(quarantined, 5, "the burst, and one more in each hour");
  assert.equal(it.server.limiter.status().held.declines, 55);
  // Another client's DECLINE still counts.
  const other = { mac: mac("02:07", 1) };
  const requested = await obtain(it, other);
  await it.exchange([{ ...other, type: DECLINE, server: SERVER, requested: requested! }]);
  assert.equal(it.leases.counts(it.server.runningConfig.subnets[0]!).quarantined, 6);
  await it.stop();
});

Deno.test("with rate-limits: off nobody is held back", async () => {
  const it = await startServer(`rate-limits: off\n${SUBNET}`);
  const noise = Array.from({ length: 500 }, (): Ask => ({ type: DISCOVER }));
  assert.equal((await it.exchange(noise)).length, 500);
  await it.stop();
});
