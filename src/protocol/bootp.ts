/**
 * Clients that speak BOOTP (RFC 951) and know nothing of DHCP: they ask once, by a message without
 * option 53, and what they are told is theirs without end (RFC 1534 §2).
 */
import type { Reservation, Subnet } from "../config/config.ts";
import { chooseAddress } from "../leases/allocate.ts";
import { findReservation } from "../leases/reservations.ts";
import type { Ipv4 } from "../wire/ipv4.ts";
import { Header } from "../wire/message_view.ts";
import type { ReplySlab } from "../wire/message_writer.ts";
import { canBeProbed, probeBeforeGiving } from "./address_probe.ts";
import { bootDataFor } from "./boot.ts";
import { chanceOf } from "./chance.ts";
import { classNames } from "./class_policy.ts";
import { type Decision, ignore, type Rule } from "./decision.ts";
import { givenUp } from "./grant.ts";
import { limitReached } from "./limits.ts";
import { encodeBootReply } from "./reply.ts";
import type { Bootp } from "./request.ts";
import type { EngineState } from "./respond.ts";
import { fitsSeveral } from "./reserved.ts";
import { leaseTimeFor } from "./short_lease.ts";
import { scopesOf } from "./scopes.ts";
import { attachedSubnets } from "./subnet_selection.ts";

/** An address for the client, and why this one. */
interface Choice {
  readonly subnet: Subnet;
  readonly address: Ipv4;
  readonly reservation: Reservation | undefined;
  readonly rule: Rule;
}

/** Decides about a BOOTREQUEST of a client that knows nothing of DHCP. */
export function bootp(request: Bootp, state: EngineState, slab: ReplySlab): Decision {
  const { ciaddr } = request.view;
  const subnets = attachedSubnets(state.config, request, ciaddr === 0 ? undefined : ciaddr);
  if (subnets.length === 0) return ignore("no-subnet");
  const choice = reserved(subnets, request, state) ?? allocated(subnets, request, state);
  if (choice === undefined) return ignore("bootp-not-served");
  if (ciaddr !== 0 && ciaddr !== choice.address) return ignore("not-the-holder");
  return answer(choice, request, state, slab);
}

/** What is reserved for the client, unless somebody else holds the address. */
function reserved(
  subnets: readonly Subnet[],
  request: Bootp,
  { leases, nowMs, machineAddresses }: EngineState,
): Choice | undefined {
  for (const subnet of subnets) {
    const reservation = subnet.bootp === "off" ? undefined : findReservation(subnet, request);
    const address = reservation?.address;
    if (address === undefined) continue;
    const isFree = !machineAddresses.has(address) &&
      (leases.isAvailable(address, request.client, nowMs) ||
        leases.quarantines.mayLookAgain(address, canBeProbed(subnet, request), nowMs));
    if (isFree) return { subnet, address, reservation, rule: "reservation" };
  }
  return undefined;
}

function allocated(
  subnets: readonly Subnet[],
  request: Bootp,
  state: EngineState,
): Choice | undefined {
  const chance = chanceOf(request, state);
  for (const subnet of subnets) {
    if (subnet.bootp !== "dynamic") continue;
    const { client, classes } = request;
    const reservation = findReservation(subnet, request);
    const [requestedAddress, isProbed] = [undefined, canBeProbed(subnet, request)];
    const claim = { client, classes, subnet, reservation };
    const wish = { ...claim, requestedAddress, chance, canBeProbed: isProbed };
    const candidate = chooseAddress(wish, state.leases, state.nowMs);
    if (candidate === undefined) continue;
    if (limitReached(wish, candidate.address, request, state) !== undefined) continue;
    return { subnet, reservation, ...candidate };
  }
  return undefined;
}

function answer(
  { subnet, address, reservation, rule }: Choice,
  request: Bootp,
  state: EngineState,
  slab: ReplySlab,
): Decision {
  const scopes = scopesOf(subnet, address, reservation, request.classes);
  const boot = bootDataFor(request.view, scopes);
  if (asksForOther(request, boot?.serverName)) {
    return ignore("other-server-chosen");
  }
  const reply = encodeBootReply(request, { address, subnet, scopes }, state, slab);
  const isReserved = reservation?.address === address;
  const isShared = isReserved && fitsSeveral(reservation);
  // What is one client's alone is so as long as the config has it: nothing needs to be written.
  if (isReserved && !isShared) return { kind: "reply", rule, reply, address };
  const { client, hostname, view } = request;
  // What the client is told is its own without end (RFC 1534 §2). What it shares with others by a
  // reservation it would keep from them for ever, though it may be gone: so that ends, and each
  // request begins it anew.
  const leaseSeconds = isShared
    ? leaseTimeFor({ client, subnet, address, reservation, scopes }, state).defaultSeconds
    : Infinity;
  const classes = classNames(request, state);
  return {
    kind: "reply-after-commit",
    rule,
    reply,
    address,
    leaseSeconds,
    // A client that has its address in ciaddr would answer itself.
    probe: view.ciaddr === 0 ? probeBeforeGiving(address, request, subnet, state) : undefined,
    // Nobody would ever ask again for what it had without end, and is not given any more.
    ends: view.ciaddr === 0 ? givenUp(client, address, subnet, state) : undefined,
    change: {
      address,
      client,
      state: "bound",
      ...(hostname === undefined ? {} : { hostname }),
      ...(classes.length === 0 ? {} : { classes }),
      updatedAtMs: state.nowMs,
      expiresAtMs: state.nowMs + leaseSeconds * 1000,
    },
  };
}

/** RFC 951 §7.3: a client that names a server in `sname` wants an answer from no other. */
function asksForOther({ view }: Bootp, serverName: Uint8Array | undefined): boolean {
  const asked = view.bytes.subarray(Header.SNAME, Header.SNAME + Header.SNAME_SIZE);
  const end = asked.indexOf(0);
  const octets = end < 0 ? asked.length : end;
  if (octets === 0) return false;
  return serverName?.length !== octets || !serverName.every((octet, i) => asked[i] === octet);
}
