/**
 * A file of names in the form of /etc/hosts, for resolvers that read such: dnsmasq (`hostsdir`),
 * CoreDNS (`hosts`), Pi-hole. It is always a whole one: written beside, and put in its place by one
 * rename. Nobody has to be signalled: these look at the file or are told by the kernel.
 */
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { HostsFileSettings } from "../config/config.ts";
import type { Clock } from "../store/clock.ts";
import { makeDirectory } from "../store/disk.ts";
import { describeError, errorCode } from "../store/disk_error.ts";
import { formatIpv4, type Ipv4 } from "../wire/ipv4.ts";
import type { NamedLease } from "./registration.ts";

/** Resolvers run as users of their own. */
const FILE_MODE = 0o644;
export const HOSTS_DIRECTORY_MODE = 0o755;

/** Changes are waited for that come close after the first. */
const GATHER_MS = 50;

/** After a failure it is tried again so often. */
const RETRY_MS = 5_000;

/** Leases that are looked at before packets have their turn. */
const LEASES_PER_SLICE = 2_000;

const HEAD = "# Names of DHCP clients, kept up to date by Sublet. Changes here are lost.\n";

export interface HostsFileParts extends HostsFileSettings {
  readonly clock: Clock;
  /** What has a name: active leases, and addresses that are kept for somebody. */
  readonly named: () => Iterable<NamedLease>;
  readonly notify: (level: "info" | "warning", message: string) => void;
}

/** For the status endpoint. */
export interface HostsFileStatus {
  readonly path: string;
  /** Names in the file. */
  readonly names: number;
  /** Why it cannot be written. */
  readonly problem?: string;
}

export class HostsFile {
  readonly #parts: HostsFileParts;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #writing: Promise<void> | undefined;
  #isStale = false;
  #isClosed = false;
  #writtenAtMs = -Infinity;
  #nameCount = 0;
  #problem: string | undefined;

  /** Begins with a write: what the file says may be of a process that was killed. */
  constructor(parts: HostsFileParts) {
    this.#parts = parts;
    this.touch();
  }

  /** Has the file written again, soon. Costs next to nothing. */
  touch(): void {
    this.#isStale = true;
    if (this.#timer !== undefined || this.#writing !== undefined || this.#isClosed) return;
    const { clock, intervalSeconds } = this.#parts;
    const dueMs = this.#writtenAtMs + intervalSeconds * 1_000 - clock.monotonicMs();
    this.#wake(Math.max(dueMs, GATHER_MS));
  }

  status(): HostsFileStatus {
    const { path } = this.#parts;
    const problem = this.#problem === undefined ? {} : { problem: this.#problem };
    return { path, names: this.#nameCount, ...problem };
  }

  /** Writes what is not written yet, and then no more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#writing;
    if (this.#isStale) await this.#write();
  }

  #wake(inMs: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#writing = this.#write().finally(() => {
        this.#writing = undefined;
        if (this.#isClosed || !this.#isStale) return;
        if (this.#problem === undefined) this.touch();
        else this.#wake(RETRY_MS);
      });
    }, inMs);
  }

  async #write(): Promise<void> {
    const { path, clock, notify } = this.#parts;
    this.#isStale = false;
    // The dot keeps dnsmasq from reading it, too.
    const beside = join(dirname(path), `.${basename(path)}.new`);
    try {
      await makeDirectory(dirname(path), HOSTS_DIRECTORY_MODE);
      const entries = await this.#gather();
      const lines = entries.map((entry) => formatEntry(entry, this.#parts));
      await writeNewFile(beside, HEAD + lines.join(""));
      await Deno.rename(beside, path);
      this.#nameCount = entries.length;
      if (this.#problem !== undefined) notify("info", `the hosts file ${path} is written again`);
      this.#problem = undefined;
    } catch (error) {
      const problem = describeError(error);
      if (problem !== this.#problem) {
        const said = `the hosts file ${path} cannot be written: ${problem}; it is tried again`;
        notify("warning", said);
      }
      this.#problem = problem;
      this.#isStale = true;
    }
    this.#writtenAtMs = clock.monotonicMs();
  }

  /** Addresses and names, in the order of the addresses. */
  async #gather(): Promise<Entry[]> {
    const entries: Entry[] = [];
    for (const { address, name } of this.#parts.named()) {
      entries.push({ address, name });
      if (entries.length % LEASES_PER_SLICE === 0) {
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
    }
    return entries.sort((a, b) => a.address - b.address);
  }
}

/**
 * Writes a file that is to be renamed; what an earlier attempt left goes first. The directory may be
 * another user's, who could put a link there to any file of ours: none is followed, neither by the
 * write nor by the change of the mode, and what is there is never written to.
 */
async function writeNewFile(path: string, text: string): Promise<void> {
  await Deno.remove(path).catch((error: unknown) => {
    if (errorCode(error) !== "ENOENT") throw error;
  });
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const file = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, FILE_MODE);
  try {
    // Whatever the umask is.
    await file.chmod(FILE_MODE);
    await file.writeFile(text);
  } finally {
    await file.close();
  }
}

interface Entry {
  readonly address: Ipv4;
  readonly name: string;
}

/**
 * The first label alone, where it is wished, of names in the one domain only: it would be one name
 * for the clients of all domains, and a guest could take that of the file server.
 */
function formatEntry({ address, name }: Entry, { names, domain }: HostsFileSettings): string {
  const short = name.endsWith(`.${domain}`) ? name.slice(0, -domain.length - 1) : undefined;
  const isShort = names !== "full" && short !== undefined && !short.includes(".");
  const words = [...(isShort && names === "short" ? [] : [name]), ...(isShort ? [short] : [])];
  return `${formatIpv4(address)}\t${words.join(" ")}\n`;
}
