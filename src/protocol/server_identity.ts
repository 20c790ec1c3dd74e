/** Option 54: what this server calls itself, and what it answers to. */
import type { Config, Subnet } from "../config/config.ts";
import { contains, type Ipv4 } from "../wire/ipv4.ts";
import { type Request, serverIdOverride } from "./request.ts";

/** Of a server, what it is known by. */
export interface Server {
  readonly config: Config;
  /** Every address of the served interfaces. */
  readonly ownAddresses: ReadonlySet<Ipv4>;
}

/**
 * RFC 2132 §9.7, RFC 2131 §4.1: an address of ours that the client can reach. The one that it
 * already uses, else that of the relay agent that stands in for us (RFC 5107 §4), else the one that
 * the config has, else the one on its own subnet, else the first of the interface.
 */
export function serverIdentifier(
  request: Request,
  { ownAddresses }: Server,
  subnet: Subnet | undefined,
): Ipv4 {
  if (request.kind === "SELECTING") return request.serverIdentifier;
  const told = serverIdOverride(request) ?? subnet?.serverIdentifier;
  if (told !== undefined) return told;
  const { addresses, destination } = request.ingress;
  if (ownAddresses.has(destination)) return destination;
  const near = subnet && addresses.find(({ address }) => contains(subnet.cidr, address));
  return (near ?? addresses[0]!).address;
}

/**
 * Whether a server identifier means us: an address of ours, the one that a relay agent has us name,
 * or one that the config has.
 */
export function isOurs(
  identifier: Ipv4,
  request: Request,
  { ownAddresses, config }: Server,
): boolean {
  return ownAddresses.has(identifier) || identifier === serverIdOverride(request) ||
    config.serverIdentifiers?.has(identifier) === true;
}
