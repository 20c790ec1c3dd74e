/** What is bound of libc, what the kernel is asked to refuse, and what a process can do then. */
import assert from "node:assert/strict";
import { BPF_INSTRUCTION_OCTETS } from "../../src/link/layouts.ts";
import { BOUND_FUNCTIONS } from "../../src/link/libc.ts";
import { filterProgram, FORBIDDEN_CALLS } from "../../src/link/system_call_filter.ts";

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
const EPERM = 0x0005_0001;
const ENOSYS = 0x0005_0026;
const PID = 4_711;

/** Runs a program of classic BPF over a struct seccomp_data, as seccomp(2) does. */
function judge(
  program: Uint8Array<ArrayBuffer>,
  audit: number,
  call: number,
  args: readonly number[] = [],
): number {
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, call, true);
  data.setUint32(4, audit, true);
  for (const [i, arg] of args.entries()) data.setBigUint64(16 + 8 * i, BigInt(arg), true);
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
    else if (code === 0x45) at += skip((accumulator & operand) !== 0);
    else if (code === 0x06) return operand;
    else assert.fail(`instruction ${at} has the code ${code}`);
  }
}

/** Numbers on x86-64 and on aarch64, of calls that are refused with some arguments. */
const [CLONE, CLONE3, SOCKET, KILL, TGKILL, IOCTL] = [
  [56, 220],
  [435, 435],
  [41, 198],
  [62, 129],
  [234, 131],
  [16, 29],
] as const;

/** What threads are started with (CLONE_VM and others, CLONE_THREAD among them). */
const THREAD = 0x003d_0f00;

const JUDGED: readonly [what: string, readonly [number, number], number[], verdict: number][] = [
  ["a thread", CLONE, [THREAD], ALLOW],
  ["a process", CLONE, [17], EPERM],
  ...[0x0002_0000, 0x0200_0000, 0x0400_0000, 0x0800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000]
    .map((it): [string, typeof CLONE, number[], number] => [
      `a thread in a namespace of its own (${it.toString(16)})`,
      CLONE,
      [THREAD + it],
      EPERM,
    ]),
  ["a thread by clone3", CLONE3, [], ENOSYS],
  ["IPv4", SOCKET, [2, 2, 0], ALLOW],
  ["IPv6", SOCKET, [10, 2, 0], ALLOW],
  ["packets", SOCKET, [17, 3, 0x0300], ALLOW],
  ["routes", SOCKET, [16, 3, 0], ALLOW],
  ["the firewall", SOCKET, [16, 3, 12], EPERM],
  ["a Unix socket", SOCKET, [1, 1, 0], EPERM],
  ["Bluetooth", SOCKET, [31, 3, 0], EPERM],
  ["a vsock", SOCKET, [40, 1, 0], EPERM],
  ["a signal to itself", KILL, [PID, 15], ALLOW],
  ["a signal to init", KILL, [1, 15], EPERM],
  ["a signal to all", KILL, [0xffff_ffff, 15], EPERM],
  ["a signal to a thread", TGKILL, [PID, PID + 1, 33], ALLOW],
  ["a signal to a thread of another", TGKILL, [1, 1, 33], EPERM],
  ["the size of a terminal", IOCTL, [0, 0x5413], ALLOW],
  ["characters for a shell", IOCTL, [0, 0x5412], EPERM],
  ["the paste buffer of a console", IOCTL, [0, 0x541c], EPERM],
];

for (
  const [arch, audit, column] of [["x86_64", X86_64, 0], ["aarch64", AARCH64, 1]] as const
) {
  const program = filterProgram(arch, PID);
  Deno.test(`the filter of ${arch} refuses the calls of its list and no others`, () => {
    const forbidden = Object.values(FORBIDDEN_CALLS).map((numbers) => numbers[column])
      .filter((number) => number !== undefined);
    assert.equal(new Set(forbidden).size, forbidden.length);
    const judged = JUDGED.map(([, numbers]) => numbers[column]);
    for (let call = 0; call < 600; call++) {
      if (judged.includes(call)) continue;
      const expected = forbidden.includes(call) ? EPERM : ALLOW;
      assert.equal(judge(program, audit, call), expected, `system call ${call}`);
    }
    // By the numbers of another architecture, or of x32, a call would pass for a harmless one.
    assert.equal(judge(program, I386, 11), EPERM, "execve of i386");
    assert.equal(judge(program, audit, 0x4000_0000 + 520), EPERM, "execve of x32");
  });

  Deno.test(`the filter of ${arch} looks at arguments`, () => {
    for (const [what, numbers, args, verdict] of JUDGED) {
      assert.equal(judge(program, audit, numbers[column], args), verdict, what);
    }
  });
}

/** Runs a process that confines itself, and gives what it says of its attempts. */
async function confinedProcess(): Promise<readonly [allowed: string, refused: string]> {
  const directory = await Deno.makeTempDir();
  const other = new Deno.Command("sleep", { args: ["60"] }).spawn();
  try {
    for (const name of ["read", "write"]) await Deno.mkdir(`${directory}/${name}`);
    await Deno.writeTextFile(`${directory}/read/file`, "text");
    const script = new URL("confined_process.ts", import.meta.url).pathname;
    const args = ["run", "-A", "--no-check", script, directory, String(other.pid)];
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
    const said = new TextDecoder().decode(stdout);
    assert.match(said, /---/, new TextDecoder().decode(stderr));
    const [allowed, refused] = said.split("---\n");
    return [allowed!, refused!];
  } finally {
    other.kill();
    await other.status;
    await Deno.remove(directory, { recursive: true });
  }
}

const isRoot = Deno.uid() === 0;
Deno.test({
  name: "a confined process, root's too, reaches its files and sockets, and nothing of others",
  ignore: !isRoot,
  async fn() {
    const [allowed, refused] = await confinedProcess();
    const wrong = (said: string, right: RegExp) =>
      said.trimEnd().split("\n").filter((line) => !right.test(line));
    const [landlock, ...done] = allowed.trimEnd().split("\n");
    assert.deepEqual(wrong(done.join("\n"), /: done$/), []);
    // Kernels before 5.13, and containers, have no Landlock; TCP came with its version 4.
    const version = Number(/-?\d+$/.exec(landlock!)![0]);
    const needsVersion = (line: string) =>
      /^(listen|connect)/.test(line)
        ? 4
        : /^(read|write|list|environment|memory)/.test(line)
        ? 1
        : 0;
    const left = wrong(refused, /: refused$/);
    assert.deepEqual(left.filter((line) => needsVersion(line) <= version), []);
    assert.equal(refused.trimEnd().split("\n").length, 20);
  },
});
