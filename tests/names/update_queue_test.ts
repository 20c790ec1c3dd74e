/** The queue of changes: one job for each address, in order, bounded. */
import assert from "node:assert/strict";
import { nameChangeOf, type NamedLease } from "../../src/names/registration.ts";
import { JOBS_MAX, RETRY_MS_MAX, RETRY_MS_MIN, UpdateQueue } from "../../src/names/update_queue.ts";
import { ip, makeLease, numberedClient } from "../support/leases_fixture.ts";

const lease = (name: string, number = 1, address = "10.0.0.1"): NamedLease => ({
  ...makeLease({ address, client: numberedClient(number) }),
  name: `${name}.home.arpa`,
});
const come = (it: NamedLease) => ({ address: it.address, gone: undefined, come: it });
const gone = (it: NamedLease) => ({ address: it.address, gone: it, come: undefined });
const names = (leases: readonly NamedLease[]) => leases.map(({ name }) => name.split(".")[0]);

Deno.test("changes of one address become one job, and what may be in DNS by then goes", () => {
  const queue = new UpdateQueue();
  queue.add(come(lease("a")));
  queue.add({ ...come(lease("b")), gone: lease("a") });
  queue.add(gone(lease("b")));
  queue.add(come(lease("c", 2)));
  assert.equal(queue.size, 1);
  const job = queue.take(0)!;
  assert.deepEqual([names(job.gone), job.come?.name], [["a", "b"], "c.home.arpa"]);
  assert.equal(queue.take(0), undefined);
});

Deno.test("what comes back before it was taken out is not taken out", () => {
  const queue = new UpdateQueue();
  queue.add(gone(lease("a")));
  queue.add(come(lease("a")));
  assert.deepEqual(queue.take(0)!.gone, []);
});

Deno.test("an address has one job under way, and a failed one is merged with what came since", () => {
  const queue = new UpdateQueue();
  queue.add(come(lease("a")));
  const job = queue.take(0)!;
  queue.add({ ...come(lease("b")), gone: lease("a") });
  assert.equal(queue.take(0), undefined, "its first job is under way");
  queue.failed(job, 0);
  assert.equal(queue.take(RETRY_MS_MIN - 1), undefined);
  const again = queue.take(RETRY_MS_MIN)!;
  assert.deepEqual([names(again.gone), again.come?.name], [["a"], "b.home.arpa"]);
  queue.done(again);
  assert.equal(queue.size, 0);
});

Deno.test("a job that fails waits twice as long each time, up to a limit, or until all is well", () => {
  const queue = new UpdateQueue();
  queue.add(come(lease("a")));
  let nowMs = 0;
  const waits: number[] = [];
  for (let i = 0; i < 12; i++) {
    queue.failed(queue.take(nowMs)!, nowMs);
    waits.push(queue.nextAtMs() - nowMs);
    nowMs = queue.nextAtMs();
  }
  assert.deepEqual(waits.slice(0, 3), [RETRY_MS_MIN, 2 * RETRY_MS_MIN, 4 * RETRY_MS_MIN]);
  assert.equal(waits.at(-1), RETRY_MS_MAX);
  queue.failed(queue.take(nowMs)!, nowMs);
  queue.retryNow();
  assert(queue.take(nowMs) !== undefined);
});

Deno.test("no more jobs are taken than there is room for, and no more names of an address", () => {
  const queue = new UpdateQueue();
  for (let i = 0; i < JOBS_MAX; i++) assert(queue.add({ ...come(lease("a")), address: i }));
  assert(!queue.add({ ...come(lease("a")), address: JOBS_MAX }));
  assert(queue.add({ ...come(lease("b")), address: 0 }), "an address that waits has its place");
  const full = new UpdateQueue();
  for (let i = 0; i < 1_000; i++) full.add(gone(lease(`n${i}`)));
  assert.equal(full.take(0)!.gone.length, 8);
});

Deno.test("renewals that change nothing of a name make no job", () => {
  const held = lease("a");
  const later = { ...held, updatedAtMs: 10, expiresAtMs: held.expiresAtMs + 10 };
  assert.equal(nameChangeOf(held, later, 10), undefined);
  assert.deepEqual(nameChangeOf(held, { ...later, name: "b.home.arpa" }, 10)?.gone, held);
  assert.deepEqual(nameChangeOf(undefined, held, 0)?.come, held);
  const released = { ...held, state: "released" as const, expiresAtMs: 10 };
  assert.deepEqual(nameChangeOf(held, released, 10), {
    address: ip("10.0.0.1"),
    gone: held,
    come: undefined,
  });
  const plain = makeLease({ address: "10.0.0.1" });
  assert.equal(nameChangeOf(plain, plain, 10), undefined);
});
