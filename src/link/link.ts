/**
 * The seam between the loop and the network: linux_link.ts on a machine, memory_link.ts in tests.
 */
import type { Destination, Ingress } from "../protocol/endpoints.ts";
import type { Ipv4 } from "../wire/ipv4.ts";

/** One received datagram. `bytes` is the UDP payload and is valid until the next `receive`. */
export interface Datagram {
  readonly bytes: Uint8Array;
  readonly ingress: Ingress;
}

/** One reply. `bytes` is the UDP payload; the link copies or sends it before `send` returns. */
export interface Outgoing {
  readonly bytes: Uint8Array;
  readonly destination: Destination;
  /** Where the request came in, and so where the reply goes out. */
  readonly ingress: Ingress;
}

/**
 * What becomes of replies where room to send is short. `paid` ones tell of a lease that is on disk,
 * and have all the room there is; `free` ones, which cost who asks for them nothing, half of it.
 */
export type Standing = "paid" | "free";

/** Asks the network whether somebody uses an address. */
export interface Probe {
  readonly address: Ipv4;
  /**
   * - `arp`: a host on the wire of the ingress would answer (ICMP where the wire is not Ethernet);
   * - `icmp`: one beyond a router would, which the way leads to by the interface of the ingress.
   */
  readonly method: "arp" | "icmp";
  readonly ingress: Ingress;
}

/** Somebody uses an address. */
export interface ProbeAnswer {
  readonly address: Ipv4;
  /** Where an ARP reply was heard, and the hardware address in it; `undefined` for an ICMP one. */
  readonly heard?: { readonly interfaceIndex: number; readonly hardwareAddress: string };
}

/** Asks on every served wire who else gives addresses there. */
export interface ServerSearch {
  /** What the answers have; the same in every search of a link. */
  readonly xid: number;
  /** The message, from the hardware address of the interface that it leaves by. */
  readonly encode: (hardwareAddress: Uint8Array) => Uint8Array;
}

/** A datagram that came to clients on a served wire with the xid of a search. */
export interface ServerVoice {
  readonly interfaceName: string;
  /** Whose frame it came in: the server's, or the router's. */
  readonly hardwareAddress: string;
  readonly source: Ipv4;
  /** The UDP payload, a copy. */
  readonly bytes: Uint8Array;
}

/** What is known of one interface named in the config. */
export interface InterfaceStatus {
  readonly name: string;
  /** `serving`: socket open and interface up. Otherwise why not, in a word. */
  readonly state: "serving" | "missing" | "down" | "no-address" | "no-socket";
  readonly addresses: readonly string[];
}

/** What the link has dropped since it was opened. */
export interface LinkCounters {
  /** Datagrams longer than any DHCP message. */
  readonly oversizedDatagrams: number;
  /** Replies that could not be sent. */
  readonly unsentReplies: number;
}

export interface Link {
  /**
   * Waits for datagrams on any served interface and returns a batch of them. An empty batch means
   * that something other than a datagram woke the link: an interface came or went, a probe was
   * answered, or `waitMs` are over. Resolves to `undefined` once the link is closed.
   */
  receive(waitMs?: number): Promise<readonly Datagram[] | undefined>;
  /**
   * Sends a batch of replies, `paid` unless told. One that cannot be sent is counted and logged,
   * never thrown.
   */
  send(replies: readonly Outgoing[], standing?: Standing): void;
  /** Sends probes. What cannot be sent is as good as unanswered; it is logged, never thrown. */
  probe(probes: readonly Probe[]): void;
  /**
   * The answers that came by the last `receive`, each once; also to questions of others, and to
   * those that the one who asked has given up.
   */
  takeAnswers(): readonly ProbeAnswer[];
  /** Sends a search by each served interface that is an Ethernet. What fails is logged. */
  search(search: ServerSearch): void;
  /** Hears no more answers, until the next search. */
  endSearch(): void;
  /** What was said to searches by the last `receive`, each once. */
  takeVoices(): readonly ServerVoice[];
  /** Every address of the served interfaces: the server identifiers that are ours. */
  ownAddresses(): ReadonlySet<number>;
  /** Every address of this machine, on whatever interface: none of them is for a client. */
  machineAddresses(): ReadonlySet<number>;
  /**
   * Sets which interfaces to serve, and whether at the port for boot data, too (PXE_PORT), and
   * tries again to open what could not be opened.
   */
  serve(interfaceNames: readonly string[], proxyDhcp?: boolean): void;
  interfaces(): readonly InterfaceStatus[];
  counters(): LinkCounters;
  /** Ends a pending `receive` and closes every socket. */
  close(): void;
}
