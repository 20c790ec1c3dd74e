/** What the kernel is handed for Landlock, octet for octet, with each version of its interface. */
import assert from "node:assert/strict";
import { handledBy, netPortAttr, pathBeneathAttr, rulesetAttr } from "../../src/link/landlock.ts";
import { handlerCode } from "../../src/link/every_thread.ts";

Deno.test("each version of Landlock is asked for what it has, in a structure of its length", () => {
  // linux/landlock.h: REFER came with 2, TRUNCATE with 3, TCP with 4, IOCTL_DEV with 5, SCOPE with 6.
  const versions = [1, 2, 3, 4, 5, 6, 7, 99].map((version) => {
    const { files, ports, scoped, octets } = handledBy(version);
    return [version, files.toString(16), Number(ports), Number(scoped), octets];
  });
  assert.deepEqual(versions, [
    [1, "1fff", 0, 0, 8],
    [2, "3fff", 0, 0, 8],
    [3, "7fff", 0, 0, 8],
    [4, "7fff", 3, 0, 16],
    [5, "ffff", 3, 0, 16],
    [6, "ffff", 3, 1, 24],
    [7, "ffff", 3, 1, 24],
    [99, "ffff", 3, 1, 24],
  ]);
  assert.equal(
    rulesetAttr(handledBy(6)).toHex(),
    "ffff000000000000" + "0300000000000000" + "0100000000000000",
  );
  assert.equal(rulesetAttr(handledBy(1)).toHex(), "ff1f000000000000");
});

Deno.test("rules of Landlock are as the kernel has them: a packed one, and one that is not", () => {
  assert.equal(pathBeneathAttr(0x412en, 7).toHex(), "2e41000000000000" + "07000000");
  assert.equal(netPortAttr(1n, 8067).toHex(), "0100000000000000" + "831f000000000000");
});

Deno.test("the handler that every thread runs finds its two addresses behind the code", () => {
  const [table, result] = [0x1122_3344_5566_7788n, 0x0102_0304_0506_0708n];
  const view = (arch: "x86_64" | "aarch64") => {
    const code = handlerCode(arch, table, result);
    return { code, data: new DataView(code.buffer) };
  };
  const x86 = view("x86_64");
  // mov r9, [rip+d] at 0 and mov rcx, [rip+d] at 0x2e, both relative to the instruction after.
  assert.equal(x86.data.getBigUint64(7 + x86.data.getUint32(3, true), true), table);
  assert.equal(x86.data.getBigUint64(0x2e + 7 + x86.data.getUint32(0x2e + 3, true), true), result);
  const arm = view("aarch64");
  // ldr x, label: a distance in words in bits 5 to 23, relative to the instruction.
  const literal = (at: number) => at + 4 * (arm.data.getUint32(at, true) >>> 5 & 0x7ffff);
  assert.equal(arm.data.getBigUint64(literal(0), true), table);
  assert.equal(arm.data.getBigUint64(literal(0x30), true), result);
  assert.equal(x86.code.length, 0x38 + 16);
  assert.equal(arm.code.length, 0x40 + 16);
});
