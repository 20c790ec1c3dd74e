/** Whether a client may be given one more address: limits of its classes and of its port. */
import type { Subnet } from "../config/config.ts";
import type { Ipv4 } from "../wire/ipv4.ts";
import type { Claim } from "../leases/allocate.ts";
import type { Lease } from "../leases/lease.ts";
import { portKey } from "../leases/limit_counts.ts";
import { lastRelayInformation } from "./reserved.ts";
import type { Request } from "./request.ts";
import type { EngineState } from "./respond.ts";
import { portLimitOf, scopesOf } from "./scopes.ts";
import { wireOf } from "./subnet_selection.ts";

/** A limit that has no room for one more: `class phones`, or `the port`. */
export interface ReachedLimit {
  readonly limit: string;
}

const PORT_LIMIT: ReachedLimit = { limit: "the port" };

/**
 * The limit that the address would be one too many for. Never one that the client holds, so that whoever
 * renews is not cut off; nor one that is reserved for it.
 */
export function limitReached(
  { client, subnet, reservation }: Claim,
  address: Ipv4,
  request: Request,
  state: EngineState,
): ReachedLimit | undefined {
  const { config, leases, nowMs } = state;
  if (config.hasLimits !== true || reservation?.address === address) return undefined;
  if (leases.heldUntilMs(client, address, nowMs) > nowMs) return undefined;
  const { classes } = request;
  const isFull = (count: number, limit: number, isCounted: (lease: Lease) => boolean) =>
    count >= limit &&
    count - endedBy(request, address, subnet, state).filter(isCounted).length >= limit;
  for (const { name, limit } of classes) {
    if (limit === undefined) continue;
    const isOfClass = (lease: Lease) => lease.classes?.includes(name) === true;
    if (isFull(leases.limits.ofClass(name), limit, isOfClass)) return { limit: `class ${name}` };
  }
  const limit = portLimitOf(scopesOf(subnet, address, reservation, classes));
  if (limit === undefined) return undefined;
  const port = portKey(subnet, lastRelayInformation(request, leases));
  if (port === undefined) return undefined;
  const isAtPort = (lease: Lease) => portKey(subnet, lease.relayInformation) === port;
  return isFull(leases.limits.ofPort(port), limit, isAtPort) ? PORT_LIMIT : undefined;
}

/**
 * The client's other leases on its wire that end when it takes the address: all of them, if it has
 * asked for any (see `acknowledge`). By any other message it gets one more.
 */
function endedBy(
  { kind, client }: Request,
  address: Ipv4,
  subnet: Subnet,
  { config, leases, nowMs }: EngineState,
): readonly Lease[] {
  const isAny = kind === "DISCOVER" ||
    kind === "SELECTING" && leases.offeredAddress(client, subnet, nowMs) === address;
  if (!isAny) return [];
  return wireOf(config, subnet)
    .flatMap((it) => leases.heldBeside(address, client, it, nowMs))
    .map((it) => leases.get(it)!);
}
