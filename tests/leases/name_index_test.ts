import assert from "node:assert/strict";
import { LeaseTable } from "../../src/leases/lease_table.ts";
import { RowIndex } from "../../src/leases/row_index.ts";
import { setHashKey } from "../../src/wire/keyed_hash.ts";
import { countCalls } from "../support/count_calls.ts";
import { makeLease, makeSubnet, numberedClient } from "../support/leases_fixture.ts";

/** One of each, one after the other, and what comes out has one FNV-1a hash, whatever follows. */
const COLLIDING = [
  ["kt1dur", "on23qf", "rtweda"],
  ["89nqjg", "k74mdl", "p8g7cx"],
  ["ti2pbc", "yj7lzp", "z4cvsj"],
  ["4tstwl", "9dchoc", "m2gsvy"],
  ["2sygxe", "h62804", "hvba2k"],
  ["84wou1", "pr0gl1", "twwcmf"],
];

const LABELS = COLLIDING.reduce<readonly string[]>(
  (begun, parts) => begun.flatMap((label) => parts.map((part) => label + part)),
  [""],
);
const NAMES = LABELS.map((label) => `${label}.home.arpa`);

function fnv1a(name: string): number {
  let hash = 0x811c_9dc5;
  for (const letter of name) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x0100_0193);
  return hash >>> 0;
}

Deno.test("names that have one hash by a function without a key crowd no place of the index", () => {
  assert.equal(NAMES.length, 729);
  assert.equal(new Set(NAMES.map(fnv1a)).size, 1, "they do collide");
  const subnet = makeSubnet({ subnet: "10.0.0.0/16" });
  try {
    for (const key of [[0, 0], [1, 2]] as const) {
      setHashKey(key);
      const table = new LeaseTable([subnet]);
      table.advance(1);
      NAMES.forEach((name, i) => {
        const address = subnet.cidr.network + 1 + i;
        table.put(makeLease({ address, client: numberedClient(i), name }));
      });
      const looks = countCalls(RowIndex.prototype, "rowAt", () => {
        for (const [i, name] of NAMES.entries()) {
          assert.equal(table.names.isTaken(name, numberedClient(i)), false);
          assert.equal(table.names.isTaken(name, numberedClient(i + 1)), true);
        }
      });
      assert.ok(looks <= 2 * NAMES.length + 2, `${looks} looks at rows`);
    }
  } finally {
    setHashKey([0, 0]);
  }
});

Deno.test("names are told apart to their last octet, of any length", () => {
  const subnet = makeSubnet({ subnet: "10.0.0.0/16" });
  const table = new LeaseTable([subnet]);
  table.advance(1);
  const stem = `${"a".repeat(63)}.`.repeat(3);
  const names = ["b", "c", `${stem}${"a".repeat(61)}b`, `${stem}${"a".repeat(61)}c`];
  names.forEach((name, i) =>
    table.put(
      makeLease({ address: subnet.cidr.network + 1 + i, client: numberedClient(i), name }),
    )
  );
  names.forEach((name, i) => {
    assert.equal(table.names.isTaken(name, numberedClient(i)), false);
    assert.equal(table.names.isTaken(name, numberedClient(9)), true);
  });
  assert.equal(table.names.isTaken(`${stem}${"a".repeat(61)}d`, numberedClient(9)), false);
});
