/**
 * A DHCP client as RFC 2131 §4.4 has it, written from the RFC alone and without src/: what it
 * believes is what the server has to live up to.
 */
import {
  ACK,
  buildPacket,
  DECLINE,
  DISCOVER,
  INFORM,
  messageType,
  NAK,
  octets,
  OFFER,
  optionAddress,
  optionSeconds,
  type Packet,
  type PacketOption,
  parsePacket,
  RELEASE,
  REQUEST,
} from "../support/dhcp_packets.ts";
import type { Random } from "../support/random.ts";
import { type Agenda, Timer } from "./agenda.ts";
import { STRAGGLER_MS_MAX } from "./network.ts";
import type { Identity, Wire } from "./premises.ts";

/** Figure 5 of RFC 2131; `OFF`: no power. `QUIET`: waits before it starts over. */
type ClientState =
  | "OFF"
  | "QUIET"
  | "SELECTING"
  | "REQUESTING"
  | "REBOOTING"
  | "BOUND"
  | "RENEWING"
  | "REBINDING";

/** What the client was promised. It uses the address while `isBound`, and counts on it always. */
export interface Holding {
  readonly address: string;
  readonly server: string;
  readonly t1Ms: number;
  readonly t2Ms: number;
  /** By the client's own clock, counted from when it first sent the request (§4.4.1). */
  readonly endsMs: number;
}

/** How a client says things, which stays the same while it lives. */
export interface Habits {
  readonly hostname?: string;
  readonly leaseSeconds?: number;
  readonly messageSize?: number;
  readonly parameterList?: Uint8Array;
  readonly wantsBroadcast: boolean;
}

/** What a client can do to the world around it. */
export interface Surroundings {
  readonly agenda: Agenda;
  broadcast(client: DhcpClient, bytes: Uint8Array): void;
  unicast(client: DhcpClient, bytes: Uint8Array, destination: string): void;
  /** Whether somebody answers ARP for the address who got it from no server. */
  isTakenByStranger(address: string): boolean;
  gained(client: DhcpClient, holding: Holding): void;
}

/**
 * Longer than any datagram lives: a client that has given an address up says nothing for so long,
 * as §3.1.5 asks for after a DECLINE, lest its own stragglers speak against it.
 */
const QUIET_MS = 2 * STRAGGLER_MS_MAX + 4_000;

/** §4.1: 4 seconds, doubled each time, give or take one. */
const RETRANSMISSION_MS: readonly number[] = [4_000, 8_000, 16_000, 32_000];
const JITTER_MS = 1_000;
/** Where nobody answers, a client tries again after a while. */
const REST_MS_MAX = 180_000;
/** §4.4.5: the least time between two requests that renew. */
const RENEWAL_INTERVAL_MS_MIN = 60_000;
const FOREIGN_SERVER = "192.0.2.99";

export class DhcpClient {
  wire: Wire;
  holding: Holding | undefined;
  /** Whether it now and then takes the offer of a server that is not there. */
  isFickle = true;
  /** Requests sent between the last `powerOn` and being bound. */
  sentCount = 0;
  readonly #macOctets: Uint8Array;
  #clientId: string | undefined;
  #state: ClientState = "OFF";
  readonly #timer: Timer;
  #xid = 0;
  #firstSentMs = 0;
  /** What the REQUEST under way asks for. */
  #wanted = { address: "", server: "" };

  constructor(
    readonly port: number,
    readonly mac: string,
    clientId: string | undefined,
    wire: Wire,
    private readonly habits: Habits,
    private readonly world: Surroundings,
    private readonly random: Random,
  ) {
    this.wire = wire;
    this.#clientId = clientId;
    this.#macOctets = fromHex(mac);
    this.#timer = new Timer(world.agenda);
  }

  get identity(): Identity {
    return { mac: this.mac, ...(this.#clientId === undefined ? {} : { clientId: this.#clientId }) };
  }

  get state(): ClientState {
    return this.#state;
  }

  /** Whether it uses its address: answers ARP for it and takes unicast. */
  get isBound(): boolean {
    return ["BOUND", "RENEWING", "REBINDING"].includes(this.#state);
  }

  /** Whether it still counts on an address: a lease that it remembers may be resumed (§3.2). */
  countsOn(address: string): boolean {
    return this.holding?.address === address && this.#now < this.holding.endsMs;
  }

  powerOn(): void {
    if (this.#state !== "OFF") return;
    this.sentCount = 0;
    if (this.holding !== undefined) this.#reboot(this.holding);
    else this.#startOver(this.random.integer(0, 2_000));
  }

  /** Takes effect at once; the client comes back by `powerOn`. */
  powerOff(remembers: boolean): void {
    this.#timer.stop();
    this.#state = "OFF";
    if (!remembers) this.holding = undefined;
  }

  /** Goes to another wire without power, with what it remembers. */
  moveTo(wire: Wire): void {
    this.powerOff(true);
    this.wire = wire;
  }

  /** Another system boots on the same machine: another client (§4.2). */
  becomes(clientId: string | undefined): void {
    this.powerOff(false);
    this.#clientId = clientId;
  }

  /** §4.4.6. Off for a while afterwards. */
  release(): void {
    const holding = this.holding;
    if (!this.isBound || holding === undefined) return;
    this.powerOff(false);
    this.#xid = this.#newXid();
    this.#unicast(RELEASE, holding.address, holding.server, [[54, octets(holding.server)]]);
    this.#startOver(QUIET_MS);
  }

  /** Ends leases that are none of its own: the server must not believe it. */
  giveAwayOthers(type: "RELEASE" | "DECLINE", address: string): void {
    const server = this.holding?.server;
    this.powerOff(false);
    this.#xid = this.#newXid();
    if (server !== undefined) {
      const serverOption: PacketOption = [54, octets(server)];
      if (type === "DECLINE") this.#broadcast(DECLINE, [[50, octets(address)], serverOption]);
      else this.#unicast(RELEASE, address, server, [serverOption]);
    }
    this.#startOver(QUIET_MS);
  }

  /** §4.4.3. What comes of it changes nothing here. */
  inform(): void {
    if (!this.isBound || this.holding === undefined) return;
    const fields = { ciaddr: this.holding.address };
    const packet = { ...this.#packet(INFORM, [], fields), xid: this.#newXid() };
    this.world.unicast(this, buildPacket(packet), this.holding.server);
  }

  /** Takes a datagram that reached its wire; most are not for it. */
  receive(bytes: Uint8Array): void {
    if (this.#state === "OFF" || !isFor(this.#macOctets, bytes)) return;
    const reply = parsePacket(bytes);
    if (reply.op !== 2 || reply.xid !== this.#xid) return;
    switch (messageType(reply)) {
      case OFFER:
        return this.#state === "SELECTING" ? this.#takeOffer(reply) : undefined;
      case ACK:
        return this.#takeAck(reply);
      case NAK:
        return this.#takeNak();
    }
  }

  get #now(): number {
    return this.world.agenda.nowMs;
  }

  /** Waits, then looks for a server. */
  #startOver(waitMs: number): void {
    this.holding = undefined;
    this.#state = "QUIET";
    this.#timer.set(waitMs, () => this.#discover());
  }

  #discover(): void {
    const wish: PacketOption[] = this.random.chance(0.2) && this.#wanted.address !== ""
      ? [[50, octets(this.#wanted.address)]]
      : [];
    const rest = () => this.#startOver(this.random.integer(0, REST_MS_MAX));
    this.#exchange("SELECTING", () => this.#broadcast(DISCOVER, wish), rest);
  }

  #takeOffer(offer: Packet): void {
    const server = optionAddress(offer, 54);
    if (server === undefined) return;
    this.#wanted = { address: offer.yiaddr, server };
    if (this.isFickle && this.random.chance(0.02)) return this.#takeForeignOffer();
    const options: PacketOption[] = [[50, octets(offer.yiaddr)], [54, octets(server)]];
    // The same xid as that of the OFFER (§4.4.1).
    const send = () => this.#broadcast(REQUEST, options);
    this.#exchange("REQUESTING", send, () => this.#startOver(0), this.#xid);
  }

  /** §3.1.4: tells all servers that another one was chosen, which then fails the client. */
  #takeForeignOffer(): void {
    this.#broadcast(REQUEST, [[50, octets("192.0.2.7")], [54, octets(FOREIGN_SERVER)]]);
    this.#startOver(QUIET_MS);
  }

  /** INIT-REBOOT, §3.2: without an answer, the rest of the lease may be used. */
  #reboot(holding: Holding): void {
    this.#wanted = holding;
    const options: PacketOption[] = [[50, octets(holding.address)]];
    this.#exchange("REBOOTING", () => this.#broadcast(REQUEST, options), () => {
      if (this.#now < holding.endsMs) this.#bind(holding);
      else this.#startOver(0);
    });
  }

  /** Sends until something comes, and gives up after a while (§4.1). */
  #exchange(
    state: "SELECTING" | "REQUESTING" | "REBOOTING",
    send: () => void,
    giveUp: () => void,
    xid = this.#newXid(),
  ): void {
    this.#state = state;
    this.#xid = xid;
    this.#firstSentMs = this.#now;
    const attempt = (count: number) => {
      const waitMs = RETRANSMISSION_MS[count];
      if (waitMs === undefined) return giveUp();
      send();
      const jitterMs = this.random.integer(-JITTER_MS, JITTER_MS);
      this.#timer.set(waitMs + jitterMs, () => attempt(count + 1));
    };
    attempt(0);
  }

  #takeAck(reply: Packet): void {
    if (!["REQUESTING", "REBOOTING", "RENEWING", "REBINDING"].includes(this.#state)) return;
    const server = optionAddress(reply, 54);
    const leaseSeconds = optionSeconds(reply, 51);
    if (server === undefined || leaseSeconds === undefined) return;
    const isRenewal = this.isBound;
    const expected = isRenewal ? this.holding?.address : this.#wanted.address;
    if (reply.yiaddr !== expected) return;
    if (!isRenewal && this.world.isTakenByStranger(reply.yiaddr)) {
      return this.#decline(reply.yiaddr, server);
    }
    const since = (seconds: number) => this.#firstSentMs + seconds * 1000;
    this.#bind({
      address: reply.yiaddr,
      server,
      t1Ms: since(optionSeconds(reply, 58) ?? leaseSeconds / 2),
      t2Ms: since(optionSeconds(reply, 59) ?? leaseSeconds * 7 / 8),
      endsMs: since(leaseSeconds),
    });
  }

  #takeNak(): void {
    if (!["REQUESTING", "REBOOTING", "RENEWING", "REBINDING"].includes(this.#state)) return;
    this.#startOver(this.random.integer(0, 1_000));
  }

  /** §3.1.5, §4.4.4: broadcast, with the address in option 50 alone. */
  #decline(address: string, server: string): void {
    this.#broadcast(DECLINE, [[50, octets(address)], [54, octets(server)]]);
    this.#startOver(QUIET_MS);
  }

  #bind(holding: Holding): void {
    this.#state = "BOUND";
    this.holding = holding;
    this.world.gained(this, holding);
    this.#timer.set(holding.t1Ms - this.#now, () => this.#renew(holding, "RENEWING"));
  }

  /** §4.4.5: asks at T1 the server of the lease, at T2 any; again after half of what is left. */
  #renew(holding: Holding, state: "RENEWING" | "REBINDING"): void {
    this.#state = state;
    const untilMs = state === "RENEWING" ? holding.t2Ms : holding.endsMs;
    const attempt = () => {
      const leftMs = untilMs - this.#now;
      if (leftMs <= 0) {
        return state === "RENEWING" ? this.#renew(holding, "REBINDING") : this.#startOver(0);
      }
      this.#xid = this.#newXid();
      this.#firstSentMs = this.#now;
      if (state === "RENEWING") this.#unicast(REQUEST, holding.address, holding.server, []);
      else this.#broadcast(REQUEST, [], { ciaddr: holding.address });
      const waitMs = Math.max(leftMs / 2, RENEWAL_INTERVAL_MS_MIN);
      this.#timer.set(Math.ceil(Math.min(waitMs, leftMs)), attempt);
    };
    attempt();
  }

  #broadcast(type: number, options: readonly PacketOption[], fields: Partial<Packet> = {}): void {
    if (!this.isBound) this.sentCount++;
    this.world.broadcast(this, buildPacket(this.#packet(type, options, fields)));
  }

  #unicast(
    type: number,
    ciaddr: string,
    destination: string,
    options: readonly PacketOption[],
  ): void {
    const packet = this.#packet(type, options, { ciaddr });
    this.world.unicast(this, buildPacket(packet), destination);
  }

  #packet(type: number, options: readonly PacketOption[], fields: Partial<Packet>) {
    const { hostname, leaseSeconds, messageSize, parameterList, wantsBroadcast } = this.habits;
    const common: PacketOption[] = [[53, Uint8Array.of(type)]];
    if (this.#clientId !== undefined) common.push([61, fromHex(this.#clientId)]);
    if (hostname !== undefined) common.push([12, new TextEncoder().encode(hostname)]);
    if (messageSize !== undefined) common.push([57, u16(messageSize)]);
    if (parameterList !== undefined) common.push([55, parameterList]);
    const asksForLease = type === DISCOVER || type === REQUEST;
    if (leaseSeconds !== undefined && asksForLease) common.push([51, u32(leaseSeconds)]);
    return {
      xid: this.#xid,
      mac: this.mac,
      secs: Math.min(65_535, Math.floor((this.#now - this.#firstSentMs) / 1000)),
      flags: wantsBroadcast ? 0x8000 : 0,
      ...fields,
      options: [...common, ...options],
    };
  }

  #newXid(): number {
    return this.random.integer(1, 0xffff_ffff);
  }
}

const CHADDR_AT = 28;

/** Looked at before anything else: a wire is full of what is for others. */
function isFor(mac: Uint8Array, bytes: Uint8Array): boolean {
  return mac.every((octet, at) => octet === bytes[CHADDR_AT + at]);
}

export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.split(":"), (octet) => Number.parseInt(octet, 16));
}

function u16(number: number): Uint8Array {
  return Uint8Array.of(number >>> 8, number & 255);
}

function u32(number: number): Uint8Array {
  return Uint8Array.of(number >>> 24, number >>> 16 & 255, number >>> 8 & 255, number & 255);
}
