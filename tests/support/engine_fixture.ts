/**
 * The engine as its clients see it: asked in octets and answered in octets, over a table in
 * memory and a time that stands still until a test moves it.
 */
import assert from "node:assert/strict";
import type { Config, Subnet } from "../../src/config/config.ts";
import { LeaseTable } from "../../src/leases/lease_table.ts";
import type { Decision, Reply } from "../../src/protocol/decision.ts";
import type { Destination, Ingress } from "../../src/protocol/endpoints.ts";
import { classify, type Request } from "../../src/protocol/request.ts";
import { type EngineState, respond } from "../../src/protocol/respond.ts";
import { formatHex, parseHex } from "../../src/wire/hex.ts";
import { formatIpv4, networkOf, parseCidr } from "../../src/wire/ipv4.ts";
import { type Malformed, type MessageView, viewMessage } from "../../src/wire/message_view.ts";
import { ReplySlab } from "../../src/wire/message_writer.ts";
import {
  buildPacket,
  octets,
  type Packet,
  type PacketOption,
  parsePacket,
} from "./dhcp_packets.ts";
import {
  ip,
  type LeaseSketch,
  makeLease,
  makeSubnet,
  type SubnetSketch,
} from "./leases_fixture.ts";

/** The server's address unless told, and so its server identifier. */
export const SERVER = "192.168.1.1";

/** A server that is not ours. */
export const OTHER_SERVER = "192.168.1.2";

/** The time at which an engine starts. Leases of `makeLease` are an hour long from 0. */
export const START_MS = 1_000_000;

/** Ethernet address of `numberedClient(number)`. */
export function macOf(number: number): string {
  const [high, low] = [number >>> 8, number & 255];
  return `b8:27:eb:00:${formatHex(Uint8Array.of(high, low))}`;
}

/** What a test says of a server; the rest is made up. */
export interface EngineSketch {
  /** All of it, as it was loaded; then only leases and addresses are read of the rest. */
  readonly config?: Config;
  /** 192.168.1.0/24 with the pool .100-.199 unless told; sorted by network. */
  readonly subnets?: readonly SubnetSketch[];
  readonly leases?: readonly LeaseSketch[];
  readonly authoritative?: boolean;
  /** Addresses of the receiving interface, `a.b.c.d/n`; `192.168.1.1/24` unless told. */
  readonly addresses?: readonly string[];
  /** Addresses of the machine's other served interfaces. */
  readonly otherAddresses?: readonly string[];
  readonly offerSeconds?: number;
  readonly quarantineSeconds?: number;
  /** Whether the switches of the receiving interface are trusted; no unless told. */
  readonly trustsOption82?: boolean;
  /** Who may ask for leases, `a.b.c.d/n`; nobody unless told. */
  readonly leasequery?: readonly string[];
  /** Whether clients may choose by option 118; no unless told. */
  readonly subnetSelection?: boolean;
  readonly renewWriteThreshold?: number;
  /** What random choices are made of; 0 unless told. */
  readonly seed?: number;
}

/** What a client sends, in the terms of RFC 2131; what is not named is absent or zero. */
export interface Ask {
  /** Option 53; a BOOTP message has none. */
  readonly type?: number;
  /** `macOf(1)` unless told. */
  readonly mac?: string;
  readonly htype?: number;
  readonly hlen?: number;
  readonly xid?: number;
  readonly secs?: number;
  readonly flags?: number;
  readonly ciaddr?: string;
  readonly giaddr?: string;
  /** Option 50. */
  readonly requested?: string;
  /** Option 54. */
  readonly server?: string;
  /** Option 61 in hex; empty text for an option of no octets. */
  readonly clientId?: string;
  /** Option 55. */
  readonly list?: readonly number[];
  /** Any other options; they come last. */
  readonly options?: readonly PacketOption[];
  /** IP source: `ciaddr` unless told. */
  readonly from?: string;
  /** UDP source port: 68, or 67 of a relay agent, unless told. */
  readonly fromPort?: number;
  /** IP destination: 255.255.255.255 unless told. */
  readonly to?: string;
  /** UDP destination port: 67 unless told. */
  readonly toPort?: number;
}

/** What became of a request. */
export interface Answer {
  /**
   * In a line: `OFFER 192.168.1.100 (free-address)`, `NAK (wrong-network)`, `silence (no-subnet)`,
   * `silence, offer withdrawn (other-server-chosen)`, `released 192.168.1.100`,
   * `malformed (no-address)`. The address is the reply's `yiaddr`, where it has one.
   */
  readonly told: string;
  /** Absent where the message is malformed. */
  readonly decision?: Decision;
  /** The reply as sent, and as read by a parser that is not the server's own. */
  readonly bytes?: Uint8Array;
  readonly packet?: Packet;
  /** `relay 10.0.0.1`, `unicast 10.0.0.2`, `broadcast`, `hardware b8:27:… 10.0.0.2`. */
  readonly destination?: string;
}

/** The message that `ask` stands for, as octets. */
export function requestBytes(ask: Ask): Uint8Array {
  const options: PacketOption[] = [];
  if (ask.type !== undefined) options.push([53, Uint8Array.of(ask.type)]);
  if (ask.requested !== undefined) options.push([50, octets(ask.requested)]);
  if (ask.server !== undefined) options.push([54, octets(ask.server)]);
  if (ask.clientId !== undefined) options.push([61, hexOctets(ask.clientId)]);
  if (ask.list !== undefined) options.push([55, Uint8Array.from(ask.list)]);
  options.push(...(ask.options ?? []));
  const bytes = buildPacket({
    xid: ask.xid ?? 0x1234_5678,
    mac: ask.mac ?? macOf(1),
    secs: ask.secs ?? 0,
    flags: ask.flags ?? 0,
    ciaddr: ask.ciaddr ?? "0.0.0.0",
    giaddr: ask.giaddr ?? "0.0.0.0",
    options: options.flatMap(splitLong),
  });
  bytes[1] = ask.htype ?? bytes[1]!;
  bytes[2] = ask.hlen ?? bytes[2]!;
  return bytes;
}

/** Octets written as `01:b8:27` or `01b827`. */
export function hexOctets(text: string): Uint8Array {
  const bytes = parseHex(text);
  assert(bytes !== undefined, `not octets: ${text}`);
  return bytes;
}

/** Parts of 255 octets at most (RFC 3396). */
function splitLong([code, payload]: PacketOption): PacketOption[] {
  const parts: PacketOption[] = [[code, payload.slice(0, 255)]];
  for (let from = 255; from < payload.length; from += 255) {
    parts.push([code, payload.slice(from, from + 255)]);
  }
  return parts;
}

/** A message of a client as the link hands it over, classified. */
export function classifyAsk(
  ask: Ask,
  addresses: readonly string[],
  trusted?: ReadonlySet<string>,
): Request | Malformed {
  return classify(viewOf(requestBytes(ask)), ingressOf(ask, addresses), trusted);
}

function viewOf(bytes: Uint8Array): MessageView {
  const view = viewMessage(bytes);
  assert(view.kind === "message", JSON.stringify(view));
  return view;
}

function ingressOf(ask: Ask, addresses: readonly string[]): Ingress {
  return {
    interfaceName: "eth0",
    interfaceIndex: 2,
    addresses: addresses.map((text) => {
      const cidr = parseCidr(text);
      assert(cidr !== undefined, `not an address with a prefix: ${text}`);
      return { address: cidr.network, cidr: networkOf(cidr.network, cidr.prefixLength) };
    }),
    source: ip(ask.from ?? ask.ciaddr ?? "0.0.0.0"),
    sourcePort: ask.fromPort ?? (ask.giaddr === undefined ? 68 : 67),
    serverPort: ask.toPort ?? 67,
    destination: ip(ask.to ?? "255.255.255.255"),
  };
}

/** An engine and the table that it decides over. */
export class Engine {
  readonly config: Config;
  readonly leases: LeaseTable;
  nowMs = START_MS;
  readonly #addresses: readonly string[];
  readonly #ownAddresses: ReadonlySet<number>;
  readonly #seed: number;

  constructor(sketch: EngineSketch = {}) {
    const subnets = sketch.config?.subnets ??
      (sketch.subnets ?? [{ pools: ["192.168.1.100-192.168.1.199"] }]).map(makeSubnet);
    this.config = sketch.config ?? {
      interfaces: ["eth0"],
      authoritative: sketch.authoritative ?? true,
      subnets,
      offerSeconds: sketch.offerSeconds ?? 60,
      quarantineSeconds: sketch.quarantineSeconds ?? 86_400,
      trustOption82: new Set(sketch.trustsOption82 === true ? ["eth0"] : []),
      subnetSelection: sketch.subnetSelection ?? false,
      durability: { kind: "commit" },
      renewWriteThreshold: sketch.renewWriteThreshold ?? 0,
      ...(sketch.leasequery === undefined
        ? {}
        : { leasequery: sketch.leasequery.map((text) => parseCidr(text)!) }),
      journal: "/nowhere",
      ...(subnets.some(({ proxyDhcp }) => proxyDhcp) && { proxyDhcp: true }),
    };
    this.#seed = sketch.seed ?? 0;
    this.#addresses = sketch.addresses ?? [`${SERVER}/24`];
    this.#ownAddresses = new Set([
      ...this.#addresses.map((text) => ip(text.slice(0, text.indexOf("/")))),
      ...(sketch.otherAddresses ?? []).map(ip),
    ]);
    this.leases = new LeaseTable(subnets);
    for (const lease of sketch.leases ?? []) this.leases.put(makeLease(lease));
    this.leases.advance(this.nowMs);
    if (this.config.leasequery !== undefined) this.leases.indexHardware();
    if (this.config.hasLimits === true) this.leases.limits.begin();
  }

  get state(): EngineState {
    const { config, leases, nowMs } = this;
    const ownAddresses = this.#ownAddresses;
    const startedAtMs = START_MS;
    const machineAddresses = ownAddresses;
    const seed = this.#seed;
    return { config, leases, nowMs, startedAtMs, ownAddresses, machineAddresses, seed };
  }

  /** The only subnet, or the one at `index`. */
  subnet(index = 0): Subnet {
    return this.config.subnets[index]!;
  }

  /** A message as the link of this server hands it over, classified. */
  requestOf(ask: Ask): Request {
    const request = classifyAsk(ask, this.#addresses, this.config.trustOption82);
    assert(request.kind !== "malformed");
    return request;
  }

  /** Decides about a request and does nothing about it. */
  decide(ask: Ask): Answer {
    const request = classifyAsk(ask, this.#addresses, this.config.trustOption82);
    if (request.kind === "malformed") return { told: `malformed (${request.reason})` };
    const decision = respond(request, this.state, new ReplySlab());
    const reply = "reply" in decision ? decision.reply : undefined;
    return {
      told: tell(decision),
      decision,
      ...(reply === undefined ? {} : {
        bytes: reply.bytes,
        packet: parsePacket(reply.bytes),
        destination: tellDestination(reply.destination),
      }),
    };
  }

  /** Decides about a request and carries the decision out, as the loop does. */
  ask(ask: Ask): Answer {
    const answer = this.decide(ask);
    const { decision } = answer;
    if (decision === undefined) return answer;
    if (decision.kind === "ignore") {
      for (const { client, subnet } of decision.withdraw) {
        this.leases.withdrawOffer(client, subnet);
      }
    }
    if (decision.kind === "reply" && decision.offer !== undefined) {
      this.leases.offer(decision.offer);
    }
    if ("ends" in decision) { for (const lease of decision.ends ?? []) this.leases.put(lease); }
    if ("change" in decision) this.leases.put(decision.change);
    return answer;
  }

  /** Lets time pass. */
  advance(seconds: number): void {
    this.nowMs += seconds * 1000;
    this.leases.advance(this.nowMs);
  }
}

function tell(decision: Decision): string {
  switch (decision.kind) {
    case "ignore":
      return `silence${
        decision.withdraw.length === 0 ? "" : ", offer withdrawn"
      } (${decision.rule})`;
    case "change":
      return `${decision.rule} ${formatIpv4(decision.change.address)}`;
    case "reply":
    case "reply-after-commit":
    case "reply-when-durable":
      return `${tellReply(decision.reply)} (${decision.rule})`;
  }
}

/** RFC 4388 §6.1. */
const LEASEQUERY_TYPES = [
  [11, "LEASEUNASSIGNED"],
  [12, "LEASEUNKNOWN"],
  [13, "LEASEACTIVE"],
] as const;

/** The type comes from the octets too, and what the decision says of them is checked. */
function tellReply({ type, bytes }: Reply): string {
  const { options, yiaddr } = parsePacket(bytes);
  const types = new Map<number, string>([
    ...[[0, "BOOTREPLY"], [2, "OFFER"], [5, "ACK"], [6, "NAK"]] as const,
    ...LEASEQUERY_TYPES,
  ]);
  const sent = types.get(options[0]?.[0] === 53 ? options[0]![1][0]! : 0);
  assert.equal(sent, type, "option 53 is what the decision says");
  return yiaddr === "0.0.0.0" ? type : `${type} ${yiaddr}`;
}

function tellDestination(destination: Destination): string {
  switch (destination.kind) {
    case "broadcast":
      return "broadcast";
    case "relay":
      return `relay ${formatIpv4(destination.address)}` +
        (destination.port === undefined ? "" : `:${destination.port}`);
    case "unicast": {
      const { address, hardwareAddress } = destination;
      const at = hardwareAddress === undefined ? "" : ` at ${formatHex(hardwareAddress)}`;
      const to = destination.port === undefined ? "" : `:${destination.port}`;
      return `unicast ${formatIpv4(address)}${to}${at}`;
    }
    case "hardware":
      return `hardware ${formatHex(destination.hardwareAddress)} ${
        formatIpv4(destination.address)
      }`;
  }
}

/** A row of a table of decisions: a server, what it was asked before, a request, its answer. */
export interface AnswerRow {
  /** Behaviour and section. */
  readonly name: string;
  readonly given?: EngineSketch;
  /** Requests that come before, each a second after the other. */
  readonly after?: readonly Ask[];
  /** How long after the last of those the request comes; 1 unless told. */
  readonly secondsLater?: number;
  readonly when: Ask;
  /** The `told` of the answer. */
  readonly expect: string;
  readonly destination?: string;
}

/** A test for each row. */
export function testAnswers(rows: readonly AnswerRow[]): void {
  for (const { name, given, after, secondsLater, when, expect, destination } of rows) {
    Deno.test(name, () => {
      const engine = new Engine(given);
      for (const [i, ask] of (after ?? []).entries()) {
        if (i > 0) engine.advance(1);
        engine.ask(ask);
      }
      engine.advance(secondsLater ?? 1);
      const answer = engine.decide(when);
      assert.equal(answer.told, expect);
      if (destination !== undefined) assert.equal(answer.destination, destination);
    });
  }
}
