/** What the engine decided about a request, and why: a value that the loop carries out. */
import type { ClientClass } from "../config/client_class.ts";
import type { ConflictProbe, Subnet } from "../config/config.ts";
import type { Client, Lease } from "../leases/lease.ts";
import type { Offer } from "../leases/offers.ts";
import type { AddressRule } from "../leases/allocate.ts";
import type { Ipv4 } from "../wire/ipv4.ts";
import type { Destination } from "./endpoints.ts";

/** Names of the rules that make decisions; they stand in logs, counters and tests. */
export type Rule =
  | AddressRule
  // Replies
  | "renewed"
  | "renewed-unwritten"
  | "confirmed"
  | "healed-unknown-client"
  | "options-only"
  | "ipv6-only-preferred"
  | "no-address-left"
  // Answers to LEASEQUERY
  | "lease-active"
  | "lease-unassigned"
  | "lease-unknown"
  | "boot-data-only"
  // NAKs
  | "wrong-network"
  | "address-not-available"
  | "not-the-clients-address"
  | "not-for-its-classes"
  | "limit-reached"
  // Lease changes without a reply
  | "released"
  | "quarantined"
  // Silence
  | "no-subnet"
  | "relay-not-allowed"
  | "off-link"
  | "too-early"
  | "leasequery-not-allowed"
  | "denied"
  | "pool-exhausted"
  | "other-server-chosen"
  | "unknown-client"
  | "not-the-holder"
  | "conflict"
  | "bootp-not-served"
  | "proxy-dhcp"
  | "rate-limited"
  | "overloaded"
  | "no-room";

/** Message types of replies (RFC 2131 §3.1, RFC 4388 §6.1); a BOOTREPLY of RFC 951 has none. */
export type ReplyType =
  | "OFFER"
  | "ACK"
  | "NAK"
  | "BOOTREPLY"
  | "LEASEUNASSIGNED"
  | "LEASEUNKNOWN"
  | "LEASEACTIVE";

/** A reply, encoded. `bytes` is a view on the slab that the caller of `respond` owns. */
export interface Reply {
  readonly type: ReplyType;
  readonly bytes: Uint8Array;
  readonly destination: Destination;
  /** The boot file in it, for a client that boots. */
  readonly bootFile?: Uint8Array;
}

/**
 * - `ignore`: silence. `withdraw` names offers that are no longer wanted.
 * - `reply`: sent at once; an OFFER holds its address in memory (`offer`).
 * - `reply-after-commit`: an ACK that must not leave before `change` is on disk.
 * - `reply-when-durable`: an ACK of the lease as the table has it, which may be on its way to disk.
 * - `change`: a lease change that nobody is told of (DECLINE, RELEASE).
 *
 * `ends` are leases that the client has given up for the one of `change`.
 *
 * With `probe`, the reply gives the client an address that it does not have yet: before that is
 * done, it is to be found out whether somebody uses the address, unless that is known. With
 * `delayMs`, it is held back for so long, so that another server's may come first.
 */
export type Decision = Deed & {
  /** Those that the client is in; absent where it is in none. */
  readonly classes?: readonly ClientClass[];
  /** Which limit was reached, with that rule. */
  readonly limit?: string;
  /** An address that is reserved for the client, which has to wait for it: somebody has it. */
  readonly awaits?: Ipv4 | undefined;
  /** What the client is called, where it is given an address; as sent where that is absent. */
  readonly hostname?: string | undefined;
};

type Deed =
  | { readonly kind: "ignore"; readonly rule: Rule; readonly withdraw: readonly Withdrawal[] }
  | {
    readonly kind: "reply";
    readonly rule: Rule;
    readonly reply: Reply;
    /** The client's; absent where it gets none, nor has one. */
    readonly address?: Ipv4;
    readonly leaseSeconds?: number;
    readonly offer?: Offer;
    readonly probe?: ConflictProbe | undefined;
    readonly delayMs?: number;
  }
  | {
    readonly kind: "reply-after-commit";
    readonly rule: Rule;
    readonly reply: Reply;
    readonly address: Ipv4;
    readonly leaseSeconds: number;
    readonly change: Lease;
    readonly ends?: readonly Lease[] | undefined;
    readonly probe?: ConflictProbe | undefined;
    readonly delayMs?: number;
  }
  | {
    readonly kind: "reply-when-durable";
    readonly rule: Rule;
    readonly reply: Reply;
    readonly address: Ipv4;
    readonly leaseSeconds: number;
  }
  | { readonly kind: "change"; readonly rule: Rule; readonly change: Lease };

/** An offer to take back: the client has chosen another server (RFC 2131 §3.1.4). */
export interface Withdrawal {
  readonly client: Client;
  readonly subnet: Subnet;
}

/** The address that a reply gives its client, if it gives one. */
export function givenBy(decision: Decision): Ipv4 | undefined {
  return "reply" in decision && decision.reply.type !== "NAK" ? decision.address : undefined;
}

/** Silence, and the reason for it. */
export function ignore(rule: Rule): Decision {
  return { kind: "ignore", rule, withdraw: [] };
}

/** The lease that is to be put, if any. */
export function changeOf(decision: Decision): Lease | undefined {
  return "change" in decision ? decision.change : undefined;
}

/** Whether something is to be remembered of the client: a lease, or an offer. */
export function needsRoom(decision: Decision): boolean {
  return "change" in decision || ("offer" in decision && decision.offer !== undefined);
}
