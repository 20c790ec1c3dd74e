/**
 * A journal lives through everything that can happen to one, and the power is cut at every single
 * operation on the disk, with every kind of loss. Whatever was acknowledged must be there again.
 */
import assert from "node:assert/strict";
import { openJournal } from "../../src/store/journal_store.ts";
import type { LeaseStore } from "../../src/store/lease_store.ts";
import { FaultyDisk, type FaultyDiskOptions } from "../support/faulty_disk.ts";
import type { Loss } from "../support/inode.ts";
import { loadAll } from "../support/lease_list.ts";
import { createVirtualClock } from "../support/virtual_clock.ts";
import { Ledger } from "./ledger.ts";

const PATH = "/lib/leases.jsonl";
const SEEDS = [1, 2];
const YEAR_MS = 365 * 86_400_000;

const LOSSES: readonly Loss[] = (["lost", "kept", "torn", "zeroed"] as const).flatMap((bytes) =>
  (["lost", "kept", "some"] as const).map((names) => ({ bytes, names }))
);

function openOn(disk: FaultyDisk, ledger: Ledger): LeaseStore {
  const { clock, snapshot } = ledger;
  // A snapshot is written record by record, so that the table changes in the midst of it.
  const limits = { compactionLinesMin: 12, leasesPerWrite: 1 };
  return openJournal({ path: PATH, clock, snapshot, disk, ...limits });
}

/** Commits of several sizes that overlap: some are under way while the next ones gather. */
async function burst(store: LeaseStore, ledger: Ledger): Promise<void> {
  const first = ledger.commit(store, 1, 2);
  const second = ledger.commit(store, 3);
  for (let i = 0; i < 4; i++) await null;
  const third = ledger.commit(store, 1);
  await first;
  ledger.clock.advance(7);
  await Promise.all([second, third, ledger.commit(store, 4, 2), ledger.commit(store)]);
}

/** Fails the next operation of that name; tells afterwards whether there was one. */
function failOnce(disk: FaultyDisk, name: string, fault: "EIO" | "ENOSPC" | "short") {
  let hasFailed = false;
  disk.intercept = (operation) => {
    if (!operation.startsWith(`${name} `)) return undefined;
    disk.intercept = () => undefined;
    hasFailed = true;
    return fault;
  };
  return () => hasFailed;
}

/** The life: everything the store can do, and everything the disk can do to it. */
async function live(disk: FaultyDisk, ledger: Ledger): Promise<void> {
  let store = openOn(disk, ledger);
  await loadAll(store);
  for (let i = 0; i < 4; i++) await burst(store, ledger);
  ledger.stepWall(56 * YEAR_MS);
  await burst(store, ledger);
  await store.close();

  store = openOn(disk, ledger);
  ledger.adopt((await loadAll(store)).leases);
  const faults = [
    ["write", "ENOSPC"],
    ["write", "short"],
    ["syncData", "EIO"],
    ["create", "ENOSPC"],
    ["sync", "EIO"],
    ["rename", "EIO"],
    ["syncDirectory", "EIO"],
  ] as const;
  for (const [name, fault] of faults) {
    const hasFailed = failOnce(disk, name, fault);
    for (let i = 0; i < 3 || (!hasFailed() && i < 20); i++) await burst(store, ledger);
    assert(hasFailed(), `no ${name} came to pass`);
    ledger.clock.advance(1_000);
    await burst(store, ledger);
    ledger.clock.advance(60_000);
  }
  ledger.stepWall(-YEAR_MS);
  await burst(store, ledger);
  await store.close();
}

/** Lives until the end or the crash point, whichever is first. */
async function liveUntilCrash(options: FaultyDiskOptions) {
  const disk = new FaultyDisk(options);
  const ledger = new Ledger(createVirtualClock());
  await Promise.race([live(disk, ledger), disk.crashed]);
  for (let i = 0; i < 50; i++) await null; // what is resolved already is told
  return { disk, ledger };
}

async function violationsOn(disk: FaultyDisk, ledger: Ledger): Promise<string[]> {
  const store = openOn(disk, ledger);
  const { leases } = await loadAll(store);
  await store.close();
  return ledger.violations(leases);
}

async function operationCount(seed: number): Promise<number> {
  const { disk, ledger } = await liveUntilCrash({ seed });
  assert.deepEqual(await violationsOn(disk, ledger), [], `seed ${seed}, no crash`);
  return disk.operations.length;
}

for (const seed of SEEDS) {
  Deno.test(`a power cut at any operation loses no acknowledged lease (seed ${seed})`, async () => {
    const count = await operationCount(seed);
    for (let crashAt = 0; crashAt < count; crashAt++) {
      const { disk, ledger } = await liveUntilCrash({ seed, crashAt });
      for (const loss of LOSSES) {
        const where = `seed ${seed}, ${JSON.stringify(loss)}, crash at ${crashAt}: ${
          disk.operations[crashAt]
        }`;
        const after = disk.afterPowerCut(loss);
        assert.deepEqual(await violationsOn(after, ledger), [], where);
      }
    }
  });

  Deno.test(`a power cut during recovery loses nothing either (seed ${seed})`, async () => {
    const count = await operationCount(seed);
    for (let crashAt = 0; crashAt < count; crashAt += 11) {
      const { disk, ledger } = await liveUntilCrash({ seed, crashAt });
      const loss = LOSSES[crashAt % LOSSES.length]!;
      for (let again = 0, isOver = false; !isOver; again++) {
        const recovering = disk.afterPowerCut(loss, { crashAt: again });
        const recovered = violationsOn(recovering, ledger);
        await Promise.race([recovered, recovering.crashed]);
        isOver = recovering.operations.length <= again;
        for (const secondLoss of LOSSES) {
          const where = `seed ${seed}, crash at ${crashAt}, ${
            JSON.stringify(loss)
          }, then at ${again}`;
          const after = recovering.afterPowerCut(secondLoss);
          assert.deepEqual(await violationsOn(after, ledger), [], where);
        }
      }
    }
  });

  Deno.test(`a kill, then a power cut, loses nothing (seed ${seed})`, async () => {
    const count = await operationCount(seed);
    for (let crashAt = 0; crashAt < count; crashAt++) {
      const { disk, ledger } = await liveUntilCrash({ seed, crashAt });
      const secondLife = disk.afterKill();
      const store = openOn(secondLife, ledger);
      const { leases } = await loadAll(store);
      const where = `seed ${seed}, kill at ${crashAt}: ${disk.operations[crashAt]}`;
      assert.deepEqual(ledger.violations(leases), [], where);
      ledger.adopt(leases);
      await ledger.commit(store, 1, 2, 3, 4, 5);
      for (const loss of LOSSES) {
        assert.deepEqual(await violationsOn(secondLife.afterPowerCut(loss), ledger), [], where);
      }
    }
  });
}

Deno.test("the script reaches what it is to test", async () => {
  const { disk, ledger } = await liveUntilCrash({ seed: 1 });
  const renames = disk.operations.filter((it) => it.startsWith("rename ")).length;
  const removes = disk.operations.filter((it) => it.startsWith("remove ")).length;
  assert.ok(renames > 8, `compactions and repairs: ${renames}`);
  assert.ok(removes > 1, `given up: ${removes}`);
  assert.ok(ledger.owedCount > 100, `acknowledged: ${ledger.owedCount}`);
});

Deno.test("the matrix notices a disk whose syncs do nothing", async () => {
  const { disk, ledger } = await liveUntilCrash({ seed: 1, honoursSync: false });
  const after = disk.afterPowerCut({ bytes: "lost", names: "lost" });
  const found = await violationsOn(after, ledger);
  assert.ok(found.some((it) => it.startsWith("lost: ")), "acknowledged leases are missed");
});

Deno.test("the matrix notices a record that nobody committed, and wrong order", () => {
  const ledger = new Ledger(createVirtualClock());
  const stranger = new Ledger(createVirtualClock());
  const store = { commit: () => Promise.resolve([]) } as unknown as LeaseStore;
  void stranger.commit(store, 9);
  assert.match(ledger.violations([...stranger.leases()])[0]!, /^invented/);
  void ledger.commit(store, 1, 2);
  assert.deepEqual(ledger.violations([...ledger.leases()]), []);
  assert.match(ledger.violations([...ledger.leases()].reverse())[0]!, /^out of order/);
});
