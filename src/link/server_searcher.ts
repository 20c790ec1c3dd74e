/**
 * Looks for other DHCP servers: sends the DISCOVER of a client, and hears what is said to clients.
 * At port 68 a DHCP client of this machine may listen, and a server's own socket hears nothing there,
 * so this is a packet socket, with a filter that lets nothing in but answers to its own questions.
 * It is opened when it is first needed.
 */
import { encodeUdpFrame, ETHERTYPE_IPV4, parseUdpFrame } from "../wire/frame.ts";
import { formatHex } from "../wire/hex.ts";
import { ANY_ADDRESS, LIMITED_BROADCAST } from "../wire/ipv4.ts";
import { MMSGHDR, readSockaddrLlIndex, SOCKADDR_LL_OCTETS, writeSockaddrLl } from "./layouts.ts";
import { closeFd, type Fd, receiveMessages, SystemCallError } from "./libc.ts";
import type { ServerSearch, ServerVoice } from "./link.ts";
import { makeMessageArray, restoreHeader } from "./message_array.ts";
import type { LinkFact } from "./netlink.ts";
import { BROADCAST_HARDWARE } from "./reply_sender.ts";
import { SendSlab } from "./send_slab.ts";
import { openSearchSocket } from "./sockets.ts";

/** What one recvmmsg takes; what comes at once beyond that is for the next time. */
const VOICE_BATCH_MAX = 16;
const FRAME_OCTETS_MAX = 2048;
/** The socket, and what waits to be sent on it. */
interface Wing {
  readonly fd: Fd;
  readonly slab: SendSlab;
}

const NO_VOICES: readonly ServerVoice[] = [];

export class ServerSearcher {
  readonly #ports: { readonly server: number; readonly client: number };
  readonly #onTrouble: (message: string) => void;
  #wing: Wing | undefined;
  readonly #received = makeMessageArray({
    count: VOICE_BATCH_MAX,
    messageOctets: FRAME_OCTETS_MAX,
    nameOctets: SOCKADDR_LL_OCTETS,
    controlOctets: 0,
  });
  #voices: ServerVoice[] = [];
  readonly #told = new Set<string>();

  constructor(
    ports: { readonly server: number; readonly client: number },
    onTrouble: (message: string) => void,
  ) {
    this.#ports = ports;
    this.#onTrouble = onTrouble;
  }

  /** The open socket, to wait on. */
  get fds(): readonly Fd[] {
    return this.#wing === undefined ? [] : [this.#wing.fd];
  }

  /** Sends a search by each of the interfaces. */
  send({ xid, encode }: ServerSearch, links: readonly LinkFact[]): void {
    const wing = this.#open(xid);
    if (wing === undefined) return;
    const { fd, slab } = wing;
    for (const link of links) {
      if (!link.ethernet) continue;
      const slot = slab.next(fd);
      const name = slot * SOCKADDR_LL_OCTETS;
      writeSockaddrLl(slab.array.nameView, name, link.index, ETHERTYPE_IPV4);
      const octets = encodeUdpFrame({
        sourceHardwareAddress: link.hardwareAddress,
        destinationHardwareAddress: BROADCAST_HARDWARE,
        source: ANY_ADDRESS,
        destination: LIMITED_BROADCAST,
        sourcePort: this.#ports.client,
        destinationPort: this.#ports.server,
        payload: encode(link.hardwareAddress),
      }, slab.message(slot));
      slab.add(slot, octets, link.name);
    }
    slab.flush();
  }

  /** Reads what the socket has, if it is ready, and keeps what came in by one of the interfaces. */
  collect(isReady: (fd: Fd) => boolean, served: () => readonly LinkFact[]): void {
    if (this.#wing === undefined || !isReady(this.#wing.fd)) return;
    const { headers, headerView, nameView, slots } = this.#received;
    const count = receiveMessages(this.#wing.fd, headers, VOICE_BATCH_MAX);
    if (typeof count === "string") {
      if (count !== "EAGAIN") this.#tell(`cannot hear other DHCP servers: ${count}`);
      return;
    }
    const links = served();
    for (let slot = 0; slot < count; slot++) {
      const octets = headerView.getUint32(slot * MMSGHDR.octets + MMSGHDR.messageLength, true);
      const index = readSockaddrLlIndex(nameView, slot * SOCKADDR_LL_OCTETS);
      restoreHeader(this.#received, slot);
      const link = links.find((it) => it.index === index);
      // What is said on this machine itself has no checksum yet.
      const frame = parseUdpFrame(slots[slot]!.subarray(0, octets), false);
      if (link === undefined || frame === undefined) continue;
      this.#voices.push({
        interfaceName: link.name,
        hardwareAddress: formatHex(frame.sourceHardwareAddress),
        source: frame.source,
        bytes: frame.payload.slice(),
      });
    }
  }

  /** See `Link.takeVoices`. */
  takeVoices(): readonly ServerVoice[] {
    return this.#voices.length === 0 ? NO_VOICES : this.#voices.splice(0);
  }

  /** Gives its socket up to be closed; a search opens another. */
  release(): readonly Fd[] {
    const { fds } = this;
    this.#wing = undefined;
    return fds;
  }

  close(): void {
    for (const fd of this.release()) closeFd(fd);
  }

  #open(xid: number): Wing | undefined {
    if (this.#wing !== undefined) return this.#wing;
    try {
      const slab = new SendSlab(
        SOCKADDR_LL_OCTETS,
        0,
        (name, errno) => this.#tell(`${name}: cannot look for other DHCP servers: ${errno}`),
      );
      this.#wing = { fd: openSearchSocket(this.#ports.client, xid), slab };
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error;
      this.#tell(`cannot look for other DHCP servers: ${error.message}`);
    }
    return this.#wing;
  }

  #tell(message: string): void {
    if (this.#told.has(message)) return;
    this.#told.add(message);
    this.#onTrouble(message);
  }
}
