import assert from "node:assert/strict";
import type { Client } from "../../src/leases/lease.ts";
import { LeaseTable } from "../../src/leases/lease_table.ts";
import type { AddressCounts } from "../../src/leases/standings.ts";
import { dotted, ip, makeLease, makeSubnet, numberedClient } from "../support/leases_fixture.ts";

const [alice, bob, carol] = [numberedClient(1), numberedClient(2), numberedClient(3)] as const;
const home = makeSubnet({ pools: ["192.168.1.100-192.168.1.103"] });
const guests = makeSubnet({ subnet: "192.168.2.0/24", pools: ["192.168.2.100-192.168.2.103"] });
const [a100, a101, a102, a103] = [100, 101, 102, 103].map((octet) => ip(`192.168.1.${octet}`)) as [
  number,
  number,
  number,
  number,
];

function counts(size: number, rest: Partial<AddressCounts>): AddressCounts {
  const { used = 0, offered = 0, quarantined = 0 } = rest;
  return { size, used, offered, quarantined, free: size - used - offered - quarantined };
}

Deno.test("a table without records has all its addresses free", () => {
  const table = new LeaseTable([home, guests]);
  assert.equal(table.size, 0);
  assert.deepEqual([...table.records()], []);
  assert.equal(table.get(a100), undefined);
  assert.equal(table.bindingOf(alice, home), undefined);
  assert.equal(table.offeredAddress(alice, home, 0), undefined);
  assert.deepEqual(table.counts(home), counts(4, {}));
  table.withdrawOffer(alice, home);
});

Deno.test("put replaces the record of its address, and the old client holds nothing", () => {
  const table = new LeaseTable([home]);
  table.put(makeLease({ address: a100, client: alice, expiresAtMs: 1000 }));
  const newer = makeLease({ address: a100, client: bob, updatedAtMs: 2000 });
  table.advance(2000);
  table.put(newer);
  assert.deepEqual(table.get(a100), newer);
  assert.equal(table.size, 1);
  assert.deepEqual([...table.records()], [newer]);
  assert.equal(table.bindingOf(alice, home), undefined);
  assert.equal(table.bindingOf(bob, home), newer.address);
});

Deno.test("bindingOf tells the newest lease of the client in that subnet", () => {
  const table = new LeaseTable([home, guests]);
  const abroad = makeLease({ address: "192.168.2.100", client: alice, updatedAtMs: 9 });
  const newer = makeLease({ address: a101, client: alice, updatedAtMs: 5 });
  const older = makeLease({ address: a100, client: alice, updatedAtMs: 3 });
  for (const lease of [abroad, newer, older]) table.put(lease);
  assert.equal(table.bindingOf(alice, home), newer.address);
  assert.equal(table.bindingOf(alice, guests), abroad.address);
  const sameInstant = makeLease({ address: a102, client: alice, updatedAtMs: 5 });
  table.put(sameInstant);
  assert.equal(table.bindingOf(alice, home), a102, "the higher address of two at one instant");
  table.put(newer);
  assert.equal(table.bindingOf(alice, home), a102, "whichever was put last");
});

Deno.test("bindingOf tells an active lease before a newer one that ended", () => {
  const table = new LeaseTable([home]);
  const active = makeLease({ address: a100, client: alice, updatedAtMs: 0, expiresAtMs: 100 });
  const released = makeLease({
    address: a101,
    client: alice,
    state: "released",
    updatedAtMs: 10,
    expiresAtMs: 10,
  });
  table.put(active);
  table.put(released);
  table.advance(10);
  assert.equal(table.bindingOf(alice, home), active.address);
  table.advance(100);
  assert.equal(table.bindingOf(alice, home), released.address);
});

Deno.test("bindingOf never tells an address that the client declined (RFC 2131 §4.3.3)", () => {
  const table = new LeaseTable([home]);
  table.put(makeLease({ address: a100, client: alice }));
  table.put(makeLease({ address: a100, client: alice, state: "declined", expiresAtMs: 100 }));
  assert.equal(table.bindingOf(alice, home), undefined);
  table.advance(100);
  assert.equal(table.bindingOf(alice, home), undefined);
});

Deno.test("a client has one offer in each subnet, and a new one takes its place", () => {
  const table = new LeaseTable([home, guests]);
  const abroad = { address: ip("192.168.2.100"), client: alice, expiresAtMs: 60 };
  const second = { address: a101, client: alice, expiresAtMs: 60 };
  table.offer({ address: a100, client: alice, expiresAtMs: 60 });
  table.offer(abroad);
  table.offer(second);
  assert.equal(table.offeredAddress(alice, home, 0), second.address);
  assert.equal(table.offeredAddress(alice, guests, 0), abroad.address);
  assert(table.isAvailable(a100, bob, 0));
  assert(!table.isAvailable(a101, bob, 0));
  assert.deepEqual(table.counts(home), counts(4, { offered: 1 }));
});

Deno.test("an offer can be made again, for longer", () => {
  const table = new LeaseTable([home]);
  table.offer({ address: a100, client: alice, expiresAtMs: 60 });
  table.offer({ address: a100, client: alice, expiresAtMs: 90 });
  table.advance(60);
  assert.equal(table.offeredAddress(alice, home, 89), a100);
  assert.equal(table.offeredAddress(alice, home, 90), undefined);
  assert.deepEqual(table.counts(home), counts(4, { offered: 1 }));
});

Deno.test("an offer ends at its instant, when withdrawn, and when its client is bound", () => {
  const offer = { address: a100, client: alice, expiresAtMs: 60 };
  const table = new LeaseTable([home]);
  table.offer(offer);
  assert.equal(table.offeredAddress(alice, home, 59), offer.address);
  assert.equal(table.offeredAddress(alice, home, 60), undefined);
  assert(table.isAvailable(a100, bob, 60), "even before the table moves on");
  table.advance(60);
  assert.deepEqual(table.counts(home), counts(4, {}));

  table.offer({ ...offer, expiresAtMs: 120 });
  table.withdrawOffer(alice, home);
  assert.equal(table.offeredAddress(alice, home, 61), undefined);
  assert.deepEqual(table.counts(home), counts(4, {}));

  table.offer({ ...offer, expiresAtMs: 120 });
  table.put(makeLease({ address: a100, client: alice }));
  assert.equal(table.offeredAddress(alice, home, 61), undefined);
  assert.deepEqual(table.counts(home), counts(4, { used: 1 }));
});

Deno.test("an address is available to the one who leases or was offered it, and to no other", () => {
  const table = new LeaseTable([home]);
  table.put(makeLease({ address: a100, client: alice, expiresAtMs: 100 }));
  table.offer({ address: a101, client: alice, expiresAtMs: 100 });
  table.put(makeLease({ address: a102, client: alice, state: "declined", expiresAtMs: 100 }));
  table.put(makeLease({ address: a103, client: alice, state: "released", expiresAtMs: 0 }));
  const available = (client: Client, nowMs: number) =>
    [a100, a101, a102, a103].map((address) => table.isAvailable(address, client, nowMs));
  assert.deepEqual(available(alice, 99), [true, true, false, true]);
  assert.deepEqual(available(bob, 99), [false, false, false, true]);
  assert.deepEqual(available(bob, 100), [true, true, true, true]);
});

Deno.test("leases, offers and quarantines end at their instant and not before", () => {
  const table = new LeaseTable([home]);
  table.put(makeLease({ address: a100, client: alice, expiresAtMs: 100 }));
  table.offer({ address: a101, client: bob, expiresAtMs: 100 });
  table.put(makeLease({ address: a102, client: carol, state: "declined", expiresAtMs: 100 }));
  table.advance(99);
  assert.deepEqual(table.counts(home), counts(4, { used: 1, offered: 1, quarantined: 1 }));
  table.advance(100);
  assert.deepEqual(table.counts(home), counts(4, {}));
  assert.equal(table.bindingOf(alice, home), a100, "remembered");
  assert.equal(table.size, 2);
});

Deno.test("a lease may be renewed, cut short and made infinite", () => {
  const table = new LeaseTable([home]);
  const put = (expiresAtMs: number) =>
    table.put(makeLease({ address: a100, client: alice, expiresAtMs }));
  const used = () => table.counts(home).used;
  put(100);
  put(200);
  table.advance(150);
  assert.equal(used(), 1, "renewed to 200");
  put(199);
  table.advance(199);
  assert.equal(used(), 0, "cut short to 199");
  put(300);
  put(Infinity);
  table.advance(Number.MAX_SAFE_INTEGER);
  assert.equal(used(), 1, "infinite");
});

Deno.test("records of leases that ended before the start are lapsed after advance", () => {
  const table = new LeaseTable([home]);
  table.put(makeLease({ address: a100, client: alice, updatedAtMs: -500, expiresAtMs: -100 }));
  table.put(makeLease({ address: a101, client: bob, updatedAtMs: -50, expiresAtMs: 50 }));
  table.advance(0);
  assert.deepEqual(table.counts(home), counts(4, { used: 1 }));
  assert.equal(table.bindingOf(alice, home), a100);
});

Deno.test("time does not go back", () => {
  const table = new LeaseTable([home]);
  table.advance(100);
  table.advance(50);
  table.put(makeLease({ address: a100, client: alice, expiresAtMs: 80 }));
  assert.deepEqual(table.counts(home), counts(4, {}));
});

Deno.test("an active lease that is offered again stays used, and outlives the offer", () => {
  const table = new LeaseTable([home]);
  table.put(makeLease({ address: a100, client: alice, expiresAtMs: 100 }));
  table.offer({ address: a100, client: alice, expiresAtMs: 60 });
  assert.deepEqual(table.counts(home), counts(4, { used: 1 }));
  table.advance(60);
  assert.deepEqual(table.counts(home), counts(4, { used: 1 }));
  table.offer({ address: a100, client: alice, expiresAtMs: 120 });
  table.advance(100);
  assert.deepEqual(table.counts(home), counts(4, { offered: 1 }), "the offer outlives the lease");
  table.advance(120);
  assert.deepEqual(table.counts(home), counts(4, {}));
});

Deno.test("a lapsed address offered to another keeps its record until that one is bound", () => {
  const table = new LeaseTable([home]);
  const lapsed = makeLease({ address: a100, client: alice, expiresAtMs: 100 });
  table.put(lapsed);
  table.advance(100);
  table.offer({ address: a100, client: bob, expiresAtMs: 200 });
  assert.deepEqual(table.get(a100), lapsed);
  table.put(makeLease({ address: a100, client: bob, updatedAtMs: 150 }));
  assert.equal(table.bindingOf(alice, home), undefined);
});

Deno.test("findFree gives what was never used first, then what ended the longest ago", () => {
  const table = new LeaseTable([home]);
  const release = (address: number, expiresAtMs: number) =>
    table.put(makeLease({ address, client: alice, state: "released", expiresAtMs }));
  release(a102, 30);
  table.put(makeLease({ address: a101, client: bob, expiresAtMs: 20 }));
  release(a100, 10);
  table.advance(50);
  const given: (string | undefined)[] = [];
  for (let i = 0; i < 5; i++) {
    const address = table.findFree(home.pools[0]!, 0);
    given.push(dotted(address)?.slice(-3));
    if (address === undefined) break;
    table.offer({ address, client: numberedClient(1000 + i), expiresAtMs: 100 });
  }
  assert.deepEqual(given, ["103", "100", "101", "102", undefined]);
  assert.deepEqual(table.counts(home), counts(4, { offered: 4 }));
  table.withdrawOffer(numberedClient(1002), home);
  assert.equal(table.findFree(home.pools[0]!, 0), a101);
});

Deno.test("findFree starts at the place that the hash points to, around the end", () => {
  const table = new LeaseTable([home]);
  assert.equal(table.findFree(home.pools[0]!, 2), a102);
  table.put(makeLease({ address: a102 }));
  table.put(makeLease({ address: a103, client: bob }));
  assert.equal(table.findFree(home.pools[0]!, 2), a100);
  assert.equal(table.findFree(home.pools[0]!, 2 ** 32 - 3), a101);
});

Deno.test("findFree gives no reserved, excluded, active, offered or quarantined address", () => {
  const lan = makeSubnet({
    pools: ["192.168.1.100-192.168.1.105"],
    exclude: ["192.168.1.104"],
    reservations: [{ mac: "b8:27:eb:00:00:09", address: "192.168.1.105" }],
  });
  const table = new LeaseTable([lan]);
  table.put(makeLease({ address: a100 }));
  table.offer({ address: a101, client: bob, expiresAtMs: 60 });
  table.put(makeLease({ address: a102, client: carol, state: "declined", expiresAtMs: 60 }));
  for (const octet of [104, 105]) {
    const address = `192.168.1.${octet}`;
    table.put(makeLease({ address, client: carol, state: "released", expiresAtMs: 0 }));
  }
  table.advance(1);
  assert.equal(table.findFree(lan.pools[0]!, 0), a103);
  table.put(makeLease({ address: a103, client: carol }));
  assert.equal(table.findFree(lan.pools[0]!, 0), undefined, "exhausted");
});

Deno.test("a /30 and a subnet without pools are exhausted as they should", () => {
  const [tiny, none] = [
    makeSubnet({ subnet: "10.0.0.0/30" }),
    makeSubnet({ subnet: "10.0.1.0/24", pools: ["10.0.1.9"], exclude: ["10.0.1.9"] }),
  ];
  const table = new LeaseTable([tiny, none]);
  assert.equal(table.findFree(none!.pools[0]!, 7), undefined);
  assert.equal(dotted(table.findFree(tiny.pools[0]!, 7)), "10.0.0.2");
  table.put(makeLease({ address: "10.0.0.2" }));
  assert.equal(dotted(table.findFree(tiny.pools[0]!, 7)), "10.0.0.1");
  table.put(makeLease({ address: "10.0.0.1" }));
  assert.equal(table.findFree(tiny.pools[0]!, 7), undefined);
});

Deno.test("counts have reserved addresses outside of the pools, and no stray lease", () => {
  const lan = makeSubnet({
    pools: ["192.168.1.100-192.168.1.103"],
    reservations: [
      { mac: alice.hardwareAddress, address: "192.168.1.10" },
      { mac: bob.hardwareAddress, address: "192.168.1.103" },
    ],
  });
  const table = new LeaseTable([lan]);
  assert.deepEqual(table.counts(lan), counts(5, {}));
  table.put(makeLease({ address: "192.168.1.10", client: alice, expiresAtMs: 100 }));
  table.offer({ address: a103, client: bob, expiresAtMs: 100 });
  table.put(makeLease({ address: "192.168.1.200", client: carol }));
  assert.deepEqual(table.counts(lan), counts(5, { used: 1, offered: 1 }));
  table.advance(100);
  assert.deepEqual(table.counts(lan), counts(5, {}));
});

Deno.test("reconfigure keeps records outside of every subnet, and finds them again", () => {
  const table = new LeaseTable([home]);
  const lease = makeLease({ address: a100, client: alice });
  table.put(lease);
  table.offer({ address: a101, client: bob, expiresAtMs: 60 });
  table.reconfigure([guests]);
  assert.deepEqual(table.get(a100), lease);
  assert.equal(table.size, 1);
  assert.equal(table.bindingOf(alice, guests), undefined);
  assert.deepEqual(table.counts(guests), counts(4, {}));
  table.reconfigure([home, guests]);
  assert.equal(table.bindingOf(alice, home), lease.address);
  assert.deepEqual(table.counts(home), counts(4, { used: 1 }), "the offer is forgotten");
});

Deno.test("reconfigure keeps offers, and a client's newest one where its subnets merge", () => {
  const halves = ["192.168.1.0/25", "192.168.1.128/25"].map((subnet) => makeSubnet({ subnet }));
  const whole = makeSubnet();
  const table = new LeaseTable(halves);
  const high = { address: ip("192.168.1.200"), client: alice, expiresAtMs: 50 };
  const low = { address: a100, client: alice, expiresAtMs: 60 };
  table.offer(low);
  table.offer(high);
  table.reconfigure([whole]);
  assert.equal(table.offeredAddress(alice, whole, 0), low.address);
  assert(table.isAvailable(high.address, bob, 0));
  assert.deepEqual(table.counts(whole), counts(254, { offered: 1 }));
  table.advance(60);
  assert.deepEqual(table.counts(whole), counts(254, {}));
});

Deno.test("the order of replay makes no difference to what is found and counted", () => {
  const records = [
    makeLease({ address: a100, client: alice, state: "released", expiresAtMs: 30 }),
    makeLease({ address: a101, client: bob, expiresAtMs: 20 }),
    makeLease({ address: a102, client: carol, expiresAtMs: 20 }),
    makeLease({ address: a103, client: numberedClient(4), state: "declined", expiresAtMs: 10 }),
  ];
  const drain = (order: typeof records) => {
    const table = new LeaseTable([home]);
    for (const record of order) table.put(record);
    table.advance(100);
    return [1, 2, 3, 4].map((client) => {
      const address = table.findFree(home.pools[0]!, 0)!;
      table.offer({ address, client: numberedClient(1000 + client), expiresAtMs: 200 });
      return dotted(address)?.slice(-3);
    });
  };
  assert.deepEqual(drain(records), ["103", "101", "102", "100"]);
  assert.deepEqual(drain(records.toReversed()), ["103", "101", "102", "100"]);
});

Deno.test("a subnet that is not the table's, and an offer outside of all, are mistakes of ours", () => {
  const table = new LeaseTable([home]);
  const offer = { address: ip("10.0.0.1"), client: alice, expiresAtMs: 60 };
  assert.throws(() => table.offer(offer), assert.AssertionError);
  assert.throws(() => new LeaseTable([guests, home]), assert.AssertionError, "unsorted");
  assert.throws(() => table.findFree(guests.pools[0]!, 0), assert.AssertionError);
});
