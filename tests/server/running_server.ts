/** The loop on a link and a store in memory, under a clock that a test moves. */
import type { Config } from "../../src/config/config.ts";
import { LeaseTable } from "../../src/leases/lease_table.ts";
import type { Probe } from "../../src/link/link.ts";
import type { ServerEvent } from "../../src/server/events.ts";
import { DhcpServer } from "../../src/server/server.ts";
import { formatIpv4, LIMITED_BROADCAST } from "../../src/wire/ipv4.ts";
import { messageType, type Packet, parsePacket } from "../support/dhcp_packets.ts";
import { type Ask, requestBytes, SERVER } from "../support/engine_fixture.ts";
import { ip, makeSubnet, type SubnetSketch } from "../support/leases_fixture.ts";
import { MemoryLink } from "../support/memory_link.ts";
import { MemoryStore } from "../support/memory_store.ts";
import { createVirtualClock } from "../support/virtual_clock.ts";

const TYPES = ["", "DISCOVER", "OFFER", "REQUEST", "DECLINE", "ACK", "NAK"];

/** A config that serves lan0; the subnets are sorted by network. */
export function makeConfig(...subnets: SubnetSketch[]): Config {
  return {
    interfaces: ["lan0"],
    authoritative: true,
    subnets: subnets.map(makeSubnet),
    offerSeconds: 30,
    quarantineSeconds: 86_400,
    trustOption82: new Set(),
    subnetSelection: false,
    durability: { kind: "commit" },
    renewWriteThreshold: 0,
    journal: "leases.jsonl",
  };
}

/** A server that runs, and what it says. */
export function start(...subnets: SubnetSketch[]) {
  const sketches = subnets.length === 0 ? [{ pools: ["192.168.1.100-192.168.1.199"] }] : subnets;
  return startWith(makeConfig(...sketches));
}

/** The same with a whole config, which serves lan0; other interfaces have the addresses told. */
export async function startWith(config: Config, others: Readonly<Record<string, string>> = {}) {
  const link = new MemoryLink(["lan0", ...Object.keys(others)]);
  link.addInterface("lan0", `${SERVER}/24`);
  for (const [name, address] of Object.entries(others)) link.addInterface(name, address);
  const store = new MemoryStore();
  const events: ServerEvent[] = [];
  const leases = new LeaseTable(config.subnets);
  const clock = createVirtualClock();
  const emit = (event: ServerEvent) => void events.push(event);
  const server = new DhcpServer({ config, leases, link, store, clock, emit });
  const probed: Probe[] = [];
  link.onProbe = (probe) => probed.push(probe);
  const running = server.run();
  await settle();
  return {
    server,
    link,
    store,
    clock,
    /** Lets requests arrive in one batch, and returns the replies to them as they were sent. */
    async exchange(asks: readonly Ask[]): Promise<Packet[]> {
      for (const ask of asks) {
        const source = ip(ask.from ?? ask.ciaddr ?? "0.0.0.0");
        link.inject("lan0", requestBytes(ask), source, LIMITED_BROADCAST);
      }
      await settle();
      return link.sent.splice(0).map(({ bytes }) => parsePacket(bytes));
    },
    /** Lets requests arrive by an interface as they say; returns the replies as they were sent. */
    async exchangeBy(name: string, asks: readonly Ask[]): Promise<Packet[]> {
      for (const ask of asks) {
        const source = ip(ask.from ?? ask.ciaddr ?? "0.0.0.0");
        link.inject(name, requestBytes(ask), source, ip(ask.to ?? "255.255.255.255"));
      }
      await settle();
      return link.sent.splice(0).map(({ bytes }) => parsePacket(bytes));
    },
    /** Lets requests arrive in one batch, and the loop go on as far as it can. */
    async ask(...asks: Ask[]): Promise<string[]> {
      for (const ask of asks) {
        const source = ip(ask.from ?? ask.ciaddr ?? "0.0.0.0");
        link.inject("lan0", requestBytes(ask), source, LIMITED_BROADCAST);
      }
      await settle();
      return this.sent();
    },
    /** Lets time pass, and the loop see to what is due then. Returns what has been sent. */
    async pass(ms: number): Promise<string[]> {
      clock.advance(ms);
      link.wake();
      await settle();
      return this.sent();
    },
    /** The probes that left since the last call, as `arp 192.168.1.100`. */
    probed: () => probed.splice(0).map(({ method, address }) => `${method} ${formatIpv4(address)}`),
    /** Somebody on lan0 answers ARP, or somebody beyond it ICMP. Returns what has been sent. */
    async answer(address: string, hardwareAddress?: string, interfaceIndex = 1): Promise<string[]> {
      const heard = hardwareAddress && { interfaceIndex, hardwareAddress };
      link.answer({ address: ip(address), ...(heard && { heard }) });
      await settle();
      return this.sent();
    },
    /** What has been sent since the last call. */
    sent: () =>
      link.sent.splice(0).map(({ bytes }) => {
        const packet = parsePacket(bytes);
        return `${TYPES[messageType(packet) ?? 0]} ${packet.yiaddr}`;
      }),
    events,
    notices: () => events.flatMap((it) => it.kind === "notice" ? [it.message] : []),
    leases,
    rules: () => events.flatMap((it) => it.kind === "exchange" ? [it.rule] : []),
    outcomes: () => events.flatMap((it) => it.kind === "exchange" ? [it.outcome] : []),
    async stop() {
      link.close();
      store.release();
      await running;
    },
  };
}

/** Lets everything run that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}
