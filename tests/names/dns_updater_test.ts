/** The updater over a lease table, with a name server in memory. */
import assert from "node:assert/strict";
import { LeaseTable } from "../../src/leases/lease_table.ts";
import { DnsTrouble } from "../../src/names/dns_client.ts";
import type { Update } from "../../src/names/dns_update_message.ts";
import { DnsUpdater } from "../../src/names/dns_updater.ts";
import {
  ip,
  type LeaseSketch,
  makeLease,
  makeSubnet,
  numberedClient,
} from "../support/leases_fixture.ts";
import { until } from "../support/program.ts";
import { createVirtualClock } from "../support/virtual_clock.ts";

const DAY_MS = 86_400_000;

/** What it is asked, in short: `put pi.home.arpa`, `remove …`; by class and type of the changes. */
function tellUpdate({ changes }: Update): string {
  const [first] = changes;
  const isPut = changes.some((change) => change.class === "IN");
  return `${isPut ? "put" : "remove"} ${first!.name}`;
}

function setUp(leases: readonly LeaseSketch[], answer: (update: Update) => string) {
  const clock = createVirtualClock();
  const nowMs = clock.monotonicMs();
  const table = new LeaseTable([makeSubnet({ subnet: "10.0.0.0/24" })]);
  for (const { updatedAtMs = 0, expiresAtMs = 0, ...lease } of leases) {
    const times = { updatedAtMs: nowMs + updatedAtMs, expiresAtMs: nowMs + expiresAtMs };
    table.put(makeLease({ ...lease, ...times }));
  }
  table.advance(nowMs);
  const asked: string[] = [];
  const told: string[] = [];
  const updater = new DnsUpdater({
    server: { hostname: "10.0.0.53", port: 53 },
    zones: ["home.arpa", "guest.arpa"],
    ttlSeconds: 300,
    client: {
      send: (update) => {
        asked.push(tellUpdate(update));
        return Promise.resolve().then(() => answer(update));
      },
      close: () => {},
    },
    clock,
    leases: table,
    notify: (level, message) => told.push(`${level}: ${message}`),
  });
  const idle = () =>
    until("the queue to be empty", 5_000, () => updater.status().pending === 0 || undefined);
  return { updater, asked, told, idle };
}

Deno.test("a start puts what is leased, removes what ended since, and lets the rest be", async () => {
  const { updater, asked, idle } = setUp([
    { address: "10.0.0.1", name: "live.home.arpa", updatedAtMs: -1_000, expiresAtMs: 1_000 },
    { address: "10.0.0.2", name: "ended.home.arpa", updatedAtMs: -DAY_MS, expiresAtMs: -1 },
    {
      address: "10.0.0.3",
      name: "old.home.arpa",
      updatedAtMs: -9 * DAY_MS,
      expiresAtMs: -3 * DAY_MS,
    },
    { address: "10.0.0.4", hostname: "nameless", updatedAtMs: -1_000, expiresAtMs: 1_000 },
  ], () => "NOERROR");
  await until("both", 5_000, () => asked.length >= 3 || undefined);
  await idle();
  assert.deepEqual(new Set(asked), new Set(["put live.home.arpa", "remove ended.home.arpa"]));
  updater.close();
});

Deno.test("a zone that is refused is told once, and holds up no other", async () => {
  const { updater, asked, told } = setUp(
    [1, 2].map((n) => ({
      address: ip("10.0.0.0") + n,
      name: `a${n}.guest.arpa`,
      expiresAtMs: 1_000,
    })),
    ({ zone }) => zone === "guest.arpa" ? "REFUSED" : "NOERROR",
  );
  const lease = { ...makeLease({ address: "10.0.0.9" }), name: "pi.home.arpa" };
  updater.add({ address: lease.address, gone: undefined, come: lease });
  await until("the other zone", 5_000, () => asked.includes("put pi.home.arpa") || undefined);
  await until("the failures", 5_000, () => updater.status().failures === 2 || undefined);
  assert.deepEqual(told, [
    "warning: 10.0.0.53:53 answers REFUSED to updates of guest.arpa; it is tried again",
  ]);
  const { pending, problem } = updater.status();
  assert.deepEqual([pending, problem], [
    2,
    "10.0.0.53:53 answers REFUSED to updates of guest.arpa",
  ]);
  updater.close();
});

Deno.test("a name of somebody else's is a conflict, told once, and tried again on demand", async () => {
  const { updater, told, idle } = setUp(
    [],
    ({ prerequisites }) => prerequisites.some((it) => it.class === "NONE") ? "YXDOMAIN" : "NXRRSET",
  );
  const lease = {
    ...makeLease({ address: "10.0.0.9", client: numberedClient(2) }),
    name: "nas.home.arpa",
  };
  for (let i = 1; i <= 2; i++) {
    updater.add({ address: lease.address, gone: undefined, come: lease });
    await idle();
    assert.equal(updater.status().conflicts, i);
    assert(updater.isInConflict(lease.address));
  }
  assert.deepEqual(told, [
    "warning: nas.home.arpa is somebody else's in DNS, so 10.0.0.9 has no name there",
  ]);
  updater.close();
});

Deno.test("while the name server is away one job asks, and it is told once", async () => {
  const leases = Array.from({ length: 50 }, (_, n) => ({
    address: ip("10.0.0.1") + n,
    name: `a${n}.home.arpa`,
    client: numberedClient(n),
    expiresAtMs: 1_000,
  }));
  const { updater, asked, told } = setUp(leases, () => {
    throw new DnsTrouble("it does not answer");
  });
  await until("the first failures", 5_000, () => updater.status().failures >= 8 || undefined);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert(asked.length <= 9, `${asked.length} asked while it is away`);
  assert.equal(told.length, 1);
  assert.equal(updater.status().pending, 50);
  updater.close();
});
