/**
 * The rows of the lease table: one for each address that has a record or an offer, and one typed
 * array for each thing that is known of it. A million rows are some 100 MB that no garbage
 * collector ever looks at, where as many objects are a gigabyte.
 *
 * A row keeps its number as long as it is in use.
 */
import type { Identity } from "../config/config.ts";
import type { Ipv4 } from "../wire/ipv4.ts";
import { ClientRecords } from "./client_records.ts";
import type { HeapColumns } from "./deadline_heap.ts";
import { enlarge } from "./enlarge.ts";
import type { Client, Lease, LeaseState } from "./lease.ts";
import { NewestRows } from "./newest_rows.ts";
import { PackedLease } from "./packed_lease.ts";
import type { RowIndex } from "./row_index.ts";

/** In a column of row numbers, positions or indexes: there is none. */
export const NONE = -1;

/** In a column of client records: there is none. */
const NO_RECORD = 0;

/** In `#state`: the row has an offer only. */
const NO_LEASE = 0;

/** The states as the column has them. */
const STATE_CODES: Readonly<Record<LeaseState, number>> = { bound: 1, released: 2, declined: 3 };
const STATES = Object.keys(STATE_CODES) as readonly LeaseState[];
const { bound: BOUND, declined: DECLINED } = STATE_CODES;

const INITIAL_ROWS = 64;

/** The lease or the client that is being put in. */
const packed = new PackedLease();

export class LeaseRows implements HeapColumns {
  address = new Uint32Array(INITIAL_ROWS);
  /** The lease's own; see `Lease`. */
  updatedAtMs = new Float64Array(INITIAL_ROWS);
  expiresAtMs = new Float64Array(INITIAL_ROWS);
  offerExpiresAtMs = new Float64Array(INITIAL_ROWS);
  /** The offer's place in the queue of those that may have to yield; 0 for none. */
  offerSlot = new Uint16Array(INITIAL_ROWS);
  /** The subnet that the address lies in, as its index in the table's list; NONE outside. */
  home = new Int32Array(INITIAL_ROWS);
  /** The pool that may give the address to anyone, by the table's own numbers; NONE outside. */
  pool = new Int32Array(INITIAL_ROWS);
  isReserved = new Uint8Array(INITIAL_ROWS);
  /** Whether the subnet of the address tells clients apart by hardware address. */
  isByHardware = new Uint8Array(INITIAL_ROWS);
  /** Whether the address is reserved by MAC. */
  isForMac = new Uint8Array(INITIAL_ROWS);
  /** Whether the row is found by the client of its lease (client_index.ts). */
  isIndexed = new Uint8Array(INITIAL_ROWS);
  standing = new Uint8Array(INITIAL_ROWS);
  /** How often in a row the address was put into quarantine, so far as is remembered. */
  quarantineTimes = new Uint8Array(INITIAL_ROWS);
  /** Which heap the row stands in, by the table's own numbers. */
  heap = new Uint8Array(INITIAL_ROWS);
  heapAtMs = new Float64Array(INITIAL_ROWS);
  heapPosition = new Int32Array(INITIAL_ROWS);

  readonly #clients = new ClientRecords();
  readonly #newest = new NewestRows(this);
  #isOpen = new Uint8Array(INITIAL_ROWS);
  #state = new Uint8Array(INITIAL_ROWS);
  /** Client, names and option 82 of the lease. */
  #record = new Uint32Array(INITIAL_ROWS);
  #leaseHash = new Uint32Array(INITIAL_ROWS);
  /** Whom the address is offered to. */
  #offerRecord = new Uint32Array(INITIAL_ROWS);
  #offerHash = new Uint32Array(INITIAL_ROWS);
  #end = 0;
  /** The last row that was closed; each of them names the one before in `home`. */
  #closed = NONE;

  /** Whether leases and offers more have room, whatever is to be known of their clients. */
  get hasRoom(): boolean {
    return this.#clients.hasRoom;
  }

  /** Every row in use has a lower number. */
  get end(): number {
    return this.#end;
  }

  /** Whether the row is in use. */
  isOpen(row: number): boolean {
    return this.#isOpen[row] === 1;
  }

  /**
   * A row for an address, with neither record nor offer: what says so is zero in a row that is new,
   * and in one that was closed. Its place among subnets, pools and heaps is for `Standings.enter`,
   * before which those columns say nothing.
   */
  open(address: Ipv4): number {
    let row = this.#closed;
    if (row === NONE) {
      row = this.#end;
      if (row === this.address.length) this.reserve(2 * row);
      this.#end++;
    } else {
      this.#closed = this.home[row]!;
    }
    this.#isOpen[row] = 1;
    this.address[row] = address;
    return row;
  }

  /** Makes room for so many rows at once; growing step by step costs a copy each time. */
  reserve(count: number): void {
    if (count <= this.address.length) return;
    this.updatedAtMs = enlarge(this.updatedAtMs, count);
    this.expiresAtMs = enlarge(this.expiresAtMs, count);
    this.offerExpiresAtMs = enlarge(this.offerExpiresAtMs, count);
    this.offerSlot = enlarge(this.offerSlot, count);
    this.home = enlarge(this.home, count);
    this.pool = enlarge(this.pool, count);
    this.isReserved = enlarge(this.isReserved, count);
    this.isByHardware = enlarge(this.isByHardware, count);
    this.isForMac = enlarge(this.isForMac, count);
    this.isIndexed = enlarge(this.isIndexed, count);
    this.standing = enlarge(this.standing, count);
    this.quarantineTimes = enlarge(this.quarantineTimes, count);
    this.heap = enlarge(this.heap, count);
    this.heapAtMs = enlarge(this.heapAtMs, count);
    this.heapPosition = enlarge(this.heapPosition, count);
    this.#isOpen = enlarge(this.#isOpen, count);
    this.#state = enlarge(this.#state, count);
    this.#record = enlarge(this.#record, count);
    this.#leaseHash = enlarge(this.#leaseHash, count);
    this.#offerRecord = enlarge(this.#offerRecord, count);
    this.#offerHash = enlarge(this.#offerHash, count);
    // The last one: its length is what says that there is room.
    this.address = enlarge(this.address, count);
  }

  /** Takes a row without record or offer out of use; its number is given to another address. */
  close(row: number): void {
    this.#isOpen[row] = 0;
    this.quarantineTimes[row] = 0;
    this.home[row] = this.#closed;
    this.#closed = row;
  }

  hasLease(row: number): boolean {
    return this.#isOpen[row] === 1 && this.#state[row] !== NO_LEASE;
  }

  /** Whether the row's lease makes its client a holder, past or present: a declined one does not. */
  hasHolder(row: number): boolean {
    return this.hasLease(row) && this.#state[row] !== DECLINED;
  }

  /** See `isActive` of lease.ts. */
  isActive(row: number, nowMs: number): boolean {
    return this.#state[row] === BOUND && nowMs < this.expiresAtMs[row]!;
  }

  /** See `isQuarantined` of lease.ts. */
  isQuarantined(row: number, nowMs: number): boolean {
    return this.#state[row] === DECLINED && nowMs < this.expiresAtMs[row]!;
  }

  /**
   * Counts a quarantine that is about to be put in: one that its holder did not ask for by DECLINE
   * as two. Forgets them where the holder renews, since it has had no conflict.
   */
  countQuarantine(row: number, lease: Lease, isUsed: boolean): void {
    const times = this.quarantineTimes[row]!;
    const isOne = lease.state === "declined" && lease.updatedAtMs < lease.expiresAtMs;
    if (!isOne && times === 0) return;
    const isByHolder = isUsed && this.isLeaseOf(row, lease.client);
    if (isOne) {
      this.quarantineTimes[row] = Math.min(isByHolder ? times + 1 : Math.max(times + 1, 2), 255);
    } else if (isByHolder) this.quarantineTimes[row] = 0;
  }

  /** Whether the row has a lease of the client, or of its machine where that counts. */
  isLeaseOf(row: number, client: Client): boolean {
    if (this.isLeaseUnder(row, client)) return true;
    return this.#isForMacOf(row, client) && this.isLeaseOfHardware(row, client);
  }

  /** Whether the row has a lease under the very name of the client. */
  isLeaseUnder(row: number, client: Client): boolean {
    const identity = this.identityOf(row);
    return this.#state[row] !== NO_LEASE && this.#leaseHash[row] === client.hashBy(identity) &&
      this.#clients.isOf(this.#record[row]!, client, identity);
  }

  /**
   * A reservation by MAC means the machine, whatever it calls itself: firmware, installer and
   * system send identifiers of their own, and are the same client at its address.
   */
  #isForMacOf(row: number, { hardwareAddress }: Client): boolean {
    return this.isForMac[row] === 1 && hardwareAddress !== "";
  }

  /** What tells clients apart at the row's address. */
  identityOf(row: number): Identity {
    return this.isByHardware[row] === 1 ? "mac" : "client-id";
  }

  /** Whether the row has all that is known of the lease's client. */
  knowsHolder(row: number, lease: Lease): boolean {
    if (!this.hasLease(row)) return false;
    packed.pack(lease);
    return this.#clients.isExactly(this.#record[row]!, packed.holder);
  }

  /** Has the row's lease under its client as that is told apart from now on. */
  rehash(row: number): void {
    this.#leaseHash[row] = this.#clients.hashBy(this.#record[row]!, this.identityOf(row));
  }

  /** Whether the row has a lease of the client's hardware address. */
  isLeaseOfHardware(row: number, client: Client): boolean {
    return this.#state[row] !== NO_LEASE && this.#clients.hasHardwareOf(this.#record[row]!, client);
  }

  /** Addresses of active leases, of the first `looksMax` rows of an index under a hash. */
  activeAddresses(
    index: RowIndex,
    hash: number,
    isOf: (row: number) => boolean,
    nowMs: number,
    looksMax: number,
  ): readonly Ipv4[] {
    const addresses: Ipv4[] = [];
    let looks = 0;
    for (let at = index.first(hash); at >= 0 && looks < looksMax; at = index.next(at)) {
      looks++;
      const row = index.rowAt(at);
      if (isOf(row) && this.isActive(row, nowMs)) addresses.push(this.address[row]!);
    }
    return addresses;
  }

  /** Hash of the hardware address of the lease's client. */
  hardwareHash(row: number): number {
    return this.#clients.hardwareHash(this.#record[row]!);
  }

  /** Hash of the lease's client. */
  leaseHash(row: number): number {
    return this.#leaseHash[row]!;
  }

  /** The row's lease, as a value. */
  lease(row: number): Lease | undefined {
    const state = STATES[this.#state[row]! - 1];
    if (state === undefined || !this.isOpen(row)) return undefined;
    return {
      ...this.#clients.holder(this.#record[row]!),
      address: this.address[row]!,
      state,
      updatedAtMs: this.updatedAtMs[row]!,
      expiresAtMs: this.expiresAtMs[row]!,
    };
  }

  /** See `LeaseTable.records`. */
  *leases(): IterableIterator<Lease> {
    const { end } = this;
    for (let row = 0; row < end; row++) {
      const lease = this.lease(row);
      if (lease !== undefined) yield lease;
    }
  }

  /** See `LeaseTable.packed`. */
  *packed(): IterableIterator<PackedLease> {
    const { end } = this;
    const each = new PackedLease();
    for (let row = 0; row < end; row++) {
      if (!this.hasLease(row)) continue;
      each.address = this.address[row]!;
      each.state = STATES[this.#state[row]! - 1]!;
      each.updatedAtMs = this.updatedAtMs[row]!;
      each.expiresAtMs = this.expiresAtMs[row]!;
      this.#clients.copyTo(this.#record[row]!, each.holder);
      yield each;
    }
  }

  /** See `LeaseTable.newest`. */
  newest(countMax: number): readonly Lease[] {
    return this.#newest.list().slice(0, countMax).map((row) => this.lease(row)!);
  }

  /** Makes the row's lease this one, of the same address. */
  setLease(row: number, lease: Lease): void {
    packed.pack(lease);
    this.setPacked(row, packed);
    this.#newest.note(row);
    this.#leaseHash[row] = lease.client.hashBy(this.identityOf(row));
  }

  /** As `setLease`, before the row's subnet says how clients are told apart there: see `rehash`. */
  setPacked(row: number, lease: PackedLease): void {
    const record = this.#record[row]!;
    // Most are renewals, and say the same of the client.
    if (record === NO_RECORD || !this.#clients.isExactly(record, lease.holder)) {
      if (record !== NO_RECORD) this.#clients.remove(record);
      this.#record[row] = this.#clients.add(lease.holder);
    }
    this.#state[row] = STATE_CODES[lease.state];
    this.updatedAtMs[row] = lease.updatedAtMs;
    this.expiresAtMs[row] = lease.expiresAtMs;
  }

  /** Finds the newest records where many came by `setPacked`: the last ones are looked at first. */
  findNewest(): void {
    for (let row = this.#end - 1; row >= 0; row--) {
      if (this.hasLease(row)) this.#newest.noteNext(row);
    }
  }

  /** Has a lease made now that says it was made later; if it ends after that, it is as long. */
  makeNow(row: number, nowMs: number): void {
    const aheadMs = this.updatedAtMs[row]! - nowMs;
    if (this.updatedAtMs[row]! <= this.expiresAtMs[row]!) this.expiresAtMs[row]! -= aheadMs;
    this.updatedAtMs[row] = nowMs;
  }

  /** Option 82 of the lease of a row that has one. */
  relayInformation(row: number): Uint8Array | undefined {
    return this.#clients.relayInformation(this.#record[row]!);
  }

  /** Names of the classes of the client of a row's lease. */
  classes(row: number): readonly string[] {
    return this.#clients.classes(this.#record[row]!);
  }

  /** The name in DNS of the row's lease. */
  name(row: number): string | undefined {
    const record = this.#record[row]!;
    return record === NO_RECORD ? undefined : this.#clients.name(record);
  }

  hasOffer(row: number): boolean {
    return this.#offerRecord[row] !== NO_RECORD;
  }

  /** Whether the row's address is offered to the client. */
  isOfferedTo(row: number, client: Client): boolean {
    const record = this.#offerRecord[row]!;
    if (record === NO_RECORD) return false;
    const identity = this.identityOf(row);
    const isUnderName = this.#offerHash[row] === client.hashBy(identity) &&
      this.#clients.isOf(record, client, identity);
    return isUnderName ||
      (this.#isForMacOf(row, client) && this.#clients.hasHardwareOf(record, client));
  }

  /** The same of an offer that has not run out. */
  isOfferedAt(row: number, client: Client, nowMs: number): boolean {
    return nowMs < this.offerExpiresAtMs[row]! && this.isOfferedTo(row, client);
  }

  /** Hash of the client that the row's address is offered to. */
  offerHash(row: number): number {
    return this.#offerHash[row]!;
  }

  /** The client that the row's address is offered to, as a value. */
  offeredClient(row: number): Client {
    return this.#clients.client(this.#offerRecord[row]!);
  }

  /** Offers the address of a row without an offer. */
  setOffer(row: number, client: Client): void {
    this.#offerRecord[row] = this.#addClient(client);
    this.#offerHash[row] = client.hashBy(this.identityOf(row));
  }

  /** Has a row's offer under the identifier that its client sends now: it may be another one. */
  renameOffer(row: number, client: Client): void {
    this.#clients.remove(this.#offerRecord[row]!);
    this.#offerRecord[row] = this.#addClient(client);
  }

  /** Takes the offer off a row that has one. */
  clearOffer(row: number): void {
    this.#clients.remove(this.#offerRecord[row]!);
    this.#offerRecord[row] = NO_RECORD;
  }

  #addClient(client: Client): number {
    packed.holder.pack({ client });
    return this.#clients.add(packed.holder);
  }
}
