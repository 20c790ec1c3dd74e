import assert from "node:assert/strict";
import { AddressPool } from "../../src/leases/address_pool.ts";
import { rangeIndexOf, subnetOf } from "../../src/leases/subnets.ts";
import { dotted, ip, makeSubnet, rangesOf } from "../support/leases_fixture.ts";

Deno.test("subnetOf finds the subnet of an address among neighbours and gaps", () => {
  const subnets = ["10.0.0.0/8", "192.168.1.0/25", "192.168.1.128/25", "255.255.255.252/30"]
    .map((subnet) => makeSubnet({ subnet }));
  const cases: [string, string | undefined][] = [
    ["0.0.0.0", undefined],
    ["9.255.255.255", undefined],
    ["10.0.0.0", "10.0.0.0/8"],
    ["10.255.255.255", "10.0.0.0/8"],
    ["11.0.0.0", undefined],
    ["192.168.1.127", "192.168.1.0/25"],
    ["192.168.1.128", "192.168.1.128/25"],
    ["192.168.2.0", undefined],
    ["255.255.255.255", "255.255.255.252/30"],
  ];
  for (const [address, name] of cases) {
    assert.equal(subnetOf(subnets, ip(address))?.name, name, address);
  }
  assert.equal(subnetOf([], ip("10.0.0.1")), undefined);
});

Deno.test("rangeIndexOf tells the inside of ranges from the gaps between them", () => {
  const ranges = rangesOf(
    makeSubnet({ pools: ["192.168.1.10-192.168.1.20", "192.168.1.30"] }),
  );
  const found = [9, 10, 20, 21, 29, 30, 31].map((octet) =>
    rangeIndexOf(ranges, ip(`192.168.1.${octet}`))
  );
  assert.deepEqual(found, [-1, 0, 0, -1, -1, 1, -1]);
});

Deno.test("address pool gives each address of its ranges once, around the end", () => {
  const subnet = makeSubnet({
    pools: ["192.168.1.10-192.168.1.12", "192.168.1.30", "192.168.1.40-192.168.1.42"],
    exclude: ["192.168.1.41"],
  });
  const pool = new AddressPool(rangesOf(subnet));
  assert.equal(pool.size, 6);
  const given = [];
  for (;;) {
    const address = pool.nextUnmarked(2 ** 32 - 1); // (2^32 - 1) mod 6 = 3
    if (address === undefined) break;
    pool.mark(address);
    given.push(dotted(address)?.replace("192.168.1.", ""));
  }
  assert.deepEqual(given, ["30", "40", "42", "10", "11", "12"]);
  pool.unmark(ip("192.168.1.11"));
  assert.equal(dotted(pool.nextUnmarked(3)), "192.168.1.11");
});

Deno.test("address pool refuses ranges that are not sorted and disjoint", () => {
  const overlapping = [{ first: 1, last: 5 }, { first: 5, last: 9 }];
  const unsorted = [{ first: 7, last: 9 }, { first: 1, last: 5 }];
  assert.throws(() => new AddressPool(overlapping), assert.AssertionError);
  assert.throws(() => new AddressPool(unsorted), assert.AssertionError);
});
