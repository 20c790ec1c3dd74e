/** However much a file has, and of whatever it is, its reader needs little memory. */
import assert from "node:assert/strict";
import { encodeHeader, encodeLease } from "../../src/store/journal_format.ts";
import { rejectedPathOf } from "../../src/store/journal_file.ts";
import { openJournal } from "../../src/store/journal_store.ts";
import { loadAll } from "../support/lease_list.ts";
import { makeLease } from "../support/leases_fixture.ts";
import { subletCommand } from "../support/program.ts";
import { createVirtualClock } from "../support/virtual_clock.ts";

const LINES = 1_000_000;
const MIB_MAX = 200;

/** What `sublet leases` prints of a journal, and how much memory that took at most. */
async function readWith(journal: string): Promise<{ mib: number; stdout: string }> {
  const [program, ...args] = [...subletCommand(), "leases", "--journal", journal];
  const child = new Deno.Command(program!, {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let mib = 0;
  const timer = setInterval(() => {
    try {
      const status = Deno.readTextFileSync(`/proc/${child.pid}/status`);
      mib = Math.max(mib, Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024);
    } catch {
      // It has ended.
    }
  }, 20);
  const { success, stdout } = await child.output();
  clearInterval(timer);
  assert.ok(success);
  return { mib, stdout: new TextDecoder().decode(stdout) };
}

Deno.test({
  name: "millions of bad lines take no memory, when they are read and when they are put aside",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const directory = await Deno.makeTempDir();
    try {
      const path = `${directory}/leases.jsonl`;
      const nowMs = Date.now();
      const lease = makeLease({ address: "10.0.0.1", updatedAtMs: nowMs });
      await Deno.writeTextFile(path, encodeHeader(nowMs) + encodeLease(lease, 0));
      await Deno.writeTextFile(path, "{}\n".repeat(LINES), { append: true });
      const { mib, stdout } = await readWith(path);
      assert.match(stdout, /10\.0\.0\.1/);
      assert.ok(mib > 10 && mib < MIB_MAX, `${mib} MiB to read`);

      const before = Deno.memoryUsage().external;
      const store = openJournal({
        path,
        clock: createVirtualClock({ wallMs: nowMs }),
        snapshot: () => [],
      });
      const { leases, remarks } = await loadAll(store);
      await store.close();
      assert.equal(leases.length, 1);
      assert.match(remarks.join("\n"), /999990 more lines skipped/);
      assert.equal((await Deno.stat(rejectedPathOf(path))).size, 3 * LINES);
      const grownMib = (Deno.memoryUsage().external - before) / 2 ** 20;
      assert.ok(grownMib < 20, `${grownMib} MiB more outside of the heap`);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});
