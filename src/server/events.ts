/** What happened, as values: the log, the counters and the tests read these. */
import type { Client, Lease } from "../leases/lease.ts";
import type { ReplyType, Rule } from "../protocol/decision.ts";
import type { RequestKind } from "../protocol/request.ts";
import type { Ipv4 } from "../wire/ipv4.ts";
import type { MalformedReason } from "../wire/message_view.ts";

/** What became of a request. `lost`: the lease could not be written, so no ACK was sent. */
export type Outcome = ReplyType | "silence" | "released" | "quarantined" | "lost";

/** One exchange: a request and what the server did about it. */
export interface ExchangeEvent {
  readonly kind: "exchange";
  readonly interfaceName: string;
  readonly request: RequestKind;
  readonly xid: number;
  readonly client: Client;
  /** `giaddr` when a relay agent brought the request. */
  readonly relay?: Ipv4 | undefined;
  /** Option 82, where it is believed: escape before showing. */
  readonly relayInformation?: Uint8Array | undefined;
  /** As the client sent it: escape before showing. */
  readonly hostname?: string | undefined;
  readonly outcome: Outcome;
  /** The rule that made the decision. */
  readonly rule: Rule;
  readonly address?: Ipv4 | undefined;
  /** Those of the config that the client is in. */
  readonly classes?: readonly { readonly name: string }[] | undefined;
  readonly leaseSeconds?: number | undefined;
  /** Which limit was reached, where the rule is that one is. */
  readonly limit?: string | undefined;
  /** The boot file of the reply, for a client that boots. */
  readonly bootFile?: Uint8Array | undefined;
}

/** Somebody uses an address that a client was about to get; it is in quarantine now. */
export interface ConflictEvent {
  readonly kind: "conflict";
  readonly interfaceName: string;
  readonly address: Ipv4;
  /** Who was about to get it. */
  readonly client: Client;
  /** `giaddr` when a relay agent brought the request. */
  readonly relay?: Ipv4 | undefined;
  /** The hardware address that answers for it, where ARP told. */
  readonly occupant?: string | undefined;
}

/** A client has to wait for an address that is reserved for it. */
export interface WaitEvent {
  readonly kind: "reservation-waits";
  readonly interfaceName: string;
  readonly address: Ipv4;
  /** Who waits. */
  readonly client: Client;
  /** Who has it, or in which quarantine it is; it is being offered where there is no record. */
  readonly holder: Lease | undefined;
  /** How long that record lasts. */
  readonly leftSeconds: number;
}

/** A datagram that is not a request, or of which nobody looked whether it is one. */
export interface DropEvent {
  readonly kind: "dropped";
  readonly interfaceName: string;
  readonly source: Ipv4;
  /** `chaddr`, hex with colons, where there seems to be one. */
  readonly mac?: string | undefined;
  readonly octets: number;
  readonly reason: MalformedReason | "rate-limited" | "own-search";
}

/** Something the operator should know: started, reloaded, interface gone, disk full. */
export interface NoticeEvent {
  readonly kind: "notice";
  readonly level: "info" | "warning" | "error";
  readonly message: string;
  /** What it is about, where strangers can cause it often: see log_limits.ts. */
  readonly topic?: NoticeTopic;
}

export type NoticeTopic = "interfaces" | "journal" | "names" | "proxy-arp";

export type ServerEvent = ExchangeEvent | ConflictEvent | WaitEvent | DropEvent | NoticeEvent;

/** Events that the log did not tell one by one. */
export interface LeftOutEvent {
  readonly kind: "left-out";
  readonly level: NoticeEvent["level"];
  /** A rule, the reason of a drop, or the topic of a notice. */
  readonly what: string;
  readonly count: number;
}
