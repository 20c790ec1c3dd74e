/** What a client does not want, or does not want any more: DECLINE and RELEASE. */
import { isActive } from "../leases/lease.ts";
import { quarantineMsAt, subnetOf } from "../leases/subnets.ts";
import { type Decision, ignore } from "./decision.ts";
import type { Decline, Release } from "./request.ts";
import type { EngineState } from "./respond.ts";
import { isOurs } from "./server_identity.ts";

/**
 * RFC 2131 §4.3.3. Only who holds the lease of an address, or an offer of it, can put it into
 * quarantine.
 */
export function decline(request: Decline, state: EngineState): Decision {
  const { config, leases, nowMs } = state;
  const { address, client } = request;
  if (isForOtherServer(request, state)) return ignore("other-server-chosen");
  const expiresAtMs = nowMs + quarantineMsAt(config, address);
  const quarantine = { state: "declined", updatedAtMs: nowMs, expiresAtMs } as const;
  // Two machines may have one client identifier: what one has the other cannot decline.
  if (leases.holdings.isElsewhere(client, address, nowMs)) return ignore("not-the-holder");
  if (leases.heldUntilMs(client, address, nowMs) > nowMs) {
    const change = { ...leases.get(address)!, ...quarantine };
    return { kind: "change", rule: "quarantined", change };
  }
  const subnet = subnetOf(config.subnets, address);
  if (subnet === undefined || leases.offeredAddress(client, subnet, nowMs) !== address) {
    return ignore("not-the-holder");
  }
  return { kind: "change", rule: "quarantined", change: { address, client, ...quarantine } };
}

/**
 * RFC 2131 §4.3.4. The record stays: "retain a record of the client's initialization parameters
 * for possible reuse", so the client gets the same address while it is free.
 */
export function release(request: Release, state: EngineState): Decision {
  const { leases, nowMs } = state;
  if (isForOtherServer(request, state)) return ignore("other-server-chosen");
  if (!isGivenBackByHolder(request, state)) return ignore("not-the-holder");
  const lease = leases.get(request.address)!;
  const change = { ...lease, state: "released", updatedAtMs: nowMs, expiresAtMs: nowMs } as const;
  return { kind: "change", rule: "released", change };
}

/**
 * Whether the holder of a lease gives it back. Some leave option 61 out of their RELEASE, against
 * RFC 2131 §4.4.6 (connman does): they are known by their hardware address.
 */
function isGivenBackByHolder(
  { client, address }: Release,
  { leases, nowMs }: EngineState,
): boolean {
  if (leases.heldUntilMs(client, address, nowMs) > nowMs) return true;
  if (client.clientId !== undefined) return false;
  const lease = leases.get(address);
  return lease !== undefined && isActive(lease, nowMs) &&
    lease.client.hardwareType === client.hardwareType &&
    client.hardwareAddress !== "" && lease.client.hardwareAddress === client.hardwareAddress;
}

function isForOtherServer(request: Decline | Release, state: EngineState): boolean {
  const { serverIdentifier } = request;
  return serverIdentifier !== undefined && !isOurs(serverIdentifier, request, state);
}
