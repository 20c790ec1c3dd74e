/**
 * Keeps strangers from taking all addresses and all of the server's time. Whoever has a lease or a
 * reservation is held back by one limit only: how many messages of a single hardware address are answered.
 *
 * A state machine without a clock, like `ConflictProbes`. The buckets take three megabytes at most,
 * in a flood twice as many, and no packet makes them more.
 */
import type { RateLimits } from "../config/rate_limits.ts";
import type { Lease } from "../leases/lease.ts";
import type { LeaseTable } from "../leases/lease_table.ts";
import { findReservation } from "../leases/reservations.ts";
import { isInPool, poolAt, subnetOf } from "../leases/subnets.ts";
import type { Config, Pool, Subnet } from "../config/config.ts";
import type { Decision, Rule } from "../protocol/decision.ts";
import type { Ingress } from "../protocol/endpoints.ts";
import type { Continuing, Request } from "../protocol/request.ts";
import { FLOOD_LEASE_SECONDS } from "../protocol/short_lease.ts";
import { hashOctets } from "../wire/keyed_hash.ts";
import { Header, type MessageView } from "../wire/message_view.ts";
import { mixBits } from "../wire/mix_bits.ts";
import { Option } from "../wire/option_codes.ts";
import { RelaySubOption } from "../wire/relay_agent.ts";
import { subOption } from "../wire/sub_options.ts";
import { HeldBack, type Limit, type LimiterNotice } from "./held_back.ts";
import { PoolFloods } from "./pool_floods.ts";
import { TokenBuckets } from "./token_buckets.ts";

/**
 * How a decision may be carried out: as it is; as an answer that writes nothing, if there is one;
 * or not at all.
 */
export type Admission = "whole" | "unwritten" | "none";

const CLIENT_SLOTS = 65_536;
const CIRCUIT_SLOTS = 65_536;
const RELAY_SLOTS = 16_384;

/** Quarantines of one wire or relay agent: each is a line in the journal. */
const QUARANTINES = { intervalMs: 100, burst: 100 };

/**
 * More DISCOVERs than this that find no address mean a flood: from then on, and until a while after
 * the last, offers yield to newer ones (see `OfferQueue`). A network that is just full has nothing
 * to yield.
 */
const IN_VAIN = { intervalMs: 1_000, burst: 10 };
const YIELDING_MS = 10_000;

/** What the limits did, for the status. */
export interface LimitsStatus {
  /** Whether much came too much within the last minute. */
  readonly alarm: boolean;
  /** Messages without an answer, by the limit that held them back. */
  readonly held: Readonly<Record<Limit, number>>;
  /** Offers that made room for newer ones. */
  readonly "offers-yielded": number;
  /** DISCOVERs in a flood that found no address. */
  readonly "discovers-in-vain": number;
  /** Leases that are short, since more new clients came than a pool can have. */
  readonly "leases-shortened": number;
}

/** Where a client gets a lease that is new to it. */
interface Place {
  readonly subnet: Subnet;
  readonly pool: Pool;
  /** Of the pool. */
  readonly size: number;
  /** Whether so much of the pool is used that new leases are limited. */
  readonly isFull: boolean;
}

export class RateLimiter {
  readonly #leases: LeaseTable;
  readonly #held = new HeldBack();
  readonly #floods = new PoolFloods();
  #shortenedCount = 0;
  readonly #clients = new TokenBuckets(CLIENT_SLOTS);
  readonly #renewals = new TokenBuckets(CLIENT_SLOTS);
  readonly #declines = new TokenBuckets(CLIENT_SLOTS);
  readonly #quarantines = new TokenBuckets(RELAY_SLOTS);
  readonly #circuits = new TokenBuckets(CIRCUIT_SLOTS);
  readonly #relays = new TokenBuckets(RELAY_SLOTS);
  readonly #all = new TokenBuckets(1);
  readonly #inVain = new TokenBuckets(1);
  #inVainCount = 0;
  #yieldUntilMs = -Infinity;

  constructor(leases: LeaseTable) {
    this.#leases = leases;
  }

  /**
   * Whether a request is over the limit of messages whatever would be decided: then a flood costs
   * no decision. One that may turn out to go on with a lease is not.
   */
  isPassedOver(request: Request, { client }: RateLimits, nowMs: number): boolean {
    if (client === undefined || request.kind === "LEASEQUERY" || isToGoOn(request)) return false;
    if (this.#clients.has(clientHash(request), client, nowMs)) return false;
    this.#hold("client", request.view);
    return true;
  }

  /**
   * How a decision may be carried out, by how many messages of its hardware address were answered
   * lately. Silence is free, so nobody uses up what is another's by messages that are not answered;
   * and what comes by another wire or relay agent has tokens of its own. An access concentrator
   * asks about others (RFC 4388), and who may is on a list.
   */
  admission(decision: Decision, request: Request, limits: RateLimits, nowMs: number): Admission {
    const { client } = limits;
    if (client === undefined || decision.kind === "ignore") return "whole";
    if (request.kind === "LEASEQUERY") return "whole";
    if (this.#isRenewal(decision, request, nowMs)) {
      if (this.#renewals.take(renewalHash(request), client, nowMs)) return "whole";
      return decision.kind === "reply-after-commit" ? "unwritten" : "whole";
    }
    if (this.#clients.take(clientHash(request), client, nowMs)) return "whole";
    this.#hold("client", request.view);
    return "none";
  }

  /**
   * Whether a holder goes on with its lease, from where it lives. It is always answered: who wears
   * its mask on its own wire can then do no more than renew its lease.
   */
  #isRenewal(decision: Decision, request: Request, nowMs: number): request is Continuing {
    if (decision.kind !== "reply-after-commit" && decision.kind !== "reply-when-durable") {
      return false;
    }
    if (!isToGoOn(request)) return false;
    const { kind, client, view, ingress } = request;
    if (this.#leases.heldUntilMs(client, request.address, nowMs) <= nowMs) return false;
    return kind !== "RENEWING" || view.giaddr !== 0 || ingress.source === request.address;
  }

  /** Whether the lease change that a request asks for may be made. */
  admitsChange(
    change: Lease,
    request: Request,
    config: Config,
    nowMs: number,
  ): boolean {
    const { rateLimits: limits } = config;
    if (limits === undefined) return true;
    if (request.kind === "DECLINE") {
      const { declines } = limits;
      const isWithin = declines === undefined ||
        this.#declines.take(clientHash(request), declines, nowMs);
      if (!isWithin) return this.#hold("declines", request.view);
      return this.admitsQuarantine(request.view.bytes, request.ingress, limits, nowMs);
    }
    const place = change.state === "bound"
      ? this.#placeOfNew(change, request, config, limits)
      : undefined;
    if (place === undefined) return true;
    const { newLeases, newLeasesPerRelay, newLeasesPerCircuit } = limits;
    if (newLeases !== undefined && !this.#passesFlood(change, request, place, nowMs)) {
      return this.#hold("new-leases-per-pool", request.view);
    }
    if (!place.isFull) return true;
    const circuit = circuitHash(request);
    if (circuit !== undefined && newLeasesPerCircuit !== undefined) {
      if (!this.#circuits.take(circuit, newLeasesPerCircuit, nowMs)) {
        return this.#hold("new-leases-per-circuit", request.view);
      }
    }
    if (newLeasesPerRelay !== undefined) {
      if (!this.#relays.take(relayHash(request), newLeasesPerRelay, nowMs)) {
        return this.#hold("new-leases-per-relay", request.view);
      }
    }
    return newLeases === undefined || this.#all.take(0, newLeases, nowMs) ||
      this.#hold("new-leases", request.view);
  }

  /** Whether the address that a message is about may be put into quarantine. */
  admitsQuarantine(
    bytes: Uint8Array,
    ingress: Ingress,
    limits: RateLimits | undefined,
    nowMs: number,
  ): boolean {
    if (limits === undefined) return true;
    if (this.#quarantines.take(placeHash(bytes, ingress), QUARANTINES, nowMs)) return true;
    return this.#hold("quarantines", { bytes, hlen: bytes[Header.HLEN]! });
  }

  /** Takes notice of why a request was decided as it was. */
  note(rule: Rule, nowMs: number): void {
    if (rule === "pool-exhausted") {
      if (this.#inVain.take(0, IN_VAIN, nowMs)) return;
      this.#inVainCount++;
    } else if (rule !== "oldest-offer") return;
    this.#yieldUntilMs = nowMs + YIELDING_MS;
  }

  /** Whether offers yield to newer ones where nothing else is free. */
  offersYield(nowMs: number): boolean {
    return nowMs < this.#yieldUntilMs;
  }

  /** Pools that new clients take too fast, of whom those get short leases that nobody knew. */
  floodedPools(nowMs: number): ReadonlySet<Pool> {
    this.#floods.advance(nowMs);
    return this.#floods.pools;
  }

  status(): LimitsStatus {
    return {
      alarm: this.#held.isAlarmed,
      held: this.#held.counts,
      "offers-yielded": this.#leases.yieldedCount,
      "discovers-in-vain": this.#inVainCount,
      "leases-shortened": this.#shortenedCount,
    };
  }

  /** To be called every few seconds: what to tell the operator. */
  look(limits: RateLimits | undefined, nowMs: number): LimiterNotice[] {
    const surplus = {
      offersYielded: this.#leases.yieldedCount,
      discoversInVain: this.#inVainCount,
      leasesShortened: this.#shortenedCount,
    };
    return this.#held.look(limits, surplus, nowMs);
  }

  #hold(limit: Limit, message: Pick<MessageView, "bytes" | "hlen">): false {
    this.#held.note(limit, message);
    return false;
  }

  /**
   * Whether a new client gets its lease in a flood of such. One that nobody knew: below the limit of
   * the pool a short one, above it one that has waited. What would be a long lease has to wait, too.
   */
  #passesFlood(
    { client, expiresAtMs }: Lease,
    request: Request,
    { subnet, pool, size, isFull }: Place,
    nowMs: number,
  ): boolean {
    if (this.#leases.bindingOf(client, subnet) !== undefined) return true;
    const wasFlooded = this.#floods.pools.has(pool);
    const isWithin = this.#floods.takes(pool, size, nowMs);
    // The one that shows the flood was not held short yet.
    if (!wasFlooded && (isWithin || !isFull)) return true;
    const isShort = expiresAtMs - nowMs <= FLOOD_LEASE_SECONDS * 1000;
    if (isShort) this.#shortenedCount++;
    return isShort && !isFull ||
      this.#floods.hasWaited([clientHash(request), client.hash], nowMs);
  }

  /** Where a lease is new to its client, which has no reservation; `undefined` where it is not. */
  #placeOfNew(
    { client, address }: Lease,
    request: Request,
    { subnets }: Config,
    { newLeasesFrom }: RateLimits,
  ): Place | undefined {
    if (this.#leases.isBindingOf(client, address)) return undefined;
    const subnet = subnetOf(subnets, address);
    const pool = subnet && poolAt(subnet, address);
    if (subnet === undefined || pool === undefined || !isInPool(pool, address)) return undefined;
    if (findReservation(subnet, request) !== undefined) return undefined;
    const { size, free } = this.#leases.poolCounts(pool);
    return { subnet, pool, size, isFull: size - free >= newLeasesFrom * size };
  }
}

function isToGoOn(request: Request): request is Continuing {
  const { kind } = request;
  return kind === "RENEWING" || kind === "REBINDING" || kind === "INIT-REBOOT";
}

/**
 * Of `chaddr`, or of what the client calls itself where it has none, on the wire or behind the
 * relay agent that the request came by. A relay agent is known by what it sends from, too: anybody
 * can make up its `giaddr`.
 */
function clientHash(request: Request): number {
  const { view, ingress } = request;
  const { hlen, htype, bytes } = view;
  const source = view.giaddr === 0 ? 0 : mixBits(ingress.source);
  const place = relayHash(request) ^ source ^ (htype << 24);
  if (hlen > 0) return hashOctets(bytes, Header.CHADDR, Header.CHADDR + hlen, place);
  const identifier = view.option(Option.CLIENT_IDENTIFIER);
  return identifier === undefined ? place : hashOctets(identifier, 0, identifier.length, place);
}

/** Of the address that its holder goes on with, by the way that the request came. */
function renewalHash(request: Continuing): number {
  return mixBits(relayHash(request) ^ mixBits(request.address));
}

/** A relay agent by its giaddr and the interface, and clients on the wire by the interface. */
function relayHash({ view, ingress }: Request): number {
  return view.giaddr === 0 ? ingress.interfaceIndex : placeHash(view.bytes, ingress);
}

/** The same of a message as octets. */
function placeHash(bytes: Uint8Array, { interfaceIndex }: Ingress): number {
  return hashOctets(bytes, Header.GIADDR, Header.GIADDR + 4, interfaceIndex);
}

/** The port by what the relay agent says of it; `undefined` where it says nothing. */
function circuitHash(request: Request): number | undefined {
  const { relayInformation } = request;
  if (relayInformation === undefined) return undefined;
  let hash: number | undefined;
  for (const code of [RelaySubOption.CIRCUIT_ID, RelaySubOption.REMOTE_ID]) {
    const value = subOption(relayInformation, code);
    if (value === undefined) continue;
    hash = hashOctets(value, 0, value.length, hash ?? relayHash(request));
  }
  return hash;
}
