/**
 * Landlock (landlock(7)): which files and TCP ports are left to a process, whoever its user is. Also
 * root under it reads and writes nothing else, and neither the memory of another process.
 */
import { checked, closeFd, type Fd, type NativeBytes, openLibc } from "./libc.ts";

/** What is left; all paths exist, and lead through no link. */
export interface Reach {
  /** Directories, with all in them, and files. */
  readonly read: readonly string[];
  /** Directories in which files are made, read, written, renamed and removed. */
  readonly write: readonly string[];
  /** TCP ports that may still be listened on. */
  readonly listen: readonly number[];
}

/** Numbers of system calls, the same on x86-64 and on aarch64. */
const LANDLOCK_CREATE_RULESET = 444n;
const LANDLOCK_ADD_RULE = 445n;
export const LANDLOCK_RESTRICT_SELF = 446;

const LANDLOCK_CREATE_RULESET_VERSION = 1;
const LANDLOCK_RULE_PATH_BENEATH = 1;
const LANDLOCK_RULE_NET_PORT = 2;

/** Bits of linux/landlock.h. */
const WRITE_FILE = 1n << 1n;
const READ_FILE = 1n << 2n;
const READ_DIR = 1n << 3n;
const REMOVE_FILE = 1n << 5n;
const MAKE_REG = 1n << 8n;
const TRUNCATE = 1n << 14n;
const BIND_TCP = 1n << 0n;
const CONNECT_TCP = 1n << 1n;
const ABSTRACT_UNIX_SOCKET = 1n << 0n;

/** What a kernel of some version of the interface can refuse. */
export interface Handled {
  readonly files: bigint;
  readonly ports: bigint;
  readonly scoped: bigint;
  /** Of struct landlock_ruleset_attr, as far as this kernel knows it. */
  readonly octets: number;
}

/** How many rights to files there are with each version, from 1 on; later ones have as many. */
const FILE_RIGHTS = [13n, 14n, 15n, 15n, 16n] as const;
const PORTS_SINCE = 4;
const SCOPES_SINCE = 6;

/** All that a version can refuse: from 1 on. */
export function handledBy(version: number): Handled {
  const rights = FILE_RIGHTS[Math.min(version, FILE_RIGHTS.length) - 1]!;
  return {
    files: (1n << rights) - 1n,
    ports: version >= PORTS_SINCE ? BIND_TCP | CONNECT_TCP : 0n,
    scoped: version >= SCOPES_SINCE ? ABSTRACT_UNIX_SOCKET : 0n,
    octets: version >= SCOPES_SINCE ? 24 : version >= PORTS_SINCE ? 16 : 8,
  };
}

/** struct landlock_ruleset_attr: files 0, ports 8, scopes 16. */
export function rulesetAttr({ files, ports, scoped, octets }: Handled): NativeBytes {
  const bytes = new Uint8Array(new ArrayBuffer(24));
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, files, true);
  view.setBigUint64(8, ports, true);
  view.setBigUint64(16, scoped, true);
  return bytes.subarray(0, octets);
}

/** struct landlock_path_beneath_attr, which is packed: rights 0, descriptor 8. */
export function pathBeneathAttr(rights: bigint, fd: Fd): NativeBytes {
  const bytes = new Uint8Array(new ArrayBuffer(12));
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, rights, true);
  view.setInt32(8, fd, true);
  return bytes;
}

/** struct landlock_net_port_attr: rights 0, port 8. */
export function netPortAttr(rights: bigint, port: number): NativeBytes {
  const bytes = new Uint8Array(new ArrayBuffer(16));
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, rights, true);
  view.setBigUint64(8, BigInt(port), true);
  return bytes;
}

const SYMBOLS = {
  create: { name: "syscall", parameters: ["i64", "buffer", "u64", "u64"], result: "i64" },
  add: { name: "syscall", parameters: ["i64", "i64", "u64", "buffer", "u64"], result: "i64" },
  open: { parameters: ["buffer", "i32", "i32"], result: "i32" },
} as const;

type Call = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

const O_PATH = 0o10000000;
const O_CLOEXEC = 0o2000000;

/**
 * A ruleset that leaves what is in reach, to be given to landlock_restrict_self in every thread, and
 * closed. `undefined` where the kernel has no Landlock, or none that is switched on. Throws
 * SystemCallError.
 */
export function openRuleset(reach: Reach): Fd | undefined {
  const library = openLibc(SYMBOLS);
  const call = library.symbols;
  try {
    const version = Number(
      call.create(LANDLOCK_CREATE_RULESET, null, 0n, BigInt(LANDLOCK_CREATE_RULESET_VERSION)),
    );
    if (version < 1) return undefined;
    const handled = handledBy(version);
    const attr = rulesetAttr(handled);
    const ruleset = checked(
      "landlock_create_ruleset",
      Number(call.create(LANDLOCK_CREATE_RULESET, attr, BigInt(attr.length), 0n)),
    );
    addRules(call, ruleset, handled, reach);
    return ruleset;
  } finally {
    library.close();
  }
}

/** The rights to a directory; a file has those of them that are about its content. */
const TO_READ = READ_FILE | READ_DIR;
const TO_WRITE = TO_READ | WRITE_FILE | TRUNCATE | MAKE_REG | REMOVE_FILE;
const OF_FILES = READ_FILE | WRITE_FILE | TRUNCATE;

function addRules(call: Call, ruleset: Fd, handled: Handled, { read, write, listen }: Reach): void {
  for (const path of read) allow(call, ruleset, path, TO_READ & handled.files);
  for (const path of write) allow(call, ruleset, path, TO_WRITE & handled.files);
  if (handled.ports === 0n) return;
  for (const port of listen) {
    add(call, ruleset, LANDLOCK_RULE_NET_PORT, netPortAttr(BIND_TCP, port));
  }
}

function allow(call: Call, ruleset: Fd, path: string, rights: bigint): void {
  const name = new Uint8Array(new TextEncoder().encode(`${path}\0`));
  const fd = checked(`open ${path}`, call.open(name, O_PATH | O_CLOEXEC, 0));
  try {
    const isDirectory = Deno.statSync(path).isDirectory;
    const attr = pathBeneathAttr(isDirectory ? rights : rights & OF_FILES, fd);
    add(call, ruleset, LANDLOCK_RULE_PATH_BENEATH, attr);
  } finally {
    closeFd(fd);
  }
}

function add(call: Call, ruleset: Fd, kind: number, attr: NativeBytes): void {
  const result = call.add(LANDLOCK_ADD_RULE, BigInt(ruleset), BigInt(kind), attr, 0n);
  checked("landlock_add_rule", Number(result));
}
