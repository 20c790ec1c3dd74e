/**
 * Published flaws of DHCP servers and of what is around them: for each, what it took to bring it
 * about, and what Sublet does with it. The packets are made from the advisories' words.
 */
import { buildPacket, octets, type Packet, type PacketOption } from "../support/dhcp_packets.ts";

export interface PublishedFlaw {
  /** `CVE-2018-5732`, or a name for what was never given a number. */
  readonly name: string;
  /** Which program did what. */
  readonly flaw: string;
  readonly datagrams: readonly Uint8Array[];
  /** Sent to the server's own address, and not to everybody. */
  readonly isUnicast?: boolean;
  /** What becomes of each: a reason to drop it, or what is decided, as `FuzzEngine` words it. */
  readonly expect: RegExp;
}

const SERVED = /^OFFER /;
const MAC = "02:00:00:00:0f:a1";

/** A client's packet: DISCOVER unless `type` says something else, `null` for no option 53. */
function packet(
  options: readonly PacketOption[],
  { type = 1 as number | null, ...header }: Partial<Packet> & { type?: number | null } = {},
): Uint8Array {
  const first: PacketOption[] = type === null ? [] : [[53, Uint8Array.of(type)]];
  return buildPacket({ xid: 0xbad, mac: MAC, ...header, options: [...first, ...options] });
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

/** With octets of the header overwritten. */
function withOctets(bytes: Uint8Array, changes: Readonly<Record<number, number>>): Uint8Array {
  for (const [at, octet] of Object.entries(changes)) bytes[Number(at)] = octet;
  return bytes;
}

function filled(length: number, octet: number): Uint8Array {
  return new Uint8Array(length).fill(octet);
}

/** Option 81 (RFC 4702 §2): flags, two octets that mean nothing, and a name in labels. */
function fqdn(...name: number[]): PacketOption {
  return [81, Uint8Array.of(0x05, 255, 255, ...name)];
}

const HLEN = 2;
/** Where the options start. */
const OPTIONS = 240;

export const PUBLISHED_FLAWS: readonly PublishedFlaw[] = [
  {
    name: "CVE-2025-40779",
    flaw: "Kea: a unicast request with certain options from a client of no subnet failed an assert",
    datagrams: [
      packet([[61, text("id")], [82, Uint8Array.of(1, 1, 1)]], { giaddr: "198.51.100.9" }),
      packet([[12, text("pi")], [57, Uint8Array.of(5, 220)]], { giaddr: "198.51.100.9" }),
      packet([[118, octets("198.51.100.9")]], { giaddr: "198.51.100.9", ciaddr: "203.0.113.7" }),
    ],
    isUnicast: true,
    expect: /^ignore no-subnet$/,
  },
  {
    name: "CVE-2025-11232",
    flaw: "Kea: a host name of which cleaning left nothing failed an assert",
    datagrams: [
      packet([[12, filled(8, 0xff)]]),
      packet([[12, text("!!!")], fqdn(3, 33, 33, 33, 0)]),
      packet([[12, Uint8Array.of(0)]]),
      packet([[12, new Uint8Array(0)]]),
    ],
    expect: SERVED,
  },
  {
    name: "CVE-2019-6473",
    flaw: "Kea: a host name of bad form failed an assert",
    datagrams: [
      packet([[12, text("..")]]),
      packet([[12, text(`${"x".repeat(64)}.example`)]]),
      packet([[12, filled(255, 46)]]),
    ],
    expect: SERVED,
  },
  {
    name: "CVE-2019-6474",
    flaw: "Kea: stored a lease for a client that its own reader refused, and never started again",
    datagrams: [
      packet([[61, filled(255, 0)]]),
      packet([[61, filled(1, 0)]]),
      withOctets(packet([]), { 1: 255, [HLEN]: 16 }),
      withOctets(packet([[61, text("only an id")]]), { 1: 0, [HLEN]: 0 }),
      packet([[12, Uint8Array.of(0x22, 0x5c, 0x0a, 0xed, 0xa0, 0x80)]]),
    ],
    expect: SERVED,
  },
  {
    name: "CVE-2022-2928",
    flaw: "ISC dhcpd: each lease query took a reference that was never given back",
    datagrams: [packet([[55, Uint8Array.of(51, 61, 82)]], { type: 10, ciaddr: "192.168.1.70" })],
    expect: /^ignore leasequery-not-allowed$/,
  },
  {
    name: "CVE-2022-2929",
    flaw: "ISC dhcpd: a label of more than 63 octets in option 81 leaked memory",
    datagrams: [packet([fqdn(64, ...filled(64, 97), 0)]), packet([fqdn(255, 97)])],
    expect: SERVED,
  },
  {
    name: "CVE-2018-5732",
    flaw: "ISC dhclient: options of an answer overflowed a buffer",
    datagrams: [
      packet([[1, filled(255, 1)], [3, filled(255, 1)]], { op: 2, type: 2 }),
      packet([[1, filled(255, 1)], [43, filled(255, 1)]]),
    ],
    expect: /^(not-a-request|OFFER .*)$/,
  },
  {
    name: "CVE-2018-5733",
    flaw: "ISC dhcpd: a counter overflowed after very many requests of one kind",
    datagrams: Array.from({ length: 50 }, () => packet([], { type: 3, ciaddr: "192.168.1.70" })),
    expect: /^(NAK|ignore|ACK) /,
  },
  {
    name: "CVE-2015-8605",
    flaw: "ISC dhcpd: a length in the UDP header that the datagram does not have",
    datagrams: [new Uint8Array(0), packet([]).subarray(0, 28), packet([]).subarray(0, 239)],
    // Without an options field it is BOOTP, where that is all right (RFC 951).
    expect: /^(too-short|ignore bootp-not-served)$/,
  },
  {
    name: "CVE-2012-3571",
    flaw: "ISC dhcpd: a malformed client identifier made it loop for ever",
    datagrams: [packet([[61, Uint8Array.of(255)]]), packet([[61, Uint8Array.of(0, 0)]])],
    expect: SERVED,
  },
  {
    name: "CVE-2012-3571, cut off",
    flaw: "the same, with a length that goes beyond the packet",
    datagrams: [Uint8Array.of(...packet([]).subarray(0, OPTIONS + 3), 61, 200, 1)],
    expect: /^truncated-option$/,
  },
  {
    name: "CVE-2010-2156",
    flaw: "ISC dhcpd: a client identifier of no octets ended it",
    datagrams: [
      packet([[61, new Uint8Array(0)]]),
      packet([[61, new Uint8Array(0)]], { mac: "02:00:00:00:0f:a2" }),
    ],
    expect: SERVED,
  },
  {
    name: "CVE-2006-3122",
    flaw: "ISC dhcpd: a client identifier of just 32 octets failed an assert",
    datagrams: [packet([[61, filled(32, 1)]])],
    expect: SERVED,
  },
  {
    name: "CVE-2011-4539",
    flaw: "ISC dhcpd: a regular expression of the config ended it for certain packets",
    datagrams: [
      packet([[60, text("(((((((((((((((((a*)*)*)*)*)*)*)*)*)*")], [77, text("[")]]),
      packet([[60, filled(255, 0x28)], [12, filled(255, 0x2a)]]),
    ],
    expect: SERVED,
  },
  {
    name: "CVE-2007-5365",
    flaw: "OpenBSD dhcpd: a maximum message size below the least there is wrote past the stack",
    datagrams: [[0, 0], [0, 1], [1, 44], [2, 63], [255, 255]].map((size) =>
      packet([[57, Uint8Array.from(size)], [55, filled(255, 119)]])
    ),
    expect: SERVED,
  },
  {
    name: "CVE-2004-0460",
    flaw: "ISC dhcpd: several host names in a packet overflowed the line of its log",
    datagrams: [packet(Array.from({ length: 4 }, () => [12, filled(255, 0x25)] as const))],
    expect: SERVED,
  },
  {
    name: "CVE-2007-0061, -0062, -0063",
    flaw: "VMware's server: lengths that wrapped around",
    datagrams: [
      withOctets(packet([]), { [HLEN]: 17 }),
      withOctets(packet([]), { [HLEN]: 255 }),
      withOctets(packet([]), { [HLEN]: 128 }),
    ],
    expect: /^bad-hardware-length$/,
  },
  {
    name: "CVE-2018-20679",
    flaw: "BusyBox udhcpd: options of four octets were read that have fewer",
    datagrams: [0, 1, 2, 3, 5].flatMap((length) => [
      packet([[50, filled(length, 1)]], { type: 3 }),
      packet([[54, filled(length, 1)]], { type: 3 }),
    ]),
    expect: /^bad-option-length$/,
  },
  {
    name: "CVE-2019-5747",
    flaw: "BusyBox udhcpd: the same for the subnet mask, and the rest of the options",
    datagrams: [1, 3, 6, 51, 58, 59, 116, 118].flatMap((code) => [
      packet([[code, new Uint8Array(0)]]),
      packet([[code, Uint8Array.of(255)]]),
      packet([[code, filled(3, 255)]]),
    ]),
    expect: SERVED,
  },
  {
    name: "CVE-2008-3214",
    flaw: "dnsmasq: renewing a lease that it had not, or one of another network, ended it",
    datagrams: [
      packet([], { type: 3, ciaddr: "192.168.1.77" }),
      packet([], { type: 3, ciaddr: "203.0.113.5" }),
      packet([[50, octets("203.0.113.5")]], { type: 3 }),
    ],
    expect: /^(NAK|ACK|ignore) /,
  },
  {
    name: "CVE-2019-14834",
    flaw: "dnsmasq: every answer with certain options leaked memory",
    datagrams: [
      packet([[55, filled(255, 119)], [60, filled(200, 97)], [77, filled(200, 98)]]),
      packet([[82, Uint8Array.of(1, 100, ...filled(100, 99))]], { giaddr: "10.20.0.1" }),
    ],
    expect: SERVED,
  },
  {
    name: "CVE-2017-14495",
    flaw: "dnsmasq: what it added for each request was never freed",
    datagrams: Array.from({ length: 20 }, (_, i) => packet([[61, filled(200, i)]])),
    expect: SERVED,
  },
  {
    name: "CVE-2020-8816, CVE-2018-1111",
    flaw: "Pi-hole, and Red Hat's client: a name or an address of hardware reached a shell",
    datagrams: ["x'$(reboot)'", "aaaaaaaaaaaa&&php", '";reboot;"', "`reboot`\n|reboot"].map((it) =>
      packet([[12, text(it)], [60, text(it)], [61, text(it)], [252, text(it)]])
    ),
    expect: SERVED,
  },
  {
    name: "compression pointers in option 81",
    flaw: "a name that points at itself, at what points back, or out of the option",
    datagrams: [
      packet([fqdn(0xc0, 0)]),
      packet([fqdn(0xc0, 3)]),
      packet([fqdn(1, 97, 0xc0, 3)]),
      packet([fqdn(0xc0, 5, 0xc0, 3)]),
      packet([fqdn(0xff, 0xff)]),
      packet([fqdn(0xc0)]),
      packet([fqdn(0x40), fqdn(0x80)]),
      packet([[81, new Uint8Array(0)]]),
    ],
    expect: SERVED,
  },
  {
    name: "compression pointers in option 119",
    flaw: "the same, in a list that a client has no business to send",
    datagrams: [[0xc0, 0], [1, 97, 0xc0, 0], [0xc0, 2, 0xc0, 0], [0xff, 0xff], [0xc0]].map((it) =>
      packet([[119, Uint8Array.from(it)]])
    ),
    expect: SERVED,
  },
  {
    name: "option 52 in the fields that it opens",
    flaw: "options in `file` that send the reader to `file` again",
    datagrams: [
      withOctets(packet([[52, Uint8Array.of(3)]]), {
        108: 52,
        109: 1,
        110: 3,
        44: 52,
        45: 1,
        46: 3,
      }),
      withOctets(packet([[52, Uint8Array.of(3)]]), { 108: 255, 44: 255 }),
    ],
    expect: SERVED,
  },
  {
    name: "option 52 with a value there is not",
    flaw: "a bit mask that is used for an index",
    datagrams: [0, 4, 255].map((value) => packet([[52, Uint8Array.of(value)]])),
    expect: /^bad-overload$/,
  },
  {
    name: "option 82 of hostile lengths",
    flaw: "sub-options that go beyond the option, or have no length",
    datagrams: [[1], [1, 255], [1, 4, 1], [255, 255, 255], [0, 0, 0], []].map((it) =>
      packet([[82, Uint8Array.from(it)]], { giaddr: "10.20.0.1" })
    ),
    expect: SERVED,
  },
];
