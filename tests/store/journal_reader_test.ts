/** What a start makes of the file it finds: clocks that stepped, lines that are bad. */
import assert from "node:assert/strict";
import type { Lease } from "../../src/leases/lease.ts";
import { encodeHeader, encodeLease } from "../../src/store/journal_format.ts";
import { readJournal } from "../../src/store/journal_reader.ts";
import { replay } from "../../src/store/journal_replay.ts";
import { openJournal } from "../../src/store/journal_store.ts";
import type { LeaseStore } from "../../src/store/lease_store.ts";
import { formatIpv4, type Ipv4 } from "../../src/wire/ipv4.ts";
import { FaultyDisk } from "../support/faulty_disk.ts";
import { LeaseList, loadAll } from "../support/lease_list.ts";
import { dotted, ip, makeLease, numberedClient } from "../support/leases_fixture.ts";
import { createVirtualClock, type VirtualClock } from "../support/virtual_clock.ts";

const PATH = "/lib/leases.jsonl";
const HOUR_MS = 3_600_000;
const YEAR_MS = 365 * 24 * HOUR_MS;
const WALL_MS = Date.UTC(2026, 10, 22, 8, 0, 0);

async function load(disk: FaultyDisk, clock = createVirtualClock()) {
  const store = openJournal({ path: PATH, clock, snapshot: () => [], disk });
  return { store, ...await loadAll(store) };
}

/** What somebody finds who reads beside the server. */
function read(disk: FaultyDisk, clock: VirtualClock) {
  return loadAll({ load: (leases) => readJournal(PATH, leases, clock, disk) });
}

/** Commits a bound lease of 10.0.0.`number` for an hour from now. */
function lease(store: LeaseStore, clock: VirtualClock, number: number) {
  const updatedAtMs = clock.monotonicMs();
  const address = `10.0.0.${number}`;
  return store.commit([makeLease({ address, updatedAtMs, expiresAtMs: updatedAtMs + HOUR_MS })]);
}

/** The time that each lease has left, by address. */
function leftMs(leases: readonly Lease[], clock: VirtualClock): Record<string, number> {
  const nowMs = clock.monotonicMs();
  return Object.fromEntries(leases.map((it) => [dotted(it.address), it.expiresAtMs - nowMs]));
}

/** The machine is off for `offMs`, and comes up with a monotonic clock that starts anew. */
function reboot(clock: VirtualClock, offMs: number): void {
  clock.advance(offMs);
  clock.setMonotonic(3_000);
}

Deno.test("a gap in wall time before a start is downtime: leases run on in it", async () => {
  const disk = new FaultyDisk();
  const clock = createVirtualClock();
  const { store } = await load(disk, clock);
  await lease(store, clock, 1);
  clock.advance(HOUR_MS / 2);
  await lease(store, clock, 2);
  reboot(clock, HOUR_MS * 3 / 4);
  const { leases, remarks } = await load(disk, clock);
  assert.deepEqual(leftMs(leases, clock), { "10.0.0.1": -HOUR_MS / 4, "10.0.0.2": HOUR_MS / 4 });
  assert.deepEqual(remarks, []);
});

for (const [name, stepMs] of [["56 years forward", 56 * YEAR_MS], ["back a year", -YEAR_MS]]) {
  Deno.test(`a wall clock that steps ${name} changes no lease's time left`, async () => {
    const disk = new FaultyDisk();
    const clock = createVirtualClock({ wallMs: stepMs === -YEAR_MS ? WALL_MS : 60_000 });
    const { store } = await load(disk, clock);
    await lease(store, clock, 1);
    clock.stepWall(Number(stepMs));
    clock.advance(1_000);
    await lease(store, clock, 2);
    clock.advance(1_000);
    reboot(clock, 500);
    const { leases } = await load(disk, clock);
    assert.deepEqual(leftMs(leases, clock), {
      "10.0.0.1": HOUR_MS - 2_500,
      "10.0.0.2": HOUR_MS - 1_500,
    });
    assert.match(disk.read(PATH)!, /"clock":"stepped","was":"/);
  });
}

Deno.test("a step is noted by an empty commit, before anything is written", async () => {
  const disk = new FaultyDisk();
  const clock = createVirtualClock({ wallMs: 60_000 });
  const { store } = await load(disk, clock);
  await lease(store, clock, 1);
  clock.stepWall(56 * YEAR_MS);
  await store.commit([]);
  reboot(clock, 0);
  assert.deepEqual(leftMs((await load(disk, clock)).leases, clock), { "10.0.0.1": HOUR_MS });
});

Deno.test("small differences between the clocks are not steps", async () => {
  const disk = new FaultyDisk();
  const clock = createVirtualClock();
  const { store } = await load(disk, clock);
  for (const [number, ms] of [[1, 1_900], [2, -1_900], [3, -1_900]] as const) {
    clock.stepWall(ms);
    await lease(store, clock, number);
  }
  assert.doesNotMatch(disk.read(PATH)!, /stepped/);
  clock.stepWall(-200); // 2.1 s since the last line that told the time
  await lease(store, clock, 4);
  assert.equal(disk.read(PATH)!.match(/stepped/g)?.length, 1);
});

Deno.test("a start with a clock older than the journal takes the downtime as zero", async () => {
  const disk = new FaultyDisk();
  const clock = createVirtualClock();
  const first = await load(disk, clock);
  await lease(first.store, clock, 1);
  clock.advance(HOUR_MS / 4);
  await lease(first.store, clock, 2);
  await lease(first.store, clock, 3); // two lines say so

  // A Pi without a clock of its own boots in 1970, ...
  clock.setWall(30_000);
  reboot(clock, 0);
  const second = await load(disk, clock);
  const left = { "10.0.0.1": HOUR_MS * 3 / 4, "10.0.0.2": HOUR_MS, "10.0.0.3": HOUR_MS };
  assert.deepEqual(leftMs(second.leases, clock), left);
  assert.match(second.remarks[0]!, /1970-01-01T00:00:30.000Z.*2026-11-22T08:15:00.000Z/);

  // ... goes on leasing, ...
  clock.advance(60_000);
  await lease(second.store, clock, 4);
  // ... and learns the time.
  clock.setWall(WALL_MS + 5 * HOUR_MS);
  await lease(second.store, clock, 5);
  reboot(clock, 0);
  const third = await load(disk, clock);
  assert.deepEqual(leftMs(third.leases, clock), {
    "10.0.0.1": left["10.0.0.1"] - 60_000,
    "10.0.0.2": left["10.0.0.2"] - 60_000,
    "10.0.0.3": left["10.0.0.3"] - 60_000,
    "10.0.0.4": HOUR_MS,
    "10.0.0.5": HOUR_MS,
  });
});

Deno.test("no clock line gives a lease more time than it had when it was written", async () => {
  const disk = new FaultyDisk();
  const clock = createVirtualClock();
  disk.plant(
    PATH,
    encodeHeader(clock.wallMs()) +
      encodeLease(makeLease({ address: "10.0.0.1", updatedAtMs: clock.wallMs() }), 0) +
      '{"at":"2090-01-01T00:00:00.000Z","clock":"stepped","was":"2000-01-01T00:00:00.000Z"}\n' +
      '{"at":"2026-11-22T08:00:00.000Z","clock":"stepped","was":"2026-01-01T00:00:00.000Z"}\n',
  );
  const { leases } = await load(disk, clock);
  const left = leftMs(leases, clock)["10.0.0.1"]!;
  assert.ok(left <= HOUR_MS, `left: ${left}`);
});

const IN_AN_HOUR = '"expires":"2026-11-22T09:00:00.000Z"';
const DAMAGES: readonly (readonly [string, string, string, string])[] = [
  ["a lease, a month on", '"at":"2026-11', '"at":"2026-12', IN_AN_HOUR],
  ["a lease, a thousand years on", '"at":"2026', '"at":"3026', IN_AN_HOUR],
  ["a lease without end, ten years on", '"at":"2026', '"at":"2036', '"expires":"infinite"'],
  ["the header, a thousand years on", '"at":"2026', '"at":"3026', '"journal"'],
];

for (const [name, written, read, inLine] of DAMAGES) {
  Deno.test(`one damaged digit costs no other lease its time: ${name}`, async () => {
    const clock = createVirtualClock();
    const fresh = (address: string, expiresAtMs = WALL_MS + HOUR_MS) =>
      encodeLease(makeLease({ address, updatedAtMs: WALL_MS, expiresAtMs }), 0);
    const text = encodeHeader(WALL_MS) + fresh("10.0.0.1") + fresh("10.0.0.2", Infinity) +
      fresh("10.0.0.3") + fresh("10.0.0.4");
    const line = text.split("\n").find((it) => it.includes(inLine))!;
    const disk = new FaultyDisk();
    disk.plant(PATH, text.replace(line, line.replace(written, read)));
    clock.setWall(WALL_MS);
    const left = leftMs((await load(disk, clock)).leases, clock);
    assert.equal(left["10.0.0.3"], HOUR_MS);
    assert.equal(left["10.0.0.4"], HOUR_MS);
  });
}

Deno.test("bad lines are skipped, kept aside and reported once; good ones after them stay", async () => {
  const disk = new FaultyDisk();
  const line = (number: number) =>
    new TextEncoder().encode(encodeLease(makeLease({ address: `10.0.0.${number}` }), WALL_MS));
  const noUtf8 = line(9).fill(0xff, 30, 33);
  const bad = '{"at":"2026-11-22T08:00:00.000Z","address":"10.0.0.3","state":"lent"}';
  disk.plant(
    PATH,
    new Uint8Array([
      ...new TextEncoder().encode(encodeHeader(WALL_MS)),
      ...line(1),
      ...new TextEncoder().encode(`${bad}\n\n`),
      ...line(2),
      ...noUtf8,
      ...line(3),
    ]),
  );
  const { leases, remarks, store } = await load(disk);
  await store.close();
  const addresses = ["10.0.0.1", "10.0.0.2", "10.0.0.3"];
  assert.deepEqual(leases.map((it) => dotted(it.address)), addresses);
  assert.deepEqual(remarks, [
    `${PATH}: line 3 skipped: \`state\` is not bound, released or declined`,
    `${PATH}: line 6 skipped: not UTF-8`,
    `${PATH}: the skipped lines are kept in ${PATH}.rejected`,
  ]);
  const after = disk.afterPowerCut({ bytes: "lost", names: "lost" });
  const aside = after.read(`${PATH}.rejected`)!.split("\n");
  assert.equal(aside[0], bad);
  assert.equal(aside.length, 3);
  const again = await load(after);
  assert.deepEqual(again.remarks, []);
  assert.deepEqual(again.leases.map((it) => dotted(it.address)), addresses);
});

Deno.test("room is made for as many leases as there may be, and for no line that is none", async () => {
  const expected: number[] = [];
  const disk = new FaultyDisk();
  const read = async (text: string) => {
    disk.plant(PATH, text);
    const list = new LeaseList();
    list.expect = (count: number) => void expected.push(count);
    await readJournal(PATH, list, createVirtualClock(), disk).catch(() => {});
    return expected.pop();
  };
  assert.equal(await read("\n".repeat(10_000) + "\0".repeat(1024 * 1024)), undefined);
  const leases = Array.from(
    { length: 20_000 },
    (_, i) =>
      encodeLease(makeLease({ address: ip("10.0.0.0") + i, client: numberedClient(i) }), WALL_MS),
  );
  const count = (await read(encodeHeader(WALL_MS) + leases.join("")))!;
  assert.ok(count > 19_000 && count < 21_000, `${count} expected`);
  const list = new LeaseList();
  list.expect = (count: number) => void expected.push(count);
  await replay(await disk.openRead(PATH), 1e9, list);
  assert.deepEqual(expected, [1024 * 1024], "a hole is no lease");
});

Deno.test("however many bad lines there are, or how long one is, they are kept in few writes", async () => {
  const disk = new FaultyDisk();
  const hole = "\0".repeat(400 * 1024);
  const bad = [hole, ...Array.from({ length: 20_000 }, (_, i) => `bad ${i}`)].join("\n") + "\n";
  const good = encodeHeader(WALL_MS) + encodeLease(makeLease({ address: "10.0.0.1" }), WALL_MS);
  disk.plant(PATH, good + bad);
  const { leases, store } = await load(disk);
  await store.close();
  assert.equal(leases.length, 1);
  assert.equal(disk.read(`${PATH}.rejected`), bad);
  const writes = disk.operations.filter((it) => it.startsWith(`write ${PATH}.rejected`));
  assert.ok(writes.length > 0 && writes.length < 10, `${writes.length} writes`);
});

Deno.test("a line that is too long for one is kept by its beginning, wherever it is", async () => {
  const line = (number: number) => encodeLease(makeLease({ address: `10.0.0.${number}` }), WALL_MS);
  for (const sizeBytes of [512 * 1024, 512 * 1024 + 1, 5_000_000]) {
    const long = "\0".repeat(sizeBytes);
    const disk = new FaultyDisk();
    disk.plant(
      PATH,
      `${encodeHeader(WALL_MS)}${line(1)}${long}\n${line(2)}${long}\n${line(3)}${long}`,
    );
    const { leases, remarks, store } = await load(disk);
    await store.close();
    assert.deepEqual(leases.map((it) => dotted(it.address)), ["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
    const reason = `${sizeBytes} octets are too long for a line; the last ${sizeBytes - 65_536} go`;
    assert.deepEqual(remarks, [
      `${PATH}: cut off ${sizeBytes} octets of an incomplete last line (never acknowledged)`,
      `${PATH}: line 3 skipped: ${reason}`,
      `${PATH}: line 5 skipped: ${reason}`,
      `${PATH}: the skipped lines are kept in ${PATH}.rejected`,
    ]);
    assert.equal(disk.read(`${PATH}.rejected`), `${"\0".repeat(65_536)}\n`.repeat(2));
  }
});

Deno.test("a power cut while bad lines are set aside loses none of them", async () => {
  const contents = encodeHeader(WALL_MS) + "a bad line\n" +
    encodeLease(makeLease({ address: "10.0.0.1" }), WALL_MS);
  for (let crashAt = 0, isOver = false; !isOver; crashAt++) {
    const disk = new FaultyDisk({ crashAt });
    disk.plant(PATH, contents);
    await Promise.race([load(disk), disk.crashed]);
    isOver = disk.operations.length <= crashAt;
    for (let i = 0; i < 8; i++) { // what survives is left to chance
      const after = disk.afterPowerCut({ bytes: "torn", names: "some" });
      const files = `${after.read(PATH)}${after.read(`${PATH}.rejected`)}`;
      assert.ok(files.includes("a bad line\n"), `crash at ${disk.operations[crashAt]}`);
    }
  }
});

Deno.test("thousands of bad lines make few remarks", async () => {
  const disk = new FaultyDisk();
  disk.plant(PATH, encodeHeader(WALL_MS) + "?\n".repeat(5_000));
  const { remarks } = await load(disk);
  assert.equal(remarks.length, 12);
  assert.equal(remarks[10], `${PATH}: 4990 more lines skipped`);
});

Deno.test("readJournal reads beside a running server, and changes nothing", async () => {
  const disk = new FaultyDisk();
  const clock = createVirtualClock();
  const absent = await read(disk, clock);
  assert.deepEqual(absent.leases, []);
  assert.match(absent.remarks[0]!, /there is no journal/);
  const half = encodeLease(makeLease({ address: "10.0.0.2" }), WALL_MS).slice(0, 40);
  const contents = encodeHeader(WALL_MS) + "?\n" +
    encodeLease(makeLease({ address: "10.0.0.1" }), WALL_MS) + half;
  disk.plant(PATH, contents);
  const { leases, remarks } = await read(disk, clock);
  assert.deepEqual(leases.map((it) => dotted(it.address)), ["10.0.0.1"]);
  assert.deepEqual(remarks, [`${PATH}: line 2 skipped: not JSON`]);
  assert.equal(disk.read(PATH), contents);
  const changes = disk.operations.filter((it) => !/^(stat|open|read) /.test(it));
  assert.deepEqual(changes, []);
});

Deno.test("200,000 lines, each cut by chunks somewhere, all come back", async () => {
  const count = 200_000;
  const addressCount = 65_536;
  const text = [encodeHeader(WALL_MS)];
  const newest = new Map<Ipv4, string>();
  for (let i = 0; i < count; i++) {
    const address = 0x0a00_0000 + (i * 7_919) % addressCount;
    const hostname = `host-${"\u00e4".repeat(i % 7)}${i}`;
    newest.delete(address);
    newest.set(address, hostname);
    text.push(encodeLease(makeLease({ address, client: numberedClient(i), hostname }), WALL_MS));
  }
  const disk = new FaultyDisk();
  disk.plant(PATH, text.join(""));
  const { leases, remarks } = await load(disk);
  assert.deepEqual(remarks, []);
  assert.deepEqual(
    leases.map((it) => `${formatIpv4(it.address)} ${it.hostname}`),
    [...newest].map(([address, hostname]) => `${formatIpv4(address)} ${hostname}`),
  );
});
