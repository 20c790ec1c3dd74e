/** Machines that boot from the network, as real clients and by what is really on the wire. */
import assert from "node:assert/strict";
import { startCapture } from "../support/capture.ts";
import { udhcpc } from "../support/dhcp_clients.ts";
import {
  ACK,
  buildPacket,
  DISCOVER,
  messageType,
  octets,
  OFFER,
  option,
  type Packet,
  type PacketOption,
  parsePacket,
  REQUEST,
} from "../support/dhcp_packets.ts";
import type { Cable } from "../support/netns.ts";
import { until } from "../support/program.ts";
import { type Scene, sceneTest } from "../support/scene.ts";
import { readStatus, startServer } from "../support/sublet_server.ts";
import type { UdpPort } from "../support/udp_port.ts";

const SERVER = "10.77.0.2";
const ROUTER = "10.77.0.1";
const MAC = "02:00:00:00:00:99";
const text = (value: string) => new TextEncoder().encode(value);

/** What firmware says of itself (RFC 4578). */
function firmware(scheme: string, architecture: number): PacketOption[] {
  const number = String(architecture).padStart(5, "0");
  return [
    [55, Uint8Array.of(1, 3, 43, 54, 60, 66, 67, 97)],
    [93, Uint8Array.of(0, architecture)],
    [94, Uint8Array.of(1, 3, 16)],
    [97, Uint8Array.from({ length: 17 }, (_, i) => i)],
    [60, text(`${scheme}Client:Arch:${number}:UNDI:003016`)],
  ];
}

const BOOT = `
boot:
  bios: undionly.kpxe
  uefi-x64: ipxe.efi
  http-x64: http://10.77.0.4/ipxe.efi
  next-server: 10.77.0.4
  server-name: boot.home.arpa
`;

/** What a client told a script of its own, one `NAME=value` a line. */
async function environmentOf(scene: Scene, command: readonly string[]): Promise<string> {
  const file = `${scene.directory}/environment`;
  const script = await scene.file("dump.sh", `#!/bin/sh\nenv >> ${file}\n`, 0o755);
  const client = scene.start(
    "client",
    command[0]!,
    command.map((it) => it === "SCRIPT" ? script : it),
  );
  await client.ends();
  return await Deno.readTextFile(file);
}

const SERVED: readonly Cable[] = [[
  { node: "server", name: "lan0", addresses: [`${SERVER}/24`] },
  { node: "client", name: "eth0" },
]];

const SERVED_CONFIG = `
interfaces: lan0
${BOOT}
subnets:
  - subnet: 10.77.0.0/24
    pools: 10.77.0.100-10.77.0.199
`;

sceneTest(
  "udhcpc: boot data in the header, and as 66 and 67 where it asks for them",
  { cables: SERVED, needs: ["udhcpc", "curl"] },
  async (scene) => {
    await startServer(scene, SERVED_CONFIG);
    const asPxe = ["-V", "PXEClient:Arch:00007:UNDI:003016", "-x", "0x5d:0007"];
    const command = [
      "udhcpc",
      "-f",
      "-q",
      "-n",
      "-i",
      "eth0",
      "-s",
      "SCRIPT",
      "-O",
      "66",
      "-O",
      "67",
    ];
    const told = await environmentOf(scene, [...command, ...asPxe]);
    assert.match(told, /^boot_file=ipxe\.efi$/m);
    assert.match(told, /^sname=boot\.home\.arpa$/m);
    assert.match(told, /^siaddr=10\.77\.0\.4$/m);
    assert.match(told, /^tftp=boot\.home\.arpa$/m);
    assert.match(told, /^bootfile=ipxe\.efi$/m);
  },
);

sceneTest(
  "dhclient: boot data for the architecture that it names",
  { cables: SERVED, needs: ["dhclient", "curl"] },
  async (scene) => {
    await startServer(scene, SERVED_CONFIG);
    const config = await scene.file(
      "dhclient.conf",
      `timeout 20;
retry 1;
initial-interval 1;
option arch code 93 = unsigned integer 16;
send arch 0;
send vendor-class-identifier "PXEClient:Arch:00000:UNDI:002001";
request subnet-mask, tftp-server-name, bootfile-name;
`,
    );
    const files = ["-lf", `${scene.directory}/leases`, "-pf", `${scene.directory}/pid`];
    const command = ["dhclient", "-4", "-1", "-cf", config, "-sf", "SCRIPT", ...files, "eth0"];
    const told = await environmentOf(scene, command);
    assert.match(told, /^new_filename=undionly\.kpxe$/m);
    assert.match(told, /^new_server_name=boot\.home\.arpa$/m);
    assert.match(told, /^new_next_server=10\.77\.0\.4$/m);
    assert.match(told, /^new_tftp_server_name=boot\.home\.arpa$/m);
    assert.match(told, /^new_bootfile_name=undionly\.kpxe$/m);
  },
);

const BESIDE_A_ROUTER: readonly Cable[] = [[
  { node: "server", name: "lan0", addresses: [`${SERVER}/24`] },
  { node: "router", name: "lan0", addresses: [`${ROUTER}/24`] },
  { node: "client", name: "eth0" },
  { node: "pxe", name: "eth0", addresses: ["10.77.0.9/24"] },
]];

const PROXY_CONFIG = `
interfaces: lan0
${BOOT}
subnets:
  - subnet: 10.77.0.0/24
    proxy-dhcp: true
`;

/** Firmware's own socket; asks, and waits for what another than `except` answers. */
class Firmware {
  #replies: { readonly packet: Packet; readonly source: string }[] = [];

  constructor(readonly port: UdpPort) {
    port.onDatagram = (payload, source) =>
      this.#replies.push({ packet: parsePacket(payload), source });
  }

  async ask(
    packet: Partial<Packet> & { readonly xid: number },
    to: string,
    port: number,
    from: string,
  ): Promise<Packet> {
    const bytes = buildPacket({ mac: MAC, flags: 0x8000, ...packet });
    return await until(`${from} to answer ${packet.xid}`, 10_000, async () => {
      this.port.send(bytes, to, port);
      await new Promise((resolve) => setTimeout(resolve, 200));
      return this.#replies.find((it) => it.source === from && it.packet.xid === packet.xid)?.packet;
    });
  }
}

sceneTest(
  "proxyDHCP beside dnsmasq: dnsmasq gives the addresses, Sublet the boot files, at 67 and 4011",
  { cables: BESIDE_A_ROUTER, needs: ["dnsmasq", "udhcpc", "tcpdump", "curl"] },
  async (scene) => {
    const router = scene.start("router", "dnsmasq", [
      ...["dnsmasq", "--no-daemon", "--port=0", "--conf-file=/dev/null", "--log-dhcp"],
      ...["--interface=lan0", "--dhcp-authoritative", "--user=root"],
      ...[
        "--dhcp-range=10.77.0.100,10.77.0.199,1h",
        "--dhcp-leasefile=" + scene.directory + "/dnsmasq",
      ],
    ]);
    await router.says(/DHCP, IP range/);
    await startServer(scene, PROXY_CONFIG);
    const capture = await startCapture(scene, "pxe", "eth0");

    // An ordinary client never hears of it.
    const client = await udhcpc(scene, "client", "eth0");
    client.start();
    const bound = await client.next(["bound"]);
    assert.match(bound.address, /^10\.77\.0\.1\d\d$/);
    await client.renew();
    assert.equal((await client.next(["renew"])).address, bound.address);

    // The kernel has to know where 255.255.255.255 is.
    await scene.wire.exec("pxe", "ip", "route", "add", "default", "dev", "eth0");
    const firmwareSocket = new Firmware(await scene.udpPort("pxe", "0.0.0.0", 68));
    const discover = {
      xid: 1,
      options: [[53, Uint8Array.of(DISCOVER)], ...firmware("PXE", 7)] as const,
    };
    const address = await firmwareSocket.ask(discover, "255.255.255.255", 67, ROUTER);
    const proxy = await firmwareSocket.ask(discover, "255.255.255.255", 67, SERVER);
    assert.equal(messageType(address), OFFER);
    assert.equal(messageType(proxy), OFFER);
    assert.notEqual(address.yiaddr, "0.0.0.0");
    assert.deepEqual([proxy.yiaddr, proxy.siaddr], ["0.0.0.0", "10.77.0.4"]);
    assert.deepEqual(option(proxy, 60), text("PXEClient"));
    assert.deepEqual(option(proxy, 43), Uint8Array.of(6, 1, 8, 255));

    // The REQUEST for the address is dnsmasq's; nobody else answers, and nobody says no.
    const choice: PacketOption[] = [[50, octets(address.yiaddr)], [54, octets(ROUTER)]];
    const request = {
      xid: 2,
      options: [[53, Uint8Array.of(REQUEST)], ...choice, ...firmware("PXE", 7)] as const,
    };
    const ack = await firmwareSocket.ask(request, "255.255.255.255", 67, ROUTER);
    assert.equal(messageType(ack), ACK);

    // Then some firmware asks again, at the other port, with the address that it has now.
    const again = {
      xid: 3,
      flags: 0,
      ciaddr: "10.77.0.9",
      options: [[53, Uint8Array.of(REQUEST)], ...firmware("PXE", 0)] as const,
    };
    const told = await firmwareSocket.ask(again, SERVER, 4011, SERVER);
    assert.equal(messageType(told), ACK);
    assert.deepEqual([told.yiaddr, told.ciaddr], ["0.0.0.0", "10.77.0.9"]);
    assert.deepEqual(option(told, 67), text("undionly.kpxe\0"));
    const reply = await capture.waitFor("the ACK", (it) => it.sourcePort === 4011);
    assert.deepEqual([reply.source, reply.destination, reply.destinationPort], [
      SERVER,
      "10.77.0.9",
      68,
    ]);

    const sent = (await capture.datagrams()).filter((it) => it.source === SERVER);
    assert.ok(sent.every((it) => parsePacket(it.payload).yiaddr === "0.0.0.0"), "no address");
    const { counters, subnets } = await readStatus(scene);
    assert.equal(counters.outcomes["NAK"] ?? 0, 0);
    assert.deepEqual(subnets.map(({ used }) => used), [0]);
  },
);
