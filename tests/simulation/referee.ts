/** Looks on, and judges whether the invariants hold. Knows nothing of how the server works. */
import type { Lease } from "../../src/leases/lease.ts";
import type { Outgoing, Probe, ProbeAnswer } from "../../src/link/link.ts";
import type { Ingress } from "../../src/protocol/endpoints.ts";
import { formatIpv4, type Ipv4 } from "../../src/wire/ipv4.ts";
import {
  ACK,
  messageType,
  OFFER,
  option,
  optionSeconds,
  type Packet,
} from "../support/dhcp_packets.ts";
import type { FaultyDisk } from "../support/faulty_disk.ts";
import type { Agenda } from "./agenda.ts";
import { Chronicle, type Restart } from "./chronicle.ts";
import type { DhcpClient, Holding } from "./dhcp_client.ts";
import { JournalWitness, type Position, type Promised } from "./journal_witness.ts";
import {
  isForMac,
  number,
  QUARANTINE_SECONDS,
  type Rules,
  whyForbidden,
  wireOf,
  WIRES,
} from "./premises.ts";
import { checkReply, hex } from "./reply_checks.ts";
import { Verdict } from "./violation.ts";

/** A request as the loop got it, and how things stood then. */
interface Asked {
  readonly bytes: Uint8Array;
  readonly onDisk: Position;
  readonly atMs: number;
}

/** Who is given which address. */
interface Recipient {
  readonly address: string;
  readonly mac: string;
  readonly clientId: string | undefined;
}

const HEADER = { CIADDR: 12, GIADDR: 24, CHADDR: 28 };
const LIMITED_BROADCAST = 0xffff_ffff;
const NO_ADDRESS = "0.0.0.0";

/** An address that cannot be probed is out of use for so long at least (less what a clock errs). */
const QUARANTINED_MS_MIN = 9_000;

export class Referee {
  readonly verdict = new Verdict();
  readonly #chronicle = new Chronicle(this.verdict);
  readonly #witness: JournalWitness;
  /** The loop carries the very same ingress from a request to its reply. */
  readonly #asked = new WeakMap<Ingress, Asked>();
  /** Addresses asked for, for whom, and until when an answer counts. */
  readonly #probed = new Map<Ipv4, { readonly mac: string; readonly untilMs: number }>();
  /** Addresses that somebody was found to use, and until when they are in quarantine. */
  readonly #takenUntilMs = new Map<Ipv4, number>();
  /** By whom, where an answer told. */
  readonly #takenBy = new Map<Ipv4, string | undefined>();

  /** Addresses that were asked for since they were quarantined, and nobody has answered yet. */
  readonly #lookedAt = new Set<Ipv4>();

  constructor(
    private readonly agenda: Agenda,
    private readonly clients: readonly DhcpClient[],
    journalPath: string,
  ) {
    this.#witness = new JournalWitness(journalPath);
  }

  /** A client counts on an address from now on. */
  gained(client: DhcpClient, { address, endsMs }: Holding): void {
    for (const other of this.clients) {
      if (other === client || !other.countsOn(address)) continue;
      const until = `until ${endsMs} ms and ${other.holding?.endsMs} ms`;
      const who = `${client.mac} (${client.state}) and ${other.mac} (${other.state})`;
      this.verdict.fail("one-holder-per-address", `${address} is held by ${who} ${until}`);
    }
  }

  /** The loop was given a request. */
  handedOver(
    ingress: Ingress,
    bytes: Uint8Array,
    disk: FaultyDisk,
  ): void {
    const onDisk = this.#witness.read(disk);
    this.#asked.set(ingress, { bytes, onDisk, atMs: this.agenda.nowMs });
  }

  /** The loop asks whether somebody uses an address. */
  probed({ address, ingress }: Probe, rules: readonly Rules[]): void {
    const request = this.#asked.get(ingress)?.bytes;
    const timeoutMs = rules.find(({ wire }) => wire === wireOf(formatIpv4(address)))
      ?.conflictProbe?.timeoutMs;
    if (request === undefined || timeoutMs === undefined) {
      return this.verdict.fail("taken-address", `${formatIpv4(address)} is probed for nothing`);
    }
    const mac = hex(request.subarray(HEADER.CHADDR, HEADER.CHADDR + request[2]!));
    this.#probed.set(address, { mac, untilMs: this.agenda.nowMs + timeoutMs });
    this.#lookedAt.add(address);
    this.#takenUntilMs.delete(address);
  }

  /** A message from afar was in the name of a client, which had the lease before. */
  impersonated(before: Lease | undefined, after: Lease | undefined, isStillThere: boolean): void {
    if (before?.state !== "bound" || after === undefined || !isStillThere) return;
    if (after.state === "bound" || after.client.key !== before.client.key) return;
    const address = formatIpv4(after.address);
    this.verdict.fail("from-where-it-lives", `the lease of ${address} is ${after.state} from afar`);
  }

  /** The loop hears that somebody uses an address. */
  answered({ address, heard }: ProbeAnswer, lease: Lease | undefined): void {
    const probe = this.#probed.get(address);
    if (probe === undefined || this.agenda.nowMs >= probe.untilMs) return;
    if (heard?.hardwareAddress === probe.mac) return;
    this.#probed.delete(address);
    this.#lookedAt.delete(address);
    // The holder of the lease may use its address, whoever asks for it under the same name.
    const isHolder = lease?.state === "bound" &&
      lease.client.hardwareAddress === heard?.hardwareAddress;
    if (isHolder) return;
    this.#takenUntilMs.set(address, this.agenda.nowMs + QUARANTINE_SECONDS * 1000);
    this.#takenBy.set(address, heard?.hardwareAddress);
  }

  /** The loop sends a reply. */
  replied({ bytes, ingress }: Outgoing, rules: readonly Rules[], disk: FaultyDisk): void {
    const asked = this.#asked.get(ingress);
    if (asked === undefined) return this.verdict.fail("echo", "a reply to no request");
    const reply = checkReply(asked.bytes, bytes, this.verdict);
    if (reply === undefined || reply.yiaddr === NO_ADDRESS) return;
    this.#checkWire(asked.bytes, ingress, reply.yiaddr);
    const promised = promisedBy(reply, bytes);
    if (messageType(reply) === OFFER) {
      this.#checkPermitted(rules, promised, false);
      this.#checkNotTaken(promised);
    }
    if (messageType(reply) !== ACK) return;
    this.#witness.read(disk);
    if (this.#witness.holds(promised, asked.onDisk) || this.#isKept(promised, asked.atMs)) {
      return;
    }
    const { address, mac } = promised;
    this.verdict.fail("durable-before-ack", `the lease of ${address} to ${mac} is not on disk`);
  }

  /**
   * Whether an earlier ACK, whose lease is on disk, has promised as much: no line has to follow.
   * A client counts from when it asked (RFC 2131 §4.4.1).
   */
  #isKept(promised: Promised, askedMs: number): boolean {
    const { address, mac, clientId, leaseSeconds } = promised;
    const newest = this.#chronicle.newest(number(address));
    if (newest?.lease.state !== "bound") return false;
    const { client, updatedAtMs, expiresAtMs } = newest.lease;
    const isSame = client.hardwareAddress === mac ||
      (clientId !== undefined && client.clientId === clientId);
    return isSame &&
      askedMs + leaseSeconds * 1000 <= newest.endsMs &&
      this.#witness.endsWith(promised, expiresAtMs - updatedAtMs);
  }

  /** The loop gave records to the store. `skewMs`: true time less its monotonic time. */
  decided(leases: readonly Lease[], skewMs: number, rules: readonly Rules[]): void {
    for (const lease of leases) {
      if (lease.state === "bound") this.#checkGrant(rules, lease);
      // From now on it is the client that answers.
      this.#probed.delete(lease.address);
      if (lease.state === "bound") this.#lookedAt.delete(lease.address);
      this.#chronicle.put(lease, skewMs);
    }
  }

  /** The store said that the records are durable. */
  committed(leases: readonly Lease[]): void {
    this.#chronicle.committed(leases);
  }

  /** A process ends, one way or another, with these records in its table. */
  ended(records: Iterable<Lease>): void {
    this.#chronicle.checkLive(records);
  }

  /** Another one starts, and has read these. */
  restarted(records: Iterable<Lease>, restart: Restart): void {
    // Nobody remembers what was asked; what was found may not have been on disk.
    this.#probed.clear();
    this.#lookedAt.clear();
    this.#takenUntilMs.clear();
    this.#chronicle.checkReplay(records, restart);
  }

  /** The server stopped by itself: an assertion, or an error that nobody caught. */
  serverStopped(error: unknown): void {
    const what = error instanceof Error ? error.stack ?? error.message : String(error);
    this.verdict.fail("server-runs", what);
  }

  /** Nothing goes wrong any more, and all clients were switched on a while ago. */
  checkAllBound(exchangesMax: number): void {
    for (const { mac, state, sentCount, wire } of this.clients) {
      const who = `${mac} on ${wire.prefix}.0/24`;
      // One that renews just now has its lease.
      if (state !== "BOUND" && state !== "RENEWING") {
        this.verdict.fail("bound-when-calm", `${who} is ${state} after ${sentCount} requests`);
      } else if (sentCount > exchangesMax) {
        this.verdict.fail("bound-when-calm", `${who} took ${sentCount} requests to be bound`);
      }
    }
  }

  /** A lease that is recorded now. */
  #checkGrant(rules: readonly Rules[], { address, client, updatedAtMs }: Lease): void {
    const { hardwareAddress: mac, clientId } = client;
    const before = this.#chronicle.newest(address);
    const isOver = before === undefined || before.endsMs <= this.agenda.nowMs;
    const isOwn = before?.lease.client.key === client.key ||
      (before?.lease.client.hardwareAddress === mac && isForMac(rules, formatIpv4(address), mac));
    if (!isOver && before.lease.state === "bound" && !isOwn) {
      const holder = before.lease.client.key;
      const what = `${formatIpv4(address)} is leased to ${holder} and now to ${client.key}`;
      this.verdict.fail("one-holder-per-address", what);
    }
    const keeps = isOwn && before?.lease.state === "bound" &&
      updatedAtMs < before.lease.expiresAtMs;
    this.#checkPermitted(rules, { address: formatIpv4(address), mac, clientId }, keeps);
  }

  #checkPermitted(rules: readonly Rules[], who: Recipient, keeps: boolean): void {
    const { address, mac, clientId } = who;
    const before = this.#chronicle.newest(number(address));
    const isQuarantined = before?.lease.state === "declined" && this.agenda.nowMs < before.endsMs &&
      !this.#mayBeGivenAgain(address, before.endsMs, rules);
    const identity = { mac, ...(clientId === undefined ? {} : { clientId }) };
    const why = isQuarantined
      ? "it is in quarantine"
      : whyForbidden(rules, address, identity, keeps);
    if (why === undefined) return;
    this.verdict.fail("permitted-address", `${mac} was given ${address}, but ${why}`);
  }

  /** Whether an address in quarantine was asked for again; where that cannot be, time has to do. */
  #mayBeGivenAgain(address: string, endsMs: number, rules: readonly Rules[]): boolean {
    if (this.#lookedAt.has(number(address))) return true;
    const { conflictProbe, wire } = rules.find((it) => it.wire === wireOf(address))!;
    const canBeProbed = conflictProbe !== undefined &&
      (wire.relayAddress === undefined || conflictProbe.beyondRouters);
    const madeAtMs = endsMs - QUARANTINE_SECONDS * 1000;
    return !canBeProbed && this.agenda.nowMs - madeAtMs >= QUARANTINED_MS_MIN;
  }

  #checkNotTaken({ address, mac }: Recipient): void {
    this.#probed.delete(number(address));
    if ((this.#takenUntilMs.get(number(address)) ?? 0) <= this.agenda.nowMs) return;
    // It is the one that uses it.
    if (this.#takenBy.get(number(address)) === mac) return;
    this.verdict.fail("taken-address", `${mac} was offered ${address}, which is known to be taken`);
  }

  /** RFC 2131 §4.3.1, §4.3.2: the wire is that of giaddr, or of the interface; or of ciaddr. */
  #checkWire(request: Uint8Array, ingress: Ingress, yiaddr: string): void {
    const addressAt = (at: number) => formatIpv4(readAddress(request, at));
    const giaddr = addressAt(HEADER.GIADDR);
    const ciaddr = addressAt(HEADER.CIADDR);
    const isUnicast = ingress.destination !== LIMITED_BROADCAST;
    if (giaddr === NO_ADDRESS && isUnicast && ciaddr === yiaddr) return;
    const wire = WIRES.find(({ prefix, interfaceName, relayAddress }) =>
      giaddr !== NO_ADDRESS
        ? giaddr.startsWith(`${prefix}.`)
        : relayAddress === undefined && interfaceName === ingress.interfaceName
    );
    if (wire !== undefined && yiaddr.startsWith(`${wire.prefix}.`)) return;
    const asked = `a request from ${giaddr} on ${ingress.interfaceName}`;
    this.verdict.fail("permitted-address", `${yiaddr} is of another subnet than ${asked}`);
  }
}

function readAddress(bytes: Uint8Array, at: number): Ipv4 {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at);
}

/** What a reply says about whose the address is. */
function promisedBy(reply: Packet, bytes: Uint8Array) {
  const hardwareLength = bytes[2]!;
  return {
    address: reply.yiaddr,
    mac: hex(bytes.subarray(HEADER.CHADDR, HEADER.CHADDR + hardwareLength)),
    clientId: clientIdOf(reply),
    leaseSeconds: optionSeconds(reply, 51) ?? Infinity,
  };
}

/** Option 61; an empty one identifies nobody. */
function clientIdOf(reply: Packet): string | undefined {
  const clientId = option(reply, 61);
  return clientId === undefined || clientId.length === 0 ? undefined : hex(clientId);
}
