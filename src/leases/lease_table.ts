/**
 * Who has which address: every lease record that is remembered, and the offers under way.
 *
 * The table is a value that moves by three calls only: `put` (a record of the journal), `offer`
 * and `withdrawOffer` (memory only), `advance` (time). It reads no clock. Replaying the records
 * that were put, in any order of addresses, makes the same table.
 *
 * Each address that has a record or an offer has one slot. All that is counted and searched for
 * follows from the slot's standing, which `#settle` alone computes: change a slot, then settle it.
 */
import assert from "node:assert/strict";
import type { Subnet } from "../config/config.ts";
import { type Ipv4, lastAddress } from "../wire/ipv4.ts";
import { AddressPool } from "./address_pool.ts";
import { DeadlineHeap, type HeapEntry } from "./deadline_heap.ts";
import { isActive, isQuarantined, type Lease } from "./lease.ts";
import { subnetOf } from "./subnets.ts";

/** An address held for a client that was sent a DHCPOFFER, until it answers or time runs out. */
export interface Offer {
  readonly address: Ipv4;
  readonly clientKey: string;
  readonly expiresAtMs: number;
}

/**
 * How the addresses of a subnet stand. `size` counts those that may be given, ranges and reserved
 * ones; each of them is in one of the other four. A lease that lies outside of them (the pools
 * moved under it) is not counted.
 */
export interface SubnetCounts {
  readonly size: number;
  readonly used: number;
  readonly offered: number;
  readonly quarantined: number;
  /** Includes those that had a lease which lapsed or was released. */
  readonly free: number;
}

/** What keeps the address from others; `lapsed` is free, but remembered. */
type Standing = "used" | "quarantined" | "offered" | "lapsed";

interface SubnetState {
  readonly subnet: Subnet;
  /** The ranges; marked are the addresses that have a slot. */
  readonly pool: AddressPool;
  /** Slots of the ranges that stand as `lapsed`, the one that ended first on top. */
  readonly lapsed: DeadlineHeap<Slot>;
  readonly offers: Map<string, Slot>;
  readonly tally: Record<Standing, number>;
}

interface Slot extends HeapEntry {
  lease: Lease | undefined;
  offer: Offer | undefined;
  /** The subnet that the address lies in, if any. */
  home: SubnetState | undefined;
  inRanges: boolean;
  /** In the ranges or reserved. */
  isCounted: boolean;
  /** As of the last `#settle`; undefined before the first. */
  standing: Standing | undefined;
  /** The heap that it stands in: `#due`, or `lapsed` of its home. */
  heap: DeadlineHeap<Slot> | undefined;
}

export class LeaseTable {
  #subnets: readonly Subnet[] = [];
  #states = new Map<Subnet, SubnetState>();
  readonly #slots = new Map<Ipv4, Slot>();
  /** Slots whose lease names the client, in the order they were put; declined ones are not here. */
  readonly #slotsOfClient = new Map<string, readonly Slot[]>();
  /** Slots whose standing ends; each at that instant or before it (see `#wakeAt`). */
  #due = new DeadlineHeap<Slot>();
  #leaseCount = 0;
  #nowMs = -Infinity;

  /** An empty table over `subnets`, which are sorted by network and disjoint. */
  constructor(subnets: readonly Subnet[]) {
    this.reconfigure(subnets);
  }

  /** Number of lease records. */
  get size(): number {
    return this.#leaseCount;
  }

  /** Every remembered record, in no particular order. */
  *records(): IterableIterator<Lease> {
    for (const { lease } of this.#slots.values()) if (lease !== undefined) yield lease;
  }

  /** The newest record of an address. */
  get(address: Ipv4): Lease | undefined {
    return this.#slots.get(address)?.lease;
  }

  /**
   * The newest record that makes the client the holder of an address in the subnet: an active one
   * before a lapsed or released one. Never a declined one: it holds nothing.
   */
  ofClient(clientKey: string, subnet: Subnet): Lease | undefined {
    let best: Slot | undefined;
    for (const slot of this.#slotsOfClient.get(clientKey) ?? []) {
      if (slot.home?.subnet !== subnet) continue;
      if (best === undefined || !isPreferred(best, slot)) best = slot;
    }
    return best?.lease;
  }

  /**
   * Takes in the newest record of an address: the only way in which leases change. An offer of
   * the address to the same client has served and goes.
   */
  put(lease: Lease): void {
    const slot = this.#slots.get(lease.address) ?? this.#open(lease.address);
    const clientKey = lease.client.key;
    const previousKey = slot.lease?.client.key;
    if (previousKey === undefined) this.#leaseCount++;
    else if (previousKey !== clientKey) this.#unlinkClient(previousKey, slot);
    if (lease.state === "declined") this.#unlinkClient(clientKey, slot);
    else this.#linkClient(clientKey, slot);
    slot.lease = lease;
    if (slot.offer?.clientKey === clientKey) this.#dropOffer(slot);
    this.#settle(slot);
  }

  /**
   * Holds an address of one of the subnets for a client. It takes the place of the client's other
   * offer in that subnet, and of an offer of the address to somebody else.
   */
  offer(offer: Offer): void {
    const slot = this.#slots.get(offer.address) ?? this.#open(offer.address);
    assert(slot.home !== undefined, "an offered address lies in a subnet");
    if (slot.offer !== undefined) this.#dropOffer(slot);
    const earlier = slot.home.offers.get(offer.clientKey);
    if (earlier !== undefined) {
      this.#dropOffer(earlier);
      this.#settle(earlier);
    }
    slot.offer = offer;
    slot.home.offers.set(offer.clientKey, slot);
    this.#settle(slot);
  }

  /** The offer that the client has in the subnet, unless it has run out. */
  offerTo(clientKey: string, subnet: Subnet, nowMs: number): Offer | undefined {
    const offer = this.#stateOf(subnet).offers.get(clientKey)?.offer;
    return offer !== undefined && nowMs < offer.expiresAtMs ? offer : undefined;
  }

  /** Forgets the client's offer in the subnet, if it has one. */
  withdrawOffer(clientKey: string, subnet: Subnet): void {
    const slot = this.#stateOf(subnet).offers.get(clientKey);
    if (slot === undefined) return;
    this.#dropOffer(slot);
    this.#settle(slot);
  }

  /**
   * Whether nothing in the table keeps the address from the client: it is not leased or offered
   * to another, nor quarantined. Says nothing of pools and reservations.
   */
  isAvailable(address: Ipv4, clientKey: string, nowMs: number): boolean {
    const { lease, offer } = this.#slots.get(address) ?? NOTHING;
    if (lease !== undefined && isQuarantined(lease, nowMs)) return false;
    if (lease !== undefined && isActive(lease, nowMs) && lease.client.key !== clientKey) {
      return false;
    }
    return offer === undefined || offer.clientKey === clientKey || offer.expiresAtMs <= nowMs;
  }

  /**
   * An address for a client that has no better claim, out of the subnet's ranges: one that has
   * no record, at the place that `startHash` (u32) points to or the next after it; when there is
   * none left, the one whose lease ended the longest ago. `undefined` when the pool is exhausted.
   * As of the last `advance`; the cost is the same however full the pool is.
   */
  findFree(subnet: Subnet, startHash: number): Ipv4 | undefined {
    const { pool, lapsed } = this.#stateOf(subnet);
    return pool.nextUnmarked(startHash) ?? lapsed.first?.address;
  }

  /** How the addresses of the subnet stand, as of the last `advance`. */
  counts(subnet: Subnet): SubnetCounts {
    const { pool, tally: { used, offered, quarantined } } = this.#stateOf(subnet);
    const size = pool.size + subnet.reservations.byAddress.size;
    return { size, used, offered, quarantined, free: size - used - offered - quarantined };
  }

  /**
   * Ends the leases, offers and quarantines that end by `nowMs`. To be called before a batch of
   * decisions; the cost is in proportion to what ended, and time does not go back.
   */
  advance(nowMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, nowMs);
    for (;;) {
      const slot = this.#due.first;
      if (slot === undefined || slot.atMs > this.#nowMs) return;
      this.#moveTo(undefined, slot, Infinity);
      this.#settle(slot);
    }
  }

  /**
   * Lays the same records over new subnets (sorted by network, disjoint). Records outside of all
   * of them are kept, in case they come back; offers outside are forgotten.
   */
  reconfigure(subnets: readonly Subnet[]): void {
    const areSorted = subnets.every(({ cidr }, i) =>
      i === 0 || lastAddress(subnets[i - 1]!.cidr) < cidr.network
    );
    assert(areSorted, "subnets are sorted and disjoint");
    this.#subnets = subnets;
    this.#states = new Map(subnets.map((subnet) => [subnet, makeState(subnet)]));
    this.#due = new DeadlineHeap();
    const offers: Offer[] = [];
    for (const slot of this.#slots.values()) {
      if (slot.offer !== undefined) offers.push(slot.offer);
      slot.offer = undefined;
      slot.standing = undefined;
      slot.heap = undefined;
      slot.heapPosition = -1;
      this.#locate(slot);
      this.#settle(slot);
    }
    // Subnets may have merged, and a client has one offer in each: the newest stays.
    offers.sort((a, b) => a.expiresAtMs - b.expiresAtMs);
    for (const offer of offers) {
      if (subnetOf(subnets, offer.address) !== undefined) this.offer(offer);
    }
  }

  #stateOf(subnet: Subnet): SubnetState {
    const state = this.#states.get(subnet);
    assert(state !== undefined, "the subnet is one of the table's");
    return state;
  }

  /** A slot for an address that has none. */
  #open(address: Ipv4): Slot {
    const slot: Slot = {
      address,
      atMs: Infinity,
      heapPosition: -1,
      lease: undefined,
      offer: undefined,
      home: undefined,
      inRanges: false,
      isCounted: false,
      standing: undefined,
      heap: undefined,
    };
    this.#slots.set(address, slot);
    this.#locate(slot);
    return slot;
  }

  /** Finds the slot's place in the subnets of now. */
  #locate(slot: Slot): void {
    const subnet = subnetOf(this.#subnets, slot.address);
    slot.home = subnet && this.#stateOf(subnet);
    slot.inRanges = slot.home !== undefined && slot.home.pool.has(slot.address);
    slot.isCounted = slot.inRanges || subnet?.reservations.byAddress.has(slot.address) === true;
    if (slot.inRanges) slot.home?.pool.mark(slot.address);
  }

  /** Makes everything that depends on the slot follow from its lease, its offer and the time. */
  #settle(slot: Slot): void {
    if (slot.offer !== undefined && slot.offer.expiresAtMs <= this.#nowMs) this.#dropOffer(slot);
    const standing = standingOf(slot, this.#nowMs);
    this.#tally(slot, standing);
    switch (standing) {
      case undefined:
        this.#moveTo(undefined, slot, Infinity);
        this.#slots.delete(slot.address);
        if (slot.inRanges) slot.home?.pool.unmark(slot.address);
        return;
      case "lapsed":
        this.#moveTo(slot.inRanges ? slot.home?.lapsed : undefined, slot, leaseEndMs(slot));
        return;
      case "offered":
        this.#wakeAt(slot, offerEndMs(slot));
        return;
      case "used":
      case "quarantined":
        // An offer that ends before makes no difference until then.
        this.#wakeAt(slot, leaseEndMs(slot));
    }
  }

  #tally(slot: Slot, standing: Standing | undefined): void {
    const tally = slot.isCounted ? slot.home?.tally : undefined;
    if (tally !== undefined && slot.standing !== undefined) tally[slot.standing]--;
    if (tally !== undefined && standing !== undefined) tally[standing]++;
    slot.standing = standing;
  }

  /**
   * Sees to it that the slot is settled again at `endsAtMs`. An earlier appointment stays as it
   * is, and makes the later one when it is kept: so a renewal does not touch the heap.
   */
  #wakeAt(slot: Slot, endsAtMs: number): void {
    if (slot.heap === this.#due && slot.atMs <= endsAtMs) return;
    this.#moveTo(endsAtMs === Infinity ? undefined : this.#due, slot, endsAtMs);
  }

  #moveTo(heap: DeadlineHeap<Slot> | undefined, slot: Slot, atMs: number): void {
    slot.heap?.remove(slot);
    slot.heap = heap;
    heap?.add(slot, atMs);
  }

  /** Takes the offer off its slot, which the caller then settles. */
  #dropOffer(slot: Slot): void {
    if (slot.offer !== undefined) slot.home?.offers.delete(slot.offer.clientKey);
    slot.offer = undefined;
  }

  /** Makes the slot the newest of the client's. */
  #linkClient(clientKey: string, slot: Slot): void {
    const slots = this.#slotsOfClient.get(clientKey) ?? [];
    if (slots.at(-1) === slot) return;
    this.#slotsOfClient.set(clientKey, [...slots.filter((it) => it !== slot), slot]);
  }

  #unlinkClient(clientKey: string, slot: Slot): void {
    const slots = this.#slotsOfClient.get(clientKey)?.filter((it) => it !== slot);
    if (slots === undefined) return;
    if (slots.length > 0) this.#slotsOfClient.set(clientKey, slots);
    else this.#slotsOfClient.delete(clientKey);
  }
}

const NOTHING = { lease: undefined, offer: undefined } as const;

function makeState(subnet: Subnet): SubnetState {
  return {
    subnet,
    pool: new AddressPool(subnet.ranges),
    lapsed: new DeadlineHeap(),
    offers: new Map(),
    tally: { used: 0, quarantined: 0, offered: 0, lapsed: 0 },
  };
}

function standingOf({ lease, offer }: Slot, nowMs: number): Standing | undefined {
  if (lease !== undefined && isActive(lease, nowMs)) return "used";
  if (lease !== undefined && isQuarantined(lease, nowMs)) return "quarantined";
  if (offer !== undefined) return "offered";
  return lease === undefined ? undefined : "lapsed";
}

function leaseEndMs(slot: Slot): number {
  return slot.lease?.expiresAtMs ?? Infinity;
}

function offerEndMs(slot: Slot): number {
  return slot.offer?.expiresAtMs ?? Infinity;
}

/** Whether the client rather has `a` than `b`, which was put later. */
function isPreferred(a: Slot, b: Slot): boolean {
  const isUsed = a.standing === "used";
  if (isUsed !== (b.standing === "used")) return isUsed;
  return leaseUpdatedAtMs(a) > leaseUpdatedAtMs(b);
}

function leaseUpdatedAtMs(slot: Slot): number {
  return slot.lease?.updatedAtMs ?? -Infinity;
}
