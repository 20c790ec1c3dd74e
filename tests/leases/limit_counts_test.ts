/** Counts of leases beside those that a look at every record comes to. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { isActive } from "../../src/leases/lease.ts";
import { LeaseTable } from "../../src/leases/lease_table.ts";
import { portKey } from "../../src/leases/limit_counts.ts";
import { subnetOf } from "../../src/leases/subnets.ts";
import { parseHex } from "../../src/wire/hex.ts";
import { ip, makeLease, makeSubnet, numberedClient } from "../support/leases_fixture.ts";

const LAYOUTS = [
  [
    makeSubnet({ subnet: "10.0.0.0/30", sharedNetwork: "wire" }),
    makeSubnet({ subnet: "10.0.0.4/30", sharedNetwork: "wire" }),
    makeSubnet({ subnet: "10.0.0.8/30" }),
  ],
  [makeSubnet({ subnet: "10.0.0.0/28" })],
];
/** Circuit-id and remote-id; circuit-id alone; neither. */
const PORTS = ["01:01:41:02:01:42", "01:01:41", "05:04:0a:00:00:01"].map((it) => parseHex(it)!);
const CLASSES = ["a", "b", "c"];

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("put" as const),
      address: fc.nat(12).map((i) => ip("10.0.0.0") + i),
      client: fc.nat(3),
      state: fc.constantFrom("bound", "bound", "released", "declined"),
      durationMs: fc.oneof(fc.nat(40), fc.constant(Infinity)),
      classes: fc.option(fc.subarray(CLASSES, { minLength: 1 }), { nil: undefined }),
      port: fc.option(fc.constantFrom(...PORTS), { nil: undefined }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("advance" as const), byMs: fc.nat(30) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("reconfigure" as const), layout: fc.nat(1) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("begin" as const) }) },
);

Deno.test("the counts are those of the active records, whatever comes, and after a replay", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      let layout = LAYOUTS[0]!;
      let nowMs = 0;
      const table = new LeaseTable(layout);
      for (const step of steps) {
        if (step.kind === "begin") table.limits.begin();
        else if (step.kind === "reconfigure") table.reconfigure(layout = LAYOUTS[step.layout]!);
        else if (step.kind === "advance") table.advance(nowMs += step.byMs);
        else {
          const { address, client, state, classes, port } = step;
          table.put(makeLease({
            address,
            client: numberedClient(client),
            state,
            updatedAtMs: nowMs,
            expiresAtMs: nowMs + step.durationMs,
            ...(classes === undefined ? {} : { classes }),
            ...(port === undefined ? {} : { relayInformation: port }),
          }));
        }
      }
      table.limits.begin();
      table.advance(nowMs);
      const replayed = new LeaseTable(layout);
      for (const lease of table.records()) replayed.put(lease);
      replayed.limits.begin();
      replayed.advance(nowMs);

      const active = [...table.records()].filter((lease) => isActive(lease, nowMs));
      for (const { limits } of [table, replayed]) {
        for (const name of CLASSES) {
          const members = active.filter(({ classes }) => classes?.includes(name));
          assert.equal(limits.ofClass(name), members.length, name);
        }
        for (const subnet of layout) {
          for (const port of [PORTS[0]!, PORTS[1]!].map((it) => portKey(subnet, it)!)) {
            const there = active.filter(({ address, relayInformation }) => {
              const home = subnetOf(layout, address);
              return home !== undefined && portKey(home, relayInformation) === port;
            });
            assert.equal(limits.ofPort(port), there.length, port);
          }
        }
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("a port is that of its wire, and of the relay agent that names it (RFC 3046 §3.1)", () => {
  const [one, two, other] = LAYOUTS[0]!;
  assert.equal(portKey(one!, PORTS[0]), portKey(two!, PORTS[0]));
  assert.notEqual(portKey(one!, PORTS[0]), portKey(other!, PORTS[0]));
  assert.notEqual(portKey(one!, PORTS[0]), portKey(one!, PORTS[1]));
  assert.equal(portKey(one!, PORTS[2]), undefined);
  assert.equal(portKey(one!, undefined), undefined);
});
