import assert from "node:assert/strict";
import fc from "fast-check";
import type { Client } from "../../src/leases/lease.ts";
import { LeaseTable } from "../../src/leases/lease_table.ts";
import { dotted, ip, makeLease, makeSubnet, numberedClient } from "../support/leases_fixture.ts";

const [alice, bob, carol] = [numberedClient(1), numberedClient(2), numberedClient(3)] as const;
const home = makeSubnet({ pools: ["192.168.1.100-192.168.1.103"] });
const a100 = ip("192.168.1.100");
const [a101, a102, a103] = [a100 + 1, a100 + 2, a100 + 3];

Deno.test("newest tells the records that were made last, the newest first", () => {
  const table = new LeaseTable([home]);
  assert.deepEqual(table.newest(3), []);
  for (const n of [5, 1, 9, 3, 7, 0, 8, 2, 6, 4]) {
    table.put(makeLease({ address: `192.168.1.${n + 1}`, updatedAtMs: n * 1_000 }));
  }
  table.offer({ address: a100, client: bob, expiresAtMs: 60 });
  assert.deepEqual(table.newest(3).map((it) => it.updatedAtMs), [9_000, 8_000, 7_000]);
  assert.equal(table.newest(20).length, 10);
});

Deno.test("records may be asked for while the table changes: each that stays comes once", () => {
  const table = new LeaseTable([home]);
  for (const address of [a100, a101, a102]) table.put(makeLease({ address }));
  const seen: string[] = [];
  for (const { address, client } of table.records()) {
    seen.push(`${dotted(address)} ${client.hardwareAddress.slice(-2)}`);
    // Records that come and change behind and before the walk, and offers that open and close rows.
    table.put(makeLease({ address: a100, client: bob }));
    table.put(makeLease({ address: a102, client: carol }));
    table.offer({ address: a103, client: carol, expiresAtMs: 60 });
    table.withdrawOffer(carol, home);
  }
  assert.deepEqual(seen, ["192.168.1.100 01", "192.168.1.101 01", "192.168.1.102 03"]);
});

Deno.test("whatever happens during a walk of the records, each that was there comes once", () => {
  const wide = makeSubnet({ subnet: "10.0.0.0/16" });
  const address = fc.nat(400).map((host) => ip("10.0.1.0") + host);
  const client = fc.nat(6).map((number) => numberedClient(number));
  const change = fc.oneof(
    fc.record({ kind: fc.constantFrom("put", "offer"), address, client }),
    fc.record({ kind: fc.constantFrom("withdraw", "advance", "grow"), address, client }),
  );
  const life = fc.tuple(fc.uniqueArray(address), fc.array(fc.array(change, { maxLength: 4 })));
  fc.assert(fc.property(life, ([atFirst, between]) => {
    const table = new LeaseTable([wide]);
    table.offer({ address: ip("10.0.1.7"), client: alice, expiresAtMs: 60 });
    for (const address of atFirst) table.put(makeLease({ address }));
    let steps = 0;
    const take = ({ kind, address, client }: { kind: string; address: number; client: Client }) => {
      steps++;
      if (kind === "put") table.put(makeLease({ address, client, updatedAtMs: steps }));
      if (kind === "offer") table.offer({ address, client, expiresAtMs: steps + 3 });
      if (kind === "withdraw") table.withdrawOffer(client, wide);
      if (kind === "advance") table.advance(steps);
      if (kind !== "grow") return;
      for (let i = 0; i < 100; i++) {
        table.put(makeLease({ address: ip("10.0.128.0") + 100 * steps + i, client }));
      }
    };
    const seen: number[] = [];
    for (const lease of table.records()) {
      assert.deepEqual(lease, table.get(lease.address), "as it stands when it comes");
      seen.push(lease.address);
      between[seen.length]?.forEach(take);
    }
    assert.equal(new Set(seen).size, seen.length, "none comes twice");
    assert(seen.length <= atFirst.length + 1, "a table that grows meanwhile has an end");
    assert.deepEqual(atFirst.filter((address) => !seen.includes(address)), []);
  }));
});
