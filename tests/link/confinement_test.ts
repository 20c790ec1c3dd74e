/** What is bound of libc, and which system calls the kernel is asked to refuse. */
import assert from "node:assert/strict";
import { filterProgram, FORBIDDEN_CALLS } from "../../src/link/confinement.ts";
import { BPF_INSTRUCTION_OCTETS } from "../../src/link/layouts.ts";
import { BOUND_FUNCTIONS } from "../../src/link/libc.ts";

Deno.test("the functions of libc that stay bound are these, and none starts a program", () => {
  assert.deepEqual([...new Set(BOUND_FUNCTIONS)].sort(), [
    "__errno_location",
    "bind",
    "clock_gettime",
    "close",
    "eventfd",
    "eventfd_read",
    "eventfd_write",
    "malloc_trim",
    "memcpy",
    "poll",
    "recv",
    "recvmmsg",
    "send",
    "sendmmsg",
    "setsockopt",
    "socket",
  ]);
});

const X86_64 = 0xc000_003e;
const AARCH64 = 0xc000_00b7;
const I386 = 0x4000_0003;
const ALLOW = 0x7fff_0000;
const REFUSE_WITH_EPERM = 0x0005_0001;

/** Runs a program of classic BPF over a struct seccomp_data, as seccomp(2) does. */
function judge(program: Uint8Array<ArrayBuffer>, audit: number, call: number): number {
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, call, true);
  data.setUint32(4, audit, true);
  const view = new DataView(program.buffer);
  let accumulator = 0;
  for (let at = 0;; at++) {
    const offset = at * BPF_INSTRUCTION_OCTETS;
    const code = view.getUint16(offset, true);
    const operand = view.getUint32(offset + 4, true);
    const skip = (isTrue: boolean) => view.getUint8(offset + (isTrue ? 2 : 3));
    if (code === 0x20) accumulator = data.getUint32(operand, true);
    else if (code === 0x15) at += skip(accumulator === operand);
    else if (code === 0x35) at += skip(accumulator >= operand);
    else if (code === 0x06) return operand;
    else assert.fail(`instruction ${at} has the code ${code}`);
  }
}

for (const [name, audit, column] of [["x86-64", X86_64, 0], ["aarch64", AARCH64, 1]] as const) {
  Deno.test(`the filter of ${name} refuses the calls of its list and no others`, () => {
    const forbidden = Object.values(FORBIDDEN_CALLS).map((numbers) => numbers[column]);
    assert.equal(new Set(forbidden).size, forbidden.length);
    const program = filterProgram(audit, forbidden);
    for (let call = 0; call < 600; call++) {
      const expected = forbidden.includes(call) ? REFUSE_WITH_EPERM : ALLOW;
      assert.equal(judge(program, audit, call), expected, `system call ${call}`);
    }
    // By the numbers of another architecture, or of x32, a call would pass for a harmless one.
    assert.equal(judge(program, I386, 11), REFUSE_WITH_EPERM, "execve of i386");
    assert.equal(judge(program, audit, 0x4000_0000 + 520), REFUSE_WITH_EPERM, "execve of x32");
  });
}

Deno.test("a process that gave system calls up can start no program", async () => {
  const script = new URL("confined_process.ts", import.meta.url).pathname;
  const args = ["run", "-A", "--no-check", script, script];
  const { stdout } = await new Deno.Command(Deno.execPath(), { args }).output();
  assert.equal(new TextDecoder().decode(stdout), "refused\n");
});
