/**
 * How many active leases there are of each class and at each port: what limits are held against. It
 * follows from the records, so a replay counts the same.
 */
import type { Subnet } from "../config/config.ts";
import { formatHex } from "../wire/hex.ts";
import { RelaySubOption } from "../wire/relay_agent.ts";
import { subOption } from "../wire/sub_options.ts";
import type { LeaseRows } from "./lease_rows.ts";
import type { Standings } from "./standings.ts";

/**
 * A port of a wire: circuit-id and remote-id of option 82 together, since a circuit-id is "an
 * agent-local identifier" (RFC 3046 §3.1). `undefined` where there is neither.
 */
export function portKey(
  { sharedNetwork, name }: Subnet,
  relayInformation: Uint8Array | undefined,
): string | undefined {
  if (relayInformation === undefined) return undefined;
  const circuitId = subOption(relayInformation, RelaySubOption.CIRCUIT_ID);
  const remoteId = subOption(relayInformation, RelaySubOption.REMOTE_ID);
  if (circuitId === undefined && remoteId === undefined) return undefined;
  const [circuit, remote] = [circuitId, remoteId].map((id) =>
    id === undefined ? "-" : formatHex(id)
  );
  return `port ${sharedNetwork ?? name} ${circuit} ${remote}`;
}

function classKey(name: string): string {
  return `class ${name}`;
}

export class LimitCounts {
  readonly #rows: LeaseRows;
  readonly #standings: Standings;
  #subnets: readonly Subnet[] = [];
  /** Absent until somebody wants to know. */
  #counts: Map<string, number> | undefined;

  constructor(rows: LeaseRows, standings: Standings) {
    this.#rows = rows;
    this.#standings = standings;
  }

  /** Counts from now on: one look at every record. */
  begin(): void {
    if (this.#counts === undefined) this.#recount();
  }

  /** Lays the counts over other subnets. */
  reconfigure(subnets: readonly Subnet[]): void {
    this.#subnets = subnets;
    if (this.#counts !== undefined) this.#recount();
  }

  /** Active leases of clients that were in the class when they were last heard. */
  ofClass(name: string): number {
    return this.#counts?.get(classKey(name)) ?? 0;
  }

  /** Active leases at a port, a text of `portKey`. */
  ofPort(port: string): number {
    return this.#counts?.get(port) ?? 0;
  }

  /** To be called before a row changes. */
  leave(row: number): void {
    if (this.#counts !== undefined) this.#change(row, -1);
  }

  /** To be called once a row has changed and been settled. */
  enter(row: number): void {
    if (this.#counts !== undefined) this.#change(row, 1);
  }

  #recount(): void {
    this.#counts = new Map();
    for (let row = 0; row < this.#rows.end; row++) {
      if (this.#rows.isOpen(row)) this.#change(row, 1);
    }
  }

  #change(row: number, by: number): void {
    if (!this.#standings.isUsed(row)) return;
    for (const name of this.#rows.classes(row)) this.#add(classKey(name), by);
    const subnet = this.#subnets[this.#rows.home[row]!];
    const port = subnet && portKey(subnet, this.#rows.relayInformation(row));
    if (port !== undefined) this.#add(port, by);
  }

  #add(key: string, by: number): void {
    const counts = this.#counts!;
    const count = (counts.get(key) ?? 0) + by;
    if (count === 0) counts.delete(key);
    else counts.set(key, count);
  }
}
