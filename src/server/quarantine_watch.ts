/** Counts quarantines, keeps those of a pool to its share, and says where they are that many. */
import type { Subnet } from "../config/config.ts";
import { type Lease, makeClient } from "../leases/lease.ts";
import type { LeaseTable } from "../leases/lease_table.ts";
import { quarantinedMax } from "../leases/quarantines.ts";
import { poolAt, quarantineMsAt, subnetOf } from "../leases/subnets.ts";
import type { EngineState } from "../protocol/respond.ts";
import type { Ipv4 } from "../wire/ipv4.ts";
import { HTYPE_ETHERNET } from "../wire/message_view.ts";
import type { HeldRequest } from "./conflict_probes.ts";
import type { NoticeEvent } from "./events.ts";

/** What became of quarantines, for the status. */
export interface QuarantineStatus {
  /** Addresses that were put into quarantine. */
  readonly made: number;
  /** Quarantined addresses that were probed again, for want of another. */
  readonly "probed-again": number;
  /** Quarantines that ended because a client was given the address. */
  readonly lifted: number;
  /** Quarantines that ended early, because a pool had too many. */
  readonly "made-room": number;
}

/** A pool with as many addresses in quarantine as there may be. */
export interface CrowdedPool {
  readonly name: string;
  readonly quarantined: number;
  readonly size: number;
}

export class QuarantineWatch {
  readonly #leases: LeaseTable;
  #made = 0;
  #probedAgain = 0;
  #lifted = 0;
  #madeRoom = 0;
  #wasCrowded = false;

  constructor(leases: LeaseTable) {
    this.#leases = leases;
  }

  /** Takes notice of a change that is about to be put into the table. */
  note({ address, state, updatedAtMs, expiresAtMs }: Lease): void {
    if (state === "declined") {
      if (expiresAtMs > updatedAtMs) this.#made++;
    } else if (state === "bound" && this.#leases.quarantines.has(address, updatedAtMs)) {
      this.#lifted++;
    }
  }

  /** Takes notice of an address that is being probed. */
  noteProbe(address: Ipv4, nowMs: number): void {
    if (this.#leases.quarantines.has(address, nowMs)) this.#probedAgain++;
  }

  /** The end of the oldest quarantine, where this one is one too many of its pool. */
  makeRoom(made: Lease, subnets: readonly Subnet[]): Lease | undefined {
    const subnet = subnetOf(subnets, made.address);
    const pool = subnet && poolAt(subnet, made.address);
    const address = pool && this.#leases.quarantines.findSurplus(pool);
    if (address === undefined) return undefined;
    this.#madeRoom++;
    return withoutQuarantine(this.#leases.get(address)!, made.updatedAtMs);
  }

  /** To be called every few seconds: what to tell the operator. */
  look(subnets: readonly Subnet[]): NoticeEvent[] {
    const [crowded] = crowdedPools(subnets, this.#leases);
    const isCrowded = crowded !== undefined;
    if (isCrowded === this.#wasCrowded) return [];
    this.#wasCrowded = isCrowded;
    if (crowded === undefined) {
      const message = "no pool has as many addresses in quarantine as there may be any more";
      return [{ kind: "notice", level: "info", message }];
    }
    const message = `${describeCrowd(crowded)}; more than that, and the oldest of them may be ` +
      "given again: look who answers for them or declines them (/leases, the log)";
    return [{ kind: "notice", level: "warning", message }];
  }

  status(): QuarantineStatus {
    return {
      made: this.#made,
      "probed-again": this.#probedAgain,
      lifted: this.#lifted,
      "made-room": this.#madeRoom,
    };
  }
}

/** A quarantine, under the name of whoever has the address if that is known. */
export function quarantineOf(
  { address, client }: HeldRequest,
  occupant: string | undefined,
  { config, nowMs }: EngineState,
): Lease {
  return {
    address,
    client: occupant === undefined ? client : makeClient(HTYPE_ETHERNET, occupant, ""),
    state: "declined",
    updatedAtMs: nowMs,
    expiresAtMs: nowMs + quarantineMsAt(config, address),
  };
}

/** The same record with its quarantine over: its address is for anybody, and for nobody first. */
export function withoutQuarantine(lease: Lease, nowMs: number): Lease {
  return { ...lease, updatedAtMs: nowMs, expiresAtMs: nowMs };
}

/** The pools with as many addresses in quarantine as there may be; as of the last `advance`. */
export function* crowdedPools(
  subnets: readonly Subnet[],
  leases: LeaseTable,
): Generator<CrowdedPool> {
  for (const subnet of subnets) {
    for (const pool of subnet.pools) {
      const { size, quarantined } = leases.poolCounts(pool);
      if (quarantined === 0 || quarantined < quarantinedMax(size)) continue;
      const name = subnet.pools.length === 1 ? subnet.name : `${subnet.name} (${pool.name})`;
      yield { name, quarantined, size };
    }
  }
}

/** Such a pool in words. */
export function describeCrowd({ name, quarantined, size }: CrowdedPool): string {
  return `${quarantined} of ${size} addresses of ${name} are in quarantine`;
}
