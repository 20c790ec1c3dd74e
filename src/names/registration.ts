/** What a lease has in DNS, and what a change of it makes necessary. */
import { type Client, isActive, type Lease } from "../leases/lease.ts";
import type { Ipv4 } from "../wire/ipv4.ts";

/** A lease that has a name. */
export type NamedLease = Lease & {
  readonly name: string;
  /** Whose mark the name may have had in DNS before it was that of a reservation. */
  readonly formerClient?: Client;
};

/** One address whose records are to be changed: first what goes, then what comes. */
export interface NameChange {
  readonly address: Ipv4;
  readonly gone: NamedLease | undefined;
  readonly come: NamedLease | undefined;
}

export function hasName(lease: Lease | undefined): lease is NamedLease {
  return lease?.name !== undefined;
}

/** Whether two leases stand for the same records. */
export function isSameRegistration(a: NamedLease, b: NamedLease): boolean {
  return a.address === b.address && a.name === b.name && a.client.key === b.client.key &&
    (a.isReverseOnly ?? false) === (b.isReverseOnly ?? false);
}

/**
 * What follows from a lease change; `undefined` for nothing, as from most renewals. `before` is
 * the record of the address that `after` takes the place of.
 */
export function nameChangeOf(
  before: Lease | undefined,
  after: Lease,
  nowMs: number,
): NameChange | undefined {
  const had = hasName(before) ? before : undefined;
  const come = hasName(after) && isActive(after, nowMs) ? after : undefined;
  const isSame = had !== undefined && come !== undefined && isSameRegistration(had, come);
  if (isSame && isActive(had, nowMs)) return undefined;
  // A lease that has run out is said to be gone once more: that was before this process, maybe.
  const gone = isSame ? undefined : had;
  if (gone === undefined && come === undefined) return undefined;
  return { address: after.address, gone, come };
}
