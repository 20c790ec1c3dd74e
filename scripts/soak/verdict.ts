/** What a soak finds in the end: growth of memory, addresses with two owners, leases that are lost. */

/** From here on memory is held against what it was. A shorter soak has a third of its time. */
const WARM_UP_MINUTES = 5;

/** What may be resident more than at the end of the first minutes, in MiB. */
export const GROWTH_MIB_MAX = 8;

/** Of each minute, what was resident at the median: garbage comes and goes. */
export function findGrowth(medians: readonly number[]): {
  readonly warm: number;
  readonly beforeMib: number;
  readonly mostMib: number;
  readonly problems: readonly string[];
} {
  const warm = Math.min(WARM_UP_MINUTES, Math.ceil(medians.length / 3));
  const beforeMib = medians[warm - 1]!;
  const mostMib = Math.max(beforeMib, ...medians.slice(warm));
  const growthMib = mostMib - beforeMib;
  const problems = growthMib > GROWTH_MIB_MAX ? [`memory grew by ${growthMib.toFixed(1)} MiB`] : [];
  return { warm, beforeMib, mostMib, problems };
}

/** By hardware address, who has which address. */
export type Owners = ReadonlyMap<string, string>;

/** Every address of a client that somebody else was given, too: `acked` is what anybody heard. */
export function findGivenTwice(owners: Owners, acked: Owners): readonly string[] {
  const ownerOf = new Map([...owners].map(([mac, address]) => [address, mac]));
  return [...acked].flatMap(([mac, address]) => {
    const owner = ownerOf.get(address);
    return owner === undefined || owner === mac
      ? []
      : [`${address} of ${owner} was given to ${mac}, too`];
  });
}

/** Of a lease in the journal, as `sublet leases --json` has it. */
export interface ListedLease {
  readonly address: string;
  readonly mac: string;
  readonly state: string;
}

/** Every address whose client is not on record for it. */
export function findLost(owners: Owners, leases: readonly ListedLease[]): readonly string[] {
  const holders = new Map(
    leases.filter(({ state }) => state === "bound").map(({ address, mac }) => [address, mac]),
  );
  return [...owners].flatMap(([mac, address]) =>
    holders.get(address) === mac ? [] : [`${address} of ${mac} is lost from the journal`]
  );
}
