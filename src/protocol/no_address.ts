/** What a client is told that looks for an address and is not to have one. */
import type { Subnet } from "../config/config.ts";
import { findReservation } from "../leases/reservations.ts";
import { ANY_ADDRESS } from "../wire/ipv4.ts";
import type { ReplySlab } from "../wire/message_writer.ts";
import { Option } from "../wire/option_codes.ts";
import type { Decision } from "./decision.ts";
import { encodeOfferOfNone } from "./reply.ts";
import type { Server } from "./server_identity.ts";
import type { InsteadOfAddress } from "./reply_options.ts";
import type { Discover } from "./request.ts";
import { configuredOption, scopesAround } from "./scopes.ts";

/**
 * For a client that can do without IPv4, on a network where it should: RFC 8925 §3.3 has it asked
 * for (option 55), and the server "SHOULD NOT assign an address" but "return 0.0.0.0 as the
 * offered address". `undefined` for any other. One that takes an address all the same is served
 * as everybody is, with option 108 among what it asked for.
 */
export function offerV6Only(
  request: Discover,
  subnet: Subnet,
  server: Server,
  slab: ReplySlab,
): Decision | undefined {
  const list = request.view.option(Option.PARAMETER_REQUEST_LIST);
  if (list?.includes(Option.V6_ONLY_PREFERRED) !== true) return undefined;
  const wait = configured(request, subnet, Option.V6_ONLY_PREFERRED);
  if (wait === undefined) return undefined;
  const instead = [[Option.V6_ONLY_PREFERRED, wait], ...autoConfigure(request, subnet)] as const;
  return offerNone("ipv6-only-preferred", request, instead, server, slab);
}

/**
 * For a client that there is no address for, and that asks whether to make itself one of its link
 * (RFC 3927): the server answers if it has been told what to say (RFC 2563 §2.3).
 */
export function offerAutoConfigure(
  request: Discover,
  subnet: Subnet,
  server: Server,
  slab: ReplySlab,
): Decision | undefined {
  const instead = autoConfigure(request, subnet);
  if (instead.length === 0) return undefined;
  return offerNone("no-address-left", request, instead, server, slab);
}

function autoConfigure(request: Discover, subnet: Subnet): InsteadOfAddress {
  if (request.view.octets(Option.AUTO_CONFIG) !== 1) return [];
  const answer = configured(request, subnet, Option.AUTO_CONFIG);
  return answer === undefined ? [] : [[Option.AUTO_CONFIG, answer]];
}

function configured(request: Discover, subnet: Subnet, code: number): Uint8Array | undefined {
  const scopes = scopesAround(subnet, findReservation(subnet, request), request.classes);
  return configuredOption(scopes, code) ?? undefined;
}

function offerNone(
  rule: "ipv6-only-preferred" | "no-address-left",
  request: Discover,
  instead: InsteadOfAddress,
  server: Server,
  slab: ReplySlab,
): Decision {
  const reply = encodeOfferOfNone(request, instead, server, slab);
  return { kind: "reply", rule, reply, address: ANY_ADDRESS };
}
