/** What tcpdump, which knows nothing of Sublet, sees on an interface. */
import assert from "node:assert/strict";
import { parseUdpFrame, type UdpFrame } from "../../src/wire/frame.ts";
import type { Wire } from "../support/netns.ts";

const PCAP_HEADER_OCTETS = 24;
const RECORD_HEADER_OCTETS = 16;
/** A test that waits this long for a frame has failed. */
const PATIENCE_MS = 10_000;

/** The frames that tcpdump captures, one after another. */
export interface Capture extends AsyncDisposable {
  /** The next captured frame, whole. */
  nextFrame(): Promise<Uint8Array>;
}

/** Starts tcpdump on what comes in by an interface of a node; resolves when it listens. */
export async function startCapture(
  wire: Wire,
  node: string,
  interfaceName: string,
  filter: string,
): Promise<Capture> {
  // With the usual snapshot length the ring has room for eight frames, and a burst is lost.
  const room = ["-s", "4096", "-B", "8192"];
  const options = ["-i", interfaceName, "-n", "-Q", "in", "-U", "--immediate-mode", ...room];
  const child = wire.spawn(node, "tcpdump", [...options, "-Z", "root", "-w", "-", filter], {
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  const messages = new ByteQueue(child.stderr);
  await withPatience(messages.until("listening on"), `tcpdump on ${interfaceName}`);
  const capture = new ByteQueue(child.stdout);
  await capture.take(PCAP_HEADER_OCTETS);
  return {
    nextFrame: () => withPatience(nextFrame(capture), `a frame on ${interfaceName}`),
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await Promise.all([child.status, capture.ended, messages.ended]);
    },
  };
}

async function nextFrame(queue: ByteQueue): Promise<Uint8Array> {
  const header = await queue.take(RECORD_HEADER_OCTETS);
  const length = new DataView(header.buffer, header.byteOffset).getUint32(8, true);
  return await queue.take(length);
}

/** Reads a frame as a UDP datagram; its checksum, which may be left to a device, is not judged. */
export function readCaptured(frame: Uint8Array): UdpFrame {
  const withoutChecksum = frame.slice();
  withoutChecksum.fill(0, 40, 42);
  const datagram = parseUdpFrame(withoutChecksum);
  assert.ok(datagram, "not a UDP datagram");
  return datagram;
}

async function withPatience<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited in vain for ${what}`)), PATIENCE_MS);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** Reads a stream to its end, so that its writer never stops, and hands out exact counts. */
class ByteQueue {
  /** Resolves when the stream has ended. */
  readonly ended: Promise<void>;
  #held: Uint8Array = new Uint8Array();
  #isEnded = false;
  #arrived = Promise.withResolvers<void>();

  constructor(stream: ReadableStream<Uint8Array>) {
    this.ended = this.#read(stream);
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    for await (const chunk of stream) {
      const joined = new Uint8Array(this.#held.length + chunk.length);
      joined.set(this.#held);
      joined.set(chunk, this.#held.length);
      this.#held = joined;
      this.#notify();
    }
    this.#isEnded = true;
    this.#notify();
  }

  #notify(): void {
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers<void>();
  }

  async #more(): Promise<void> {
    if (this.#isEnded) throw new Error(`it ended: ${new TextDecoder().decode(this.#held)}`);
    await this.#arrived.promise;
  }

  async take(count: number): Promise<Uint8Array> {
    while (this.#held.length < count) await this.#more();
    const taken = this.#held.slice(0, count);
    this.#held = this.#held.slice(count);
    return taken;
  }

  async until(text: string): Promise<void> {
    while (!new TextDecoder().decode(this.#held).includes(text)) await this.#more();
  }
}
