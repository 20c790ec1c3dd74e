import assert from "node:assert/strict";
import { ClockWatch } from "../../src/server/clock_watch.ts";
import { createVirtualClock } from "../support/virtual_clock.ts";

Deno.test("a step of the wall clock is told once; time that passes, and slewing, are not", () => {
  const clock = createVirtualClock();
  const watch = new ClockWatch(clock);
  clock.advance(3_600_000);
  assert.equal(watch.look(), undefined);
  clock.stepWall(500);
  assert.equal(watch.look(), undefined);
  clock.stepWall(-2 * 3_600_000);
  assert.equal(watch.look(), "the clock was set back by 2h; leases go on as they were");
  assert.equal(watch.look(), undefined);
  clock.stepWall(24 * 3_600_000);
  assert.equal(watch.look(), "the clock was set forward by 1d; leases go on as they were");
});
