/**
 * Quarantines as a weapon: whoever declines addresses, or answers probes for them, keeps no pool
 * out of use, and no machine from its reserved address.
 */
import assert from "node:assert/strict";
import type { Config } from "../../src/config/config.ts";
import { loadConfig } from "../../src/config/load.ts";
import { crowdedPools } from "../../src/server/quarantine_watch.ts";
import { startWith } from "../server/running_server.ts";
import {
  ACK,
  DECLINE,
  DISCOVER,
  messageType,
  OFFER,
  type Packet,
  REQUEST,
} from "../support/dhcp_packets.ts";
import { type Ask, SERVER } from "../support/engine_fixture.ts";
import { dotted, ip, makeLease } from "../support/leases_fixture.ts";

const RESERVED_MAC = "b8:27:eb:00:ff:01";
const RESERVED = "192.168.1.5";
const HONEST = "06:00:00:00:00:01";
const POOL_SIZE = 190;
const SHARE = 47;
const PROBE_MS = 500;

function load(more: string, pools = "192.168.1.10-192.168.1.199"): Config {
  const result = loadConfig(
    `interfaces: lan0
subnets:
  - subnet: 192.168.1.0/24
    pools: ${pools}
    reservations: [{ mac: "${RESERVED_MAC}", address: ${RESERVED} }]
${more}`,
    "config.yaml",
  );
  assert.ok("config" in result, JSON.stringify(result));
  return result.config;
}

type Server = Awaited<ReturnType<typeof startWith>>;

function mac(n: number): string {
  return `02:66:00:00:${(n >> 8).toString(16).padStart(2, "0")}:${
    (n & 255).toString(16).padStart(2, "0")
  }`;
}

function claim(address: string, mac: string): Ask[] {
  const named = { mac, requested: address, server: SERVER };
  return [{ type: REQUEST, ...named }, { type: DECLINE, ...named }];
}

/** Each address of the pool is claimed under a name of its own, and declined. */
async function declineAll(it: Server): Promise<void> {
  for (let n = 0; n < POOL_SIZE; n++) {
    it.clock.advance(5);
    await it.exchange(claim(`192.168.1.${10 + n}`, mac(n)));
  }
}

function quarantined(it: Server): string[] {
  const now = it.clock.monotonicMs();
  return [...it.leases.records()]
    .filter(({ address }) => it.leases.quarantines.has(address, now))
    .map(({ address }) => String(dotted(address)));
}

/** The address that a client gets within a few messages, waiting as clients do. */
async function obtain(it: Server, mac: string): Promise<string | undefined> {
  let replies: Packet[] = await it.exchange([{ type: DISCOVER, mac }]);
  if (replies.length === 0) {
    it.clock.advance(PROBE_MS);
    it.link.wake();
    replies = await it.exchange([]);
  }
  const offer = replies.find((reply) => messageType(reply) === OFFER && reply.mac === mac);
  if (offer === undefined) return undefined;
  const asks = [{ type: REQUEST, mac, server: SERVER, requested: offer.yiaddr }];
  const ack = (await it.exchange(asks)).find((reply) => reply.mac === mac);
  return ack !== undefined && messageType(ack) === ACK ? ack.yiaddr : undefined;
}

function isAlarmed(it: Server): boolean {
  return crowdedPools(it.server.runningConfig.subnets, it.leases).next().done === false;
}

for (const probes of ["on", "off"]) {
  Deno.test(`whoever declines every address under new names quarantines a share (probes ${probes})`, async () => {
    const it = await startWith(load(`conflict-probe: ${probes}\n`));
    await declineAll(it);
    assert.equal(quarantined(it).length, SHARE, "a quarter of the pool");
    assert.ok(isAlarmed(it));
    it.server.checkStore();
    const told = /^47 of 190 addresses of 192\.168\.1\.0\/24 are in quarantine/;
    assert.ok(it.notices().some((notice) => told.test(notice)));
    const { made, "made-room": madeRoom } = it.server.quarantines.status();
    assert.ok(made > SHARE && made - madeRoom === SHARE);
    // So many claims at once are a flood of new clients, too, until a minute later.
    it.clock.advance(60_000);
    for (let n = 0; n < POOL_SIZE; n++) {
      const address = await obtain(it, `06:00:00:00:00:${n.toString(16).padStart(2, "0")}`);
      assert.ok(address !== undefined, `the ${n}th`);
      it.clock.advance(1000);
    }
    assert.ok(!isAlarmed(it), "the addresses are in use");
    it.server.checkStore();
    assert.ok(it.notices().some((it) => it.startsWith("no pool has as many addresses in quar")));
    await it.stop();
  });
}

Deno.test("whoever answers every probe quarantines a share, and the next client gets an address", async () => {
  const it = await startWith(load(""));
  it.link.onProbe = ({ address }) => {
    const hardwareAddress = mac(address & 0xffff);
    queueMicrotask(() =>
      it.link.answer({ address, heard: { interfaceIndex: 1, hardwareAddress } })
    );
  };
  for (let n = 0; n < 40; n++) await it.exchange([{ type: DISCOVER, mac: mac(n) }]);
  assert.ok(quarantined(it).length <= SHARE, `${quarantined(it).length} in quarantine`);
  assert.ok(isAlarmed(it));
  it.link.onProbe = () => {};
  it.clock.advance(4_000);
  assert.ok(await obtain(it, HONEST) !== undefined);
  await it.stop();
});

Deno.test("a pool that is in quarantine as a whole is probed again, the oldest first", async () => {
  const it = await startWith(load("", "192.168.1.10-192.168.1.11"));
  await it.exchange(claim("192.168.1.11", mac(1)));
  it.clock.advance(1000);
  await it.exchange(claim("192.168.1.10", mac(2)));
  it.clock.advance(1000);
  assert.equal(quarantined(it).length, 2);
  it.probed();
  assert.equal(await obtain(it, HONEST), "192.168.1.11");
  assert.deepEqual(it.rules().slice(-2), ["quarantined-address", "outstanding-offer"]);
  const status = it.server.quarantines.status();
  assert.deepEqual(status, { made: 2, "probed-again": 1, lifted: 1, "made-room": 0 });
  await it.stop();
});

Deno.test("a quarantined address that somebody answers for stays so, and the next is looked at", async () => {
  const it = await startWith(load("", "192.168.1.10-192.168.1.11"));
  await it.exchange([...claim("192.168.1.11", mac(1)), ...claim("192.168.1.10", mac(2))]);
  await it.exchange([{ type: DISCOVER, mac: HONEST }]);
  await it.answer("192.168.1.11", "02:0c:c0:00:00:99");
  assert.deepEqual(await it.pass(PROBE_MS), ["OFFER 192.168.1.10"]);
  assert.deepEqual(quarantined(it), ["192.168.1.11", "192.168.1.10"]);
  const lease = it.leases.get(ip("192.168.1.11"))!;
  assert.equal(lease.client.hardwareAddress, "02:0c:c0:00:00:99");
  await it.stop();
});

Deno.test("a machine that declines its reserved address gets it again after a probe", async () => {
  const it = await startWith(load(""));
  assert.equal(await obtain(it, RESERVED_MAC), RESERVED);
  const decline = { type: DECLINE, mac: RESERVED_MAC, requested: RESERVED, server: SERVER };
  await it.exchange([decline]);
  assert.deepEqual(quarantined(it), [RESERVED]);
  it.probed();
  assert.deepEqual(await it.ask({ type: DISCOVER, mac: RESERVED_MAC }), []);
  it.link.onProbe = () => {};
  assert.deepEqual(await it.pass(PROBE_MS), [`OFFER ${RESERVED}`], "though unused a moment ago");
  const asks = [{ type: REQUEST, mac: RESERVED_MAC, server: SERVER, requested: RESERVED }];
  assert.deepEqual((await it.exchange(asks)).map(messageType), [ACK]);
  // Again: it has to wait, and gets one of the pool meanwhile.
  await it.exchange([decline]);
  assert.match((await obtain(it, RESERVED_MAC))!, /^192\.168\.1\.[1-9]\d/);
  it.clock.advance(10_000);
  assert.equal(await obtain(it, RESERVED_MAC), RESERVED);
  await it.stop();
});

Deno.test("a reserved address that is in use is probed at ever longer intervals, and is its machine's then", async () => {
  const it = await startWith(load(""));
  let isThere = true;
  let probes = 0;
  it.link.onProbe = ({ address }) => {
    if (dotted(address) !== RESERVED || !isThere) return;
    probes++;
    const heard = { interfaceIndex: 1, hardwareAddress: "02:0c:c0:00:00:99" };
    queueMicrotask(() => it.link.answer({ address, heard }));
  };
  for (let second = 0; second < 300; second += 5) {
    await it.exchange([{ type: DISCOVER, mac: RESERVED_MAC }]);
    it.clock.advance(5_000);
    it.link.wake();
    await it.exchange([]);
  }
  assert.equal(probes, 5, "at once, and after 10, 20, 40 and 80 seconds");
  isThere = false;
  it.clock.advance(160_000);
  assert.equal(await obtain(it, RESERVED_MAC), RESERVED);
  await it.stop();
});

Deno.test("a machine that has its reserved address still, and answers for it, gets it out of quarantine", async () => {
  const it = await startWith(load(""));
  it.link.onProbe = ({ address }) => {
    const heard = { interfaceIndex: 1, hardwareAddress: RESERVED_MAC };
    queueMicrotask(() => it.link.answer({ address, heard }));
  };
  await it.exchange(claim(RESERVED, RESERVED_MAC));
  assert.deepEqual(quarantined(it), [RESERVED]);
  assert.equal(await obtain(it, RESERVED_MAC), RESERVED);
  await it.stop();
});

for (const [time, seconds] of [["1m", 60], ["2h", 7200]] as const) {
  Deno.test(`a reload with quarantine-time: ${time} applies to the quarantines there are`, async () => {
    const it = await startWith(load(""));
    await it.exchange(claim("192.168.1.11", mac(1)));
    await it.exchange(claim(RESERVED, RESERVED_MAC));
    const madeAtMs = it.clock.monotonicMs();
    it.clock.advance(30_000);
    it.server.reconfigure(load(`quarantine-time: ${time}\n`));
    assert.equal(it.leases.get(ip("192.168.1.11"))!.expiresAtMs, madeAtMs + seconds * 1000);
    it.clock.advance((seconds - 30) * 1000 - 1);
    it.server.checkStore();
    assert.equal(quarantined(it).length, 2);
    it.clock.advance(1);
    it.server.checkStore();
    assert.equal(quarantined(it).length, 0);
    assert.equal(it.leases.counts(it.server.runningConfig.subnets[0]!).quarantined, 0);
    it.server.reconfigure(load("quarantine-time: 1d\n"));
    assert.equal(quarantined(it).length, 0, "what is over does not come back");
    await it.stop();
  });
}

Deno.test("a DECLINE too many puts nothing into quarantine, and its client is offered another address", async () => {
  const it = await startWith(load("conflict-probe: off\nrate-limits: { declines: 1/h burst 2 }\n"));
  const had = new Set<string>();
  for (let round = 0; round < 20; round++) {
    const requested = await obtain(it, HONEST);
    assert.ok(requested !== undefined && !had.has(requested), `another one than ${requested}`);
    had.add(requested);
    await it.exchange([{ type: DECLINE, mac: HONEST, server: SERVER, requested }]);
    it.clock.advance(10_000);
  }
  assert.equal(quarantined(it).length, 2);
  assert.equal(it.server.limiter.status().held.declines, 18);
  assert.equal(it.outcomes().filter((outcome) => outcome === "quarantined").length, 2);
  await it.stop();
});

Deno.test("quarantines of one wire are so many a second at most", async () => {
  const it = await startWith(load("conflict-probe: off\n"));
  for (let n = 0; n < POOL_SIZE; n++) await it.exchange(claim(`192.168.1.${10 + n}`, mac(n)));
  assert.equal(it.server.quarantines.status().made, 100);
  assert.equal(it.server.limiter.status().held.quarantines, POOL_SIZE - 100);
  it.clock.advance(1_000);
  for (let n = 0; n < POOL_SIZE; n++) await it.exchange(claim(`192.168.1.${10 + n}`, mac(500 + n)));
  assert.equal(it.server.quarantines.status().made, 110);
  await it.stop();
});

Deno.test("after a reload the oldest quarantine is still the first to be looked at", async () => {
  const pools = "192.168.1.10-192.168.1.12";
  const it = await startWith(load("", pools));
  // The rows are there in another order than the quarantines are made in.
  for (const host of [10, 11, 12]) await it.exchange([claim(`192.168.1.${host}`, mac(host))[0]!]);
  for (const host of [12, 10, 11]) {
    it.clock.advance(1_000);
    await it.exchange([claim(`192.168.1.${host}`, mac(host))[1]!]);
  }
  it.server.reconfigure(load("quarantine-time: 2h\n", pools));
  assert.equal(await obtain(it, HONEST), "192.168.1.12");
  await it.stop();
});

Deno.test("what a journal says of a quarantine ends by the config that the server starts with", async () => {
  const it = await startWith(load("", "192.168.1.10-192.168.1.11"));
  const updatedAtMs = it.clock.monotonicMs();
  const lease = makeLease({
    address: "192.168.1.11",
    state: "declined",
    updatedAtMs,
    expiresAtMs: updatedAtMs + 86_400_000,
  });
  it.leases.put(lease);
  // As at a start: the config is laid over the records.
  it.server.reconfigure(load("", "192.168.1.10-192.168.1.11"));
  assert.equal(it.leases.get(lease.address)!.expiresAtMs, updatedAtMs + 3_600_000);
  await it.stop();
});
