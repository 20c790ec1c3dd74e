/** What is really on a wire: frames captured by tcpdump, decoded far enough to judge a reply. */
import { until } from "./program.ts";
import type { Program } from "./program.ts";
import type { Scene } from "./scene.ts";

/** A UDP datagram and the frame that carried it. */
export interface CapturedDatagram {
  readonly sourceMac: string;
  readonly destinationMac: string;
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly payload: Uint8Array;
}

export interface Capture {
  /** Every UDP datagram captured so far. */
  datagrams(): Promise<CapturedDatagram[]>;
  /** Waits until one of them fits, and returns it. */
  waitFor(
    what: string,
    fits: (datagram: CapturedDatagram) => boolean,
  ): Promise<CapturedDatagram>;
  /** Ends the capture, and returns all of it. */
  end(): Promise<CapturedDatagram[]>;
}

const WAIT_MS = 5_000;

/**
 * Captures UDP on an interface from now to the end of the scene, unless it is ended before. `name`
 * tells several captures of one interface apart.
 */
export async function startCapture(
  scene: Scene,
  node: string,
  interfaceName: string,
  name = "all",
): Promise<Capture> {
  const file = `${scene.directory}/${node}-${interfaceName}-${name}.pcap`;
  const tcpdump: Program = scene.start(node, `tcpdump on ${interfaceName} of ${node}`, [
    ...["tcpdump", "-i", interfaceName, "-n", "-U", "--immediate-mode"],
    // As root, because tcpdump's own user may not write into the scene's directory.
    ...["-Z", "root", "-w", file, "udp"],
  ]);
  await tcpdump.says(/listening on/);
  const datagrams = async () => [...readPcap(await Deno.readFile(file))];
  return {
    datagrams,
    waitFor: (what, fits) => until(what, WAIT_MS, async () => (await datagrams()).find(fits)),
    end: async () => {
      tcpdump.signal("SIGTERM");
      await tcpdump.ends();
      return await datagrams();
    },
  };
}

const FILE_HEADER_SIZE = 24;
const RECORD_HEADER_SIZE = 16;
const ETHERNET_HEADER_SIZE = 14;
const UDP_HEADER_SIZE = 8;

/** Reads a classic pcap file of Ethernet frames, as tcpdump writes it on this machine. */
function* readPcap(file: Uint8Array): Generator<CapturedDatagram> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  let at = FILE_HEADER_SIZE;
  while (at + RECORD_HEADER_SIZE <= file.length) {
    const start = at + RECORD_HEADER_SIZE;
    const end = start + view.getUint32(at + 8, true);
    if (end > file.length) return; // The last record is still being written.
    yield decodeFrame(file.slice(start, end));
    at = end;
  }
}

/** The capture filter lets only IPv4 and IPv6 UDP in, and the namespaces have no IPv6 UDP traffic. */
function decodeFrame(frame: Uint8Array): CapturedDatagram {
  const mac = (at: number) =>
    Array.from(frame.subarray(at, at + 6), (octet) => octet.toString(16).padStart(2, "0"))
      .join(":");
  const ip = frame.subarray(ETHERNET_HEADER_SIZE);
  const udp = ip.subarray((ip[0]! & 15) * 4);
  const number = (at: number) => udp[at]! * 256 + udp[at + 1]!;
  return {
    destinationMac: mac(0),
    sourceMac: mac(6),
    source: ip.subarray(12, 16).join("."),
    destination: ip.subarray(16, 20).join("."),
    sourcePort: number(0),
    destinationPort: number(2),
    payload: udp.slice(UDP_HEADER_SIZE, number(4)),
  };
}
