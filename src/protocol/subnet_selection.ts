/**
 * Which subnet a request is about: the one that the relay agent or the client names, else that of
 * giaddr, else where it came in (RFC 2131 §4.3.1).
 */
import type { Config, Subnet } from "../config/config.ts";
import { subnetOf } from "../leases/subnets.ts";
import { contains, type Ipv4, isHostAddress, isUnicast } from "../wire/ipv4.ts";
import { Option } from "../wire/option_codes.ts";
import { relayAddress, RelaySubOption } from "../wire/relay_agent.ts";
import type { Request } from "./request.ts";

/**
 * An address of the network that the client is said to be on, in place of giaddr. RFC 3527 §3: what
 * the relay agent says in sub-option 5 of option 82 MUST go before the client's own option 118
 * (RFC 3011 §2), which goes before giaddr.
 */
function selectedNetwork(config: Config, { view, relayInformation }: Request): Ipv4 | undefined {
  const link = relayAddress(relayInformation, RelaySubOption.LINK_SELECTION);
  if (link !== undefined || !config.subnetSelection) return link;
  return view.number(Option.SUBNET_SELECTION, 4);
}

/**
 * Whether the request came by a way that its subnet is reached by. A subnet that lists its relay
 * agents is theirs: no other, and no client by option 118, has a say in it.
 */
export function isRelayAllowed(config: Config, request: Request): boolean {
  const { giaddr } = request.view;
  const selected = selectedNetwork(config, request);
  if (giaddr === 0 && selected === undefined) return true;
  const subnet = subnetOf(config.subnets, selected ?? giaddr);
  if (subnet?.relays === undefined) return true;
  return giaddr === 0
    ? request.ingress.addresses.some(({ address }) => contains(subnet.cidr, address))
    : subnet.relays.has(giaddr);
}

/**
 * The subnets that the client may be attached to, the likeliest first: the one that is selected,
 * else the one that holds `giaddr`, else those of the receiving interface. Of several, the one that holds `address`, the
 * address that the client speaks of, goes before the others; they stand as the interface's do.
 */
export function attachedSubnets(
  config: Config,
  request: Request,
  address: Ipv4 | undefined,
): readonly Subnet[] {
  const giaddr = request.view.giaddr;
  const own = request.ingress.addresses;
  const selected = selectedNetwork(config, request);
  // One place to look at, as nearly always: there is nothing to put in order.
  if (selected !== undefined) {
    return canReachRelay(config, giaddr) ? subnetsOf(config, selected) : NO_SUBNETS;
  }
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

/** The subnet that an address lies in, its network address included, if there is one. */
function subnetsOf(config: Config, address: Ipv4): readonly Subnet[] {
  const subnet = subnetOf(config.subnets, address);
  return subnet === undefined ? NO_SUBNETS : [subnet];
}

/** Whether a reply to giaddr goes to one host; zero is no relay agent, and fine. */
function canReachRelay(config: Config, giaddr: Ipv4): boolean {
  if (giaddr === 0) return true;
  const subnet = subnetOf(config.subnets, giaddr);
  return isUnicast(giaddr) && (subnet === undefined || isHostAddress(subnet.cidr, giaddr));
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
  const isToldOtherwise = request.view.giaddr !== 0 ||
    selectedNetwork(config, request) !== undefined;
  if (isToldOtherwise) return attachedSubnet(config, request, address);
  return subnetOf(config.subnets, address) ?? attachedSubnet(config, request, address);
}
