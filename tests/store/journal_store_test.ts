/** The journal at work: group commit, and a disk that fails. */
import assert from "node:assert/strict";
import { openJournal, REPAIR_INTERVAL_MS } from "../../src/store/journal_store.ts";
import { readJournal } from "../../src/store/journal_reader.ts";
import { StoreError } from "../../src/store/lease_store.ts";
import { errorCode } from "../../src/store/disk_error.ts";
import { diskError, FaultyDisk } from "../support/faulty_disk.ts";
import { LeaseList, loadAll } from "../support/lease_list.ts";
import { makeLease } from "../support/leases_fixture.ts";
import { createVirtualClock } from "../support/virtual_clock.ts";
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
import { Ledger } from "./ledger.ts";

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

Deno.test("a start finds out that the disk is full, and serves as others do on a full disk", async () => {
  const { disk, ledger, store } = await begin();
  await ledger.commit(store, 1);
  await store.close();
  fail(disk, "write", "ENOSPC");
  const again = openJournal({ ...ledger, path: PATH, disk });
  const { leases, remarks } = await loadAll(again);
  assert.equal(leases.length, 1);
  assert.match(remarks.join(), /cannot write the lease journal .*: the disk is full; make room/);
  assert.equal(again.health().problem, remarks[0]);
  assert.equal(await outcome(again, ledger), "rejected");

  disk.intercept = () => undefined;
  ledger.clock.advance(REPAIR_INTERVAL_MS);
  assert.equal(await outcome(again, ledger), "committed");
  assert.deepEqual(again.health(), { ok: true });
  await assertDurable(disk, ledger);
});

Deno.test("a disk that does not answer is no good health, until it does", async () => {
  const { disk, ledger, clock, store, troubles } = await begin();
  const sync = hold(disk, "syncData");
  const committed = ledger.commit(store, 1);
  await sync.reached;
  const looks: Promise<void>[] = [];
  const look = () => void looks.push(store.commit([]));
  clock.advance(9_999);
  look();
  assert.deepEqual([store.health(), troubles], [{ ok: true }, []], "it is only slow");
  clock.advance(2_001);
  const problem = "the disk has not answered for 12 s; no lease is given or renewed until it does";
  assert.deepEqual(store.health(), { ok: false, problem });
  look();
  clock.advance(5_000);
  look();
  assert.deepEqual(troubles, [`lease journal ${PATH}: ${problem}`], "told once");
  assert.match(store.health().problem!, /for 17 s/);

  sync.release();
  await Promise.all([committed, ...looks]);
  assert.deepEqual(store.health(), { ok: true });
  assert.equal(troubles[1], `lease journal ${PATH}: the disk answers again, after 17 s`);
  assert.equal(troubles.length, 2);
  await assertDurable(disk, ledger);
});

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

for (const fault of ["ENOSPC", "short"] as const) {
  Deno.test(`the error says what to do, and keeps its cause: ${fault}`, async () => {
    const { disk, store } = await begin();
    fail(disk, "write", fault);
    await assert.rejects(store.commit([makeLease({ address: "10.0.0.1" })]), (error) => {
      assert.ok(error instanceof StoreError);
      assert.match(error.message, /: the disk is full; make room and it recovers by itself$/);
      assert.deepEqual([error.exitCode, errorCode(error.cause)], [74, "ENOSPC"]);
      return true;
    });
  });

  Deno.test(`what cannot be made on a full disk ends the start, which says so: ${fault}`, async () => {
    const disk = new FaultyDisk();
    const start = () =>
      loadAll(openJournal({ ...new Ledger(createVirtualClock()), path: PATH, disk }));
    const refused = (what: string) => ({
      name: "StoreError",
      message: `cannot ${what}: the disk is full; make room and start again`,
    });
    fail(disk, "write", fault);
    await assert.rejects(start(), refused(`open the lease journal ${PATH}`));
    disk.lock = () => Promise.reject(diskError("ENOSPC"));
    await assert.rejects(start(), refused(`lock the journal by ${PATH}.lock`));
  });
}

/** What somebody does to the journal of a running server, and what the log calls it. */
const MEDDLINGS: readonly (readonly [string, (disk: FaultyDisk) => Promise<void> | void])[] = [
  ["was removed", (disk) => disk.remove(PATH)],
  ["was replaced by another file", (disk) => disk.plant(PATH, disk.read(PATH)!)],
  ["was cut short", async (disk) => {
    const file = await disk.openAppend(PATH);
    await file.truncate(0); // as `: > leases.jsonl` and logrotate's copytruncate do
    await file.sync();
  }],
  ["was written to by somebody else", async (disk) => {
    const file = await disk.openAppend(PATH);
    file.writeNow(new TextEncoder().encode("amid a li")); // the next line would be a part of it
  }],
];

for (const [what, meddle] of MEDDLINGS) {
  Deno.test(`a journal that ${what} while open is made anew at the next commit`, async () => {
    const { disk, ledger, store, troubles } = await begin();
    await ledger.commit(store, 1, 2);
    assert.deepEqual(troubles, []);
    await meddle(disk);
    assert.equal(await outcome(store, ledger), "committed");
    await assertDurable(disk, ledger);
    assert.deepEqual(troubles, [
      `the lease journal ${PATH} ${what} while the server runs: it is written anew with the ` +
      "leases that the server knows. To edit the journal, stop the server first",
    ]);
    assert.equal(countOf(disk, "rename"), 1);
    assert.equal(await outcome(store, ledger), "committed");
    assert.deepEqual([countOf(disk, "rename"), troubles.length], [1, 1], "only once");
    await assertDurable(disk, ledger);
  });
}

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
