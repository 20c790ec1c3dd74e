/**
 * What the server decided and what it knows to be on disk: the records that a restart may find.
 * Times in here are true time, in milliseconds since the simulation began.
 */
import { isDeepStrictEqual } from "node:util";
import type { Lease } from "../../src/leases/lease.ts";
import { formatIpv4, type Ipv4 } from "../../src/wire/ipv4.ts";
import type { Verdict } from "./violation.ts";

interface Entry {
  readonly lease: Lease;
  readonly putMs: number;
  /** As it was promised to the client. */
  readonly endsMs: number;
  /** As some restart took it for: a wrong wall clock gives leases time, which may stay or not. */
  readonly latestEndsMs: number;
}

export interface Restart {
  readonly nowMs: number;
  /** True time less the server's monotonic time, from now on. */
  readonly skewMs: number;
  /**
   * Whether the wall clock moved on over the restart as true time did. Otherwise a lease may have
   * gained time, but not have more left than when it was written; and none may have lost any.
   */
  readonly isClockRight: boolean;
}

/** Milliseconds are whole in the journal. */
const TOLERANCE_MS = 2;
/** A wall clock that is set by less counts as drift to the journal, and gives leases as much. */
const CLOCK_DRIFT_MS_MAX = 2_000;

export class Chronicle {
  /**
   * For each address what a restart may find, oldest first: the record that is on disk for sure
   * (`undefined`: none), then those whose commit has not come back, or came back failed.
   */
  #possible = new Map<Ipv4, readonly (Entry | undefined)[]>();

  constructor(private readonly verdict: Verdict) {}

  /** The newest record of an address. */
  newest(address: Ipv4): Entry | undefined {
    return this.#possible.get(address)?.at(-1);
  }

  /** A record was put. `skewMs`: true time less the server's monotonic time. */
  put(lease: Lease, skewMs: number): void {
    const possible = this.#possible.get(lease.address) ?? [undefined];
    this.#possible.set(lease.address, [...possible, entryOf(lease, skewMs)]);
  }

  /** The commit of these records came back. */
  committed(leases: readonly Lease[]): void {
    for (const lease of leases) {
      const possible = this.#possible.get(lease.address) ?? [];
      const at = possible.findIndex((entry) => entry?.lease === lease);
      if (at > 0) this.#possible.set(lease.address, possible.slice(at));
    }
  }

  /** Compares the live table with what was put. */
  checkLive(records: Iterable<Lease>): void {
    const live = new Map([...records].map((lease) => [lease.address, lease]));
    for (const address of new Set([...live.keys(), ...this.#possible.keys()])) {
      if (isDeepStrictEqual(this.newest(address)?.lease, live.get(address))) continue;
      this.#fail(address, "the live table has another record than was put last");
    }
  }

  /** Compares what a restart found with what it may find, and goes on from there. */
  checkReplay(records: Iterable<Lease>, restart: Restart): void {
    const before = this.#possible;
    this.#possible = new Map();
    const found = new Map([...records].map((lease) => [lease.address, lease]));
    for (const address of new Set([...before.keys(), ...found.keys()])) {
      const lease = found.get(address);
      const entry = lease && entryOf(lease, restart.skewMs);
      const possible = before.get(address) ?? [undefined];
      const position = possible.findIndex((put) => isSame(put, entry, restart));
      if (position < 0) {
        const expected = possible.map(describe).join(" or ");
        this.#fail(address, `found ${describe(entry)}, not ${expected}`);
      }
      if (entry !== undefined) this.#possible.set(address, [goOn(possible[position], entry)]);
    }
  }

  #fail(address: Ipv4, what: string): void {
    this.verdict.fail("replay-equals-live", `${formatIpv4(address)}: ${what}`);
  }
}

function entryOf(lease: Lease, skewMs: number): Entry {
  const endsMs = lease.expiresAtMs + skewMs;
  return { lease, putMs: lease.updatedAtMs + skewMs, endsMs, latestEndsMs: endsMs };
}

/** What was put, as it was found. */
function goOn(put: Entry | undefined, found: Entry): Entry {
  if (put === undefined) return found;
  const latestEndsMs = Math.max(put.latestEndsMs, found.endsMs);
  return { ...put, lease: found.lease, latestEndsMs };
}

function isSame(put: Entry | undefined, found: Entry | undefined, restart: Restart): boolean {
  if (put === undefined || found === undefined) return put === found;
  const { lease: a } = put;
  const { lease: b } = found;
  if (a.state !== b.state || a.client.key !== b.client.key || a.hostname !== b.hostname) {
    return false;
  }
  // Nothing depends on when it was that a lease was given back.
  if (a.state === "released") return true;
  if (found.endsMs < put.endsMs - TOLERANCE_MS) return false;
  if (restart.isClockRight) return found.endsMs <= put.latestEndsMs + CLOCK_DRIFT_MS_MAX;
  return found.endsMs - restart.nowMs <= put.endsMs - put.putMs + TOLERANCE_MS;
}

function describe(entry: Entry | undefined): string {
  if (entry === undefined) return "no record";
  const { lease: { state, client }, endsMs } = entry;
  return `"${state} ${client.key} until ${endsMs} ms"`;
}
