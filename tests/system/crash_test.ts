/** The promise that everything else stands on: what was acknowledged survives SIGKILL. */
import assert from "node:assert/strict";
import {
  ACK,
  DISCOVER,
  messageType,
  octets,
  option,
  parsePacket,
  REQUEST,
} from "../support/dhcp_packets.ts";
import type { Cable } from "../support/netns.ts";
import { type Program, until } from "../support/program.ts";
import { clientMac, RelayAgent } from "../support/relay_agent.ts";
import { type Scene, sceneTest } from "../support/scene.ts";
import { journalFile, readStatus, startServer } from "../support/sublet_server.ts";

const SERVER = "10.77.0.1";
/** Several, because the kernel's buffer of one socket holds no more than some 160 replies. */
const AGENTS = ["10.77.0.2", "10.77.0.3", "10.77.0.4"];

const LAN: Cable = [
  { node: "server", name: "lan0", addresses: [`${SERVER}/16`] },
  { node: "clients", name: "eth0", addresses: AGENTS.map((it) => `${it}/16`) },
];

const CONFIG = `
interfaces: lan0
conflict-probe: off
lease-time: 1h
subnets:
  - subnet: 10.77.0.0/16
    relays: [10.77.0.2, 10.77.0.3, 10.77.0.4]
    pools: 10.77.1.0-10.77.250.255
`;

const ROUNDS = 5;
const CLIENTS_PER_ROUND = 2_000;
/** Requests under way at a time: enough that every kill finds commits half done. */
const WINDOW = 100 * AGENTS.length;
const LOAD_MS = 10_000;
const TRACE_MS = 5_000;

/** Runs `work` on every number from `first` on, `WINDOW` at a time, until `isOver`. */
async function flood(
  first: number,
  count: number,
  work: (index: number) => Promise<unknown>,
  isOver: () => boolean = () => false,
): Promise<void> {
  let next = first;
  const worker = async () => {
    while (next < first + count && !isOver()) await work(next++);
  };
  await Promise.all(Array.from({ length: WINDOW }, worker));
}

/** All clients, spread over the relay agents by their number. */
class Crowd {
  private constructor(private readonly agents: readonly RelayAgent[]) {}

  static async plug(scene: Scene): Promise<Crowd> {
    const plugs = AGENTS.map((address) => RelayAgent.plug(scene, "clients", address, SERVER));
    return new Crowd(await Promise.all(plugs));
  }

  agentOf(client: number): RelayAgent {
    return this.agents[client % this.agents.length]!;
  }

  giveUp(): void {
    for (const agent of this.agents) agent.giveUp();
  }

  ackedCount(): number {
    return this.agents.reduce((sum, agent) => sum + agent.acked.size, 0);
  }

  /** The address of each client that got an ACK, by the client's number. */
  acked(clientCount: number): [client: number, address: string][] {
    return Array.from({ length: clientCount }, (_, client) => client).flatMap((client) => {
      const address = this.agentOf(client).acked.get(clientMac(client));
      return address === undefined ? [] : [[client, address]];
    });
  }
}

/** Loads the server with new clients and kills it when `ackCount` of them have their ACK. */
async function killUnderLoad(
  crowd: Crowd,
  server: Program,
  firstClient: number,
  ackCount: number,
): Promise<void> {
  const target = crowd.ackedCount() + ackCount;
  let isDead = false;
  const load = flood(
    firstClient,
    CLIENTS_PER_ROUND,
    // What is under way when the server dies has no answer, and that is right.
    (client) => crowd.agentOf(client).obtain(clientMac(client)).catch(() => {}),
    () => isDead,
  );
  await until("the load to be under way", LOAD_MS, () => crowd.ackedCount() >= target || undefined);
  await server.kill();
  isDead = true;
  // ACKs that left before the kill may still be on their way: they are taken in all the same.
  crowd.giveUp();
  await load;
}

/** Every client with an ACK is switched off and on again, and asks for its address. */
async function assertAllConfirmed(crowd: Crowd, clientCount: number): Promise<void> {
  const acked = crowd.acked(clientCount);
  const addresses = new Set(acked.map(([, address]) => address));
  assert.equal(addresses.size, acked.length, "no address was acknowledged to two clients");
  await flood(0, acked.length, async (index) => {
    const [client, address] = acked[index]!;
    const reply = await crowd.agentOf(client).reboot(clientMac(client), address);
    assert.equal(messageType(reply), ACK, `client ${client} is not given ${address} again`);
    assert.equal(reply.yiaddr, address);
  });
}

/** How many leases the server knows of. A client that heals itself would add to them. */
async function usedCount(scene: Scene): Promise<number> {
  return (await readStatus(scene)).subnets[0]!.used;
}

const KILLED = `SIGKILL under load, ${ROUNDS} times: after a restart every client that got an ` +
  "ACK gets one in INIT-REBOOT, and no address was given twice";
const OPTIONS = { cables: [LAN], needs: ["curl"], secondsMax: 120 };
sceneTest(KILLED, OPTIONS, async (scene) => {
  const crowd = await Crowd.plug(scene);
  for (let round = 0; round < ROUNDS; round++) {
    const clientCount = (round + 1) * CLIENTS_PER_ROUND;
    const server = await startServer(scene, CONFIG);
    const ackedBefore = crowd.ackedCount();
    await killUnderLoad(crowd, server, round * CLIENTS_PER_ROUND, 100 + 211 * round);
    const ackedInRound = crowd.ackedCount() - ackedBefore;
    assert.ok(ackedInRound < CLIENTS_PER_ROUND, "the kill came while there was load");

    const restarted = await startServer(scene, CONFIG);
    const usedBefore = await usedCount(scene);
    await assertAllConfirmed(crowd, clientCount);
    // Were a lease lost, an authoritative server would heal it: ACK, but as somebody new.
    assert.equal(await usedCount(scene), usedBefore);
    assert.doesNotMatch(restarted.output, /healed/);
    await restarted.kill();
  }
});

const TRACED = ["fdatasync", "fsync", "write", "pwrite64", "writev", "sendto", "sendmsg"];
const ORDER = "no ACK leaves before its line is on disk, as strace sees it (RFC 2131 §3.1.4)";
sceneTest(ORDER, { cables: [LAN], needs: ["strace", "curl"] }, async (scene) => {
  const trace = `${scene.directory}/trace`;
  const calls = [...TRACED, "sendmmsg"].join(",");
  await startServer(scene, CONFIG, {
    through: ["strace", "-f", "-yy", "-s", "1024", "-o", trace, "-e", `trace=${calls}`],
  });
  const agent = await RelayAgent.plug(scene, "clients", AGENTS[0]!, SERVER);
  const mac = clientMac(1);
  const offer = await agent.ask({ type: DISCOVER, mac });
  const before = (await Deno.readTextFile(trace)).length;
  const ack = await agent.ask({
    type: REQUEST,
    mac,
    options: [[50, octets(offer.yiaddr)], [54, option(offer, 54)!]],
  });
  assert.equal(messageType(ack), ACK);

  const isSend = (line: string) => /send(m?msg|to)\(\d+<UDP:/.test(line);
  // strace writes a call down when it is over: the ACK may be here before its line is there.
  const lines = await until("the ACK in the trace", TRACE_MS, async () => {
    const lines = (await Deno.readTextFile(trace)).slice(before).split("\n");
    return lines.some(isSend) ? lines : undefined;
  });
  const journal = journalFile(scene);
  const written = lines.findIndex((line) =>
    /write/.test(line) && line.includes(journal) && line.includes(offer.yiaddr)
  );
  assert.ok(written >= 0, "the lease's line is written");
  const sent = lines.findIndex(isSend);
  assert.ok(syncedAt(lines, written, journal) < sent, lines.join("\n"));
});

/** The line of the trace where the first sync that began after `written` is through. */
function syncedAt(lines: readonly string[], written: number, journal: string): number {
  const begun = lines.findIndex((line, at) =>
    at > written && /\bf(data)?sync\(/.test(line) && line.includes(journal)
  );
  assert.ok(begun >= 0, "the journal is synced after the write");
  if (/= 0$/.test(lines[begun]!)) return begun;
  // `PID fdatasync(13</…/leases.jsonl> <unfinished ...>` and later `PID <... fdatasync resumed>) = 0`
  const thread = lines[begun]!.split(" ")[0]!;
  const resumed = lines.findIndex((line, at) =>
    at > begun && line.startsWith(thread) && /sync resumed>.*= 0$/.test(line)
  );
  assert.ok(resumed >= 0, "the sync succeeds");
  return resumed;
}

const ORDER_UNDER_LOAD = "under load, too, with groups that overlap: no ACK before its own sync";
const TRACED_CLIENTS = 600;
const DHCP_OCTETS_MIN = 300;
sceneTest(
  ORDER_UNDER_LOAD,
  { cables: [LAN], needs: ["strace", "curl"], secondsMax: 60 },
  async (scene) => {
    const trace = `${scene.directory}/trace`;
    const filter = ["-e", "trace=write,fdatasync,sendmmsg"];
    await startServer(scene, CONFIG, {
      through: ["strace", "-f", "-v", "-xx", "-s", "65536", "-o", trace, ...filter],
    });
    const crowd = await Crowd.plug(scene);
    await flood(0, TRACED_CLIENTS, (client) => crowd.agentOf(client).obtain(clientMac(client)));
    // strace writes a call down when it is over: the last ACK may be here before its line is there.
    const { ackCount, syncCount, violations } = await until("every ACK", TRACE_MS, async () => {
      const order = readOrder(await Deno.readTextFile(trace));
      return order.ackCount >= TRACED_CLIENTS ? order : undefined;
    });
    assert.deepEqual(violations, []);
    assert.ok(
      syncCount < ackCount / 2,
      `${syncCount} syncs for ${ackCount} ACKs: groups are formed`,
    );
  },
);

/** Walks through a trace with all data in hex, and holds every ACK against what is synced by then. */
function readOrder(trace: string) {
  const written = new Map<string, Set<string>>();
  const syncing = new Map<string, readonly string[]>();
  const durable = new Set<string>();
  /** By thread: what was durable when a call began that strace finishes on a later line. */
  const durableBefore = new Map<string, ReadonlySet<string>>();
  const violations: string[] = [];
  let ackCount = 0;
  let syncCount = 0;
  // Of the last line there may be no more than its beginning yet.
  for (const line of trace.split("\n").slice(0, -1)) {
    const [thread = "", call = ""] = line.split(/ +(.*)/);
    const write = /^write\((\d+), "([^"]*)"/.exec(call);
    if (write !== null) {
      const lines = new TextDecoder().decode(octetsOfTrace(write[2]!));
      const addresses = [...lines.matchAll(/"address":"([\d.]+)","state":"bound"/g)];
      const before = written.get(write[1]!) ?? [];
      written.set(write[1]!, new Set([...before, ...addresses.map((it) => it[1]!)]));
    }
    const sync = /^fdatasync\((\d+)/.exec(call);
    // A sync covers what was written before it began. The runtime syncs a duplicate of the file's
    // descriptor, so all that was written counts: only the journal has lines of this form.
    if (sync !== null) syncing.set(thread, [...written.values()].flatMap((it) => [...it]));
    if (/^(fdatasync|<\.\.\. fdatasync resumed).*= 0$/.test(call)) {
      for (const address of syncing.get(thread) ?? []) durable.add(address);
      syncCount++;
    }
    // What is sent stands behind the end of the call, also where another thread came in between.
    if (call.startsWith("sendmmsg(")) durableBefore.set(thread, new Set(durable));
    else if (!call.startsWith("<... sendmmsg resumed")) continue;
    for (const [, hex] of call.matchAll(/iov_base="([^"]*)"/g)) {
      const payload = octetsOfTrace(hex!);
      // From source, the runtime itself may ask a name server whether there is a newer one.
      if (payload.length < DHCP_OCTETS_MIN) continue;
      const reply = parsePacket(payload);
      if (messageType(reply) !== ACK) continue;
      ackCount++;
      if (!durableBefore.get(thread)!.has(reply.yiaddr)) {
        violations.push(`ACK of ${reply.yiaddr} before its sync`);
      }
    }
  }
  return { ackCount, syncCount, violations };
}

/** The octets that strace writes as `\x0a\x0b`. */
function octetsOfTrace(hex: string): Uint8Array {
  return Uint8Array.from(hex.split("\\x").slice(1), (octet) => parseInt(octet, 16));
}
