/** What a hostile or broken neighbour can send: the server counts it and serves the next client. */
import assert from "node:assert/strict";
import { PUBLISHED_FLAWS } from "../hostile/published_flaws.ts";
import {
  ACK,
  buildPacket,
  DECLINE,
  DISCOVER,
  INFORM,
  messageType,
  octets,
  type PacketOption,
  RELEASE,
  REQUEST,
} from "../support/dhcp_packets.ts";
import type { Cable } from "../support/netns.ts";
import type { Program } from "../support/program.ts";
import { createRandom, type Random } from "../support/random.ts";
import { clientMac, RelayAgent } from "../support/relay_agent.ts";
import { type Scene, sceneTest } from "../support/scene.ts";
import { type Counts, curl, readStatus, startServer } from "../support/sublet_server.ts";

const SERVER = "10.77.0.1";
const AGENT = "10.77.0.2";

const LAN: Cable = [
  { node: "server", name: "lan0", addresses: [`${SERVER}/16`] },
  { node: "clients", name: "eth0", addresses: [`${AGENT}/16`] },
];

/** Large enough for every mutated packet to take an address. */
const CONFIG = `
interfaces: lan0
conflict-probe: off
lease-time: 1h
subnets:
  - subnet: 10.77.0.0/16
    relays: 10.77.0.2
    pools: 10.77.1.0-10.77.250.255
`;

const TRUNCATED_OCTETS_MAX = 300;
const MUTATIONS = 10_000;
/** After so many packets a client asks: the socket's buffer never overflows, and none is lost. */
const PACKETS_BETWEEN_CLIENTS = 50;
/** Where memory is measured first: by then the code is compiled and the heap has its size. */
const WARM_UP = 3_000;
/** 7,000 packets that leaked 4 KiB each would add more; their leases and the noise add less. */
const GROWTH_MIB_MAX = 24;

/** A valid packet of more than 300 octets, so that every shorter length is a truncation. */
function longDiscover(): Uint8Array {
  const options: PacketOption[] = [
    [53, Uint8Array.of(DISCOVER)],
    [55, Uint8Array.of(1, 3, 6, 15, 51, 54, 58, 59)],
    [60, new Uint8Array(60).fill(0x76)],
    [82, Uint8Array.of(1, 4, 1, 2, 3, 4)],
  ];
  return buildPacket({ xid: 0xbad, mac: clientMac(0xbad), giaddr: AGENT, options });
}

/** Left alone: a reply to the server's own address would come back and be counted too. */
const GIADDR_LAST_OCTET = 27;

const KINDS = [DISCOVER, REQUEST, DECLINE, RELEASE, INFORM];

/** A valid packet of any kind, with a few octets overwritten, and perhaps cut or drawn out. */
function mutatedPacket(random: Random): Uint8Array {
  const octet = () => random.integer(0, 255);
  const address = Uint8Array.of(10, 77, random.integer(1, 250), octet());
  const packet = buildPacket({
    xid: random.integer(0, 0xffff_ffff),
    mac: clientMac(0x100_0000 + random.integer(0, 5_000)),
    giaddr: AGENT,
    ciaddr: random.chance(0.5) ? "0.0.0.0" : address.join("."),
    options: [
      [53, Uint8Array.of(random.pick(KINDS))],
      [50, address],
      ...random.chance(0.5) ? [[54, octets(SERVER)] as const] : [],
      [55, Uint8Array.of(1, 3, 6, 15, 51)],
      [61, Uint8Array.of(1, 2, 0, 0, 0, octet(), octet())],
      [12, new TextEncoder().encode("mutant\x1b[31m")],
      [82, Uint8Array.of(1, 2, octet(), octet())],
    ],
  });
  for (let count = random.integer(1, 8); count > 0; count--) {
    const at = random.integer(0, packet.length - 1);
    if (at !== GIADDR_LAST_OCTET) packet[at] = octet();
  }
  if (random.chance(1 / 8)) return packet.slice(0, random.integer(0, packet.length));
  if (random.chance(1 / 8)) {
    return Uint8Array.of(...packet, ...random.bytes(random.integer(1, 900)));
  }
  return packet;
}

/** Another client of the honest kind: it gets its address whatever went before. */
async function serveHonestClient(agent: RelayAgent, index: number): Promise<void> {
  const ack = await agent.obtain(clientMac(index));
  assert.equal(messageType(ack), ACK, `client ${index} is served`);
}

async function residentMib(server: Program): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${server.pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)![1]) / 1024;
}

function total(counts: Counts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

async function assertAllCounted(scene: Scene, sentCount: number): Promise<Counts> {
  const { counters } = await readStatus(scene);
  assert.equal(total(counters.requests) + total(counters.dropped), sentCount);
  return counters.dropped;
}

const TRUNCATED = `a packet cut off at any length from 0 to ${TRUNCATED_OCTETS_MAX} octets is ` +
  "counted by reason, and the next client is served";
sceneTest(TRUNCATED, { cables: [LAN], needs: ["curl"] }, async (scene) => {
  const server = await startServer(scene, CONFIG);
  const agent = await RelayAgent.plug(scene, "clients", AGENT, SERVER);
  const packet = longDiscover();
  assert.ok(packet.length > TRUNCATED_OCTETS_MAX);
  let sentCount = 0;
  for (let length = 0; length <= TRUNCATED_OCTETS_MAX; length++) {
    agent.sendRaw(packet.subarray(0, length));
    sentCount++;
    if (length % PACKETS_BETWEEN_CLIENTS !== 0) continue;
    await serveHonestClient(agent, length);
    sentCount += 2;
  }
  await serveHonestClient(agent, 1_000);
  const dropped = await assertAllCounted(scene, sentCount + 2);
  // From 236 octets on, without a magic cookie, it is a BOOTP message of RFC 951.
  assert.equal(dropped["too-short"], 236, "those without a whole header");
  assert.ok(dropped["truncated-option"]! > 0);
  assert.equal(server.code, undefined);
});

const seed = Number(Deno.env.get("SEED") ?? Math.floor(Math.random() * 2 ** 32));
const MUTATED = `${MUTATIONS} random mutations of valid packets (SEED=${seed}): counted, memory ` +
  "is flat, and every honest client in between is served";
const MUTATED_OPTIONS = { cables: [LAN], needs: ["curl"], secondsMax: 120 };
sceneTest(MUTATED, MUTATED_OPTIONS, async (scene) => {
  const server = await startServer(scene, CONFIG);
  const agent = await RelayAgent.plug(scene, "clients", AGENT, SERVER);
  const random = createRandom(seed);
  let sentCount = 0;
  let warmMib = 0;
  for (let index = 1; index <= MUTATIONS; index++) {
    agent.sendRaw(mutatedPacket(random));
    sentCount++;
    if (index === WARM_UP) warmMib = await residentMib(server);
    if (index % PACKETS_BETWEEN_CLIENTS !== 0) continue;
    await serveHonestClient(agent, index);
    sentCount += 2;
  }
  const growthMib = await residentMib(server) - warmMib;
  assert.ok(growthMib < GROWTH_MIB_MAX, `grew by ${growthMib.toFixed(1)} MiB`);
  const dropped = await assertAllCounted(scene, sentCount);
  assert.ok(Object.keys(dropped).length >= 4, JSON.stringify(dropped));
  assert.ok(!server.output.includes("\x1b"), "control characters are escaped in the log");
  assert.equal(server.code, undefined);
});

/** Rounds of the corpus, and after how many memory is measured first. */
const ROUNDS = 60;
const WARM_UP_ROUNDS = 20;

const CORPUS =
  `the corpus of published flaws, ${ROUNDS} times over a socket: all of it is counted, ` +
  "the client after each round is served, memory is flat";
sceneTest(CORPUS, MUTATED_OPTIONS, async (scene) => {
  // One MAC address sends most of them: as much as it likes, so that nothing is spared the server.
  const server = await startServer(scene, `rate-limits: off\n${CONFIG}`);
  const agent = await RelayAgent.plug(scene, "clients", AGENT, SERVER);
  let sentCount = 0;
  let warmMib = 0;
  for (let round = 0; round < ROUNDS; round++) {
    if (round === WARM_UP_ROUNDS) warmMib = await residentMib(server);
    for (const { datagrams } of PUBLISHED_FLAWS) {
      for (const datagram of datagrams) agent.sendRaw(datagram);
      sentCount += datagrams.length;
    }
    await serveHonestClient(agent, round);
    sentCount += 2;
  }
  const growthMib = await residentMib(server) - warmMib;
  assert.ok(growthMib < GROWTH_MIB_MAX, `grew by ${growthMib.toFixed(1)} MiB`);
  const dropped = await assertAllCounted(scene, sentCount);
  assert.ok(total(dropped) > ROUNDS, JSON.stringify(dropped));
  assert.match(await curl(scene, "/"), /: serving\n/);
  assert.equal(server.code, undefined);
});

const UNREACHABLE = 400;
const FORGED = `${UNREACHABLE} requests from relay agents that do not exist do not keep the next ` +
  "client from its answer";
sceneTest(FORGED, { cables: [LAN], needs: ["curl"] }, async (scene) => {
  const server = await startServer(scene, CONFIG);
  const agent = await RelayAgent.plug(scene, "clients", AGENT, SERVER);
  for (let index = 0; index < UNREACHABLE; index++) {
    // Each reply waits in the kernel for an ARP answer that never comes.
    const giaddr = `10.77.251.${index % 256}`;
    agent.tell({ type: DISCOVER, mac: clientMac(100_000 + index), giaddr });
    if (index % PACKETS_BETWEEN_CLIENTS === 0) await serveHonestClient(agent, index);
  }
  await serveHonestClient(agent, UNREACHABLE);
  assert.doesNotMatch(server.output, /not sent/);
});
