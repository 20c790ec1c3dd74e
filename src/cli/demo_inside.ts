/**
 * What the demo runs of Sublet itself inside of a namespace, in a process of its own: a DHCP
 * client for machines that have none, and a look at the status endpoint. Not for people to call.
 */
import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { MessageType } from "../protocol/request.ts";
import { parseHex } from "../wire/hex.ts";
import { formatIpv4, type Ipv4, readIpv4, writeIpv4 } from "../wire/ipv4.ts";
import {
  BOOTREPLY,
  BOOTREQUEST,
  BROADCAST_FLAG,
  Header,
  MAGIC_COOKIE,
} from "../wire/message_view.ts";
import { Option } from "../wire/option_codes.ts";

/** Ports of RFC 2131 §4.1. */
const SERVER_PORT = 67;
const CLIENT_PORT = 68;

/** RFC 2131 §4.1 starts at four seconds; on a cable of our own there is nobody to be gentle to. */
const RESEND_MS = 1_000;

/** How long the server may take to answer its status endpoint, asked this often. */
const FETCH_ATTEMPTS_MAX = 100;
const FETCH_PAUSE_MS = 50;

/**
 * `lease IF HOSTNAME`: gets a lease and gives its address to the interface. `fetch URL`: prints
 * the page, once it is there and well. Whoever called kills this when it takes too long.
 */
export async function demoInsideCommand(args: string[]): Promise<number> {
  const [action, ...operands] = args;
  if (action === "lease" && operands.length === 2) {
    await obtainLease(operands[0]!, operands[1]!);
    return 0;
  }
  assert(action === "fetch" && operands.length === 1, `not called by the demo: ${args.join(" ")}`);
  return await printPage(operands[0]!);
}

async function printPage(url: string): Promise<number> {
  for (let attempt = 0; attempt < FETCH_ATTEMPTS_MAX; attempt++) {
    try {
      const response = await fetch(url);
      const page = await response.text();
      if (response.ok) {
        console.log(page.trimEnd());
        return 0;
      }
    } catch (error) {
      // `fetch` says "connection refused" with a TypeError: the server is not up yet.
      if (!(error instanceof TypeError)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, FETCH_PAUSE_MS));
  }
  return 1;
}

/** What the client keeps of an OFFER or ACK. */
interface Reply {
  readonly type: number;
  readonly yiaddr: Ipv4;
  readonly serverIdentifier: Uint8Array;
  readonly netmask: Ipv4;
}

/** The dialog of RFC 2131 §3.1, steps 1 to 5. */
async function obtainLease(interfaceName: string, hostname: string): Promise<void> {
  const mac = parseHex((await Deno.readTextFile(`/sys/class/net/${interfaceName}/address`)).trim());
  assert(mac !== undefined, "the kernel writes MAC addresses as hex");
  // An ordinary UDP socket needs a route to send to 255.255.255.255 and to accept the answer.
  await ip("route", "add", "default", "dev", interfaceName);

  const socket = createSocket("udp4");
  socket.bind(CLIENT_PORT, "0.0.0.0");
  await once(socket, "listening");
  socket.setBroadcast(true);
  try {
    const xid = crypto.getRandomValues(new Uint8Array(4));
    const name: ClientOption = [Option.HOST_NAME, new TextEncoder().encode(hostname)];
    const wishes: ClientOption = [
      Option.PARAMETER_REQUEST_LIST,
      new Uint8Array([Option.SUBNET_MASK, Option.ROUTERS]),
    ];
    const discover = encode(xid, mac, MessageType.DISCOVER, [name, wishes]);
    const offer = await ask(socket, discover, MessageType.OFFER);

    const address = new Uint8Array(4);
    writeIpv4(address, 0, offer.yiaddr);
    const request = encode(xid, mac, MessageType.REQUEST, [
      [Option.REQUESTED_ADDRESS, address],
      [Option.SERVER_IDENTIFIER, offer.serverIdentifier],
      name,
      wishes,
    ]);
    const ack = await ask(socket, request, MessageType.ACK);
    const assigned = `${formatIpv4(ack.yiaddr)}/${formatIpv4(ack.netmask)}`;
    await ip("addr", "add", assigned, "dev", interfaceName);
  } finally {
    socket.close();
  }
}

type ClientOption = readonly [code: number, payload: Uint8Array];

function encode(
  xid: Uint8Array,
  mac: Uint8Array,
  type: number,
  options: readonly ClientOption[],
): Uint8Array {
  const header = new Uint8Array(Header.OPTIONS);
  header[Header.OP] = BOOTREQUEST;
  header[Header.HTYPE] = 1;
  header[Header.HLEN] = mac.length;
  header.set(xid, Header.XID);
  // RFC 2131 §4.1: this socket cannot take a unicast before the interface has an address.
  new DataView(header.buffer).setUint16(Header.FLAGS, BROADCAST_FLAG);
  header.set(mac, Header.CHADDR);
  writeIpv4(header, Header.COOKIE, MAGIC_COOKIE);
  const all: readonly ClientOption[] = [[Option.MESSAGE_TYPE, new Uint8Array([type])], ...options];
  const parts = all.flatMap(([code, payload]) => [code, payload.length, ...payload]);
  return new Uint8Array([...header, ...parts, Option.END]);
}

/** Sends `message`, again and again, until a reply of the type comes. */
async function ask(socket: Socket, message: Uint8Array, type: number): Promise<Reply> {
  const send = () => socket.send(message, SERVER_PORT, "255.255.255.255");
  const timer = setInterval(send, RESEND_MS);
  send();
  try {
    for (;;) {
      const [bytes] = await once(socket, "message") as [Uint8Array];
      const reply = decode(bytes, message);
      if (reply?.type === type) return reply;
    }
  } finally {
    clearInterval(timer);
  }
}

function decode(bytes: Uint8Array, request: Uint8Array): Reply | undefined {
  if (bytes.length < Header.OPTIONS || bytes[Header.OP] !== BOOTREPLY) return undefined;
  if (readIpv4(bytes, Header.XID) !== readIpv4(request, Header.XID)) return undefined;
  const options = new Map<number, Uint8Array>();
  for (let at: number = Header.OPTIONS; at + 1 < bytes.length && bytes[at] !== Option.END;) {
    const length = bytes[at] === Option.PAD ? -1 : bytes[at + 1]!;
    if (length >= 0) options.set(bytes[at]!, bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  const type = options.get(Option.MESSAGE_TYPE)?.[0];
  const serverIdentifier = options.get(Option.SERVER_IDENTIFIER);
  const netmask = options.get(Option.SUBNET_MASK);
  if (type === undefined || serverIdentifier === undefined || netmask?.length !== 4) {
    return undefined;
  }
  return {
    type,
    yiaddr: readIpv4(bytes, Header.YIADDR),
    serverIdentifier: serverIdentifier.slice(),
    netmask: readIpv4(netmask, 0),
  };
}

async function ip(...args: string[]): Promise<void> {
  const { success } = await new Deno.Command("ip", { args, stdin: "null" }).spawn().status;
  assert(success, `ip ${args.join(" ")}`);
}
