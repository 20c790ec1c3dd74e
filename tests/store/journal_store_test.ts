/** The journal at work: group commit, a disk that fails, compaction. */
import assert from "node:assert/strict";
import {
  COMPACTION_RETRY_MS,
  openJournal,
  REPAIR_INTERVAL_MS,
} from "../../src/store/journal_store.ts";
import { readJournal } from "../../src/store/journal_reader.ts";
import { type LeaseStore, StoreError } from "../../src/store/lease_store.ts";
import { errorCode } from "../../src/store/disk_error.ts";
import { type Fault, FaultyDisk } from "../support/faulty_disk.ts";
import { LeaseList, loadAll } from "../support/lease_list.ts";
import { makeLease } from "../support/leases_fixture.ts";
import { createVirtualClock } from "../support/virtual_clock.ts";
import { Ledger } from "./ledger.ts";

const PATH = "/lib/leases.jsonl";
const HOUR_MS = 3_600_000;
const ALL_LOST = { bytes: "lost", names: "lost" } as const;

/** A journal of few lines that was just opened, with its live table. */
async function begin(disk = new FaultyDisk(), compactionLinesMin = 1_000, leasesPerWrite = 256) {
  const ledger = new Ledger(createVirtualClock());
  const { clock, snapshot } = ledger;
  const limits = { compactionLinesMin, leasesPerWrite };
  const store = openJournal({ path: PATH, clock, snapshot, disk, ...limits });
  await loadAll(store);
  disk.operations.length = 0;
  return { disk, ledger, clock, store };
}

/** Asserts that after a power cut now, replay makes the table as it is now, and nothing else. */
async function assertDurable(disk: FaultyDisk, ledger: Ledger): Promise<void> {
  const after = disk.afterPowerCut(ALL_LOST);
  const list = new LeaseList();
  const remarks = await readJournal(PATH, list, ledger.clock, after);
  const leases = [...list.records()];
  assert.deepEqual(remarks, []);
  assert.deepEqual(ledger.violations(leases), []);
  assert.deepEqual(
    leases.map((it) => it.hostname),
    [...ledger.snapshot()].map((it) => it.hostname),
  );
}

/** Holds the next operation of that name until `release`. */
function hold(disk: FaultyDisk, name: string) {
  const reached = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<Fault | undefined>();
  disk.intercept = (operation) => {
    if (!operation.startsWith(`${name} `)) return undefined;
    disk.intercept = () => undefined;
    reached.resolve();
    return gate.promise;
  };
  return {
    reached: reached.promise,
    release: (fault?: Fault) => gate.resolve(fault),
  };
}

function fail(disk: FaultyDisk, name: string, fault: Fault): void {
  disk.intercept = (operation) => operation.startsWith(`${name} `) ? fault : undefined;
}

function countOf(disk: FaultyDisk, name: string): number {
  return disk.operations.filter((operation) => operation.startsWith(`${name} `)).length;
}

/** What `ledger.commit` swallows: whether the store took a commit of 10.0.0.9. */
async function outcome(store: LeaseStore, ledger: Ledger): Promise<string> {
  const before = ledger.owedCount;
  await ledger.commit(store, 9);
  return ledger.owedCount > before ? "committed" : "rejected";
}

/** Lets everything run that waits for nothing but its turn. */
async function settle(): Promise<void> {
  for (let i = 0; i < 500; i++) await null;
}

Deno.test("commits of one turn share one write and one sync", async () => {
  const { disk, ledger, store } = await begin();
  await Promise.all(Array.from({ length: 100 }, (_, i) => ledger.commit(store, i)));
  assert.equal(countOf(disk, "write"), 1);
  assert.equal(countOf(disk, "syncData"), 1);
  assert.equal(ledger.owedCount, 100);
});

Deno.test("commits made during a sync share the next; each resolves after its own", async () => {
  const { disk, ledger, store } = await begin();
  const sync = hold(disk, "syncData");
  const first = ledger.commit(store, 1);
  await sync.reached;
  const later = Promise.all(Array.from({ length: 100 }, (_, i) => ledger.commit(store, i)));
  await settle();
  assert.equal(ledger.owedCount, 0, "nothing is acknowledged before its sync");
  const secondSync = hold(disk, "syncData");
  sync.release();
  await first;
  await secondSync.reached;
  await settle();
  assert.equal(ledger.owedCount, 1);
  secondSync.release();
  await later;
  assert.equal(ledger.owedCount, 101);
  assert.deepEqual([countOf(disk, "write"), countOf(disk, "syncData")], [2, 2]);
});

Deno.test("a commit of nothing writes nothing, but finds out that the journal is gone", async () => {
  const { disk, ledger, store } = await begin();
  await ledger.commit(store, 1, 2);
  disk.operations.length = 0;
  await store.commit([]);
  assert.deepEqual(disk.operations, [`stat ${PATH}`]);
  await disk.remove(PATH);
  await store.commit([]);
  await assertDurable(disk, ledger);
});

Deno.test("what a start has read is durable from then on", async () => {
  const { disk, ledger, store } = await begin();
  const sync = hold(disk, "syncData");
  void ledger.commit(store, 1);
  await sync.reached;
  const next = disk.afterKill();
  const { leases } = await loadAll(openJournal({ ...ledger, path: PATH, disk: next }));
  assert.equal(leases.length, 1, "it was written, though not synced");
  await assertDurable(next, ledger);
});

for (const fault of ["ENOSPC", "EIO", "short"] as const) {
  for (const name of ["write", "syncData"]) {
    if (name === "syncData" && fault === "short") continue;
    Deno.test(`after a ${fault} of ${name} the journal is made anew from the table`, async () => {
      const { disk, ledger, clock, store } = await begin();
      await ledger.commit(store, 1, 2);
      fail(disk, name, fault);
      assert.equal(await outcome(store, ledger), "rejected");
      assert.equal(store.health().ok, false);
      assert.match(store.health().problem!, /cannot write the lease journal \/lib\/leases.jsonl: /);

      disk.intercept = () => undefined;
      disk.operations.length = 0;
      clock.advance(REPAIR_INTERVAL_MS - 1);
      assert.equal(await outcome(store, ledger), "rejected");
      assert.deepEqual(disk.operations, [], "a failing disk is left alone for a while");

      clock.advance(1);
      assert.equal(await outcome(store, ledger), "committed");
      assert.deepEqual(store.health(), { ok: true });
      assert.equal(countOf(disk, "rename"), 1);
      await assertDurable(disk, ledger);
      await ledger.commit(store, 3, 1);
      await assertDurable(disk, ledger);
    });
  }
}

Deno.test("while the disk fails, it is tried once an interval", async () => {
  const { disk, ledger, clock, store } = await begin();
  fail(disk, "write", "ENOSPC");
  for (let i = 0; i < 40; i++) {
    await outcome(store, ledger);
    clock.advance(REPAIR_INTERVAL_MS / 4);
  }
  assert.equal(countOf(disk, "write"), 10);
  assert.equal(disk.read(`${PATH}.new`), undefined, "a full disk is not filled further");
});

Deno.test("an empty commit repairs the journal when there is no other", async () => {
  const { disk, ledger, clock, store } = await begin();
  fail(disk, "syncData", "EIO");
  await outcome(store, ledger);
  disk.intercept = () => undefined;
  clock.advance(REPAIR_INTERVAL_MS);
  await store.commit([]);
  assert.deepEqual(store.health(), { ok: true });
  await assertDurable(disk, ledger);
});

Deno.test("the error says what to do, and keeps its cause", async () => {
  const { disk, store } = await begin();
  fail(disk, "write", "ENOSPC");
  await assert.rejects(store.commit([makeLease({ address: "10.0.0.1" })]), (error) => {
    assert.ok(error instanceof StoreError);
    assert.match(error.message, /the disk is full; make room/);
    assert.deepEqual([error.exitCode, errorCode(error.cause)], [74, "ENOSPC"]);
    return true;
  });
});

Deno.test("a journal that was removed or replaced while open is made anew at once", async () => {
  const { disk, ledger, store } = await begin();
  await ledger.commit(store, 1, 2);
  await disk.remove(PATH);
  assert.equal(await outcome(store, ledger), "committed");
  await assertDurable(disk, ledger);
  disk.plant(PATH, "an editor saved its own copy\n");
  assert.equal(await outcome(store, ledger), "committed");
  await assertDurable(disk, ledger);
});

Deno.test("a journal that was cut short while open is made anew at the next commit", async () => {
  const { disk, ledger, store } = await begin();
  await ledger.commit(store, 1, 2);
  const file = await disk.openAppend(PATH);
  await file.truncate(0); // as `: > leases.jsonl` and logrotate's copytruncate do
  await file.sync();
  assert.equal(await outcome(store, ledger), "committed");
  await assertDurable(disk, ledger);
  assert.equal(countOf(disk, "rename"), 1);
  assert.equal(await outcome(store, ledger), "committed");
  assert.equal(countOf(disk, "rename"), 1, "only once");
  await assertDurable(disk, ledger);
});

Deno.test("a clock step amid a repair leaves every lease its time", async () => {
  const { disk, ledger, clock, store } = await begin();
  await ledger.commit(store, 1);
  await disk.remove(PATH);
  const sync = hold(disk, "syncData");
  const first = ledger.commit(store, 2);
  await sync.reached;
  const second = ledger.commit(store, 3); // its line is made before the step
  clock.stepWall(-24 * HOUR_MS);
  const third = ledger.commit(store, 4); // and this one's after it
  sync.release();
  await Promise.all([first, second, third]);
  await assertDurable(disk, ledger);
});

Deno.test("a journal of many lines is compacted, while commits go on", async () => {
  const { disk, ledger, store } = await begin(new FaultyDisk(), 20);
  for (let i = 0; i < 19; i++) await ledger.commit(store, 1 + i % 3);
  assert.equal(countOf(disk, "rename"), 0);
  const newFile = hold(disk, "create");
  await ledger.commit(store, 1);
  await newFile.reached;
  for (let i = 0; i < 5; i++) await ledger.commit(store, 4);
  ledger.stepWall(24 * HOUR_MS);
  await ledger.commit(store, 5);
  assert.equal(ledger.owedCount, 26, "acknowledged while the new file was waited for");
  await assertDurable(disk, ledger);
  newFile.release();
  await settle();
  assert.equal(countOf(disk, "rename"), 1);
  await assertDurable(disk, ledger);
  // Header; the three of before, and the two that came before the table was walked; their groups.
  assert.equal(disk.read(PATH)!.split("\n").length - 1, 1 + 5 + 5 + 2);
});

Deno.test("to put the compacted journal in its place delays commits by one group", async () => {
  const { disk, ledger, store } = await begin(new FaultyDisk(), 20);
  for (let i = 0; i < 19; i++) await ledger.commit(store, 1 + i % 3);
  const rename = hold(disk, "rename");
  await ledger.commit(store, 1); // which makes the twentieth line, and waits for nothing
  await rename.reached;
  const waiting = [4, 5, 6].map((octet) => ledger.commit(store, octet));
  await settle();
  assert.equal(ledger.owedCount, 20, "nothing is written to a file that is about to go");
  disk.operations.length = 0;
  rename.release();
  await Promise.all(waiting);
  const afterwards = disk.operations.map((operation) => operation.split(" ")[0]);
  assert.deepEqual(afterwards, ["rename", "syncDirectory", "write", "syncData", "stat"]);
  await assertDurable(disk, ledger);
});

Deno.test("a table that changes while it is written is whole in the new file", async () => {
  const { disk, ledger, clock, store } = await begin(new FaultyDisk(), 20, 2);
  for (let i = 0; i < 10; i++) await ledger.commit(store, i);
  for (let i = 0; i < 9; i++) await ledger.commit(store, 0);
  const newFile = hold(disk, "create");
  await ledger.commit(store, 1);
  await newFile.reached;
  const write = hold(disk, "write");
  newFile.release();
  await write.reached;
  write.release();
  // Records behind and before the walk change, and new ones come, at another time of day.
  clock.advance(HOUR_MS / 2);
  ledger.stepWall(-HOUR_MS);
  const commits = [0, 9, 20, 8, 1].map((octet) => ledger.commit(store, octet));
  await Promise.all(commits);
  await settle();
  assert.equal(countOf(disk, "rename"), 1);
  await assertDurable(disk, ledger);
});

Deno.test("a big tail is caught up with in the background", async () => {
  const { disk, ledger, store } = await begin(new FaultyDisk(), 20);
  for (let i = 0; i < 19; i++) await ledger.commit(store, 1);
  const newFile = hold(disk, "create");
  await ledger.commit(store, 1);
  await newFile.reached;
  const octets = Array.from({ length: 250 }, (_, i) => i);
  for (let i = 0; i < 10; i++) await ledger.commit(store, ...octets);
  const lastSync = hold(disk, "syncData");
  newFile.release();
  await lastSync.reached;
  const meanwhile = ledger.commit(store, 7);
  await meanwhile;
  assert.equal(countOf(disk, "rename"), 0, "commits do not wait for the catching up");
  lastSync.release();
  await settle();
  assert.equal(countOf(disk, "rename"), 1);
  await assertDurable(disk, ledger);
});

Deno.test("a compaction that fails harms nothing, is told, and is tried again later", async () => {
  const { disk, ledger, clock, store } = await begin(new FaultyDisk(), 20);
  fail(disk, "create", "ENOSPC");
  for (let i = 0; i < 30; i++) assert.equal(await outcome(store, ledger), "committed");
  assert.equal(countOf(disk, "create"), 1);
  assert.match(store.health().problem!, /cannot compact .*: the disk is full/);
  await assertDurable(disk, ledger);
  disk.intercept = () => undefined;
  clock.advance(COMPACTION_RETRY_MS);
  await ledger.commit(store, 9);
  await settle();
  assert.deepEqual(store.health(), { ok: true });
  assert.equal(disk.read(PATH)!.split("\n").length - 1, 2);
  await assertDurable(disk, ledger);
});

Deno.test("a compaction whose rename may not last makes the next commit repair it", async () => {
  const { disk, ledger, clock, store } = await begin(new FaultyDisk(), 20);
  for (let i = 0; i < 19; i++) await ledger.commit(store, 1);
  fail(disk, "syncDirectory", "EIO");
  await ledger.commit(store, 1);
  await settle();
  assert.match(store.health().problem!, /I\/O error/);
  assert.equal(await outcome(store, ledger), "rejected");
  disk.intercept = () => undefined;
  clock.advance(REPAIR_INTERVAL_MS);
  assert.equal(await outcome(store, ledger), "committed");
  await assertDurable(disk, ledger);
});

Deno.test("a compaction under way when commits fail is given up", async () => {
  const { disk, ledger, clock, store } = await begin(new FaultyDisk(), 20);
  for (let i = 0; i < 19; i++) await ledger.commit(store, 1);
  const newFile = hold(disk, "create");
  await ledger.commit(store, 1);
  await newFile.reached;
  fail(disk, "syncData", "EIO");
  assert.equal(await outcome(store, ledger), "rejected");
  assert.equal(await outcome(store, ledger), "rejected"); // not even in the tail
  disk.intercept = () => undefined;
  newFile.release();
  await settle();
  assert.equal(store.health().ok, false);
  assert.equal(disk.read(`${PATH}.new`), undefined);
  clock.advance(REPAIR_INTERVAL_MS);
  await ledger.commit(store, 2);
  await assertDurable(disk, ledger);
});

Deno.test("a compaction under way when the journal is made anew is given up first", async () => {
  const { disk, ledger, store } = await begin(new FaultyDisk(), 20);
  for (let i = 0; i < 19; i++) await ledger.commit(store, 1);
  const newFile = hold(disk, "sync");
  await ledger.commit(store, 1);
  await newFile.reached;
  await disk.remove(PATH);
  const commits = Promise.all([ledger.commit(store, 2), settle()]);
  await settle();
  newFile.release();
  await commits;
  await ledger.commit(store, 3);
  await settle();
  assert.deepEqual(store.health(), { ok: true });
  await assertDurable(disk, ledger);
});

Deno.test("a new file that a crash left behind is removed at start", async () => {
  const disk = new FaultyDisk();
  disk.plant(`${PATH}.new`, "half of a");
  disk.plant(PATH, '{"journal":"sublet","version":1}\n');
  await begin(disk);
  assert.equal(disk.read(`${PATH}.new`), undefined);
});

Deno.test("closing gives up a compaction under way, and leaves nothing of it", async () => {
  const { disk, ledger, store } = await begin(new FaultyDisk(), 20);
  for (let i = 0; i < 19; i++) await ledger.commit(store, 1);
  const newFile = hold(disk, "create");
  await ledger.commit(store, 1);
  await newFile.reached;
  const closed = store.close();
  newFile.release();
  await closed;
  assert.equal(disk.read(`${PATH}.new`), undefined);
  await assertDurable(disk, ledger);
});

Deno.test("a journal that may not be read is refused with a word on what to do", async () => {
  const disk = new FaultyDisk();
  disk.plant(PATH, '{"journal":"sublet","version":1}\n');
  disk.intercept = (operation) => operation.startsWith("open ") ? "EACCES" : undefined;
  const ledger = new Ledger(createVirtualClock());
  const problem = {
    name: "StoreError",
    exitCode: 74,
    message: /cannot open the lease journal .*: permission denied; let the user that runs/,
  };
  await assert.rejects(loadAll(openJournal({ ...ledger, path: PATH, disk })), problem);
  await assert.rejects(readJournal(PATH, new LeaseList(), ledger.clock, disk), problem);
});
