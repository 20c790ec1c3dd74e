/** The lease table as plain arrays that are walked from end to end: slow, and plainly right. */
import type { Pool, Subnet } from "../../src/config/config.ts";
import { type Client, isActive, isQuarantined, type Lease } from "../../src/leases/lease.ts";
import type { Offer } from "../../src/leases/offers.ts";
import type { AddressCounts } from "../../src/leases/standings.ts";
import { contains, type Ipv4 } from "../../src/wire/ipv4.ts";

export class LeaseModel {
  /** One for each address, in the order they were put. */
  leases: readonly Lease[] = [];
  offers: readonly Offer[] = [];
  nowMs = -Infinity;

  constructor(public subnets: readonly Subnet[]) {}

  put(lease: Lease): void {
    this.leases = [...this.leases.filter(({ address }) => address !== lease.address), lease];
    this.offers = this.offers.filter(({ address, client }) =>
      address !== lease.address || !this.isSame(address, client, lease.client)
    );
  }

  offer(offer: Offer): void {
    const subnet = this.subnetOf(offer.address)!;
    this.withdrawOffer(offer.client, subnet);
    this.offers = this.offers.filter(({ address }) => address !== offer.address);
    this.offers = [...this.offers, offer];
  }

  withdrawOffer(client: Client, subnet: Subnet): void {
    this.offers = this.offers.filter((offer) =>
      !this.isNamed(offer.address, offer.client, client) ||
      this.subnetOf(offer.address) !== subnet
    );
  }

  advance(nowMs: number): void {
    this.nowMs = nowMs;
    this.offers = this.offers.filter(({ expiresAtMs }) => nowMs < expiresAtMs);
  }

  reconfigure(subnets: readonly Subnet[]): void {
    const offers = this.offers.toSorted((a, b) =>
      a.expiresAtMs - b.expiresAtMs || a.address - b.address
    );
    this.subnets = subnets;
    this.offers = [];
    for (const offer of offers) if (this.subnetOf(offer.address)) this.offer(offer);
  }

  get(address: Ipv4): Lease | undefined {
    return this.leases.find((lease) => lease.address === address);
  }

  ofClient(client: Client, subnet: Subnet): Lease | undefined {
    return this.leases
      .filter((lease) => this.isNamed(lease.address, lease.client, client))
      .filter((lease) => lease.state !== "declined")
      .filter((lease) => contains(subnet.cidr, lease.address))
      .toSorted((a, b) => a.updatedAtMs - b.updatedAtMs || a.address - b.address)
      .toSorted((a, b) => Number(isActive(a, this.nowMs)) - Number(isActive(b, this.nowMs)))
      .at(-1);
  }

  offerTo(client: Client, subnet: Subnet): Offer | undefined {
    return this.offers.find((offer) =>
      this.isNamed(offer.address, offer.client, client) && contains(subnet.cidr, offer.address)
    );
  }

  /** Whether nothing keeps the address from a client; `undefined` stands for a new client. */
  isAvailable(address: Ipv4, client: Client | undefined): boolean {
    const lease = this.get(address);
    const offer = this.offers.find((it) => it.address === address);
    if (lease && isQuarantined(lease, this.nowMs)) {
      return offer !== undefined && this.isSame(address, offer.client, client);
    }
    const isTaken = lease && isActive(lease, this.nowMs);
    if (isTaken && !this.isSame(address, lease.client, client)) return false;
    return offer === undefined || this.isSame(address, offer.client, client);
  }

  findFree(pool: Pool, startHash: number): Ipv4 | undefined {
    const all = addressesOf(pool);
    const start = startHash % all.length;
    const free = [...all.slice(start), ...all.slice(0, start)]
      .filter((address) => this.isAvailable(address, undefined));
    const untouched = free.find((address) => this.get(address) === undefined);
    if (untouched !== undefined) return untouched;
    return free.toSorted((a, b) => this.get(a)!.expiresAtMs - this.get(b)!.expiresAtMs || a - b)[0];
  }

  counts(subnet: Subnet): AddressCounts {
    return this.#countsOf([...poolOf(subnet), ...subnet.reservations.byAddress.keys()]);
  }

  poolCounts(pool: Pool): AddressCounts {
    return this.#countsOf(addressesOf(pool));
  }

  #countsOf(all: readonly Ipv4[]): AddressCounts {
    const counts = { size: all.length, used: 0, offered: 0, quarantined: 0, free: 0 };
    for (const address of all) {
      const lease = this.get(address);
      if (lease && isActive(lease, this.nowMs)) counts.used++;
      else if (lease && isQuarantined(lease, this.nowMs)) counts.quarantined++;
      else if (this.offers.some((offer) => offer.address === address)) counts.offered++;
      else counts.free++;
    }
    return counts;
  }

  /** Whether the two are one client, or one machine where the address is reserved by MAC. */
  isSame(address: Ipv4, a: Client, b: Client | undefined): boolean {
    if (this.isNamed(address, a, b)) return true;
    const reservation = this.subnetOf(address)?.reservations.byAddress.get(address);
    return reservation?.macs !== undefined && a.hardwareType === b?.hardwareType &&
      a.hardwareAddress === b.hardwareAddress && a.hardwareAddress !== "";
  }

  /** Whether the two are one client as the address's subnet tells clients apart. */
  isNamed(address: Ipv4, a: Client, b: Client | undefined): boolean {
    const identity = this.subnetOf(address)?.identity ?? "client-id";
    return a.keyBy(identity) === b?.keyBy(identity);
  }

  subnetOf(address: Ipv4): Subnet | undefined {
    return this.subnets.find(({ cidr }) => contains(cidr, address));
  }
}

/** Every address that anyone may be given on the subnet. */
export function poolOf(subnet: Subnet): Ipv4[] {
  return subnet.pools.flatMap(addressesOf);
}

function addressesOf({ ranges }: Pool): Ipv4[] {
  return ranges.flatMap(({ first, last }) =>
    Array.from({ length: last - first + 1 }, (_, i) => first + i)
  );
}
