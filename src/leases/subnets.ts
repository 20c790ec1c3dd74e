/** Finding an address among sorted, disjoint subnets and ranges. */
import type { AddressRange, Subnet } from "../config/config.ts";
import { contains, type Ipv4 } from "../wire/ipv4.ts";

/** The subnet that `address` lies in; `subnets` are sorted by network and disjoint. */
export function subnetOf(subnets: readonly Subnet[], address: Ipv4): Subnet | undefined {
  const subnet = subnets[lastAtOrBelow(subnets, (it) => it.cidr.network, address)];
  return subnet !== undefined && contains(subnet.cidr, address) ? subnet : undefined;
}

/** Which of the sorted, disjoint `ranges` has `address`; -1 when none has. */
export function rangeIndexOf(ranges: readonly AddressRange[], address: Ipv4): number {
  const index = lastAtOrBelow(ranges, (it) => it.first, address);
  return index >= 0 && address <= ranges[index]!.last ? index : -1;
}

/**
 * Index of the last item whose key is at or below `key`; -1 when all are above. The items are
 * sorted by key.
 */
export function lastAtOrBelow<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => number,
  key: number,
): number {
  let below = -1;
  let above = items.length;
  while (above - below > 1) {
    const middle = (below + above) >>> 1;
    if (keyOf(items[middle]!) <= key) below = middle;
    else above = middle;
  }
  return below;
}
