/** TFTP servers of others beside Sublet, as docs/TFTP.md has them. */
import assert from "node:assert/strict";
import { udhcpc } from "../support/dhcp_clients.ts";
import type { Cable } from "../support/netns.ts";
import { until } from "../support/program.ts";
import { sceneTest } from "../support/scene.ts";
import { startServer } from "../support/sublet_server.ts";

const SERVER = "10.77.0.2";
const CABLES: readonly Cable[] = [[
  { node: "server", name: "lan0", addresses: [`${SERVER}/24`] },
  { node: "client", name: "eth0" },
]];

const CONFIG = `
interfaces: lan0
conflict-probe: off
boot: { boot-file: hello.bin }
subnets: [{ subnet: 10.77.0.0/24, pools: 10.77.0.100 }]
`;

const PAGE = Deno.readTextFileSync(new URL("../../docs/TFTP.md", import.meta.url));

/** The command of the page that begins with the program, with files of another directory. */
function commandOf(program: string, directory: string): readonly string[] {
  const line = PAGE.split("\n").find((line) => line.startsWith(`${program} `));
  assert(line !== undefined, `docs/TFTP.md has a command with ${program}`);
  return line.replace("/srv/tftp", directory).split(" ");
}

for (const program of ["dnsmasq", "in.tftpd"]) {
  const what = `${program} beside Sublet: a client loads the file that it is told`;
  sceneTest(what, { cables: CABLES, needs: [program, "udhcpc", "curl"] }, async (scene) => {
    const directory = `${scene.directory}/tftp`;
    await Deno.mkdir(directory, { mode: 0o755 });
    await Deno.chmod(scene.directory, 0o755);
    await Deno.writeTextFile(`${directory}/hello.bin`, "it boots\n");
    await Deno.chmod(`${directory}/hello.bin`, 0o644);
    scene.start("server", program, [...commandOf(program, directory)]);
    await startServer(scene, CONFIG);
    const client = await udhcpc(scene, "client", "eth0");
    client.start();
    await client.next(["bound"]);
    const told = await client.told();
    const url = `tftp://${told.get("siaddr")}/${told.get("boot_file")}`;
    assert.equal(url, `tftp://${SERVER}/hello.bin`);
    const loaded = await until(
      "the TFTP server",
      10_000,
      () => scene.wire.exec("client", "curl", "-s", "--max-time", "5", url).catch(() => undefined),
    );
    assert.equal(loaded, "it boots\n");
  });
}
