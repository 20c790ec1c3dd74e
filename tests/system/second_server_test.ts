/** Two servers on one wire: the second gives addresses where the first does not. */
import assert from "node:assert/strict";
import { udhcpc } from "../support/dhcp_clients.ts";
import type { Cable } from "../support/netns.ts";
import { sceneTest } from "../support/scene.ts";
import { startServer } from "../support/sublet_server.ts";

const LAN: Cable = [
  { node: "server", name: "lan0", addresses: ["10.77.0.1/24"] },
  { node: "first", name: "eth0", addresses: ["10.77.0.2/24"] },
  { node: "client", name: "eth0" },
  { node: "late", name: "eth0" },
];

const CONFIG = `
interfaces: lan0
authoritative: false
conflict-probe: off
offer-delay: 2s
subnets: [{ subnet: 10.77.0.0/24, pools: 10.77.0.100-10.77.0.109 }]
`;

const WHAT = "offer-delay: dnsmasq's offer comes first; where it is gone, ours comes";
sceneTest(WHAT, { cables: [LAN], needs: ["dnsmasq", "udhcpc", "curl"] }, async (scene) => {
  const server = await startServer(scene, CONFIG);
  const dnsmasq = scene.start("first", "dnsmasq", [
    ...["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--no-ping"],
    ...["--user=root", "--interface=eth0", "--dhcp-range=10.77.0.200,10.77.0.209,1h"],
    ...[`--dhcp-leasefile=${scene.directory}/dnsmasq.leases`, "--log-facility=-"],
  ]);
  await dnsmasq.says(/started/);
  const client = await udhcpc(scene, "client", "eth0");
  client.start();
  assert.match((await client.next(["bound"])).address, /^10\.77\.0\.20\d$/);
  await server.says(/other-server-chosen/);
  assert.doesNotMatch(server.output, /OFFER/, "nothing is offered any more");

  await dnsmasq.kill();
  const late = await udhcpc(scene, "late", "eth0", ["-t", "10", "-T", "4"]);
  late.start();
  assert.match((await late.next(["bound"])).address, /^10\.77\.0\.10\d$/);
});
