/** A subnet on an interface that has no address in it, as machines with single addresses have. */
import assert from "node:assert/strict";
import { dhclient, dhcpcd, udhcpc } from "../support/dhcp_clients.ts";
import type { Cable } from "../support/netns.ts";
import { sceneTest } from "../support/scene.ts";
import { startServer } from "../support/sublet_server.ts";

const GATEWAY = "10.255.0.1";
const LAN: Cable = [
  { node: "server", name: "lan0", addresses: [`${GATEWAY}/32`] },
  { node: "client", name: "eth0" },
];
const BOUND = ["bound", "BOUND", "REBOOT"];

/** Every client has its address for itself: what it sends to others goes by the gateway. */
const CONFIG = `
interfaces: lan0
conflict-probe: off
lease-time: { default: 1m, renew: 5% }
subnets:
  - subnet: 192.0.2.0/24
    interface: lan0
    pools: 192.0.2.9
    options:
      subnet-mask: 255.255.255.255
      routers: ${GATEWAY}
      classless-static-route:
        - { to: ${GATEWAY}/32, via: 0.0.0.0 }
        - { to: default, via: ${GATEWAY} }
`;

const REACH = "dhcpcd: an address of its own (/32), and a gateway that is on the link";
sceneTest(REACH, { cables: [LAN], needs: ["dhcpcd", "curl"] }, async (scene) => {
  await scene.wire.exec("server", "ip", "route", "add", "192.0.2.0/24", "dev", "lan0");
  const server = await startServer(scene, CONFIG);
  const client = await dhcpcd(scene, "client", "eth0", ["-o", "classless_static_routes"]);
  client.start();
  const { address } = await client.next(BOUND);
  assert.equal(address, "192.0.2.9");
  const addresses = await scene.wire.exec("client", "ip", "-4", "address", "show", "dev", "eth0");
  assert.match(addresses, /192\.0\.2\.9\/32/);
  // At T1 by unicast, and so over the routes that it was given.
  await server.says(/REQUEST\/RENEWING -> ACK 192\.0\.2\.9/);
  assert.doesNotMatch(server.output, /warning/);
});

for (const [name, make] of [["udhcpc", udhcpc], ["dhclient", dhclient]] as const) {
  const what = `${name}: a lease where the interface has no address in the subnet`;
  sceneTest(what, { cables: [LAN], needs: [name, "curl"] }, async (scene) => {
    const server = await startServer(scene, CONFIG);
    const client = await make(scene, "client", "eth0");
    client.start();
    assert.equal((await client.next(BOUND)).address, "192.0.2.9");
    await server.says(/SELECTING -> ACK 192\.0\.2\.9/);
    assert.doesNotMatch(server.output, /no subnet of the config has its address/);
  });
}
