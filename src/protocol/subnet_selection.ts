/** Which subnet a request is about (RFC 2131 §4.3.1: giaddr, else where it came in). */
import type { Config, Subnet } from "../config/config.ts";
import { subnetOf } from "../leases/subnets.ts";
import { type Ipv4, isHostAddress } from "../wire/ipv4.ts";
import type { Request } from "./request.ts";

/**
 * The subnets that the client may be attached to, the likeliest first: the one that holds
 * `giaddr`, else those of the receiving interface. Of several, the one that holds `address`, the
 * address that the client speaks of, goes before the others; they stand as the interface's do.
 */
export function attachedSubnets(
  config: Config,
  request: Request,
  address: Ipv4 | undefined,
): readonly Subnet[] {
  const giaddr = request.view.giaddr;
  const own = request.ingress.addresses;
  // One place to look at, as nearly always: there is nothing to put in order.
  if (giaddr !== 0) return subnetsAt(config, giaddr);
  if (own.length === 1) return subnetsAt(config, own[0]!.address);
  const subnets = new Set(own.flatMap(({ address }) => subnetsAt(config, address)));
  const named = address === undefined ? undefined : subnetOf(config.subnets, address);
  if (named === undefined || !subnets.delete(named)) return [...subnets];
  return [named, ...subnets];
}

/** The subnet that a host with the address is on, if there is one. */
function subnetsAt(config: Config, address: Ipv4): readonly Subnet[] {
  const subnet = subnetOf(config.subnets, address);
  // Replies go to giaddr: as a broadcast address it would have us shout at that network.
  return subnet !== undefined && isHostAddress(subnet.cidr, address) ? [subnet] : NO_SUBNETS;
}

const NO_SUBNETS: readonly Subnet[] = [];

/** The likeliest of `attachedSubnets`; `undefined` when the client is on no subnet of ours. */
export function attachedSubnet(
  config: Config,
  request: Request,
  address: Ipv4,
): Subnet | undefined {
  return attachedSubnets(config, request, address)[0];
}

/**
 * The subnet for a client that has an address and sent its request by unicast: that address
 * tells, because a router may have carried the datagram here past every relay (RFC 2131 §4.3.2,
 * RENEWING: "the DHCP server will trust the value in ciaddr"). Else where it came in, which makes
 * an address of another network a wrong one.
 */
export function subnetOfAddress(
  config: Config,
  request: Request,
  address: Ipv4,
): Subnet | undefined {
  if (request.view.giaddr !== 0) return attachedSubnet(config, request, address);
  return subnetOf(config.subnets, address) ?? attachedSubnet(config, request, address);
}
