/** The small parts: durations, ranges, words. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { findOverlaps, intersects, subtractRanges } from "../../src/config/address_range.ts";
import type { AddressRange } from "../../src/config/config.ts";
import {
  DURATION_PATTERN,
  DURATION_SECONDS_MAX,
  formatDuration,
  parseDuration,
} from "../../src/config/duration.ts";
import { explain, nearest, packAll, quote, unpackAll } from "../../src/config/explanation.ts";
import { readYaml } from "../../src/config/yaml_source.ts";
import { countCalls } from "../support/count_calls.ts";

Deno.test("durations are sums of weeks, days, hours, minutes and seconds", () => {
  const rows: [string, number | undefined][] = [
    ["90s", 90],
    ["30m", 1800],
    ["12h", 43_200],
    ["7d", 604_800],
    ["1w", 604_800],
    ["1h30m", 5400],
    ["1w2d3h4m5s", 788_645],
    ["0s", 0],
    ["infinite", Infinity],
    [`${"9".repeat(400)}s`, Number.MAX_VALUE],
    ["", undefined],
    ["12", undefined],
    ["h", undefined],
    ["1h1h", undefined],
    ["1m1h", undefined],
    ["1.5h", undefined],
    ["-1h", undefined],
    [" 1h", undefined],
    ["1 h", undefined],
    ["Infinite", undefined],
  ];
  for (const [text, seconds] of rows) {
    assert.equal(parseDuration(text), seconds, text);
    assert.equal(new RegExp(DURATION_PATTERN).test(text), seconds !== undefined, text);
  }
});

Deno.test("property: a duration that is written reads as what it was", () => {
  const seconds = fc.oneof(
    fc.integer({ min: 0, max: DURATION_SECONDS_MAX }),
    fc.constant(Infinity),
  );
  fc.assert(fc.property(seconds, (value) => {
    assert.equal(parseDuration(formatDuration(value)), value);
  }));
});

const smallRange: fc.Arbitrary<AddressRange> = fc.tuple(fc.nat(60), fc.nat(12))
  .map(([first, length]) => ({ first, last: first + length }));

function members(ranges: readonly AddressRange[]): number[] {
  return ranges.flatMap(({ first, last }) =>
    Array.from({ length: last - first + 1 }, (_, i) => first + i)
  );
}

Deno.test("property: subtracting ranges leaves every address that is in no hole, once", () => {
  fc.assert(fc.property(fc.array(smallRange), fc.array(smallRange), (ranges, holes) => {
    const disjoint = subtractRanges([{ first: 0, last: 80 }], ranges);
    const gone = new Set(members(holes));
    const left = members(subtractRanges(disjoint.toReversed(), holes));
    assert.deepEqual(left, members(disjoint).filter((address) => !gone.has(address)));
  }));
});

Deno.test("property: every range that overlaps another is in a pair that overlaps", () => {
  fc.assert(fc.property(fc.array(smallRange), (ranges) => {
    const pairs = findOverlaps(ranges);
    assert.ok(pairs.every(([a, b]) => a !== b && intersects(a, b)));
    assert.ok(pairs.length <= Math.max(ranges.length - 1, 0));
    const overlapping = ranges.filter((a) => ranges.some((b) => a !== b && intersects(a, b)));
    const paired = new Set(pairs.flat());
    assert.deepEqual(ranges.filter((range) => paired.has(range)), overlapping);
  }));
});

Deno.test("the nearest word is meant, when it is near", () => {
  const words = ["lease-time", "offer-time", "options", "subnets", "mac"];
  assert.equal(nearest("lease-tiem", words), "lease-time");
  assert.equal(nearest("leasetime", words), "lease-time");
  assert.equal(nearest("subnet", words), "subnets");
  assert.equal(nearest("mca", words), "mac");
  assert.equal(nearest("ip", words), undefined);
  assert.equal(nearest("colour", words), undefined);
  assert.equal(nearest("", words), undefined);
  assert.equal(nearest("x".repeat(10_000), words), undefined);
});

Deno.test("property: explanations come out of a packed text as they went in", () => {
  const text = fc.array(fc.integer({ min: 0, max: 0xff })).map((units) =>
    quote(String.fromCharCode(...units))
  );
  const explanation = fc.tuple(text, fc.option(text, { nil: undefined }))
    .map(([message, hint]) => explain(message, hint));
  fc.assert(fc.property(fc.array(explanation, { minLength: 1 }), (explanations) => {
    assert.deepEqual(unpackAll(packAll(explanations)), explanations);
  }));
});

Deno.test("a map of a file is walked once, however many of its keys are looked for", () => {
  const keys = Array.from({ length: 1_000 }, (_, i) => `k${i}`);
  const source = readYaml(keys.map((key) => `${key}: 1\n`).join(""));
  assert("locate" in source);
  const find = () => {
    for (const [i, key] of keys.entries()) {
      assert.deepEqual(source.locate([key], "key"), { line: i + 1, column: 1 });
    }
  };
  for (const walk of ["find", "findLast", "findIndex", "filter", "map", "forEach"] as const) {
    assert.ok(countCalls(Array.prototype, walk, find) <= 1, walk);
  }
});
