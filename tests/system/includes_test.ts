/** A config in several files, while the server runs: it is confined to what the config needs. */
import assert from "node:assert/strict";
import { udhcpc } from "../support/dhcp_clients.ts";
import type { Cable } from "../support/netns.ts";
import { sceneTest } from "../support/scene.ts";
import { readStatus, startServer } from "../support/sublet_server.ts";

const LAN: Cable = [
  { node: "server", name: "lan0", addresses: ["10.77.0.1/24"] },
  { node: "client", name: "eth0" },
];

const WHAT =
  "SIGHUP reads included files again, also those of other directories, and tells which is wrong";
sceneTest(WHAT, { cables: [LAN], needs: ["udhcpc", "curl"] }, async (scene) => {
  const elsewhere = await Deno.makeTempDir();
  try {
    const path = `${elsewhere}/10-lan.yaml`;
    const write = (pool: string) =>
      Deno.writeTextFile(path, `subnets:\n  - { subnet: 10.77.0.0/24, pools: ${pool} }\n`);
    await write("10.77.0.100");
    await Deno.mkdir(`${scene.directory}/more`);
    const server = await startServer(
      scene,
      `interfaces: lan0\nconflict-probe: off\ninclude: [${elsewhere}, more]\n`,
    );
    const client = await udhcpc(scene, "client", "eth0");
    client.start();
    assert.equal((await client.next(["bound"])).address, "10.77.0.100");

    await write("10.77.1.7");
    server.signal("SIGHUP");
    await server.says(/10-lan\.yaml:2:36: pool 10\.77\.1\.7 is not inside the subnet/);

    await write("10.77.0.100-10.77.0.109");
    await scene.file(
      "more/20-more.yaml",
      "subnets: [{ subnet: 10.78.0.0/24, pools: 10.78.0.9 }]\n",
    );
    const before = server.output.length;
    server.signal("SIGHUP");
    await server.says(/reloaded/, 5_000, before);
    const subnets = (await readStatus(scene)).subnets.map(({ subnet }) => subnet);
    assert.deepEqual(subnets, ["10.77.0.0/24", "10.78.0.0/24"]);
  } finally {
    await Deno.remove(elsewhere, { recursive: true });
  }
});
