/**
 * How the addresses stand: used, quarantined, offered or free. All of it follows from the rows and
 * the time, and `settle` alone computes it: the counts of each subnet and pool, which of their
 * addresses are free, and when a row is to be looked at again.
 */
import type { Pool, Subnet } from "../config/config.ts";
import { assert } from "../wire/assert.ts";
import type { Ipv4 } from "../wire/ipv4.ts";
import { AddressPool } from "./address_pool.ts";
import { DeadlineHeap } from "./deadline_heap.ts";
import { type LeaseRows, NONE } from "./lease_rows.ts";
import { QuarantineQueues } from "./quarantines.ts";
import { poolAt, rangeIndexOf, subnetIndexOf } from "./subnets.ts";

/**
 * How the addresses of a subnet or a pool stand. `size` counts those that may be given, of a
 * subnet the reserved ones too; each of them is in one of the other four. A lease that lies
 * outside of them (the pools moved under it) is not counted.
 */
export interface AddressCounts {
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

/** Where a row stands, in the column `heap`: in none, in `#due`, or in `lapsed` of its pool. */
const NO_HEAP = 0;
const DUE_HEAP = 1;
const LAPSED_HEAP = 2;

interface PoolState {
  readonly index: number;
  /** Marked are the addresses that have a row. */
  readonly addresses: AddressPool;
  /** Rows of the pool that stand as LAPSED, the one that ended first on top. */
  readonly lapsed: DeadlineHeap;
  /** Rows by standing. */
  readonly tally: Int32Array;
}

/** Neighbours that stand alike: a range of a pool, or a single address. */
interface Run {
  readonly first: Ipv4;
  readonly last: Ipv4;
  /** As the columns of the same names have them. */
  readonly home: number;
  readonly isReserved: number;
  readonly isByHardware: number;
  readonly isForMac: number;
  readonly pool: PoolState | undefined;
}

interface SubnetState {
  readonly subnet: Subnet;
  readonly index: number;
  /** Rows of reserved addresses by standing. */
  readonly reserved: Int32Array;
}

export class Standings {
  readonly #rows: LeaseRows;
  #subnets: readonly Subnet[] = [];
  #states: readonly SubnetState[] = [];
  #stateBySubnet = new Map<Subnet, SubnetState>();
  /** Of all subnets; the column `pool` has indexes of it. */
  #pools: readonly PoolState[] = [];
  #stateByPool = new Map<Pool, PoolState>();
  /** Where the last row was found: the next one often has a neighbour's address. */
  #run: Run | undefined;
  #quarantines: QuarantineQueues;
  /** Rows whose standing ends; each at that instant or before it (see `#wakeAt`). */
  #due: DeadlineHeap;

  constructor(rows: LeaseRows) {
    this.#rows = rows;
    this.#due = new DeadlineHeap(rows);
    this.#quarantines = new QuarantineQueues(rows, 0);
  }

  /** Begins anew over other subnets: every row has to `enter` again and to be settled. */
  begin(subnets: readonly Subnet[]): void {
    const rows = this.#rows;
    this.#subnets = subnets;
    this.#states = subnets.map((subnet, index) => ({ subnet, index, reserved: newTally() }));
    this.#stateBySubnet = new Map(this.#states.map((state) => [state.subnet, state]));
    const pools = subnets.flatMap((subnet) => subnet.pools);
    this.#pools = pools.map((pool, index) => makePoolState(pool, rows, index));
    this.#stateByPool = new Map(pools.map((pool, index) => [pool, this.#pools[index]!]));
    this.#quarantines = new QuarantineQueues(rows, pools.length);
    this.#due = new DeadlineHeap(rows);
    this.#run = undefined;
  }

  /** Takes in a row that has not been settled over these subnets, and finds its place in them. */
  enter(row: number): void {
    const rows = this.#rows;
    const address = rows.address[row]!;
    rows.standing[row] = NOTHING;
    rows.heap[row] = NO_HEAP;
    rows.heapPosition[row] = NONE;
    let run = this.#run;
    if (run === undefined || address < run.first || run.last < address) {
      run = this.#run = this.#runOf(address);
    }
    rows.home[row] = run.home;
    rows.pool[row] = run.pool?.index ?? NONE;
    rows.isReserved[row] = run.isReserved;
    rows.isByHardware[row] = run.isByHardware;
    rows.isForMac[row] = run.isForMac;
    run.pool?.addresses.mark(address);
  }

  #runOf(address: Ipv4): Run {
    const home = subnetIndexOf(this.#subnets, address);
    const subnet = this.#subnets[home];
    const isByHardware = Number(subnet?.identity === "mac");
    const pool = subnet && poolAt(subnet, address);
    const range = pool?.ranges[rangeIndexOf(pool.ranges, address)];
    if (pool !== undefined && range !== undefined) {
      const state = this.#poolState(pool);
      return { ...range, home, isReserved: 0, isByHardware, isForMac: 0, pool: state };
    }
    const reservation = subnet?.reservations.byAddress.get(address);
    const isReserved = Number(reservation !== undefined);
    const isForMac = Number(reservation?.macs !== undefined);
    const self = { first: address, last: address };
    return { ...self, home, isReserved, isByHardware, isForMac, pool: undefined };
  }

  /** Which of the subnets this is, as the column `home` has it. */
  indexOf(subnet: Subnet): number {
    return this.#stateOf(subnet).index;
  }

  /** Which of the pools this is, as the column `pool` has it. */
  poolIndexOf(pool: Pool): number {
    return this.#poolState(pool).index;
  }

  /** Whether the row's address was actively leased when it was settled. */
  isUsed(row: number): boolean {
    return this.#rows.standing[row] === USED;
  }

  /** See `LeaseTable.findFree`. */
  findFree(pool: Pool, startHash: number): Ipv4 | undefined {
    const { addresses, lapsed } = this.#poolState(pool);
    const unmarked = addresses.nextUnmarked(startHash);
    if (unmarked !== undefined || lapsed.first === NONE) return unmarked;
    return this.#rows.address[lapsed.first];
  }

  /** See `LeaseTable.counts`. */
  counts(subnet: Subnet): AddressCounts {
    const { reserved } = this.#stateOf(subnet);
    const parts = subnet.pools.map((pool) => this.poolCounts(pool));
    return [countsOf(reserved, subnet.reservations.byAddress.size), ...parts].reduce(sumCounts);
  }

  /** See `LeaseTable.poolCounts`. */
  poolCounts(pool: Pool): AddressCounts {
    const { addresses, tally } = this.#poolState(pool);
    return countsOf(tally, addresses.size);
  }

  /** The rows of a pool that stand as quarantined: the one first that waits the longest. */
  quarantinesOf(pool: Pool): IterableIterator<number> {
    return this.#quarantines.of(this.#poolState(pool).index);
  }

  /** All rows that stand as quarantined. */
  quarantines(): IterableIterator<number> {
    return this.#quarantines.all();
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
    if (standing === QUARANTINED) this.#quarantines.note(row);
    else if (rows.standing[row] === QUARANTINED) this.#quarantines.drop(row);
    this.#tally(row, standing);
    switch (standing) {
      case NOTHING:
        this.#moveTo(NO_HEAP, row, Infinity);
        this.#poolOf(row)?.addresses.unmark(rows.address[row]!);
        return;
      case LAPSED: {
        const heap = rows.pool[row] === NONE ? NO_HEAP : LAPSED_HEAP;
        return this.#moveTo(heap, row, rows.expiresAtMs[row]!);
      }
      case OFFERED:
        return this.#wakeAt(row, rows.offerExpiresAtMs[row]!);
      case QUARANTINED: {
        const offeredUntilMs = rows.hasOffer(row) ? rows.offerExpiresAtMs[row]! : Infinity;
        return this.#wakeAt(row, Math.min(rows.expiresAtMs[row]!, offeredUntilMs));
      }
      default:
        // USED. An offer that ends before makes no difference until then.
        return this.#wakeAt(row, rows.expiresAtMs[row]!);
    }
  }

  #stateOf(subnet: Subnet): SubnetState {
    const state = this.#stateBySubnet.get(subnet);
    assert(state !== undefined, "the subnet is one of the table's");
    return state;
  }

  #poolState(pool: Pool): PoolState {
    const state = this.#stateByPool.get(pool);
    assert(state !== undefined, "the pool is one of the table's");
    return state;
  }

  #poolOf(row: number): PoolState | undefined {
    return this.#pools[this.#rows.pool[row]!];
  }

  #tally(row: number, standing: number): void {
    const rows = this.#rows;
    const tally = this.#tallyOf(row);
    if (tally !== undefined) {
      tally[rows.standing[row]!]!--;
      tally[standing]!++;
    }
    rows.standing[row] = standing;
  }

  #tallyOf(row: number): Int32Array | undefined {
    if (this.#rows.isReserved[row] === 0) return this.#poolOf(row)?.tally;
    return this.#states[this.#rows.home[row]!]?.reserved;
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
    return heap === DUE_HEAP ? this.#due : this.#poolOf(row)?.lapsed;
  }
}

function makePoolState({ ranges }: Pool, rows: LeaseRows, index: number): PoolState {
  return {
    index,
    addresses: new AddressPool(ranges),
    lapsed: new DeadlineHeap(rows),
    tally: newTally(),
  };
}

function newTally(): Int32Array {
  return new Int32Array(STANDING_COUNT);
}

function countsOf(tally: Int32Array, size: number): AddressCounts {
  const [used, quarantined, offered] = [tally[USED]!, tally[QUARANTINED]!, tally[OFFERED]!];
  return { size, used, offered, quarantined, free: size - used - offered - quarantined };
}

function sumCounts(a: AddressCounts, b: AddressCounts): AddressCounts {
  return {
    size: a.size + b.size,
    used: a.used + b.used,
    offered: a.offered + b.offered,
    quarantined: a.quarantined + b.quarantined,
    free: a.free + b.free,
  };
}

function standingOf(rows: LeaseRows, row: number, nowMs: number): number {
  if (rows.isActive(row, nowMs)) return USED;
  if (rows.isQuarantined(row, nowMs)) return QUARANTINED;
  if (rows.hasOffer(row)) return OFFERED;
  return rows.hasLease(row) ? LAPSED : NOTHING;
}
