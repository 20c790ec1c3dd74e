/** What the lines of a journal say of the time, of which none is believed alone. */
import assert from "node:assert/strict";
import { measureSteps, Timeline } from "../../src/store/timeline.ts";

const HOUR = 3_600_000;
const THEN = Date.UTC(2026, 10, 22);

/** Told by a line each: a number is an instant, a pair a step to the first from the second. */
type Told = number | readonly [at: number, was: number, isCopy?: boolean];

function read(told: readonly Told[], measured?: readonly number[]): Timeline {
  const timeline = new Timeline(measured);
  told.forEach((line, i) => {
    if (typeof line !== "number") {
      const [at, was, isCopy = false] = line;
      return timeline.takeStep(at, was, isCopy);
    }
    timeline.settle();
    timeline.takeInstant(line, i + 1);
  });
  timeline.settle();
  return timeline;
}

/** As a journal is read: a second time, where it is needed. */
function readTwice(told: readonly Told[], wallNow: number): Timeline {
  const { eras } = read(told);
  return read(told, measureSteps(eras, wallNow));
}

const A = [THEN, HOUR] as const;
const COPY = [...A, true] as const;
const OTHER = [THEN + HOUR, HOUR, true] as const;

Deno.test("a step is what two of the lines say that follow each other", () => {
  const agreeing: readonly (readonly Told[])[] = [
    [A, COPY, COPY],
    [A, COPY],
    [COPY, COPY],
    [OTHER, COPY, COPY],
    [A, OTHER, COPY],
    [A, COPY, OTHER],
  ];
  for (const lines of agreeing) {
    const { stepsMs, eras } = read([HOUR, ...lines, THEN]);
    assert.deepEqual([stepsMs, eras], [THEN - HOUR, []], JSON.stringify(lines));
  }
});

Deno.test("two steps that follow each other both count", () => {
  const back = [HOUR, THEN] as const;
  const { stepsMs, eras } = read([HOUR, A, COPY, COPY, back, [...back, true], [...back, true]]);
  assert.deepEqual([stepsMs, eras], [0, []]);
});

Deno.test("a step counts once, wherever a copy of its lines is", () => {
  const block = [A, COPY, COPY];
  const later = [HOUR, ...block, THEN, THEN + HOUR];
  for (
    const lines of [
      [HOUR, ...block, ...block, THEN, THEN + HOUR],
      [HOUR, ...block, COPY, COPY, THEN, THEN + HOUR],
      [HOUR, ...block, THEN, ...block, THEN + HOUR],
      [...later, ...block],
      [...later, COPY],
      [...later, A],
    ]
  ) {
    const { stepsMs, span, eras } = read(lines);
    const what = JSON.stringify(lines);
    assert.deepEqual([stepsMs, eras, span.newestMs], [THEN - HOUR, [], 2 * HOUR], what);
  }
});

Deno.test("of a step that one line tells, it is believed that there was one", () => {
  for (const step of [[THEN, 2 * HOUR], [THEN - HOUR, HOUR], [0, 0], [9 * THEN, -THEN]] as const) {
    const { stepsMs } = readTwice([HOUR, 2 * HOUR, step, THEN, THEN + HOUR], THEN + 2 * HOUR);
    // From the second last before it to the second after it, no time passes.
    assert.equal(stepsMs, THEN + HOUR - HOUR);
  }
});

Deno.test("with less than two lines after the last step no time passes after it", () => {
  for (const after of [[], [THEN], [0], [9 * THEN]]) {
    const { stepsMs } = readTwice([HOUR, HOUR, [THEN, HOUR], ...after], THEN + 7 * HOUR);
    assert.equal(THEN + 7 * HOUR - stepsMs, HOUR);
  }
});

Deno.test("a step before which nothing is, or a second in the same place, moves nothing", () => {
  assert.equal(readTwice([[THEN, 0], THEN, THEN], THEN).stepsMs, 0);
  const once = readTwice([HOUR, HOUR, [THEN, HOUR], THEN, THEN], THEN);
  const twice = readTwice([HOUR, HOUR, [THEN, HOUR], [0, THEN], THEN, THEN], THEN);
  assert.equal(twice.stepsMs, once.stepsMs);
});

Deno.test("a time that was passed is told by two lines; who tells a later one is known", () => {
  const { span } = read([THEN, THEN + HOUR, THEN + 9 * HOUR, THEN + HOUR]);
  assert.equal(span.secondNewestMs, THEN + HOUR);
  assert.deepEqual([span.newestMs, span.newestLine], [THEN + 9 * HOUR, 3]);
});

Deno.test("millions of steps take no memory", () => {
  const told = Array.from({ length: 5_000 }, (_, i): Told[] => [[i, -i], i]).flat();
  assert.ok(read(told).eras.length <= 1_001);
});
