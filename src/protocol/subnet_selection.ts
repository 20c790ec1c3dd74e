/** Which subnet a request is about (RFC 2131 §4.3.1: giaddr, else where it came in). */
import type { Config, Subnet } from "../config/config.ts";
import { subnetOf } from "../leases/subnets.ts";
import type { Ipv4 } from "../wire/ipv4.ts";
import type { Request } from "./request.ts";

/**
 * The subnet that the client is attached to, or `undefined` when none of ours is: the one that
 * holds `giaddr`, else one of the receiving interface's own. Where the interface has several, the
 * one that holds `address`, the address that the client speaks of, goes before the others.
 */
export function attachedSubnet(
  config: Config,
  request: Request,
  address: Ipv4 | undefined,
): Subnet | undefined {
  const giaddr = request.view.giaddr;
  if (giaddr !== 0) return subnetOf(config.subnets, giaddr);

  let first: Subnet | undefined;
  for (const own of request.ingress.addresses) {
    const subnet = subnetOf(config.subnets, own.address);
    if (subnet === undefined) continue;
    if (address !== undefined && subnetOf(config.subnets, address) === subnet) return subnet;
    first ??= subnet;
  }
  return first;
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
