/** Another DHCP server on the wire, as people have them: found, told of, and shown. */
import assert from "node:assert/strict";
import { ACK, messageType } from "../support/dhcp_packets.ts";
import type { Cable } from "../support/netns.ts";
import { until } from "../support/program.ts";
import { clientMac, RelayAgent } from "../support/relay_agent.ts";
import { type Scene, sceneTest } from "../support/scene.ts";
import { configText, curl, readStatus, startServer } from "../support/sublet_server.ts";

const SERVER = "10.77.0.1";
const ROGUE = "10.77.0.66";
const AGENT = "10.77.0.2";

const LAN: Cable = [
  { node: "server", name: "lan0", addresses: [`${SERVER}/24`] },
  { node: "rogue", name: "eth0", addresses: [`${ROGUE}/24`] },
  { node: "agent", name: "eth0", addresses: [`${AGENT}/24`] },
];

const CONFIG = `
interfaces: lan0
conflict-probe: off
user: nobody
rogue-detection: { interval: 10s }
subnets:
  - subnet: 10.77.0.0/24
    relays: 10.77.0.2
    pools: 10.77.0.100-10.77.0.199
`;

async function startDnsmasq(scene: Scene): Promise<void> {
  const dnsmasq = scene.start("rogue", "dnsmasq", [
    ...["dnsmasq", "--no-daemon", "--port=0", "--conf-file=/dev/null", "--log-dhcp", "--no-ping"],
    "--dhcp-authoritative",
    "--dhcp-range=10.77.0.200,10.77.0.210,5m",
    `--dhcp-leasefile=${scene.directory}/dnsmasq`,
  ]);
  await dnsmasq.says(/DHCP, IP range/);
}

async function startUdhcpd(scene: Scene): Promise<void> {
  const { directory } = scene;
  await Deno.writeTextFile(`${directory}/udhcpd.leases`, "");
  const config = await scene.file(
    "udhcpd.conf",
    `start 10.77.0.200\nend 10.77.0.210\ninterface eth0\nlease_file ${directory}/udhcpd.leases\n` +
      `pidfile ${directory}/udhcpd.pid\noption subnet 255.255.255.0\n`,
  );
  const udhcpd = scene.start("rogue", "udhcpd", ["udhcpd", "-f", config]);
  await udhcpd.says(/started/);
}

const ROGUES = [["dnsmasq", startDnsmasq], ["udhcpd", startUdhcpd]] as const;

for (const [name, startRogue] of ROGUES) {
  const title = `${name} on the wire is found by a server that is confined, and takes no address`;
  sceneTest(title, { cables: [LAN], needs: [name, "curl"] }, async (scene) => {
    await Deno.chmod(scene.directory, 0o777);
    await startRogue(scene);
    const server = await startServer(scene, CONFIG);
    const mac = (await scene.wire.exec("rogue", "cat", "/sys/class/net/eth0/address")).trim();
    await server.says(
      new RegExp(
        `lan0: another DHCP server, ${ROGUE} at ${mac} answers clients here, too, and offers`,
      ),
      30_000,
    );
    const status = await readStatus(scene);
    const [rogue, ...others] = status["other-servers"];
    assert.deepEqual(others, []);
    const { server: identifier, offered = "", present } = rogue!;
    assert.deepEqual([identifier, rogue!.mac, rogue!.interface, present], [
      ROGUE,
      mac,
      "lan0",
      true,
    ]);
    assert.match(offered, /^10\.77\.0\.2\d\d$/);
    assert.match(rogue!["first-seen"], /^20\d\d-\d\d-\d\dT.*Z$/);
    const page = await curl(scene, "/");
    assert.match(page, new RegExp(`clients hear other DHCP servers, too: ${ROGUE} on lan0`));
    assert.match(
      page,
      new RegExp(`other servers +at +on +offers +last seen\n${ROGUE} +${mac} +lan0`),
    );
    const metrics = await curl(scene, "/metrics");
    const labels = `{interface="lan0",server="${ROGUE}",mac="${mac}"}`;
    assert.ok(metrics.includes(`sublet_rogue_server_present${labels} 1\n`), metrics);

    // Clients are served meanwhile, and the next search is told of no more.
    const agent = await RelayAgent.plug(scene, "agent", AGENT, SERVER);
    assert.equal(messageType(await agent.obtain(clientMac(1))), ACK);
    await until(
      "a second answer",
      30_000,
      async () => (await readStatus(scene))["other-servers"][0]!.answers >= 2 || undefined,
    );
    assert.equal(server.output.match(/another DHCP server/g)!.length, 1);
    const { subnets, counters } = await readStatus(scene);
    assert.deepEqual([subnets[0]!.used, subnets[0]!.free], [1, 99], "its own search took nothing");
    const requests = Object.entries(counters.requests).filter(([, count]) => count > 0);
    assert.deepEqual(Object.fromEntries(requests), { DISCOVER: 1, SELECTING: 1 });
  });
}

sceneTest(
  "once rogue-detection is switched off, the socket that hears other servers is closed",
  { cables: [LAN], needs: ["curl"] },
  async (scene) => {
    const config = CONFIG.replace("user: nobody\n", "");
    const server = await startServer(scene, config);
    /** The header of the table, the socket that frames are sent by, and that of the search. */
    const lines = async (count: number) => {
      const table = await scene.wire.exec("server", "cat", "/proc/net/packet");
      return table.trim().split("\n").length === count || undefined;
    };
    await until("a search", 30_000, () => lines(3));
    await scene.file("sublet.yaml", configText(scene, config.replace(/rogue-detection.*/, "")));
    server.signal("SIGHUP");
    await until("the socket to close", 30_000, () => lines(2));
  },
);
