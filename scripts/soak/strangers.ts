/** What strangers send: the flaws that other servers had, nearly right packets, floods of names. */
import { PacketGrammar } from "../../tests/hostile/packet_grammar.ts";
import { PUBLISHED_FLAWS } from "../../tests/hostile/published_flaws.ts";
import {
  buildPacket,
  DECLINE,
  DISCOVER,
  INFORM,
  octets,
  type PacketOption,
  RELEASE,
  REQUEST,
} from "../../tests/support/dhcp_packets.ts";
import type { Random } from "../../tests/support/random.ts";
import { clientMac, type RelayAgent } from "../../tests/support/relay_agent.ts";
import { AGENT, SERVER } from "./network.ts";

/** How often some are sent: the sockets on the way hold so much. */
const TICK_MS = 20;

const FIRST_STRANGER = 0x6600_0000;
const STRANGERS = 0x00ff_ffff;

export class Strangers {
  sentCount = 0;
  readonly #agent: RelayAgent;
  readonly #random: Random;
  readonly #grammar: PacketGrammar;
  readonly #flaws = PUBLISHED_FLAWS.flatMap(({ datagrams }) => datagrams);
  /** Each is a kind; all are as likely. */
  readonly #kinds = [
    () => this.#random.pick(this.#flaws),
    () => this.#nearlyRight(),
    () => this.#cut(this.#nearlyRight()),
    () => this.#random.bytes(this.#random.integer(0, 1_400)),
    () => this.#discover([]),
    () => this.#discover([[61, this.#random.bytes(this.#random.integer(2, 255))]]),
    () => this.#discover([[82, Uint8Array.of(1, 4, ...this.#random.bytes(4))]]),
    () => this.#claim(),
    () => this.#meddle(),
  ];

  constructor(agent: RelayAgent, random: Random) {
    this.#agent = agent;
    this.#random = random;
    this.#grammar = new PacketGrammar(random);
  }

  /** Sends so many packets a second until told to stop. */
  async sendAll(perSecond: number, stop: AbortSignal): Promise<void> {
    const startedMs = performance.now();
    while (!stop.aborted) {
      const due = (performance.now() - startedMs) * perSecond / 1_000;
      for (; this.sentCount < due; this.sentCount++) {
        this.#agent.sendRaw(this.#random.pick(this.#kinds)());
      }
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
  }

  #nearlyRight(): Uint8Array {
    const packet = this.#grammar.next();
    if (this.#random.chance(0.01)) this.#grammar.keep(packet);
    return packet.slice();
  }

  #cut(packet: Uint8Array): Uint8Array {
    return packet.subarray(0, this.#random.integer(0, packet.length));
  }

  #discover(options: readonly PacketOption[]): Uint8Array {
    return this.#message(DISCOVER, this.#stranger(), options);
  }

  /** Somebody takes an address that he was not offered, of the pool or of one of the clients. */
  #claim(): Uint8Array {
    const address = Uint8Array.of(192, 168, this.#random.integer(16, 63), this.#octet());
    return this.#message(REQUEST, this.#stranger(), [[50, address], [54, octets(SERVER)]]);
  }

  /** Somebody gives up, declines, or asks about an address that is not his. */
  #meddle(): Uint8Array {
    const address = `192.168.${this.#random.integer(16, 63)}.${this.#octet()}`;
    const type = this.#random.pick([DECLINE, RELEASE, INFORM, REQUEST]);
    const options: PacketOption[] = [[50, octets(address)], [54, octets(SERVER)]];
    return this.#message(type, this.#stranger(), options, address);
  }

  #message(
    type: number,
    mac: string,
    options: readonly PacketOption[],
    ciaddr = "0.0.0.0",
  ): Uint8Array {
    return buildPacket({
      xid: this.#random.integer(0, 0xffff_ffff),
      mac,
      ciaddr,
      giaddr: this.#random.chance(0.8) ? AGENT : `192.168.2.${this.#octet()}`,
      options: [[53, Uint8Array.of(type)], ...options],
    });
  }

  #stranger(): string {
    return clientMac(FIRST_STRANGER + this.#random.integer(0, STRANGERS));
  }

  #octet(): number {
    return this.#random.integer(0, 255);
  }
}
