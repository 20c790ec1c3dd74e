/** A LinuxLink in a network namespace, with a host on the other end of its cables. */
import { SOCKADDR_LL_OCTETS, writeSockaddrLl } from "../../src/link/layouts.ts";
import { bindSocket, bootTimeMs, closeFd, type Fd, sendMessage } from "../../src/link/libc.ts";
import type { InterfaceStatus } from "../../src/link/link.ts";
import { openLinuxLink } from "../../src/link/linux_link.ts";
import { type LinkFact, listLinks } from "../../src/link/netlink.ts";
import { openFrameSocket } from "../../src/link/sockets.ts";
import type { Ingress } from "../../src/protocol/endpoints.ts";
import {
  encodeUdpFrame,
  ETHERTYPE_IPV4,
  FRAME_OVERHEAD_OCTETS,
  type UdpFrame,
} from "../../src/wire/frame.ts";
import { formatHex } from "../../src/wire/hex.ts";
import { formatIpv4, LIMITED_BROADCAST } from "../../src/wire/ipv4.ts";
import { type ArrivingDatagram, receiveDatagrams, type SeenReply } from "../contract/link.ts";
import type { ProbedWorld } from "../contract/probing.ts";
import { type Cable, makeWire, type Wire } from "../support/netns.ts";
import { type Capture, readCaptured, startCapture } from "./capture.ts";
import { enterNamespace } from "./namespace_thread.ts";

const SERVER_PORT = 67;
const CLIENT_PORT = 68;
const BOOT_PORT = 4011;
/** The port of the frames that end a look at the wire: what was sent before has come by then. */
const MARKER_PORT = 9;
const BROADCAST_HARDWARE_ADDRESS = new Uint8Array(6).fill(0xff);
const HOST_HARDWARE_ADDRESS = new Uint8Array([0x02, 0, 0, 0, 0, 0x50]);
const HOST_ADDRESSES = ["192.168.1.50", "192.168.1.60", "10.9.0.50"];

const CABLES: readonly Cable[] = [
  [
    { node: "server", name: "lan0", addresses: ["192.168.1.1/24", "10.9.0.1/16"] },
    { node: "host", name: "lan0" },
  ],
  [
    { node: "server", name: "wan0", addresses: ["203.0.113.1/24"] },
    { node: "host", name: "wan0" },
  ],
];

// libc is loaded once, on first use; before the first test, whose leak check would count it.
bootTimeMs();

/** What only a real link has: the wire itself, and what the link said. */
export interface LinuxWorld extends ProbedWorld {
  readonly wire: Wire;
  readonly troubles: string[];
  readonly changes: InterfaceStatus[];
  /** The frames, whole, that the link put on a wire since the last look. */
  frames(interfaceName: string): Promise<readonly Uint8Array[]>;
  /** The hardware address of an interface of the server, as text. */
  hardwareAddress(interfaceName: string): string;
}

/** Builds the namespaces, moves this thread into the server's and opens the link there. */
export async function makeLinuxWorld(interfaceNames = ["lan0"]): Promise<LinuxWorld> {
  await using cleanup = new AsyncDisposableStack();
  const wire = cleanup.use(await makeWire(CABLES));
  const captures = new Map<string, Capture>();
  cleanup.defer(async () => {
    for (const capture of captures.values()) await capture[Symbol.asyncDispose]();
  });
  cleanup.use(enterNamespace(wire.namespace("server")));
  await knowHost(wire);
  for (const name of ["lan0", "wan0"]) captures.set(name, await captureReplies(wire, name));

  const troubles: string[] = [];
  const changes: InterfaceStatus[] = [];
  const link = openLinuxLink({
    interfaceNames,
    onTrouble: (message) => troubles.push(message),
    onInterfaceChange: (status) => changes.push(status),
  });
  cleanup.defer(() => link.close());
  const frames = (name: string) => framesUntilMarker(captures.get(name)!, name);
  const disposal = cleanup.move();
  return {
    link,
    wire,
    hostHardwareAddress: formatHex(HOST_HARDWARE_ADDRESS),
    inhabit: async (name, address) => {
      await wire.exec("host", "ip", "address", "add", `${address}/24`, "dev", name);
    },
    troubles,
    changes,
    frames,
    hardwareAddress: (name) => formatHex(findLink(name).hardwareAddress),
    arrive: (name, ...datagrams) => Promise.resolve(sendFromHost(wire, name, datagrams)),
    seen: async (name) => (await frames(name)).map(asSeen),
    addInterface: async (name, ...addresses) => {
      await addVeth(wire, name, addresses);
      captures.set(name, await captureReplies(wire, name));
    },
    removeInterface: async (name) => {
      await captures.get(name)?.[Symbol.asyncDispose]();
      captures.delete(name);
      await wire.exec("server", "ip", "link", "delete", name);
    },
    setUp: async (name, up) => {
      await wire.exec("server", "ip", "link", "set", name, up ? "up" : "down");
    },
    addAddress: async (name, address) => {
      await wire.exec("server", "ip", "address", "add", address, "dev", name);
    },
    [Symbol.asyncDispose]: () => disposal[Symbol.asyncDispose](),
  };
}

/** Spares the server ARP for the hosts on lan0: a reply would overtake one that waits for it. */
async function knowHost(wire: Wire): Promise<void> {
  const mac = formatHex(HOST_HARDWARE_ADDRESS);
  // It is on both wires, and would answer ARP on the one for its addresses on the other.
  const strict = "echo 1 > /proc/sys/net/ipv4/conf/all/arp_ignore";
  await wire.exec("host", "sh", "-c", strict);
  await wire.exec("host", "ip", "link", "set", "lan0", "address", mac);
  for (const address of HOST_ADDRESSES) {
    const neighbour = ["neighbour", "add", address, "lladdr", mac, "dev", "lan0"];
    await wire.exec("server", "ip", ...neighbour, "nud", "permanent");
  }
}

function captureReplies(wire: Wire, name: string): Promise<Capture> {
  return startCapture(
    wire,
    "host",
    name,
    `udp src port ${SERVER_PORT} or udp src port ${BOOT_PORT}`,
  );
}

async function addVeth(wire: Wire, name: string, addresses: readonly string[]): Promise<void> {
  const peer = ["peer", "name", name, "netns", wire.namespace("host")];
  await wire.exec("server", "ip", "link", "add", name, "type", "veth", ...peer);
  await wire.exec("host", "ip", "link", "set", name, "up");
  await wire.exec("server", "ip", "link", "set", name, "up");
  for (const address of addresses) {
    await wire.exec("server", "ip", "address", "add", address, "dev", name);
  }
}

/** A DHCP client or relay agent on the host's end of a cable says something. */
function sendFromHost(wire: Wire, name: string, datagrams: readonly ArrivingDatagram[]): void {
  const serverHardwareAddress = findLink(name).hardwareAddress;
  using _host = enterNamespace(wire.namespace("host"));
  sendFrames(
    name,
    datagrams.map(({ text, source, destination, sourcePort, serverPort }) => ({
      sourceHardwareAddress: HOST_HARDWARE_ADDRESS,
      destinationHardwareAddress: destination === LIMITED_BROADCAST
        ? BROADCAST_HARDWARE_ADDRESS
        : serverHardwareAddress,
      source,
      destination,
      sourcePort: sourcePort ?? CLIENT_PORT,
      destinationPort: serverPort ?? SERVER_PORT,
      payload: new TextEncoder().encode(text),
    })),
  );
}

/** The frames captured so far: a marker is sent after them, from the server's end. */
async function framesUntilMarker(capture: Capture, name: string): Promise<readonly Uint8Array[]> {
  sendFrames(name, [{
    sourceHardwareAddress: HOST_HARDWARE_ADDRESS,
    destinationHardwareAddress: BROADCAST_HARDWARE_ADDRESS,
    source: 0,
    destination: LIMITED_BROADCAST,
    sourcePort: SERVER_PORT,
    destinationPort: MARKER_PORT,
    payload: new Uint8Array(),
  }]);
  const frames: Uint8Array[] = [];
  for (;;) {
    const frame = await capture.nextFrame();
    if (readCaptured(frame).destinationPort === MARKER_PORT) return frames;
    frames.push(frame);
  }
}

function sendFrames(name: string, frames: readonly UdpFrame[]): void {
  const fd = openBoundFrameSocket(name);
  try {
    for (const frame of frames) {
      const bytes = new Uint8Array(new ArrayBuffer(FRAME_OVERHEAD_OCTETS + frame.payload.length));
      encodeUdpFrame(frame, bytes);
      const sent = sendMessage(fd, bytes);
      if (sent !== bytes.length) throw new Error(`cannot send on ${name}: ${sent}`);
    }
  } finally {
    closeFd(fd);
  }
}

function openBoundFrameSocket(name: string): Fd {
  const address = new Uint8Array(new ArrayBuffer(SOCKADDR_LL_OCTETS));
  writeSockaddrLl(new DataView(address.buffer), 0, findLink(name).index, ETHERTYPE_IPV4);
  const fd = openFrameSocket();
  bindSocket(fd, address);
  return fd;
}

function findLink(name: string): LinkFact {
  const link = listLinks().find((candidate) => candidate.name === name);
  if (link === undefined) throw new Error(`no interface ${name}`);
  return link;
}

function asSeen(frame: Uint8Array): SeenReply {
  const { destination, destinationPort, destinationHardwareAddress, payload } = readCaptured(frame);
  return {
    destination: formatIpv4(destination),
    port: destinationPort,
    hardwareAddress: formatHex(destinationHardwareAddress),
    text: new TextDecoder().decode(payload),
  };
}

/** The ingress of a datagram that has just come in on lan0. */
export async function ingressOf(
  world: LinuxWorld,
  from = { source: 0, destination: LIMITED_BROADCAST },
): Promise<Ingress> {
  await world.arrive("lan0", { text: "request", ...from });
  const [datagram] = await receiveDatagrams(world.link);
  return datagram!.ingress;
}
