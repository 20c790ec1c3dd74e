/** A relay agent whose requests come in by one interface, and whose route leaves by another. */
import { buildPacket, DISCOVER } from "../support/dhcp_packets.ts";
import type { Cable } from "../support/netns.ts";
import { sceneTest } from "../support/scene.ts";
import { startServer } from "../support/sublet_server.ts";

const CABLES: readonly Cable[] = [
  [
    { node: "server", name: "lan0", addresses: ["10.77.0.1/24"] },
    { node: "relay", name: "up0", addresses: ["10.77.0.2/24"] },
  ],
  [
    { node: "server", name: "wan0", addresses: ["10.78.0.1/24"] },
    { node: "router", name: "eth0", addresses: ["10.78.0.2/24"] },
  ],
];

const CONFIG = `
interfaces: lan0
conflict-probe: off
subnets:
  - { subnet: 10.77.0.0/24 }
  - { subnet: 10.90.0.0/24, relays: 10.90.0.1, pools: 10.90.0.50-10.90.0.60 }
`;

sceneTest(
  "replies to a relay agent whose route leaves by another interface: the log names the two",
  { cables: CABLES },
  async (scene) => {
    const route = ["route", "add", "10.90.0.0/24", "via", "10.78.0.2"];
    await scene.wire.exec("server", "ip", ...route);
    const server = await startServer(scene, CONFIG);
    const port = await scene.udpPort("relay", "10.77.0.2", 67);
    const discover = buildPacket({
      xid: 1,
      mac: "02:00:00:00:00:01",
      giaddr: "10.90.0.1",
      options: [[53, Uint8Array.of(DISCOVER)]],
    });
    port.send(discover, "10.77.0.1", 67);
    await server.says(
      /the relay agent 10\.90\.0\.1 asks by lan0.*but the route to it leaves by wan0/,
      5_000,
    );
  },
);
