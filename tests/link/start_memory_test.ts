import assert from "node:assert/strict";
import { cleanMappings, releaseStartMemory } from "../../src/link/start_memory.ts";

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

Deno.test("start memory: only what nobody has written or could is dropped, and only of the executable", () => {
  assert.deepEqual(cleanMappings(SMAPS, "/opt/sublet"), [
    { start: 0x5566a0000000n, octets: 0x1400000n },
    { start: 0x5566a1600000n, octets: 0x2000000n },
  ]);
});

Deno.test("start memory: less of the executable is resident after it, and nothing written is lost", () => {
  /** Adds up a line of every mapping of the executable; kB. */
  const kilobytesOf = (name: string) =>
    Deno.readTextFileSync("/proc/self/smaps").split(/^(?=[0-9a-f]+-)/m)
      .filter((mapping) => mapping.split("\n")[0]!.endsWith(Deno.execPath()))
      .map((mapping) => Number(new RegExp(`^${name}: +(\\d+) kB$`, "m").exec(mapping)![1]))
      .reduce((sum, kilobytes) => sum + kilobytes, 0);
  const [residentBefore, writtenBefore] = [kilobytesOf("Rss"), kilobytesOf("Anonymous")];
  releaseStartMemory();
  const [resident, written] = [kilobytesOf("Rss"), kilobytesOf("Anonymous")];
  assert.ok(resident < residentBefore, `${resident} kB, before ${residentBefore} kB`);
  assert.ok(writtenBefore > 0 && written >= writtenBefore, `${written}, before ${writtenBefore}`);
});
