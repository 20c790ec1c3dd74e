/** What a store loads, as a list: the newest record of each address, in the order they came. */
import { ClientRecords } from "../../src/leases/client_records.ts";
import type { Lease } from "../../src/leases/lease.ts";
import { PackedLease } from "../../src/leases/packed_lease.ts";
import type { LeaseStore, LoadedLeases } from "../../src/store/lease_store.ts";
import type { Ipv4 } from "../../src/wire/ipv4.ts";

export class LeaseList implements LoadedLeases {
  #byAddress = new Map<Ipv4, Lease>();

  get size(): number {
    return this.#byAddress.size;
  }

  records(): Iterable<Lease> {
    return this.#byAddress.values();
  }

  packed(): Iterable<PackedLease> {
    return packAll(this.records());
  }

  expect(_count: number): void {}

  load(packed: PackedLease): void {
    this.#byAddress.delete(packed.address);
    this.#byAddress.set(packed.address, unpack(packed));
  }

  finishLoading(byMs: number, nowMs = Infinity): void {
    for (const [address, lease] of this.#byAddress) {
      const { updatedAtMs, expiresAtMs } = lease;
      const aheadMs = Math.max(0, updatedAtMs + byMs - nowMs);
      this.#byAddress.set(address, {
        ...lease,
        updatedAtMs: updatedAtMs + byMs - aheadMs,
        expiresAtMs: expiresAtMs + byMs - (updatedAtMs <= expiresAtMs ? aheadMs : 0),
      });
    }
  }
}

/** The leases one after the other, each packed in place of the one before. */
export function* packAll(leases: Iterable<Lease>): Iterable<PackedLease> {
  const packed = new PackedLease();
  for (const lease of leases) {
    packed.pack(lease);
    yield packed;
  }
}

/** The lease that was packed. */
export function unpack({ address, state, updatedAtMs, expiresAtMs, holder }: PackedLease): Lease {
  const records = new ClientRecords();
  return { ...records.holder(records.add(holder)), address, state, updatedAtMs, expiresAtMs };
}

/** Everything that a store, or a reader of one, comes back with. */
export async function loadAll(
  store: { load: LeaseStore["load"] },
): Promise<{ leases: readonly Lease[]; remarks: readonly string[] }> {
  const list = new LeaseList();
  const remarks = await store.load(list);
  return { leases: [...list.records()], remarks };
}
