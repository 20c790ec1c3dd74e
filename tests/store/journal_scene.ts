/** A journal on a disk that fails when it is told to, with a ledger of what it was given. */
import assert from "node:assert/strict";
import { openJournal } from "../../src/store/journal_store.ts";
import { readJournal } from "../../src/store/journal_reader.ts";
import type { LeaseStore } from "../../src/store/lease_store.ts";
import { type Fault, FaultyDisk } from "../support/faulty_disk.ts";
import { LeaseList, loadAll } from "../support/lease_list.ts";
import { createVirtualClock } from "../support/virtual_clock.ts";
import { Ledger } from "./ledger.ts";

export const PATH = "/lib/leases.jsonl";
export const HOUR_MS = 3_600_000;
const ALL_LOST = { bytes: "lost", names: "lost" } as const;

/** A journal of few lines that was just opened, with its live table. */
export async function begin(
  disk = new FaultyDisk(),
  compactionLinesMin = 1_000,
  leasesPerWrite = 256,
) {
  const ledger = new Ledger(createVirtualClock());
  const { clock, snapshot } = ledger;
  const limits = { compactionLinesMin, leasesPerWrite };
  const troubles: string[] = [];
  const onTrouble = (message: string) => void troubles.push(message);
  const store = openJournal({ path: PATH, clock, snapshot, disk, onTrouble, ...limits });
  await loadAll(store);
  disk.operations.length = 0;
  return { disk, ledger, clock, store, troubles };
}

/** Asserts that after a power cut now, replay makes the table as it is now, and nothing else. */
export async function assertDurable(disk: FaultyDisk, ledger: Ledger): Promise<void> {
  const after = disk.afterPowerCut(ALL_LOST);
  const list = new LeaseList();
  const remarks = await readJournal(PATH, list, ledger.clock, after);
  const leases = [...list.records()];
  assert.deepEqual(remarks, []);
  assert.deepEqual(ledger.violations(leases), []);
  assert.deepEqual(
    leases.map((it) => it.hostname),
    [...ledger.leases()].map((it) => it.hostname),
  );
}

/** Holds the next operation of that name until `release`. */
export function hold(disk: FaultyDisk, name: string) {
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

/** Has every operation of that name fail from now on. */
export function fail(disk: FaultyDisk, name: string, fault: Fault): void {
  disk.intercept = (operation) => operation.startsWith(`${name} `) ? fault : undefined;
}

/** How many operations of that name there were. */
export function countOf(disk: FaultyDisk, name: string): number {
  return disk.operations.filter((operation) => operation.startsWith(`${name} `)).length;
}

/** Lets everything run that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 500; i++) await null;
}

/** What `ledger.commit` swallows: whether the store took a commit of 10.0.0.9. */
export async function outcome(store: LeaseStore, ledger: Ledger): Promise<string> {
  const before = ledger.owedCount;
  await ledger.commit(store, 9);
  return ledger.owedCount > before ? "committed" : "rejected";
}
