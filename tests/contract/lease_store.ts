/** What every LeaseStore promises, as one suite that runs on each implementation. */
import assert from "node:assert/strict";
import { type Lease, makeClient } from "../../src/leases/lease.ts";
import { type LeaseStore, StoreError } from "../../src/store/lease_store.ts";
import type { Ipv4 } from "../../src/wire/ipv4.ts";
import { loadAll } from "../support/lease_list.ts";
import { ip, makeLease, numberedClient } from "../support/leases_fixture.ts";
import { createVirtualClock, type VirtualClock } from "../support/virtual_clock.ts";

/** One place where records are kept, through several lives of a store. */
export interface StorePlace {
  /** A store on what the place holds. `snapshot` yields the newest record of every address. */
  open(clock: VirtualClock, snapshot: () => Iterable<Lease>): LeaseStore;
  /** Makes writing fail until `mend`. */
  break(): void;
  mend(): void;
  /** Removes what the place holds. */
  dispose(): Promise<void>;
}

/** Longer than any store waits before it tries a failing disk again. */
const LONG_ENOUGH_TO_RETRY_MS = 60_000;

/** Registers the suite under `name`; each test gets a place of its own. */
export function testLeaseStore(name: string, makePlace: () => Promise<StorePlace>): void {
  const test = (behaviour: string, run: (life: StoreLife) => Promise<void>) =>
    Deno.test(`${name}: ${behaviour}`, async () => {
      const place = await makePlace();
      const life = new StoreLife(place);
      try {
        await life.begin();
        await run(life);
        await life.store.close();
      } finally {
        await place.dispose();
      }
    });

  test("a new store holds nothing and has nothing to remark", async (life) => {
    assert.deepEqual(await life.restart(), []);
  });

  test("all of a record comes back, whatever its state", async (life) => {
    const nowMs = life.clock.monotonicMs();
    const leases: Lease[] = [
      makeLease({
        address: "192.168.1.100",
        client: numberedClient(1, "01:b8:27:eb:01:02:03"),
        hostname: 'pi "of\nÄsop" \u{1f967}',
        updatedAtMs: nowMs,
      }),
      makeLease({ address: "10.0.0.2", updatedAtMs: nowMs, expiresAtMs: Infinity }),
      makeLease({
        address: "10.0.0.3",
        state: "released",
        client: makeClient(6, "00:01", undefined),
        updatedAtMs: nowMs,
        expiresAtMs: nowMs,
      }),
      makeLease({ address: "255.255.255.254", state: "declined", updatedAtMs: nowMs }),
    ];
    await life.commit(...leases);
    assert.deepEqual(await life.restart(), leases);
  });

  test("the newest record of an address stands, in the order of the records", async (life) => {
    await life.commit(aLease(1), aLease(2));
    await life.commit(aLease(3), aLease(1, "again"));
    const back = await life.restart();
    assert.deepEqual(back.map(({ address, hostname }) => [address, hostname]), [
      [ip("10.0.0.2"), undefined],
      [ip("10.0.0.3"), undefined],
      [ip("10.0.0.1"), "again"],
    ]);
  });

  test("commits that overlap keep their order", async (life) => {
    const commits = Array.from({ length: 50 }, (_, i) => life.commit(aLease(1, `pi${i}`)));
    await Promise.all(commits);
    assert.deepEqual((await life.restart()).map((it) => it.hostname), ["pi49"]);
  });

  test("a lease keeps the time it has left through a restart", async (life) => {
    const lease = { ...aLease(1), updatedAtMs: life.clock.monotonicMs() };
    await life.commit({ ...lease, expiresAtMs: life.clock.monotonicMs() + 10_000 });
    life.clock.advance(4_000);
    const [back] = await life.restart();
    assert.equal(back!.expiresAtMs - life.clock.monotonicMs(), 6_000);
  });

  test("a commit that cannot be written rejects, and later ones recover", async (life) => {
    await life.commit(aLease(1));
    life.place.break();
    const problem = { name: "StoreError", exitCode: 74 };
    await assert.rejects(life.commit(aLease(2)), problem);
    assert.equal(life.store.health().ok, false);
    assert.ok(life.store.health().problem);
    life.place.mend();
    life.clock.advance(LONG_ENOUGH_TO_RETRY_MS);
    await life.commit(aLease(3));
    assert.deepEqual(life.store.health(), { ok: true });
    const addresses = (await life.restart()).map(({ address }) => address);
    assert.ok(addresses.includes(ip("10.0.0.1")) && addresses.includes(ip("10.0.0.3")));
  });

  test("closing waits for what is under way, and later commits reject", async (life) => {
    const commit = life.commit(aLease(1));
    await life.store.close();
    await commit;
    await assert.rejects(life.store.commit([aLease(2)]), StoreError);
    assert.equal((await life.restart()).length, 1);
  });
}

/** The record of the address 10.0.0.`number`. */
function aLease(number: number, hostname?: string): Lease {
  const address = `10.0.0.${number}`;
  return makeLease({ address, ...(hostname === undefined ? {} : { hostname }) });
}

/** A store with the live table beside it, as the server has them. */
class StoreLife {
  readonly clock = createVirtualClock();
  readonly table = new Map<Ipv4, Lease>();
  store!: LeaseStore;

  constructor(readonly place: StorePlace) {}

  async begin(): Promise<readonly Lease[]> {
    this.store = this.place.open(this.clock, () => this.table.values());
    const { leases, remarks } = await loadAll(this.store);
    assert.deepEqual(remarks, []);
    return leases;
  }

  commit(...leases: readonly Lease[]) {
    for (const lease of leases) this.table.set(lease.address, lease);
    return this.store.commit(leases);
  }

  /** Closes the store, and loads another one from the same place. */
  async restart(): Promise<readonly Lease[]> {
    await this.store.close();
    return await this.begin();
  }
}
