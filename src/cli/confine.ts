/** What `sublet run` gives up between its start and its first packet, so that a flaw is worth little. */
import { dirname, resolve } from "node:path";
import type { Config } from "../config/config.ts";
import {
  type Account,
  becomeUser,
  confineThreads,
  type Kept,
  TO_MAKE_FILES_IN,
  TO_READ,
  TO_READ_AND_WRITE,
  type Use,
} from "../link/confinement.ts";
import { SystemCallError } from "../link/libc.ts";
import { forbidSystemCalls } from "../link/system_call_filter.ts";
import { changeDirectory, makeDirectory, realDisk } from "../store/disk.ts";
import { HOSTS_DIRECTORY_MODE } from "../names/hosts_file.ts";
import type { Abilities } from "./reload.ts";
import type { Notify } from "./run_notices.ts";

/** The process cannot become the user of the config, or is of no use as that user. */
export class ConfinementError extends Error {
  override readonly name = "ConfinementError";
  /** EX_NOPERM of sysexits.h. */
  readonly exitCode = 77;
}

const ROOT = 0;
const JOURNAL_DIRECTORY_MODE = 0o711;
const PARENT_MODE = 0o755;
const ACCOUNTS = "/etc/passwd";

/**
 * Becomes the config's `user`, if it names one, and keeps of root's rights what sockets need. To be
 * called when the sockets are open and before any file is. Throws ConfinementError.
 */
export async function confineToUser(path: string, config: Config, notify: Notify): Promise<void> {
  const { user } = config;
  if (user === undefined) return;
  const account = await findAccount(user);
  const uid = Deno.uid();
  // A supervisor has done it.
  if (uid === account.uid) return;
  if (uid !== ROOT) {
    throw new ConfinementError(
      `only root can become "${user}"; leave \`user\` out of the config, or start as root`,
    );
  }
  await makeOwnDirectory(dirname(config.journal), JOURNAL_DIRECTORY_MODE, account);
  const hostsFile = config.nameServices?.hostsFile;
  if (hostsFile !== undefined) {
    await makeOwnDirectory(dirname(hostsFile.path), HOSTS_DIRECTORY_MODE, account);
  }
  try {
    becomeUser(account);
  } catch (cause) {
    if (!(cause instanceof SystemCallError)) throw cause;
    throw new ConfinementError(`cannot become "${user}": ${cause.message}`, { cause });
  }
  for (const it of [path, ...config.included ?? []]) {
    if (canRead(it)) continue;
    notify(
      "warning",
      `${user} cannot read ${it}, so SIGHUP will not reload it; give it that user's group, ` +
        "mode 0640",
    );
  }
}

async function findAccount(user: string): Promise<Account> {
  for (const line of (await Deno.readTextFile(ACCOUNTS)).split("\n")) {
    const [name, , uid, gid] = line.split(":");
    if (name === user && uid && gid) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new ConfinementError(
    `nobody is called "${user}" in ${ACCOUNTS}; make that user with ` +
      `"useradd --system --shell /usr/sbin/nologin ${user}", or change \`user\` in the config`,
  );
}

/**
 * Makes a missing directory, and that alone the user's. One that is there is left as it is: what
 * else lies in it may be for root to change.
 */
async function makeOwnDirectory(
  path: string,
  mode: number,
  { uid, gid }: Account,
): Promise<void> {
  if (await realDisk.stat(path) !== undefined) return;
  await makeDirectory(dirname(path), PARENT_MODE);
  await makeDirectory(path, mode);
  await changeDirectory(path, (directory) => directory.chown(uid, gid));
}

function canRead(path: string): boolean {
  try {
    Deno.openSync(path).close();
    return true;
  } catch (error) {
    // What else is wrong with it, its reader says better.
    return !(error instanceof Deno.errors.PermissionDenied);
  }
}

/**
 * Deno's permissions that serving does without. Files are read at reload, when the YAML parser also
 * looks at the environment, and the journal is written; Deno cannot narrow a permission to a path.
 */
const NEEDLESS_PERMISSIONS = ["ffi", "run", "sys", "import"] as const;

/**
 * Gives up everything that serving does without. To be called when every library is bound, every
 * interface opened and every file: what is open stays so. No program can be started from here on.
 * Sockets can, until `revokeSockets`; `listen` is the TCP port that is still to be listened on.
 * Returns what is left for a reload.
 */
export async function giveUpTheRest(
  path: string,
  config: Config,
  listen: number | undefined,
  notify: Notify,
): Promise<Abilities> {
  await makeHostsDirectory(config);
  // Where the machine's time zone is told by a file, it is read now.
  new Date().getTimezoneOffset();
  const kept = keptBy(path, config, listen);
  try {
    const { isInReach, overridden } = confineThreads(kept);
    if (!isInReach) {
      notify(
        "info",
        "the kernel has no Landlock, so files that the server needs not stay in reach",
      );
    }
    if (overridden !== undefined) {
      notify(
        "info",
        `${overridden} is not root's, so root keeps the right to other users' files ` +
          "(CAP_DAC_OVERRIDE); `user:` in the config, or files of root's, save it",
      );
    }
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error;
    notify("warning", `the kernel cannot take rights away (${error.message})`);
  }
  try {
    forbidSystemCalls();
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error;
    notify("warning", `the kernel cannot take system calls away (${error.message})`);
  }
  for (const name of NEEDLESS_PERMISSIONS) Deno.permissions.revokeSync({ name });
  return {
    makesSockets: config.nameServices?.dnsUpdate !== undefined,
    canMakeFilesIn(directory) {
      const real = realPath(directory);
      return kept.reach.write.some((it) => real === it || real?.startsWith(`${it}/`));
    },
    canRead,
  };
}

/** Later its parent is out of reach. What cannot be made, the first write says. */
async function makeHostsDirectory({ nameServices }: Config): Promise<void> {
  if (nameServices?.hostsFile === undefined) return;
  const directory = dirname(nameServices.hostsFile.path);
  await makeDirectory(directory, HOSTS_DIRECTORY_MODE).catch(() => {});
}

/** What serving, and a reload, need of the file system. */
function keptBy(
  path: string,
  { journal, nameServices, included = [] }: Config,
  listen: number | undefined,
): Kept {
  const secretFile = nameServices?.dnsUpdate?.key?.secretFile;
  const hostsFile = nameServices?.hostsFile?.path;
  const journalFile = realPath(journal) ?? journal;
  const directories = [journalFile, hostsFile].filter((it) => it !== undefined)
    .map((it) => realPath(dirname(it))).filter((it) => it !== undefined);
  const uses: Use[] = [
    [path, TO_READ],
    ...directories.map((it): Use => [it, TO_MAKE_FILES_IN]),
    ...["", ".lock", ".rejected"].map((it): Use => [journalFile + it, TO_READ_AND_WRITE]),
  ];
  if (secretFile !== undefined) uses.push([secretFile, TO_READ]);
  // A config is replaced by editors, so it is found by its directory, and by that of its links.
  const read = [dirname(resolve(path)), dirname(realPath(path) ?? path), ...included]
    .map((it) => realPath(it)).filter((it) => it !== undefined)
    .map((it) => it === "/" ? realPath(path)! : it);
  const secret = secretFile === undefined ? undefined : realPath(secretFile);
  if (secret !== undefined) read.push(secret);
  return {
    reach: { read: [...new Set(read)], write: directories, listen: listen ? [listen] : [] },
    uses,
  };
}

/** `undefined` where nothing is, or nothing for us. */
function realPath(path: string): string | undefined {
  try {
    return Deno.realPathSync(path);
  } catch {
    return undefined;
  }
}

/** Gives up making sockets: once every address is listened on that will be. */
export function revokeSockets(): void {
  Deno.permissions.revokeSync({ name: "net" });
}
