/**
 * Finds out whether addresses are in use: asks by ARP on the wire and by ICMP echo beyond routers,
 * and reads the answers. The sockets are opened when they are first needed, so a server that does
 * not probe has none.
 *
 * The ARP question names this server as its sender, as any host's does (RFC 826). An ARP Probe of
 * RFC 5227 has zeros there, because its sender does not own the address that it would claim and
 * would spoil the caches of others. A server claims nothing but its own address, and with zeros
 * it would do harm: a host that probes for the same address just then takes the server for a rival
 * and gives the address up (§2.1.1). udhcpd asks in the same way.
 */
import type { Ingress } from "../protocol/endpoints.ts";
import { ARP_OCTETS, encodeArpRequest, ETHERTYPE_ARP, parseArpReply } from "../wire/arp.ts";
import {
  ECHO_OCTETS,
  ECHO_TOKEN_OCTETS,
  encodeEchoRequest,
  parseEchoReply,
} from "../wire/icmp_echo.ts";
import {
  MMSGHDR,
  PKTINFO_CONTROL_OCTETS,
  readSockaddrLlIndex,
  SOCKADDR_IN_OCTETS,
  SOCKADDR_LL_OCTETS,
  writePktinfoSource,
  writeSockaddrIn,
  writeSockaddrLl,
  writeSockaddrLlTarget,
} from "./layouts.ts";
import { closeFd, type Fd, type NativeBytes, receiveMessages, SystemCallError } from "./libc.ts";
import type { Probe, ProbeAnswer } from "./link.ts";
import { makeMessageArray, restoreHeader } from "./message_array.ts";
import { BROADCAST_HARDWARE, type Exit, sourceOf } from "./reply_sender.ts";
import { SendSlab } from "./send_slab.ts";
import { openArpSocket, openIcmpSocket } from "./sockets.ts";

/** What one recvmmsg takes. */
const ANSWER_BATCH_MAX = 64;
/** Longer than an ARP reply with its padding, and than an echo reply; the rest is cut off. */
const ANSWER_OCTETS_MAX = 128;
/** How many times in a row a socket is asked for more; what it still has is taken the next time. */
const ANSWER_BATCHES_MAX = 256;

const NO_PORT = 0;
const NO_ANSWERS: readonly ProbeAnswer[] = [];

export class AddressProber {
  readonly #onTrouble: (message: string) => void;
  #arp: Wing | undefined;
  #icmp: Wing | undefined;
  readonly #token = crypto.getRandomValues(new Uint8Array(ECHO_TOKEN_OCTETS));
  readonly #received = makeMessageArray({
    count: ANSWER_BATCH_MAX,
    messageOctets: ANSWER_OCTETS_MAX,
    nameOctets: SOCKADDR_LL_OCTETS,
    controlOctets: 0,
  });
  #answers: ProbeAnswer[] = [];
  /** What went wrong and was told: once is enough. */
  readonly #told = new Set<string>();

  constructor(onTrouble: (message: string) => void) {
    this.#onTrouble = onTrouble;
  }

  /** The open sockets, to wait on for answers. */
  get fds(): readonly Fd[] {
    return [this.#arp, this.#icmp].flatMap((wing) => wing === undefined ? [] : [wing.fd]);
  }

  /** Sends probes by the exits of their ingresses; those without an exit are passed over. */
  send(probes: readonly Probe[], exitOf: (ingress: Ingress) => Exit | undefined): void {
    for (const probe of probes) {
      const exit = exitOf(probe.ingress);
      if (exit === undefined) continue;
      const isArp = probe.method === "arp" && exit.link.ethernet;
      const wing = isArp ? this.#arpWing() : this.#icmpWing();
      if (wing === undefined) continue;
      if (isArp) addArpRequest(probe, exit, wing);
      else this.#addEchoRequest(probe, exit, wing);
    }
    this.#arp?.slab.flush();
    this.#icmp?.slab.flush();
  }

  /** Reads the answers on those of its sockets that are ready. */
  collect(isReady: (fd: Fd) => boolean): void {
    const { messages, nameView } = this.#received;
    const octetsOf = (slot: number, octets: number) => {
      const start = slot * ANSWER_OCTETS_MAX;
      return messages.subarray(start, start + octets);
    };
    if (this.#arp !== undefined && isReady(this.#arp.fd)) {
      this.#receive(this.#arp.fd, (slot, octets) => {
        const reply = parseArpReply(octetsOf(slot, octets));
        if (reply === undefined) return;
        const { address, hardwareAddress } = reply;
        const interfaceIndex = readSockaddrLlIndex(nameView, slot * SOCKADDR_LL_OCTETS);
        this.#answers.push({ address, heard: { interfaceIndex, hardwareAddress } });
      });
    }
    if (this.#icmp !== undefined && isReady(this.#icmp.fd)) {
      this.#receive(this.#icmp.fd, (slot, octets) => {
        const address = parseEchoReply(octetsOf(slot, octets), this.#token);
        if (address !== undefined) this.#answers.push({ address });
      });
    }
  }

  /** The answers that `takeAnswers` has not taken yet. */
  get answers(): readonly ProbeAnswer[] {
    return this.#answers;
  }

  /** See `Link.takeAnswers`. */
  takeAnswers(): readonly ProbeAnswer[] {
    if (this.#answers.length === 0) return NO_ANSWERS;
    return this.#answers.splice(0);
  }

  close(): void {
    for (const fd of this.fds) closeFd(fd);
    this.#arp = undefined;
    this.#icmp = undefined;
  }

  #arpWing(): Wing | undefined {
    return this.#arp ??= this.#open("ARP", openArpSocket, SOCKADDR_LL_OCTETS, 0);
  }

  #icmpWing(): Wing | undefined {
    return this.#icmp ??= this.#open(
      "ICMP",
      openIcmpSocket,
      SOCKADDR_IN_OCTETS,
      PKTINFO_CONTROL_OCTETS,
    );
  }

  #open(
    protocol: string,
    open: () => Fd,
    nameOctets: number,
    controlOctets: number,
  ): Wing | undefined {
    try {
      const slab = new SendSlab(
        nameOctets,
        controlOctets,
        (interfaceName, errno) =>
          this.#tell(`${interfaceName}: cannot probe addresses by ${protocol}: ${errno}`),
      );
      return { fd: open(), slab };
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error;
      this.#tell(`cannot probe addresses by ${protocol}: ${error.message}`);
      return undefined;
    }
  }

  #addEchoRequest({ address, ingress }: Probe, { link }: Exit, { fd, slab }: Wing): void {
    const slot = slab.next(fd);
    writeSockaddrIn(slab.array.names, slot * SOCKADDR_IN_OCTETS, address, NO_PORT);
    const control = slot * PKTINFO_CONTROL_OCTETS;
    // By the interface that the request came in on: no other one is ever sent on.
    writePktinfoSource(slab.array.controlView, control, sourceOf(ingress, address), link.index);
    encodeEchoRequest(this.#token, slab.message(slot));
    slab.add(slot, ECHO_OCTETS, link.name);
  }

  #receive(fd: Fd, take: (slot: number, octets: number) => void): void {
    const { headers, headerView } = this.#received;
    for (let batch = 0; batch < ANSWER_BATCHES_MAX; batch++) {
      const count = receiveMessages(fd, headers, ANSWER_BATCH_MAX);
      if (typeof count === "string") {
        if (count !== "EAGAIN") this.#tell(`cannot receive answers to probes: ${count}`);
        return;
      }
      for (let slot = 0; slot < count; slot++) {
        take(
          slot,
          headerView.getUint32(slot * MMSGHDR.octets + MMSGHDR.messageLength, true),
        );
        restoreHeader(this.#received, slot);
      }
      if (count < ANSWER_BATCH_MAX) return;
    }
  }

  #tell(message: string): void {
    if (this.#told.has(message)) return;
    this.#told.add(message);
    this.#onTrouble(message);
  }
}

/** A socket and what waits to be sent on it. */
interface Wing {
  readonly fd: Fd;
  readonly slab: SendSlab;
}

function addArpRequest({ address, ingress }: Probe, { link }: Exit, { fd, slab }: Wing): void {
  const slot = slab.next(fd);
  const { names, nameView } = slab.array;
  writeSockaddrLl(nameView, slot * SOCKADDR_LL_OCTETS, link.index, ETHERTYPE_ARP);
  writeSockaddrLlTarget(names, slot * SOCKADDR_LL_OCTETS, BROADCAST_HARDWARE);
  const message: NativeBytes = slab.message(slot);
  const sender = { hardwareAddress: link.hardwareAddress, address: sourceOf(ingress, address) };
  encodeArpRequest(sender, address, message);
  slab.add(slot, ARP_OCTETS, link.name);
}
