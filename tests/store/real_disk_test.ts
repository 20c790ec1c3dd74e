/** The journal on the machine's own file system: modes, and paths that cannot be a journal. */
import assert from "node:assert/strict";
import { readJournal } from "../../src/store/journal_reader.ts";
import { encodeHeader } from "../../src/store/journal_format.ts";
import { openJournal, REPAIR_INTERVAL_MS } from "../../src/store/journal_store.ts";
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
    await Deno.symlink("circle", `${directory}/circle`);
    const cases: readonly [path: string, message: RegExp][] = [
      [directory, /is a directory; set `journal:` to a file in it/],
      ["/dev/null", /is not a regular file; set `journal:` to another path/],
      [`${directory}/file/leases.jsonl`, /a part of the path is a file/],
      [`${directory}/circle`, /its symbolic links lead in a circle/],
    ];
    for (const [path, message] of cases) {
      const problem = { name: "StoreError", exitCode: 74, message };
      await assert.rejects(loadAll(openReal(path)), problem);
      await assert.rejects(readJournal(path, new LeaseList(), createVirtualClock()), problem);
    }
  });
});

/** The leases of a journal that nobody serves. */
async function leasesOf(path: string, ledger: Ledger) {
  const store = openReal(path, ledger);
  const { leases } = await loadAll(store);
  await store.close();
  return leases;
}

/** A journal in the directory, open and with a lease in it. */
async function openWithLease(directory: string) {
  const path = `${directory}/leases.jsonl`;
  const ledger = new Ledger(createVirtualClock());
  const store = openReal(path, ledger);
  await loadAll(store);
  await ledger.commit(store, 1);
  return { path, ledger, store };
}

Deno.test("a second server is refused the journal of a running one, and touches nothing", async () => {
  await withDirectory(async (directory) => {
    const { path, ledger, store: first } = await openWithLease(directory);
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
    const atLock = new RegExp(`cannot lock the journal by ${path}.lock: it is a directory`);
    await assert.rejects(loadAll(openReal(path)), { name: "StoreError", message: atLock });
    await Deno.remove(`${path}.lock`);
    const second = openReal(path, ledger);
    assert.deepEqual(ledger.violations((await loadAll(second)).leases), []);
    await second.close();
  });
});

Deno.test("where lock file and journal are removed, there is still one server that gives leases", async () => {
  await withDirectory(async (directory) => {
    const { path, ledger, store: first } = await openWithLease(directory);
    for (const suffix of [".lock", ""]) await Deno.remove(path + suffix);
    const otherLedger = new Ledger(createVirtualClock());
    const other = openReal(path, otherLedger);
    await loadAll(other);
    await otherLedger.commit(other, 2);

    const owed = ledger.owedCount;
    await ledger.commit(first, 3);
    assert.equal(ledger.owedCount, owed, "no promise while another server has the file");
    assert.match(
      first.health().problem!,
      /another sublet \(process \d+\) has taken it over, .* removed \S+\.lock .*stop one/,
    );
    await other.close();
    ledger.clock.advance(REPAIR_INTERVAL_MS);
    await ledger.commit(first, 4);
    assert.ok(ledger.owedCount > owed, "it has the journal back");
    await assert.rejects(loadAll(openReal(path)), { message: /another sublet/ });
    await first.close();
    assert.deepEqual(ledger.violations(await leasesOf(path, ledger)), []);
  });
});

Deno.test("where only the lock file is removed, a second server finds the journal itself locked", async () => {
  await withDirectory(async (directory) => {
    const { path, ledger, store: first } = await openWithLease(directory);
    await Deno.remove(`${path}.lock`);
    const message = /another sublet uses the file of the lease journal/;
    await assert.rejects(loadAll(openReal(path)), { name: "StoreError", message });
    await ledger.commit(first, 3);
    await first.close();
    assert.deepEqual(ledger.violations(await leasesOf(path, ledger)), []);
  });
});

Deno.test("a lock file that is removed is there again before the next but one second", async () => {
  await withDirectory(async (directory) => {
    const { path, ledger, store } = await openWithLease(directory);
    await Deno.remove(`${path}.lock`);
    ledger.clock.advance(1_000);
    await store.commit([]);
    await assert.rejects(loadAll(openReal(path)), { message: /another sublet/ });
    await store.close();
  });
});

Deno.test("a link to the journal stays one, and the file behind it is replaced", async () => {
  await withDirectory(async (directory) => {
    const [link, file] = [`${directory}/leases.jsonl`, `${directory}/disk/journal`];
    await Deno.symlink("way", link);
    await Deno.symlink("disk/journal", `${directory}/way`); // leads to nothing yet
    const ledger = new Ledger(createVirtualClock());
    for (let life = 0; life < 2; life++) {
      const store = openReal(link, ledger);
      ledger.adopt((await loadAll(store)).leases);
      for (let i = 0; i < 30; i++) await ledger.commit(store, life);
      await assert.rejects(loadAll(openReal(file)), {
        name: "StoreError",
        message: /another sublet/,
      });
      await store.close();
      assert.equal((await Deno.lstat(file)).isFile, true);
      assert.equal(await Deno.readLink(link), "way");
      assert.equal(await Deno.readLink(`${directory}/way`), "disk/journal");
      await Deno.writeTextFile(file, "?\n", { append: true }); // has the next start write it anew
    }
    const names = Array.from(Deno.readDirSync(directory), ({ name }) => name).sort();
    assert.deepEqual(names, ["disk", "leases.jsonl", "way"]);
    assert.deepEqual(ledger.violations(await leasesOf(link, ledger)), []);
  });
});

Deno.test("a link that is led elsewhere takes the journal along, unless another has it", async () => {
  await withDirectory(async (directory) => {
    const link = `${directory}/leases.jsonl`;
    const lead = async (name: string) => {
      await Deno.symlink(name, `${link}.next`);
      await Deno.rename(`${link}.next`, link);
    };
    await lead("old");
    const ledger = new Ledger(createVirtualClock());
    const store = openReal(link, ledger);
    await loadAll(store);
    await ledger.commit(store, 1, 2);
    await lead("new");
    await ledger.commit(store, 3);
    const refused = { name: "StoreError", message: /another sublet/ };
    await assert.rejects(loadAll(openReal(`${directory}/new`)), refused);
    const other = openReal(`${directory}/old`);
    assert.equal((await loadAll(other)).leases.length, 3, "appended before the look");

    await lead("old");
    const owed = ledger.owedCount;
    await ledger.commit(store, 4);
    assert.equal(ledger.owedCount, owed, "no promise while another server has the file");
    assert.match(store.health().problem!, /another sublet .* uses the lease journal/);
    await Promise.all([store.close(), other.close()]);
    assert.deepEqual(ledger.violations(await leasesOf(`${directory}/new`, ledger)), []);
  });
});
