/**
 * ACKs to clients behind a bridge that rewrites hardware addresses (a Wi-Fi repeater; an address
 * that several machines share). RFC 2131 §4.1 has the server unicast to `ciaddr`. The frame goes to
 * `chaddr`, so that no client takes a place in the kernel's neighbour table; behind such a bridge
 * nobody is there, and the client would go dark at the end of each lease.
 *
 * So beside the frame, ARP is asked who has `ciaddr`, by the socket of the probes, which leaves no
 * entry in the kernel. Where another hardware address answers than `chaddr`, the ACK goes there as
 * well. Nothing is remembered but the ACKs of the last second: a table of clients would cost memory
 * for each, and go stale when one moves. So many are asked for in a second, and no more: beyond
 * that, an ACK costs what it did, and a client that has not heard it asks again at half of the time
 * that is left (§4.4.5).
 */
import { formatHex, parseHex } from "../wire/hex.ts";
import type { Ipv4 } from "../wire/ipv4.ts";
import type { Outgoing, Probe, ProbeAnswer } from "./link.ts";

/** ACKs in a second that are asked for: some 5 million clients with leases of 24 h have as many. */
export const ASKED_IN_A_SECOND_MAX = 128;

/** So long an answer counts. */
const ANSWER_MS = 1_000;

export class BridgedClients {
  /** What was sent since `#sinceMs`, by the addresses of the clients. */
  readonly #sent = new Map<Ipv4, Outgoing>();
  #sinceMs = -Infinity;
  #askedCount = 0;
  #unasked: Probe[] = [];

  /** An ACK goes to `chaddr`: whether somebody else has the address is to be found out. */
  note(reply: Outgoing, nowMs: number): void {
    const { destination, ingress } = reply;
    if (destination.kind !== "unicast") return;
    if (nowMs - this.#sinceMs >= ANSWER_MS) {
      this.#sent.clear();
      this.#sinceMs = nowMs;
      this.#askedCount = 0;
    }
    if (this.#askedCount === ASKED_IN_A_SECOND_MAX) return;
    this.#askedCount++;
    const { address } = destination;
    // The octets are of a slab that is used again.
    this.#sent.set(address, { ...reply, bytes: reply.bytes.slice() });
    this.#unasked.push({ address, method: "arp", ingress });
  }

  /** What is to be asked since the last call. */
  takeProbes(): readonly Probe[] {
    return this.#unasked.length === 0 ? this.#unasked : this.#unasked.splice(0);
  }

  /** The ACKs that have to go to another hardware address, too; each once for each answer. */
  takeMisdirected(answers: readonly ProbeAnswer[]): readonly Outgoing[] {
    const misdirected: Outgoing[] = [];
    for (const { address, heard } of answers) {
      const sent = heard && this.#sent.get(address);
      if (sent === undefined || sent.destination.kind !== "unicast") continue;
      if (heard!.interfaceIndex !== sent.ingress.interfaceIndex) continue;
      this.#sent.delete(address);
      const { hardwareAddress } = sent.destination;
      if (hardwareAddress !== undefined && formatHex(hardwareAddress) === heard!.hardwareAddress) {
        continue;
      }
      const heardAt = parseHex(heard!.hardwareAddress);
      if (heardAt === undefined) continue;
      const destination = { kind: "hardware", hardwareAddress: heardAt, address } as const;
      misdirected.push({ ...sent, destination });
    }
    return misdirected;
  }
}
