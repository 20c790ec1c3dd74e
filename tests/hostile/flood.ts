/**
 * A flood that takes leases, and the honest clients of that time: random hardware addresses
 * complete 5,000 exchanges a second, while new clients come who wait and ask again as RFC 2131 §4.1
 * has them. On the loop itself, on a link in memory, under a clock that the model moves.
 */
import assert from "node:assert/strict";
import { loadConfig } from "../../src/config/load.ts";
import {
  ACK,
  DISCOVER,
  messageType,
  NAK,
  OFFER,
  type Packet,
  REQUEST,
} from "../support/dhcp_packets.ts";
import { type Ask, SERVER } from "../support/engine_fixture.ts";
import { createRandom, type Random } from "../support/random.ts";
import { startWith } from "../server/running_server.ts";

/** A network, and the flood that it is under. */
export interface Scenario {
  readonly subnet: string;
  readonly pools: string;
  /** Exchanges a second. */
  readonly strangersPerSecond: number;
  readonly floodSeconds: number;
  /** New clients, who come evenly while the flood lasts. */
  readonly newcomers: number;
  /** Lines of the config. */
  readonly config?: string;
}

export interface Outcome {
  /** New clients that had a lease when the flood ended. */
  readonly servedDuring: number;
  /** How long after its end all of them had one; `undefined` if not within 13 hours. */
  readonly allServedAfterSeconds: number | undefined;
}

const STEP_MS = 50;
const CALM_STEP_MS = 500;
const HORIZON_MS = 13 * 3_600_000;
/** RFC 2131 §4.1: 4 seconds, doubled up to 64, and one more or less. */
const BACKOFF_MS = [4_000, 8_000, 16_000, 32_000, 64_000];

/** Runs a scenario from the beginning of the flood until every new client has a lease. */
export async function flood(scenario: Scenario): Promise<Outcome> {
  const { subnet, pools, strangersPerSecond, floodSeconds, newcomers } = scenario;
  const text = `interfaces: lan0\nconflict-probe: off\n${scenario.config ?? ""}` +
    `subnets: [{ subnet: ${subnet}, pools: ${pools} }]\n`;
  const loaded = loadConfig(text, "config.yaml");
  assert.ok("config" in loaded, JSON.stringify(loaded));
  const it = await startWith(loaded.config);
  const random = createRandom(0xf100d);
  const startMs = it.clock.monotonicMs();
  const floodMs = floodSeconds * 1000;
  const clients = Array.from(
    { length: newcomers },
    (_, n) => new Newcomer(n, startMs + floodMs * n / newcomers, random),
  );
  const strangers = strangersPerSecond * STEP_MS / 1000;
  let servedDuring = 0;
  let allServedAfterSeconds: number | undefined;
  for (let step = 0;; step++) {
    const nowMs = it.clock.monotonicMs();
    const isFlood = nowMs < startMs + floodMs;
    if (isFlood) servedDuring = clients.filter(({ isBound }) => isBound).length;
    const waiting = clients.filter(({ isBound }) => !isBound);
    const asks = isFlood ? Array.from({ length: strangers }, () => strangerAsk(random)) : [];
    const due = clients.flatMap((client) => client.due(nowMs) ?? []);
    asks.splice(asks.length / 2, 0, ...due);
    let replies = await it.exchange(asks);
    const byMac = new Map(clients.map((client) => [client.mac, client]));
    const answers = [
      ...replies.filter(({ mac }) => !byMac.has(mac)).flatMap(take),
      ...replies.flatMap((reply) => byMac.get(reply.mac)?.hear(reply, nowMs) ?? []),
    ];
    replies = await it.exchange(answers);
    for (const reply of replies) byMac.get(reply.mac)?.hear(reply, nowMs);
    it.events.length = 0;
    if (step % 60 === 0) it.server.checkStore();
    if (!isFlood && waiting.length === 0) {
      allServedAfterSeconds = Math.max(0, (nowMs - startMs - floodMs) / 1000);
      break;
    }
    if (nowMs > startMs + HORIZON_MS) break;
    it.clock.advance(isFlood ? STEP_MS : CALM_STEP_MS);
  }
  await it.stop();
  return { servedDuring, allServedAfterSeconds };
}

function strangerAsk(random: Random): Ask {
  const xid = random.integer(0, 0xffff_ffff);
  const tail = xid.toString(16).padStart(8, "0").match(/../g)!.join(":");
  return { type: DISCOVER, mac: `02:66:${tail}`, xid };
}

function take(offer: Packet): Ask[] {
  if (messageType(offer) !== OFFER) return [];
  return [{ type: REQUEST, mac: offer.mac, server: SERVER, requested: offer.yiaddr }];
}

/** A client as RFC 2131 has it: it asks, asks again, and renews what it has. */
class Newcomer {
  readonly mac: string;
  isBound = false;
  #ask: Ask;
  #nextMs: number;
  #tries = 0;
  readonly #random: Random;

  constructor(n: number, arrivesMs: number, random: Random) {
    this.mac = `06:00:00:00:${(n >> 8).toString(16).padStart(2, "0")}:${
      (n & 255).toString(16).padStart(2, "0")
    }`;
    this.#ask = { type: DISCOVER, mac: this.mac };
    this.#nextMs = arrivesMs;
    this.#random = random;
  }

  /** What it sends by now. */
  due(nowMs: number): Ask | undefined {
    if (nowMs < this.#nextMs) return undefined;
    // A REQUEST that nobody answers, three times: it begins anew.
    if (this.#ask.requested !== undefined && this.#tries === 3) this.#begin(nowMs);
    const waitMs = BACKOFF_MS[Math.min(this.#tries++, BACKOFF_MS.length - 1)]!;
    this.#nextMs = nowMs + waitMs + this.#random.integer(-1_000, 1_000);
    return this.#ask;
  }

  /** What it says to a reply at once. */
  hear(reply: Packet, nowMs: number): Ask | undefined {
    switch (messageType(reply)) {
      case OFFER:
        if (this.#ask.type !== DISCOVER) return undefined;
        this.#ask = take(reply)[0]!;
        this.#tries = 0;
        this.#nextMs = nowMs;
        return this.due(nowMs);
      case NAK:
        this.isBound = false;
        this.#begin(nowMs);
        return undefined;
      case ACK: {
        this.isBound = true;
        this.#ask = { type: REQUEST, mac: this.mac, ciaddr: reply.yiaddr };
        this.#tries = 0;
        this.#nextMs = nowMs + renewalSeconds(reply) * 1000;
        return undefined;
      }
    }
    return undefined;
  }

  #begin(nowMs: number): void {
    this.#ask = { type: DISCOVER, mac: this.mac };
    this.#tries = 0;
    this.#nextMs = nowMs;
  }
}

/** Option 58. */
function renewalSeconds({ options }: Packet): number {
  const value = options.find(([code]) => code === 58)?.[1];
  assert.ok(value !== undefined);
  return new DataView(value.buffer, value.byteOffset).getUint32(0);
}
