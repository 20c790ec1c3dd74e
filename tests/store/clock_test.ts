/**
 * Wrong clocks: whatever the wall clock does, while the server runs or while it is down, no lease
 * ends early, and none has more time left than when it was written.
 */
import assert from "node:assert/strict";
import { LeaseTable } from "../../src/leases/lease_table.ts";
import { openJournal } from "../../src/store/journal_store.ts";
import type { LeaseStore } from "../../src/store/lease_store.ts";
import { FaultyDisk } from "../support/faulty_disk.ts";
import { ip, makeLease, makeSubnet, numberedClient } from "../support/leases_fixture.ts";
import { createVirtualClock, type VirtualClock } from "../support/virtual_clock.ts";

const PATH = "/lib/leases.jsonl";
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const YEAR_MS = 365 * 24 * HOUR_MS;
const LEASES = 50;
const SUBNETS = [makeSubnet({ pools: ["192.168.1.100-192.168.1.199"] })];

/** A server's memory: the table, and the journal that it is read from. */
class Life {
  readonly table = new LeaseTable(SUBNETS);
  store!: LeaseStore;
  remarks: readonly string[] = [];

  constructor(readonly clock: VirtualClock, readonly disk: FaultyDisk) {}

  async begin(): Promise<this> {
    const { clock, disk, table } = this;
    this.store = openJournal({ path: PATH, clock, disk, snapshot: () => table.packed() });
    this.remarks = await this.store.load(table);
    table.advance(clock.monotonicMs());
    return this;
  }

  /** Gives `LEASES` leases of an hour. */
  async grant(): Promise<void> {
    const updatedAtMs = this.clock.monotonicMs();
    const leases = Array.from({ length: LEASES }, (_, i) =>
      makeLease({
        address: ip("192.168.1.100") + i,
        client: numberedClient(i),
        updatedAtMs,
        expiresAtMs: updatedAtMs + HOUR_MS,
      }));
    for (const lease of leases) this.table.put(lease);
    await this.store.commit(leases);
  }

  /** As the loop does every few seconds. */
  async look(): Promise<void> {
    this.table.advance(this.clock.monotonicMs());
    await this.store.commit([]);
  }

  /** How many leases are active, and the least and the most minutes that they have left. */
  left(): [count: number, leastMinutes: number, mostMinutes: number] {
    const nowMs = this.clock.monotonicMs();
    const minutes = [...this.table.records()]
      .map(({ expiresAtMs }) => Math.round((expiresAtMs - nowMs) / MINUTE_MS))
      .filter((left) => left > 0);
    return [minutes.length, Math.min(...minutes), Math.max(...minutes)];
  }

  /** The power is cut; the next life finds its clock as the last one left it. */
  async afterPowerCut(): Promise<Life> {
    const disk = this.disk.afterPowerCut({ bytes: "lost", names: "lost" });
    return await new Life(this.clock, disk).begin();
  }
}

/** A step of the wall clock while the server runs. */
const STEPS: readonly (readonly [string, number, number])[] = [
  ["a boot in 1970, then NTP", 0, Date.UTC(2026, 10, 22)],
  ["a year back", Date.UTC(2026, 10, 22), -YEAR_MS],
  ["forty years forward", Date.UTC(2026, 10, 22), 40 * YEAR_MS],
  ["an hour forward", Date.UTC(2026, 10, 22), HOUR_MS],
  ["an hour back", Date.UTC(2026, 10, 22), -HOUR_MS],
];

for (const [what, wallMs, stepMs] of STEPS) {
  Deno.test(`clock, ${what}: no lease ends for it, and none lives longer, also after a restart`, async () => {
    const life = await new Life(createVirtualClock({ wallMs }), new FaultyDisk()).begin();
    await life.grant();
    life.clock.advance(10 * MINUTE_MS);
    await life.look();
    life.clock.stepWall(stepMs);
    await life.look();
    assert.deepEqual(life.left(), [LEASES, 50, 50]);
    life.clock.advance(10 * MINUTE_MS);
    await life.look();
    const next = await life.afterPowerCut();
    assert.deepEqual(next.left(), [LEASES, 40, 40]);
    next.clock.advance(40 * MINUTE_MS);
    await next.look();
    assert.equal(next.left()[0], 0, "they end when they should");
  });
}

Deno.test("clock: a machine without one that reboots takes its downtime for none", async () => {
  const life = await new Life(createVirtualClock(), new FaultyDisk()).begin();
  await life.grant();
  life.clock.advance(10 * MINUTE_MS);
  life.clock.setWall(0);
  life.clock.setMonotonic(5_000);
  const next = await life.afterPowerCut();
  // When the last ten minutes passed is not known either: the newest line is the leases' own.
  assert.deepEqual(next.left(), [LEASES, 60, 60]);
  assert.match(next.remarks.join(), /leases keep the time they had left/);
  assert.match(next.store.health()["clock-problem"]!, /when there was no Sublet yet/);
  next.clock.setWall(Date.UTC(2026, 10, 23));
  await next.look();
  assert.deepEqual(next.left(), [LEASES, 60, 60]);
  assert.equal(next.store.health()["clock-problem"], undefined);
});

Deno.test("clock: a suspended machine has slept through the ends of its leases", async () => {
  const life = await new Life(createVirtualClock(), new FaultyDisk()).begin();
  await life.grant();
  life.clock.advance(8 * HOUR_MS); // CLOCK_BOOTTIME counts on
  await life.look();
  assert.equal(life.left()[0], 0);
});

Deno.test("clock: one that is behind the journal is doubted until it is set", async () => {
  const life = await new Life(createVirtualClock(), new FaultyDisk()).begin();
  await life.grant();
  assert.equal(life.store.health()["clock-problem"], undefined);
  life.clock.stepWall(-HOUR_MS);
  const next = await life.afterPowerCut();
  assert.match(
    next.store.health()["clock-problem"]!,
    /but the journal has leases of 2026-11-22T08/,
  );
  assert.equal(next.store.health().ok, true, "everybody is served");
  next.clock.stepWall(HOUR_MS);
  assert.equal(next.store.health()["clock-problem"], undefined);
});
