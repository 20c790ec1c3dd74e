/** `durability`: what is on disk when a commit has resolved, and what a power cut leaves of it. */
import assert from "node:assert/strict";
import type { Durability } from "../../src/config/config.ts";
import { openJournal } from "../../src/store/journal_store.ts";
import { type Fault, FaultyDisk } from "../support/faulty_disk.ts";
import { loadAll } from "../support/lease_list.ts";
import { createVirtualClock } from "../support/virtual_clock.ts";
import { Ledger } from "./ledger.ts";

const PATH = "/lib/leases.jsonl";
const ALL_LOST = { bytes: "lost", names: "lost" } as const;

async function begin(durability: Durability) {
  const disk = new FaultyDisk();
  const ledger = new Ledger(createVirtualClock());
  const { clock, snapshot } = ledger;
  const store = openJournal({ path: PATH, clock, snapshot, disk, durability });
  await loadAll(store);
  disk.operations.length = 0;
  const syncs = () => disk.operations.filter((it) => it.startsWith("syncData ")).length;
  /** How many leases the next process finds. */
  const found = async (after: FaultyDisk) => {
    const { leases } = await loadAll(openJournal({ ...ledger, path: PATH, disk: after }));
    return leases.length;
  };
  const afterPowerCut = () => found(disk.afterPowerCut(ALL_LOST));
  return { disk, ledger, clock, store, syncs, found, afterPowerCut };
}

Deno.test("durability commit: what was committed survives a power cut", async () => {
  const { ledger, store, syncs, afterPowerCut } = await begin({ kind: "commit" });
  await ledger.commit(store, 1, 2);
  assert.equal(syncs(), 1);
  assert.equal(await afterPowerCut(), 2);
});

Deno.test("durability interval: the process may die, a power cut takes the last seconds", async () => {
  const it = await begin({ kind: "interval", seconds: 5 });
  await it.ledger.commit(it.store, 1);
  it.clock.advance(4_999);
  await it.ledger.commit(it.store, 2);
  assert.equal(it.syncs(), 0, "the file was synced when it was made");
  assert.equal(await it.afterPowerCut(), 0);
  it.clock.advance(1);
  await it.ledger.commit(it.store, 3);
  assert.equal(it.syncs(), 1, "the interval is over");
  assert.equal(await it.afterPowerCut(), 3);
  await it.ledger.commit(it.store, 4);
  assert.equal(await it.afterPowerCut(), 3);
  assert.equal(await it.found(it.disk.afterKill()), 4);
});

Deno.test("durability interval: on a quiet network, the next look at the store syncs", async () => {
  const { ledger, store, clock, syncs, afterPowerCut } = await begin({
    kind: "interval",
    seconds: 5,
  });
  await ledger.commit(store, 1);
  await store.commit([]);
  assert.equal(syncs(), 0);
  clock.advance(5_000);
  await store.commit([]);
  assert.equal(await afterPowerCut(), 1);
  clock.advance(5_000);
  await store.commit([]);
  assert.equal(syncs(), 1, "there was nothing to sync");
});

Deno.test("durability interval: a sync that fails makes the journal anew, with all there is", async () => {
  const { disk, ledger, store, clock, afterPowerCut } = await begin({
    kind: "interval",
    seconds: 5,
  });
  await ledger.commit(store, 1);
  clock.advance(5_000);
  disk.intercept = (operation): Fault | undefined =>
    operation.startsWith("syncData ") ? "EIO" : undefined;
  await ledger.commit(store, 2);
  assert.equal(store.health().ok, false);
  disk.intercept = () => undefined;
  clock.advance(1_000);
  await ledger.commit(store, 3);
  assert.equal(store.health().ok, true);
  assert.equal(await afterPowerCut(), 3);
});

Deno.test("durability none: the kernel writes when it likes, but not before the end", async () => {
  const { disk, ledger, store, clock, syncs, afterPowerCut, found } = await begin({ kind: "none" });
  await ledger.commit(store, 1);
  clock.advance(3_600_000);
  await ledger.commit(store, 2);
  assert.equal(syncs(), 0);
  assert.equal(await afterPowerCut(), 0);
  await store.close();
  assert.equal(syncs(), 1, "a server that is stopped in good order leaves nothing to chance");
  assert.equal(await found(disk.afterPowerCut(ALL_LOST)), 2);
});
