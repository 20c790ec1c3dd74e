import assert from "node:assert/strict";
import { V8_FLAGS } from "../../scripts/compile.ts";
import { cleanMappings, releaseExecutable } from "../../src/link/spare_memory.ts";

/** As Linux 6.18 has it; lines that tell nothing here are left out. */
const SMAPS = `5566a0000000-5566a1400000 r--p 00000000 fe:00 1234                       /opt/sublet
Rss:               20480 kB
Private_Dirty:         0 kB
Anonymous:             0 kB
Swap:                  0 kB
5566a1400000-5566a1600000 r--p 01400000 fe:00 1234                       /opt/sublet
Rss:                2048 kB
Private_Dirty:      1956 kB
Anonymous:          1956 kB
Swap:                  0 kB
5566a1600000-5566a3600000 r-xp 01600000 fe:00 1234                       /opt/sublet
Rss:               29704 kB
Anonymous:             0 kB
Swap:                  0 kB
5566a3600000-5566a3700000 rw-s 03600000 fe:00 1234                       /opt/sublet
Anonymous:             0 kB
Swap:                  0 kB
5566a3800000-5566a3a00000 r--p 03800000 fe:00 1234                       /opt/sublet
Anonymous:             0 kB
Swap:               1956 kB
5566a3b00000-5566a3c00000 rw-p 03b00000 fe:00 1234                       /opt/sublet
Anonymous:             0 kB
Swap:                  0 kB
5566a3d00000-5566a3e00000 r--p 03d00000 fe:00 1234                       /opt/sublet
Anonymous:             0 kB
7f0000000000-7f0000100000 r-xp 00000000 fe:00 99                         /usr/lib/libc.so.6
Anonymous:             0 kB
Swap:                  0 kB
7f0000200000-7f0000300000 rw-p 00000000 00:00 0
Anonymous:             0 kB
Swap:                  0 kB
`;

Deno.test("spare memory: only what nobody has written or could is dropped, and only of the executable", () => {
  assert.deepEqual(cleanMappings(SMAPS, "/opt/sublet"), [
    { start: 0x5566a0000000n, octets: 0x1400000n },
    { start: 0x5566a1600000n, octets: 0x2000000n },
  ]);
});

Deno.test("spare memory: less of the executable is resident after it, and nothing written is lost", () => {
  /** Adds up a line of every mapping of the executable; kB. */
  const kilobytesOf = (name: string) =>
    Deno.readTextFileSync("/proc/self/smaps").split(/^(?=[0-9a-f]+-)/m)
      .filter((mapping) => mapping.split("\n")[0]!.endsWith(Deno.execPath()))
      .map((mapping) => Number(new RegExp(`^${name}: +(\\d+) kB$`, "m").exec(mapping)![1]))
      .reduce((sum, kilobytes) => sum + kilobytes, 0);
  const [residentBefore, writtenBefore] = [kilobytesOf("Rss"), kilobytesOf("Anonymous")];
  releaseExecutable();
  const [resident, written] = [kilobytesOf("Rss"), kilobytesOf("Anonymous")];
  assert.ok(resident < residentBefore, `${resident} kB, before ${residentBefore} kB`);
  assert.ok(writtenBefore > 0 && written >= writtenBefore, `${written}, before ${writtenBefore}`);
});

/**
 * What a process has after it has read something large and forgotten it: its V8 heap and its resident
 * memory in MiB, before and after `release`. Run apart, with V8's flags as the executable has them.
 */
const FORGETFUL_PROGRAM = `
import process from "node:process";
import { SpareMemory } from ${
  JSON.stringify(import.meta.resolve("../../src/link/spare_memory.ts"))
};
const look = () => {
  const { heapTotal, rss } = process.memoryUsage();
  return { heap: heapTotal / 2 ** 20, rss: rss / 2 ** 20 };
};
const read = () => JSON.parse(JSON.stringify(Array.from({ length: 200_000 }, (_, i) => [i, {}])));
const memory = new SpareMemory();
memory.release();
const results = [];
for (const isNoted of [false, true]) {
  let tree = read();
  const kept = tree.length;
  tree = undefined;
  if (isNoted) memory.noteGarbage();
  const before = look();
  memory.release();
  results.push({ kept, before, after: look() });
}
console.log(JSON.stringify(results));
`;

/**
 * Resident MiB before and after `release`, where buffers were freed and only the last one malloc
 * made is in use: so that it gives nothing back by itself.
 */
const FREEING_PROGRAM = `
import { SpareMemory } from ${
  JSON.stringify(import.meta.resolve("../../src/link/spare_memory.ts"))
};
const memory = new SpareMemory();
memory.release();
const buffers = Array.from({ length: 640 }, () => new Uint8Array(64 * 1024).fill(1).buffer);
const last = buffers.pop();
for (const buffer of buffers) buffer.transfer(0);
const before = Deno.memoryUsage().rss / 2 ** 20;
memory.release();
console.log(JSON.stringify({ before, after: Deno.memoryUsage().rss / 2 ** 20, kept: last.byteLength }));
`;

/** Runs a program apart, with V8's flags as the executable has them, and reads what it prints. */
async function runApart<T>(program: string): Promise<T> {
  const path = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(path, program);
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", `--v8-flags=${V8_FLAGS}`, path],
    stdin: "null",
  }).output();
  await Deno.remove(path);
  const decoder = new TextDecoder();
  assert.ok(success, decoder.decode(stderr));
  return JSON.parse(decoder.decode(stdout));
}

interface Look {
  readonly heap: number;
  readonly rss: number;
}

Deno.test("spare memory: garbage that was noted is collected, and no longer resident", async () => {
  const [quiet, noted] = await runApart<readonly { before: Look; after: Look }[]>(
    FORGETFUL_PROGRAM,
  );
  assert.ok(
    quiet!.after.heap > 0.9 * quiet!.before.heap,
    "without a note, V8 is left alone",
  );
  assert.ok(noted!.after.heap < 0.6 * noted!.before.heap, JSON.stringify(noted));
  assert.ok(noted!.after.rss < noted!.before.rss - 10, JSON.stringify(noted));
});

Deno.test("spare memory: what malloc keeps after it was freed is no longer resident", async () => {
  const { before, after } = await runApart<{ before: number; after: number }>(FREEING_PROGRAM);
  assert.ok(after < before - 20, `${after} MiB, before ${before} MiB`);
});
