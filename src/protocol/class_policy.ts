/** What its classes mean to a client: whether it is answered, and which addresses are not for it. */
import type { ClientClass } from "../config/client_class.ts";
import type { Reservation } from "../config/config.ts";
import { type Claim, isOpenTo } from "../leases/allocate.ts";
import type { LeaseTable } from "../leases/lease_table.ts";
import { isSaidInPassing } from "../leases/reservations.ts";
import { poolAt, subnetOf } from "../leases/subnets.ts";
import { classesOf, NO_CLASSES } from "./classes.ts";
import type { Continuing, LeaseQuery, Request, Selecting } from "./request.ts";
import { lastRelayInformation, reservationOf } from "./reserved.ts";
import type { EngineState } from "./respond.ts";
import { attachedSubnets, subnetOfAddress, wireOf } from "./subnet_selection.ts";

/** The classes of the client. */
export function clientClasses(
  request: Request,
  state: EngineState,
): readonly ClientClass[] {
  const { config, leases } = state;
  if (config.classes === undefined || request.kind === "LEASEQUERY") return NO_CLASSES;
  const { classes } = config;
  const relayInformation = lastRelayInformation(request, leases);
  const ways = waysOf(request, classes.toldByWay, leases);
  if (classes.readsReservations) {
    const reservations = reservationsOf(request, state);
    const given = reservations.flatMap((it) => it.classes ?? []);
    const known = given.length === 0 ? ways : [...new Set([...ways, ...given])];
    const { view, ingress } = request;
    const isReserved = reservations.length > 0;
    return classesOf(classes, { view, ingress, relayInformation, isReserved }, known);
  }
  const isAsItCame = relayInformation === request.relayInformation;
  return classesOf(classes, isAsItCame ? request : { ...request, relayInformation }, ways);
}

/** What is kept for the client on the subnet that it is on, and on those of the same wire. */
function reservationsOf(
  request: Exclude<Request, LeaseQuery>,
  state: EngineState,
): readonly Reservation[] {
  const { config, leases } = state;
  const { kind } = request;
  const own = kind === "RENEWING" || kind === "INFORM"
    ? subnetOfAddress(config, request, request.address)
    : undefined;
  const subnets = own === undefined
    ? attachedSubnets(config, request, undefined)
    : wireOf(config, own);
  const found: Reservation[] = [];
  for (const subnet of subnets) {
    const reservation = reservationOf(request, subnet, leases);
    if (reservation !== undefined) found.push(reservation);
  }
  const given = found.length > 0 ? undefined : givenInPassing(request, state);
  return given === undefined ? found : [given];
}

/** The reservation of the address that the client was given, by a name that it need not repeat. */
function givenInPassing(
  request: Exclude<Request, LeaseQuery>,
  { config, leases, nowMs }: EngineState,
): Reservation | undefined {
  if (!("address" in request)) return undefined;
  const { client, address } = request;
  const subnet = subnetOf(config.subnets, address);
  const reservation = subnet?.reservations.byAddress.get(address);
  if (reservation === undefined || !isSaidInPassing(reservation)) return undefined;
  const isGiven = leases.isBindingOf(client, address) ||
    leases.offeredAddress(client, subnet!, nowMs) === address;
  return isGiven ? reservation : undefined;
}

const NONE_KNOWN: readonly number[] = [];

/**
 * Classes that are told by relay agent or interface, as the lease of a client has them that renews
 * by unicast, and so goes past both (RFC 2131 §4.3.2, RENEWING).
 */
function waysOf(
  request: Request,
  toldByWay: ReadonlyMap<string, number>,
  leases: LeaseTable,
): readonly number[] {
  if (request.kind !== "RENEWING" || toldByWay.size === 0) return NONE_KNOWN;
  const { client, address } = request;
  const lease = leases.isBindingOf(client, address) ? leases.get(address) : undefined;
  return (lease?.classes ?? []).map((name) => toldByWay.get(name)).filter((it) => it !== undefined);
}

/**
 * What a record keeps of the classes of its client: those with a limit first, which are counted by
 * it and must not be among those that there is no room for.
 */
export function classNames(request: Request, state: EngineState): readonly string[] {
  const { classes } = request;
  if (state.config.hasLimits !== true) {
    return classes.length === 0 ? NO_NAMES : classes.map(({ name }) => name);
  }
  const names = new Set([
    ...classes.filter(({ limit }) => limit !== undefined).map(({ name }) => name),
    ...limitedSoFar(request, state),
    ...classes.map(({ name }) => name),
  ]);
  return [...names];
}

/**
 * The classes with a limit that a lease is counted in which goes on: else a client would be out of
 * the count, and another in its place, for leaving an option out when it renews.
 */
function limitedSoFar(
  request: Request,
  { config: { classes }, leases, nowMs }: EngineState,
): readonly string[] {
  if (request.kind !== "RENEWING" && request.kind !== "REBINDING") return NO_NAMES;
  const { client, address } = request;
  if (classes === undefined || leases.heldUntilMs(client, address, nowMs) <= nowMs) return NO_NAMES;
  const names = leases.get(address)?.classes ?? NO_NAMES;
  return names.filter((name) => classes.limited.has(name));
}

const NO_NAMES: readonly string[] = [];

/** Whether the client is in a class that gets no answer, and has no reservation. */
export function isDenied(request: Request, state: EngineState): boolean {
  const { classes, kind } = request;
  // What a client gives back is taken of anybody.
  if (kind === "RELEASE" || kind === "DECLINE" || kind === "LEASEQUERY") return false;
  if (!classes.some((it) => it.isDenied)) return false;
  return reservationsOf(request, state).length === 0;
}

/**
 * Whether the address is in a pool that the client's classes have no share in: then it has to go,
 * though it may hold it. But a unicast renewal shows neither relay agent nor interface, so a class
 * that they tell is taken for granted there.
 */
export function isForOthers(
  { subnet, classes, reservation }: Claim,
  { kind, address }: Selecting | Continuing,
  { config }: EngineState,
): boolean {
  const pool = poolAt(subnet, address);
  if (pool?.only === undefined || isOpenTo(pool, classes)) return false;
  if (reservation?.address === address) return false;
  const toldByWay = config.classes?.toldByWay;
  return !(kind === "RENEWING" && pool.only.values().some(({ name }) => toldByWay?.has(name)));
}
