/** Who was refused in the last hour, on the page and in JSON; and where the other leases are. */
import assert from "node:assert/strict";
import type { ExchangeEvent } from "../../src/server/events.ts";
import { REFUSALS_MAX, RefusedClients } from "../../src/server/refused_clients.ts";
import { makeLease, numberedClient } from "../support/leases_fixture.ts";
import { get, NOW_MS } from "./status_source.ts";

const HOUR_MS = 3_600_000;

const REFUSED: ExchangeEvent = {
  kind: "exchange",
  interfaceName: "eth0",
  request: "DISCOVER",
  xid: 1,
  client: numberedClient(1),
  hostname: "tv",
  outcome: "silence",
  rule: "pool-exhausted",
};

function refusals(...events: readonly (readonly [ExchangeEvent, atMs: number])[]): RefusedClients {
  const refusals = new RefusedClients();
  for (const [event, atMs] of events) refusals.note(event, { monotonicMs: () => atMs });
  return refusals;
}

const numbered = (number: number): ExchangeEvent => ({
  ...REFUSED,
  client: numberedClient(number),
  hostname: undefined,
});

async function page(refusals: RefusedClients): Promise<string> {
  return await (await get({ refusals }, "/")).text();
}

async function inJson(refusals: RefusedClients) {
  const response = await get({ refusals }, "/status");
  return (await response.json())["refused-last-hour"];
}

Deno.test("status: who was refused is told with the reason, how often, and when last", async () => {
  const limited = { ...numbered(2), rule: "limit-reached", limit: "class phones" } as const;
  const told = refusals(
    [REFUSED, NOW_MS - 90_000],
    [REFUSED, NOW_MS - 60_000],
    [limited, NOW_MS - 30_000],
    [{ ...numbered(3), outcome: "NAK", rule: "wrong-network", request: "INIT-REBOOT" }, NOW_MS],
  );
  const text = await page(told);
  assert.match(
    text,
    new RegExp(
      [
        "refused, last hour      on    why                                   times  last",
        "b8:27:eb:00:00:03       eth0  NAK: wrong-network                        1  0s ago",
        "b8:27:eb:00:00:02       eth0  silence: limit-reached: class phones      1  30s ago",
        'b8:27:eb:00:00:01 "tv"  eth0  silence: pool-exhausted                   2  1m ago',
      ].join("\n"),
    ),
  );
  const [nak, , silence] = await inJson(told);
  assert.deepEqual([nak.outcome, nak.rule, nak.request], ["NAK", "wrong-network", "INIT-REBOOT"]);
  assert.deepEqual([silence.mac, silence.hostname, silence.count], ["b8:27:eb:00:00:01", "tv", 2]);
});

Deno.test("status: after an hour a refusal is forgotten, and without any there is no table", async () => {
  const told = refusals([REFUSED, NOW_MS - HOUR_MS], [numbered(2), NOW_MS - HOUR_MS + 1]);
  assert.deepEqual((await inJson(told)).map(({ mac }: { mac: string }) => mac), [
    "b8:27:eb:00:00:02",
  ]);
  const old = refusals([REFUSED, NOW_MS - HOUR_MS]);
  assert.doesNotMatch(await page(old), /refused/);
});

Deno.test("status: whoever is served, or meant another server, was not refused", async () => {
  const served = { ...REFUSED, outcome: "ACK", rule: "renewed" } as const;
  const elsewhere = { ...REFUSED, rule: "other-server-chosen" } as const;
  assert.deepEqual(await inJson(refusals([served, NOW_MS], [elsewhere, NOW_MS])), []);
});

Deno.test("status: of many refusals the newest are told, and strangers cannot fill the memory", async () => {
  const many = refusals(
    ...Array.from(
      { length: REFUSALS_MAX + 50 },
      (_, i) => [numbered(i), NOW_MS - 1000 + i] as const,
    ),
  );
  assert.equal((await inJson(many)).length, REFUSALS_MAX);
  assert.match(
    await page(many),
    /\n10 of 100, newest first; \/status has more\nrefused, last hour/,
  );
});

Deno.test("status: the page says how many leases it leaves out, and where they are", async () => {
  const leases = (count: number) =>
    Array.from(
      { length: count },
      (_, i) =>
        makeLease({ address: `192.168.1.${100 + i}`, client: numberedClient(i), updatedAtMs: i }),
    );
  const text = await (await get({ leases: leases(24) }, "/")).text();
  assert.match(text, /\n10 of 24, newest first; \/leases has all\naddress /);
  assert.doesNotMatch(await (await get({ leases: leases(10) }, "/")).text(), /newest first/);
});
