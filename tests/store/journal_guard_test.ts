/**
 * The journal guards itself: no line, whatever it says, has power over the lease of another, and no
 * bit of it is flipped unseen.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Lease, makeClient } from "../../src/leases/lease.ts";
import { encodeHeader, encodeLease, formatWall } from "../../src/store/journal_format.ts";
import { readJournal } from "../../src/store/journal_reader.ts";
import { openJournal } from "../../src/store/journal_store.ts";
import { formatIpv4 } from "../../src/wire/ipv4.ts";
import { FaultyDisk } from "../support/faulty_disk.ts";
import { loadAll, packAll } from "../support/lease_list.ts";
import { makeLease, numberedClient } from "../support/leases_fixture.ts";
import { seal, withoutSums } from "../support/sealed_lines.ts";
import {
  createVirtualClock,
  VIRTUAL_WALL_MS,
  type VirtualClock,
} from "../support/virtual_clock.ts";
import { HOUR_MS, PATH } from "./journal_scene.ts";

const MINUTE_MS = 60_000;
const YEAR_MS = 365 * 24 * HOUR_MS;

interface Scene {
  readonly text: string;
  /** When the leases really end, and how long each is, by address. */
  readonly leases: ReadonlyMap<string, Lease>;
  readonly clock: VirtualClock;
}

/** What a server wrote that booted in 1970, and learned the time later. Its machine is off now. */
async function makeScene(): Promise<Scene> {
  const clock = createVirtualClock({ wallMs: 60_000 });
  const disk = new FaultyDisk();
  const leases = new Map<string, Lease>();
  const snapshot = () => packAll(leases.values());
  const store = openJournal({ path: PATH, clock, disk, snapshot });
  await loadAll(store);
  const grant = async (parts: Omit<Parameters<typeof makeLease>[0], "updatedAtMs">, hours = 8) => {
    const updatedAtMs = clock.monotonicMs();
    const lease = makeLease({ ...parts, updatedAtMs, expiresAtMs: updatedAtMs + hours * HOUR_MS });
    leases.set(formatIpv4(lease.address), lease);
    await store.commit([lease]);
    clock.advance(5 * MINUTE_MS);
  };
  await grant({ address: "10.0.0.1", client: numberedClient(1, "01:b8:27:eb:00:00:01") });
  await grant({ address: "10.0.0.2", client: numberedClient(2), hostname: "JJ*pi" });
  await grant({ address: "10.0.0.3", client: numberedClient(3) }, Infinity);
  clock.setWall(VIRTUAL_WALL_MS);
  await grant({ address: "10.0.0.4", client: numberedClient(4), hostname: "büro" });
  await grant({
    address: "10.0.0.5",
    client: makeClient(6, "00:01", undefined),
    relayInformation: Uint8Array.of(1, 2, 0x65, 0x31),
    classes: ["phones"],
  });
  await grant({ address: "10.0.0.1", client: numberedClient(1, "01:b8:27:eb:00:00:01") });
  await grant({ address: "10.0.0.6", client: numberedClient(7) });
  await store.close();
  return { text: disk.read(PATH)!, leases, clock };
}

function plant(contents: string | Uint8Array): FaultyDisk {
  const disk = new FaultyDisk();
  disk.plant(PATH, contents);
  return disk;
}

/** What a reader finds, by address, and what it remarks. */
async function read(contents: string | Uint8Array, clock: VirtualClock) {
  const disk = plant(contents);
  const { leases, remarks } = await loadAll({
    load: (leases) => readJournal(PATH, leases, clock, disk),
  });
  return { leases: byAddress(leases), remarks };
}

function byAddress(leases: readonly Lease[]): Map<string, Lease> {
  return new Map(leases.map((lease) => [formatIpv4(lease.address), lease]));
}

/** The lease without the time that it was made, which nothing depends on. */
function told(lease: Lease | undefined) {
  if (lease === undefined) return undefined;
  const { updatedAtMs: _, expiresAtMs, ...rest } = lease;
  return { ...rest, expiresAtMs: Math.round(expiresAtMs) };
}

/** Asserts that every lease but some is as it was. */
function assertOthersAre(
  expected: ReadonlyMap<string, Lease>,
  found: ReadonlyMap<string, Lease>,
  spared: readonly string[],
  what: string,
): void {
  for (const address of new Set([...expected.keys(), ...found.keys()])) {
    if (spared.includes(address)) continue;
    assert.deepEqual(told(found.get(address)), told(expected.get(address)), `${what}: ${address}`);
  }
}

/** The address that a line is of. */
function addressIn(line: string): string[] {
  return /"address":"([^"]+)"/.exec(line)?.slice(1) ?? [];
}

Deno.test("a flipped bit costs no other lease anything, and is seen, wherever it is", async () => {
  const { text, leases, clock } = await makeScene();
  const bytes = new TextEncoder().encode(text);
  const lines = text.split("\n");
  let lineNumber = 1;
  for (let at = 0; at < bytes.length; at++) {
    const own = addressIn(lines[lineNumber - 1]!);
    for (let bit = 0; bit < 8; bit++) {
      const flipped = bytes.slice();
      flipped[at]! ^= 1 << bit;
      const what = `bit ${bit} of octet ${at}, in line ${lineNumber}`;
      const store = openJournal({ path: PATH, clock, disk: plant(flipped), snapshot: () => [] });
      const { leases: found, remarks } = await loadAll(store);
      await store.close();
      const after = byAddress(found);
      assertOthersAre(leases, after, own, what);
      assert.ok(remarks.some((it) => it.includes(`line ${lineNumber} `)), `${what}: ${remarks}`);
      for (const address of own) {
        const [was, is] = [leases.get(address)!, after.get(address)];
        // Either not there, or as an older line says, or as it was: where its newline was damaged.
        assert.ok(is === undefined || is.client.key === was.client.key, what);
        assert.ok(is === undefined || is.expiresAtMs <= was.expiresAtMs + 1, what);
      }
    }
    if (bytes[at] === 0x0a) lineNumber++;
  }
});

Deno.test("whatever bit is flipped, a clock that is wrong ends no lease early", async () => {
  const { text, leases, clock } = await makeScene();
  const bytes = new TextEncoder().encode(text);
  const lines = text.split("\n");
  clock.setWall(60_000);
  const nowMs = clock.monotonicMs();
  let lineNumber = 1;
  for (let at = 0; at < bytes.length; at++) {
    const own = addressIn(lines[lineNumber - 1]!);
    const flipped = bytes.slice();
    flipped[at]! ^= 1 << at % 8;
    const { leases: found } = await read(flipped, clock);
    for (const [address, { updatedAtMs, expiresAtMs }] of leases) {
      if (own.includes(address)) continue;
      const endsMs = found.get(address)?.expiresAtMs ?? -Infinity;
      assert.ok(endsMs >= expiresAtMs - 1, `octet ${at} ends ${address}`);
      assert.ok(endsMs - nowMs <= expiresAtMs - updatedAtMs + 1, `octet ${at} extends ${address}`);
    }
    if (bytes[at] === 0x0a) lineNumber++;
  }
});

/** Times that somebody may write in place of another. */
const anyTime = fc.oneof(
  fc.integer({ min: -40 * YEAR_MS, max: 40 * YEAR_MS }).map((ms) => VIRTUAL_WALL_MS + ms),
  fc.integer({ min: -3 * HOUR_MS, max: 3 * HOUR_MS }).map((ms) => VIRTUAL_WALL_MS + ms),
  fc.integer({ min: 0, max: 40 * YEAR_MS }),
).map(formatWall);

const TIME_FIELDS = ["at", "was", "expires"];

/** A line in which times were edited, with a check that is right or with none. */
function edited(line: string, times: readonly (string | undefined)[], hasSum: boolean): string {
  const fields: Record<string, unknown> = JSON.parse(line);
  TIME_FIELDS.forEach((name, i) => {
    if (fields[name] !== undefined && times[i] !== undefined) fields[name] = times[i];
  });
  delete fields["sum"];
  const json = JSON.stringify(fields);
  return hasSum ? seal(json).trimEnd() : json;
}

Deno.test("whatever time a line tells, with or without a check, it moves no other lease", async () => {
  const { text, leases, clock } = await makeScene();
  const lines = text.trimEnd().split("\n");
  const times = fc.tuple(...TIME_FIELDS.map(() => fc.option(anyTime, { nil: undefined })));
  const lineIndex = fc.nat(lines.length - 1);
  await fc.assert(
    fc.asyncProperty(lineIndex, times, fc.boolean(), async (index, times, hasSum) => {
      const line = lines[index]!;
      const changed = edited(line, times, hasSum);
      const { leases: found } = await read(lines.with(index, changed).join("\n") + "\n", clock);
      assertOthersAre(leases, found, addressIn(line), changed);
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("in a journal of an older version no line ends another lease early", async () => {
  const { text, leases, clock } = await makeScene();
  // An older version wrote no check, and a step once.
  const lines = withoutSums(text).trimEnd().split("\n").filter((it) => !it.includes('"again"'));
  const nowMs = clock.monotonicMs();
  const unchanged = await read(lines.join("\n") + "\n", clock);
  assert.deepEqual(unchanged.remarks, []);
  const times = fc.tuple(anyTime, anyTime, anyTime);
  await fc.assert(
    fc.asyncProperty(fc.nat(lines.length - 1), times, async (index, times) => {
      const line = lines[index]!;
      const changed = edited(line, times, false);
      const { leases: found } = await read(lines.with(index, changed).join("\n") + "\n", clock);
      for (const [address, { updatedAtMs, expiresAtMs }] of leases) {
        if (addressIn(line).includes(address)) continue;
        const endsMs = found.get(address)?.expiresAtMs ?? -Infinity;
        assert.ok(endsMs >= expiresAtMs - 1, `${changed} ends ${address}`);
        assert.ok(endsMs - nowMs <= expiresAtMs - updatedAtMs + 1, `${changed} extends ${address}`);
      }
      if (line.includes('"clock"')) assertOthersAre(unchanged.leases, found, [], changed);
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("a journal of an older version is taken over, and its steps are told no more", async () => {
  const { text, clock } = await makeScene();
  const old = withoutSums(text).split("\n").filter((it) => !it.includes('"again"')).join("\n");
  const disk = plant(old);
  const first = await loadAll(openJournal({ path: PATH, clock, disk, snapshot: () => [] }));
  assert.deepEqual(first.remarks, []);
  assert.doesNotMatch(disk.read(PATH)!, /"clock"/);
  const second = await read(disk.read(PATH)!, clock);
  assertOthersAre(byAddress(first.leases), second.leases, [], "once more");
});

Deno.test("what is ahead of every clock is said, and written anew as it counts", async () => {
  const clock = createVirtualClock();
  const header = encodeHeader(clock.wallMs() + YEAR_MS);
  const fresh = [1, 2].map((n) =>
    encodeLease(makeLease({ address: `10.0.0.${n}`, updatedAtMs: clock.wallMs() }), 0)
  );
  const disk = plant(header + fresh.join(""));
  const { leases, remarks } = await loadAll(
    openJournal({ path: PATH, clock, disk, snapshot: () => [] }),
  );
  const left = leases.map((it) => it.expiresAtMs - clock.monotonicMs());
  assert.deepEqual(left, [HOUR_MS, HOUR_MS]);
  assert.deepEqual(remarks, [
    `${PATH}: line 1 is of 2027-11-22T08:00:00.000Z, later than the clock and than every other ` +
    "line: no other lease goes by that",
  ]);
  assert.ok(disk.read(PATH)!.startsWith(encodeHeader(clock.wallMs())));
});

Deno.test("a lease that says it was made later is as long as it says, from now on", async () => {
  const clock = createVirtualClock();
  const at = (address: string, updatedAtMs: number, expiresAtMs: number) =>
    encodeLease(makeLease({ address, updatedAtMs, expiresAtMs }), 0);
  const wallMs = clock.wallMs();
  const text = encodeHeader(wallMs) + at("10.0.0.1", wallMs, wallMs + HOUR_MS) +
    at("10.0.0.2", wallMs + YEAR_MS, wallMs + YEAR_MS + HOUR_MS) +
    at("10.0.0.3", wallMs + 2 * YEAR_MS, wallMs + HOUR_MS);
  // The second and the third are each alone with their times, where the other is not there.
  for (const number of [2, 3]) {
    const lines = text.split("\n").filter((it) => !it.includes(`10.0.0.${5 - number}"`));
    const { leases } = await read(lines.join("\n"), clock);
    for (const { expiresAtMs, updatedAtMs } of leases.values()) {
      assert.equal(expiresAtMs - clock.monotonicMs(), HOUR_MS);
      assert.ok(updatedAtMs <= clock.monotonicMs());
    }
    assert.equal(leases.size, 2);
  }
});

const TWICE = '"at":"2026-11-22T08:00:00.000Z"';

Deno.test("a line that says one thing twice is bad; what nobody knows in it is passed over", async () => {
  const clock = createVirtualClock();
  const line = withoutSums(encodeLease(makeLease({ address: "10.0.0.1" }), clock.wallMs()));
  const double = line.replace("10.0.0.1", "10.0.0.2").replace("}", `,"\\u0061${TWICE.slice(2)}}`);
  const strange = line.replace("10.0.0.1", "10.0.0.3").replace("}", ',"new":{"at":1,"a":[2]}}');
  const { leases, remarks } = await read(encodeHeader(0) + line + double + strange, clock);
  assert.deepEqual([...leases.keys()], ["10.0.0.1", "10.0.0.3"]);
  assert.deepEqual(remarks, [`${PATH}: line 3 skipped: it has "at" twice`]);
});

Deno.test("a check that is not the last field, or was left in an edited line, is no check", async () => {
  const clock = createVirtualClock();
  const line = encodeLease(makeLease({ address: "10.0.0.1" }), clock.wallMs());
  const fields = JSON.parse(line);
  const forms = [
    line.replace("10.0.0.1", "10.0.0.2"),
    JSON.stringify({ sum: fields.sum, ...fields }) + "\n",
    JSON.stringify(fields, null, " ").replaceAll("\n", "") + "\n",
    line.replace('"sum"', '"Sum"'),
  ];
  for (const form of forms) {
    const { leases, remarks } = await read(encodeHeader(clock.wallMs()) + form, clock);
    assert.equal(leases.size, 0, form);
    assert.match(remarks.join(), /line 2 skipped: it is not what its `sum` says/);
  }
  const saved = [line.replace("\n", "\r\n"), ` ${line.trimEnd()} \n`, withoutSums(line)];
  for (const form of saved) {
    const { leases, remarks } = await read(encodeHeader(clock.wallMs()) + form, clock);
    assert.deepEqual([leases.size, remarks], [1, []], form);
  }
});
