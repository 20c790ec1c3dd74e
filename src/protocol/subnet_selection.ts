/**
 * Which subnet a request is about: the one that the relay agent or the client names, else the one
 * that lists giaddr, else the one that giaddr is in, else where it came in (RFC 2131 §4.3.1).
 */
import type { Config, Subnet } from "../config/config.ts";
import { subnetOf } from "../leases/subnets.ts";
import {
  ANY_ADDRESS,
  contains,
  type Ipv4,
  isHostAddress,
  isUnicast,
  LIMITED_BROADCAST,
} from "../wire/ipv4.ts";
import { Option } from "../wire/option_codes.ts";
import { relayAddress, RelaySubOption } from "../wire/relay_agent.ts";
import type { Ingress } from "./endpoints.ts";
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

/** The subnet that the request is for by what a relay agent or the client says, if they do. */
export function selectedSubnet(config: Config, request: Request): Subnet | undefined {
  const { giaddr } = request.view;
  const selected = selectedNetwork(config, request);
  if (selected !== undefined) return subnetOf(config.subnets, selected);
  if (giaddr === ANY_ADDRESS) return undefined;
  return subnetListing(config, giaddr) ?? subnetOf(config.subnets, giaddr);
}

/** Whether the config names the relay agent that brought the request. */
export function isRelayListed(config: Config, request: Request): boolean {
  return subnetListing(config, request.view.giaddr) !== undefined;
}

/** The subnet that lists a relay agent in `relays`; of several, which share a wire, its own. */
export function subnetListing({ subnets }: Config, giaddr: Ipv4): Subnet | undefined {
  return layoutOf(subnets).listing.get(giaddr);
}

/**
 * Whether a router, and no relay agent, has brought the message here: it was sent to us alone, and
 * from an address that is in none of the networks of the interface's wire. A client that has no
 * address yet sends from 0.0.0.0, which routers should not forward (RFC 1812 §5.3.7).
 */
export function isOffLink(config: Config, { view, ingress }: Request): boolean {
  const { source, destination, addresses } = ingress;
  if (view.giaddr !== 0 || source === ANY_ADDRESS || destination === LIMITED_BROADCAST) {
    return false;
  }
  return !addresses.some(({ cidr }) => contains(cidr, source)) &&
    !subnetsOfInterface(config, ingress).some(({ cidr }) => contains(cidr, source));
}

/**
 * The subnets that the client may be attached to, the likeliest first: the one that is selected,
 * else the one that lists `giaddr` or holds it, else those of the receiving interface; and with each of them
 * those that share its wire. Of several, the one that holds `address`, the address that the client
 * speaks of, goes before the others; they stand as the interface's do.
 */
export function attachedSubnets(
  config: Config,
  request: Request,
  address: Ipv4 | undefined,
): readonly Subnet[] {
  const subnets = likelySubnets(config, request);
  // One place to look at, as nearly always: there is nothing to put in order.
  if (subnets.length <= 1 || address === undefined) return subnets;
  const named = subnetOf(config.subnets, address);
  if (named === undefined || named === subnets[0] || !subnets.includes(named)) return subnets;
  return [named, ...subnets.filter((subnet) => subnet !== named)];
}

function likelySubnets(config: Config, request: Request): readonly Subnet[] {
  const { giaddr } = request.view;
  const selected = selectedNetwork(config, request);
  if (selected !== undefined) {
    return canReachRelay(config, giaddr) ? subnetsOf(config, selected) : NO_SUBNETS;
  }
  return subnetsOnWay(config, request);
}

/**
 * The subnets of the wire that the request came by, or of those that its relay agent speaks for:
 * as `likelySubnets`, where a client has no say. What the relay agent says of the link counts.
 */
export function subnetsOnWay(config: Config, request: Request): readonly Subnet[] {
  const { view: { giaddr }, relayInformation, ingress } = request;
  const link = relayAddress(relayInformation, RelaySubOption.LINK_SELECTION);
  if (link !== undefined) {
    return canReachRelay(config, giaddr) ? subnetsOf(config, link) : NO_SUBNETS;
  }
  if (giaddr === ANY_ADDRESS) return subnetsOfInterface(config, ingress);
  const listing = subnetListing(config, giaddr);
  return listing === undefined ? subnetsAt(config, giaddr) : wireOf(config, listing);
}

/**
 * The subnets of the wire that an interface is on: those that the config says are its own, else
 * those of its addresses, save what the config says is another interface's.
 */
export function subnetsOfInterface(
  config: Config,
  { interfaceName, addresses }: Ingress,
): readonly Subnet[] {
  if (config.bindsInterfaces === true) {
    const bound = config.subnets.filter(({ interfaces }) => interfaces?.has(interfaceName));
    if (bound.length > 0) return [...new Set(bound.flatMap((it) => wireOf(config, it)))];
    const byAddress = new Set(addresses.flatMap(({ address }) => subnetsAt(config, address)));
    return [...byAddress].filter(({ interfaces }) => interfaces === undefined);
  }
  if (addresses.length === 1) return subnetsAt(config, addresses[0]!.address);
  return [...new Set(addresses.flatMap(({ address }) => subnetsAt(config, address)))];
}

/** The subnets of the wire of a host with the address, its own first; none if it has none. */
function subnetsAt(config: Config, address: Ipv4): readonly Subnet[] {
  const subnet = subnetOf(config.subnets, address);
  // Replies go to giaddr: as a broadcast address it would have us shout at that network.
  if (subnet === undefined || !isHostAddress(subnet.cidr, address)) return NO_SUBNETS;
  return wireOf(config, subnet);
}

/** The same where the network address stands for its network. */
function subnetsOf(config: Config, address: Ipv4): readonly Subnet[] {
  const subnet = subnetOf(config.subnets, address);
  return subnet === undefined ? NO_SUBNETS : wireOf(config, subnet);
}

/** Whether a reply to giaddr goes to one host; zero is no relay agent, and fine. */
function canReachRelay(config: Config, giaddr: Ipv4): boolean {
  if (giaddr === 0) return true;
  const subnet = subnetOf(config.subnets, giaddr);
  return isUnicast(giaddr) && (subnet === undefined || isHostAddress(subnet.cidr, giaddr));
}

const NO_SUBNETS: readonly Subnet[] = [];

/** What follows from the subnets of a config, for whoever asks by packet. */
interface Layout {
  /** By the name of the shared network. */
  readonly wires: ReadonlyMap<string | undefined, readonly Subnet[]>;
  /** By relay agent. */
  readonly listing: ReadonlyMap<Ipv4, Subnet>;
}

/** Found when a config is first asked. */
let lastLayout: { readonly subnets: Config["subnets"]; readonly layout: Layout } | undefined;

function layoutOf(subnets: Config["subnets"]): Layout {
  // Packet by packet the config is the same one.
  if (lastLayout?.subnets === subnets) return lastLayout.layout;
  const listing = new Map<Ipv4, Subnet>();
  for (const subnet of subnets) {
    for (const relay of subnet.relays ?? []) {
      if (!listing.has(relay) || contains(subnet.cidr, relay)) listing.set(relay, subnet);
    }
  }
  const layout = { wires: Map.groupBy(subnets, ({ sharedNetwork }) => sharedNetwork), listing };
  lastLayout = { subnets, layout };
  return layout;
}

/**
 * The subnets that a client which is on `subnet` may get another address of: those that the
 * request shows it to be attached to, else those of the subnet's wire.
 */
export function subnetsBeside(
  config: Config,
  request: Request,
  subnet: Subnet,
  address: Ipv4,
): readonly Subnet[] {
  if (config.subnets.length === 1) return config.subnets;
  const attached = attachedSubnets(config, request, address);
  return attached.includes(subnet) ? attached : wireOf(config, subnet);
}

/** The subnets that share a wire with this one: itself first, then in the order of the config. */
export function wireOf({ subnets }: Config, subnet: Subnet): readonly Subnet[] {
  if (subnet.sharedNetwork === undefined) return [subnet];
  const wire = layoutOf(subnets).wires.get(subnet.sharedNetwork)!;
  const others = wire.filter((it) => it !== subnet);
  return [subnet, ...others];
}

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
