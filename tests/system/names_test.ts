/** Names of real clients, in the name servers that people have: BIND and dnsmasq. */
import assert from "node:assert/strict";
import { dhclient, dhcpcd, type RealClient, udhcpc } from "../support/dhcp_clients.ts";
import { dig, KEY_NAME, KEY_SECRET, startBind, untilDig } from "../support/name_server.ts";
import type { Cable } from "../support/netns.ts";
import { until } from "../support/program.ts";
import { type Scene, sceneTest } from "../support/scene.ts";
import { configText, curl, journalFile, startServer } from "../support/sublet_server.ts";

const LAN: Cable = [
  { node: "server", name: "lan0", addresses: ["10.77.0.1/24"] },
  { node: "first", name: "eth0" },
  { node: "second", name: "eth0" },
  { node: "third", name: "eth0" },
];
const ZONES = { zone: "home.arpa", reverseZone: "0.77.10.in-addr.arpa" };
const BOUND = ["bound", "BOUND"];

const SUBNETS = `
interfaces: lan0
subnets:
  - subnet: 10.77.0.0/24
    pools: 10.77.0.100-10.77.0.199
`;

function dnsUpdate(rest = ""): string {
  return `${SUBNETS}
names:
  domain: home.arpa
  dns-update:
    server: 127.0.0.1
    zones: [home.arpa, 0.77.10.in-addr.arpa]
    key: { name: ${KEY_NAME}, secret: "${KEY_SECRET}" }
${rest}`;
}

async function bind(client: RealClient): Promise<string> {
  client.start();
  return (await client.next(BOUND)).address;
}

/** The name that an address has by the newest line of the journal. */
async function journalName(scene: Scene, address: string): Promise<string> {
  const lines = (await Deno.readTextFile(journalFile(scene))).trim().split("\n").slice(1)
    .flatMap((line) => line === "" ? [] : [JSON.parse(line)]);
  return lines.findLast((line) => line.address === address).name;
}

const NEEDS = ["named", "dig", "udhcpc", "dhclient", "dhcpcd", "curl"];

const LIFE = "BIND: clients get records both ways, of two with one name the second has a suffix, " +
  "and a release takes them out";
sceneTest(LIFE, { cables: [LAN], needs: NEEDS, secondsMax: 150 }, async (scene) => {
  await startBind(scene, ZONES);
  const server = await startServer(scene, dnsUpdate());
  const options = ["-x", "hostname:pi", "-F", "pi"];
  const first = await udhcpc(scene, "first", "eth0", options);
  const firstAddress = await bind(first);
  await untilDig(scene, ["pi.home.arpa", "A"], firstAddress);
  await untilDig(scene, ["-x", firstAddress], "pi.home.arpa.");
  assert.match(await dig(scene, "pi.home.arpa", "DHCID"), /^AAE/, "RFC 4701: of a client-id");
  assert.equal(await journalName(scene, firstAddress), "pi.home.arpa");

  const second = await dhcpcd(scene, "second", "eth0", ["-h", "pi", "-F", "both"]);
  const secondAddress = await bind(second);
  await untilDig(scene, ["pi-2.home.arpa", "A"], secondAddress);
  await untilDig(scene, ["-x", secondAddress], "pi-2.home.arpa.");
  assert.equal(await dig(scene, "pi.home.arpa", "A"), firstAddress);

  const fqdn = await scene.file(
    "fqdn.conf",
    `send fqdn.fqdn "tau.elsewhere.test."; send fqdn.encoded on; send fqdn.server-update on;
timeout 20; retry 1; initial-interval 1; initial-delay 0; select-timeout 0;
`,
  );
  const third = await dhclient(scene, "third", "eth0", ["-cf", fqdn]);
  const thirdAddress = await bind(third);
  await untilDig(scene, ["tau.home.arpa", "A"], thirdAddress);

  await first.release();
  await untilDig(scene, ["pi.home.arpa", "A"], "");
  await untilDig(scene, ["pi.home.arpa", "DHCID"], "");
  await untilDig(scene, ["-x", firstAddress], "");
  assert.equal(await dig(scene, "pi-2.home.arpa", "A"), secondAddress);

  const status = JSON.parse(await curl(scene, "/status")).names["dns-update"];
  assert.deepEqual([status.pending, status.conflicts, status.problem], [0, 0, undefined]);
  const told = [await curl(scene, "/"), await curl(scene, "/status"), server.output].join();
  assert(!told.includes(KEY_SECRET), "nobody is shown the secret");
});

const RESERVED = "BIND and the hosts file: names of reservations are there before their clients, " +
  "stay after them, and go with the reservation";
sceneTest(RESERVED, { cables: [LAN], needs: NEEDS, secondsMax: 150 }, async (scene) => {
  await startBind(scene, ZONES);
  const mac = (await scene.wire.exec("first", "cat", "/sys/class/net/eth0/address")).trim();
  const other = "02:00:00:00:77:77";
  const hosts = `${scene.directory}/names/hosts`;
  const config = (...reservations: string[]) =>
    dnsUpdate(`  hosts-file: ${hosts}\n  hosts-file-names: both\n`).replace(
      "subnets:\n",
      "conflict-probe: off\nsubnets:\n",
    ).replace(
      "\nnames:",
      ["    reservations:", ...reservations, "\nnames:"].join("\n"),
    );
  const nas = `      - { mac: "${mac}", address: 10.77.0.9, hostname: nas }`;
  const cam = `      - { mac: "${other}", address: 10.77.0.8, hostname: cam }`;
  const server = await startServer(scene, config(nas, cam));
  await untilDig(scene, ["nas.home.arpa", "A"], "10.77.0.9");
  await untilDig(scene, ["-x", "10.77.0.9"], "nas.home.arpa.");
  await untilDig(scene, ["cam.home.arpa", "A"], "10.77.0.8");
  assert.match(await Deno.readTextFile(hosts), /^10\.77\.0\.9\tnas\.home\.arpa nas$/m);

  const first = await udhcpc(scene, "first", "eth0", ["-x", "0x3d:ff010203"]);
  assert.equal(await bind(first), "10.77.0.9");
  await until("no more to be done", 20_000, async () => {
    const { pending, conflicts } = JSON.parse(await curl(scene, "/status")).names["dns-update"];
    assert.equal(conflicts, 0, "the name is the machine's, whatever its client-id");
    return pending === 0 || undefined;
  });
  await first.release();
  await server.says(/RELEASE/);
  assert.equal(await dig(scene, "nas.home.arpa", "A"), "10.77.0.9");

  await scene.file("sublet.yaml", configText(scene, config(nas)));
  server.signal("SIGHUP");
  await untilDig(scene, ["cam.home.arpa", "A"], "");
  await untilDig(scene, ["nas.home.arpa", "A"], "10.77.0.9");
});

const FOREIGN = "BIND: a record that a person made is left alone, and the conflict is told " +
  "(RFC 4703 §5.3)";
sceneTest(FOREIGN, { cables: [LAN], needs: NEEDS }, async (scene) => {
  await startBind(scene, { ...ZONES, records: "nas A 10.77.0.9\n" });
  const server = await startServer(scene, dnsUpdate());
  const address = await bind(await udhcpc(scene, "first", "eth0", ["-x", "hostname:nas"]));
  await server.says(/nas\.home\.arpa is somebody else's in DNS/);
  assert.equal(await dig(scene, "nas.home.arpa", "A"), "10.77.0.9");
  assert.equal(await dig(scene, "-x", address), "");
});

const AWAY =
  "BIND: while it is away leases are given as ever; what it missed, even over a restart " +
  "of this server, it is told when it is back";
sceneTest(AWAY, { cables: [LAN], needs: NEEDS, secondsMax: 150 }, async (scene) => {
  const named = await startBind(scene, ZONES);
  const server = await startServer(scene, dnsUpdate());
  const first = await udhcpc(scene, "first", "eth0", ["-x", "hostname:pi"]);
  const firstAddress = await bind(first);
  await untilDig(scene, ["pi.home.arpa", "A"], firstAddress);
  await named.kill();

  const second = await udhcpc(scene, "second", "eth0", ["-x", "hostname:tau"]);
  const secondAddress = await bind(second);
  await server.says(/the name server 127\.0\.0\.1:53 is not told names/);
  const again = await startBind(scene, ZONES);
  await untilDig(scene, ["tau.home.arpa", "A"], secondAddress);
  await server.says(/the name server 127\.0\.0\.1:53 answers again/);

  await again.kill();
  await first.release();
  await server.says(/RELEASE -> released/);
  await server.kill();
  await startBind(scene, ZONES);
  assert.equal(await dig(scene, "pi.home.arpa", "A"), firstAddress, "nobody has told it yet");
  await startServer(scene, dnsUpdate());
  await untilDig(scene, ["pi.home.arpa", "A"], "");
  await untilDig(scene, ["-x", firstAddress], "");
  await untilDig(scene, ["tau.home.arpa", "A"], secondAddress);
});

const WRONG_KEY = "BIND: a secret that is another is told once, and no client waits for it";
sceneTest(WRONG_KEY, { cables: [LAN], needs: NEEDS }, async (scene) => {
  await startBind(scene, ZONES);
  await scene.file("secret", `${"B".repeat(43)}=\n`, 0o600);
  const keyed = dnsUpdate().replace(/secret: "[^"]*"/, "secret-file: secret");
  const server = await startServer(scene, keyed);
  await bind(await udhcpc(scene, "first", "eth0", ["-x", "hostname:pi"]));
  await server.says(/it refuses the signature \(BADSIG/);
  assert.equal(await dig(scene, "pi.home.arpa", "A"), "");
});

const HOSTS = "dnsmasq: resolves the names of the hosts file both ways, and follows it unsignalled";
const HOSTS_NEEDS = ["dnsmasq", "dig", "udhcpc", "curl"];
sceneTest(HOSTS, { cables: [LAN], needs: HOSTS_NEEDS }, async (scene) => {
  const hosts = `${scene.directory}/hosts`;
  await Deno.mkdir(hosts);
  await Deno.chmod(scene.directory, 0o755);
  const server = await startServer(
    scene,
    `${SUBNETS}names: { domain: home.arpa, hosts-file: hosts/sublet, hosts-file-interval: 1s }\n`,
  );
  scene.start("server", "dnsmasq", [
    ...["dnsmasq", "--keep-in-foreground", "--no-resolv", "--no-hosts", "--user=root"],
    ...["--conf-file=/dev/null", "--pid-file", "--listen-address=127.0.0.1", "--bind-interfaces"],
    ...[`--hostsdir=${hosts}`, "--log-facility=-"],
  ]);
  const first = await udhcpc(scene, "first", "eth0", ["-x", "hostname:pi"]);
  const address = await bind(first);
  await untilDig(scene, ["pi.home.arpa", "A"], address);
  await untilDig(scene, ["-x", address], "pi.home.arpa.");
  const second = await udhcpc(scene, "second", "eth0", ["-x", "hostname:pi"]);
  await untilDig(scene, ["pi-2.home.arpa", "A"], await bind(second));
  await first.release();
  await untilDig(scene, ["pi.home.arpa", "A"], "");
  const file = JSON.parse(await curl(scene, "/status")).names["hosts-file"];
  assert.deepEqual(file, { path: `${hosts}/sublet`, names: 1 });
  server.signal("SIGTERM");
  await server.ends();
  assert.deepEqual(Array.from(Deno.readDirSync(hosts), ({ name }) => name), ["sublet"]);
});
