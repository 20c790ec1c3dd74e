/**
 * The few functions of libc that Sublet calls, with types and with errno as a name.
 *
 * Every call but `pollAsync` runs on the main thread and returns at once, because every descriptor
 * is non-blocking. errno belongs to the thread that made the call, so it is read right after a
 * synchronous call and cannot be read after `pollAsync`, which runs on a thread of Deno's pool.
 */
import {
  AF_INET,
  BPF_INSTRUCTION_OCTETS,
  CLOCK_BOOTTIME,
  EFD_CLOEXEC,
  EFD_NONBLOCK,
  ICMP_FILTER,
  IPPROTO_IP,
  MSG_DONTWAIT,
  SO_ATTACH_FILTER,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_FPROG,
  SOCK_NONBLOCK,
  SOL_RAW,
  SOL_SOCKET,
} from "./layouts.ts";

/** Octets that libc may read or write: backed by an ArrayBuffer that the engine does not move. */
export type NativeBytes = Uint8Array<ArrayBuffer>;

/** A file descriptor. */
export type Fd = number;

const SYMBOLS = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  send: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
  recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
  sendmmsg: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  recvmmsg: { parameters: ["i32", "buffer", "u32", "i32", "pointer"], result: "i32" },
  poll: { parameters: ["buffer", "usize", "i32"], result: "i32" },
  pollAsync: {
    name: "poll",
    parameters: ["buffer", "usize", "i32"],
    result: "i32",
    nonblocking: true,
  },
  eventfd: { parameters: ["u32", "i32"], result: "i32" },
  eventfd_write: { parameters: ["i32", "u64"], result: "i32" },
  eventfd_read: { parameters: ["i32", "buffer"], result: "i32" },
  /** In glibc, not in musl. */
  malloc_trim: { parameters: ["usize"], result: "i32", optional: true },
  clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
  __errno_location: { parameters: [], result: "pointer" },
  memcpy: { parameters: ["buffer", "pointer", "usize"], result: "void" },
  /** Copies nothing, and returns where the buffer lies. */
  whereIs: { name: "memcpy", parameters: ["buffer", "pointer", "usize"], result: "u64" },
} as const;

/** What is bound for as long as the server runs: nothing that starts a program or a shell. */
export const BOUND_FUNCTIONS: readonly string[] = Object.entries(SYMBOLS)
  .map(([name, symbol]) => "name" in symbol ? symbol.name : name);

/** glibc's name, then musl's. */
const LIBRARY_NAMES = ["libc.so.6", "libc.so"] as const;

interface Libc {
  readonly call: Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];
  /** Where this thread's errno lies; a JavaScript program stays on one thread. */
  readonly errnoLocation: Deno.PointerValue;
}

let loaded: Libc | undefined;

/** Loaded on first use: `sublet check` needs no libc, and runs where there is none. */
function libc(): Libc {
  if (loaded !== undefined) return loaded;
  const call = openLibc(SYMBOLS).symbols;
  return loaded = { call, errnoLocation: call.__errno_location() };
}

/** Binds more functions of libc, until the library is closed again. */
export function openLibc<Symbols extends Deno.ForeignLibraryInterface>(
  symbols: Symbols,
): Deno.DynamicLibrary<Symbols> {
  const failures: unknown[] = [];
  for (const name of LIBRARY_NAMES) {
    try {
      return Deno.dlopen(name, symbols);
    } catch (error) {
      failures.push(error);
    }
  }
  throw new AggregateError(failures, `cannot load libc (${LIBRARY_NAMES.join(", ")})`);
}

const ERRNO_NAMES: Readonly<Record<number, string>> = {
  1: "EPERM",
  2: "ENOENT",
  4: "EINTR",
  6: "ENXIO",
  11: "EAGAIN",
  12: "ENOMEM",
  13: "EACCES",
  19: "ENODEV",
  22: "EINVAL",
  24: "EMFILE",
  38: "ENOSYS",
  90: "EMSGSIZE",
  95: "EOPNOTSUPP",
  97: "EAFNOSUPPORT",
  98: "EADDRINUSE",
  99: "EADDRNOTAVAIL",
  100: "ENETDOWN",
  101: "ENETUNREACH",
  105: "ENOBUFS",
  111: "ECONNREFUSED",
  113: "EHOSTUNREACH",
};

/** A libc call that failed: `errno` is its name (`EACCES`), or `errno 42` for one without. */
export class SystemCallError extends Error {
  override readonly name = "SystemCallError";

  constructor(readonly call: string, readonly errno: string) {
    super(`${call}: ${errno}`);
  }
}

const errnoBytes = new Uint8Array(new ArrayBuffer(4));
const errnoView = new DataView(errnoBytes.buffer);

/** The errno of the last failed synchronous call. */
function lastErrno({ call, errnoLocation }: Libc): string {
  call.memcpy(errnoBytes, errnoLocation, 4n);
  return errnoName(errnoView.getInt32(0, true));
}

/** `EACCES` for 13; `errno 42` for one without a name. */
export function errnoName(errno: number): string {
  return ERRNO_NAMES[errno] ?? `errno ${errno}`;
}

/** The result of a call, or its failure as an exception: for calls that set things up. */
export function checked(name: string, result: number): number {
  if (result < 0) throw new SystemCallError(name, lastErrno(libc()));
  return result;
}

/** What a call on the data path gave: a count, or the name of its errno. Never an exception. */
export type CountOrErrno = number | string;

function countOrErrno(result: number | bigint): CountOrErrno {
  return result < 0 ? lastErrno(libc()) : Number(result);
}

/** A non-blocking socket that child processes do not inherit. Throws SystemCallError. */
export function openSocket(family: number, type: number, protocol: number): Fd {
  const flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
  return checked("socket", libc().call.socket(family, type | flags, protocol));
}

/** A UDP socket, not bound yet. Throws SystemCallError. */
export function openUdp(): Fd {
  return openSocket(AF_INET, SOCK_DGRAM, 0);
}

/** Binds a socket to a struct sockaddr_*. Throws SystemCallError. */
export function bindSocket(fd: Fd, address: NativeBytes): void {
  checked("bind", libc().call.bind(fd, address, address.length));
}

/** Sets an integer option of level SOL_SOCKET. Throws SystemCallError. */
export function setSocketOption(fd: Fd, name: number, value: number): void {
  setOption(fd, SOL_SOCKET, name, int32(value));
}

/** Sets an option of level SOL_SOCKET that is a text (a device name). Throws SystemCallError. */
export function setSocketOptionText(fd: Fd, name: number, value: string): void {
  setOption(fd, SOL_SOCKET, name, new Uint8Array(new TextEncoder().encode(value + "\0")));
}

/** Lets through only the packets that a classic BPF program accepts. Throws SystemCallError. */
export function attachFilter(fd: Fd, program: NativeBytes): void {
  setOption(fd, SOL_SOCKET, SO_ATTACH_FILTER, sockFprog(program));
}

/** A struct sock_fprog. The caller keeps the program alive while the kernel reads it. */
export function sockFprog(program: NativeBytes): NativeBytes {
  const fprog = new Uint8Array(new ArrayBuffer(SOCK_FPROG.octets));
  const view = new DataView(fprog.buffer);
  view.setUint16(SOCK_FPROG.length, program.length / BPF_INSTRUCTION_OCTETS, true);
  view.setBigUint64(SOCK_FPROG.program, addressOf(program), true);
  return fprog;
}

/** Sets the ICMP types that a raw ICMP socket does not take, a bit each. Throws SystemCallError. */
export function setIcmpFilter(fd: Fd, refusedTypes: number): void {
  setOption(fd, SOL_RAW, ICMP_FILTER, int32(refusedTypes));
}

/** Sets an integer option of level IPPROTO_IP. Throws SystemCallError. */
export function setIpOption(fd: Fd, name: number, value: number): void {
  setOption(fd, IPPROTO_IP, name, int32(value));
}

function setOption(fd: Fd, level: number, name: number, value: NativeBytes): void {
  checked("setsockopt", libc().call.setsockopt(fd, level, name, value, value.length));
}

function int32(value: number): NativeBytes {
  const bytes = new Uint8Array(new ArrayBuffer(4));
  new DataView(bytes.buffer).setInt32(0, value, true);
  return bytes;
}

/** Closes a descriptor. A pending `pollAsync` on it is not woken: wake it first. */
export function closeFd(fd: Fd): void {
  libc().call.close(fd);
}

/** Sends one message on a socket. */
export function sendMessage(fd: Fd, message: NativeBytes): CountOrErrno {
  return countOrErrno(libc().call.send(fd, message, BigInt(message.length), MSG_DONTWAIT));
}

/** Receives one message into `buffer` and returns its length. */
export function receiveMessage(fd: Fd, buffer: NativeBytes): CountOrErrno {
  return countOrErrno(libc().call.recv(fd, buffer, BigInt(buffer.length), MSG_DONTWAIT));
}

/** Sends `count` messages described by an array of struct mmsghdr; returns how many went. */
export function sendMessages(fd: Fd, headers: NativeBytes, count: number): CountOrErrno {
  return countOrErrno(libc().call.sendmmsg(fd, headers, count, MSG_DONTWAIT));
}

/** Receives up to `count` messages into an array of struct mmsghdr; returns how many came. */
export function receiveMessages(fd: Fd, headers: NativeBytes, count: number): CountOrErrno {
  return countOrErrno(libc().call.recvmmsg(fd, headers, count, MSG_DONTWAIT, null));
}

/** Waits on this thread for at most `timeoutMs`: how many of the struct pollfd are ready. */
export function poll(pollfds: NativeBytes, count: number, timeoutMs: number): CountOrErrno {
  return countOrErrno(libc().call.poll(pollfds, BigInt(count), timeoutMs));
}

/**
 * Waits on another thread until one of `count` struct pollfd is ready or, unless it is negative,
 * `timeoutMs` are over, and resolves to how many are (negative: interrupted). The caller keeps
 * `pollfds` alive and untouched until then.
 */
export function pollAsync(pollfds: NativeBytes, count: number, timeoutMs: number): Promise<number> {
  return libc().call.pollAsync(pollfds, BigInt(count), timeoutMs);
}

/** An eventfd: a descriptor that is readable from `signalEvent` to `clearEvent`. */
export function openEvent(): Fd {
  return checked("eventfd", libc().call.eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
}

/** Makes an eventfd readable. */
export function signalEvent(fd: Fd): void {
  libc().call.eventfd_write(fd, 1n);
}

const eventCount = new Uint8Array(new ArrayBuffer(8));

/** Makes an eventfd not readable. */
export function clearEvent(fd: Fd): void {
  libc().call.eventfd_read(fd, eventCount);
}

/** Gives back to the kernel what malloc keeps of what was freed. */
export function trimMalloc(): void {
  libc().call.malloc_trim?.(0n);
}

const timespec = new Uint8Array(new ArrayBuffer(16));
const timespecView = new DataView(timespec.buffer);

/** Whole milliseconds since boot, counting through suspend, never stepping (CLOCK_BOOTTIME). */
export function bootTimeMs(): number {
  checked("clock_gettime", libc().call.clock_gettime(CLOCK_BOOTTIME, timespec));
  const seconds = Number(timespecView.getBigInt64(0, true));
  const nanoseconds = Number(timespecView.getBigInt64(8, true));
  return seconds * 1000 + Math.trunc(nanoseconds / 1e6);
}

/**
 * The address of a buffer as a structure holds it. The caller keeps the buffer alive. Asked of libc
 * and not of `Deno.UnsafePointer`, which wants the permission that is given up after the start.
 */
export function addressOf(bytes: NativeBytes): bigint {
  return libc().call.whereIs(bytes, null, 0n);
}
