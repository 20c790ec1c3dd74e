/**
 * A table that grows far beyond where its arrays begin, and shrinks, beside plain maps: what
 * lease_table_property_test.ts tells of a few rows holds of thousands.
 */
import assert from "node:assert/strict";
import type { Subnet } from "../../src/config/config.ts";
import {
  type Client,
  isActive,
  isQuarantined,
  type Lease,
  type LeaseState,
} from "../../src/leases/lease.ts";
import { LeaseTable } from "../../src/leases/lease_table.ts";
import type { Offer } from "../../src/leases/offers.ts";
import { NEWEST_MAX } from "../../src/leases/newest_rows.ts";
import { contains, type Ipv4 } from "../../src/wire/ipv4.ts";
import { dotted, ip, makeLease, makeSubnet, numberedClient } from "../support/leases_fixture.ts";
import { createRandom, type Random } from "../support/random.ts";

/** Two subnets, so that a client may have something in each. */
const SUBNETS = [
  makeSubnet({ subnet: "10.0.0.0/20" }),
  makeSubnet({ subnet: "10.0.16.0/20" }),
];
const FIRST = ip("10.0.0.1");
const LAST = ip("10.0.31.254");
/** Addresses that each of them gives. */
const POOL_SIZE = 4_094;
const CLIENT_COUNT = 3_000;
const STEP_COUNT = 20_000;
/** Later than the end of every offer and every lease that has one. */
const LATE_MS = 10_000_000;

const STATES: readonly LeaseState[] = ["bound", "bound", "bound", "released", "declined"];
const NAMES = [undefined, "pi", "kitchen-radio", "büro-drucker", "n".repeat(60)];

for (const seed of [1, 2, 3]) {
  Deno.test(`a table of thousands of rows tells what plain maps tell (seed ${seed})`, () => {
    const random = createRandom(seed);
    const table = new LeaseTable(SUBNETS);
    const books: Books = { leases: new Map(), offers: new Map(), known: new Map(), nowMs: 0 };
    advance(table, books, 0);
    for (let i = 0; i < STEP_COUNT; i++) step(table, books, random);
    assert(table.size > 4_000, "it has grown");
    compareAll(table, books);

    // Others over the same records, and the same again; then it empties and fills up once more.
    table.reconfigure([SUBNETS[1]!]);
    table.reconfigure(SUBNETS);
    books.offers.forEach(({ address }) => {
      if (!contains(SUBNETS[1]!.cidr, address)) books.offers.delete(address);
    });
    compareAll(table, books);
    advance(table, books, LATE_MS);
    assert.equal(books.offers.size, 0);
    compareAll(table, books);
    for (let i = 0; i < STEP_COUNT; i++) step(table, books, random);
    compareAll(table, books);

    const replayed = new LeaseTable(SUBNETS);
    for (const lease of table.records()) replayed.put(lease);
    replayed.advance(books.nowMs);
    const unoffered = { ...books, offers: new Map() };
    compareAll(replayed, unoffered);
    for (const subnet of SUBNETS) compareFilling(replayed, unoffered, subnet);
  });
}

/** What the table should tell, in maps. */
interface Books {
  readonly leases: Map<Ipv4, Lease>;
  readonly offers: Map<Ipv4, Offer>;
  /** By client key: the addresses that it has, or has had, or is offered. */
  readonly known: Map<string, Set<Ipv4>>;
  nowMs: number;
}

function note(books: Books, client: Client, address: Ipv4): void {
  const addresses = books.known.get(client.key) ?? new Set();
  books.known.set(client.key, addresses.add(address));
}

function put(table: LeaseTable, books: Books, lease: Lease): void {
  table.put(lease);
  books.leases.set(lease.address, lease);
  if (books.offers.get(lease.address)?.client.key === lease.client.key) {
    books.offers.delete(lease.address);
  }
  note(books, lease.client, lease.address);
}

function offer(table: LeaseTable, books: Books, it: Offer): void {
  table.offer(it);
  const subnet = SUBNETS.find(({ cidr }) => contains(cidr, it.address))!;
  withdraw(books, it.client, subnet);
  books.offers.set(it.address, it);
  note(books, it.client, it.address);
}

function withdraw(books: Books, client: Client, subnet: Subnet): void {
  const address = offeredAddress(books, client, subnet);
  if (address !== undefined) books.offers.delete(address);
}

function advance(table: LeaseTable, books: Books, nowMs: number): void {
  table.advance(nowMs);
  books.nowMs = nowMs;
  for (const [address, { expiresAtMs }] of books.offers) {
    if (expiresAtMs <= nowMs) books.offers.delete(address);
  }
}

/** What is known of a client in a subnet, the addresses in ascending order. */
function knownIn(books: Books, client: Client, subnet: Subnet): Ipv4[] {
  return [...books.known.get(client.key) ?? []]
    .filter((address) => contains(subnet.cidr, address))
    .sort((a, b) => a - b);
}

function offeredAddress(books: Books, client: Client, subnet: Subnet): Ipv4 | undefined {
  return knownIn(books, client, subnet)
    .find((address) => books.offers.get(address)?.client.key === client.key);
}

function bindingOf(books: Books, client: Client, subnet: Subnet): Ipv4 | undefined {
  return knownIn(books, client, subnet)
    .map((address) => books.leases.get(address))
    .filter((lease) => lease?.client.key === client.key && lease.state !== "declined")
    .map((lease) => lease!)
    .sort((a, b) => a.updatedAtMs - b.updatedAtMs || a.address - b.address)
    .sort((a, b) => Number(isActive(a, books.nowMs)) - Number(isActive(b, books.nowMs)))
    .at(-1)?.address;
}

function isAvailable({ leases, offers, nowMs }: Books, address: Ipv4, client: Client): boolean {
  const lease = leases.get(address);
  const offer = offers.get(address);
  if (lease !== undefined && isQuarantined(lease, nowMs)) return offer?.client.key === client.key;
  if (lease !== undefined && isActive(lease, nowMs) && lease.client.key !== client.key) {
    return false;
  }
  return offer === undefined || offer.client.key === client.key;
}

/** One thing that happens, to the table and in the books. */
function step(table: LeaseTable, books: Books, random: Random): void {
  const { nowMs } = books;
  const client = numberedClient(random.integer(1, CLIENT_COUNT));
  const offered = offeredAddress(books, client, random.pick(SUBNETS));
  const address = offered !== undefined && random.chance(0.3)
    ? offered
    : random.integer(FIRST, LAST);
  const dice = random.integer(1, 100);
  if (dice <= 45) {
    const hostname = random.pick(NAMES);
    const lease = makeLease({
      address,
      client,
      state: random.pick(STATES),
      ...(hostname === undefined ? {} : { hostname }),
      updatedAtMs: nowMs,
      expiresAtMs: random.chance(0.05) ? Infinity : nowMs + random.integer(0, 20_000),
    });
    put(table, books, lease);
  } else if (dice <= 80) {
    offer(table, books, { address, client, expiresAtMs: nowMs + random.integer(1, 3_000) });
  } else if (dice <= 90) {
    const subnet = random.pick(SUBNETS);
    table.withdrawOffer(client, subnet);
    withdraw(books, client, subnet);
  } else {
    advance(table, books, nowMs + random.integer(0, 20));
  }
  compareOne(table, books, address, client);
}

function compareOne(table: LeaseTable, books: Books, address: Ipv4, client: Client): void {
  assert.deepEqual(table.get(address), books.leases.get(address));
  assert.equal(
    table.isAvailable(address, client, books.nowMs),
    isAvailable(books, address, client),
    `${dotted(address)} for ${client.key}`,
  );
  for (const subnet of SUBNETS) {
    const [binding, offered] = [
      table.bindingOf(client, subnet),
      table.offeredAddress(client, subnet, books.nowMs),
    ];
    assert.equal(binding, bindingOf(books, client, subnet), `binding of ${client.key}`);
    assert.equal(offered, offeredAddress(books, client, subnet), `offer to ${client.key}`);
  }
}

function compareAll(table: LeaseTable, books: Books): void {
  const inOrder = (leases: Iterable<Lease>) => [...leases].sort((a, b) => a.address - b.address);
  assert.equal(table.size, books.leases.size);
  assert.deepEqual(inOrder(table.records()), inOrder(books.leases.values()));
  for (const subnet of SUBNETS) {
    assert.deepEqual(table.counts(subnet), countsOf(books, subnet), subnet.name);
  }
  const newestFirst = [...books.leases.values()]
    .map(({ updatedAtMs }) => updatedAtMs)
    .sort((a, b) => b - a);
  const newest = table.newest(NEWEST_MAX).map(({ updatedAtMs }) => updatedAtMs);
  assert.deepEqual(newest, newestFirst.slice(0, NEWEST_MAX));
}

function countsOf({ leases, offers, nowMs }: Books, subnet: Subnet) {
  const counts = { size: POOL_SIZE, used: 0, offered: 0, quarantined: 0, free: 0 };
  for (let host = 1; host <= counts.size; host++) {
    const address = subnet.cidr.network + host;
    const lease = leases.get(address);
    if (lease !== undefined && isActive(lease, nowMs)) counts.used++;
    else if (lease !== undefined && isQuarantined(lease, nowMs)) counts.quarantined++;
    else if (offers.has(address)) counts.offered++;
    else counts.free++;
  }
  return counts;
}

/** Takes all that is free, in the order that it is to be found in: unused first, then lapsed. */
function compareFilling(table: LeaseTable, { leases, nowMs }: Books, subnet: Subnet): void {
  const addresses = Array.from({ length: POOL_SIZE }, (_, i) => subnet.cidr.network + 1 + i);
  const unused = addresses.filter((address) => !leases.has(address));
  const lapsed = addresses
    .flatMap((address) => leases.get(address) ?? [])
    .filter((lease) => !isActive(lease, nowMs) && !isQuarantined(lease, nowMs))
    .sort((a, b) => a.expiresAtMs - b.expiresAtMs || a.address - b.address)
    .map(({ address }) => address);
  assert(unused.length > 0 && lapsed.length > 0);
  for (const address of [...unused, ...lapsed]) {
    assert.equal(dotted(table.findFree(subnet.pools[0]!, 0)), dotted(address));
    table.put(makeLease({ address, updatedAtMs: nowMs, expiresAtMs: Infinity }));
  }
  assert.equal(table.findFree(subnet.pools[0]!, 0), undefined, "exhausted");
}
