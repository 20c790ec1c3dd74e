/** Clients that keep their addresses for as long as a soak lasts, and what is held against that. */
import {
  ACK,
  messageType,
  option,
  type Packet,
  type PacketOption,
  REQUEST,
} from "../../tests/support/dhcp_packets.ts";
import type { Random } from "../../tests/support/random.ts";
import { clientMac, type RelayAgent } from "../../tests/support/relay_agent.ts";

/** No stranger makes up one of these. */
const FIRST_CLIENT = 0x7700_0000;

/** How often an answer is waited for before a client counts as not served. */
const TRIES = 4;

/** Clients that take their first address at the same time. */
const AT_ONCE = 50;

/** Between two renewals of a client, in milliseconds. */
const RENEWS_MS = { least: 5_000, most: 15_000 };

export class HonestClients {
  /** Who has which address, by hardware address. */
  readonly addresses = new Map<string, string>();
  ackCount = 0;
  /** Questions that were asked again since no answer came. */
  repeatedCount = 0;
  /** What must not be, each in a line. */
  readonly problems: string[] = [];
  readonly #agent: RelayAgent;
  readonly #random: Random;
  readonly #stop: AbortSignal;

  constructor(agent: RelayAgent, random: Random, stop: AbortSignal) {
    this.#agent = agent;
    this.#random = random;
    this.#stop = stop;
  }

  /** So many clients take an address each, some at a time: each is probed for before. */
  async settle(count: number): Promise<void> {
    for (let first = 0; first < count; first += AT_ONCE) {
      const numbers = Array.from({ length: Math.min(AT_ONCE, count - first) }, (_, i) => first + i);
      await Promise.all(numbers.map((n) => this.#settle(n)));
    }
  }

  async #settle(n: number): Promise<void> {
    const mac = clientMac(FIRST_CLIENT + n);
    const ack = await this.#agent.obtain(mac, [nameOf(n)]);
    if (messageType(ack) !== ACK) throw new Error(`${mac} got no address to begin with`);
    this.addresses.set(mac, ack.yiaddr);
  }

  /** All of them renew until they are told to stop. */
  async renewAll(): Promise<void> {
    const macs = [...this.addresses.keys()];
    await Promise.all(macs.map((mac) => this.#renewAgainAndAgain(mac)));
  }

  async #renewAgainAndAgain(mac: string): Promise<void> {
    await this.#pause(this.#random.integer(0, RENEWS_MS.most));
    while (!this.#stop.aborted) {
      await this.#renew(mac, this.addresses.get(mac)!);
      await this.#pause(this.#random.integer(RENEWS_MS.least, RENEWS_MS.most));
    }
  }

  async #renew(mac: string, address: string): Promise<void> {
    for (let attempt = 1; attempt <= TRIES && !this.#stop.aborted; attempt++) {
      const question = { type: REQUEST, mac, ciaddr: address };
      const reply = await this.#agent.ask(question).catch(() => undefined);
      if (reply === undefined) {
        this.repeatedCount++;
        continue;
      }
      if (messageType(reply) === ACK && reply.yiaddr === address) this.ackCount++;
      else this.problems.push(`${mac} renews ${address} and hears ${describe(reply)}`);
      return;
    }
    if (!this.#stop.aborted) this.problems.push(`${mac} gets no answer to ${TRIES} renewals`);
  }

  async #pause(milliseconds: number): Promise<void> {
    if (this.#stop.aborted) return;
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#stop.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, milliseconds);
      this.#stop.addEventListener("abort", end);
    });
  }
}

function nameOf(n: number): PacketOption {
  return [12, new TextEncoder().encode(`machine-${n}`)];
}

function describe(reply: Packet): string {
  const why = option(reply, 56);
  return `type ${messageType(reply)} ${reply.yiaddr}` +
    (why === undefined ? "" : `: ${new TextDecoder().decode(why)}`);
}
