/**
 * Any number of clients behind one relay agent of the tests' own, with as many requests under way
 * as a test likes: what real clients are too few and too polite for. It speaks to the server from
 * `giaddr` port 67, so no raw sockets are needed.
 */
import {
  ACK,
  buildPacket,
  DISCOVER,
  messageType,
  octets,
  OFFER,
  option,
  type Packet,
  type PacketOption,
  parsePacket,
  REQUEST,
} from "./dhcp_packets.ts";
import type { Scene } from "./scene.ts";
import type { UdpPort } from "./udp_port.ts";

const SERVER_PORT = 67;
const REPLY_MS = 3_000;
/** How long silence is listened to before it counts as silence. */
const SILENCE_MS = 300;

/** What a client asks; the agent fills in the rest. */
export type Question = Partial<Packet> & { readonly mac: string; readonly type: number };

export class RelayAgent {
  /** Every address acknowledged so far, whenever the ACK came, by the client's MAC. */
  readonly acked = new Map<string, string>();
  readonly #waiting = new Map<number, (reply?: Packet) => void>();
  #xid = 0x5eed_0000;

  private constructor(
    private readonly port: UdpPort,
    readonly address: string,
    private readonly server: string,
  ) {
    port.onDatagram = (payload) => this.#receive(parsePacket(payload));
  }

  /**
   * Plugs an agent into a node: `address` is its own and the `giaddr` of its clients. It speaks
   * from port 67 unless told (RFC 8357).
   */
  static async plug(
    scene: Scene,
    node: string,
    address: string,
    server: string,
    port = SERVER_PORT,
  ): Promise<RelayAgent> {
    return new RelayAgent(await scene.udpPort(node, address, port), address, server);
  }

  /** Sends octets as they are. */
  sendRaw(payload: Uint8Array): void {
    this.port.send(payload, this.server, SERVER_PORT);
  }

  /** Sends a question that has no answer, such as RELEASE and DECLINE. */
  tell(question: Question): void {
    this.sendRaw(this.#encode(question, this.#xid++));
  }

  /** Sends a question, and a second time as clients do; throws when no reply comes. */
  async ask(question: Question, timeoutMs = REPLY_MS): Promise<Packet> {
    const reply = await this.#replyTo(question, timeoutMs) ??
      await this.#replyTo(question, timeoutMs);
    if (reply === undefined) {
      throw new Error(`no reply to message type ${question.type} of ${question.mac}`);
    }
    return reply;
  }

  /** Sends a question and returns the reply, or `undefined` when there is silence. */
  askInVain(question: Question): Promise<Packet | undefined> {
    return this.#replyTo(question, SILENCE_MS);
  }

  /** DISCOVER and REQUEST: the ACK, or whatever came instead of it. */
  async obtain(mac: string, options: readonly PacketOption[] = []): Promise<Packet> {
    const offer = await this.ask({ type: DISCOVER, mac, options });
    if (messageType(offer) !== OFFER) return offer;
    const server = option(offer, 54);
    if (server === undefined) throw new Error("an OFFER without a server identifier");
    const choice: PacketOption[] = [[50, octets(offer.yiaddr)], [54, server]];
    return await this.ask({ type: REQUEST, mac, options: [...choice, ...options] });
  }

  /** A client that was switched off and on again and remembers `address`. */
  reboot(mac: string, address: string): Promise<Packet> {
    return this.ask({ type: REQUEST, mac, options: [[50, octets(address)]] });
  }

  /** Stops waiting for any reply: the server is known to be dead. */
  giveUp(): void {
    for (const end of this.#waiting.values()) end();
  }

  async #replyTo(question: Question, timeoutMs: number): Promise<Packet | undefined> {
    const xid = this.#xid++;
    const { promise, resolve } = Promise.withResolvers<Packet | undefined>();
    const timer = setTimeout(() => resolve(undefined), timeoutMs);
    this.#waiting.set(xid, resolve);
    this.sendRaw(this.#encode(question, xid));
    const reply = await promise;
    clearTimeout(timer);
    this.#waiting.delete(xid);
    return reply;
  }

  #encode({ type, options = [], ...fields }: Question, xid: number): Uint8Array {
    const packet = { giaddr: this.address, hops: 1, ...fields, xid };
    return buildPacket({ ...packet, options: [[53, Uint8Array.of(type)], ...options] });
  }

  #receive(reply: Packet): void {
    if (messageType(reply) === ACK && reply.yiaddr !== "0.0.0.0") {
      this.acked.set(reply.mac, reply.yiaddr);
    }
    this.#waiting.get(reply.xid)?.(reply);
  }
}

/** The MAC of client number `index`, locally administered: `02:00:…`. */
export function clientMac(index: number): string {
  const hex = index.toString(16).padStart(8, "0");
  return `02:00:${hex.match(/../g)!.join(":")}`;
}
