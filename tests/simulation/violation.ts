/** What must hold at every step of a simulation, by name. */

export type Invariant =
  /** No two clients count on the same address at the same time. */
  | "one-holder-per-address"
  /** The lease of an ACK was synced to the disk before the ACK left. */
  | "durable-before-ack"
  /** What a restart reads back is what the table held. */
  | "replay-equals-live"
  /** xid, chaddr, giaddr and options 61 and 82 come back as they were sent, 82 last. */
  | "echo"
  /** 300 <= length <= what the client accepts (option 57). */
  | "reply-length"
  /** No address is given that is excluded, reserved for another or of another subnet. */
  | "permitted-address"
  /** No address is offered that somebody was found to use, before its quarantine is over. */
  | "taken-address"
  /** No message from another wire or network ends a lease. */
  | "from-where-it-lives"
  /** Once nothing goes wrong any more, every client is bound after a few exchanges. */
  | "bound-when-calm"
  /** The server does not stop by itself. */
  | "server-runs";

/** An invariant that did not hold. */
export class Violation extends Error {
  constructor(readonly invariant: Invariant, what: string) {
    super(`${invariant}: ${what}`);
    this.name = "Violation";
  }
}

/**
 * Takes the first violation down. It is not thrown where it is found, amid the server's own code,
 * but between two steps of the simulation.
 */
export class Verdict {
  violation: Violation | undefined;

  /** Notes that an invariant did not hold; what it says is told by `what`. */
  fail(invariant: Invariant, what: string): void {
    this.violation ??= new Violation(invariant, what);
  }
}
