/**
 * SIGKILL at random moments under the load of Kea's perfdhcp: whatever ACK reached the wire, its
 * lease is known to the next process, and no address was given twice.
 *
 * `deno task crash` does it 50 times; the test run, with SUBLET_KILLS kills, a few.
 */
import assert from "node:assert/strict";
import { type CapturedDatagram, startCapture } from "../support/capture.ts";
import { ACK, messageType, parsePacket } from "../support/dhcp_packets.ts";
import type { Cable } from "../support/netns.ts";
import { type Scene, sceneTest } from "../support/scene.ts";
import { createRandom } from "../support/random.ts";
import { curl, startServer } from "../support/sublet_server.ts";

const SERVER = "10.77.0.1";
const LAN: Cable = [
  { node: "server", name: "lan0", addresses: [`${SERVER}/16`] },
  { node: "clients", name: "eth0", addresses: ["10.77.0.2/16"] },
];

const CONFIG = `
interfaces: lan0
conflict-probe: off
lease-time: 1h
subnets:
  - subnet: 10.77.0.0/16
    relays: 10.77.0.2
    pools: 10.77.1.0-10.77.250.255
`;

const KILLS = Number(Deno.env.get("SUBLET_KILLS") ?? 5);
const SECONDS_PER_KILL = 8;
const EXCHANGES_PER_SECOND = 2_000;
const CLIENTS = 30_000;
/** The kill comes within this after the first ACK. */
const LOAD_MS = 400;

/** The holder of each address, as the server says. */
async function holders(scene: Scene): Promise<Map<string, string>> {
  const leases: { address: string; mac: string }[] = JSON.parse(await curl(scene, "/leases"));
  return new Map(leases.map(({ address, mac }) => [address, mac]));
}

function isAck({ sourcePort, payload }: CapturedDatagram): boolean {
  if (sourcePort !== 67) return false;
  const packet = parsePacket(payload);
  return packet.op === 2 && messageType(packet) === ACK;
}

/** Starts a server, loads it and kills it; adds what was acknowledged to `acked`, and counts it. */
async function killUnderLoad(
  scene: Scene,
  round: number,
  afterMs: number,
  acked: Map<string, string>,
): Promise<number> {
  const server = await startServer(scene, CONFIG);
  const capture = await startCapture(scene, "clients", "eth0", `round-${round}`);
  const load = [
    "-r",
    `${EXCHANGES_PER_SECOND}`,
    "-R",
    `${CLIENTS}`,
    "-p",
    "5",
    "-b",
    `mac=02:00:00:${round.toString(16).padStart(2, "0")}:00:00`,
  ];
  const perfdhcp = scene.start("clients", "perfdhcp", ["perfdhcp", "-4", ...load, SERVER]);
  await capture.waitFor("the first ACK", isAck);
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  await server.kill();
  await perfdhcp.kill();
  let ackCount = 0;
  for (const { payload } of (await capture.end()).filter(isAck)) {
    const reply = parsePacket(payload);
    const other = acked.get(reply.yiaddr) ?? reply.mac;
    assert.equal(other, reply.mac, `${reply.yiaddr} was given twice`);
    acked.set(reply.yiaddr, reply.mac);
    ackCount++;
  }
  return ackCount;
}

sceneTest(
  `SIGKILL at ${KILLS} random moments under perfdhcp's load: every ACK on the wire is known after`,
  {
    cables: [LAN],
    needs: ["perfdhcp", "tcpdump", "curl"],
    secondsMax: 30 + KILLS * SECONDS_PER_KILL,
  },
  async (scene) => {
    const random = createRandom(KILLS);
    const acked = new Map<string, string>();
    let ackCount = 0;
    for (let round = 1; round <= KILLS; round++) {
      const acks = await killUnderLoad(scene, round, random.integer(0, LOAD_MS), acked);
      assert.ok(acks > 0, "there was load");
      ackCount += acks;
    }
    await startServer(scene, CONFIG);
    const known = await holders(scene);
    const lost = [...acked].filter(([address, mac]) => known.get(address) !== mac);
    assert.deepEqual(lost, []);
    console.log(`${KILLS} kills, ${ackCount} ACKs of ${acked.size} leases, none lost`);
  },
);
