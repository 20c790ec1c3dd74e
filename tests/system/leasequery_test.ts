/** An access concentrator asks for the lease of a real client (RFC 4388). */
import assert from "node:assert/strict";
import { udhcpc } from "../support/dhcp_clients.ts";
import { messageType, option, type Packet, type PacketOption } from "../support/dhcp_packets.ts";
import type { Cable } from "../support/netns.ts";
import { RelayAgent } from "../support/relay_agent.ts";
import { sceneTest } from "../support/scene.ts";
import { startServer } from "../support/sublet_server.ts";

const SERVER = "10.77.0.1";
const LEASEQUERY = 10;
const LEASEUNKNOWN = 12;
const LEASEACTIVE = 13;

const LAN: Cable = [
  { node: "server", name: "lan0", addresses: [`${SERVER}/24`] },
  { node: "client", name: "eth0" },
  { node: "others", name: "eth0", addresses: ["10.77.0.2/24", "10.77.0.3/24"] },
];

const CONFIG = `
interfaces: lan0
lease-time: 1h
leasequery: { allow: 10.77.0.2 }
subnets:
  - { subnet: 10.77.0.0/24, pools: 10.77.0.100-10.77.0.199 }
`;

sceneTest(
  "a listed asker learns of a lease by address, MAC and client identifier, another one nothing, " +
    "and the server knows as much after it was killed",
  { cables: [LAN], needs: ["udhcpc", "curl"] },
  async (scene) => {
    let server = await startServer(scene, CONFIG);
    const client = await udhcpc(scene, "client", "eth0");
    client.start();
    const { address } = await client.next(["bound"]);
    const mac = JSON.parse(await scene.wire.exec("client", "ip", "-j", "link", "show", "eth0"))[0]
      .address as string;
    const clientId = Uint8Array.from([1, ...mac.split(":").map((octet) => parseInt(octet, 16))]);

    const asker = await RelayAgent.plug(scene, "others", "10.77.0.2", SERVER);
    const query = (
      fields: Partial<Packet> & { mac?: string },
      options: readonly PacketOption[] = [],
    ) => asker.ask({ type: LEASEQUERY, mac: "00:00:00:00:00:00", ...fields, options });
    const assertKnown = async () => {
      const found = [
        await query({ ciaddr: address }),
        await query({ mac }),
        await query({}, [[61, clientId]]),
      ];
      for (const packet of found) {
        assert.equal(messageType(packet), LEASEACTIVE);
        assert.deepEqual([packet.ciaddr, packet.mac], [address, mac]);
        const left = new DataView(option(packet, 51)!.slice().buffer).getUint32(0);
        assert(3_400 < left && left <= 3_600, `${left} s left`);
      }
    };
    await assertKnown();
    assert.equal(messageType(await query({ mac: "02:00:00:00:00:99" })), LEASEUNKNOWN);
    await server.says(new RegExp(`LEASEQUERY -> LEASEACTIVE ${address} \\(lease-active\\) via`));

    const stranger = await RelayAgent.plug(scene, "others", "10.77.0.3", SERVER);
    assert.equal(
      await stranger.askInVain({ type: LEASEQUERY, mac, ciaddr: address, options: [] }),
      undefined,
    );
    await server.says(/LEASEQUERY -> silence \(leasequery-not-allowed\) via 10\.77\.0\.3/);

    await server.kill();
    server = await startServer(scene, CONFIG);
    await assertKnown();
  },
);
