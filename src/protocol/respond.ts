/**
 * The engine: one request in, one decision out (RFC 2131 §4.3). A pure function of the request,
 * the config, the leases and the time: it changes nothing but the slab that it writes replies to.
 */
import type { Config, Pool, Reservation, Subnet } from "../config/config.ts";
import { ADDRESS_RULES, type Candidate, chooseAddress, isOpenTo } from "../leases/allocate.ts";
import type { Client } from "../leases/lease.ts";
import type { LeaseTable } from "../leases/lease_table.ts";
import { findReservation, isSaidInPassing } from "../leases/reservations.ts";
import { ANY_ADDRESS, contains, type Ipv4, isHostAddress } from "../wire/ipv4.ts";
import type { ReplySlab } from "../wire/message_writer.ts";
import { Option } from "../wire/option_codes.ts";
import { canBeProbed, isProbedByArp } from "./address_probe.ts";
import { disbelief, isRelayAllowed } from "./belief.ts";
import { bootp } from "./bootp.ts";
import { chanceOf } from "./chance.ts";
import { clientClasses, isDenied } from "./class_policy.ts";
import { type Decision, ignore } from "./decision.ts";
import {
  attachedSubnet,
  attachedSubnets,
  subnetOfAddress,
  subnetsBeside,
  wireOf,
} from "./subnet_selection.ts";
import {
  type Continuing,
  type Discover,
  type Inform,
  type Request,
  type Selecting,
} from "./request.ts";
import { decline, release } from "./give_back.ts";
import { offerAutoConfigure, offerV6Only } from "./no_address.ts";
import { encodeInformAck } from "./reply.ts";
import { proxyDhcp } from "./proxy_dhcp.ts";
import { reservationOf, reservedAddressOf } from "./reserved.ts";
import { scopesOf } from "./scopes.ts";
import { acknowledge, type Given, offer } from "./grant.ts";
import { answerLeaseQuery } from "./leasequery.ts";
import { limitReached } from "./limits.ts";
import { nak, refusalOf } from "./refusal.ts";
import { isOurs } from "./server_identity.ts";

/** What a decision is made from, besides the request. */
export interface EngineState {
  readonly config: Config;
  readonly leases: LeaseTable;
  /** Monotonic milliseconds; the table has been advanced to it. */
  readonly nowMs: number;
  /** When this process began to serve: a record that is older came out of the store. */
  readonly startedAtMs: number;
  /** u32, another one for each life of the server: what random choices are made of. 0 if absent. */
  readonly seed?: number | undefined;
  /** The server identifiers that are ours: every address of the served interfaces. */
  readonly ownAddresses: ReadonlySet<Ipv4>;
  /** Every address of this machine: the pools are without them, but a lease may be older. */
  readonly machineAddresses: ReadonlySet<Ipv4>;
  /** Whether offers give way to newer ones where nothing is free: in a flood of DISCOVERs. */
  readonly offersYield?: boolean;
  /** Pools that new clients take too fast: those that nobody knew get short leases. */
  readonly floodedPools?: ReadonlySet<Pool>;
  /** Whether a renewal is answered without a write wherever one is on disk: it comes too often. */
  readonly sparesDisk?: boolean;
}

/** Decides about a request. Replies are encoded at once into `slab`. */
export function respond(request: Request, state: EngineState, slab: ReplySlab): Decision {
  const classes = clientClasses(request, state);
  if (classes.length === 0) return decide(request, state, slab);
  const member = { ...request, classes };
  const decision = isDenied(member, state) ? ignore("denied") : decide(member, state, slab);
  return { ...decision, classes };
}

function decide(request: Request, state: EngineState, slab: ReplySlab): Decision {
  if (request.kind === "LEASEQUERY") return answerLeaseQuery(request, state, slab);
  if (!isRelayAllowed(request, state)) return ignore("relay-not-allowed");
  if (state.config.proxyDhcp === true) {
    const decision = proxyDhcp(request, state, slab);
    if (decision !== undefined) return decision;
  }
  const unbelieved = disbelief(request, state);
  if (unbelieved !== undefined) return ignore(unbelieved);
  switch (request.kind) {
    case "DISCOVER":
      return discover(request, state, slab);
    case "SELECTING":
      return selecting(request, state, slab);
    case "INIT-REBOOT":
    case "RENEWING":
    case "REBINDING":
      return continuing(request, state, slab);
    case "DECLINE":
      return decline(request, state);
    case "RELEASE":
      return release(request, state);
    case "INFORM":
      return inform(request, state, slab);
    case "BOOTP":
      return bootp(request, state, slab);
  }
}

/** RFC 2131 §4.3.1. */
function discover(request: Discover, state: EngineState, slab: ReplySlab): Decision {
  const subnets = attachedSubnets(state.config, request, request.requestedAddress);
  const [likeliest] = subnets;
  if (likeliest === undefined) return ignore("no-subnet");
  const v6Only = offerV6Only(request, likeliest, state, slab);
  if (v6Only !== undefined) return v6Only;
  const choice = chooseAmong(subnets, request, state);
  if (choice === undefined) {
    const isShutOut = subnets.every(({ pools }) =>
      pools.length > 0 && pools.every((pool) => !isOpenTo(pool, request.classes))
    );
    const awaits = reservedAddressOf(request, subnets, state)?.address;
    return offerAutoConfigure(request, likeliest, state, slab) ??
      { ...ignore(isShutOut ? "not-for-its-classes" : "pool-exhausted"), awaits };
  }

  const claim = { ...choice, client: request.client };
  const full = limitReached(claim, choice.address, request, state);
  if (full !== undefined) return { ...ignore("limit-reached"), limit: full.limit };

  // RFC 4039 §3: "the server responds with a DHCPACK that includes the Rapid Commit option", and
  // that is as binding as any.
  const isRapid = choice.subnet.rapidCommit && request.view.octets(Option.RAPID_COMMIT) === 0;
  return isRapid
    ? acknowledge(choice.rule, request, choice, state, slab)
    : offer(choice.rule, request, choice, state, slab);
}

/**
 * The address to offer where the interface has several subnets: by the strongest claim that the
 * client has in any of them, and of equal ones in the first.
 */
function chooseAmong(
  subnets: readonly Subnet[],
  request: Discover,
  state: EngineState,
): (Candidate & Given) | undefined {
  const { leases, nowMs, offersYield } = state;
  const { client, classes, requestedAddress } = request;
  const chance = chanceOf(request, state);
  let best: ReturnType<typeof chooseAmong>;
  for (const subnet of subnets) {
    const reservation = findReservation(subnet, request);
    const wish = {
      client,
      classes,
      reservation,
      subnet,
      requestedAddress,
      chance,
      canBeProbed: canBeProbed(subnet, request),
      isProbedByArp: isProbedByArp(subnet, request),
    };
    const candidate = chooseAddress(wish, leases, nowMs, offersYield);
    if (candidate === undefined) continue;
    const isStronger = best === undefined ||
      ADDRESS_RULES.indexOf(candidate.rule) < ADDRESS_RULES.indexOf(best.rule);
    if (isStronger) best = { ...candidate, subnet, reservation };
  }
  if (best === undefined || best.rule === "reservation") return best;
  return { ...best, awaits: reservedAddressOf(request, subnets, state)?.address };
}

/** RFC 2131 §4.3.2, "DHCPREQUEST generated during SELECTING state". */
function selecting(asked: Selecting, state: EngineState, slab: ReplySlab): Decision {
  const { config, leases, nowMs } = state;
  const request = asked.address === ANY_ADDRESS ? takingItsOffer(asked, state) : asked;
  const { client, classes, address } = request;
  const subnets = attachedSubnets(config, request, address);
  const subnet = subnets[0];
  if (subnet === undefined) return ignore("no-subnet");

  if (!isOurs(request.serverIdentifier, request, state)) {
    // §3.1.4: "Those servers not selected by the DHCPREQUEST message use the message as
    // notification that the client has declined that server's offer."
    const withdraw = subnets.filter((it) => leases.offeredAddress(client, it, nowMs) !== undefined)
      .map((subnet) => ({ subnet, client }));
    return { kind: "ignore", rule: "other-server-chosen", withdraw };
  }
  if (address === ANY_ADDRESS) return ignore("unknown-client");
  if (!contains(subnet.cidr, address)) return nak("wrong-network", request, state, slab);

  const isOffered = leases.offeredAddress(client, subnet, nowMs) === address;
  const reservation = findReservation(subnet, request) ??
    (isOffered ? reservedInPassing(address, subnet) : undefined);
  const claim = { client, classes, reservation, subnet };
  const refusal = refusalOf(claim, request, state) ??
    (isOffered || !holdsOther(client, address, subnet, state)
      ? undefined
      : "not-the-clients-address");
  if (refusal !== undefined) return nak(refusal, request, state, slab);
  const rule = isOffered ? "outstanding-offer" : "confirmed";
  return acknowledge(rule, request, { address, subnet, reservation }, state, slab);
}

/** A client that names no address means the one that it was offered, as Kea takes it, too. */
function takingItsOffer(request: Selecting, { config, leases, nowMs }: EngineState): Selecting {
  const offered = attachedSubnets(config, request, undefined)
    .map((it) => leases.offeredAddress(request.client, it, nowMs))
    .find((it) => it !== undefined);
  return offered === undefined ? request : { ...request, address: offered };
}

/**
 * Whether the client has another address on its wire. What we offered may be forgotten by now, by a
 * restart for one, so a client that has nothing gets what it says it was offered. Not one that has
 * something: as often as it said so, it would have one more address. Nor does it give up what it
 * has for that, since the message may be an old one (see `givenUp`): the NAK has it begin anew.
 */
function holdsOther(
  client: Client,
  address: Ipv4,
  subnet: Subnet,
  { config, leases, nowMs }: EngineState,
): boolean {
  return wireOf(config, subnet)
    .some((it) => leases.heldBeside(address, client, it, nowMs).length > 0);
}

/**
 * RFC 2131 §4.3.2, INIT-REBOOT, RENEWING and REBINDING: the client names an address that it
 * believes to be its own, and no server.
 *
 * - Wrong network: NAK, whether or not the client is known ("the server SHOULD send a DHCPNAK").
 *   Kea and ISC dhcpd, where they are not authoritative, keep silent here against the RFC.
 * - A client without a record here: the RFC has the server remain silent, because another server
 *   may know it. `authoritative` says that there is no other: then the address is confirmed when
 *   it is one that this client could have been given (so a lost journal heals itself), and
 *   refused when it is not, which sends the client back to INIT at once. Authoritative as well,
 *   Kea always refuses; dnsmasq confirms, to rebuild a lost database.
 */
function continuing(request: Continuing, state: EngineState, slab: ReplySlab): Decision {
  const { config, leases } = state;
  const { client, classes, address } = request;
  const subnet = request.kind === "RENEWING"
    ? subnetOfAddress(config, request, address)
    : attachedSubnet(config, request, address);
  if (subnet === undefined) return ignore("no-subnet");
  if (!contains(subnet.cidr, address)) return nak("wrong-network", request, state, slab);

  const binding = bindingOf(request, subnet, leases);
  const reservation = reservationOf(request, subnet, leases) ??
    (binding === address ? reservedInPassing(address, subnet) : undefined);
  // A reservation that was made since takes effect here, once its address is free: until then the
  // client keeps what it has, so that it is never sent away for an address that it cannot get.
  const beside = subnetsBeside(config, request, subnet, address);
  const reserved = reservedAddressOf(request, beside, state);
  const known = reserved?.isFree === true ? reserved.address : binding ?? reservation?.address;
  if (known === undefined && !mayHeal(request, subnet, config)) return ignore("unknown-client");
  if (known !== undefined && known !== address) {
    return nak("not-the-clients-address", request, state, slab);
  }
  const byArp = isProbedByArp(subnet, request);
  const claim = { client, classes, reservation, subnet, isProbedByArp: byArp };
  const refusal = refusalOf(claim, request, state);
  if (refusal !== undefined) return nak(refusal, request, state, slab);
  const rule = binding === address
    ? "renewed"
    : known !== undefined
    ? "confirmed"
    : "healed-unknown-client";
  const awaits = reserved?.isFree === false ? reserved.address : undefined;
  return acknowledge(rule, request, { address, subnet, reservation, awaits }, state, slab);
}

/**
 * The reservation of the address, where it is for what its vendor calls a machine, or it itself:
 * this is who was given it, though its REQUEST may lack that name.
 */
function reservedInPassing(address: Ipv4, subnet: Subnet): Reservation | undefined {
  const reservation = subnet.reservations.byAddress.get(address);
  return reservation !== undefined && isSaidInPassing(reservation) ? reservation : undefined;
}

/**
 * Whether an unknown client may be confirmed or refused: not on a network that its message did not
 * come from, whatever its ciaddr says. It is healed when it rebinds through its relay agent.
 */
function mayHeal(request: Continuing, subnet: Subnet, config: Config): boolean {
  return (subnet.authoritative ?? config.authoritative) &&
    attachedSubnets(config, request, request.address).includes(subnet);
}

/** The address that the client names, if it has a record of it, else that of its newest other. */
function bindingOf(
  { client, address }: Continuing,
  subnet: Subnet,
  leases: LeaseTable,
): Ipv4 | undefined {
  return leases.isBindingOf(client, address) ? address : leases.bindingOf(client, subnet);
}

/** RFC 2131 §4.3.5: no address, no lease time, and nothing is recorded. */
function inform(request: Inform, state: EngineState, slab: ReplySlab): Decision {
  const subnet = subnetOfAddress(state.config, request, request.address);
  if (subnet === undefined) return ignore("no-subnet");
  // "The server SHOULD check the network address in a DHCPINFORM message for consistency": the
  // reply goes to that address, so it has to be one that a client on the subnet can have. Where the
  // client left it out, its relay agent passes the reply on.
  const isToRelay = request.address === ANY_ADDRESS;
  if (!isToRelay && !isHostAddress(subnet.cidr, request.address)) return ignore("wrong-network");
  const reservation = reservationOf(request, subnet, state.leases);
  const scopes = scopesOf(subnet, request.address, reservation, request.classes);
  return {
    kind: "reply",
    rule: "options-only",
    reply: encodeInformAck(request, { subnet, scopes }, state, slab),
    ...(!isToRelay && { address: request.address }),
  };
}
