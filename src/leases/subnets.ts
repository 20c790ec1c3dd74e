/** Finding an address among sorted, disjoint subnets and ranges. */
import type {
  AddressRange,
  Config,
  PlaceSettings,
  Pool,
  Reservation,
  Subnet,
} from "../config/config.ts";
import { contains, type Ipv4 } from "../wire/ipv4.ts";

/** The subnet that `address` lies in; `subnets` are sorted by network and disjoint. */
export function subnetOf(subnets: readonly Subnet[], address: Ipv4): Subnet | undefined {
  return subnets[subnetIndexOf(subnets, address)];
}

/** Which of the sorted, disjoint `subnets` has `address`; -1 when none has. */
export function subnetIndexOf(subnets: readonly Subnet[], address: Ipv4): number {
  const index = lastAtOrBelow(subnets, networkOfSubnet, address);
  return index >= 0 && contains(subnets[index]!.cidr, address) ? index : -1;
}

/** Which of the sorted, disjoint `ranges` has `address`; -1 when none has. */
export function rangeIndexOf(ranges: readonly AddressRange[], address: Ipv4): number {
  const index = lastAtOrBelow(ranges, firstOfRange, address);
  return index >= 0 && address <= ranges[index]!.last ? index : -1;
}

/**
 * The pool that has the address among its own as the file gives them. Whether it may be given to
 * anyone is another question (`isInPool`).
 */
export function poolAt({ spans }: Subnet, address: Ipv4): Pool | undefined {
  return spans[rangeIndexOf(spans, address)]?.pool;
}

/** Whether anyone may be given the address out of the pool. */
export function isInPool({ ranges }: Pool, address: Ipv4): boolean {
  return rangeIndexOf(ranges, address) >= 0;
}

/** Whether anyone may be given the address on the subnet. */
export function isInPools(subnet: Subnet, address: Ipv4): boolean {
  const pool = poolAt(subnet, address);
  return pool !== undefined && isInPool(pool, address);
}

/** The reservation of the address. */
export function reservationAt(subnets: readonly Subnet[], address: Ipv4): Reservation | undefined {
  return subnetOf(subnets, address)?.reservations.byAddress.get(address);
}

/** How long the address stays out of use that is found taken. */
export function quarantineMsAt(
  { subnets, quarantineSeconds }: Pick<Config, "subnets" | "quarantineSeconds">,
  address: Ipv4,
): number {
  return (subnetOf(subnets, address)?.quarantineSeconds ?? quarantineSeconds) * 1000;
}

/** How long an offered address is held on the subnet. */
export function offerMsOf(
  { offerSeconds }: Pick<Config, "offerSeconds">,
  subnet: Subnet | undefined,
): number {
  return (subnet?.offerSeconds ?? offerSeconds) * 1000;
}

/** What a client with the address is told: the settings of its pool, or of the subnet. */
export function settingsAt(subnet: Subnet, address: Ipv4): PlaceSettings {
  return poolAt(subnet, address) ?? subnet;
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

// Functions that are always the same ones, which the engine then puts into the search as they are.
const networkOfSubnet = (subnet: Subnet): number => subnet.cidr.network;
const firstOfRange = (range: AddressRange): number => range.first;
