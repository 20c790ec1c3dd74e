/**
 * Tells name servers what the clients are called: fed by lease changes that are on disk and by
 * leases that run out, it keeps a hosts file and the records of a name server up to date. Packets
 * never wait for it.
 */
import type { NameServices, TsigKey } from "../config/config.ts";
import { ConfigError } from "../config/problem.ts";
import { readSecret } from "../config/names_schema.ts";
import { Refusal } from "../config/schema_parts.ts";
import type { Lease } from "../leases/lease.ts";
import type { LeaseTable } from "../leases/lease_table.ts";
import type { Clock } from "../store/clock.ts";
import { describeError } from "../store/disk_error.ts";
import { openDnsClient } from "./dns_client.ts";
import { DnsUpdater, type DnsUpdaterStatus } from "./dns_updater.ts";
import { HostsFile, type HostsFileStatus } from "./hosts_file.ts";
import {
  hasName,
  isSameRegistration,
  type NameChange,
  nameChangeOf,
  type NamedLease,
} from "./registration.ts";
import { isOccupation, ReservedNames } from "./reserved_names.ts";
import type { Key } from "./tsig.ts";

export interface NameRegistrarParts {
  readonly leases: LeaseTable;
  readonly clock: Clock;
  readonly notify: (level: "info" | "warning", message: string) => void;
}

/** For the status endpoint; what is not configured is absent. */
export interface NamesStatus {
  readonly "hosts-file"?: HostsFileStatus;
  readonly "dns-update"?: DnsUpdaterStatus;
}

export class NameRegistrar {
  readonly #parts: NameRegistrarParts;
  #services: NameServices | undefined;
  #hostsFile: HostsFile | undefined;
  #updater: DnsUpdater | undefined;
  #reserved: ReservedNames | undefined;

  constructor(parts: NameRegistrarParts) {
    this.#parts = parts;
  }

  /**
   * Keeps these up to date from now on, instead of what there was; names that stand elsewhere are
   * left there. Throws `ConfigError` when a secret cannot be read, and leaves all as it is.
   */
  async reconfigure(services: NameServices | undefined): Promise<void> {
    if (isSame(services, this.#services)) return;
    const key = await readKey(services?.dnsUpdate?.key);
    const before = this.#services?.reserved ?? [];
    await this.close();
    this.#services = services;
    if (services === undefined) return;
    const { leases, clock, notify } = this.#parts;
    leases.names.watch((lease) => this.#lapsed(lease));
    const { hostsFile, dnsUpdate } = services;
    const nowMs = () => clock.monotonicMs();
    const reserved = new ReservedNames(services.reserved, leases, nowMs);
    this.#reserved = reserved;
    if (hostsFile !== undefined) {
      const named = () => namesIn(leases, reserved);
      this.#hostsFile = new HostsFile({ ...hostsFile, clock, notify, named });
    }
    if (dnsUpdate !== undefined) {
      this.#updater = new DnsUpdater({
        ...dnsUpdate,
        client: openDnsClient(dnsUpdate.server, key, clock),
        clock,
        notify,
        leases,
        reserved,
      });
      this.#withdraw(new ReservedNames(before, leases, nowMs));
    }
  }

  /**
   * Notes what a lease change, which is about to be put into the table, makes necessary once it is
   * on disk: to be given to `commit` then.
   */
  collect(after: Lease, into: NameChange[]): void {
    if (this.#services === undefined) return;
    const { address, updatedAtMs } = after;
    const before = this.#parts.leases.get(address);
    const change = nameChangeOf(before, after, updatedAtMs);
    if (change !== undefined) into.push(change);
    else if (hasName(after) && this.#updater?.isInConflict(address)) {
      into.push({ address, gone: undefined, come: after });
    } else if (this.#reserved?.at(address) !== undefined && isOccupation(before, after)) {
      into.push({ address, gone: undefined, come: undefined });
    }
  }

  commit(changes: readonly NameChange[]): void {
    if (changes.length === 0) return;
    this.#hostsFile?.touch();
    if (this.#updater === undefined) return;
    for (const change of changes) {
      for (const it of this.#reserved!.changesOf(change)) this.#updater.add(it);
    }
  }

  /** Has the lease table looked at: it has changes of names in it that were not committed. */
  sweep(): void {
    this.#hostsFile?.touch();
    this.#updater?.sweep();
  }

  status(): NamesStatus | undefined {
    if (this.#services === undefined) return undefined;
    return {
      ...(this.#hostsFile && { "hosts-file": this.#hostsFile.status() }),
      ...(this.#updater && { "dns-update": this.#updater.status() }),
    };
  }

  /** Stops. What a name server has not been told yet is found in the lease table at the next start. */
  async close(): Promise<void> {
    this.#parts.leases.names.watch(undefined);
    this.#services = undefined;
    this.#updater?.close();
    this.#updater = undefined;
    this.#reserved = undefined;
    const hostsFile = this.#hostsFile;
    this.#hostsFile = undefined;
    await hostsFile?.close();
  }

  /** Takes names out of DNS that no reservation gives any more. */
  #withdraw(before: ReservedNames): void {
    for (const gone of before.marked()) {
      const { address } = gone;
      const now = this.#reserved!.at(address);
      if (now === undefined || !isSameRegistration(now, gone)) {
        this.#updater!.add({ address, gone, come: this.#reserved!.standIn(address) });
      }
    }
  }

  #lapsed(lease: Lease): void {
    if (!hasName(lease)) return;
    this.commit([{ address: lease.address, gone: lease, come: undefined }]);
  }
}

/** Names of active leases, and those that reservations give to addresses that nobody has. */
function* namesIn(leases: LeaseTable, reserved: ReservedNames): IterableIterator<NamedLease> {
  yield* leases.names.leases() as IterableIterator<NamedLease>;
  yield* reserved.standIns();
}

function isSame(a: NameServices | undefined, b: NameServices | undefined): boolean {
  const written = (services: NameServices | undefined) =>
    JSON.stringify(services, (_, value) => value instanceof Uint8Array ? value.toHex() : value);
  // The file of a secret may have another one by now.
  return written(a) === written(b) && a?.dnsUpdate?.key?.secretFile === undefined;
}

async function readKey(key: TsigKey | undefined): Promise<Key | undefined> {
  if (key === undefined) return undefined;
  const { name, secret, secretFile } = key;
  if (secret !== undefined) return { name, secret };
  let text: string;
  try {
    text = await Deno.readTextFile(secretFile!);
  } catch (cause) {
    throw new ConfigError(
      `cannot read the secret-file ${secretFile} of dns-update: ${describeError(cause)}`,
      { cause },
    );
  }
  const octets = readSecret(text);
  if (!(octets instanceof Refusal)) return { name, secret: octets };
  throw new ConfigError(`${secretFile}, a secret-file: ${octets.explanation.message}`);
}
