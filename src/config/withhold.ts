/** Taking addresses out of a config that it cannot know of, such as the server's own. */
import type { Ipv4 } from "../wire/ipv4.ts";
import { subtractRanges } from "./address_range.ts";
import type { Config, Pool, Reservation, Reservations, Subnet } from "./config.ts";

/** A config without some addresses, and which of them it had. */
export interface Withheld {
  readonly config: Config;
  /** Those that a pool or a reservation of the config has. */
  readonly withheld: readonly Ipv4[];
}

/** The config with none of `addresses` in a pool or a reservation; itself when it has none. */
export function withholdAddresses(config: Config, addresses: ReadonlySet<Ipv4>): Withheld {
  const withheld = [...addresses].filter((address) =>
    config.subnets.some((subnet) => isGiven(subnet, address))
  );
  if (withheld.length === 0) return { config, withheld };
  const subnets = config.subnets.map((subnet) =>
    withheld.some((address) => isGiven(subnet, address)) ? withholdFrom(subnet, withheld) : subnet
  );
  return { config: Object.freeze({ ...config, subnets: Object.freeze(subnets) }), withheld };
}

function isGiven({ pools, reservations }: Subnet, address: Ipv4): boolean {
  return reservations.byAddress.has(address) ||
    pools.some(({ ranges }) =>
      ranges.some(({ first, last }) => first <= address && address <= last)
    );
}

function withholdFrom(subnet: Subnet, addresses: readonly Ipv4[]): Subnet {
  const holes = addresses.map((address) => ({ first: address, last: address }));
  const pools = subnet.pools.map((pool): Pool => ({
    ...pool,
    ranges: subtractRanges(pool.ranges, holes),
  }));
  const poolOf = new Map(subnet.pools.map((pool, i) => [pool, pools[i]!]));
  return Object.freeze({
    ...subnet,
    pools,
    spans: subnet.spans.map((span) => ({ ...span, pool: poolOf.get(span.pool)! })),
    reservations: withoutAddresses(subnet.reservations, new Set(addresses)),
  });
}

function withoutAddresses(reservations: Reservations, withheld: ReadonlySet<Ipv4>): Reservations {
  const stays = ({ address }: Reservation) => address === undefined || !withheld.has(address);
  return {
    all: reservations.all.filter(stays),
    byAddress: new Map([...reservations.byAddress].filter(([, it]) => stays(it))),
  };
}
