/**
 * The wire of the load generator: many DHCP messages at a time to the server, and what comes back.
 * By a relay agent's UDP socket, or as the frames of clients that sit on the server's own network.
 */
import {
  AF_PACKET,
  SO_RCVBUFFORCE,
  SO_REUSEADDR,
  SO_SNDBUFFORCE,
  SOCK_RAW,
  SOCKADDR_IN_OCTETS,
  SOCKADDR_LL_OCTETS,
  writeSockaddrIn,
  writeSockaddrLl,
} from "../../src/link/layouts.ts";
import {
  bindSocket,
  type Fd,
  type NativeBytes,
  openSocket,
  openUdp,
  poll,
  receiveMessages,
  sendMessages,
  setSocketOption,
} from "../../src/link/libc.ts";
import { MMSGHDR, POLLFD, POLLIN } from "../../src/link/layouts.ts";
import {
  headersFrom,
  makeMessageArray,
  restoreHeader,
  setMessageLength,
} from "../../src/link/message_array.ts";
import { listLinks } from "../../src/link/netlink.ts";
import { encodeUdpFrame, FRAME_OVERHEAD_OCTETS } from "../../src/wire/frame.ts";
import { type Ipv4, LIMITED_BROADCAST, readIpv4 } from "../../src/wire/ipv4.ts";

const BATCH_MAX = 64;
const BUFFER_OCTETS = 16 * 1024 * 1024;
const [SERVER_PORT, CLIENT_PORT] = [67, 68];

/** All ethertypes, in the byte order of the network (linux/if_ether.h). */
const ETH_P_ALL = 0x0003;
const ETHERTYPE_ARP = 0x0806;
const BROADCAST_HARDWARE = new Uint8Array(6).fill(0xff);
/** linux/if_packet.h, at level SOL_PACKET: do not see what we sent ourselves. */
const PACKET_OUTGOING = 4;

/** Offsets in a frame. */
const Frame = { ETHERTYPE: 12, PROTOCOL: 23, DESTINATION_PORT: 36, PAYLOAD: 42 } as const;
const Arp = { OPERATION: 20, SENDER: 22, SENDER_IP: 28, TARGET: 32, TARGET_IP: 38 } as const;
const ARP_OCTETS = 42;
const NO_DESCRIPTORS = new Uint8Array(new ArrayBuffer(0));

/** Whose address it is, for ARP; `undefined` when it is nobody's here. */
export type OwnerOf = (address: Ipv4) => Uint8Array | undefined;

export interface Transport {
  /** Queues a message; `hardwareAddress` and `source` are its client's. */
  send(payload: Uint8Array, hardwareAddress: Uint8Array, source: Ipv4): void;
  /** Sends what is queued. */
  flush(): void;
  /** Hands over what has come in, at most a batch; says how many messages there were. */
  receive(take: (payload: Uint8Array) => void): number;
  /** Waits for something to come in. */
  wait(timeoutMs: number): void;
}

/** Sending and receiving in batches, on any socket. */
class Batches {
  readonly tx;
  readonly rx;
  readonly #fd: Fd;
  readonly #pollfd = new Uint8Array(new ArrayBuffer(POLLFD.octets));
  #count = 0;

  constructor(fd: Fd, nameOctets: number, messageOctets: number, receivedNameOctets: number) {
    this.#fd = fd;
    setSocketOption(fd, SO_RCVBUFFORCE, BUFFER_OCTETS);
    setSocketOption(fd, SO_SNDBUFFORCE, BUFFER_OCTETS);
    this.tx = makeMessageArray({ count: BATCH_MAX, messageOctets, nameOctets, controlOctets: 0 });
    this.rx = makeMessageArray({
      count: BATCH_MAX,
      messageOctets: 2048,
      nameOctets: receivedNameOctets,
      controlOctets: 0,
    });
    const view = new DataView(this.#pollfd.buffer);
    view.setInt32(POLLFD.fd, fd, true);
    view.setInt16(POLLFD.events, POLLIN, true);
  }

  /** The memory of the next message. */
  next(): NativeBytes {
    if (this.#count === BATCH_MAX) this.flush();
    return this.tx.slots[this.#count]!;
  }

  add(octets: number): void {
    setMessageLength(this.tx, this.#count++, octets);
  }

  flush(): void {
    for (let sent = 0; sent < this.#count;) {
      const result = sendMessages(this.#fd, headersFrom(this.tx, sent), this.#count - sent);
      if (typeof result === "number") sent += result;
      else poll(NO_DESCRIPTORS, 0, 1); // a full queue
    }
    this.#count = 0;
  }

  receive(take: (message: NativeBytes, octets: number, slot: number) => void): number {
    const count = receiveMessages(this.#fd, this.rx.headers, BATCH_MAX);
    if (typeof count === "string") return 0;
    for (let slot = 0; slot < count; slot++) {
      const octets = this.rx.headerView.getUint32(
        slot * MMSGHDR.octets + MMSGHDR.messageLength,
        true,
      );
      take(this.rx.slots[slot]!, octets, slot);
      restoreHeader(this.rx, slot);
    }
    return count;
  }

  wait(timeoutMs: number): void {
    poll(this.#pollfd, 1, timeoutMs);
  }
}

/** A relay agent at `agent`, which the server answers by unicast. */
export function openRelay(server: Ipv4, agent: Ipv4): Transport {
  const fd = openUdp();
  setSocketOption(fd, SO_REUSEADDR, 1);
  const own = new Uint8Array(new ArrayBuffer(SOCKADDR_IN_OCTETS));
  writeSockaddrIn(own, 0, agent, SERVER_PORT);
  bindSocket(fd, own);
  const batches = new Batches(fd, SOCKADDR_IN_OCTETS, 512, 0);
  for (let slot = 0; slot < BATCH_MAX; slot++) {
    writeSockaddrIn(batches.tx.names, slot * SOCKADDR_IN_OCTETS, server, SERVER_PORT);
  }
  return {
    send(payload) {
      batches.next().set(payload);
      batches.add(payload.length);
    },
    flush: () => batches.flush(),
    receive: (take) => batches.receive((message, octets) => take(message.subarray(0, octets))),
    wait: (timeoutMs) => batches.wait(timeoutMs),
  };
}

/**
 * Clients on the network of `interfaceName`. A message from 0.0.0.0 is broadcast, one from an
 * address goes to the server's. ARP is answered for the clients that `ownerOf` knows.
 */
export function openFrames(
  interfaceName: string,
  server: { readonly address: Ipv4; readonly hardwareAddress: Uint8Array },
  ownerOf: OwnerOf,
): Transport {
  const link = listLinks().find(({ name }) => name === interfaceName);
  if (link === undefined) throw new Error(`there is no interface ${interfaceName}`);
  const fd = openSocket(AF_PACKET, SOCK_RAW, ETH_P_ALL << 8);
  const own = new Uint8Array(new ArrayBuffer(SOCKADDR_LL_OCTETS));
  writeSockaddrLl(new DataView(own.buffer), 0, link.index, ETH_P_ALL);
  bindSocket(fd, own);
  const batches = new Batches(fd, SOCKADDR_LL_OCTETS, 1024, SOCKADDR_LL_OCTETS);
  for (let slot = 0; slot < BATCH_MAX; slot++) {
    writeSockaddrLl(batches.tx.nameView, slot * SOCKADDR_LL_OCTETS, link.index, ETH_P_ALL);
  }

  function answerArp(request: Uint8Array): void {
    const target = readIpv4(request, Arp.TARGET_IP);
    const owner = request[Arp.OPERATION + 1] === 1 ? ownerOf(target) : undefined;
    if (owner === undefined) return;
    const reply = batches.next();
    reply.set(request.subarray(0, ARP_OCTETS));
    reply.set(request.subarray(6, 12), 0);
    reply.set(owner, 6);
    reply[Arp.OPERATION + 1] = 2;
    reply.set(request.subarray(Arp.SENDER, Arp.TARGET), Arp.TARGET);
    reply.set(owner, Arp.SENDER);
    reply.set(request.subarray(Arp.TARGET_IP, ARP_OCTETS), Arp.SENDER_IP);
    batches.add(ARP_OCTETS);
    batches.flush();
  }

  return {
    send(payload, hardwareAddress, source) {
      const isBroadcast = source === 0;
      const octets = encodeUdpFrame({
        sourceHardwareAddress: hardwareAddress,
        destinationHardwareAddress: isBroadcast ? BROADCAST_HARDWARE : server.hardwareAddress,
        source,
        destination: isBroadcast ? LIMITED_BROADCAST : server.address,
        sourcePort: CLIENT_PORT,
        destinationPort: SERVER_PORT,
        payload,
      }, batches.next());
      batches.add(octets);
    },
    flush: () => batches.flush(),
    receive: (take) =>
      batches.receive((frame, octets, slot) => {
        if (batches.rx.names[slot * SOCKADDR_LL_OCTETS + 10] === PACKET_OUTGOING) return;
        const ethertype = (frame[Frame.ETHERTYPE]! << 8) | frame[Frame.ETHERTYPE + 1]!;
        if (ethertype === ETHERTYPE_ARP) return answerArp(frame);
        const port = (frame[Frame.DESTINATION_PORT]! << 8) | frame[Frame.DESTINATION_PORT + 1]!;
        if (ethertype !== 0x0800 || frame[Frame.PROTOCOL] !== 17 || port !== CLIENT_PORT) return;
        if (octets > FRAME_OVERHEAD_OCTETS) take(frame.subarray(Frame.PAYLOAD, octets));
      }),
    wait: (timeoutMs) => batches.wait(timeoutMs),
  };
}
