/** Real clients told apart by what they send. */
import assert from "node:assert/strict";
import { dhcpcd, udhcpc } from "../support/dhcp_clients.ts";
import type { Cable } from "../support/netns.ts";
import { sceneTest } from "../support/scene.ts";
import { journalFile, readStatus, startServer } from "../support/sublet_server.ts";

const LAN: Cable = [
  { node: "server", name: "lan0", addresses: ["10.77.0.1/24"] },
  { node: "phone", name: "eth0" },
];

const CONFIG = `
interfaces: lan0
conflict-probe: off
classes:
  - name: phones
    match: { vendor-class: "Cisco*7960" }
    lease-time: 1d
    options: { domain-name: phones.test }
  - { name: blocked, match: { vendor-class: blocked }, deny: true }
subnets:
  - subnet: 10.77.0.0/24
    options: { domain-name: lan.test }
    pools:
      - { range: 10.77.0.10-10.77.0.19, only: phones }
      - 10.77.0.100-10.77.0.199
`;

/** Each client, how it reports a lease, and how it is told its vendor class. */
const CLIENTS = [
  ["udhcpc", udhcpc, "bound", (vendor: string) => ["-V", vendor]],
  ["dhcpcd", dhcpcd, "BOUND", (vendor: string) => ["-i", `'${vendor}'`]],
] as const;

for (const [name, client, bound, withVendor] of CLIENTS) {
  sceneTest(
    `${name}: classes by vendor class (RFC 2132 §9.13)`,
    { cables: [LAN], needs: [name, "curl"] },
    async (scene) => {
      const server = await startServer(scene, CONFIG);
      const phone = await client(scene, "phone", "eth0", withVendor("Cisco IP Phone 7960"));
      phone.start();
      const lease = await phone.next([bound]);
      assert.match(lease.address, /^10\.77\.0\.1\d$/);
      assert.equal(lease.domain, "phones.test");
      await server.says(new RegExp(`ACK ${lease.address} 1d \\(outstanding-offer\\) class phones`));
      await phone.kill();

      const other = await client(scene, "phone", "eth0", withVendor("something else"));
      other.start();
      // The server knows it by the address of before, which is not for it any more.
      const { address, domain } = await other.next([bound]);
      assert.match(address, /^10\.77\.0\.1\d\d$/);
      assert.equal(domain, "lan.test");
      await other.kill();

      const blocked = await client(scene, "phone", "eth0", withVendor("blocked"));
      blocked.start();
      await server.says(/DISCOVER -> silence \(denied\) class blocked/);
      assert((await readStatus(scene)).counters.rules["denied"]! > 0);
    },
  );
}

const WIRE: Cable = [
  { node: "server", name: "lan0", addresses: ["10.77.0.1/24"] },
  { node: "phone", name: "eth0" },
];
const SECOND_WIRE: Cable = [
  { node: "server", name: "lan1", addresses: ["10.77.1.1/24"] },
  { node: "other", name: "eth0" },
];

const LIMITED = `
interfaces: [lan0, lan1]
conflict-probe: off
classes:
  - { name: phones, match: { vendor-class: phone }, limit: 1 }
subnets:
  - { subnet: 10.77.0.0/24, pools: 10.77.0.100-10.77.0.199 }
  - { subnet: 10.77.1.0/24, pools: 10.77.1.100-10.77.1.199 }
`;

sceneTest(
  "a limit is held after the server was killed, and whoever renews is not cut off",
  { cables: [WIRE, SECOND_WIRE], needs: ["udhcpc", "curl"] },
  async (scene) => {
    const interfaces = ["lan0", "lan1"];
    const first = await startServer(scene, LIMITED, { interfaces });
    const phone = await udhcpc(scene, "phone", "eth0", ["-V", "phone"]);
    phone.start();
    const { address } = await phone.next(["bound"]);
    await first.kill();
    const journal = await Deno.readTextFile(journalFile(scene));
    assert.match(journal, new RegExp(`"${address}".*"classes":\\["phones"\\]`));

    const second = await startServer(scene, LIMITED, { interfaces });
    const other = await udhcpc(scene, "other", "eth0", ["-V", "phone"]);
    other.start();
    await second.says(/lan1 .* DISCOVER -> silence \(limit-reached: class phones\) class phones/);
    await phone.renew();
    assert.equal((await phone.next(["renew"])).address, address);
    await phone.release();
    // There is room now, and the client of the other wire asks on.
    assert.match((await other.next(["bound"])).address, /^10\.77\.1\./);
  },
);
