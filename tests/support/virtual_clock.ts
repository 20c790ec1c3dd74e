/** A clock that stands still until a test moves it; monotonic and wall time move apart at will. */
import assert from "node:assert/strict";
import type { Clock } from "../../src/store/clock.ts";

export interface VirtualClock extends Clock {
  /** Lets time pass: both clocks go forward by `ms` (0 or more). */
  advance(ms: number): void;
  /** Steps the wall clock alone by `ms`, either way, as NTP or an operator does. */
  stepWall(ms: number): void;
  /** Sets the wall clock alone, in milliseconds since 1970. */
  setWall(wallMs: number): void;
  /** Sets the monotonic clock alone; a new boot starts it again from anywhere. */
  setMonotonic(monotonicMs: number): void;
}

/** Where a virtual clock starts unless told: 2026-11-22T08:00:00Z, and a minute after boot. */
export const VIRTUAL_WALL_MS = Date.UTC(2026, 10, 22, 8, 0, 0);
export const VIRTUAL_MONOTONIC_MS = 60_000;

/** Makes a clock that reads `start` (milliseconds, each defaulting to the constants above). */
export function createVirtualClock(
  start: { monotonicMs?: number; wallMs?: number } = {},
): VirtualClock {
  let monotonic = start.monotonicMs ?? VIRTUAL_MONOTONIC_MS;
  let wall = start.wallMs ?? VIRTUAL_WALL_MS;
  return {
    monotonicMs: () => monotonic,
    wallMs: () => wall,
    advance(ms) {
      assert.ok(ms >= 0, "monotonic time does not run backwards");
      monotonic += ms;
      wall += ms;
    },
    stepWall(ms) {
      wall += ms;
    },
    setWall(wallMs) {
      wall = wallMs;
    },
    setMonotonic(monotonicMs) {
      monotonic = monotonicMs;
    },
  };
}
