/**
 * The load generator: clients by the thousand, in a closed loop (so many exchanges outstanding) or
 * an open one (so many started each second). Runs in a network namespace of its own; `begin` and
 * `end` on stderr frame what was measured, and one JSON object on stdout tells it.
 *
 *     deno run -A scripts/bench/generator.ts --mode relay --server 10.0.0.1 --giaddr 10.0.0.2 \
 *       --clients 50000 --outstanding 1024 --seconds 5
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { parseHex } from "../../src/wire/hex.ts";
import { type Ipv4, parseIpv4 } from "../../src/wire/ipv4.ts";
import { Latencies, type LatencySummary } from "./latencies.ts";
import { ACK, hardwareAddressOf, Messages, NAK, OFFER, readAnswer } from "./messages.ts";
import { openFrames, openRelay, type Transport } from "./transport.ts";

/**
 * - `relay`: whole exchanges through a relay agent; `broadcast` and `unicast`: of clients on the
 *   server's network, with and without the BROADCAST flag.
 * - `renew`: RENEWING by unicast on the server's network; `rebind`: REBINDING through the relay.
 * - `mixed`: through the relay, two of three exchanges extend a lease and one is a whole one.
 * - `churn`: through the relay, a whole exchange and then a RELEASE, of ever new clients.
 */
export const MODES = [
  "relay",
  "broadcast",
  "unicast",
  "renew",
  "rebind",
  "mixed",
  "churn",
] as const;
export type Mode = (typeof MODES)[number];

const RELAYED: ReadonlySet<Mode> = new Set(["relay", "rebind", "mixed", "churn"]);

export interface LoadReport {
  readonly mode: Mode;
  readonly seconds: number;
  readonly started: number;
  readonly completed: number;
  /** Exchanges without an answer in time. */
  readonly lost: number;
  readonly naks: number;
  /** Completed per second. */
  readonly rate: number;
  /** Processor seconds of the generator itself in that time. */
  readonly cpuSeconds: number;
  readonly latencyMs: {
    readonly "discover-offer": LatencySummary;
    /** Of renewals too. */
    readonly "request-ack": LatencySummary;
    readonly whole: LatencySummary;
  };
}

interface LoadOptions {
  readonly mode: Mode;
  readonly server: Ipv4;
  /** They take turns. */
  readonly clients: number;
  /** The clients from 0 on that have a lease already, one address after the other. */
  readonly leases: number;
  /** The address that client 0 has. */
  readonly firstAddress: Ipv4;
  /** Closed loop; in an open one, as many as may be outstanding. */
  readonly outstanding: number;
  /** Started each second, evenly; 0 for a closed loop. */
  readonly rate: number;
  readonly seconds: number;
  readonly warmupSeconds: number;
  readonly timeoutMs: number;
}

/** xid: which slot, and which of the exchanges that it has had. */
const SLOT_BITS = 16;
const SLOTS_MAX = 1 << SLOT_BITS;

const [IDLE, DISCOVERING, REQUESTING, EXTENDING] = [0, 1, 2, 3];

class Generator {
  readonly #options: LoadOptions;
  readonly #transport: Transport;
  readonly #messages: Messages;
  readonly #state: Uint8Array;
  readonly #client: Uint32Array;
  readonly #turn: Uint16Array;
  readonly #startedMs: Float64Array;
  readonly #requestedMs: Float64Array;
  /** Slots that are free, and those in use in the order of their start. */
  readonly #free: number[] = [];
  #running: { slot: number; turn: number }[] = [];
  #turns = 0;
  #nowMs = performance.now();
  #started = 0;
  #completed = 0;
  #lost = 0;
  #naks = 0;
  readonly #offer = new Latencies();
  readonly #ack = new Latencies();
  readonly #whole = new Latencies();

  constructor(options: LoadOptions, transport: Transport, messages: Messages) {
    this.#options = options;
    this.#transport = transport;
    this.#messages = messages;
    const slots = options.rate > 0 ? SLOTS_MAX : options.outstanding;
    this.#state = new Uint8Array(slots);
    this.#client = new Uint32Array(slots);
    this.#turn = new Uint16Array(slots);
    this.#startedMs = new Float64Array(slots);
    this.#requestedMs = new Float64Array(slots);
    for (let slot = slots - 1; slot >= 0; slot--) this.#free.push(slot);
  }

  run(): LoadReport {
    const { seconds, warmupSeconds, rate } = this.#options;
    this.#forget();
    this.#nowMs = performance.now();
    const beginMs = this.#nowMs + warmupSeconds * 1000;
    this.#drive(beginMs, this.#nowMs);
    this.#forget();
    console.error("begin");
    const cpu = process.cpuUsage();
    this.#nowMs = performance.now();
    const startMs = this.#nowMs;
    this.#drive(startMs + seconds * 1000, startMs);
    const { user, system } = process.cpuUsage(cpu);
    const elapsedSeconds = (this.#nowMs - startMs) / 1000;
    console.error("end");
    const completed = this.#completed;
    // What is on its way still is not lost: wait for it, but do not count it twice.
    if (rate > 0) {
      const endMs = this.#nowMs + this.#options.timeoutMs + 200;
      while (this.#running.length > 0 && performance.now() < endMs) this.#step(2);
    }
    return {
      mode: this.#options.mode,
      seconds: elapsedSeconds,
      started: this.#started,
      completed: rate > 0 ? this.#completed : completed,
      lost: this.#lost,
      naks: this.#naks,
      rate: completed / elapsedSeconds,
      cpuSeconds: (user + system) / 1e6,
      latencyMs: {
        "discover-offer": this.#offer.summary(),
        "request-ack": this.#ack.summary(),
        whole: this.#whole.summary(),
      },
    };
  }

  #forget(): void {
    this.#started =
      this.#completed =
      this.#lost =
      this.#naks =
        0;
    this.#offer.clear();
    this.#ack.clear();
    this.#whole.clear();
  }

  /** Starts exchanges and answers until `endMs`. */
  #drive(endMs: number, fromMs: number): void {
    const { rate, outstanding } = this.#options;
    let begun = 0;
    while (this.#nowMs < endMs) {
      const due = rate > 0
        ? Math.min(this.#free.length, Math.floor((this.#nowMs - fromMs) / 1000 * rate) - begun)
        : outstanding - this.#running.length;
      for (let i = 0; i < due; i++) this.#startNext();
      begun += Math.max(0, due);
      this.#step(1);
    }
  }

  /** Sends, takes in what has come, and gives up what took too long. */
  #step(waitMs: number): void {
    this.#transport.flush();
    const count = this.#transport.receive((payload) => this.#take(payload));
    this.#transport.flush();
    if (count === 0) this.#transport.wait(waitMs);
    this.#nowMs = performance.now();
    this.#expire();
  }

  #startNext(): void {
    const { mode, clients, leases } = this.#options;
    const turn = this.#turns++;
    const isExtending = mode === "renew" || mode === "rebind" || (mode === "mixed" && turn % 3 > 0);
    if (isExtending) this.#start(turn % leases, EXTENDING);
    else this.#start(leases + turn % clients, DISCOVERING);
  }

  #start(client: number, state: number): void {
    const slot = this.#free.pop();
    if (slot === undefined) return;
    this.#started++;
    const turn = (this.#turn[slot]! + 1) & 0x7fff;
    this.#turn[slot] = turn;
    this.#state[slot] = state;
    this.#client[slot] = client;
    this.#startedMs[slot] = this.#requestedMs[slot] = this.#nowMs;
    this.#running.push({ slot, turn });
    const xid = this.#xidOf(slot);
    if (state === DISCOVERING) {
      this.#send(this.#messages.discover(xid, client), client, 0);
    } else {
      const address = this.#options.firstAddress + client;
      this.#send(this.#messages.extend(xid, client, address), client, address);
    }
  }

  #xidOf(slot: number): number {
    return ((this.#turn[slot]! << SLOT_BITS) | slot) >>> 0;
  }

  #send(payload: Uint8Array, client: number, source: Ipv4): void {
    this.#transport.send(payload, hardwareAddressOf(client), source);
  }

  #take(payload: Uint8Array): void {
    const { xid, type, yiaddr } = readAnswer(payload);
    const slot = xid & (SLOTS_MAX - 1);
    const state = this.#state[slot];
    if (state === undefined || state === IDLE || xid !== this.#xidOf(slot)) return;
    const client = this.#client[slot]!;
    const nowMs = performance.now();
    const sinceMs = nowMs - this.#startedMs[slot]!;
    if (type === OFFER && state === DISCOVERING) {
      this.#offer.add(sinceMs);
      this.#requestedMs[slot] = nowMs;
      this.#state[slot] = REQUESTING;
      this.#send(this.#messages.select(xid, client, yiaddr, this.#options.server), client, 0);
    } else if (type === ACK && state >= REQUESTING) {
      this.#ack.add(nowMs - this.#requestedMs[slot]!);
      this.#whole.add(sinceMs);
      this.#completed++;
      if (this.#options.mode === "churn") {
        const release = this.#messages.release(xid, client, yiaddr, this.#options.server);
        this.#send(release, client, yiaddr);
      }
      this.#finish(slot);
    } else if (type === NAK) {
      this.#naks++;
      this.#finish(slot);
    }
  }

  #finish(slot: number): void {
    this.#state[slot] = IDLE;
    this.#free.push(slot);
  }

  /** Gives up on what was started too long ago, and forgets what is over. */
  #expire(): void {
    const { timeoutMs } = this.#options;
    // The oldest are in front; what is over is dropped from time to time.
    for (const { slot, turn } of this.#running) {
      if (this.#turn[slot] !== turn || this.#state[slot] === IDLE) continue;
      if (this.#nowMs - this.#startedMs[slot]! < timeoutMs) break;
      this.#lost++;
      this.#finish(slot);
    }
    const isOver = ({ slot, turn }: { slot: number; turn: number }) =>
      this.#turn[slot] !== turn || this.#state[slot] === IDLE;
    this.#running = this.#running.filter((it) => !isOver(it));
  }
}

function main(): void {
  const { values } = parseArgs({
    options: {
      mode: { type: "string", default: "relay" },
      server: { type: "string" },
      giaddr: { type: "string", default: "0.0.0.0" },
      interface: { type: "string", default: "" },
      "server-mac": { type: "string", default: "" },
      clients: { type: "string", default: "50000" },
      leases: { type: "string", default: "0" },
      "first-address": { type: "string", default: "10.1.0.0" },
      outstanding: { type: "string", default: "32" },
      rate: { type: "string", default: "0" },
      seconds: { type: "string", default: "5" },
      "warmup-seconds": { type: "string", default: "1" },
      "timeout-ms": { type: "string", default: "1000" },
    },
  });
  const mode = MODES.find((it) => it === values.mode);
  const server = parseIpv4(values.server ?? "");
  const giaddr = parseIpv4(values.giaddr);
  if (mode === undefined || server === undefined || giaddr === undefined) {
    throw new Error(`--mode ${MODES.join("|")} --server ADDRESS --giaddr ADDRESS`);
  }
  const options: LoadOptions = {
    mode,
    server,
    clients: Number(values.clients),
    leases: Number(values.leases),
    firstAddress: parseIpv4(values["first-address"]) ?? 0,
    outstanding: Number(values.outstanding),
    rate: Number(values.rate),
    seconds: Number(values.seconds),
    warmupSeconds: Number(values["warmup-seconds"]),
    timeoutMs: Number(values["timeout-ms"]),
  };
  const { leases, firstAddress } = options;
  const isRelayed = RELAYED.has(mode);
  const messages = new Messages(isRelayed ? giaddr : 0, mode === "broadcast");
  const transport = isRelayed ? openRelay(server, giaddr) : openFrames(
    values.interface,
    { address: server, hardwareAddress: parseHex(values["server-mac"]) ?? new Uint8Array(6) },
    (address) => {
      const owner = address - firstAddress;
      return owner >= 0 && owner < leases ? hardwareAddressOf(owner) : undefined;
    },
  );
  console.log(JSON.stringify(new Generator(options, transport, messages).run()));
}

if (import.meta.main) main();
