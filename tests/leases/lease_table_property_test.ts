/**
 * Random lives of a lease table beside the naive model of it: after each step both must tell the
 * same of every address, client and subnet, and each allocation must be one that the model allows.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Subnet } from "../../src/config/config.ts";
import { chooseAddress, mayHold } from "../../src/leases/allocate.ts";
import { type Client, isActive, type Lease, type LeaseState } from "../../src/leases/lease.ts";
import { LeaseTable } from "../../src/leases/lease_table.ts";
import { findReservation } from "../../src/leases/reservations.ts";
import { contains, formatIpv4, type Ipv4 } from "../../src/wire/ipv4.ts";
import { ip, makeLease, makeSubnet, numberedClient, seekerOf } from "../support/leases_fixture.ts";
import { LeaseModel, poolOf } from "./lease_model.ts";

const CLIENTS = [
  ...[1, 2, 3, 4].map((number) => numberedClient(number)),
  numberedClient(1, "01:aa"), // the machine of client 1 under another identifier
  numberedClient(5, "ff:01"),
];
const macOf = (index: number) => CLIENTS[index]!.hardwareAddress;

/** Two subnets, the two merged with other pools, and one of them alone. */
const LAYOUTS: readonly (readonly Subnet[])[] = [
  [
    makeSubnet({
      subnet: "192.168.1.0/28",
      pools: ["192.168.1.1-192.168.1.6", "192.168.1.9-192.168.1.12"],
      exclude: ["192.168.1.3"],
      reservations: [
        { mac: macOf(0), address: "192.168.1.5" },
        { clientId: "ff:01", address: "192.168.1.14" },
      ],
    }),
    makeSubnet({
      subnet: "192.168.1.16/28",
      identity: "mac",
      pools: ["192.168.1.17-192.168.1.18", { range: ["192.168.1.21", "192.168.1.19"] }],
    }),
  ],
  [
    makeSubnet({
      subnet: "192.168.1.0/27",
      identity: "mac",
      pools: ["192.168.1.2-192.168.1.9"],
      reservations: [{ mac: macOf(1), address: "192.168.1.5" }],
    }),
  ],
  [makeSubnet({ subnet: "192.168.1.16/28", pools: ["192.168.1.18-192.168.1.30"] })],
];
/** All of the subnets, and one outside of them. */
const ADDRESSES = [...Array.from({ length: 32 }, (_, i) => ip("192.168.1.0") + i), ip("10.0.0.5")];

type Step =
  | {
    kind: "put";
    address: Ipv4;
    client: number;
    state: LeaseState;
    ageMs: number;
    durationMs: number;
  }
  | { kind: "put-again"; which: number; client: number; state: LeaseState; durationMs: number }
  | { kind: "offer"; address: Ipv4; client: number; durationMs: number }
  | { kind: "withdraw"; client: number; subnet: number }
  | { kind: "advance"; byMs: number }
  | { kind: "reconfigure"; layout: number }
  | {
    kind: "allocate";
    client: number;
    subnet: number;
    requested: Ipv4 | undefined;
    binds: boolean;
    durationMs: number;
  };

const client = fc.nat(CLIENTS.length - 1);
const address = fc.constantFrom(...ADDRESSES);
const durationMs = fc.oneof(
  fc.integer({ min: -5, max: 40 }),
  fc.constant(Infinity),
);
const state = fc.constantFrom<LeaseState[]>("bound", "bound", "released", "declined");
const ageMs = fc.nat(3);
const subnet = fc.nat(1);
const allocate = fc.record({
  kind: fc.constant("allocate" as const),
  client,
  subnet,
  requested: fc.option(address, { nil: undefined }),
  binds: fc.boolean(),
  durationMs: fc.integer({ min: 1, max: 60 }),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("put" as const), address, client, state, ageMs, durationMs }),
  fc.record({
    kind: fc.constant("put-again" as const),
    which: fc.nat(9),
    client: fc.oneof(fc.constant(0), client), // mostly the same client: a renewal, a release
    state,
    durationMs,
  }),
  fc.record({
    kind: fc.constant("offer" as const),
    address,
    client,
    durationMs: fc.integer({ min: -2, max: 20 }),
  }),
  fc.record({ kind: fc.constant("withdraw" as const), client, subnet }),
  fc.record({ kind: fc.constant("advance" as const), byMs: fc.nat(15) }),
  fc.record({ kind: fc.constant("reconfigure" as const), layout: fc.nat(LAYOUTS.length - 1) }),
  { arbitrary: allocate, weight: 3 },
);

/** The table, the model, and a number that makes the end of every offer another instant. */
interface Life {
  readonly table: LeaseTable;
  readonly model: LeaseModel;
  offerCount: number;
}

/** Offered to a machine again under another identifier, before identifiers count: chance is rare. */
const RENAMED_OFFER: Step[] = [
  ...[0, 4].map((client) => ({
    kind: "allocate" as const,
    ...{ client, subnet: 1, requested: undefined, binds: false, durationMs: 1 },
  })),
  { kind: "reconfigure", layout: 2 },
];

Deno.test("the lease table tells what the naive model tells, whatever happens to both", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const life = makeLife();
      for (const it of steps) {
        take(life, it);
        compare(life);
      }
    }),
    { numRuns: 300, examples: [[RENAMED_OFFER]] },
  );
});

Deno.test("a table replayed from the records of another tells the same, in any order", () => {
  const ranks = fc.infiniteStream(fc.nat());
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), ranks, (steps, ranks) => {
    const life = makeLife();
    for (const it of steps) take(life, it);
    const records = [...life.table.records()]
      .map((record) => ({ record, rank: ranks.next().value }))
      .sort((a, b) => a.rank - b.rank);
    const { subnets, nowMs } = life.model;
    const replayed = { table: new LeaseTable(subnets), model: new LeaseModel(subnets) };
    for (const { record } of records) {
      replayed.table.put(record);
      replayed.model.put(record);
    }
    replayed.table.advance(nowMs);
    replayed.model.advance(nowMs);
    compare(replayed);
  }));
});

function makeLife(): Life {
  const life = {
    table: new LeaseTable(LAYOUTS[0]!),
    model: new LeaseModel(LAYOUTS[0]!),
    offerCount: 0,
  };
  take(life, { kind: "advance", byMs: 0 });
  return life;
}

function take(life: Life, step: Step): void {
  const { nowMs } = life.model;
  switch (step.kind) {
    case "put":
      return putLease(life, step, step.address, step.state, nowMs - step.ageMs);
    case "put-again": {
      const lease = life.model.leases[step.which % life.model.leases.length];
      if (lease === undefined) return;
      const client = step.client === 0 ? CLIENTS.indexOf(lease.client) : step.client;
      return putLease(life, { ...step, client }, lease.address, step.state, nowMs);
    }
    case "offer":
      if (life.model.subnetOf(step.address) === undefined) return;
      return makeOffer(life, step, step.address);
    case "withdraw": {
      const subnet = subnetAt(life.model, step.subnet);
      return both(life, (it) => it.withdrawOffer(CLIENTS[step.client]!, subnet));
    }
    case "advance":
      return both(life, (it) => it.advance(Math.max(0, nowMs) + step.byMs));
    case "reconfigure":
      return both(life, (it) => it.reconfigure(LAYOUTS[step.layout]!));
    case "allocate": {
      const address = allocateOne(life, step);
      if (address === undefined) return;
      makeOffer(life, step, address);
      if (step.binds) putLease(life, step, address, "bound", nowMs);
    }
  }
}

function both(life: Life, work: (it: LeaseTable | LeaseModel) => void): void {
  work(life.table);
  work(life.model);
}

/** The client of a step, and how long what it gets lasts. */
interface Grant {
  readonly client: number;
  readonly durationMs: number;
}

function putLease(
  life: Life,
  { client, durationMs }: Grant,
  address: Ipv4,
  state: LeaseState,
  updatedAtMs: number,
): void {
  if (isCrowd(life.model, CLIENTS[client]!, address)) return;
  const expiresAtMs = life.model.nowMs + durationMs;
  const lease = makeLease({ address, client: CLIENTS[client]!, state, updatedAtMs, expiresAtMs });
  both(life, (it) => it.put(lease));
}

/**
 * Whether the client would be named by more records than it is found by. The table does not walk all
 * of them then (lease_table_cost_test.ts), and the model does.
 */
function isCrowd({ leases }: LeaseModel, client: Client, address: Ipv4): boolean {
  const isSame = (it: Client) =>
    it.key === client.key || it.hardwareAddress === client.hardwareAddress;
  return leases.filter((it) => it.address !== address && isSame(it.client)).length >= 8;
}

function makeOffer(life: Life, { client, durationMs }: Grant, address: Ipv4): void {
  const expiresAtMs = life.model.nowMs + durationMs + ++life.offerCount / 1000;
  const offer = { address, client: CLIENTS[client]!, expiresAtMs };
  both(life, (it) => it.offer(offer));
  life.model.advance(life.model.nowMs); // an offer may have ended before it was made
}

function subnetAt(model: LeaseModel, index: number): Subnet {
  return model.subnets[index % model.subnets.length]!;
}

/** Has an address chosen, and holds the choice against what the model says may be given. */
function allocateOne(
  { table, model }: Life,
  step: Step & { kind: "allocate" },
): Ipv4 | undefined {
  const client = CLIENTS[step.client]!;
  const subnet = subnetAt(model, step.subnet);
  const reservation = findReservation(subnet, seekerOf(client));
  const reserved = reservation?.address;
  const claim = { client, subnet, reservation };
  const givable = [...poolOf(subnet), ...(reserved === undefined ? [] : [reserved])]
    .filter((address) => model.isAvailable(address, client));
  // Another still has the client's reserved address, and there is no address of the pools: until
  // then it keeps even one that is not given any more.
  const waits = reserved !== undefined && !model.isAvailable(reserved, client) &&
    subnet.pools.every((pool) => model.findFree(pool, 0) === undefined);
  for (const address of ADDRESSES) {
    const holder = model.get(address);
    const isGiven = reserved === address || poolOf(subnet).includes(address);
    const keeps = holder !== undefined && model.isSame(address, holder.client, client) &&
      isActive(holder, model.nowMs) && contains(subnet.cidr, address) &&
      (isGiven || waits);
    assert.equal(
      mayHold(claim, address, table, model.nowMs),
      keeps || givable.includes(address),
      `mayHold ${formatIpv4(address)}`,
    );
  }

  const wish = { ...claim, requestedAddress: step.requested };
  const candidate = chooseAddress(wish, table, model.nowMs);
  const last = model.ofClient(client, subnet)?.address;
  const offered = model.offerTo(client, subnet)?.address;
  // No false exhaustion, and nothing that may not be given. Of several leases that a client has,
  // as it may after offers that the engine would not make, one counts; the rest need to be named.
  const named = [last, offered, step.requested, reserved];
  const isHidden = (address: Ipv4) => {
    const lease = model.get(address);
    return lease !== undefined && isActive(lease, model.nowMs) && !named.includes(address);
  };
  assert.equal(candidate === undefined, givable.every(isHidden));
  if (candidate === undefined) return undefined;
  assert(givable.includes(candidate.address), `${formatIpv4(candidate.address)} may not be given`);
  if (reserved !== undefined && givable.includes(reserved)) {
    assert.deepEqual(candidate, { address: reserved, rule: "reservation" });
    return candidate.address;
  }
  // The same client gets the same address back while it is free, unless it was offered another.
  const isHeld = model.ofClient(client, subnet)?.state === "bound" &&
    isActive(model.ofClient(client, subnet)!, model.nowMs);
  const expected = [...(isHeld ? [last, offered] : [offered, last]), step.requested]
    .find((address) => address !== undefined && givable.includes(address));
  if (expected !== undefined) assert.equal(candidate.address, expected, candidate.rule);
  return candidate.address;
}

function compare({ table, model }: Omit<Life, "offerCount">): void {
  const { nowMs } = model;
  assert.equal(table.size, model.leases.length);
  const byAddress = (a: Lease, b: Lease) => a.address - b.address;
  assert.deepEqual([...table.records()].sort(byAddress), model.leases.toSorted(byAddress));
  for (const address of ADDRESSES) {
    assert.deepEqual(table.get(address), model.get(address));
    for (const client of CLIENTS) {
      assert.equal(
        table.isAvailable(address, client, nowMs),
        model.isAvailable(address, client),
        `${formatIpv4(address)} for ${client.key}`,
      );
    }
  }
  table.indexHardware(); // at some time; from then on it has to keep up
  for (const client of CLIENTS) {
    const held = model.leases.filter((lease) => isActive(lease, nowMs));
    const { hardwareAddress } = client;
    // Where the hardware address tells clients apart, nobody is found by an identifier.
    const isFound = (it: Lease) =>
      model.isNamed(it.address, it.client, client) &&
      client.hashBy(model.subnetOf(it.address)?.identity ?? "client-id") === client.hash;
    assert.deepEqual(
      table.addressesOf(client, nowMs, ADDRESSES.length).toSorted(),
      held.filter(isFound).map(({ address }) => address).toSorted(),
    );
    assert.deepEqual(
      table.addressesOfHardware(client, nowMs, ADDRESSES.length).toSorted(),
      held.filter((it) => it.client.hardwareAddress === hardwareAddress)
        .map(({ address }) => address).toSorted(),
    );
  }
  for (const subnet of model.subnets) {
    assert.deepEqual(table.counts(subnet), model.counts(subnet), `counts of ${subnet.name}`);
    for (const pool of subnet.pools) {
      assert.deepEqual(table.poolCounts(pool), model.poolCounts(pool), `counts of ${pool.name}`);
      for (const hash of [0, 7, 2 ** 32 - 1]) {
        assert.equal(table.findFree(pool, hash), model.findFree(pool, hash), `hash ${hash}`);
      }
    }
    for (const client of CLIENTS) {
      const offered = model.offerTo(client, subnet)?.address;
      assert.equal(table.offeredAddress(client, subnet, nowMs), offered, client.key);
      const binding = model.ofClient(client, subnet)?.address;
      assert.equal(table.bindingOf(client, subnet), binding, client.key);
    }
  }
}
