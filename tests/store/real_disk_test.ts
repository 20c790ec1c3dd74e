/** The journal on the machine's own file system: modes, and paths that cannot be a journal. */
import assert from "node:assert/strict";
import { readJournal } from "../../src/store/journal_reader.ts";
import { encodeHeader } from "../../src/store/journal_format.ts";
import { openJournal } from "../../src/store/journal_store.ts";
import { LeaseList, loadAll } from "../support/lease_list.ts";
import { createVirtualClock } from "../support/virtual_clock.ts";
import { Ledger } from "./ledger.ts";

/** Runs in a directory that is removed afterwards. */
async function withDirectory(run: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await run(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

function openReal(path: string, ledger = new Ledger(createVirtualClock())) {
  const { clock, snapshot } = ledger;
  return openJournal({ path, clock, snapshot, compactionLinesMin: 20 });
}

Deno.test("all files are for their owner alone, before and after compaction", async () => {
  await withDirectory(async (directory) => {
    const path = `${directory}/a/b/leases.jsonl`;
    const mode = async (it: string) => (await Deno.stat(it)).mode! & 0o777;
    const ledger = new Ledger(createVirtualClock());
    const store = openReal(path, ledger);
    await loadAll(store);
    assert.deepEqual(
      [await mode(`${directory}/a`), await mode(`${directory}/a/b`), await mode(path)],
      [0o711, 0o711, 0o600],
    );
    for (let i = 0; i < 30; i++) await ledger.commit(store, 1);
    await store.close();
    assert.equal(await mode(path), 0o600);
    await Deno.writeTextFile(path, "?\n", { append: true });
    const again = openReal(path, ledger);
    const { leases, remarks } = await loadAll(again);
    await again.close();
    assert.deepEqual(ledger.violations(leases), []);
    assert.equal(remarks.length, 2);
    assert.deepEqual([await mode(path), await mode(`${path}.rejected`)], [0o600, 0o600]);
  });
});

Deno.test("where bad lines cannot be kept, the start says so and changes no line", async () => {
  await withDirectory(async (directory) => {
    const path = `${directory}/leases.jsonl`;
    await Deno.mkdir(`${path}.rejected`);
    const text = `${encodeHeader(0)}?\n`;
    await Deno.writeTextFile(path, text);
    const message = /leases\.jsonl\.rejected: it is a directory; move it away/;
    await assert.rejects(loadAll(openReal(path)), { name: "StoreError", message });
    assert.equal(await Deno.readTextFile(path), text);
  });
});

Deno.test("a path that cannot be a journal is refused with a word on what to do", async () => {
  await withDirectory(async (directory) => {
    await Deno.writeTextFile(`${directory}/file`, "");
    const cases: readonly [path: string, message: RegExp][] = [
      [directory, /is a directory; set `journal:` to a file in it/],
      ["/dev/null", /is not a regular file; set `journal:` to another path/],
      [`${directory}/file/leases.jsonl`, /a part of the path is a file/],
    ];
    for (const [path, message] of cases) {
      const problem = { name: "StoreError", exitCode: 74, message };
      await assert.rejects(loadAll(openReal(path)), problem);
      await assert.rejects(readJournal(path, new LeaseList(), createVirtualClock()), problem);
    }
  });
});

Deno.test("a second server is refused the journal of a running one, and touches nothing", async () => {
  await withDirectory(async (directory) => {
    const path = `${directory}/leases.jsonl`;
    const ledger = new Ledger(createVirtualClock());
    const first = openReal(path, ledger);
    await loadAll(first);
    await ledger.commit(first, 1);
    await Deno.writeTextFile(`${path}.new`, "what the first one is writing");
    await assert.rejects(loadAll(openReal(path)), {
      name: "StoreError",
      exitCode: 74,
      message: `another sublet (process ${Deno.pid}) uses the lease journal ${path}; stop it, or ` +
        "set `journal:` to another path",
    });
    assert.equal(await Deno.readTextFile(`${path}.new`), "what the first one is writing");
    await first.close();
    await Deno.rename(`${path}.lock`, `${directory}/mine`);
    await Deno.mkdir(`${path}.lock`);
    const atLock = new RegExp(`cannot open the lease journal ${path}.lock: it is a directory`);
    await assert.rejects(loadAll(openReal(path)), { name: "StoreError", message: atLock });
    await Deno.remove(`${path}.lock`);
    const second = openReal(path, ledger);
    assert.deepEqual(ledger.violations((await loadAll(second)).leases), []);
    await second.close();
  });
});
