import assert from "node:assert/strict";
import {
  bindSocket,
  bootTimeMs,
  clearEvent,
  closeFd,
  openEvent,
  openUdp,
  receiveMessage,
  sendMessage,
  signalEvent,
  SystemCallError,
} from "../../src/link/libc.ts";
import { PollSet } from "../../src/link/poll_set.ts";
import { systemClock } from "../../src/server/clock.ts";

// libc is loaded once, on first use; before the first test, whose leak check would count it.
bootTimeMs();

const buffer = new Uint8Array(new ArrayBuffer(64));

Deno.test("the monotonic clock counts whole milliseconds since boot, through suspend", () => {
  // The first number of /proc/uptime is CLOCK_BOOTTIME too, in hundredths of a second.
  const before = Number(Deno.readTextFileSync("/proc/uptime").split(" ")[0]) * 1000;
  const now = systemClock.monotonicMs();
  const after = Number(Deno.readTextFileSync("/proc/uptime").split(" ")[0]) * 1000;
  assert.ok(Number.isInteger(now));
  assert.ok(before <= now && now <= after + 10, `${before} <= ${now} <= ${after}`);
});

Deno.test("the errno of a failed call has its name", () => {
  const fd = openUdp();
  try {
    assert.equal(receiveMessage(fd, buffer), "EAGAIN");
    assert.equal(sendMessage(fd, buffer), "errno 89");
    const address = new Uint8Array(new ArrayBuffer(1));
    const refused = (error: unknown) => {
      assert.ok(error instanceof SystemCallError);
      assert.deepEqual([error.call, error.errno, error.message], [
        "bind",
        "EINVAL",
        "bind: EINVAL",
      ]);
      return true;
    };
    assert.throws(() => bindSocket(fd, address), refused);
  } finally {
    closeFd(fd);
  }
});

Deno.test("an event wakes a pending poll, and wakes no more once it is cleared", async () => {
  const [quiet, signalled] = [{ fd: openEvent() }, { fd: openEvent() }];
  const pollSet = new PollSet([], [quiet, signalled]);
  const pending = pollSet.wait();
  signalEvent(signalled.fd);
  await pending;
  assert.deepEqual(pollSet.ready(0), [signalled]);

  clearEvent(signalled.fd);
  signalEvent(quiet.fd);
  await pollSet.wait();
  assert.deepEqual(pollSet.ready(0), [quiet]);
  closeFd(quiet.fd);
  closeFd(signalled.fd);
});

Deno.test("ready descriptors are told in order from another one each turn", async () => {
  const holders = [{ fd: openEvent() }, { fd: openEvent() }, { fd: openEvent() }];
  for (const { fd } of holders) signalEvent(fd);
  const pollSet = new PollSet([], holders);
  await pollSet.wait();
  const order = (turn: number) => pollSet.ready(turn).map((holder) => holders.indexOf(holder));
  assert.deepEqual([order(0), order(1), order(5)], [[0, 1, 2], [1, 2, 0], [2, 0, 1]]);
  for (const { fd } of holders) closeFd(fd);
});
