/**
 * A journal in a directory where another user may make files: no link that he puts there has the
 * server write to, or change the rights of, any other file. And one file is one server's.
 */
import assert from "node:assert/strict";
import { encodeHeader } from "../../src/store/journal_format.ts";
import { changeDirectory } from "../../src/store/disk.ts";
import { openJournal } from "../../src/store/journal_store.ts";
import { loadAll } from "../support/lease_list.ts";
import { createVirtualClock } from "../support/virtual_clock.ts";
import { Ledger } from "./ledger.ts";

const PRECIOUS = "root:x:0:0\n";

/** A directory with a journal to be, and a file elsewhere that nobody is to touch. */
async function withPrecious(run: (path: string, precious: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${directory}/shared`);
    const precious = `${directory}/precious`;
    await Deno.writeTextFile(precious, PRECIOUS, { mode: 0o600 });
    await run(`${directory}/shared/leases.jsonl`, precious);
    assert.equal(await Deno.readTextFile(precious), PRECIOUS);
    assert.equal((await Deno.stat(precious)).mode! & 0o777, 0o600);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

function openReal(path: string, ledger = new Ledger(createVirtualClock())) {
  const { clock, snapshot } = ledger;
  return openJournal({ path, clock, snapshot, compactionLinesMin: 20 });
}

for (const [kind, link] of [["symbolic", Deno.symlink], ["hard", Deno.link]] as const) {
  Deno.test(`a ${kind} link in the place of the lock file is not written through`, async () => {
    await withPrecious(async (path, precious) => {
      await link(precious, `${path}.lock`);
      const message = /cannot lock the journal by \S+\.lock: it is a link to .*; remove it/;
      await assert.rejects(loadAll(openReal(path)), { name: "StoreError", message });
    });
  });

  Deno.test(`a ${kind} link in the place of the rejected lines gets none of them`, async () => {
    await withPrecious(async (path, precious) => {
      const text = `${encodeHeader(0)}* * * * * root reboot\n`;
      await Deno.writeTextFile(path, text);
      await link(precious, `${path}.rejected`);
      const message = /cannot keep the bad lines .*\.rejected: it is a link to .*; remove it/;
      await assert.rejects(loadAll(openReal(path)), { name: "StoreError", message });
      assert.equal(await Deno.readTextFile(path), text, "and no line is lost");
    });
  });

  Deno.test(`a ${kind} link in the place of the new journal is removed, not followed`, async () => {
    await withPrecious(async (path, precious) => {
      await link(precious, `${path}.new`);
      const store = openReal(path);
      await loadAll(store);
      await store.close();
      assert.equal((await Deno.lstat(path)).isFile, true);
    });
  });
}

Deno.test("a link to nothing in the place of the lock file makes no file there", async () => {
  await withPrecious(async (path, precious) => {
    await Deno.symlink(`${precious}.d`, `${path}.lock`);
    await assert.rejects(loadAll(openReal(path)), { name: "StoreError", message: /is a link/ });
    await assert.rejects(Deno.lstat(`${precious}.d`), Deno.errors.NotFound);
  });
});

Deno.test("the mode of a new directory is not given to what a link in its place leads to", async () => {
  await withPrecious(async (path, precious) => {
    await Deno.symlink(precious, path);
    await assert.rejects(changeDirectory(path, (directory) => directory.chmod(0o711)));
  });
});

Deno.test("of two names of one journal, one is served, before and after a compaction", async () => {
  await withPrecious(async (path) => {
    const ledger = new Ledger(createVirtualClock());
    const store = openReal(path, ledger);
    await loadAll(store);
    const other = `${path}.other`;
    const refused = { name: "StoreError", message: /another sublet uses the file .*hard link/ };
    const assertRefused = async () => {
      await Deno.link(path, other);
      const before = await Deno.readTextFile(path);
      await assert.rejects(loadAll(openReal(other)), refused);
      assert.equal(await Deno.readTextFile(path), before);
      await Deno.remove(other);
    };
    await assertRefused();
    for (let i = 0; i < 30; i++) await ledger.commit(store, 1);
    await assertRefused();
    await store.close();
    await Deno.link(path, other);
    const next = openReal(other, ledger);
    assert.deepEqual(ledger.violations((await loadAll(next)).leases), []);
    await next.close();
  });
});
