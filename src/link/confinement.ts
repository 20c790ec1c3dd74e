/**
 * What a process gives up for good: root's rights, and system calls that a DHCP server never makes.
 * The functions for it are bound here, for the moment of their use only.
 */
import { bpfProgram } from "./bpf.ts";
import { BPF_JUMP_IF_AT_LEAST, BPF_JUMP_IF_EQUAL, BPF_LOAD_WORD, BPF_RETURN } from "./layouts.ts";
import { checked, openLibc, sockFprog } from "./libc.ts";

/** Whom a process may become. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

const SYMBOLS = {
  setgroups: { parameters: ["usize", "pointer"], result: "i32" },
  setresgid: { parameters: ["u32", "u32", "u32"], result: "i32" },
  setresuid: { parameters: ["u32", "u32", "u32"], result: "i32" },
  prctl: { parameters: ["i32", "u64", "u64", "u64", "u64"], result: "i32" },
  capset: { parameters: ["buffer", "buffer"], result: "i32" },
  // libc has no function for seccomp(2).
  seccomp: { name: "syscall", parameters: ["i64", "u64", "u64", "buffer"], result: "i64" },
} as const;

const PR_SET_KEEPCAPS = 8;
const PR_SET_NO_NEW_PRIVS = 38;

/** Numbers of capabilities (linux/capability.h). */
const CAP_NET_BIND_SERVICE = 10;
const CAP_NET_RAW = 13;

/** For sockets that are opened later, when an interface appears. */
const KEPT_CAPABILITIES = 1 << CAP_NET_BIND_SERVICE | 1 << CAP_NET_RAW;

const LINUX_CAPABILITY_VERSION_3 = 0x2008_0522;

/**
 * Makes the process another user's, in every thread, with no groups but that user's own.
 *
 * libc has each thread of the process do what its setuid family is asked for. Going from root to
 * another user costs a thread all its capabilities, unless it has set PR_SET_KEEPCAPS, which each
 * has for itself. So the threads that Deno has started by now keep none; this one, which opens the
 * sockets, keeps two, and so do threads that it starts later. A `poll` that is under way returns -1, since the thread was interrupted.
 *
 * Throws SystemCallError, for example where the caller is not root.
 */
export function becomeUser({ uid, gid }: Account): void {
  const library = openLibc(SYMBOLS);
  const call = library.symbols;
  try {
    checked("prctl", call.prctl(PR_SET_KEEPCAPS, 1n, 0n, 0n, 0n));
    checked("setgroups", call.setgroups(0n, null));
    checked("setresgid", call.setresgid(gid, gid, gid));
    checked("setresuid", call.setresuid(uid, uid, uid));
    checked("capset", call.capset(...capabilities(KEPT_CAPABILITIES)));
    checked("prctl", call.prctl(PR_SET_KEEPCAPS, 0n, 0n, 0n, 0n));
  } finally {
    library.close();
  }
}

/** The arguments of capset(2) for this thread: effective and permitted, and nothing inheritable. */
function capabilities(
  bits: number,
): [header: Uint8Array<ArrayBuffer>, data: Uint8Array<ArrayBuffer>] {
  const header = new Uint8Array(new ArrayBuffer(8));
  new DataView(header.buffer).setUint32(0, LINUX_CAPABILITY_VERSION_3, true);
  const data = new Uint8Array(new ArrayBuffer(24));
  const view = new DataView(data.buffer);
  view.setUint32(0, bits, true);
  view.setUint32(4, bits, true);
  return [header, data];
}

/**
 * Takes system calls from the process, in every thread and for good, and the possibility to gain
 * rights by starting a program: no program can be started at all. Throws SystemCallError where the
 * kernel knows no seccomp.
 */
export function forbidSystemCalls(): void {
  const { audit, seccomp, column } = ARCHITECTURES[Deno.build.arch];
  const forbidden = Object.values(FORBIDDEN_CALLS).map((numbers) => numbers[column]);
  const program = filterProgram(audit, forbidden);
  const library = openLibc(SYMBOLS);
  const call = library.symbols;
  try {
    checked("prctl", call.prctl(PR_SET_NO_NEW_PRIVS, 1n, 0n, 0n, 0n));
    // With TSYNC all threads get the filter, and with it that they may gain no rights.
    const flags = SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
    const args = [SECCOMP_SET_MODE_FILTER, flags, sockFprog(program)] as const;
    checked("seccomp", Number(call.seccomp(seccomp, ...args)));
  } finally {
    library.close();
  }
}

const SECCOMP_SET_MODE_FILTER = 1n;
const SECCOMP_FILTER_FLAG_TSYNC = 1n;
/** Kernels before 5.16 else slow the whole process down, against attacks that need code in it. */
const SECCOMP_FILTER_FLAG_SPEC_ALLOW = 4n;

const SECCOMP_RET_ALLOW = 0x7fff_0000;
const EPERM = 1;
const SECCOMP_RET_EPERM = 0x0005_0000 | EPERM;

/** struct seccomp_data: number of the call 0, architecture 4. */
const SECCOMP_DATA = { number: 0, architecture: 4 } as const;

/** x86-64 has calls of its own from here on for x32 programs. */
const X32_CALLS = 0x4000_0000;

/** A program for seccomp(2) that refuses the calls of these numbers, and of other architectures. */
export function filterProgram(
  audit: number,
  forbidden: readonly number[],
): Uint8Array<ArrayBuffer> {
  /** How many instructions to skip from the `at`-th one to the last. */
  const toRefusal = (at: number) => 5 + forbidden.length - (at + 1);
  return bpfProgram([
    [BPF_LOAD_WORD, 0, 0, SECCOMP_DATA.architecture],
    [BPF_JUMP_IF_EQUAL, 0, toRefusal(1), audit],
    [BPF_LOAD_WORD, 0, 0, SECCOMP_DATA.number],
    [BPF_JUMP_IF_AT_LEAST, toRefusal(3), 0, X32_CALLS],
    ...forbidden.map((number, i) => [BPF_JUMP_IF_EQUAL, toRefusal(4 + i), 0, number] as const),
    [BPF_RETURN, 0, 0, SECCOMP_RET_ALLOW],
    [BPF_RETURN, 0, 0, SECCOMP_RET_EPERM],
  ]);
}

/** AUDIT_ARCH_* of linux/audit.h, the number of seccomp(2), and the column of the table below. */
const ARCHITECTURES = {
  x86_64: { audit: 0xc000_003e, seccomp: 317n, column: 0 },
  aarch64: { audit: 0xc000_00b7, seccomp: 277n, column: 1 },
} as const;

/** Numbers of system calls on x86-64 and on aarch64. */
export const FORBIDDEN_CALLS: Readonly<Record<string, readonly [x86_64: number, aarch64: number]>> =
  {
    // Other programs, and shells.
    execve: [59, 221],
    execveat: [322, 281],
    // Other processes.
    ptrace: [101, 117],
    process_vm_readv: [310, 270],
    process_vm_writev: [311, 271],
    // The kernel.
    init_module: [175, 105],
    finit_module: [313, 273],
    delete_module: [176, 106],
    kexec_load: [246, 104],
    kexec_file_load: [320, 294],
    bpf: [321, 280],
    perf_event_open: [298, 241],
    userfaultfd: [323, 282],
    reboot: [169, 142],
    swapon: [167, 224],
    swapoff: [168, 225],
    // File systems and namespaces.
    mount: [165, 40],
    umount2: [166, 39],
    pivot_root: [155, 41],
    chroot: [161, 51],
    setns: [308, 268],
    unshare: [272, 97],
    open_by_handle_at: [304, 265],
    open_tree: [428, 428],
    move_mount: [429, 429],
    fsopen: [430, 430],
    fsconfig: [431, 431],
    fsmount: [432, 432],
    fspick: [433, 433],
    mount_setattr: [442, 442],
    // Keys.
    add_key: [248, 217],
    request_key: [249, 218],
    keyctl: [250, 219],
  };
