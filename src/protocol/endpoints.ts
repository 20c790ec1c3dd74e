/** Where a request came from and where its reply goes: what the engine knows of the network. */
import type { Cidr, Ipv4 } from "../wire/ipv4.ts";

/** An address of an interface, and the network it puts the interface on. */
export interface InterfaceAddress {
  readonly address: Ipv4;
  readonly cidr: Cidr;
}

/** RFC 2131 §4.1. */
export const SERVER_PORT = 67;
export const CLIENT_PORT = 68;

/** Where clients ask a server of boot data that gives no addresses (PXE 2.1 §2.2.3). */
export const PXE_PORT = 4011;

/** How a datagram reached us. One object per interface and batch; replies carry it back. */
export interface Ingress {
  readonly interfaceName: string;
  readonly interfaceIndex: number;
  /** Addresses of the receiving interface, the primary one first. */
  readonly addresses: readonly InterfaceAddress[];
  /** Source address of the IP datagram. */
  readonly source: Ipv4;
  /** Source port of the UDP datagram. */
  readonly sourcePort: number;
  /** Our UDP port that it came to. */
  readonly serverPort: number;
  /** Destination address of the IP datagram: a unicast renewal differs from a rebind only here. */
  readonly destination: Ipv4;
}

/**
 * Where a reply goes, RFC 2131 §4.1:
 * - `relay`: to `giaddr`, server port (67), or the one that the relay agent wants (RFC 8357);
 * - `unicast`: to a client that has an address, client port (68), or the `port` that it asked from.
 *   Where it is on the wire of the ingress and its hardware can be addressed, `hardwareAddress`
 *   saves asking ARP for it;
 * - `broadcast`: to 255.255.255.255 on the ingress interface, client port;
 * - `hardware`: a frame to `chaddr` with `yiaddr` as the IP destination, client port: the client
 *   has no address yet, so ARP cannot find it and the frame is built by hand.
 */
export type Destination =
  | { readonly kind: "relay"; readonly address: Ipv4; readonly port: number | undefined }
  | {
    readonly kind: "unicast";
    readonly address: Ipv4;
    readonly hardwareAddress: Uint8Array | undefined;
    readonly port?: number;
  }
  | { readonly kind: "broadcast" }
  | { readonly kind: "hardware"; readonly hardwareAddress: Uint8Array; readonly address: Ipv4 };
