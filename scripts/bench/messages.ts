/** The messages of the load generator's clients, made from templates that are patched in place. */
import { type Ipv4, readIpv4, writeIpv4 } from "../../src/wire/ipv4.ts";

const [DISCOVER, REQUEST, RELEASE] = [1, 3, 7];
export const [OFFER, ACK, NAK] = [2, 5, 6];

/** Offsets of RFC 2131 figure 1. */
const Header = { XID: 4, FLAGS: 10, CIADDR: 12, GIADDR: 24, CHADDR: 28, OPTIONS: 240 } as const;
const YIADDR = 16;
const MESSAGE_OCTETS = 300;
const BROADCAST_FLAG = 0x80;

/** 55: subnet mask, router, DNS, host name, domain, MTU, broadcast, NTP, times, 121. */
const PARAMETERS = [1, 3, 6, 12, 15, 26, 28, 42, 51, 54, 58, 59, 121];
const VENDOR_CLASS = [...new TextEncoder().encode("bench")];

interface Template {
  readonly bytes: Uint8Array;
  readonly clientId: number;
  readonly requested: number;
  readonly server: number;
}

/** Which of the options 50 and 54 a message has. */
interface Shape {
  readonly hasRequested: boolean;
  readonly hasServer: boolean;
}

const NEITHER: Shape = { hasRequested: false, hasServer: false };

/** Lays options out behind a header, and tells where those are that change. */
function template(type: number, shape: Shape, giaddr: Ipv4, isBroadcast: boolean) {
  const bytes = new Uint8Array(MESSAGE_OCTETS);
  bytes.set([1, 1, 6, giaddr === 0 ? 0 : 1]);
  if (isBroadcast) bytes[Header.FLAGS] = BROADCAST_FLAG;
  writeIpv4(bytes, Header.GIADDR, giaddr);
  bytes.set([99, 130, 83, 99], 236);
  let at: number = Header.OPTIONS;
  const option = (code: number, payload: readonly number[]): number => {
    bytes.set([code, payload.length, ...payload], at);
    at += 2 + payload.length;
    return at - payload.length;
  };
  option(53, [type]);
  const clientId = option(61, [1, 0, 0, 0, 0, 0, 0]) + 1;
  const requested = shape.hasRequested ? option(50, [0, 0, 0, 0]) : 0;
  const server = shape.hasServer ? option(54, [0, 0, 0, 0]) : 0;
  option(57, [1500 >> 8, 1500 & 255]);
  option(60, VENDOR_CLASS);
  option(55, PARAMETERS);
  bytes[at] = 255;
  return { bytes, clientId, requested, server } satisfies Template;
}

/** The hardware address of a client by its number: 02:00 and the number. */
export function hardwareAddressOf(client: number): Uint8Array {
  return Uint8Array.of(2, 0, client >>> 24, client >>> 16, client >>> 8, client);
}

/** Makes the messages of one kind of clients. Each call overwrites what the same call gave. */
export class Messages {
  readonly #discover: Template;
  readonly #select: Template;
  readonly #extend: Template;
  readonly #release: Template;

  /** `giaddr` is 0 for clients without a relay agent. */
  constructor(giaddr: Ipv4, isBroadcast: boolean) {
    const both = { hasRequested: true, hasServer: true };
    this.#discover = template(DISCOVER, NEITHER, giaddr, isBroadcast);
    this.#select = template(REQUEST, both, giaddr, isBroadcast);
    this.#extend = template(REQUEST, NEITHER, giaddr, false);
    this.#release = template(RELEASE, { ...both, hasRequested: false }, giaddr, false);
  }

  discover(xid: number, client: number): Uint8Array {
    return stamp(this.#discover, xid, client);
  }

  select(xid: number, client: number, address: Ipv4, server: Ipv4): Uint8Array {
    const bytes = stamp(this.#select, xid, client);
    writeIpv4(bytes, this.#select.requested, address);
    writeIpv4(bytes, this.#select.server, server);
    return bytes;
  }

  /** RENEWING or REBINDING: RFC 2131 table 5 wants ciaddr, and neither option 50 nor 54. */
  extend(xid: number, client: number, address: Ipv4): Uint8Array {
    const bytes = stamp(this.#extend, xid, client);
    writeIpv4(bytes, Header.CIADDR, address);
    return bytes;
  }

  release(xid: number, client: number, address: Ipv4, server: Ipv4): Uint8Array {
    const bytes = stamp(this.#release, xid, client);
    writeIpv4(bytes, Header.CIADDR, address);
    writeIpv4(bytes, this.#release.server, server);
    return bytes;
  }
}

function stamp({ bytes, clientId }: Template, xid: number, client: number): Uint8Array {
  writeIpv4(bytes, Header.XID, xid);
  for (const at of [Header.CHADDR, clientId]) {
    bytes[at] = 2;
    bytes[at + 1] = 0;
    writeIpv4(bytes, at + 2, client);
  }
  return bytes;
}

/** What a client looks at in a reply. */
export interface Answer {
  readonly xid: number;
  /** Option 53; 0 when it is missing. */
  readonly type: number;
  readonly yiaddr: Ipv4;
}

/** Reads a reply of a server, which is taken to be well-formed. */
export function readAnswer(bytes: Uint8Array): Answer {
  return {
    xid: readIpv4(bytes, Header.XID),
    type: messageType(bytes),
    yiaddr: readIpv4(bytes, YIADDR),
  };
}

function messageType(bytes: Uint8Array): number {
  for (let at: number = Header.OPTIONS; at < bytes.length && bytes[at] !== 255;) {
    if (bytes[at] === 53) return bytes[at + 2]!;
    at += bytes[at] === 0 ? 1 : 2 + bytes[at + 1]!;
  }
  return 0;
}
