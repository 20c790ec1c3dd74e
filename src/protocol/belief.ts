/**
 * Which messages are believed, by where they come from: a lease changes only from where it lives.
 * Anybody who reaches this server can make up a message with another's names in it. What he cannot
 * do from afar is to send on the wire of a subnet, or in the place of its relay agent, or to hear
 * what is sent to an address that is not his.
 *
 * | message                                       | believed                                     |
 * | --------------------------------------------- | -------------------------------------------- |
 * | DISCOVER, SELECTING, INIT-REBOOT, REBINDING,  | on an attached wire, or by a relay agent     |
 * | BOOTP                                         | that may speak for the subnet                |
 * | RENEWING                                      | from its holder, with IP source = ciaddr, by |
 * |                                               | the wire of the address where we are on it;  |
 * |                                               | of others on the wire of the address only    |
 * | DECLINE                                       | on the wire of the address, or by its relay  |
 * |                                               | agent                                        |
 * | RELEASE                                       | with IP source = ciaddr, on the wire of the  |
 * |                                               | address where we are on it; or by its relay  |
 * |                                               | agent                                        |
 *
 * A relay agent (giaddr) in a subnet that an interface of ours is attached to is believed only if
 * that subnet lists it in `relays`: there, clients need none. Everything else is silence.
 */
import type { Subnet } from "../config/config.ts";
import { subnetOf } from "../leases/subnets.ts";
import { ANY_ADDRESS, contains, type Ipv4 } from "../wire/ipv4.ts";
import type { Rule } from "./decision.ts";
import type { Continuing, Request } from "./request.ts";
import type { EngineState } from "./respond.ts";
import {
  isOffLink,
  selectedSubnet,
  subnetListing,
  subnetsOfInterface,
  subnetsOnWay,
  wireOf,
} from "./subnet_selection.ts";

/** Why a message is not believed; `undefined` if it is. Who holds the lease is another question. */
export function disbelief(request: Request, state: EngineState): Rule | undefined {
  switch (request.kind) {
    case "INFORM":
    case "LEASEQUERY":
      // They change nothing, and who may ask for leases is on a list (RFC 4388).
      return undefined;
    case "DISCOVER":
    case "BOOTP":
    case "SELECTING":
    case "INIT-REBOOT":
    case "REBINDING":
      return isOffLink(state.config, request) ? "off-link" : undefined;
    case "RENEWING":
      return isRenewalBelieved(request, state) ? undefined : "off-link";
    case "DECLINE":
      // Clients broadcast it (RFC 2131 §4.4.4): a router has no part in it.
      return isWhereItLives(request, request.address, state) ? undefined : "off-link";
    case "RELEASE": {
      // Clients unicast it from the address that they give back (RFC 2131 §4.4.6).
      const { view: { giaddr }, ingress, address } = request;
      if (giaddr === ANY_ADDRESS && ingress.source !== address) return "off-link";
      // On a wire of ours, what comes by another one is not from there, whatever its source.
      const subnet = subnetOf(state.config.subnets, address);
      const isNear = giaddr !== ANY_ADDRESS || subnet !== undefined && isAttached(subnet, state);
      return !isNear || isWhereItLives(request, address, state) ? undefined : "off-link";
    }
  }
}

/**
 * RFC 2131 §4.3.2, RENEWING: a router may have brought it past every relay agent, and the reply
 * goes to ciaddr. So the holder is believed wherever it is, as the machine that the lease names:
 * else a client identifier alone would carry the lease over to other hardware. On the wire of the
 * address, others may ask for it, too, as they may by broadcast, and for one that is none of ours.
 */
function isRenewalBelieved(request: Continuing, state: EngineState): boolean {
  const { config, leases, nowMs } = state;
  const { client, address, view, ingress } = request;
  // The relay agent says that its client sent the message by unicast (RFC 5010).
  if (view.giaddr !== ANY_ADDRESS) return true;
  if (ingress.source !== address && ingress.source !== ANY_ADDRESS) return false;
  const subnet = subnetOf(config.subnets, address);
  if (subnet === undefined) return !isOffLink(config, request);
  if (isWhereItLives(request, address, state)) return true;
  // Behind a router. On a wire of ours, what comes by another one is not from there: it could give
  // the holder another name.
  return ingress.source === address && !isAttached(subnet, state) &&
    leases.holdings.isUnderName(client, address, nowMs);
}

/** Whether a message came by the wire of the address, or by a relay agent of it. */
function isWhereItLives(request: Request, address: Ipv4, { config }: EngineState): boolean {
  if (isOffLink(config, request)) return false;
  const subnet = subnetOf(config.subnets, address);
  return subnet !== undefined && subnetsOnWay(config, request).includes(subnet);
}

/**
 * Whether the request came by a way that its subnet is reached by. A subnet that lists its relay
 * agents is theirs: no other, and no client by option 118, has a say in it. One that a machine of
 * its own wire reaches without a relay agent has those that it lists, and no others. Elsewhere a
 * relay agent is one that some subnet lists, or that is at home in a subnet of the config: replies
 * go to giaddr, and anybody could have us send anywhere.
 */
export function isRelayAllowed(request: Request, state: EngineState): boolean {
  const { config } = state;
  const { giaddr } = request.view;
  const subnet = selectedSubnet(config, request);
  if (subnet === undefined) return true;
  if (giaddr === ANY_ADDRESS) {
    return subnet.relays === undefined ||
      subnetsOfInterface(config, request.ingress).includes(subnet);
  }
  if (subnet.relays?.has(giaddr)) return true;
  if (wireOf(config, subnet).some(({ relays }) => relays?.has(giaddr))) return true;
  if (subnet.relays !== undefined || isAttached(subnet, state)) return false;
  if (subnetListing(config, giaddr) !== undefined) return true;
  const home = subnetOf(config.subnets, giaddr);
  return home !== undefined && !isAttached(home, state);
}

/** Of each set of addresses of this machine: the subnets that one of them puts it on. */
const attachedTo = new WeakMap<ReadonlySet<Ipv4>, WeakMap<Subnet, boolean>>();

/** Whether this machine is on the wire of the subnet. */
function isAttached(subnet: Subnet, { config, machineAddresses }: EngineState): boolean {
  let known = attachedTo.get(machineAddresses);
  if (known === undefined) attachedTo.set(machineAddresses, known = new WeakMap());
  let isOn = known.get(subnet);
  if (isOn === undefined) {
    isOn = wireOf(config, subnet).some(({ cidr, interfaces }) =>
      interfaces !== undefined || machineAddresses.values().some((it) => contains(cidr, it))
    );
    known.set(subnet, isOn);
  }
  return isOn;
}
