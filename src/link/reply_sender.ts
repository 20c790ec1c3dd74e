/** Sends replies: as UDP datagrams by the sockets of the interfaces, or as frames built by hand. */
import type { Destination, Ingress } from "../protocol/endpoints.ts";
import {
  encodeUdpFrame,
  ETHERNET_ADDRESS_OCTETS,
  ETHERTYPE_IPV4,
  FRAME_OVERHEAD_OCTETS,
} from "../wire/frame.ts";
import { contains, type Ipv4, LIMITED_BROADCAST } from "../wire/ipv4.ts";
import {
  PKTINFO_CONTROL_OCTETS,
  SOCKADDR_IN_OCTETS,
  SOCKADDR_LL_OCTETS,
  writePktinfoSource,
  writeSockaddrIn,
  writeSockaddrLl,
} from "./layouts.ts";
import { closeFd, type Fd } from "./libc.ts";
import type { Outgoing, Standing } from "./link.ts";
import type { LinkFact } from "./netlink.ts";
import { RelayRoutes } from "./relay_routes.ts";
import { SEND_OCTETS_MAX, SendSlab } from "./send_slab.ts";

/** The socket that a reply leaves by, and its interface. */
export interface Exit {
  readonly fd: Fd;
  readonly link: LinkFact;
}

export class ReplySender {
  readonly #frameSocket: Fd;
  readonly #ports: { readonly server: number; readonly client: number };
  readonly #onTrouble: (message: string) => void;
  /** Told of each frame to a client that has its address already. */
  readonly #onFramed: (reply: Outgoing) => void;
  readonly #relayRoutes: RelayRoutes;
  readonly #datagrams: SendSlab;
  readonly #frames: SendSlab;
  /** How many replies of the current `send` failed, by what is said of them. */
  readonly #failures = new Map<string, number>();
  #unsentReplies = 0;

  /** Takes over the packet socket `frameSocket`. */
  constructor(
    frameSocket: Fd,
    ports: { readonly server: number; readonly client: number },
    onTrouble: (message: string) => void,
    onFramed: (reply: Outgoing) => void,
  ) {
    this.#onFramed = onFramed;
    this.#frameSocket = frameSocket;
    this.#ports = ports;
    this.#onTrouble = onTrouble;
    this.#relayRoutes = new RelayRoutes(onTrouble);
    const onUnsent = (interfaceName: string, errno: string) => this.#fail(interfaceName, errno);
    this.#datagrams = new SendSlab(SOCKADDR_IN_OCTETS, PKTINFO_CONTROL_OCTETS, onUnsent);
    this.#frames = new SendSlab(SOCKADDR_LL_OCTETS, 0, onUnsent);
  }

  get unsentReplies(): number {
    return this.#unsentReplies;
  }

  /** Sends each reply by the exit of its ingress. Failures are counted, and told once a batch. */
  send(
    replies: readonly Outgoing[],
    standing: Standing,
    exitOf: (ingress: Ingress) => Exit | undefined,
  ): void {
    // Frames wait for nobody's ARP, and so for no stranger.
    this.#datagrams.leavesRoom = standing === "free";
    for (const reply of replies) {
      const exit = exitOf(reply.ingress);
      if (exit === undefined) {
        this.#fail(reply.ingress.interfaceName, "the interface is not served any more");
      } else if (reply.bytes.length + FRAME_OVERHEAD_OCTETS > SEND_OCTETS_MAX) {
        this.#fail(exit.link.name, `longer than ${SEND_OCTETS_MAX - FRAME_OVERHEAD_OCTETS} octets`);
      } else if (isFramable(reply.destination, exit.link)) {
        this.#addFrame(reply, reply.destination, exit.link);
        if (reply.destination.kind === "unicast") this.#onFramed(reply);
      } else {
        const { destination } = reply;
        if (destination.kind === "relay") this.#relayRoutes.note(destination.address, exit.link);
        this.#addDatagram(reply, exit);
      }
    }
    this.#datagrams.flush();
    this.#frames.flush();
    this.#reportFailures();
  }

  close(): void {
    closeFd(this.#frameSocket);
  }

  #addDatagram(reply: Outgoing, exit: Exit): void {
    const { destination } = reply;
    const { array } = this.#datagrams;
    // Where a frame to the client cannot be made, the reply is broadcast (RFC 2131 §4.1).
    const isBroadcast = destination.kind === "broadcast" || destination.kind === "hardware";
    const address = isBroadcast ? LIMITED_BROADCAST : destination.address;
    const usual = destination.kind === "relay" ? this.#ports.server : this.#ports.client;
    const port = "port" in destination ? destination.port ?? usual : usual;
    const slot = this.#datagrams.next(exit.fd);
    writeSockaddrIn(array.names, slot * SOCKADDR_IN_OCTETS, address, port);
    const source = sourceOf(reply.ingress, address);
    writePktinfoSource(array.controlView, slot * PKTINFO_CONTROL_OCTETS, source);
    this.#datagrams.message(slot).set(reply.bytes);
    this.#datagrams.add(slot, reply.bytes.length, exit.link.name);
  }

  #addFrame(reply: Outgoing, destination: FramableDestination, link: LinkFact): void {
    const isBroadcast = destination.kind === "broadcast";
    const address = isBroadcast ? LIMITED_BROADCAST : destination.address;
    const slot = this.#frames.next(this.#frameSocket);
    const name = slot * SOCKADDR_LL_OCTETS;
    writeSockaddrLl(this.#frames.array.nameView, name, link.index, ETHERTYPE_IPV4);
    const octets = encodeUdpFrame({
      sourceHardwareAddress: link.hardwareAddress,
      destinationHardwareAddress: isBroadcast ? BROADCAST_HARDWARE : destination.hardwareAddress,
      source: sourceOf(reply.ingress, address),
      destination: address,
      sourcePort: this.#ports.server,
      destinationPort: this.#ports.client,
      payload: reply.bytes,
    }, this.#frames.message(slot));
    this.#frames.add(slot, octets, link.name);
  }

  #fail(interfaceName: string, why: string): void {
    const what = `${interfaceName}: ${why}`;
    this.#failures.set(what, (this.#failures.get(what) ?? 0) + 1);
    this.#unsentReplies++;
  }

  #reportFailures(): void {
    for (const [what, count] of this.#failures) {
      this.#onTrouble(`${count} ${count === 1 ? "reply" : "replies"} not sent on ${what}`);
    }
    this.#failures.clear();
  }
}

type FramableDestination =
  | Extract<Destination, { readonly kind: "hardware" | "broadcast" }>
  | Extract<Destination, { readonly kind: "unicast" }> & { readonly hardwareAddress: Uint8Array };

export const BROADCAST_HARDWARE: Uint8Array = new Uint8Array(ETHERNET_ADDRESS_OCTETS).fill(0xff);

/**
 * Whether the reply can go as an Ethernet frame: what needs no ARP does. Datagrams to addresses
 * that do not answer ARP, which anybody can make us send, wait in the UDP socket's send buffer for
 * seconds; a broadcast must not stand in line behind them.
 */
function isFramable(destination: Destination, link: LinkFact): destination is FramableDestination {
  if (!link.ethernet) return false;
  switch (destination.kind) {
    case "broadcast":
      return true;
    case "hardware":
      return destination.hardwareAddress.length === ETHERNET_ADDRESS_OCTETS;
    case "unicast":
      // Beyond a router, the client's hardware address means nothing here.
      return destination.hardwareAddress?.length === ETHERNET_ADDRESS_OCTETS &&
        isOnLink(link, destination.address);
    case "relay":
      return false;
  }
}

function isOnLink({ addresses }: LinkFact, address: Ipv4): boolean {
  return addresses.some(({ cidr }) => contains(cidr, address));
}

/**
 * The source address of a reply or a probe: the one its request was sent to, else the one on the network it
 * goes to, else the primary one. RFC 2131 §4.1 allows any; the client's own network is never wrong.
 */
export function sourceOf(ingress: Ingress, destination: Ipv4): Ipv4 {
  const { addresses } = ingress;
  let near: Ipv4 | undefined;
  for (const { address, cidr } of addresses) {
    if (address === ingress.destination) return address;
    if (near === undefined && contains(cidr, destination)) near = address;
  }
  return near ?? addresses[0]?.address ?? 0;
}
