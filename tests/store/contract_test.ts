/** The LeaseStore suite, on the journal and on the store that other tests use in its place. */
import { openJournal } from "../../src/store/journal_store.ts";
import { type StorePlace, testLeaseStore } from "../contract/lease_store.ts";
import { FaultyDisk } from "../support/faulty_disk.ts";
import { packAll } from "../support/lease_list.ts";
import { type MemoryRecords, MemoryStore } from "../support/memory_store.ts";

testLeaseStore("journal on a real disk", async (): Promise<StorePlace> => {
  const directory = await Deno.makeTempDir();
  const path = `${directory}/journal/leases.jsonl`;
  return {
    open: (clock, snapshot) => openJournal({ path, clock, snapshot: () => packAll(snapshot()) }),
    // A directory in its place: the file we hold is not the journal any more, and cannot be again.
    break() {
      Deno.renameSync(path, `${path}.away`);
      Deno.mkdirSync(`${path}/in-the-way`, { recursive: true });
    },
    mend() {
      Deno.removeSync(path, { recursive: true });
    },
    dispose: () => Deno.remove(directory, { recursive: true }),
  };
});

testLeaseStore("journal on a disk in memory", () => {
  const disk = new FaultyDisk();
  return Promise.resolve<StorePlace>({
    open: (clock, snapshot) =>
      openJournal({ path: "/lib/leases.jsonl", clock, snapshot: () => packAll(snapshot()), disk }),
    break() {
      disk.intercept = (operation) => operation.startsWith("write ") ? "ENOSPC" : undefined;
    },
    mend() {
      disk.intercept = () => undefined;
    },
    dispose: () => Promise.resolve(),
  });
});

testLeaseStore("store in memory", () => {
  const records: MemoryRecords = [];
  let store = new MemoryStore(records);
  return Promise.resolve<StorePlace>({
    open: () => store = new MemoryStore(records),
    break() {
      store.failure = "broken by the test";
    },
    mend() {
      store.failure = undefined;
    },
    dispose: () => Promise.resolve(),
  });
});
