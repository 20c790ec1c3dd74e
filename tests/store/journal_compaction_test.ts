/** Compaction: a journal that is written anew while commits go on. */
import assert from "node:assert/strict";
import { type Lease, makeClient } from "../../src/leases/lease.ts";
import { Compaction } from "../../src/store/compaction.ts";
import { writeNewJournal } from "../../src/store/journal_file.ts";
import { COMPACTION_RETRY_MS, REPAIR_INTERVAL_MS } from "../../src/store/journal_store.ts";
import { FaultyDisk } from "../support/faulty_disk.ts";
import { packAll } from "../support/lease_list.ts";
import {
  assertDurable,
  begin,
  countOf,
  fail,
  hold,
  HOUR_MS,
  outcome,
  PATH,
  settle,
} from "./journal_scene.ts";

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
  // Header; the three of before, and the two that came before the table was walked; their groups,
  // with the three lines of the clock.
  assert.equal(disk.read(PATH)!.split("\n").length - 1, 1 + 5 + 5 + 3 + 1);
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

Deno.test("a new journal is synced as it is written, a little at a time", async () => {
  const disk = new FaultyDisk();
  const hostname = "h".repeat(200);
  function* leases(): Iterable<Lease> {
    for (let address = 1; address <= 16_384; address++) {
      const client = makeClient(1, "02:00:00:00:00:01", undefined);
      yield { address, client, hostname, state: "bound", updatedAtMs: 0, expiresAtMs: HOUR_MS };
    }
  }
  const snapshot = { leases: packAll(leases()), monotonicMs: 0, offsetMs: 0, leasesPerWrite: 256 };
  const { byteCount } = await writeNewJournal(disk, PATH, snapshot, new AbortController().signal);
  const calls = disk.operations.map((operation) => operation.split(" ")[0]!).join(" ");
  const writesInARow = calls.match(/write( write)*/g)!.map((run) => run.split(" ").length);
  assert.equal(writesInARow.reduce((sum, writes) => sum + writes, 0), 16_384 / 256);
  const bytesPerWrite = byteCount / (16_384 / 256);
  assert.ok(Math.max(...writesInARow) * bytesPerWrite < 1.2 * 1024 * 1024, calls);
});

Deno.test("the memory of what was appended meanwhile is free as soon as it is in the new file", async () => {
  const disk = new FaultyDisk();
  const snapshot = { leases: packAll([]), monotonicMs: 0, offsetMs: 0, leasesPerWrite: 256 };
  const compaction = new Compaction(disk, PATH, snapshot, () => {});
  const tail = Array.from({ length: 3 }, (_, i) => new TextEncoder().encode(`line ${i}\n`));
  for (const bytes of tail) compaction.addToTail(bytes, 1);
  (await compaction.finish()).file.close();
  assert.match(disk.read(`${PATH}.new`)!, /\nline 0\nline 1\nline 2\n$/);
  assert.ok(tail.every(({ buffer }) => buffer.detached));
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
