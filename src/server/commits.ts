/** What waits for the disk: groups of lease changes, and the ACKs that leave when they are on it. */
import type { Lease } from "../leases/lease.ts";
import type { Link, Outgoing } from "../link/link.ts";
import type { NameRegistrar } from "../names/name_registrar.ts";
import type { NameChange } from "../names/registration.ts";
import type { Reply } from "../protocol/decision.ts";
import type { Request } from "../protocol/request.ts";
import { type LeaseStore, StoreError } from "../store/lease_store.ts";
import type { ExchangeEvent, ServerEvent } from "./events.ts";

/**
 * How much may wait for the disk at a time: no queue of ours grows without bound. What a client was
 * promised is never dropped; what comes too much is passed over, the newest first, and its client
 * asks again. A DISCOVER goes first, at half of the limit: to offer more while the disk is behind
 * makes REQUESTs that it cannot keep up with either. At the limit, so does everything that would
 * change a lease, or be told a client when the lease is on disk. Offers to few clients and all
 * other replies never wait for the disk.
 */
export const IN_FLIGHT_MAX = 8192;
export const IN_FLIGHT_TO_OFFER_MAX = IN_FLIGHT_MAX / 2;

/** A reply as the link sends it, the way that its request came. */
export function outgoing({ bytes, destination }: Reply, { ingress }: Request): Outgoing {
  return { bytes, destination, ingress };
}

/** An ACK that waits for its lease to be durable. */
interface PaidReply {
  readonly outgoing: Outgoing;
  readonly event: ExchangeEvent;
}

/** What is to be durable as one, and what is to be said then. */
export interface Commitment {
  readonly changes: Lease[];
  readonly paid: PaidReply[];
  /** What the changes mean to name servers. */
  readonly names: NameChange[];
}

/** What a commitment counts in flight: changes without an ACK, and ACKs without a change, too. */
export function sizeOf({ changes, paid }: Commitment): number {
  return Math.max(changes.length, paid.length);
}

/** Whom a commit concerns. */
interface CommitParts {
  readonly store: LeaseStore;
  readonly link: Link;
  readonly names?: NameRegistrar;
  readonly emit: (event: ServerEvent) => void;
}

export class Commits {
  readonly #parts: CommitParts;
  readonly #underWay = new Set<Promise<void>>();
  #inFlight = 0;
  #storeFailing = false;

  constructor(parts: CommitParts) {
    this.#parts = parts;
  }

  /** Lease changes or replies that wait for the disk, whichever are more in each group. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Whether the disk is so far behind that nothing more should be offered. */
  get isLate(): boolean {
    return this.#inFlight >= IN_FLIGHT_TO_OFFER_MAX;
  }

  /** Resolves when all that is under way is over. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  /** Commits a group without waiting for it: the next batch is decided meanwhile. */
  add(commitment: Commitment): Promise<void> {
    const { changes, paid, names } = commitment;
    const { store, link, emit, names: registrar } = this.#parts;
    const size = sizeOf(commitment);
    this.#inFlight += size;
    const commit = store.commit(changes).then(
      () => {
        link.send(paid.map(({ outgoing }) => outgoing));
        for (const { event } of paid) emit(event);
        registrar?.commit(names);
        this.#noticeStore(undefined);
      },
      (cause: unknown) => {
        if (!(cause instanceof StoreError)) throw cause;
        // What was not written is not said. The clients ask again, and the store repairs itself.
        for (const { event } of paid) emit({ ...event, outcome: "lost" });
        // The table has them all the same, and so will the journal once it is repaired.
        if (names.length > 0) registrar?.sweep();
        this.#noticeStore(cause);
      },
    ).then(() => {
      this.#inFlight -= size;
      this.#underWay.delete(commit);
    });
    this.#underWay.add(commit);
    return commit;
  }

  /** Says once that the store fails, and once that it works again. */
  #noticeStore(failure: StoreError | undefined): void {
    if ((failure !== undefined) === this.#storeFailing) return;
    this.#storeFailing = failure !== undefined;
    this.#parts.emit(
      failure === undefined
        ? { kind: "notice", level: "info", message: "the lease journal is written again" }
        : {
          kind: "notice",
          level: "error",
          message: `${failure.message}; no client gets an ACK until it can be written`,
        },
    );
  }
}
