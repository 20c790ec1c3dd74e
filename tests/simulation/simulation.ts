/**
 * Hours in the life of a server, in a second: clients, relay agents, a network and a machine of
 * which everything goes wrong, under a virtual clock. The same seed is the same life.
 *
 * Nothing in here sleeps. An event of the agenda happens, then the server's promises run until all
 * of them wait for the agenda again, then comes the next event.
 */
import { setImmediate } from "node:timers";
import type { Outgoing, Probe, ProbeAnswer } from "../../src/link/link.ts";
import type { ServerEvent } from "../../src/server/events.ts";
import { formatIpv4 } from "../../src/wire/ipv4.ts";
import type { Random } from "../support/random.ts";
import { parsePacket } from "../support/dhcp_packets.ts";
import { Agenda } from "./agenda.ts";
import { drawClients } from "./crowd.ts";
import type { DhcpClient, Holding } from "./dhcp_client.ts";
import { Host, JOURNAL_PATH, type Workshop } from "./host.ts";
import { Mischief } from "./mischief.ts";
import { Network, NO_FAULTS } from "./network.ts";
import { HOUR_MS, type Plan, randomOf } from "./plan.ts";
import {
  drawRules,
  fittingRules,
  LEASE_SECONDS_MAX,
  QUARANTINE_SECONDS,
  type Wire,
  wireOf,
  WIRES,
} from "./premises.ts";
import { Referee } from "./referee.ts";
import { relayReply, relayRequest } from "./relay.ts";

/** How often the server did what, by the names that stand in its log; and what happened to it. */
export type Tally = ReadonlyMap<string, number>;

/** Whoever has taken an address without asking has it from the same maker. */
const STRANGERS_MAC = "02:57:72:61:6e:67";
/** By then every lease and quarantine of the bad times is over. */
const CALMING_MS = (LEASE_SECONDS_MAX + QUARANTINE_SECONDS + 300) * 1000;
/** After everybody was switched off and on again: an answer takes no time to speak of. */
const SETTLING_MS = 150_000;
/** A refused INIT-REBOOT, DISCOVER, REQUEST. */
const EXCHANGES_MAX = 3;
/** Where nobody answers those whom nobody knows, INIT-REBOOT is tried four times. */
const EXCHANGES_MAX_NOT_AUTHORITATIVE = 6;

export interface SimulationOptions {
  /** Broken parts, for a test of the simulation itself. */
  readonly workshop?: Workshop;
  /** Told whatever happens, in a line each. */
  readonly trace?: (line: string) => void;
}

/** Runs a plan to its end and tells what happened in it. Rejects with the first `Violation`. */
export async function simulate(plan: Plan, options: SimulationOptions = {}): Promise<Tally> {
  const simulation = new Simulation(plan, options);
  // What nobody catches would stop the server: so it does here.
  const stop = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    simulation.referee.serverStopped(event.reason);
  };
  addEventListener("unhandledrejection", stop);
  try {
    await simulation.run();
  } finally {
    removeEventListener("unhandledrejection", stop);
  }
  return simulation.tally;
}

class Simulation {
  readonly tally = new Map<string, number>();
  readonly referee: Referee;
  readonly #agenda = new Agenda();
  readonly #random: Random;
  readonly #network: Network;
  readonly #clients: readonly DhcpClient[];
  readonly #host: Host;
  readonly #mischief: Mischief;

  readonly #trace: ((line: string) => void) | undefined;

  constructor(private readonly plan: Plan, { workshop = {}, trace }: SimulationOptions) {
    this.#trace = trace;
    this.#random = randomOf(plan);
    this.#network = new Network(this.#agenda, this.#random.fork(), plan.network);
    this.#clients = drawClients(plan, this.#random.fork(), {
      agenda: this.#agenda,
      broadcast: (client, bytes) => this.#broadcast(client, bytes),
      unicast: (client, bytes, destination) => this.#unicast(client, bytes, destination),
      isTakenByStranger: (address) => this.#mischief.strangers.has(address),
      gained: (client, holding) => this.#gained(client, holding),
    });
    this.referee = new Referee(this.#agenda, this.#clients, JOURNAL_PATH);
    const people = this.#clients.map(({ identity }) => identity);
    this.#host = new Host({
      agenda: this.#agenda,
      random: this.#random.fork(),
      referee: this.referee,
      workshop,
      authoritative: plan.authoritative,
      compactionLinesMin: plan.compactionLinesMin,
      renewWriteThreshold: plan.renewWriteThreshold,
      carry: (reply) => this.#carry(reply),
      ask: (probe, answer) => this.#ask(probe, answer),
      emit: (event) => this.#count(nameOf(event), describeEvent(event)),
    }, drawRules(this.#random, people, plan.wires));
    this.#mischief = new Mischief({
      agenda: this.#agenda,
      random: this.#random.fork(),
      host: this.#host,
      referee: this.referee,
      clients: this.#clients,
      people,
      wires: plan.wires,
      count: (name, client) => this.#count(name, client?.mac),
    });
  }

  /** The bad times, then the calm. */
  async run(): Promise<void> {
    this.#host.boot();
    this.#mischief.start(this.plan.rhythm);
    await this.#runFor(this.plan.hours * HOUR_MS);

    this.#network.faults = NO_FAULTS;
    this.#mischief.end();
    // A lease that goes on as it is on disk may be so short that its client renews by the end.
    this.#host.renewWriteThreshold = 0;
    this.#host.reload(fittingRules(
      this.#host.rules,
      (wire) => this.#clients.filter((client) => client.wire === wire).length,
    ));
    await this.#runFor(CALMING_MS);
    for (const client of this.#clients) {
      client.powerOff(this.#random.chance(0.5));
      this.#agenda.after(this.#random.integer(0, 5_000), () => client.powerOn());
    }
    await this.#runFor(SETTLING_MS);
    const { authoritative } = this.plan;
    this.referee.checkAllBound(authoritative ? EXCHANGES_MAX : EXCHANGES_MAX_NOT_AUTHORITATIVE);

    await this.#runUntil(this.#host.stop());
    this.#host.boot();
    await this.#runFor(SETTLING_MS);
  }

  async #runFor(durationMs: number): Promise<void> {
    const untilMs = this.#agenda.nowMs + durationMs;
    while (await this.#step(untilMs));
  }

  async #runUntil(end: Promise<void>): Promise<void> {
    let hasEnded = false;
    end.then(() => hasEnded = true);
    await settle();
    while (!hasEnded && await this.#step(this.#agenda.nowMs + SETTLING_MS));
  }

  /** Lets the next thing happen, and all that follows from it at once. */
  async #step(untilMs: number): Promise<boolean> {
    const event = this.#agenda.next(untilMs);
    this.#host.tick();
    event?.();
    await settle();
    if (this.referee.verdict.violation !== undefined) throw this.referee.verdict.violation;
    return event !== undefined;
  }

  #gained(client: DhcpClient, holding: Holding): void {
    const { address, endsMs } = holding;
    this.#count("client bound", `${client.mac} ${address} until ${seconds(endsMs)}`);
    this.referee.gained(client, holding);
  }

  /** Everybody on the wire hears it: the server, where it is on it, or else the relay agent. */
  #broadcast(client: DhcpClient, bytes: Uint8Array): void {
    const { wire: { interfaceName, serverAddress, relayAddress }, port } = client;
    if (relayAddress === undefined) {
      const [source, destination] = ["0.0.0.0", "255.255.255.255"];
      return this.#network.toServer(
        bytes,
        (bytes) => this.#host.arrive({ interfaceName, bytes, source, destination }),
      );
    }
    const relayed = relayRequest(bytes, relayAddress, port, this.#random);
    this.#network.toServer(relayed, (bytes) =>
      this.#host.arrive({
        interfaceName,
        bytes,
        source: relayAddress,
        destination: serverAddress,
      }));
  }

  /** Routed past the relay agent. */
  #unicast({ wire }: DhcpClient, bytes: Uint8Array, destination: string): void {
    const { interfaceName } = wire;
    // A client that gives its address back still sends from it (RFC 2131 §4.4.6).
    const source = parsePacket(bytes).ciaddr;
    this.#network.toServer(
      bytes,
      (bytes) => this.#host.arrive({ interfaceName, bytes, source, destination }),
    );
  }

  /** Takes a reply to whom it is for: RFC 2131 §4.1. */
  #carry({ bytes, destination, ingress }: Outgoing): void {
    this.#network.toClient(bytes, (bytes) => {
      switch (destination.kind) {
        case "relay":
          return this.#relayBack(bytes, formatIpv4(destination.address));
        case "unicast":
          return this.#toHolder(bytes, formatIpv4(destination.address));
        case "broadcast":
        case "hardware": // Clients look for their own chaddr themselves.
          return this.#toWire(
            bytes,
            ({ relayAddress, interfaceName }) =>
              relayAddress === undefined && interfaceName === ingress.interfaceName,
          );
      }
    });
  }

  /** Somebody may use an address that the server asks for: a stranger, or a client. */
  #ask({ address, method, ingress }: Probe, answer: (answer: ProbeAnswer) => void): void {
    const text = formatIpv4(address);
    const wire = wireOf(text);
    const { interfaceName, interfaceIndex } = ingress;
    const isOnWire = wire?.interfaceName === interfaceName && wire.relayAddress === undefined;
    if (method === "arp" && !isOnWire) return;
    this.#network.ask(() => {
      const holder = this.#clients.find((client) =>
        client.isBound && client.wire === wire && client.holding?.address === text
      );
      if (holder === undefined && !this.#mischief.strangers.has(text)) return;
      this.#count("probe answered", text);
      if (method === "icmp") return answer({ address });
      const hardwareAddress = holder?.mac ?? STRANGERS_MAC;
      answer({ address, heard: { interfaceIndex, hardwareAddress } });
    });
  }

  #relayBack(bytes: Uint8Array, relayAddress: string): void {
    const reply = relayReply(bytes, relayAddress);
    const client = this.#clients.find(({ port }) => port === reply?.port);
    if (reply !== undefined && client?.wire.relayAddress === relayAddress) {
      client.receive(reply.bytes);
    }
  }

  #toHolder(bytes: Uint8Array, address: string): void {
    for (const client of this.#clients) {
      if (!client.isBound || client.holding?.address !== address) continue;
      if (client.wire === wireOf(address)) client.receive(bytes);
    }
  }

  #toWire(bytes: Uint8Array, isOnIt: (wire: Wire) => boolean): void {
    const wire = WIRES.find(isOnIt);
    for (const client of this.#clients) if (client.wire === wire) client.receive(bytes);
  }

  #count(name: string, whose = ""): void {
    this.tally.set(name, (this.tally.get(name) ?? 0) + 1);
    this.#trace?.(`${seconds(this.#agenda.nowMs)} ${name} ${whose}`);
  }
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

/** Lets every promise run that waits for nothing but others: they come before the next task. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function describeEvent(event: ServerEvent): string {
  if (event.kind === "notice") return event.message;
  if (event.kind === "dropped") return "";
  if (event.kind === "conflict") return `${formatIpv4(event.address)} ${event.occupant}`;
  const { client: { key, hardwareAddress }, address } = event;
  const leaseSeconds = event.kind === "exchange" ? event.leaseSeconds : undefined;
  const lease = leaseSeconds === undefined ? "" : `for ${leaseSeconds} s`;
  return `${hardwareAddress} ${key} ${address === undefined ? "" : formatIpv4(address)} ${lease}`;
}

function nameOf(event: ServerEvent): string {
  switch (event.kind) {
    case "exchange":
      return `${event.request} -> ${event.outcome} (${event.rule})`;
    case "conflict":
    case "reservation-waits":
      return event.kind;
    case "dropped":
      return `dropped: ${event.reason}`;
    case "notice":
      return `notice: ${event.level}`;
  }
}
