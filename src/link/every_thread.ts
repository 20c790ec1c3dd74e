/**
 * System calls that count for one thread only, made in every thread of the process.
 *
 * Capabilities, Landlock and `no_new_privs` belong to threads, and Deno has started several before
 * the first line of ours runs. libc does for its setuid family what is done here for any call: each
 * thread gets a signal, and makes the calls in the handler. The handler has to be machine code,
 * because JavaScript runs on the main thread only.
 */
import {
  addressOf,
  checked,
  errnoName,
  type NativeBytes,
  openLibc,
  SystemCallError,
} from "./libc.ts";

/** A system call of at most three arguments; the fourth and the fifth are 0. */
export interface ThreadCall {
  /** For errors. */
  readonly name: string;
  readonly number: number;
  readonly args: readonly [bigint, bigint?, bigint?];
}

/**
 * A signal handler that makes the calls of a table, one after the other, until one fails or the
 * number of a call is negative; then it stores what it got, or that number, and returns. It touches
 * no register that a handler has to keep, no errno and no stack. The addresses of the table and of
 * the result stand behind the code, relative to which it finds them.
 */
const HANDLERS: Readonly<Record<typeof Deno.build.arch, string>> = {
  x86_64: `
    4c8b0d31000000    mov    r9, [rip+table]
    498b01      next: mov    rax, [r9]
    4885c0            test   rax, rax
    781f              js     out
    498b7908          mov    rdi, [r9+8]
    498b7110          mov    rsi, [r9+16]
    498b5118          mov    rdx, [r9+24]
    4531d2            xor    r10d, r10d
    4531c0            xor    r8d, r8d
    0f05              syscall
    4885c0            test   rax, rax
    7806              js     out
    4983c120          add    r9, 32
    ebd9              jmp    next
    488b0d0b000000 out: mov  rcx, [rip+result]
    8901              mov    [rcx], eax
    c3                ret`,
  aarch64: `
    09020058          ldr    x9, table
    280140f9    next: ldr    x8, [x9]
    e00308aa          mov    x0, x8
    2001f8b7          tbnz   x0, #63, out
    208540a9          ldp    x0, x1, [x9, #8]
    220d40f9          ldr    x2, [x9, #24]
    e3031faa          mov    x3, xzr
    e4031faa          mov    x4, xzr
    010000d4          svc    #0
    6000f8b7          tbnz   x0, #63, out
    29810091          add    x9, x9, #32
    f6ffff17          b      next
    ca000058     out: ldr    x10, result
    400100b9          str    w0, [x10]
    c0035fd6          ret
    1f2003d5          nop`,
};

/** The octets of the handler of this machine, its two addresses included. */
export function handlerCode(
  arch: typeof Deno.build.arch,
  table: bigint,
  result: bigint,
): NativeBytes {
  const lines = HANDLERS[arch].trim().split("\n");
  const hex = lines.map((line) => /^\s*([0-9a-f]+)\s/.exec(`${line} `)![1]).join("");
  const code = Uint8Array.fromHex(hex);
  const octets = new Uint8Array(new ArrayBuffer(code.length + 16));
  octets.set(code);
  const view = new DataView(octets.buffer);
  view.setBigUint64(code.length, table, true);
  view.setBigUint64(code.length + 8, result, true);
  return octets;
}

/** A number that no call has and no error is: those are from -4095 on. */
const ALL_MADE = -65_536;

/** number 0, arguments 8, 16 and 24. */
const CALL_OCTETS = 32;

/** The calls as the handler reads them. */
function tableOf(calls: readonly ThreadCall[]): NativeBytes {
  const bytes = new Uint8Array(new ArrayBuffer((calls.length + 1) * CALL_OCTETS));
  const view = new DataView(bytes.buffer);
  for (const [i, { number, args }] of calls.entries()) {
    view.setBigInt64(i * CALL_OCTETS, BigInt(number), true);
    for (const [j, arg] of args.entries()) {
      view.setBigUint64(i * CALL_OCTETS + 8 * (1 + j), arg ?? 0n, true);
    }
  }
  view.setBigInt64(calls.length * CALL_OCTETS, BigInt(ALL_MADE), true);
  return bytes;
}

const SYMBOLS = {
  mmap: { parameters: ["u64", "usize", "i32", "i32", "i32", "i64"], result: "i64" },
  mprotect: { parameters: ["u64", "usize", "i32"], result: "i32" },
  munmap: { parameters: ["u64", "usize"], result: "i32" },
  copyTo: { name: "memcpy", parameters: ["u64", "buffer", "usize"], result: "u64" },
  sigaction: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  // libc has no function for tgkill(2) in all of its versions.
  tgkill: { name: "syscall", parameters: ["i64", "i64", "i64", "i64"], result: "i64" },
  usleep: { parameters: ["u32"], result: "i32" },
} as const;

type Call = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

const PAGE_OCTETS = 4096n;
const PROT_READ = 1;
const PROT_WRITE = 2;
const PROT_EXEC = 4;
const MAP_PRIVATE_ANONYMOUS = 0x22;

/** struct sigaction of glibc: handler 0, mask 8 (128 octets), flags 136, restorer 144. */
const SIGACTION = { octets: 152, handler: 0, mask: 8, maskOctets: 128, flags: 136 } as const;
const SA_RESTART = 0x1000_0000;

/** A real-time signal that nobody else uses. */
const SIGNAL = 63;

const TGKILL = { x86_64: 234n, aarch64: 131n } as const;

/** So often a thread is looked at, some microseconds apart; in all some seconds. */
const LOOKS_MAX = 50_000;
const LOOK_MICROSECONDS = 50;

/** Threads that threads have started which were not asked yet. */
const ROUNDS_MAX = 100;

/**
 * Makes these calls in every thread, this one last, and returns when all have. Threads that are
 * started later have what their parents have. Throws SystemCallError for the first call that fails.
 */
export function inEveryThread(calls: readonly ThreadCall[]): void {
  const library = openLibc(SYMBOLS);
  const table = tableOf(calls);
  const result = new Int32Array(new ArrayBuffer(4));
  const code = handlerCode(
    Deno.build.arch,
    addressOf(table),
    addressOf(new Uint8Array(result.buffer)),
  );
  const call = library.symbols;
  const page = executablePage(call, code);
  const before = new Uint8Array(new ArrayBuffer(SIGACTION.octets));
  call.sigaction(SIGNAL, actionOf(page), before);
  for (const thread of everyThread()) {
    result[0] = 0;
    if (!signalThread(call, thread)) continue;
    const got = waitFor(call, result, thread);
    if (got === ALL_MADE || got === undefined) continue;
    // The page stays: a thread that is late would run what lies there.
    if (got === 0) throw new SystemCallError(`signal to thread ${thread}`, "ETIMEDOUT");
    const failed = calls.map(({ name }) => name).join(", ");
    throw new SystemCallError(failed, errnoName(-got));
  }
  call.sigaction(SIGNAL, before, new Uint8Array(new ArrayBuffer(SIGACTION.octets)));
  call.munmap(page, PAGE_OCTETS);
  library.close();
}

/** A page with the code in it, which is never writable and executable at once. */
function executablePage(call: Call, code: NativeBytes): bigint {
  const readWrite = PROT_READ | PROT_WRITE;
  const page = call.mmap(0n, PAGE_OCTETS, readWrite, MAP_PRIVATE_ANONYMOUS, -1, 0n);
  checked("mmap", page < 0n ? -1 : 0);
  call.copyTo(page, code, BigInt(code.length));
  // The kernel makes sure that what was written is what runs.
  checked("mprotect", call.mprotect(page, PAGE_OCTETS, PROT_READ | PROT_EXEC));
  return page;
}

function actionOf(handler: bigint): NativeBytes {
  const action = new Uint8Array(new ArrayBuffer(SIGACTION.octets));
  const view = new DataView(action.buffer);
  view.setBigUint64(SIGACTION.handler, handler, true);
  action.fill(0xff, SIGACTION.mask, SIGACTION.mask + SIGACTION.maskOctets);
  view.setInt32(SIGACTION.flags, SA_RESTART, true);
  return action;
}

/** The threads of this process, also those that come meanwhile; this one, the main one, last. */
function* everyThread(): Generator<number> {
  const seen = new Set<number>([Deno.pid]);
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const threads = [...Deno.readDirSync("/proc/self/task")].map(({ name }) => Number(name));
    const fresh = threads.filter((thread) => !seen.has(thread));
    if (fresh.length === 0) break;
    for (const thread of fresh) {
      seen.add(thread);
      yield thread;
    }
  }
  yield Deno.pid;
}

/** False where the thread has ended. */
function signalThread(call: Call, thread: number): boolean {
  const number = TGKILL[Deno.build.arch];
  return call.tgkill(number, BigInt(Deno.pid), BigInt(thread), BigInt(SIGNAL)) === 0n;
}

/** What the handler stored; 0 when it did not run, and `undefined` where the thread has ended. */
function waitFor(call: Call, result: Int32Array<ArrayBuffer>, thread: number): number | undefined {
  for (let look = 1; look <= LOOKS_MAX; look++) {
    const got = Atomics.load(result, 0);
    if (got !== 0) return got;
    call.usleep(LOOK_MICROSECONDS);
    if (look % 100 === 0 && !isThere(thread)) return undefined;
  }
  return 0;
}

function isThere(thread: number): boolean {
  try {
    Deno.statSync(`/proc/self/task/${thread}`);
    return true;
  } catch {
    return false;
  }
}
