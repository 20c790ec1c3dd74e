/** Receives batches of UDP datagrams, from several sockets into one slab. */
import type { Ipv4 } from "../wire/ipv4.ts";
import {
  MMSGHDR,
  MSG_TRUNC,
  PKTINFO_CONTROL_OCTETS,
  readPktinfoDestination,
  readSockaddrInAddress,
  readSockaddrInPort,
  SOCKADDR_IN_OCTETS,
} from "./layouts.ts";
import { type Fd, receiveMessages } from "./libc.ts";
import { headersFrom, makeMessageArray, restoreHeader } from "./message_array.ts";

/** The most datagrams of one batch, over all interfaces. */
const RECEIVE_BATCH_MAX = 64;

/**
 * A longer datagram is cut by the kernel and dropped here. It is well above what fits an Ethernet
 * frame, and no client sends a DHCP message near it.
 */
export const DATAGRAM_OCTETS_MAX = 2048;

/** One datagram in the slab. */
export interface Received {
  /** The UDP payload: a view on the slab. */
  readonly bytes: Uint8Array;
  readonly source: Ipv4;
  readonly sourcePort: number;
  readonly destination: Ipv4;
}

/**
 * A slab for RECEIVE_BATCH_MAX datagrams. `begin` empties it; `fill` takes what a socket has, as
 * far as there is room, and the datagrams stay valid until the next `begin`.
 */
export class ReceiveSlab {
  readonly #array = makeMessageArray({
    count: RECEIVE_BATCH_MAX,
    messageOctets: DATAGRAM_OCTETS_MAX,
    nameOctets: SOCKADDR_IN_OCTETS,
    controlOctets: PKTINFO_CONTROL_OCTETS,
  });
  #used = 0;

  begin(): void {
    this.#used = 0;
  }

  get full(): boolean {
    return this.#used === RECEIVE_BATCH_MAX;
  }

  /**
   * Receives what `fd` has and hands over each datagram; `undefined` stands for one that was cut
   * or came without its destination address. Returns the errno when the socket is in trouble.
   */
  fill(fd: Fd, take: (received: Received | undefined) => void): string | undefined {
    const first = this.#used;
    const count = receiveMessages(fd, headersFrom(this.#array, first), RECEIVE_BATCH_MAX - first);
    if (typeof count === "string") return count === "EAGAIN" ? undefined : count;
    this.#used += count;
    for (let slot = first; slot < this.#used; slot++) {
      take(this.#read(slot));
      restoreHeader(this.#array, slot);
    }
    return undefined;
  }

  #read(slot: number): Received | undefined {
    const { headerView, messages, names, controlView } = this.#array;
    const header = slot * MMSGHDR.octets;
    if ((headerView.getUint32(header + MMSGHDR.flags, true) & MSG_TRUNC) !== 0) return undefined;
    const destination = readPktinfoDestination(
      controlView,
      slot * PKTINFO_CONTROL_OCTETS,
      headerView.getUint32(header + MMSGHDR.controlLength, true),
    );
    if (destination === undefined) return undefined;
    const start = slot * DATAGRAM_OCTETS_MAX;
    const length = headerView.getUint32(header + MMSGHDR.messageLength, true);
    return {
      bytes: messages.subarray(start, start + length),
      source: readSockaddrInAddress(names, slot * SOCKADDR_IN_OCTETS),
      sourcePort: readSockaddrInPort(names, slot * SOCKADDR_IN_OCTETS),
      destination,
    };
  }
}
