/**
 * What a process gives up for good: root's rights, and files that a DHCP server never needs. The
 * functions for it are bound here, for the moment of their use only.
 */
import { inEveryThread, type ThreadCall } from "./every_thread.ts";
import { LANDLOCK_RESTRICT_SELF, openRuleset, type Reach } from "./landlock.ts";
import {
  addressOf,
  checked,
  closeFd,
  type NativeBytes,
  openLibc,
  SystemCallError,
} from "./libc.ts";

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
  // libc has a function for it that does not ask the kernel in all of its versions.
  faccessat2: {
    name: "syscall",
    parameters: ["i64", "i64", "buffer", "i64", "i64"],
    result: "i64",
  },
} as const;

const PR_SET_KEEPCAPS = 8;
const PR_SET_NO_NEW_PRIVS = 38;

/** Capabilities (linux/capability.h), a bit each. */
const CAP_DAC_OVERRIDE = 1n << 1n;
const CAP_SETPCAP = 1n << 8n;
const CAP_NET_BIND_SERVICE = 1n << 10n;
const CAP_NET_RAW = 1n << 13n;

/** For sockets that are opened later, when an interface appears. */
const KEPT_CAPABILITIES = CAP_NET_BIND_SERVICE | CAP_NET_RAW;

const LINUX_CAPABILITY_VERSION_3 = 0x2008_0522;

/**
 * Makes the process another user's, in every thread, with no groups but that user's own.
 *
 * libc has each thread of the process do what its setuid family is asked for. Going from root to
 * another user costs a thread all its capabilities, unless it has set PR_SET_KEEPCAPS, which each
 * has for itself. So the threads that Deno has started by now keep none; this one, which opens the
 * sockets, keeps two, and so do threads that it starts later. A `poll` that is under way returns -1,
 * since the thread was interrupted.
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

/** The arguments of capset(2) for this thread; nothing is inheritable. */
function capabilities(
  permitted: bigint,
  effective = permitted,
): [header: NativeBytes, data: NativeBytes] {
  const header = new Uint8Array(new ArrayBuffer(8));
  new DataView(header.buffer).setUint32(0, LINUX_CAPABILITY_VERSION_3, true);
  // Two of struct __user_cap_data_struct, for 32 bits each: effective 0, permitted 4, inheritable 8.
  const data = new Uint8Array(new ArrayBuffer(24));
  const view = new DataView(data.buffer);
  for (const half of [0, 1]) {
    const shift = BigInt(32 * half);
    view.setUint32(12 * half, Number(effective >> shift & 0xffff_ffffn), true);
    view.setUint32(12 * half + 4, Number(permitted >> shift & 0xffff_ffffn), true);
  }
  return [header, data];
}

const PR_CAPBSET_DROP = 24n;

const NUMBERS = {
  x86_64: { prctl: 157, capset: 126 },
  aarch64: { prctl: 167, capset: 91 },
} as const;

/** How a path is used while serving: bits of access(2). */
export type Use = readonly [path: string, mode: number];
export const TO_READ = 4;
export const TO_READ_AND_WRITE = 6;
export const TO_MAKE_FILES_IN = 3;

/** What a process keeps for good. */
export interface Kept {
  /** The files and ports that are left. */
  readonly reach: Reach;
  /** Paths in reach, and how they are used. */
  readonly uses: readonly Use[];
}

/** What came of it. */
export interface Confined {
  /** Whether the kernel keeps the process to what is in reach. */
  readonly isInReach: boolean;
  /** Another user's path for which root has kept CAP_DAC_OVERRIDE. */
  readonly overridden?: string;
}

/**
 * Takes from every thread, for good, capabilities that sockets do not need, and files and TCP ports
 * that are not in reach. Root keeps CAP_DAC_OVERRIDE where a path is another user's, and of no use
 * to root without it. Throws SystemCallError.
 */
export function confineThreads({ reach, uses }: Kept): Confined {
  const { prctl } = NUMBERS[Deno.build.arch];
  const { permitted, bounding } = readCapabilities();
  const overridden = permitted & CAP_DAC_OVERRIDE ? findUnusable(uses, permitted) : undefined;
  const kept = KEPT_CAPABILITIES | (overridden === undefined ? 0n : CAP_DAC_OVERRIDE);
  const ruleset = openRuleset(reach);
  const calls: ThreadCall[] = [
    { name: "prctl", number: prctl, args: [BigInt(PR_SET_NO_NEW_PRIVS), 1n] },
  ];
  if (ruleset !== undefined) {
    const args = [BigInt(ruleset)] as const;
    calls.push({ name: "landlock_restrict_self", number: LANDLOCK_RESTRICT_SELF, args });
  }
  const remaining = capabilities(permitted & kept);
  if (permitted & ~kept) calls.push(...callsToKeep(kept, remaining, permitted, bounding));
  try {
    inEveryThread(calls);
  } finally {
    if (ruleset !== undefined) closeFd(ruleset);
  }
  return {
    isInReach: ruleset !== undefined,
    ...(overridden !== undefined && { overridden }),
  };
}

/** What a thread calls to have these capabilities and no others, whatever it starts. */
function callsToKeep(
  kept: bigint,
  [header, data]: readonly [header: NativeBytes, data: NativeBytes],
  permitted: bigint,
  bounding: bigint,
): ThreadCall[] {
  const { prctl, capset } = NUMBERS[Deno.build.arch];
  const calls: ThreadCall[] = [];
  if (permitted & CAP_SETPCAP) {
    for (const capability of bitsOf(bounding & ~kept)) {
      calls.push({ name: "prctl", number: prctl, args: [PR_CAPBSET_DROP, capability] });
    }
  }
  const args = [addressOf(header), addressOf(data)] as const;
  return [...calls, { name: "capset", number: capset, args }];
}

/** The capabilities of this thread, a bit each. */
function readCapabilities(): { readonly permitted: bigint; readonly bounding: bigint } {
  const status = Deno.readTextFileSync("/proc/self/status");
  const bits = (name: string) =>
    BigInt(`0x${new RegExp(`^${name}:\\s*([0-9a-f]+)$`, "m").exec(status)?.[1] ?? 0}`);
  return { permitted: bits("CapPrm"), bounding: bits("CapBnd") };
}

function* bitsOf(set: bigint): Generator<bigint> {
  for (let bit = 0n; set >> bit; bit++) {
    if (set >> bit & 1n) yield bit;
  }
}

const FACCESSAT2 = 439n;
const AT_FDCWD = -100n;
const AT_EACCESS = 0x200n;

/** The first path that is of no use without capabilities, which this thread has again afterwards. */
function findUnusable(uses: readonly Use[], permitted: bigint): string | undefined {
  const library = openLibc(SYMBOLS);
  const call = library.symbols;
  const isUsable = ([path, mode]: Use) => {
    const name = new Uint8Array(new TextEncoder().encode(`${path}\0`));
    try {
      const result = call.faccessat2(FACCESSAT2, AT_FDCWD, name, BigInt(mode), AT_EACCESS);
      checked("faccessat2", Number(result));
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error;
      // Kernels before 5.8 cannot tell. What is missing, or read-only, no capability helps.
      return error.errno !== "EACCES" && error.errno !== "ENOSYS";
    }
    return true;
  };
  try {
    checked("capset", call.capset(...capabilities(permitted, 0n)));
    return uses.find((use) => !isUsable(use))?.[0];
  } finally {
    checked("capset", call.capset(...capabilities(permitted)));
    library.close();
  }
}
