/**
 * The seam between the journal and the file system: just the operations whose order decides what
 * survives a power cut, so that a test can lose, tear or refuse each of them.
 *
 * Every operation rejects with an error whose `code` is the errno name. Those whose names end in
 * `Now` are done on the calling thread, and throw: the kernel does them in memory, and to hand them
 * to another thread takes ten times as long.
 */
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { errorCode } from "./disk_error.ts";

/** An open file. Writes go to its end. */
export interface DiskFile {
  /** Reads on from where the last read ended; `null` at the end of the file. */
  read(buffer: Uint8Array): Promise<number | null>;
  /** Appends, and says how many bytes were taken; fewer than given when the disk is full. */
  write(bytes: Uint8Array): Promise<number>;
  /** As `write`. */
  writeNow(bytes: Uint8Array): number;
  /** fdatasync(2): what was written, and the size, survive a power cut. */
  syncData(): Promise<void>;
  /** fsync(2): as `syncData`, with all metadata. */
  sync(): Promise<void>;
  truncate(sizeBytes: number): Promise<void>;
  /**
   * Keeps the file itself, whichever of its names another process has for it, until it is closed.
   * False when another process has it.
   */
  lock(): Promise<boolean>;
  close(): void;
}

/** A lock that its holder keeps until it closes it or dies. */
export interface DiskLock {
  /** That of its file, which somebody may remove; comparable with that of `Disk.stat`. */
  readonly identity: string;
  close(): void;
}

export interface DiskEntry {
  /** Device and inode: equal for the same file under any name. */
  readonly identity: string;
  readonly kind: "file" | "directory" | "other";
  readonly sizeBytes: number;
}

export interface Disk {
  /**
   * Takes the lock of the file at the path, which is made if it is not there (mode 0600) and stays.
   * Another process that has it is named by what it wrote there: its process id, as text.
   */
  lock(path: string): Promise<DiskLock | { readonly holder: string }>;
  /** What is at the path, links followed; `undefined` when nothing is. */
  stat(path: string): Promise<DiskEntry | undefined>;
  /** As `stat`. */
  statNow(path: string): DiskEntry | undefined;
  /** The path of the file that a path leads to by links, be it there or not; the same without. */
  follow(path: string): Promise<string>;
  openRead(path: string): Promise<DiskFile>;
  /** Opens a file that exists, for reading and appending. */
  openAppend(path: string): Promise<DiskFile>;
  /** Makes an empty file for appending, mode 0600; rejects when the path is taken, by a link too. */
  createNew(path: string): Promise<DiskFile>;
  /** Opens a file for appending, which is made if it is not there (mode 0600). No link is followed. */
  openAside(path: string): Promise<DiskFile>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Makes a directory and its missing parents, mode 0711, durably. No error when it is there. */
  makeDirectory(path: string): Promise<void>;
  /** fsync(2) of a directory: files made, renamed and removed in it stay so after a power cut. */
  syncDirectory(path: string): Promise<void>;
}

const FILE_MODE = 0o600;
/**
 * Nobody else sees what is in it, and its files are their owner's; but a name server's user may pass
 * to a directory in it that has the hosts file.
 */
const DIRECTORY_MODE = 0o711;

function wrap(file: Deno.FsFile): DiskFile {
  return {
    read: (buffer) => file.read(buffer),
    write: (bytes) => file.write(bytes),
    writeNow: (bytes) => file.writeSync(bytes),
    syncData: () => file.syncData(),
    sync: () => file.sync(),
    truncate: (sizeBytes) => file.truncate(sizeBytes),
    lock: () => file.tryLock(true),
    close: () => file.close(),
  };
}

async function stat(path: string): Promise<DiskEntry | undefined> {
  try {
    return entryOf(await Deno.stat(path));
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

function statNow(path: string): DiskEntry | undefined {
  try {
    return entryOf(Deno.statSync(path));
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

function entryOf(info: Deno.FileInfo): DiskEntry {
  const kind = info.isFile ? "file" : info.isDirectory ? "directory" : "other";
  return { identity: `${info.dev}:${info.ino}`, kind, sizeBytes: info.size };
}

/** `stat` has told that the links are not a circle. */
async function follow(path: string): Promise<string> {
  let target: string;
  try {
    target = await Deno.readLink(path);
  } catch (error) {
    const code = errorCode(error);
    if (code === "EINVAL" || code === "ENOENT") return path; // no link
    throw error;
  }
  return follow(resolve(await Deno.realPath(dirname(path)), target));
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await Deno.open(path, { read: true });
  try {
    await directory.sync();
  } finally {
    directory.close();
  }
}

/**
 * Makes a directory and its missing parents, all of one mode whatever the umask is, durably. No
 * error when it is there.
 */
export async function makeDirectory(path: string, mode = DIRECTORY_MODE): Promise<void> {
  if (await stat(path) !== undefined) return;
  await makeDirectory(dirname(path), mode);
  await Deno.mkdir(path);
  await changeDirectory(path, (directory) => directory.chmod(mode));
  await syncDirectory(dirname(path));
}

/**
 * Changes a directory that was just made. Whoever may write beside it can have put a link to another
 * in its place since.
 */
export async function changeDirectory(
  path: string,
  change: (directory: FileHandle) => Promise<void>,
): Promise<void> {
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
  const directory = await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    await change(directory);
  } finally {
    await directory.close();
  }
}

/**
 * Opens the file of that very name, which is made if it is not there (mode 0600). In a directory of
 * another user, a link with this name may lead to any file of ours, and so may a hard link.
 */
async function openUnfollowed(path: string, options: Deno.OpenOptions): Promise<Deno.FsFile> {
  const { O_RDWR, O_CREAT, O_NOFOLLOW } = constants;
  // Deno has no O_NOFOLLOW, and node's handle no flock(2): opened by both, and compared.
  const handle = await open(path, O_RDWR | O_CREAT | O_NOFOLLOW, FILE_MODE).catch((error) => {
    throw errorCode(error) === "ELOOP" ? isLink() : error;
  });
  try {
    const file = await Deno.open(path, options);
    const [named, opened] = [await handle.stat(), await file.stat()];
    const isSame = named.dev === opened.dev && named.ino === opened.ino;
    if (isSame && opened.isFile && opened.nlink === 1) return file;
    file.close();
  } finally {
    await handle.close();
  }
  throw isLink();
}

function isLink(): Error {
  const message = "it is a link to something else, which is not written to; remove it";
  return Object.assign(new Error(message), { code: "EMLINK" });
}

/** flock(2): the kernel gives the lock up with the process, however that ends. */
async function lock(path: string): Promise<DiskLock | { readonly holder: string }> {
  const file = await openUnfollowed(path, { read: true, write: true });
  try {
    if (!await file.tryLock(true)) {
      const holder = (await Deno.readTextFile(path)).trim();
      file.close();
      return { holder };
    }
    await file.truncate();
    await file.write(new TextEncoder().encode(`${Deno.pid}\n`));
    const { identity } = entryOf(await file.stat());
    return { identity, close: () => file.close() };
  } catch (error) {
    file.close();
    throw error;
  }
}

/** The machine's own file system. */
export const realDisk: Disk = {
  lock,
  stat,
  statNow,
  follow,
  openRead: async (path) => wrap(await Deno.open(path, { read: true })),
  openAppend: async (path) => wrap(await Deno.open(path, { read: true, append: true })),
  createNew: async (path) =>
    wrap(await Deno.open(path, { append: true, createNew: true, mode: FILE_MODE })),
  openAside: async (path) => wrap(await openUnfollowed(path, { append: true })),
  rename: (from, to) => Deno.rename(from, to),
  remove: (path) => Deno.remove(path),
  makeDirectory: (path) => makeDirectory(path),
  syncDirectory,
};
