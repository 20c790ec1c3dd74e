/** What a soak makes of what it saw: a test that cannot fail would be none. */
import assert from "node:assert/strict";
import {
  findGivenTwice,
  findGrowth,
  findLost,
  GROWTH_MIB_MAX,
} from "../../scripts/soak/verdict.ts";
import { configOf } from "../../scripts/soak/network.ts";
import { loadConfig } from "../../src/config/load.ts";

Deno.test("memory that is flat after the first minutes is well, and a creep is found", () => {
  const flat = Array.from({ length: 30 }, (_, minute) => minute < 4 ? 50 + 5 * minute : 72);
  assert.deepEqual(findGrowth(flat).problems, []);
  const creeping = Array.from({ length: 30 }, (_, minute) => 50 + minute);
  assert.equal(findGrowth(creeping).problems.length, 1);
  assert.deepEqual(findGrowth([60, 60, 60 + GROWTH_MIB_MAX]).problems, []);
  assert.equal(findGrowth([60, 60, 61 + GROWTH_MIB_MAX]).problems.length, 1);
  assert.deepEqual(findGrowth([60]).problems, []);
});

const OWNERS = new Map([["02:01", "192.168.16.1"], ["02:02", "192.168.16.2"]]);

Deno.test("an address that a stranger was given, too, is found", () => {
  const strangers: [string, string][] = [["02:66", "192.168.16.9"]];
  assert.deepEqual(findGivenTwice(OWNERS, new Map([...OWNERS, ...strangers])), []);
  strangers.push(["02:67", "192.168.16.2"]);
  assert.deepEqual(findGivenTwice(OWNERS, new Map([...OWNERS, ...strangers])), [
    "192.168.16.2 of 02:02 was given to 02:67, too",
  ]);
});

Deno.test("a lease that ended, is another's or is not there is lost", () => {
  const lease = (mac: string, address: string, state = "bound") => ({ mac, address, state });
  const first = lease("02:01", "192.168.16.1");
  assert.deepEqual(findLost(OWNERS, [first, lease("02:02", "192.168.16.2")]), []);
  for (
    const [second] of [
      [lease("02:02", "192.168.16.2", "expired")],
      [lease("02:66", "192.168.16.2")],
      [lease("02:02", "192.168.16.3")],
    ] as const
  ) {
    assert.equal(findLost(OWNERS, [first, second]).length, 1);
  }
});

Deno.test("the configs of a soak are good ones", () => {
  for (let round = 0; round < 12; round++) {
    const result = loadConfig(configOf("/tmp/leases.jsonl", round), "config.yaml");
    assert.ok("config" in result, JSON.stringify(result));
  }
});
