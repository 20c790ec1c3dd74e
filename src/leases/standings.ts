/**
 * How the addresses stand: used, quarantined, offered or free. All of it follows from the rows and
 * the time, and `settle` alone computes it: the counts of each subnet, which of its addresses are
 * free, and when a row is to be looked at again.
 */
import type { Subnet } from "../config/config.ts";
import { assert } from "../wire/assert.ts";
import type { Ipv4 } from "../wire/ipv4.ts";
import { AddressPool } from "./address_pool.ts";
import { DeadlineHeap } from "./deadline_heap.ts";
import { type LeaseRows, NONE } from "./lease_rows.ts";
import { subnetIndexOf } from "./subnets.ts";

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

/** What keeps an address from others, in the column `standing`; LAPSED is free, but remembered. */
const NOTHING = 0;
const USED = 1;
const QUARANTINED = 2;
const OFFERED = 3;
const LAPSED = 4;
const STANDING_COUNT = 5;

/** Where a row stands, in the column `heap`: in none, in `#due`, or in `lapsed` of its home. */
const NO_HEAP = 0;
const DUE_HEAP = 1;
const LAPSED_HEAP = 2;

interface SubnetState {
  readonly subnet: Subnet;
  readonly index: number;
  /** The ranges; marked are the addresses that have a row. */
  readonly pool: AddressPool;
  /** Rows of the ranges that stand as LAPSED, the one that ended first on top. */
  readonly lapsed: DeadlineHeap;
  /** Counted rows by standing. */
  readonly tally: Int32Array;
}

export class Standings {
  readonly #rows: LeaseRows;
  #subnets: readonly Subnet[] = [];
  #states: readonly SubnetState[] = [];
  #stateBySubnet = new Map<Subnet, SubnetState>();
  /** Rows whose standing ends; each at that instant or before it (see `#wakeAt`). */
  #due: DeadlineHeap;

  constructor(rows: LeaseRows) {
    this.#rows = rows;
    this.#due = new DeadlineHeap(rows);
  }

  /** Begins anew over other subnets: every row has to `enter` again and to be settled. */
  begin(subnets: readonly Subnet[]): void {
    const rows = this.#rows;
    this.#subnets = subnets;
    this.#states = subnets.map((subnet, index) => makeState(subnet, rows, index));
    this.#stateBySubnet = new Map(this.#states.map((state) => [state.subnet, state]));
    this.#due = new DeadlineHeap(rows);
  }

  /** Takes in a row that has not been settled over these subnets, and finds its place in them. */
  enter(row: number): void {
    const rows = this.#rows;
    const address = rows.address[row]!;
    rows.standing[row] = NOTHING;
    rows.heap[row] = NO_HEAP;
    rows.heapPosition[row] = NONE;
    rows.home[row] = subnetIndexOf(this.#subnets, address);
    const home = this.#homeOf(row);
    const isInRanges = home !== undefined && home.pool.has(address);
    const isReserved = home?.subnet.reservations.byAddress.has(address) === true;
    rows.inRanges[row] = Number(isInRanges);
    rows.isCounted[row] = Number(isInRanges || isReserved);
    if (isInRanges) home.pool.mark(address);
  }

  /** Which of the subnets this is, as the column `home` has it. */
  indexOf(subnet: Subnet): number {
    return this.#stateOf(subnet).index;
  }

  /** Whether the row's address was actively leased when it was settled. */
  isUsed(row: number): boolean {
    return this.#rows.standing[row] === USED;
  }

  /** See `LeaseTable.findFree`. */
  findFree(subnet: Subnet, startHash: number): Ipv4 | undefined {
    const { pool, lapsed } = this.#stateOf(subnet);
    const unmarked = pool.nextUnmarked(startHash);
    if (unmarked !== undefined || lapsed.first === NONE) return unmarked;
    return this.#rows.address[lapsed.first];
  }

  /** See `LeaseTable.counts`. */
  counts(subnet: Subnet): SubnetCounts {
    const { pool, tally } = this.#stateOf(subnet);
    const size = pool.size + subnet.reservations.byAddress.size;
    const [used, quarantined, offered] = [tally[USED]!, tally[QUARANTINED]!, tally[OFFERED]!];
    return { size, used, offered, quarantined, free: size - used - offered - quarantined };
  }

  /** A row that is to be settled again by `nowMs`, and that is not given a second time. */
  takeDue(nowMs: number): number {
    const row = this.#due.first;
    if (row === NONE || this.#rows.heapAtMs[row]! > nowMs) return NONE;
    this.#moveTo(NO_HEAP, row, Infinity);
    return row;
  }

  /**
   * Makes everything here follow from the row's lease, its offer and the time. A row with neither
   * is left as if it had never entered.
   */
  settle(row: number, nowMs: number): void {
    const rows = this.#rows;
    const standing = standingOf(rows, row, nowMs);
    this.#tally(row, standing);
    switch (standing) {
      case NOTHING:
        this.#moveTo(NO_HEAP, row, Infinity);
        if (rows.inRanges[row] === 1) this.#homeOf(row)?.pool.unmark(rows.address[row]!);
        return;
      case LAPSED: {
        const heap = rows.inRanges[row] === 1 ? LAPSED_HEAP : NO_HEAP;
        return this.#moveTo(heap, row, rows.expiresAtMs[row]!);
      }
      case OFFERED:
        return this.#wakeAt(row, rows.offerExpiresAtMs[row]!);
      default:
        // USED or QUARANTINED. An offer that ends before makes no difference until then.
        return this.#wakeAt(row, rows.expiresAtMs[row]!);
    }
  }

  #stateOf(subnet: Subnet): SubnetState {
    const state = this.#stateBySubnet.get(subnet);
    assert(state !== undefined, "the subnet is one of the table's");
    return state;
  }

  #homeOf(row: number): SubnetState | undefined {
    const home = this.#rows.home[row]!;
    return home === NONE ? undefined : this.#states[home];
  }

  #tally(row: number, standing: number): void {
    const rows = this.#rows;
    const tally = rows.isCounted[row] === 1 ? this.#homeOf(row)?.tally : undefined;
    if (tally !== undefined) {
      tally[rows.standing[row]!]!--;
      tally[standing]!++;
    }
    rows.standing[row] = standing;
  }

  /**
   * Sees to it that the row is settled again at `endsAtMs`. An earlier appointment stays as it
   * is, and makes the later one when it is kept: so a renewal does not touch the heap.
   */
  #wakeAt(row: number, endsAtMs: number): void {
    const rows = this.#rows;
    if (rows.heap[row] === DUE_HEAP && rows.heapAtMs[row]! <= endsAtMs) return;
    this.#moveTo(endsAtMs === Infinity ? NO_HEAP : DUE_HEAP, row, endsAtMs);
  }

  #moveTo(heap: number, row: number, atMs: number): void {
    this.#heapOf(row)?.remove(row);
    this.#rows.heap[row] = heap;
    this.#heapOf(row)?.add(row, atMs);
  }

  #heapOf(row: number): DeadlineHeap | undefined {
    const heap = this.#rows.heap[row];
    if (heap === NO_HEAP) return undefined;
    return heap === DUE_HEAP ? this.#due : this.#homeOf(row)?.lapsed;
  }
}

function makeState(subnet: Subnet, rows: LeaseRows, index: number): SubnetState {
  return {
    subnet,
    index,
    pool: new AddressPool(subnet.ranges),
    lapsed: new DeadlineHeap(rows),
    tally: new Int32Array(STANDING_COUNT),
  };
}

function standingOf(rows: LeaseRows, row: number, nowMs: number): number {
  if (rows.isActive(row, nowMs)) return USED;
  if (rows.isQuarantined(row, nowMs)) return QUARANTINED;
  if (rows.hasOffer(row)) return OFFERED;
  return rows.hasLease(row) ? LAPSED : NOTHING;
}
