/**
 * The live table beside a store under test, and a record of what was promised: enough to say, after
 * any crash, what the journal must, may and must not hold.
 */
import type { Lease } from "../../src/leases/lease.ts";
import type { LeaseStore } from "../../src/store/lease_store.ts";
import type { Ipv4 } from "../../src/wire/ipv4.ts";
import { packAll } from "../support/lease_list.ts";
import { makeLease, numberedClient } from "../support/leases_fixture.ts";
import type { VirtualClock } from "../support/virtual_clock.ts";

/** Times in the journal are whole milliseconds, each rounded on its own. */
const ROUNDING_MS = 1;

export class Ledger {
  /** As `LeaseTable` would be: the newest record of each address, in the order they were put. */
  readonly table = new Map<Ipv4, Lease>();
  /** Every record that was ever given to a store; its host name is its index here. */
  readonly #records: Lease[] = [];
  /**
   * So many of them are owed: up to the last one that was acknowledged. Those before it whose
   * commit failed are as well, since the live table has them, and replay must make the same table.
   */
  #owedCount = 0;
  /** Records before this one do not show that the latest clock step is on disk. */
  #stepIndex = 0;

  constructor(readonly clock: VirtualClock) {}

  /** Those that are there when the first is asked for, each as it stands when its turn comes. */
  readonly leases = (): Iterable<Lease> => {
    const { table } = this;
    return (function* () {
      for (const address of [...table.keys()]) yield table.get(address)!;
    })();
  };

  /** The same, as the store takes them. */
  readonly snapshot = () => packAll(this.leases());

  get owedCount(): number {
    return this.#owedCount;
  }

  /** Puts a new record for each of the addresses 10.0.0.x and commits them; never rejects. */
  async commit(store: LeaseStore, ...lastOctets: number[]): Promise<void> {
    const leases = lastOctets.map((octet) => this.#put(octet));
    const recordCount = this.#records.length;
    await store.commit(leases).then(
      () => this.#owedCount = Math.max(this.#owedCount, leases.length > 0 ? recordCount : 0),
      () => {},
    );
  }

  /** Steps the wall clock. Until a later record is durable, nobody can know that it was. */
  stepWall(ms: number): void {
    this.clock.stepWall(ms);
    this.#stepIndex = this.#records.length;
  }

  /** What is wrong with the records that a store came back with. */
  violations(replayed: readonly Lease[]): string[] {
    const found: string[] = [];
    const indexOf = new Map<Ipv4, number>();
    let previous = -1;
    for (const lease of replayed) {
      const index = Number(lease.hostname);
      const record = this.#records[index];
      if (record === undefined || !this.#isSame(record, lease)) {
        found.push(`invented: ${JSON.stringify(lease)} for ${JSON.stringify(record)}`);
      }
      if (index <= previous) found.push(`out of order: ${previous} before ${index}`);
      previous = index;
      indexOf.set(lease.address, index);
    }
    for (const [index, { address }] of this.#records.slice(0, this.#owedCount).entries()) {
      if ((indexOf.get(address) ?? -1) < index) found.push(`lost: ${index}`);
    }
    return found;
  }

  /** As a server does after `load`: the table is what was replayed, and goes on from there. */
  adopt(replayed: readonly Lease[]): void {
    this.table.clear();
    for (const lease of replayed) this.table.set(lease.address, lease);
  }

  #put(octet: number): Lease {
    const nowMs = this.clock.monotonicMs();
    const lease = makeLease({
      address: `10.0.0.${octet}`,
      client: numberedClient(octet),
      hostname: String(this.#records.length),
      updatedAtMs: nowMs,
      expiresAtMs: nowMs + 3_600_000,
    });
    this.#records.push(lease);
    this.table.delete(lease.address);
    this.table.set(lease.address, lease);
    return lease;
  }

  #isSame(put: Lease, replayed: Lease): boolean {
    const isStepKnown = this.#stepIndex === 0 || this.#owedCount > this.#stepIndex;
    return put.address === replayed.address && put.client.key === replayed.client.key &&
      put.state === replayed.state &&
      (!isStepKnown || Math.abs(put.expiresAtMs - replayed.expiresAtMs) <= ROUNDING_MS);
  }
}
