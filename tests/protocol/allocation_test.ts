/** Which address a client gets that has no claim to a certain one. */
import assert from "node:assert/strict";
import type { Allocation } from "../../src/config/config.ts";
import { Bitmap } from "../../src/leases/bitmap.ts";
import { DISCOVER, REQUEST } from "../support/dhcp_packets.ts";
import { Engine, macOf, SERVER } from "../support/engine_fixture.ts";
import { countCalls } from "../support/count_calls.ts";
import { makeLease, numberedClient } from "../support/leases_fixture.ts";

const POOLS = ["192.168.1.100-192.168.1.109", "192.168.1.200-192.168.1.209"];

function engineOf(allocation: Allocation, seed = 0, pools = POOLS): Engine {
  return new Engine({ subnets: [{ allocation, pools }], seed });
}

/** The last octets of what so many new clients are offered, one after the other. */
function offered(engine: Engine, count: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    const { packet } = engine.ask({ type: DISCOVER, mac: macOf(i + 1), xid: i + 1 });
    return Number(packet?.yiaddr.split(".")[3]);
  });
}

Deno.test("sequential: the lowest address that nobody has had, through all ranges", () => {
  const engine = engineOf("sequential");
  assert.deepEqual(offered(engine, 12), [
    ...[100, 101, 102, 103, 104, 105, 106, 107, 108, 109],
    ...[200, 201],
  ]);
});

Deno.test("sequential: what somebody had is his before it is anybody's", () => {
  const engine = new Engine({
    subnets: [{ allocation: "sequential", pools: POOLS }],
    leases: [{ address: "192.168.1.100", client: numberedClient(9), expiresAtMs: 5 }],
  });
  assert.deepEqual(offered(engine, 1), [101]);
  const { packet } = engine.ask({ type: DISCOVER, mac: macOf(9) });
  assert.equal(packet?.yiaddr, "192.168.1.100");
});

Deno.test("sequential: the search is as short in a full pool as in an empty one", () => {
  const reads = [0, 60_000].map((count) => {
    const subnets = [{
      subnet: "10.0.0.0/8",
      allocation: "sequential" as const,
      pools: ["10.0.0.0-10.0.255.255"],
    }];
    const engine = new Engine({ subnets, addresses: ["10.1.0.1/8"] });
    for (let i = 0; i < count; i++) {
      engine.leases.put(
        makeLease({ address: 0x0a00_0000 + i, client: numberedClient(i + 5), expiresAtMs: 1e9 }),
      );
    }
    return countCalls(Bitmap.prototype, "readWord", () => engine.decide({ type: DISCOVER }));
  });
  assert.ok(reads[1]! <= 10, `${reads}`);
});

Deno.test("random: another seed gives other addresses, the same one the same", () => {
  const wide = ["192.168.1.10-192.168.1.250"];
  const [one, again, other] = [7, 7, 8].map((seed) => offered(engineOf("random", seed, wide), 20));
  assert.deepEqual(one, again);
  assert.notDeepEqual(one, other);
  const differing = one!.filter((octet, i) => octet !== other![i]).length;
  assert.ok(differing >= 15, `${differing} of 20 are others`);
});

Deno.test("random: all of the pool has its turn", () => {
  const firsts = new Set<number>();
  for (let seed = 0; seed < 500; seed++) firsts.add(offered(engineOf("random", seed), 1)[0]!);
  assert.equal(firsts.size, 20);
});

Deno.test("random: a client that comes again gets what it had", () => {
  const engine = engineOf("random", 3);
  const { packet } = engine.ask({ type: DISCOVER, xid: 1 });
  const requested = packet!.yiaddr;
  engine.ask({ type: REQUEST, xid: 1, server: SERVER, requested });
  assert.equal(engine.ask({ type: DISCOVER, xid: 2 }).told, `OFFER ${requested} (current-binding)`);
});

Deno.test("hash: the same address whatever the seed is, so also without the journal", () => {
  assert.deepEqual(offered(engineOf("hash", 1), 5), offered(engineOf("hash", 2), 5));
});
