/**
 * A UDP socket inside a network namespace, used from the test's own process outside. Started as a
 * program in the namespace, this file binds the socket and carries datagrams over its stdin and
 * stdout; imported, it is the other end.
 *
 * One datagram in either direction: length of the payload (2 octets), the peer's address (4),
 * the peer's port (2), the payload.
 */
import { createSocket } from "node:dgram";
import { fileURLToPath } from "node:url";
import type { Wire } from "./netns.ts";

const HEADER_SIZE = 8;
const THIS_FILE = fileURLToPath(import.meta.url);

export interface UdpPort {
  /** Sends a datagram to `address`, a dotted quad. */
  send(payload: Uint8Array, address: string, port: number): void;
  /** Called for every datagram that comes in. */
  onDatagram: (payload: Uint8Array, source: string) => void;
  close(): Promise<void>;
}

/** Binds `address`:`port` in the namespace of `node`; resolves when it is bound. */
export async function openUdpPort(
  wire: Wire,
  node: string,
  address: string,
  port: number,
): Promise<UdpPort> {
  const args = ["run", "-A", "--no-config", THIS_FILE, address, String(port)];
  const child = wire.spawn(node, Deno.execPath(), args, {
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  });
  const input = child.stdin.getWriter();
  const ready = Promise.withResolvers<void>();
  let isBound = false;
  const udpPort: UdpPort = {
    onDatagram: () => {},
    send: (payload, peer, peerPort) => {
      input.write(frame(payload, peer, peerPort)).catch(() => {});
    },
    close: async () => {
      await input.close().catch(() => {});
      await child.status;
    },
  };
  readFrames(child.stdout, (payload, source) => {
    if (isBound) return udpPort.onDatagram(payload, source);
    isBound = true; // The first frame is empty and says only this.
    ready.resolve();
  });
  await Promise.race([
    ready.promise,
    child.status.then(({ code }) => {
      throw new Error(`binding ${address}:${port} in ${node} failed with ${code}`);
    }),
  ]);
  return udpPort;
}

function frame(payload: Uint8Array, address: string, port: number): Uint8Array {
  const bytes = new Uint8Array(HEADER_SIZE + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, payload.length);
  bytes.set(address.split(".").map(Number), 2);
  view.setUint16(6, port);
  bytes.set(payload, HEADER_SIZE);
  return bytes;
}

/** Reads frames until the stream ends. */
async function readFrames(
  stream: ReadableStream<Uint8Array>,
  onFrame: (payload: Uint8Array, address: string, port: number) => void,
): Promise<void> {
  let rest = new Uint8Array(0);
  for await (const chunk of stream) {
    const bytes = new Uint8Array(rest.length + chunk.length);
    bytes.set(rest);
    bytes.set(chunk, rest.length);
    const view = new DataView(bytes.buffer);
    let at = 0;
    while (at + HEADER_SIZE <= bytes.length) {
      const end = at + HEADER_SIZE + view.getUint16(at);
      if (end > bytes.length) break;
      const address = bytes.subarray(at + 2, at + 6).join(".");
      onFrame(bytes.slice(at + HEADER_SIZE, end), address, view.getUint16(at + 6));
      at = end;
    }
    rest = bytes.slice(at);
  }
}

/** The end inside the namespace: runs until its stdin is closed. */
async function carry(address: string, port: number): Promise<void> {
  const socket = createSocket("udp4");
  const write = (bytes: Uint8Array) => {
    for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
  };
  socket.on("message", (payload, peer) => write(frame(payload, peer.address, peer.port)));
  socket.on("error", (error) => console.error(`udp port ${address}:${port}: ${error.message}`));
  await new Promise<void>((resolve) => socket.bind(port, address, resolve));
  socket.setBroadcast(true);
  write(frame(new Uint8Array(0), address, port));
  await readFrames(Deno.stdin.readable, (payload, peer, peerPort) => {
    socket.send(payload, peerPort, peer, (error) => {
      if (error) console.error(`udp port ${address}:${port} -> ${peer}: ${error.message}`);
    });
  });
  socket.close();
}

if (import.meta.main) {
  const [address, port] = Deno.args;
  await carry(address!, Number(port));
}
