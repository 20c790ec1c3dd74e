/** A real client that asks for its lease at once (RFC 4039). */
import assert from "node:assert/strict";
import { startCapture } from "../support/capture.ts";
import { dhcpcd } from "../support/dhcp_clients.ts";
import { ACK, DISCOVER, messageType, option, parsePacket } from "../support/dhcp_packets.ts";
import type { Cable } from "../support/netns.ts";
import { sceneTest } from "../support/scene.ts";
import { journalFile, startServer } from "../support/sublet_server.ts";

const LAN: Cable = [
  { node: "server", name: "lan0", addresses: ["10.77.0.1/24"] },
  { node: "client", name: "eth0" },
];

const CONFIG = `
interfaces: lan0
rapid-commit: true
subnets:
  - { subnet: 10.77.0.0/24, pools: 10.77.0.100-10.77.0.199 }
`;

sceneTest(
  "dhcpcd gets a lease with two messages, and it is in the journal (RFC 4039 §3)",
  { cables: [LAN], needs: ["dhcpcd", "curl", "tcpdump"] },
  async (scene) => {
    const server = await startServer(scene, CONFIG);
    const capture = await startCapture(scene, "server", "lan0");
    const client = await dhcpcd(scene, "client", "eth0", ["-o", "rapid_commit"]);
    client.start();
    const { address } = await client.next(["BOUND"]);
    await server.says(new RegExp(`DISCOVER -> ACK ${address} 12h \\(free-address\\)`));
    assert.match(await Deno.readTextFile(journalFile(scene)), new RegExp(`"${address}"`));

    const [asked, answered] = [
      await capture.waitFor(
        "the DISCOVER",
        ({ payload }) => messageType(parsePacket(payload)) === DISCOVER,
      ),
      await capture.waitFor("the ACK", ({ payload }) => messageType(parsePacket(payload)) === ACK),
    ].map(({ payload }) => parsePacket(payload));
    assert.equal(answered!.xid, asked!.xid);
    for (const packet of [asked, answered]) {
      assert.deepEqual(option(packet!, 80), new Uint8Array(0));
    }
    assert.doesNotMatch(server.output, /SELECTING|OFFER/);
  },
);
