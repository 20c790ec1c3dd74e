/** One name server, asked over UDP: an update and its answer are far below 512 octets. */
import type { Buffer } from "node:buffer";
import { randomInt } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import type { DnsServerAddress } from "../config/config.ts";
import type { Clock } from "../store/clock.ts";
import { decodeAnswer, encodeUpdate, type Update } from "./dns_update_message.ts";
import { distrust, type Key, sign } from "./tsig.ts";

/** How long an answer is waited for, and how often the question is sent. */
const ANSWER_MS = 1_500;
const TRIES_MAX = 3;

/** The name server did not answer, not in a way that can be believed, or not as it should. */
export class DnsTrouble extends Error {
  override readonly name = "DnsTrouble";
}

/** Asks for an update. Resolves to the RCODE, such as `NOERROR`; rejects with `DnsTrouble`. */
export type SendUpdate = (update: Update) => Promise<string>;

export interface DnsClient {
  readonly send: SendUpdate;
  /** Gives up what is under way. */
  close(): void;
}

/** A name server, not asked anything yet. Without a key nothing is signed. */
export function openDnsClient(
  server: DnsServerAddress,
  key: Key | undefined,
  clock: Clock,
): DnsClient {
  return new UdpClient(server, key, clock);
}

class UdpClient implements DnsClient {
  readonly #server: DnsServerAddress;
  readonly #key: Key | undefined;
  readonly #clock: Clock;
  readonly #closing = new AbortController();

  constructor(server: DnsServerAddress, key: Key | undefined, clock: Clock) {
    this.#server = server;
    this.#key = key;
    this.#clock = clock;
  }

  readonly send = async (update: Update): Promise<string> => {
    for (let tries = 1;; tries++) {
      if (this.#closing.signal.aborted) throw new DnsTrouble("the server stops");
      try {
        return await this.#ask(update);
      } catch (error) {
        if (!(error instanceof DnsTrouble) || tries === TRIES_MAX) throw error;
      }
    }
  };

  close(): void {
    this.#closing.abort();
  }

  /** A socket of its own for each question: its port is as hard to guess as the ID. */
  async #ask(update: Update): Promise<string> {
    const id = randomInt(0x1_0000);
    const unsigned = encodeUpdate(id, update);
    const signed = this.#key && sign(unsigned, this.#key, this.#clock.wallMs());
    const { hostname, port } = this.#server;
    const socket = openSocket(hostname);
    const told = Promise.withResolvers<string>();
    const fail = (message: string) => told.reject(new DnsTrouble(message));
    const stop = () => fail("the server stops");
    const timer = setTimeout(() => fail("it does not answer"), ANSWER_MS);
    this.#closing.signal.addEventListener("abort", stop);
    socket.on("error", (error) => fail(`it cannot be reached: ${error.message}`));
    socket.on("message", (answer) => this.#judge(answer, id, signed?.mac, told));
    try {
      await connect(socket, hostname, port);
      socket.send(signed?.message ?? unsigned);
      return await told.promise;
    } finally {
      clearTimeout(timer);
      this.#closing.signal.removeEventListener("abort", stop);
      socket.close();
    }
  }

  #judge(
    octets: Buffer,
    id: number,
    mac: Buffer | undefined,
    told: PromiseWithResolvers<string>,
  ): void {
    const answer = decodeAnswer(octets);
    if (answer?.id !== id) return; // an answer that came late, or somebody's guess
    const distrusted = this.#key === undefined || mac === undefined
      ? undefined
      : distrust(octets, this.#key, mac, this.#clock.wallMs());
    if (distrusted === undefined) told.resolve(answer.rcode);
    else told.reject(new DnsTrouble(`${distrusted} (${answer.rcode})`));
  }
}

/** Throws `DnsTrouble` where this process may make no sockets. */
function openSocket(hostname: string): Socket {
  try {
    return createSocket(isIPv6(hostname) ? "udp6" : "udp4");
  } catch (cause) {
    throw new DnsTrouble(`no socket can be made: ${cause}`, { cause });
  }
}

function connect(socket: Socket, hostname: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("error", (error) => reject(new DnsTrouble(error.message)));
    socket.connect(port, hostname, resolve);
  });
}
