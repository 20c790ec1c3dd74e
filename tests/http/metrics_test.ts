/** What Prometheus is told. */
import assert from "node:assert/strict";
import { LeaseTable } from "../../src/leases/lease_table.ts";
import { Metrics } from "../../src/server/metrics.ts";
import { type LimitsStatus, RateLimiter } from "../../src/server/rate_limiter.ts";
import { makeLease, makeSubnet } from "../support/leases_fixture.ts";
import { get, ONE_OF_EACH } from "./status_source.ts";

Deno.test("metrics for Prometheus: each a family with its kind, and no words of clients", async () => {
  const metrics = new Metrics();
  metrics.dropped.set("too-short", 3);
  const limits: LimitsStatus = {
    ...new RateLimiter(new LeaseTable([])).status(),
    "alarm": true,
    "offers-yielded": 7,
  };
  const response = await get({ leases: ONE_OF_EACH, metrics, limits }, "/metrics");
  assert.equal(response.headers.get("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  const text = await response.text();
  for (const line of text.trimEnd().split("\n")) {
    assert.match(line, /^(# (HELP|TYPE) sublet_[a-z_]+ .+|sublet_[a-z_]+(\{[^{}]+\})? \d+)$/);
  }
  const samples = text.split("\n").filter((line) => !line.startsWith("#"));
  for (
    const expected of [
      "sublet_uptime_seconds 7200",
      'sublet_dropped_datagrams_total{reason="too-short"} 3',
      "sublet_oversized_datagrams_total 2",
      "sublet_leases 5",
      'sublet_addresses{subnet="192.168.1.0/24",state="quarantined"} 1',
      "sublet_store_ok 1",
      'sublet_rate_limited_total{limit="client"} 0',
      "sublet_offers_yielded_total 7",
      "sublet_leases_shortened_total 0",
      'sublet_rate_limited_total{limit="new-leases-per-pool"} 0',
      "sublet_starvation_alarm 1",
      'sublet_quarantines_total{what="lifted"} 0',
      "sublet_quarantine_alarm 0",
    ]
  ) assert.ok(samples.includes(expected), expected);
  assert.match(text, /^# TYPE sublet_starvation_alarm gauge$/m);
});

Deno.test("while more is asked for than can be given, the page and /healthz say so", async () => {
  const quiet = new RateLimiter(new LeaseTable([])).status();
  const response = await get({ limits: { ...quiet, alarm: true } }, "/healthz");
  assert.equal(response.status, 200);
  assert.match(await response.text(), /^degraded: more is asked for than can be given /);
  const status = await get({ limits: { ...quiet, alarm: true } }, "/status");
  assert.equal((await status.json())["rate-limits"].alarm, true);
});

Deno.test("while a pool has as many addresses in quarantine as it may, the page and /healthz say so", async () => {
  const crowd = {
    subnet: makeSubnet({ pools: ["192.168.1.100-192.168.1.104"] }),
    leases: [101, 102, 103, 104].map((host) =>
      makeLease({ address: `192.168.1.${host}`, state: "declined", expiresAtMs: Infinity })
    ),
  };
  const response = await get(crowd, "/healthz");
  assert.equal(response.status, 200);
  const text = await response.text();
  assert.match(text, /^degraded: 4 of 5 addresses of 192\.168\.1\.0\/24 are in quarantine \(see /);
  const { quarantine } = await (await get(crowd, "/status")).json();
  assert.equal(quarantine.alarm, true);
  assert.match(await (await get(crowd, "/metrics")).text(), /^sublet_quarantine_alarm 1$/m);
  const fewer = { ...crowd, leases: crowd.leases.slice(1) };
  assert.equal(await (await get(fewer, "/healthz")).text(), "ok\n");
});
