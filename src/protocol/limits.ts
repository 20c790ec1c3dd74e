/** Whether a client may be given one more address: limits of its classes and of its port. */
import type { Ipv4 } from "../wire/ipv4.ts";
import type { Claim } from "../leases/allocate.ts";
import type { Lease } from "../leases/lease.ts";
import { portKey } from "../leases/limit_counts.ts";
import { lastRelayInformation } from "./reserved.ts";
import type { Request } from "./request.ts";
import type { EngineState } from "./respond.ts";
import { portLimitOf, scopesOf } from "./scopes.ts";
import { attachedSubnets } from "./subnet_selection.ts";

/**
 * Whether the address would be one too many. Never one that the client holds, so that whoever
 * renews is not cut off; nor one that is reserved for it.
 */
export function exceedsLimit(
  { client, subnet, reservation }: Claim,
  address: Ipv4,
  request: Request,
  state: EngineState,
): boolean {
  const { config, leases, nowMs } = state;
  if (config.hasLimits !== true || reservation?.address === address) return false;
  if (leases.heldUntilMs(client, address, nowMs) > nowMs) return false;
  const { classes } = request;
  for (const { name, limit } of classes) {
    if (limit === undefined || leases.limits.ofClass(name) < limit) continue;
    const isOfClass = (lease: Lease) => lease.classes?.includes(name) === true;
    if (leases.limits.ofClass(name) - countOwn(isOfClass, request, state) >= limit) return true;
  }
  const limit = portLimitOf(scopesOf(subnet, address, reservation, classes));
  if (limit === undefined) return false;
  const port = portKey(subnet, lastRelayInformation(request, leases));
  if (port === undefined || leases.limits.ofPort(port) < limit) return false;
  const isAtPort = (lease: Lease) => portKey(subnet, lease.relayInformation) === port;
  return leases.limits.ofPort(port) - countOwn(isAtPort, request, state) >= limit;
}

/** Leases of the client itself, in whose place the new one is: it has one at most on each subnet. */
function countOwn(
  isCounted: (lease: Lease) => boolean,
  request: Request,
  { config, leases, nowMs }: EngineState,
): number {
  let count = 0;
  for (const subnet of attachedSubnets(config, request, undefined)) {
    const address = leases.bindingOf(request.client, subnet);
    if (address === undefined) continue;
    const isActive = leases.heldUntilMs(request.client, address, nowMs) > nowMs;
    if (isActive && isCounted(leases.get(address)!)) count++;
  }
  return count;
}
