/** What a start makes of a file that does not begin or end as the server writes it. */
import assert from "node:assert/strict";
import { encodeClockStep, encodeHeader, encodeLease } from "../../src/store/journal_format.ts";
import { readJournal } from "../../src/store/journal_reader.ts";
import { openJournal } from "../../src/store/journal_store.ts";
import { FaultyDisk } from "../support/faulty_disk.ts";
import { LeaseList, loadAll } from "../support/lease_list.ts";
import { dotted, makeLease } from "../support/leases_fixture.ts";
import { createVirtualClock } from "../support/virtual_clock.ts";
import { withoutSums } from "../support/sealed_lines.ts";
import { HOUR_MS, PATH } from "./journal_scene.ts";

const WALL_MS = Date.UTC(2026, 10, 22, 8, 0, 0);

/** Opens the journal, and has its store beside what was in it. */
async function load(disk: FaultyDisk, clock = createVirtualClock()) {
  const store = openJournal({ path: PATH, clock, snapshot: () => [], disk });
  return { store, ...await loadAll(store) };
}

Deno.test("a torn last line is cut off at every byte of it, and said so", async () => {
  const whole = encodeHeader(WALL_MS) + encodeLease(makeLease({ address: "10.0.0.1" }), WALL_MS);
  const last = encodeLease(makeLease({ address: "10.0.0.2", hostname: "Pi \u{1f967}" }), WALL_MS);
  const bytes = new TextEncoder().encode(last);
  for (let length = 0; length < bytes.length - 1; length++) {
    const disk = new FaultyDisk();
    const head = new TextEncoder().encode(whole);
    disk.plant(PATH, new Uint8Array([...head, ...bytes.subarray(0, length)]));
    const { leases, remarks } = await load(disk);
    assert.deepEqual(leases.map((it) => dotted(it.address)), ["10.0.0.1"], `${length} bytes`);
    assert.deepEqual(
      remarks,
      length === 0 ? [] : [
        `${PATH}: cut off ${length} octets of an incomplete last line (never acknowledged)`,
      ],
    );
    const after = disk.afterPowerCut({ bytes: "lost", names: "lost" });
    assert.equal(after.read(PATH), `${whole}\n`, "the cut is durable, and what follows apart");
  }
});

const LAST_LINES: readonly (readonly [string, string])[] = [
  ["a lease", encodeLease(makeLease({ address: "10.0.0.2" }), WALL_MS)],
  [
    "a lease as a person writes it",
    `{ ${withoutSums(encodeLease(makeLease({ address: "10.0.0.2" }), WALL_MS)).slice(1)}`,
  ],
  ["a clock step", encodeClockStep(WALL_MS + HOUR_MS, WALL_MS)],
];

for (const [name, line] of LAST_LINES) {
  Deno.test(`a whole last line without its newline is taken in, and gets it: ${name}`, async () => {
    const before = encodeHeader(WALL_MS) +
      encodeLease(makeLease({ address: "10.0.0.1" }), WALL_MS);
    const [whole, cut] = [new FaultyDisk(), new FaultyDisk()];
    whole.plant(PATH, before + line);
    cut.plant(PATH, (before + line).slice(0, -1));
    const clock = createVirtualClock({ wallMs: WALL_MS + HOUR_MS });
    const expected = await load(whole, clock);
    assert.deepEqual(
      (await loadAll({ load: (it) => readJournal(PATH, it, clock, cut) })).leases,
      expected.leases,
    );
    assert.equal(cut.read(PATH), (before + line).slice(0, -1), "a reader changes nothing");

    const { store, leases, remarks } = await load(cut, clock);
    assert.deepEqual([leases, remarks], [expected.leases, []]);
    const after = cut.afterPowerCut({ bytes: "lost", names: "lost" });
    assert.equal(after.read(PATH), `${before}${line}\n`, "both newlines are durable");
    const creations = cut.operations.filter((it) => it.startsWith("create "));
    await store.commit([makeLease({ address: "10.0.0.3" })]);
    await store.close();
    const again = await load(cut, clock);
    assert.equal(again.leases.length, leases.length + 1);
    assert.deepEqual(again.remarks, []);
    assert.deepEqual(cut.operations.filter((it) => it.startsWith("create ")), creations);
  });
}

Deno.test("a header without its newline is a journal without leases", async () => {
  const disk = new FaultyDisk();
  disk.plant(PATH, encodeHeader(WALL_MS).trimEnd());
  const { leases, remarks } = await load(disk);
  assert.deepEqual([leases, remarks], [[], []]);
  assert.equal(disk.read(PATH), `${encodeHeader(WALL_MS)}\n`);
});

Deno.test("a journal of a newer version is read as far as it is understood", async () => {
  const disk = new FaultyDisk();
  const newer = '{"journal":"sublet","version":2}\n';
  disk.plant(PATH, newer + encodeLease(makeLease({ address: "10.0.0.1" }), WALL_MS));
  const { leases, remarks } = await load(disk);
  assert.equal(leases.length, 1);
  assert.equal(
    remarks[0],
    `${PATH}: line 1 skipped: header of version 2, where this sublet knows version 1; what it ` +
      "does not understand is left out, so better run the sublet that wrote it",
  );
  assert.equal(disk.read(`${PATH}.rejected`), newer);
  assert.match(disk.read(PATH)!, /^\{"journal":"sublet","version":1,/);
});

Deno.test("an empty file is an empty journal", async () => {
  const disk = new FaultyDisk();
  disk.plant(PATH, "");
  const { leases, remarks } = await load(disk);
  assert.deepEqual([leases, remarks], [[], []]);
  assert.equal((await load(disk)).leases.length, 0);
});

Deno.test("a file that is no journal is refused, and left as it is", async () => {
  const hole = "\0".repeat(1024 * 1024);
  for (
    const contents of [
      "root:x:0:0:root\n",
      "interfaces: [eth0]",
      `${hole}interfaces: [eth0]`,
      `${hole}interfaces: [eth0]\n`,
      '{"journal":"systemd"}\n',
      "{}\n".repeat(100),
    ]
  ) {
    const disk = new FaultyDisk();
    disk.plant(PATH, contents);
    const problem = { name: "StoreError", exitCode: 74, message: /is not a lease journal/ };
    await assert.rejects(load(disk), problem);
    await assert.rejects(readJournal(PATH, new LeaseList(), createVirtualClock(), disk), problem);
    assert.equal(disk.read(PATH), contents);
  }
});

const BOM = "\ufeff";

Deno.test("a byte order mark before the header says nothing, and stays", async () => {
  const line = encodeLease(makeLease({ address: "10.0.0.1" }), WALL_MS);
  for (const text of [`${BOM}${encodeHeader(WALL_MS)}${line}`, `${BOM}${line}`]) {
    const disk = new FaultyDisk();
    disk.plant(PATH, text);
    const { store, leases, remarks } = await load(disk);
    assert.deepEqual(leases.map((it) => dotted(it.address)), ["10.0.0.1"]);
    assert.deepEqual(remarks, []);
    await store.commit([makeLease({ address: "10.0.0.2" })]);
    await store.close();
    const again = await load(disk);
    assert.deepEqual([again.leases.length, again.remarks], [2, []]);
  }
});

const BROKEN_HEADERS: readonly (readonly [string, string, RegExp])[] = [
  ["torn", encodeHeader(WALL_MS).slice(0, 30), /cut off 30 octets of an incomplete last line/],
  ["damaged", `${encodeHeader(WALL_MS).slice(0, 30)}\n`, /line 1 skipped: a damaged header$/],
  ["without a version", '{"journal":"sublet"}\n', /line 1 skipped: header without a version$/],
  [
    "of another version",
    '{"journal":"sublet","version":2}\n',
    /skipped: header of version 2, where/,
  ],
];

for (const [name, header, remark] of BROKEN_HEADERS) {
  Deno.test(`a journal of nothing but a header is begun anew, be that ${name}`, async () => {
    for (const before of ["", BOM]) {
      const disk = new FaultyDisk();
      disk.plant(PATH, before + header);
      const { leases, remarks } = await load(disk);
      assert.deepEqual(leases, []);
      assert.match(remarks[0]!, remark);
      assert.equal(disk.read(PATH), encodeHeader(WALL_MS));
    }
  });
}

const HOLE = "\0".repeat(1024 * 1024);
const NOTHING_TO_LOSE: readonly (readonly [string, string])[] = [
  ["zeros", "\0".repeat(100)],
  ["zeros, with a newline", `${"\0".repeat(100)}\n`],
  ["more zeros than a line has octets", HOLE],
  ["so many zeros, with a newline", `${HOLE}\n`],
  ["a newline", "\n"],
  ["white space", " \t\r\n\n  "],
  ["the first octet of a header", "{"],
  ["a header that was cut", '{"journ'],
  ["a header that was cut, and zeros", `{"journ${"\0".repeat(4_000)}`],
  ["a header that was cut, and a newline", '{"journal":"sub\n'],
  ["a header with a damaged octet", encodeHeader(WALL_MS).replace("journal", "journbl")],
];

for (const [name, contents] of NOTHING_TO_LOSE) {
  Deno.test(`a file with nothing to lose is put aside and begun anew: ${name}`, async () => {
    const disk = new FaultyDisk();
    disk.plant(PATH, contents);
    const list = new LeaseList();
    await readJournal(PATH, list, createVirtualClock(), disk);
    assert.equal(list.size, 0);
    assert.equal(disk.read(PATH), contents, "a reader changes nothing");

    const { store, leases, remarks } = await load(disk);
    assert.deepEqual(leases, []);
    assert.ok(remarks.length > 0);
    assert.match(remarks.at(-1)!, /kept in \/lib\/leases\.jsonl\.rejected$/);
    const aside = disk.read(`${PATH}.rejected`)!;
    assert.ok(aside.startsWith(contents.slice(0, 64 * 1024).trimEnd()), "it is kept");
    assert.equal(disk.read(PATH), encodeHeader(WALL_MS));
    await store.commit([makeLease({ address: "10.0.0.1" })]);
    await store.close();
    const again = await load(disk);
    assert.deepEqual([again.leases.length, again.remarks], [1, []]);
  });
}

Deno.test("what follows a line that is too long is read to the end of the file", async () => {
  const lines = [1, 2, 3].map((n) => encodeLease(makeLease({ address: `10.0.0.${n}` }), WALL_MS));
  const disk = new FaultyDisk();
  disk.plant(PATH, `${encodeHeader(WALL_MS)}${HOLE}\n${lines.join("")}`);
  const { leases, remarks } = await load(disk);
  assert.equal(leases.length, 3);
  assert.match(remarks[0]!, /line 2 skipped: 1048576 octets are too long for a line/);
  assert.equal(remarks.length, 2);
});

Deno.test("a last line without a newline that is damaged or edited is kept aside, not cut off", async () => {
  const line = encodeLease(makeLease({ address: "10.0.0.2" }), WALL_MS).trimEnd();
  for (const last of [line.replace("bound", "lent"), line.replace("10.0.0.2", "10.0.0.3"), "{}"]) {
    const disk = new FaultyDisk();
    disk.plant(PATH, encodeHeader(WALL_MS) + last);
    const { leases, remarks } = await load(disk);
    assert.deepEqual(leases, []);
    assert.match(remarks[0]!, /line 2 skipped/);
    assert.equal(disk.read(`${PATH}.rejected`), `${last}\n`);
  }
});
