/**
 * Keeps strangers from taking all addresses and all of the server's time. Whoever has a lease or a
 * reservation is held back by one limit only: how many messages a single hardware address may send.
 *
 * A state machine without a clock, like `ConflictProbes`. The buckets take three megabytes at most,
 * and no packet makes them more.
 */
import type { RateLimits } from "../config/rate_limits.ts";
import type { Lease } from "../leases/lease.ts";
import type { LeaseTable } from "../leases/lease_table.ts";
import { findReservation } from "../leases/reservations.ts";
import { isInPool, poolAt, subnetOf } from "../leases/subnets.ts";
import type { Config } from "../config/config.ts";
import type { Decision, Rule } from "../protocol/decision.ts";
import type { Ingress } from "../protocol/endpoints.ts";
import type { Continuing, Request } from "../protocol/request.ts";
import { formatHex } from "../wire/hex.ts";
import { hashOctets } from "../wire/keyed_hash.ts";
import { Header, type MessageView } from "../wire/message_view.ts";
import { mixBits } from "../wire/mix_bits.ts";
import { Option } from "../wire/option_codes.ts";
import { RelaySubOption } from "../wire/relay_agent.ts";
import { subOption } from "../wire/sub_options.ts";
import { TokenBuckets } from "./token_buckets.ts";

/** The limits by the names of their counters. */
export const LIMITS = [
  "client",
  "declines",
  "quarantines",
  "new-leases",
  "new-leases-per-relay",
  "new-leases-per-circuit",
] as const;
export type Limit = typeof LIMITS[number];

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

/**
 * The least that comes too much within a minute for an alarm, where no limit on new leases has a
 * smaller burst; less is one client's mishap.
 */
const ALARM_COUNT_MIN = 20;
/** The alarm ends when so long nothing came too much. */
export const ALARM_MS = 60_000;
/** What a limit holds back is told of so often at most. */
const TELLING_MS = 60_000;

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
}

/** What to tell the operator. */
export interface LimiterNotice {
  readonly level: "info" | "warning";
  readonly message: string;
}

/** What a limit has held back and the operator was not told of. */
interface Untold {
  count: number;
  /** One of the clients, by its hardware address; kept until it is told. */
  example: string | undefined;
  /** Monotonic milliseconds. */
  notBeforeMs: number;
}

export class RateLimiter {
  readonly #leases: LeaseTable;
  readonly #held: Record<Limit, number> = {
    "client": 0,
    "declines": 0,
    "quarantines": 0,
    "new-leases": 0,
    "new-leases-per-relay": 0,
    "new-leases-per-circuit": 0,
  };
  readonly #untold = new Map<Limit, Untold>();
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
  #countAtLook = 0;
  /** Within a minute that begins anew when it is over. */
  #alarmCount = 0;
  #alarmCountSinceMs = -Infinity;
  #countAtAlarm = 0;
  #alarmUntilMs = -Infinity;
  #isAlarmed = false;

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
    if (change.state !== "bound" || !this.#isNew(change, request, config)) return true;
    const { newLeases, newLeasesPerRelay, newLeasesPerCircuit } = limits;
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

  status(): LimitsStatus {
    return {
      alarm: this.#isAlarmed,
      held: { ...this.#held },
      "offers-yielded": this.#leases.yieldedCount,
      "discovers-in-vain": this.#inVainCount,
    };
  }

  /** To be called every few seconds: what to tell the operator. */
  look(limits: RateLimits | undefined, nowMs: number): LimiterNotice[] {
    const alarm = this.#lookForAlarm(alarmCountOf(limits), nowMs);
    return [...this.#tellOfHeld(nowMs), ...alarm === undefined ? [] : [alarm]];
  }

  #lookForAlarm(countMin: number, nowMs: number): LimiterNotice | undefined {
    const count = this.#count();
    const news = count - this.#countAtLook;
    this.#countAtLook = count;
    const wasAlarmed = this.#isAlarmed;
    if (nowMs - this.#alarmCountSinceMs >= ALARM_MS) {
      this.#alarmCount = 0;
      this.#alarmCountSinceMs = nowMs;
    }
    this.#alarmCount += news;
    if (news > 0 && (wasAlarmed || this.#alarmCount >= countMin)) {
      this.#alarmUntilMs = nowMs + ALARM_MS;
    }
    this.#isAlarmed = nowMs < this.#alarmUntilMs;
    if (this.#isAlarmed === wasAlarmed) return undefined;
    if (this.#isAlarmed) {
      this.#countAtAlarm = count - this.#alarmCount;
      const message = `more is asked for than can be given: ${this.#tell()}`;
      return { level: "warning", message };
    }
    const total = count - this.#countAtAlarm;
    const message = `no more is asked for than can be given; ${total} messages came too much`;
    return { level: "info", message };
  }

  #hold(limit: Limit, { bytes, hlen }: Pick<MessageView, "bytes" | "hlen">): false {
    this.#held[limit]++;
    let untold = this.#untold.get(limit);
    if (untold === undefined) {
      untold = { count: 0, example: undefined, notBeforeMs: -Infinity };
      this.#untold.set(limit, untold);
    }
    untold.count++;
    untold.example ??= formatHex(bytes, Header.CHADDR, Header.CHADDR + hlen);
    return false;
  }

  /** Else a client of a small network would get no answer, and nothing would say why. */
  *#tellOfHeld(nowMs: number): Generator<LimiterNotice> {
    for (const [limit, untold] of this.#untold) {
      const { count, example, notBeforeMs } = untold;
      if (example === undefined || nowMs < notBeforeMs) continue;
      const whose = example === "" ? "" : `, of ${example}${count === 1 ? "" : " among others"}`;
      const what = `${count} ${count === 1 ? "message" : "messages"}${whose}`;
      yield { level: "warning", message: `the rate limit "${limit}" held back ${what}` };
      this.#untold.set(limit, {
        count: 0,
        example: undefined,
        notBeforeMs: nowMs + TELLING_MS,
      });
    }
  }

  #count(): number {
    let count = this.#leases.yieldedCount + this.#inVainCount;
    for (const limit of LIMITS) count += this.#held[limit];
    return count;
  }

  #tell(): string {
    const { yieldedCount } = this.#leases;
    const parts = LIMITS.filter((limit) => this.#held[limit] > 0)
      .map((limit) => `${this.#held[limit]} messages held back by the limit "${limit}"`);
    if (yieldedCount > 0) parts.push(`${yieldedCount} offers gave way to newer ones`);
    if (this.#inVainCount > 0) parts.push(`${this.#inVainCount} DISCOVERs found no address`);
    return `${parts.join(", ")} so far; clients with a lease or a reservation are served as ever`;
  }

  /** Whether the lease is new to its client, which has no reservation, in a pool that gets full. */
  #isNew({ client, address }: Lease, request: Request, { subnets, rateLimits }: Config): boolean {
    if (this.#leases.isBindingOf(client, address)) return false;
    const subnet = subnetOf(subnets, address);
    const pool = subnet && poolAt(subnet, address);
    if (rateLimits === undefined || pool === undefined || !isInPool(pool, address)) return false;
    const { size, free } = this.#leases.poolCounts(pool);
    if (size - free < rateLimits.newLeasesFrom * size) return false;
    return findReservation(subnet!, request) === undefined;
  }
}

function alarmCountOf(limits: RateLimits | undefined): number {
  const { newLeases, newLeasesPerRelay, newLeasesPerCircuit } = limits ?? {};
  const bursts = [newLeases, newLeasesPerRelay, newLeasesPerCircuit]
    .map((rate) => rate?.burst ?? Infinity);
  return Math.min(ALARM_COUNT_MIN, ...bursts);
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
