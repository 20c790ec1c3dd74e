/**
 * What real clients understand of the options that are hard to put into octets: search domains that
 * are compressed (RFC 3397), classless routes (RFC 3442), and what did not fit and so stands in the
 * fields `file` and `sname` (RFC 2132 §9.3).
 */
import assert from "node:assert/strict";
import { startCapture } from "../support/capture.ts";
import { type ClientMaker, dhclient, dhcpcd, udhcpc } from "../support/dhcp_clients.ts";
import { ACK, messageType, option, parsePacket } from "../support/dhcp_packets.ts";
import type { Cable } from "../support/netns.ts";
import { sceneTest } from "../support/scene.ts";
import { startServer } from "../support/sublet_server.ts";

const LAN: Cable = [
  { node: "server", name: "lan0", addresses: ["10.77.0.1/24"] },
  { node: "client", name: "eth0" },
];

/** Names with little in common, so that compression does not make them short. */
const LONG = ["a", "b"].map((letter) => `${letter.repeat(45)}.example`);
const SERVERS = Array.from({ length: 10 }, (_, i) => `10.77.0.${10 + i}`);
/** Together with these and the rest, more than the 308 octets that every client accepts. */
const LONG_DOMAIN = `${"n".repeat(60)}.${"m".repeat(40)}.test`;

const ROUTES = "[{ to: 10.0.0.0/8, via: 10.77.0.2 }, { to: 192.0.2.64/26, via: 10.77.0.3 }, " +
  "{ to: default, via: 10.77.0.1 }]";

function config(search: readonly string[], domain = "home.test"): string {
  return `
interfaces: lan0
conflict-probe: off
options:
  domain-name: ${domain}
  domain-name-servers: [${SERVERS.join(", ")}]
  domain-search: [${search.join(", ")}]
  classless-static-route: ${ROUTES}
subnets:
  - { subnet: 10.77.0.0/24, pools: 10.77.0.100-10.77.0.199 }
`;
}

/** A client, how it is made to ask for them, and its names for them. */
interface Understanding {
  readonly name: string;
  readonly make: ClientMaker;
  readonly ask: readonly string[];
  readonly search: string;
  readonly routes: string;
  /** The routes as it writes them. */
  readonly written: string;
}

const UNDERSTANDINGS: readonly Understanding[] = [
  {
    name: "udhcpc",
    make: udhcpc,
    ask: ["-O", "search", "-O", "staticroutes"],
    search: "search",
    routes: "staticroutes",
    written: "10.0.0.0/8 10.77.0.2 192.0.2.64/26 10.77.0.3 0.0.0.0/0 10.77.0.1",
  },
  {
    name: "dhclient",
    make: dhclient,
    ask: [],
    search: "new_domain_search",
    routes: "new_rfc3442_classless_static_routes",
    written: "8 10 10 77 0 2 26 192 0 2 64 10 77 0 3 0 10 77 0 1",
  },
  {
    name: "dhcpcd",
    make: dhcpcd,
    ask: ["-o", "domain_search,classless_static_routes"],
    search: "new_domain_search",
    routes: "new_classless_static_routes",
    written: "10.0.0.0/8 10.77.0.2 192.0.2.64/26 10.77.0.3 0.0.0.0/0 10.77.0.1",
  },
];

for (const { name, make, ask, search, routes, written } of UNDERSTANDINGS) {
  const needs = { cables: [LAN], needs: [name, "curl"] };
  sceneTest(
    `${name} reads search domains (119) and classless routes (121)`,
    needs,
    async (scene) => {
      const domains = ["home.test", "lab.home.test", "x.lab.home.test"];
      await startServer(scene, config(domains));
      const client = await make(scene, "client", "eth0", ask);
      client.start();
      await client.next(["bound", "BOUND"]);
      const told = await client.told();
      assert.equal(told.get(search)?.replaceAll(/\.(?= |$)/g, ""), domains.join(" "));
      assert.equal(told.get(routes), written);
    },
  );
}

for (const { name, make, ask, search, routes, written } of UNDERSTANDINGS) {
  // dhcpcd accepts messages of the whole link, so nothing has to go elsewhere for it.
  if (name === "dhcpcd") continue;
  const needs = { cables: [LAN], needs: [name, "curl", "tcpdump"] };
  sceneTest(`${name} reads what stands in file and sname (52, overload)`, needs, async (scene) => {
    await startServer(scene, config(LONG, LONG_DOMAIN));
    const capture = await startCapture(scene, "client", "eth0");
    const client = await make(scene, "client", "eth0", ask);
    client.start();
    const { dns, domain } = await client.next(["bound", "BOUND"]);
    assert.deepEqual([dns, domain], [SERVERS.join(" "), LONG_DOMAIN]);
    const { payload } = await capture.waitFor(
      "the ACK",
      (it) => it.sourcePort === 67 && messageType(parsePacket(it.payload)) === ACK,
    );
    assert.ok(option(parsePacket(payload), 52) !== undefined, "it did not fit into the options");
    assert.ok(payload.length <= 548, `${payload.length} octets`);
    const told = await client.told();
    assert.equal(told.get(search)?.replaceAll(/\.(?= |$)/g, ""), LONG.join(" "));
    assert.equal(told.get(routes), written);
  });
}
