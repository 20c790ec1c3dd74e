/**
 * Who has which address: every lease record that is remembered, and the offers under way.
 *
 * The table is a value that moves by three calls only: `put` (a record; at the start `load`, of
 * many), `offer` and `withdrawOffer` (memory only), `advance` (time). It reads no clock. Replaying
 * the records that were put, in any order of addresses, makes the same table.
 *
 * Each address that has a record or an offer has one row (lease_rows.ts). What is counted, and
 * which addresses are free, follows from how the row stands (standings.ts): change a row, then
 * settle it. What the engine asks on the way of a packet is answered in numbers; a `Lease` is made
 * only where somebody looks at a whole record.
 */
import type { Pool, Subnet } from "../config/config.ts";
import { assert } from "../wire/assert.ts";
import { type Ipv4, lastAddress } from "../wire/ipv4.ts";
import { ClientIndex } from "./client_index.ts";
import { HardwareIndex } from "./hardware_index.ts";
import { Holdings } from "./holdings.ts";
import type { Client, Lease } from "./lease.ts";
import { LeaseRows, NONE } from "./lease_rows.ts";
import type { PackedLease } from "./packed_lease.ts";
import { LimitCounts } from "./limit_counts.ts";
import { NameIndex } from "./name_index.ts";
import { type Offer, Offers } from "./offers.ts";
import { RecordsFullError } from "./records_full_error.ts";
import { RowIndex } from "./row_index.ts";
import { Quarantines } from "./quarantines.ts";
import { type AddressCounts, Standings } from "./standings.ts";
import { subnetOf } from "./subnets.ts";

export class LeaseTable {
  #subnets: readonly Subnet[] = [];
  readonly #rows = new LeaseRows();
  readonly #standings = new Standings(this.#rows);
  readonly #byAddress = new RowIndex();
  /** Rows whose lease names the client; declined ones are not here. */
  readonly #byClient = new ClientIndex(this.#rows, this.#standings);
  readonly #offers = new Offers(this.#rows);
  /** The rows of `#byClient` by hardware address, where it was asked for. */
  #byHardware: HardwareIndex | undefined;
  /** Names in DNS of active leases, as of the last `advance`. */
  readonly names = new NameIndex(this.#rows, this.#standings);
  readonly holdings = new Holdings(this.#rows, this.#byAddress);
  readonly limits = new LimitCounts(this.#rows, this.#standings);
  readonly quarantines = new Quarantines(this.#rows, this.#standings, this.#byAddress);
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

  /** Whether a record has room, of whomever; that of a lease needs none where as much is known. */
  hasRoom(lease?: Lease): boolean {
    if (this.#rows.hasRoom) return true;
    const row = lease === undefined ? NONE : this.#byAddress.find(lease.address);
    return row !== NONE && this.#rows.knowsHolder(row, lease!);
  }

  /** How many offers had to yield so far: since more clients asked than there is room for. */
  get yieldedCount(): number {
    return this.#offers.yieldedCount;
  }

  /** Makes room for records of so many addresses at once, which is quicker than bit by bit. */
  expect(count: number): void {
    for (const index of [this.#rows, this.#byAddress, this.#byClient]) index.reserve(count);
  }

  /**
   * Every remembered record, in no order, made as it is asked for. The table may change meanwhile:
   * a record that is in it from first to last comes once. There is an end, whatever is new.
   */
  records(): IterableIterator<Lease> {
    return this.#rows.leases();
  }

  /** As `records`, each packed in place of the one before. */
  packed(): IterableIterator<PackedLease> {
    return this.#rows.packed();
  }

  /** The records that were made last, the newest first; of `NEWEST_MAX`, `countMax` at most. */
  newest(countMax: number): readonly Lease[] {
    return this.#rows.newest(countMax);
  }

  /** The newest record of an address. */
  get(address: Ipv4): Lease | undefined {
    const row = this.#byAddress.find(address);
    return row === NONE ? undefined : this.#rows.lease(row);
  }

  /** The address of the client's newest record in the subnet, an active one before others. */
  bindingOf(client: Client, subnet: Subnet): Ipv4 | undefined {
    const home = this.#standings.indexOf(subnet);
    const row = this.#byClient.bindingOf(client, subnet.identity, home);
    return row === NONE ? undefined : this.#rows.address[row];
  }

  /**
   * What the client has in the subnet by active leases, besides one address. Not what it has under
   * another hardware address: that may be another machine with the same identifier.
   */
  heldBeside(address: Ipv4, client: Client, subnet: Subnet, nowMs: number): readonly Ipv4[] {
    const home = this.#standings.indexOf(subnet);
    return this.#byClient.heldBeside(address, client, subnet.identity, home, nowMs);
  }

  /** Whether the newest record of the address names the client as its holder, past or present. */
  isBindingOf(client: Client, address: Ipv4): boolean {
    const row = this.#byAddress.find(address);
    return row !== NONE && this.#rows.hasHolder(row) && this.#rows.isLeaseOf(row, client);
  }

  /** Until when the client has the address by an active lease; -Infinity without one at `nowMs`. */
  heldUntilMs(client: Client, address: Ipv4, nowMs: number): number {
    const rows = this.#rows;
    const row = this.#byAddress.find(address);
    return row !== NONE && rows.isActive(row, nowMs) && rows.isLeaseOf(row, client) &&
        !this.holdings.isOccupied(address, client, nowMs)
      ? rows.expiresAtMs[row]!
      : -Infinity;
  }

  /** Makes `addressesOfHardware` possible, from now on: one look at every record. */
  indexHardware(): void {
    this.#byHardware ??= new HardwareIndex(this.#rows, this.#standings);
  }

  /** Addresses that the client actively leases, of its first `looksMax` records. */
  addressesOf(client: Client, nowMs: number, looksMax: number): readonly Ipv4[] {
    return this.#byClient.activeAddresses(client, nowMs, looksMax);
  }

  /** As `addressesOf`, of all the clients with the hardware address of this one. */
  addressesOfHardware(client: Client, nowMs: number, looksMax: number): readonly Ipv4[] {
    assert(this.#byHardware !== undefined, "the hardware addresses are indexed");
    return this.#byHardware.activeAddresses(client, nowMs, looksMax);
  }

  /** Option 82 of the client's lease of the address, past or present, as a copy. */
  relayInformationOf(client: Client, address: Ipv4): Uint8Array | undefined {
    const row = this.#byAddress.find(address);
    return row !== NONE && this.#rows.isLeaseOf(row, client)
      ? this.#rows.relayInformation(row)
      : undefined;
  }

  /**
   * Takes in the newest record of an address, while there is room for it: the only way in which
   * leases change, but for `load` at the start. An offer of the address to the same client goes.
   */
  put(lease: Lease): void {
    const rows = this.#rows;
    const { client } = lease;
    const row = this.#findOrOpen(lease.address);
    const earlierName = this.names.nameOf(row);
    this.limits.leave(row);
    const wasLinked = rows.hasHolder(row);
    const isLinked = lease.state !== "declined";
    const staysLinked = wasLinked && isLinked && rows.isLeaseUnder(row, client);
    // A renewal leaves the index of hardware addresses as it is.
    const keepsHardware = wasLinked && isLinked && rows.isLeaseOfHardware(row, client);
    if (wasLinked && !keepsHardware) this.#byHardware?.remove(row);
    if (!rows.hasLease(row)) this.#leaseCount++;
    if (wasLinked && !staysLinked) this.#byClient.remove(row);
    rows.countQuarantine(row, lease, this.#standings.isUsed(row));
    rows.setLease(row, lease);
    if (isLinked && !keepsHardware) this.#byHardware?.add(row);
    const isOutrun = this.#offers.mayYield(row) && lease.state !== "released";
    if (isOutrun || rows.isOfferedTo(row, client)) this.#offers.drop(row);
    this.#settle(row);
    if (isLinked) this.#byClient.add(row);
    this.names.move(row, earlierName, this.names.nameOf(row));
    this.limits.enter(row);
  }

  /** Takes in a record that counts from `finishLoading` on. Throws RecordsFullError. */
  load(lease: PackedLease): void {
    const rows = this.#rows;
    if (!rows.hasRoom) throw new RecordsFullError();
    let row = this.#byAddress.find(lease.address);
    if (row === NONE) {
      row = rows.open(lease.address);
      this.#byAddress.add(lease.address, row);
    }
    if (!rows.hasLease(row)) this.#leaseCount++;
    rows.setPacked(row, lease);
  }

  /** Has what was loaded into an empty table count from now on; see `LoadedLeases`. */
  finishLoading(byMs: number, nowMs = Infinity): void {
    assert(this.#byClient.size === 0, "nothing was put in before what is loaded");
    assert(this.#nowMs === -Infinity, "times are placed on the clock before it begins to run");
    const rows = this.#rows;
    const { updatedAtMs, expiresAtMs, end } = rows;
    for (let row = 0; row < end; row++) {
      updatedAtMs[row]! += byMs;
      expiresAtMs[row]! += byMs;
      if (updatedAtMs[row]! > nowMs) rows.makeNow(row, nowMs);
      this.#standings.enter(row);
      rows.rehash(row);
      this.#settle(row);
    }
    rows.findNewest();
    // One after the other: a loop that does nothing else waits for no slot that it goes to.
    for (let row = 0; row < end; row++) if (rows.hasHolder(row)) this.#byClient.add(row);
    for (let row = 0; row < end; row++) {
      if (rows.hasHolder(row)) this.#byHardware?.add(row);
      this.names.move(row, undefined, this.names.nameOf(row));
    }
    this.limits.reconfigure(this.#subnets);
  }

  /** The name in DNS of the client's newest record of the address, past or present. */
  nameOf(client: Client, address: Ipv4): string | undefined {
    const row = this.#byAddress.find(address);
    return row !== NONE && this.#rows.isLeaseOf(row, client) ? this.#rows.name(row) : undefined;
  }

  /**
   * Holds an address of one of the subnets for a client. It takes the place of the client's other
   * offer in that subnet, and of an offer of the address to somebody else. There is room for so
   * many offers that may have to yield: for one more, the oldest of them does. None is made where
   * there is no room for it.
   */
  offer({ address, client, expiresAtMs, mayYield }: Offer): void {
    const rows = this.#rows;
    if (!rows.hasRoom) return;
    const row = this.#findOrOpen(address);
    assert(rows.home[row] !== NONE, "an offered address lies in a subnet");
    const earlier = this.#offeredRow(client, rows.home[row]!);
    if (earlier !== row) {
      if (earlier !== NONE) this.#endOffer(earlier);
      const outrun = this.#offers.add(row, client, mayYield === true && rows.pool[row] !== NONE);
      if (outrun !== NONE) this.#settle(outrun);
    } else rows.renameOffer(row, client);
    rows.offerExpiresAtMs[row] = expiresAtMs;
    this.#settle(row);
  }

  /** The address that the client was offered in the subnet, unless the offer has run out. */
  offeredAddress(client: Client, subnet: Subnet, nowMs: number): Ipv4 | undefined {
    const row = this.#offeredRow(client, this.#standings.indexOf(subnet));
    return row !== NONE && nowMs < this.#rows.offerExpiresAtMs[row]!
      ? this.#rows.address[row]
      : undefined;
  }

  /** Forgets the client's offer in the subnet, if it has one. */
  withdrawOffer(client: Client, subnet: Subnet): void {
    const row = this.#offeredRow(client, this.#standings.indexOf(subnet));
    if (row !== NONE) this.#endOffer(row);
  }

  /**
   * Whether nothing in the table keeps the address from the client: it is not leased or offered
   * to another, nor quarantined, unless it is offered to the client all the same. An address whose
   * offers had to yield is for the first to ask for it. Says nothing of pools and reservations.
   */
  isAvailable(address: Ipv4, client: Client, nowMs: number): boolean {
    const rows = this.#rows;
    const row = this.#byAddress.find(address);
    if (row === NONE) return true;
    if (rows.isQuarantined(row, nowMs)) return rows.isOfferedAt(row, client, nowMs);
    if (rows.isActive(row, nowMs) && !(this.heldUntilMs(client, address, nowMs) > nowMs)) {
      return false;
    }
    return !rows.hasOffer(row) || rows.isOfferedTo(row, client) ||
      rows.offerExpiresAtMs[row]! <= nowMs || this.#offers.isContested(row);
  }

  /**
   * An address of a pool for a client that has no better claim: one without a record, at the place
   * that `startHash` (u32) points to or the next after it; else the one whose lease ended the
   * longest ago. As of the last `advance`; the cost is the same however full the pool is.
   */
  findFree(pool: Pool, startHash: number): Ipv4 | undefined {
    return this.#standings.findFree(pool, startHash);
  }

  /** The address of the oldest offer in a pool that may have to yield; when nothing else is free. */
  findYielding(pool: Pool, nowMs: number): Ipv4 | undefined {
    const row = this.#offers.oldestOf(this.#standings.poolIndexOf(pool));
    if (row === NONE || this.#rows.isActive(row, nowMs)) return undefined;
    return this.#rows.isQuarantined(row, nowMs) ? undefined : this.#rows.address[row];
  }

  /** How the addresses of the subnet stand, as of the last `advance`. */
  counts(subnet: Subnet): AddressCounts {
    return this.#standings.counts(subnet);
  }

  /** How the addresses of the pool stand, as of the last `advance`. */
  poolCounts(pool: Pool): AddressCounts {
    return this.#standings.poolCounts(pool);
  }

  /**
   * Ends the leases, offers and quarantines that end by `nowMs`. To be called before a batch of
   * decisions; the cost is in proportion to what ended, and time does not go back.
   */
  advance(nowMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, nowMs);
    for (;;) {
      const row = this.#standings.takeDue(this.#nowMs);
      if (row === NONE) return;
      const name = this.names.nameOf(row);
      this.limits.leave(row);
      this.#settle(row);
      this.limits.enter(row);
      this.names.advanced(row, name);
    }
  }

  /**
   * Lays the same records over new subnets (sorted, disjoint). Records outside of all of them are
   * kept, in case they come back; offers outside are forgotten.
   */
  reconfigure(subnets: readonly Subnet[]): void {
    if (subnets === this.#subnets) return;
    const isAfterLast = ({ cidr }: Subnet, i: number) =>
      i === 0 || lastAddress(subnets[i - 1]!.cidr) < cidr.network;
    assert(subnets.every(isAfterLast), "subnets are sorted and disjoint");
    const rows = this.#rows;
    this.#subnets = subnets;
    this.#standings.begin(subnets);
    const offers: Offer[] = [];
    const moved: number[] = [];
    for (let row = 0; row < rows.end; row++) {
      if (!rows.isOpen(row)) continue;
      if (rows.hasOffer(row)) {
        const [address, expiresAtMs] = [rows.address[row]!, rows.offerExpiresAtMs[row]!];
        const mayYield = this.#offers.mayYield(row);
        offers.push({ address, client: rows.offeredClient(row), expiresAtMs, mayYield });
        this.#offers.drop(row);
      }
      const wasByHardware = rows.isByHardware[row];
      this.#standings.enter(row);
      if (rows.isByHardware[row] !== wasByHardware || rows.isIndexed[row] === 0) moved.push(row);
      this.#settle(row);
    }
    for (const row of moved) this.#rehash(row);
    this.limits.reconfigure(subnets);
    // Subnets may have merged, and a client has one offer in each: the newest stays.
    offers.sort((a, b) => a.expiresAtMs - b.expiresAtMs || a.address - b.address);
    for (const offer of offers) {
      if (subnetOf(subnets, offer.address) !== undefined) this.offer(offer);
    }
  }

  #findOrOpen(address: Ipv4): number {
    const found = this.#byAddress.find(address);
    if (found !== NONE) return found;
    const row = this.#rows.open(address);
    this.#byAddress.add(address, row);
    this.#standings.enter(row);
    return row;
  }

  /** Has the row under its client as that is told apart, and found, by the new subnets. */
  #rehash(row: number): void {
    if (!this.#rows.hasHolder(row)) return;
    this.#byClient.remove(row);
    this.#rows.rehash(row);
    this.#byClient.add(row);
  }

  /** Makes everything that depends on the row follow from its lease, its offer and the time. */
  #settle(row: number): void {
    const rows = this.#rows;
    if (rows.hasOffer(row) && rows.offerExpiresAtMs[row]! <= this.#nowMs) this.#offers.drop(row);
    this.#standings.settle(row, this.#nowMs);
    if (rows.hasLease(row) || rows.hasOffer(row)) return;
    this.#byAddress.remove(rows.address[row]!, row);
    rows.close(row);
  }

  /** The row that is offered to the client in the subnet of an index, or NONE. */
  #offeredRow(client: Client, home: number): number {
    return this.#offers.rowOf(client, this.#subnets[home]!.identity, home);
  }

  #endOffer(row: number): void {
    this.#offers.drop(row);
    this.#settle(row);
  }
}
