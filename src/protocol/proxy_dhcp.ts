/**
 * Networks whose addresses another server gives (PXE 2.1 §2.2.1, "proxyDHCP"): from here, clients
 * that boot get boot data and nothing else, all others get silence. No lease is given, held or
 * refused.
 */
import type { Subnet } from "../config/config.ts";
import { findReservation } from "../leases/reservations.ts";
import { type Ipv4, isHostAddress } from "../wire/ipv4.ts";
import type { ReplySlab } from "../wire/message_writer.ts";
import { bootDataFor } from "./boot.ts";
import { type Decision, ignore } from "./decision.ts";
import { PXE_PORT } from "./endpoints.ts";
import { encodeProxyReply } from "./reply.ts";
import type { Request } from "./request.ts";
import type { EngineState } from "./respond.ts";
import { scopesOf } from "./scopes.ts";
import { attachedSubnets } from "./subnet_selection.ts";

/** Decides about a request from such a network; `undefined` for one from any other. */
export function proxyDhcp(
  request: Request,
  state: EngineState,
  slab: ReplySlab,
): Decision | undefined {
  const { ciaddr } = request.view;
  const subnets = attachedSubnets(state.config, request, ciaddr === 0 ? undefined : ciaddr);
  const subnet = subnets.find(({ proxyDhcp }) => proxyDhcp === true);
  if (subnet === undefined) {
    // Nothing but boot data is to be had at that port.
    return request.ingress.serverPort === PXE_PORT ? ignore("proxy-dhcp") : undefined;
  }
  const asked = boundFor(request, subnet);
  if (asked === undefined) return ignore("proxy-dhcp");
  const scopes = scopesOf(subnet, asked, findReservation(subnet, request), request.classes);
  const boot = bootDataFor(request.view, scopes);
  if (boot?.firmware === undefined || boot.file === undefined) return ignore("proxy-dhcp");
  return {
    kind: "reply",
    rule: "boot-data-only",
    reply: encodeProxyReply(request, { address: asked, subnet, scopes }, boot, state, slab),
    ...(asked === 0 ? {} : { address: asked }),
  };
}

/**
 * The address to answer, 0 for a client that has none yet; `undefined` where there is nothing to
 * answer. A REQUEST at the port of DHCP is for the server of the addresses; at ours, a client that
 * has its address asks for boot data.
 */
function boundFor(request: Request, { cidr }: Subnet): Ipv4 | undefined {
  switch (request.kind) {
    case "DISCOVER":
      return 0;
    case "INFORM":
      return isHostAddress(cidr, request.address) ? request.address : undefined;
    case "SELECTING":
    case "RENEWING":
    case "REBINDING":
    case "INIT-REBOOT": {
      const { ciaddr } = request.view;
      const isForUs = request.ingress.serverPort === PXE_PORT;
      return isForUs && isHostAddress(cidr, ciaddr) ? ciaddr : undefined;
    }
    default:
      return undefined;
  }
}
