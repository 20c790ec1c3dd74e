import assert from "node:assert/strict";
import { createApp } from "../../src/http/app.ts";
import { formatMetrics } from "../../src/http/metrics_text.ts";
import { findTrouble, formatStatus, reportStatus } from "../../src/http/status_report.ts";
import { Turns } from "../../src/http/turns.ts";
import { LeaseRows } from "../../src/leases/lease_rows.ts";
import { NEWEST_MAX } from "../../src/leases/newest_rows.ts";
import type { StatusSource } from "../../src/server/status.ts";
import { countCalls } from "../support/count_calls.ts";
import { makeLease, makeSubnet, numberedClient } from "../support/leases_fixture.ts";
import { makeSource, NOW_MS, OPEN } from "./status_source.ts";

/** Keeps the thread for a while, as the making of a page does. */
function workFor(milliseconds: number): void {
  const endMs = performance.now() + milliseconds;
  while (performance.now() < endMs);
}

Deno.test("of many who ask at once, one is served at a time, in their order", async () => {
  const turns = new Turns();
  const done: number[] = [];
  let underWay = 0;
  const work = async (n: number) => {
    underWay++;
    await Promise.resolve();
    assert.equal(underWay, 1);
    underWay--;
    done.push(n);
    if (n === 3) throw new Error("this page failed");
    return n;
  };
  const results = await Promise.allSettled(
    [0, 1, 2, 3, 4, 5].map((n) => turns.take(() => work(n))),
  );
  assert.deepEqual(done, [0, 1, 2, 3, 4, 5]);
  assert.deepEqual(results.map(({ status }) => status === "rejected"), [
    ...[false, false, false],
    ...[true, false, false],
  ]);
});

Deno.test("after a turn there is as much time for packets as it took", async () => {
  const turns = new Turns();
  const busy: (readonly [startMs: number, endMs: number])[] = [];
  const work = () => {
    const startMs = performance.now();
    workFor(20);
    busy.push([startMs, performance.now()]);
  };
  await Promise.all(Array.from({ length: 4 }, () => turns.take(work)));
  for (let i = 1; i < busy.length; i++) {
    const [startMs, endMs] = busy[i - 1]!;
    const restMs = busy[i]![0] - endMs;
    assert.ok(restMs >= 0.9 * (endMs - startMs), `a rest of ${restMs.toFixed(1)} ms`);
  }
});

const MANY = 20_000;
const WIDE = makeSubnet({ subnet: "10.0.0.0/16", pools: ["10.0.0.1-10.0.255.254"] });

function crowdedSource(): StatusSource {
  const leases = Array.from({ length: MANY }, (_, n) =>
    makeLease({
      address: WIDE.cidr.network + 1 + n,
      client: numberedClient(n),
      updatedAtMs: MANY - n,
      expiresAtMs: NOW_MS + 60_000,
    }));
  return makeSource({ subnet: WIDE, leases });
}

Deno.test("a list of leases is made piece by piece, and a short page comes in between", async () => {
  const app = createApp(crowdedSource(), OPEN);
  const reader = (await app.request("/leases")).body!.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let pieces = 0;
  for (;;) {
    const piece = reader.read();
    if (pieces === 1) assert.equal(await (await app.request("/healthz")).text(), "ok\n");
    const { value } = await piece;
    if (value === undefined) break;
    text += decoder.decode(value, { stream: true });
    pieces++;
  }
  assert.equal(JSON.parse(text).length, MANY);
  assert.ok(pieces > 4, `${pieces} pieces`);
});

Deno.test("no page but the list of leases looks at more records than it shows", () => {
  const source = crowdedSource();
  for (const page of [formatStatus, reportStatus, formatMetrics, findTrouble]) {
    for (const look of ["hasLease", "lease", "isActive", "isOpen"] as const) {
      const calls = countCalls(LeaseRows.prototype, look, () => page(source));
      assert.ok(calls <= 2 * NEWEST_MAX, `${page.name}: ${calls} calls of ${look}`);
    }
  }
});
