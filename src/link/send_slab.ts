/** Collects messages for one socket and sends them in one call. */
import { POLLFD, POLLOUT } from "./layouts.ts";
import { type Fd, type NativeBytes, poll, sendMessages } from "./libc.ts";
import {
  headersFrom,
  makeMessageArray,
  type MessageArray,
  setMessageLength,
} from "./message_array.ts";

/** The most messages of one sendmmsg. */
const SEND_BATCH_MAX = 64;

/** The longest message: more than any Ethernet frame without jumbo frames. */
export const SEND_OCTETS_MAX = 2048;

/** How often a full queue is waited for, a millisecond each, before a message is given up. */
const QUEUE_FULL_WAITS_MAX = 5;
const QUEUE_FULL_WAIT_MS = 1;
const NO_DESCRIPTORS = new Uint8Array(new ArrayBuffer(0));

/** Called for each message that could not be sent, with its interface and why: an errno's name. */
export type OnUnsent = (interfaceName: string, why: string) => void;

/**
 * Messages waiting to go out on one socket. `next` gives a free slot, `add` completes it; they
 * leave when the slab is full, when another socket is asked for, and at `flush`.
 */
export class SendSlab {
  readonly array: MessageArray;
  /** Whether what is added leaves half of the socket's send buffer free for what does not. */
  leavesRoom = false;
  readonly #onUnsent: OnUnsent;
  #fd: Fd = -1;
  #count = 0;
  readonly #interfaceNames: string[] = [];

  constructor(nameOctets: number, controlOctets: number, onUnsent: OnUnsent) {
    const messageOctets = SEND_OCTETS_MAX;
    this.array = makeMessageArray({
      count: SEND_BATCH_MAX,
      messageOctets,
      nameOctets,
      controlOctets,
    });
    this.#onUnsent = onUnsent;
  }

  /** The index of a free slot for a message on `fd`: its name, control and message are the
   * caller's to write. */
  next(fd: Fd): number {
    if (fd !== this.#fd || this.#count === SEND_BATCH_MAX) this.flush();
    this.#fd = fd;
    return this.#count;
  }

  /** The octets of a slot's message. */
  message(slot: number): NativeBytes {
    return this.array.slots[slot]!;
  }

  /** Completes the slot that `next` gave. */
  add(slot: number, octets: number, interfaceName: string): void {
    setMessageLength(this.array, slot, octets);
    this.#interfaceNames[slot] = interfaceName;
    this.#count = slot + 1;
  }

  /** Sends what is waiting. */
  flush(): void {
    let sent = 0;
    if (this.leavesRoom && this.#count > 0 && isHalfFull(this.#fd)) {
      // Not waited for: what fills it may be there for the seconds that ARP takes to give up.
      for (; sent < this.#count; sent++) this.#onUnsent(this.#interfaceNames[sent]!, HALF_FULL);
    }
    let waits = 0;
    while (sent < this.#count) {
      const result = sendMessages(this.#fd, headersFrom(this.array, sent), this.#count - sent);
      if (typeof result === "number") {
        sent += result;
      } else if (isQueueFull(result) && waits < QUEUE_FULL_WAITS_MAX) {
        waits++;
        poll(NO_DESCRIPTORS, 0, QUEUE_FULL_WAIT_MS);
      } else {
        // sendmmsg stops at the message that fails: give that one up and go on behind it.
        this.#onUnsent(this.#interfaceNames[sent]!, result);
        sent++;
      }
    }
    this.#count = 0;
  }
}

const HALF_FULL = "the send buffer is half full, and the rest is kept for ACKs";

const pollfd: NativeBytes = new Uint8Array(new ArrayBuffer(POLLFD.octets));
const pollfdView = new DataView(pollfd.buffer);
pollfdView.setInt16(POLLFD.events, POLLOUT, true);

/** Linux calls a datagram socket writable below half of SO_SNDBUF (sock_writeable in sock.h). */
function isHalfFull(fd: Fd): boolean {
  pollfdView.setInt32(POLLFD.fd, fd, true);
  return poll(pollfd, 1, 0) === 0;
}

function isQueueFull(errno: string): boolean {
  return errno === "EAGAIN" || errno === "ENOBUFS";
}
