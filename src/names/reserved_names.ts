/**
 * Names that reservations give. They stand for their addresses also before a client has come, and
 * after it has gone; under one mark in DNS, whatever identifier the machine sends.
 */
import type { ReservedName } from "../config/config.ts";
import { type Client, isActive, type Lease, makeClient } from "../leases/lease.ts";
import type { LeaseTable } from "../leases/lease_table.ts";
import { HTYPE_ETHERNET } from "../wire/message_view.ts";
import type { Ipv4 } from "../wire/ipv4.ts";
import { isSameRegistration, type NameChange, type NamedLease } from "./registration.ts";

/** A name, as a lease without end. */
interface Standing {
  readonly lease: NamedLease;
  /** Whether the machine is known by what RFC 4701 makes a mark of. */
  readonly hasMark: boolean;
}

export class ReservedNames {
  readonly #leases: LeaseTable;
  readonly #nowMs: () => number;
  readonly #byName = new Map<string, Standing>();
  readonly #byAddress = new Map<Ipv4, Standing>();

  constructor(reserved: readonly ReservedName[], leases: LeaseTable, nowMs: () => number) {
    this.#leases = leases;
    this.#nowMs = nowMs;
    for (const name of reserved) {
      const standing = standingOf(name);
      this.#byName.set(standing.lease.name, standing);
      this.#byAddress.set(standing.lease.address, standing);
    }
  }

  /** What the reservation of the address says, whoever has it. */
  at(address: Ipv4): NamedLease | undefined {
    return this.#byAddress.get(address)?.lease;
  }

  /** The lease as it is in DNS: a reserved name is the machine's, by whichever identifier. */
  registered(lease: NamedLease): NamedLease {
    const standing = this.#byName.get(lease.name);
    if (standing?.hasMark !== true) return lease;
    const { client } = standing.lease;
    return client.key === lease.client.key
      ? lease
      : { ...lease, client, formerClient: lease.client };
  }

  /** What stands for the address while nobody has it, nor its name. */
  standIn(address: Ipv4): NamedLease | undefined {
    const lease = this.at(address);
    if (lease === undefined || this.#leases.names.isUsed(lease.name)) return undefined;
    const holder = this.#leases.get(address);
    return holder !== undefined && isActive(holder, this.#nowMs()) ? undefined : lease;
  }

  /** Everything that stands in for nobody's address now. */
  *standIns(): IterableIterator<NamedLease> {
    for (const address of this.#byAddress.keys()) {
      const lease = this.standIn(address);
      if (lease !== undefined) yield lease;
    }
  }

  /** The same of those that DNS may be told of. */
  *marked(): IterableIterator<NamedLease> {
    for (const lease of this.standIns()) {
      if (this.#byAddress.get(lease.address)!.hasMark) yield lease;
    }
  }

  /** What the change of a lease, which the table has by now, comes to in DNS. */
  changesOf({ address, gone, come }: NameChange): readonly NameChange[] {
    const own = this.#markedAt(address);
    const standIn = own === undefined ? undefined : this.standIn(address);
    const left = gone && this.registered(gone);
    const next = come === undefined ? standIn : this.registered(come);
    const changes: NameChange[] = [];
    // It stood in for the address, which is somebody else's, or had no name of its own, till now.
    const isOver = own !== undefined && standIn === undefined &&
      (come === undefined || come.name !== own.name || come.isReverseOnly === true);
    if (isOver) changes.push({ address, gone: own, come: undefined });
    const isSame = left !== undefined && next !== undefined && isSameRegistration(left, next);
    if (!isSame && (left !== undefined || next !== undefined)) {
      changes.push({ address, gone: left, come: next });
    }
    for (const name of new Set([gone?.name, come?.name])) {
      const home = name === undefined ? undefined : this.#byName.get(name)?.lease;
      if (home === undefined || home.address === address) continue;
      changes.push(...this.changesOf({ address: home.address, gone: undefined, come: undefined }));
    }
    return changes;
  }

  #markedAt(address: Ipv4): NamedLease | undefined {
    const standing = this.#byAddress.get(address);
    return standing?.hasMark === true ? standing.lease : undefined;
  }
}

/** Whether a change of the lease matters to what stands for its address. */
export function isOccupation(before: Lease | undefined, after: Lease): boolean {
  const { updatedAtMs } = after;
  const wasHeld = before !== undefined && isActive(before, updatedAtMs);
  return wasHeld !== isActive(after, updatedAtMs);
}

function standingOf({ address, name, mac, clientId }: ReservedName): Standing {
  const client: Client = clientId === undefined
    ? makeClient(HTYPE_ETHERNET, mac ?? "", undefined)
    : makeClient(HTYPE_ETHERNET, "", clientId);
  return {
    hasMark: mac !== undefined || clientId !== undefined,
    lease: { address, name, client, state: "bound", updatedAtMs: 0, expiresAtMs: Infinity },
  };
}
