/** What networks do to datagrams: lose, repeat, hold up and damage them. */
import type { Random } from "../support/random.ts";
import type { Agenda } from "./agenda.ts";

/** How often each of it happens to a datagram, from 0 to 1. */
export interface NetworkFaults {
  readonly loss: number;
  readonly duplication: number;
  /** Held up for seconds, so that later ones overtake it. */
  readonly straggling: number;
  readonly damage: number;
}

export const NO_FAULTS: NetworkFaults = { loss: 0, duplication: 0, straggling: 0, damage: 0 };

const DELAY_MS_MIN = 1;
const DELAY_MS_MAX = 20;
/**
 * No datagram lives longer than this. A RELEASE that came after its sender was given the address
 * again would free it, and RFC 2131 has nothing against that but time: see QUIET_MS.
 */
export const STRAGGLER_MS_MAX = 4_000;

type Deliver = (bytes: Uint8Array) => void;

export class Network {
  faults: NetworkFaults;

  constructor(
    private readonly agenda: Agenda,
    private readonly random: Random,
    faults: NetworkFaults,
  ) {
    this.faults = faults;
  }

  /** Carries a request: a damaged one arrives, because the server must bear anything. */
  toServer(bytes: Uint8Array, deliver: Deliver): void {
    this.#carry(bytes, (copy) => {
      if (!this.random.chance(this.faults.damage)) return deliver(copy);
      const damaged = damage(copy, this.random);
      if (!seemsToEndALease(damaged)) deliver(damaged);
    });
  }

  /** Carries a reply: the client's UDP checksum finds a damaged one out. */
  toClient(bytes: Uint8Array, deliver: Deliver): void {
    this.#carry(bytes, (copy) => {
      if (!this.random.chance(this.faults.damage)) deliver(copy);
    });
  }

  /** Carries a question and then its answer, of which nothing matters but whether they arrive. */
  ask(answer: () => void): void {
    this.#carry(NOTHING, () => this.#carry(NOTHING, answer));
  }

  #carry(bytes: Uint8Array, deliver: Deliver): void {
    const copies = this.random.chance(this.faults.duplication) ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      if (this.random.chance(this.faults.loss)) continue;
      const delayMs = this.random.chance(this.faults.straggling)
        ? this.random.integer(DELAY_MS_MAX, STRAGGLER_MS_MAX)
        : this.random.integer(DELAY_MS_MIN, DELAY_MS_MAX);
      this.agenda.after(delayMs, () => deliver(bytes.slice()));
    }
  }
}

const NOTHING = new Uint8Array(0);

const DAMAGED_OCTETS_MAX = 6;
const ADDED_OCTETS_MAX = 40;

function damage(bytes: Uint8Array, random: Random): Uint8Array {
  if (random.chance(0.1)) return bytes.slice(0, random.integer(0, bytes.length));
  if (random.chance(0.1)) {
    return Uint8Array.of(...bytes, ...random.bytes(random.integer(1, ADDED_OCTETS_MAX)));
  }
  for (let left = random.integer(1, DAMAGED_OCTETS_MAX); left > 0; left--) {
    bytes[random.integer(0, bytes.length - 1)] = random.integer(0, 255);
  }
  return bytes;
}

const MESSAGE_TYPE = 53;
const DECLINE = 4;
const RELEASE = 7;

/**
 * Whether a RELEASE or DECLINE may be read out of the bytes. Damage that makes one of a request
 * would end a lease behind its client's back; no server could tell, and the UDP checksum, which
 * keeps it from happening, is not in this model.
 */
function seemsToEndALease(bytes: Uint8Array): boolean {
  return bytes.some((octet, at) =>
    octet === MESSAGE_TYPE && bytes[at + 1] === 1 &&
    (bytes[at + 2] === DECLINE || bytes[at + 2] === RELEASE)
  );
}
