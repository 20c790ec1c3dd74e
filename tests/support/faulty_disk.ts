/**
 * A file system in memory that does to files what real ones do to them when the power goes: bytes
 * that were not synced are lost, kept, torn or zeroed, and names that were not synced come back or
 * go. It can crash at any operation, refuse any, and tell which there were. All by seed.
 */
import assert from "node:assert/strict";
import { dirname } from "node:path";
import type { Disk, DiskEntry, DiskFile, DiskLock } from "../../src/store/disk.ts";
import {
  type Inode,
  joined,
  type Loss,
  newInode,
  survivingBytes,
  withoutDropped,
} from "./inode.ts";
import { createRandom, type Random } from "./random.ts";

/**
 * Why an operation fails. `EIO` of a sync loses the bytes for good, and a later sync of them
 * succeeds all the same, as on Linux. A write that fails leaves its first half behind; `short`
 * says so instead of failing.
 */
export type Fault = "EIO" | "ENOSPC" | "EACCES" | "short";

export interface FaultyDiskOptions {
  /** Decides in which order operations that are under way together end. 0 unless told. */
  readonly seed?: number;
  /** Index of the operation at which everything stops for good. */
  readonly crashAt?: number;
  /** Whether a sync does what it says. Only a test of the tests would say no. */
  readonly honoursSync?: boolean;
}

/** A change of names that is not synced yet. */
interface NameChange {
  readonly directory: string;
  readonly apply: (names: Map<string, Inode>) => void;
}

interface FileSystem {
  readonly directories: Set<string>;
  readonly names: Map<string, Inode>;
  readonly syncedNames: Map<string, Inode>;
  unsyncedNames: NameChange[];
  readonly locks: Map<string, { readonly holder: FaultyDisk; readonly identity: string }>;
  readonly fileLocks: Map<Inode, FaultyDisk>;
}

/** An error as the operating system's come: with the errno name in `code`. */
export function diskError(code: string): Error {
  return Object.assign(new Error(`${code} (injected)`), { code });
}

export class FaultyDisk implements Disk {
  /** Every operation so far, as `write /lib/leases.jsonl`. */
  readonly operations: string[] = [];
  /** Resolves when the crash point is reached; no operation ends after that. */
  readonly crashed: Promise<void>;
  /**
   * Asked before each operation; holds it until it resolves, and fails it if it returns a fault.
   * What is done `now` cannot be held.
   */
  intercept: (
    operation: string,
    isNow: boolean,
  ) => Fault | undefined | Promise<Fault | undefined> = () => undefined;

  readonly #options: FaultyDiskOptions;
  readonly #system: FileSystem;
  readonly #random: Random;
  /** The crash point is reached; what has an effect has it yet. */
  #isLast = false;
  #hasCrashed = false;
  #reportCrash: () => void;

  /** An empty disk with the directories `/` and `/lib`. */
  constructor(options: FaultyDiskOptions = {}, system: FileSystem = emptySystem()) {
    this.#options = options;
    this.#system = system;
    this.#random = createRandom(options.seed ?? 0);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.crashed = promise;
    this.#reportCrash = resolve;
  }

  /** The same disk for the next process: this one was killed, the machine runs on. */
  afterKill(options: FaultyDiskOptions = {}): FaultyDisk {
    this.#crash();
    return new FaultyDisk(options, this.#system);
  }

  /** What the disk would hold if the power were cut now; this one goes on. */
  afterPowerCut(loss: Loss, options: FaultyDiskOptions = {}): FaultyDisk {
    const names = new Map(this.#system.syncedNames);
    for (const change of this.#system.unsyncedNames) {
      const isKept = loss.names === "kept" || (loss.names === "some" && this.#random.chance(0.5));
      if (isKept) change.apply(names);
    }
    const survivors = new Map<Inode, Inode>();
    for (const inode of names.values()) {
      survivors.set(inode, newInode(survivingBytes(inode, loss.bytes, this.#random)));
    }
    for (const [path, inode] of names) names.set(path, survivors.get(inode)!);
    return new FaultyDisk(options, {
      directories: new Set(this.#system.directories),
      names,
      syncedNames: new Map(names),
      unsyncedNames: [],
      locks: new Map(),
      fileLocks: new Map(),
    });
  }

  /** The text of a file as a process would read it now; `undefined` when there is none. */
  read(path: string): string | undefined {
    const inode = this.#system.names.get(path);
    return inode === undefined ? undefined : new TextDecoder().decode(inode.bytes);
  }

  /** What is at the path if the power goes now and takes all that was not synced with it. */
  synced(path: string): { identity: string; bytes: Uint8Array } | undefined {
    const inode = this.#system.syncedNames.get(path);
    return inode && { identity: String(inode.number), bytes: inode.synced };
  }

  /** Puts a file there, durably, in place of another. */
  plant(path: string, contents: string | Uint8Array): void {
    const bytes = typeof contents === "string" ? new TextEncoder().encode(contents) : contents;
    const inode = newInode(bytes);
    this.#system.names.set(path, inode);
    this.#system.syncedNames.set(path, inode);
  }

  /** No crash point: a lock is in memory. A disk stands for a process, and refuses only others. */
  lock(path: string): Promise<DiskLock | { readonly holder: string }> {
    const { locks } = this.#system;
    const holder = locks.get(path)?.holder;
    const isTaken = holder !== undefined && holder !== this && !holder.#hasCrashed;
    if (isTaken) return Promise.resolve({ holder: "1" });
    const lock = { holder: this, identity: `lock ${++lockCount}` };
    locks.set(path, lock);
    const close = () => {
      if (locks.get(path) === lock) locks.delete(path);
    };
    return Promise.resolve({ identity: lock.identity, close });
  }

  /** Removes the file of a lock, which its holder has still, of a file that nobody finds. */
  removeLock(path: string): void {
    this.#system.locks.delete(path);
  }

  async stat(path: string): Promise<DiskEntry | undefined> {
    await this.#begin(`stat ${path}`);
    return this.#entry(path);
  }

  statNow(path: string): DiskEntry | undefined {
    this.#beginNow(`stat ${path}`);
    return this.#entry(path);
  }

  /** There are no links on it. */
  readonly follow = (path: string) => Promise.resolve(path);

  #entry(path: string): DiskEntry | undefined {
    if (this.#system.directories.has(path)) {
      return { identity: path, kind: "directory", sizeBytes: 0 };
    }
    const lock = this.#system.locks.get(path);
    if (lock !== undefined) return { identity: lock.identity, kind: "file", sizeBytes: 0 };
    const inode = this.#system.names.get(path);
    return inode &&
      { identity: String(inode.number), kind: "file", sizeBytes: inode.bytes.length };
  }

  async openRead(path: string): Promise<DiskFile> {
    await this.#begin(`open ${path}`);
    return this.#openFile(path, this.#find(path));
  }

  openAppend(path: string): Promise<DiskFile> {
    return this.openRead(path);
  }

  async createNew(path: string): Promise<DiskFile> {
    await this.#begin(`create ${path}`);
    const directory = dirname(path);
    if (!this.#system.directories.has(directory)) throw diskError("ENOENT");
    if (this.#system.names.has(path)) throw diskError("EEXIST");
    const inode = newInode(new Uint8Array());
    this.#change(directory, (names) => names.set(path, inode));
    await this.#end();
    return this.#openFile(path, inode);
  }

  async openAside(path: string): Promise<DiskFile> {
    await this.#begin(`stat ${path}`);
    return await (this.#system.names.has(path) ? this.openAppend(path) : this.createNew(path));
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#begin(`rename ${from}`);
    const inode = this.#find(from);
    this.#change(dirname(to), (names) => {
      names.delete(from);
      names.set(to, inode);
    });
    await this.#end();
  }

  async remove(path: string): Promise<void> {
    await this.#begin(`remove ${path}`);
    this.#find(path);
    this.#change(dirname(path), (names) => names.delete(path));
    await this.#end();
  }

  async makeDirectory(path: string): Promise<void> {
    await this.#begin(`makeDirectory ${path}`);
    this.#system.directories.add(path);
    await this.#end();
  }

  async syncDirectory(path: string): Promise<void> {
    await this.#begin(`syncDirectory ${path}`);
    if (this.#options.honoursSync !== false) {
      const isSynced = (change: NameChange) => change.directory === path;
      this.#system.unsyncedNames.filter(isSynced)
        .forEach(({ apply }) => apply(this.#system.syncedNames));
      this.#system.unsyncedNames = this.#system.unsyncedNames.filter((it) => !isSynced(it));
    }
    await this.#end();
  }

  #find(path: string): Inode {
    const inode = this.#system.names.get(path);
    if (inode === undefined) throw diskError("ENOENT");
    return inode;
  }

  #change(directory: string, apply: NameChange["apply"]): void {
    apply(this.#system.names);
    this.#system.unsyncedNames.push({ directory, apply });
  }

  #openFile(path: string, inode: Inode): DiskFile {
    let position = 0;
    let isOpen = true;
    let hasLock = false;
    const begin = (name: string) => {
      if (!isOpen) return Promise.reject(diskError("EBADF"));
      return this.#begin(`${name} ${path}`, name.startsWith("sync") ? inode : undefined);
    };
    const sync = async (name: string) => {
      await begin(name);
      if (this.#options.honoursSync !== false) inode.synced = withoutDropped(inode);
      inode.cleanBytes = inode.bytes.length;
      await this.#end();
    };
    return {
      read: async (buffer) => {
        await begin("read");
        const chunk = inode.bytes.subarray(position, position + buffer.length);
        buffer.set(chunk);
        position += chunk.length;
        return chunk.length === 0 ? null : chunk.length;
      },
      write: async (bytes) => {
        if (!isOpen) throw diskError("EBADF");
        const fault = await this.#askFault(`write ${path}`);
        const taken = fault === undefined ? bytes : bytes.subarray(0, bytes.length >> 1);
        inode.bytes = joined(inode.bytes, taken);
        await this.#end();
        if (fault !== undefined && fault !== "short") throw diskError(fault);
        return taken.length;
      },
      writeNow: (bytes) => {
        if (!isOpen) throw diskError("EBADF");
        if (this.#hasCrashed) return bytes.length; // what nobody does has no effect
        const fault = this.#beginNow(`write ${path}`);
        const taken = fault === undefined ? bytes : bytes.subarray(0, bytes.length >> 1);
        inode.bytes = joined(inode.bytes, taken);
        if (this.#isLast) this.#crash();
        if (fault !== undefined && fault !== "short") throw diskError(fault);
        return taken.length;
      },
      syncData: () => sync("syncData"),
      sync: () => sync("sync"),
      truncate: async (sizeBytes) => {
        await begin("truncate");
        inode.bytes = inode.bytes.slice(0, sizeBytes);
        inode.cleanBytes = Math.min(inode.cleanBytes, sizeBytes);
        await this.#end();
      },
      lock: () => {
        const { fileLocks } = this.#system;
        const holder = fileLocks.get(inode);
        if (holder !== undefined && holder !== this && !holder.#hasCrashed) {
          return Promise.resolve(false);
        }
        fileLocks.set(inode, this);
        hasLock = true;
        return Promise.resolve(true);
      },
      close: () => {
        isOpen = false;
        if (hasLock) this.#system.fileLocks.delete(inode);
      },
    };
  }

  /** Before an operation's effect. A failed sync of `synced` drops what it was to sync. */
  async #begin(operation: string, synced?: Inode): Promise<void> {
    const isSync = operation.startsWith("sync");
    const fault = await this.#askFault(operation, isSync);
    if (fault === undefined) return;
    if (synced !== undefined) {
      synced.dropped.push({ from: synced.cleanBytes, to: synced.bytes.length });
      synced.cleanBytes = synced.bytes.length;
    }
    throw diskError(fault);
  }

  /**
   * Records the operation and lets others overtake it. The crash point stops a sync before its
   * effect, and any other operation after it (`#end`): whether that survives is up to the loss.
   */
  async #askFault(operation: string, isSync = false): Promise<Fault | undefined> {
    const ticks = this.#random.integer(1, 4);
    for (let i = 0; i < ticks; i++) await null;
    const fault = await this.intercept(operation, false);
    if (this.#hasCrashed) await FOREVER;
    this.operations.push(operation);
    this.#isLast ||= this.operations.length - 1 === this.#options.crashAt;
    if (this.#isLast && (isSync || !HAS_EFFECT.test(operation))) await this.#stop();
    return fault;
  }

  /** Records an operation of the calling thread, which nothing overtakes. */
  #beginNow(operation: string): Fault | undefined {
    if (this.#hasCrashed) return undefined;
    const fault = this.intercept(operation, true);
    assert(!(fault instanceof Promise), "what is done now cannot be held");
    this.operations.push(operation);
    this.#isLast ||= this.operations.length - 1 === this.#options.crashAt;
    if (this.#isLast && !HAS_EFFECT.test(operation)) this.#crash();
    return fault;
  }

  async #end(): Promise<void> {
    if (this.#isLast) await this.#stop();
    await null;
    if (this.#hasCrashed) await FOREVER;
  }

  async #stop(): Promise<void> {
    this.#crash();
    await FOREVER;
  }

  #crash(): void {
    this.#hasCrashed = true;
    this.#reportCrash();
  }
}

const FOREVER = new Promise<never>(() => {});
const HAS_EFFECT = /^(write|create|rename|remove|truncate|makeDirectory) /;

let lockCount = 0;

function emptySystem(): FileSystem {
  return {
    directories: new Set(["/", "/lib"]),
    names: new Map(),
    syncedNames: new Map(),
    unsyncedNames: [],
    locks: new Map(),
    fileLocks: new Map(),
  };
}
