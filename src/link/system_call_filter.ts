/** System calls that a DHCP server never makes, taken from the process for good (seccomp(2)). */
import { type BpfInstruction, bpfProgram } from "./bpf.ts";
import {
  AF_INET,
  AF_INET6,
  AF_NETLINK,
  AF_PACKET,
  BPF_JUMP_IF_ANY_BIT,
  BPF_JUMP_IF_AT_LEAST,
  BPF_JUMP_IF_EQUAL,
  BPF_LOAD_WORD,
  BPF_RETURN,
} from "./layouts.ts";
import { checked, openLibc, sockFprog } from "./libc.ts";

const SYMBOLS = {
  prctl: { parameters: ["i32", "u64", "u64", "u64", "u64"], result: "i32" },
  // libc has no function for seccomp(2).
  seccomp: { name: "syscall", parameters: ["i64", "u64", "u64", "buffer"], result: "i64" },
} as const;

const PR_SET_NO_NEW_PRIVS = 38;

/**
 * Takes system calls from the process, in every thread and for good, and the possibility to gain
 * rights by starting a program: no program can be started at all. Throws SystemCallError where the
 * kernel knows no seccomp.
 */
export function forbidSystemCalls(): void {
  const { seccomp } = ARCHITECTURES[Deno.build.arch];
  const program = filterProgram(Deno.build.arch, Deno.pid);
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
const SECCOMP_RET_ERRNO = 0x0005_0000;
const EPERM = 1;
const ENOSYS = 38;

const ALLOW: BpfInstruction = [BPF_RETURN, 0, 0, SECCOMP_RET_ALLOW];
const refuse = (errno: number): BpfInstruction => [BPF_RETURN, 0, 0, SECCOMP_RET_ERRNO | errno];

/**
 * struct seccomp_data: number of the call 0, architecture 4, arguments from 16 on, 8 octets each. Of
 * an argument the lower half is looked at, which is all that these calls look at.
 */
const SECCOMP_DATA = { number: 0, architecture: 4, args: 16 } as const;

/** x86-64 has calls of its own from here on for x32 programs. */
const X32_CALLS = 0x4000_0000;

/**
 * The program for seccomp(2): it refuses calls of other architectures, those of `FORBIDDEN_CALLS`,
 * and others by their arguments. `pid` is the process, which may send signals to itself only.
 */
export function filterProgram(arch: Architecture, pid: number): Uint8Array<ArrayBuffer> {
  const { audit, column } = ARCHITECTURES[arch];
  return bpfProgram([
    [BPF_LOAD_WORD, 0, 0, SECCOMP_DATA.architecture],
    [BPF_JUMP_IF_EQUAL, 1, 0, audit],
    refuse(EPERM),
    [BPF_LOAD_WORD, 0, 0, SECCOMP_DATA.number],
    [BPF_JUMP_IF_AT_LEAST, 0, 1, X32_CALLS],
    refuse(EPERM),
    ...judgedCalls(pid).flatMap(({ numbers, verdict }) => ifCall(numbers[column], verdict)),
    ...Object.values(FORBIDDEN_CALLS).flatMap((numbers) =>
      ifCall(numbers[column], [refuse(EPERM)])
    ),
    ALLOW,
  ]);
}

type Architecture = keyof typeof ARCHITECTURES;

/** Skipped over for other calls. It has to end with a verdict: the number is not loaded any more. */
function ifCall(number: number | undefined, verdict: readonly BpfInstruction[]): BpfInstruction[] {
  if (number === undefined) return [];
  return [[BPF_JUMP_IF_EQUAL, 0, verdict.length, number], ...verdict];
}

const loadArgument = (at: number): BpfInstruction => [
  BPF_LOAD_WORD,
  0,
  0,
  SECCOMP_DATA.args + 8 * at,
];

/** Lets the call through when the argument is one of these, and refuses it else. */
function allowOnly(argument: number, values: readonly number[]): BpfInstruction[] {
  return [
    loadArgument(argument),
    ...values.flatMap((value): BpfInstruction[] => [[BPF_JUMP_IF_EQUAL, 0, 1, value], ALLOW]),
    refuse(EPERM),
  ];
}

/** Threads have it; a process of its own is what has not. */
const CLONE_THREAD = 0x0001_0000;
/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET (linux/sched.h). */
const CLONE_NAMESPACES = 0x7e02_0000;

const NETLINK_ROUTE = 0;

/** ioctl(2) of a terminal that puts characters into what its shell reads next. */
const TIOCSTI = 0x5412;
const TIOCLINUX = 0x541c;

interface JudgedCall {
  /** x86-64 and aarch64. */
  readonly numbers: readonly [number, number];
  readonly verdict: readonly BpfInstruction[];
}

/** Calls that are allowed with some arguments only. */
function judgedCalls(pid: number): readonly JudgedCall[] {
  return [
    // Threads, and no processes or namespaces.
    {
      numbers: [56, 220], // clone
      verdict: [
        loadArgument(0),
        [BPF_JUMP_IF_ANY_BIT, 0, 1, CLONE_NAMESPACES],
        refuse(EPERM),
        [BPF_JUMP_IF_ANY_BIT, 1, 0, CLONE_THREAD],
        refuse(EPERM),
        ALLOW,
      ],
    },
    // Its flags lie in memory, where no filter looks. libc takes clone where it is missing.
    { numbers: [435, 435], verdict: [refuse(ENOSYS)] }, // clone3
    {
      numbers: [41, 198], // socket
      verdict: [
        loadArgument(0),
        [BPF_JUMP_IF_EQUAL, 0, 1 + allowOnly(2, [NETLINK_ROUTE]).length - 1, AF_NETLINK],
        ...allowOnly(2, [NETLINK_ROUTE]),
        ...allowOnly(0, [AF_INET, AF_INET6, AF_PACKET]),
      ],
    },
    // Signals go to this process, and no other.
    { numbers: [62, 129], verdict: allowOnly(0, [pid]) }, // kill
    { numbers: [234, 131], verdict: allowOnly(0, [pid]) }, // tgkill
    {
      numbers: [16, 29], // ioctl
      verdict: [
        loadArgument(1),
        [BPF_JUMP_IF_EQUAL, 1, 0, TIOCSTI],
        [BPF_JUMP_IF_EQUAL, 0, 1, TIOCLINUX],
        refuse(EPERM),
        ALLOW,
      ],
    },
  ];
}

/** AUDIT_ARCH_* of linux/audit.h, the number of seccomp(2), and the column of the table below. */
const ARCHITECTURES = {
  x86_64: { audit: 0xc000_003e, seccomp: 317n, column: 0 },
  aarch64: { audit: 0xc000_00b7, seccomp: 277n, column: 1 },
} as const;

/** Numbers of system calls on x86-64 and on aarch64; those that aarch64 has not are `undefined`. */
export const FORBIDDEN_CALLS: Readonly<
  Record<string, readonly [x86_64: number, aarch64: number | undefined]>
> = {
  // Other programs, and shells.
  execve: [59, 221],
  execveat: [322, 281],
  fork: [57, undefined],
  vfork: [58, undefined],
  // Other processes.
  ptrace: [101, 117],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  process_madvise: [440, 440],
  process_mrelease: [448, 448],
  kcmp: [312, 272],
  pidfd_open: [434, 434],
  pidfd_getfd: [438, 438],
  pidfd_send_signal: [424, 424],
  tkill: [200, 130],
  rt_sigqueueinfo: [129, 138],
  rt_tgsigqueueinfo: [297, 240],
  migrate_pages: [256, 238],
  move_pages: [279, 239],
  shmget: [29, 194],
  shmat: [30, 196],
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
  acct: [163, 89],
  syslog: [103, 116],
  settimeofday: [164, 170],
  clock_settime: [227, 112],
  adjtimex: [159, 171],
  clock_adjtime: [305, 266],
  sethostname: [170, 161],
  setdomainname: [171, 162],
  personality: [135, 92],
  iopl: [172, undefined],
  ioperm: [173, undefined],
  modify_ldt: [154, undefined],
  // What the kernel does by itself for its own queue passes no filter.
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  // File systems and namespaces.
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  chroot: [161, 51],
  setns: [308, 268],
  unshare: [272, 97],
  name_to_handle_at: [303, 264],
  open_by_handle_at: [304, 265],
  open_tree: [428, 428],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
  fanotify_init: [300, 262],
  quotactl: [179, 60],
  quotactl_fd: [443, 443],
  // Keys.
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
};
