/**
 * Requests that wait until it is known whether somebody uses the address that they would get, or
 * until another server has had the time to answer.
 *
 * A state machine without sockets and clocks: the loop tells it what is wanted, what was answered
 * and what time it is, and is told which probes to send and which requests are to be decided
 * again. Thousands of probes may be under way: each has a slot, and the slots stand in one heap by
 * their deadlines, so there is no timer for each and nothing walks them.
 */
import type { ConflictProbe } from "../config/config.ts";
import { DeadlineHeap } from "../leases/deadline_heap.ts";
import type { Client } from "../leases/lease.ts";
import type { Probe, ProbeAnswer } from "../link/link.ts";
import type { Rule } from "../protocol/decision.ts";
import type { Ingress } from "../protocol/endpoints.ts";
import { contains, type Ipv4 } from "../wire/ipv4.ts";

/**
 * Probes that may be under way. What comes when all slots are taken is answered without: a probe
 * is a courtesy (RFC 2131 §2.2 has it as a SHOULD, for servers and for clients), and an address is
 * not. dnsmasq does the same under load; Kea drops the request.
 */
export const PROBES_IN_FLIGHT_MAX = 8192;

/** How long an address that nobody answered for is taken for unused. */
export const CLEAR_MS = 30_000;

/** Addresses remembered as unused; of more the oldest are forgotten, and probed again. */
const CLEAR_ADDRESSES_MAX = 65_536;

/** Deadlines are rounded up to these, so that offers which wait together leave together. */
const DEADLINE_STEP_MS = 10;

/** The deadline of a request that has nothing more to wait for. */
const SETTLED_MS = -Infinity;

/** A request that waits, or has waited. */
export interface HeldRequest {
  readonly address: Ipv4;
  /** Whom the address is for. */
  readonly client: Client;
  /** The message: the newest, where the client has repeated it. Copied, it outlives its batch. */
  readonly bytes: Uint8Array;
  readonly ingress: Ingress;
  /** `giaddr`; 0 where the client is on the wire of the ingress. */
  readonly relay: Ipv4;
  /** Why this address was chosen. */
  readonly rule: Rule;
  /** When it may be answered, whatever is known of the address by then. */
  readonly dueAtMs: number;
  /** How many addresses were found taken for this request. */
  readonly conflictCount: number;
}

export class ConflictProbes {
  readonly #slotOf = new Map<Ipv4, number>();
  readonly #held: (HeldRequest | undefined)[] = [];
  readonly #freeSlots: number[] = [];
  /** Whether somebody was asked for the address of a slot. */
  readonly #isProbed = new Uint8Array(PROBES_IN_FLIGHT_MAX);
  readonly #columns = {
    address: new Uint32Array(PROBES_IN_FLIGHT_MAX),
    heapAtMs: new Float64Array(PROBES_IN_FLIGHT_MAX),
    heapPosition: new Int32Array(PROBES_IN_FLIGHT_MAX).fill(-1),
  };
  readonly #deadlines = new DeadlineHeap(this.#columns);
  /** Until when addresses are taken for unused, in the order of these times. */
  readonly #clearUntilMs = new Map<Ipv4, number>();
  #unsent: Probe[] = [];

  /** How many requests wait. */
  get size(): number {
    return this.#slotOf.size;
  }

  /**
   * Whether the request has to wait; its bytes are then copied. A client that repeats itself
   * waits for the probe that is under way, and the newest of its messages is kept.
   */
  hold(request: HeldRequest, setting: ConflictProbe | undefined, nowMs: number): boolean {
    const { address, ingress, dueAtMs } = request;
    const underWay = this.#slotOf.get(address);
    if (underWay !== undefined) {
      this.#replace(underWay, request);
      return true;
    }
    const method = setting && this.#methodFor(request, setting, nowMs);
    if (method === undefined && dueAtMs <= nowMs) return false;
    if (this.size === PROBES_IN_FLIGHT_MAX) return false;

    const slot = this.#freeSlots.pop() ?? this.#held.length;
    this.#held[slot] = { ...request, bytes: request.bytes.slice() };
    this.#isProbed[slot] = method === undefined ? 0 : 1;
    this.#slotOf.set(address, slot);
    this.#columns.address[slot] = address;
    const answeredMs = method === undefined ? nowMs : nowMs + setting!.timeoutMs;
    const deadlineMs = Math.max(answeredMs, dueAtMs);
    this.#deadlines.add(slot, Math.ceil(deadlineMs / DEADLINE_STEP_MS) * DEADLINE_STEP_MS);
    if (method !== undefined) this.#unsent.push({ address, method, ingress });
    return true;
  }

  /** How the address is asked for; `undefined` where that is known, or not to be found out. */
  #methodFor(
    { address, ingress, relay }: HeldRequest,
    { beyondRouters }: ConflictProbe,
    nowMs: number,
  ): Probe["method"] | undefined {
    if ((this.#clearUntilMs.get(address) ?? -Infinity) > nowMs) return undefined;
    if (relay === 0 || isOnLink(address, ingress)) return "arp";
    return beyondRouters ? "icmp" : undefined;
  }

  /** Its client has chosen another server: nothing is to be said any more. */
  cancel(address: Ipv4 | undefined, client: Client): void {
    const slot = address === undefined ? undefined : this.#slotOf.get(address);
    if (slot !== undefined && this.#held[slot]!.client.key === client.key) this.#free(slot);
  }

  /** Whether somebody waits for an answer about the address. */
  isAsked(address: Ipv4): boolean {
    return this.#slotOf.has(address);
  }

  /** The probes to send since the last call. */
  takeProbes(): readonly Probe[] {
    return this.#unsent.splice(0);
  }

  /** Somebody uses an address: the request that waited for it, if one did. */
  takeAnswered({ address, heard }: ProbeAnswer): HeldRequest | undefined {
    const slot = this.#slotOf.get(address);
    const held = slot === undefined ? undefined : this.#held[slot];
    if (slot === undefined || held === undefined) return undefined;
    if (this.#columns.heapAtMs[slot] === SETTLED_MS) return undefined;
    if (heard !== undefined) {
      if (heard.interfaceIndex !== held.ingress.interfaceIndex) return undefined;
      // The client itself may still have the address on its interface: no conflict.
      if (heard.hardwareAddress === held.client.hardwareAddress) return undefined;
    }
    this.#free(slot);
    return held;
  }

  /** A request whose time is over and that is not given a second time: nobody has answered. */
  takeDue(nowMs: number): HeldRequest | undefined {
    const slot = this.#deadlines.first;
    if (slot < 0 || this.#columns.heapAtMs[slot]! > nowMs) return undefined;
    const held = this.#held[slot]!;
    const isSettled = this.#columns.heapAtMs[slot] === SETTLED_MS;
    this.#free(slot);
    if (this.#isProbed[slot] === 1 && !isSettled) this.#rememberClear(held.address, nowMs);
    return held;
  }

  /** In how many milliseconds a request is due; `undefined` when none waits. */
  dueInMs(nowMs: number): number | undefined {
    const slot = this.#deadlines.first;
    return slot < 0 ? undefined : Math.max(0, this.#columns.heapAtMs[slot]! - nowMs);
  }

  /**
   * The address is leased by now, to a client that named it: there is nothing to find out any
   * more, and who answers from now on is the client. What waited for it is due at once.
   */
  settle(address: Ipv4): void {
    // It is used from now on: who asks for it under the same name is not to take it for unused.
    this.doubt(address);
    if (this.size === 0) return;
    const slot = this.#slotOf.get(address);
    if (slot === undefined) return;
    this.#deadlines.remove(slot);
    this.#deadlines.add(slot, SETTLED_MS);
  }

  /** The address is in use or in quarantine by now: it is not known for unused any more. */
  doubt(address: Ipv4): void {
    this.#clearUntilMs.delete(address);
  }

  #replace(slot: number, request: HeldRequest): void {
    const held = this.#held[slot]!;
    const isSameClient = held.client.key === request.client.key;
    // To a client that repeats itself the address is offered by now, which is not why.
    const { rule, conflictCount, dueAtMs } = isSameClient ? held : request;
    this.#held[slot] = { ...request, bytes: request.bytes.slice(), rule, conflictCount, dueAtMs };
  }

  #free(slot: number): void {
    this.#deadlines.remove(slot);
    this.#slotOf.delete(this.#columns.address[slot]!);
    this.#held[slot] = undefined;
    this.#freeSlots.push(slot);
  }

  #rememberClear(address: Ipv4, nowMs: number): void {
    const clear = this.#clearUntilMs;
    clear.delete(address);
    clear.set(address, nowMs + CLEAR_MS);
    for (const [oldest, untilMs] of clear) {
      if (untilMs > nowMs && clear.size <= CLEAR_ADDRESSES_MAX) break;
      clear.delete(oldest);
    }
  }
}

/** Whether a host with the address is on the wire of the ingress, though a relay agent asks. */
function isOnLink(address: Ipv4, { addresses }: Ingress): boolean {
  return addresses.some(({ cidr }) => contains(cidr, address));
}
