import assert from "node:assert/strict";
import { SO_REUSEADDR, SOCKADDR_IN_OCTETS, writeSockaddrIn } from "../../src/link/layouts.ts";
import { bindSocket, closeFd, type Fd, openUdp, setSocketOption } from "../../src/link/libc.ts";
import { LinkError } from "../../src/link/link_error.ts";
import { openLinuxLink } from "../../src/link/linux_link.ts";
import { listInterfaces } from "../../src/link/netlink.ts";
import { DATAGRAM_OCTETS_MAX } from "../../src/link/receive_slab.ts";
import type { Destination, Ingress } from "../../src/protocol/endpoints.ts";
import { formatHex } from "../../src/wire/hex.ts";
import { ANY_ADDRESS, formatIpv4, LIMITED_BROADCAST, parseIpv4 } from "../../src/wire/ipv4.ts";
import { receiveDatagrams, testLinkContract, untilState } from "../contract/link.ts";
import { makeWire, systemTest, type Wire } from "../support/netns.ts";
import { readCaptured, startCapture } from "./capture.ts";
import { ingressOf, type LinuxWorld, makeLinuxWorld } from "./linux_world.ts";
import { enterNamespace } from "./namespace_thread.ts";

testLinkContract("LinuxLink", systemTest, () => makeLinuxWorld());

const CHADDR = new Uint8Array([0x02, 0xca, 0xfe, 0x00, 0x00, 0x07]);
const BROADCAST_MAC = "ff:ff:ff:ff:ff:ff";
const BROADCAST: Destination = { kind: "broadcast" };

systemTest("a frame to a hardware address is whole and right to the last bit", async () => {
  await using world = await makeLinuxWorld();
  const destination = { kind: "hardware", hardwareAddress: CHADDR, address: ip("192.168.1.107") };
  // An odd length: the checksum covers a last octet without a partner.
  reply(world, await ingressOf(world), destination as Destination, "odd length");
  const [frame] = await world.frames("lan0");
  assert.ok(frame);
  const { source, sourcePort, sourceHardwareAddress, destinationHardwareAddress } = readCaptured(
    frame,
  );
  assert.equal(formatHex(sourceHardwareAddress), world.hardwareAddress("lan0"));
  assert.equal(formatHex(destinationHardwareAddress), formatHex(CHADDR));
  assert.equal(`${formatIpv4(source)}:${sourcePort}`, "192.168.1.1:67");
  const said = await decodeWithTcpdump(frame);
  assert.match(said, /ttl 64, id 0, offset 0, flags \[DF\], proto UDP/);
  assert.match(said, /192\.168\.1\.1\.67 > 192\.168\.1\.107\.68: \[udp sum ok\]/);
  assert.doesNotMatch(said, /bad cksum/);
});

systemTest("other sockets have their turn while datagrams never cease", async () => {
  await using world = await makeLinuxWorld();
  await world.wire.exec("server", "ip", "link", "set", "lo", "up");
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const address = { hostname: "127.0.0.1", port: listener.addr.port };
  let count = 0;
  let isOver = false;
  const connecting = (async () => {
    for (; !isOver; count++) {
      const [a, b] = await Promise.all([Deno.connect(address), listener.accept()]);
      for (const connection of [a, b]) connection.close();
    }
  })();
  const TURNS = 100;
  for (let turn = 0; turn < TURNS; turn++) {
    await world.arrive("lan0", {
      text: `turn ${turn}`,
      source: ANY_ADDRESS,
      destination: LIMITED_BROADCAST,
    });
    assert.ok(await world.link.receive());
    const busyUntilMs = performance.now() + 3; // as with a batch on a slow machine
    while (performance.now() < busyUntilMs);
  }
  isOver = true;
  await connecting;
  assert.ok(count > TURNS / 10, `${count} connections in ${TURNS} turns of 3 ms`);
});

systemTest("datagrams go to the right host, from the server's port and address", async () => {
  await using world = await makeLinuxWorld();
  const ingress = await ingressOf(world);
  reply(world, ingress, { kind: "relay", address: ip("192.168.1.60"), port: undefined });
  reply(world, ingress, {
    kind: "unicast",
    address: ip("192.168.1.50"),
    hardwareAddress: undefined,
  });
  reply(world, ingress, BROADCAST);
  const seen = (await world.frames("lan0")).map(readCaptured).map((datagram) =>
    `${formatIpv4(datagram.source)}:${datagram.sourcePort} > ` +
    `${formatIpv4(datagram.destination)}:${datagram.destinationPort} at ` +
    formatHex(datagram.destinationHardwareAddress)
  );
  assert.deepEqual(seen, [
    "192.168.1.1:67 > 192.168.1.60:67 at 02:00:00:00:00:50",
    "192.168.1.1:67 > 192.168.1.50:68 at 02:00:00:00:00:50",
    `192.168.1.1:67 > 255.255.255.255:68 at ${BROADCAST_MAC}`,
  ]);
});

systemTest("a client on the link is reached without ARP, one behind a router by it", async () => {
  await using world = await makeLinuxWorld();
  const ingress = await ingressOf(world);
  // Nobody answers ARP for the first address; the second is beyond the router that .50 is.
  const unicast = (address: string): Destination => (
    { kind: "unicast", address: ip(address), hardwareAddress: CHADDR }
  );
  reply(world, ingress, unicast("192.168.1.107"));
  const [near] = (await world.frames("lan0")).map(readCaptured);
  assert.equal(formatHex(near!.destinationHardwareAddress), formatHex(CHADDR));
  assert.equal(
    `${formatIpv4(near!.source)}:${near!.sourcePort} > ` +
      `${formatIpv4(near!.destination)}:${near!.destinationPort}`,
    "192.168.1.1:67 > 192.168.1.107:68",
  );
  const known = await world.wire.exec("server", "ip", "neighbour", "show", "192.168.1.107");
  assert.equal(known, "", "the kernel was not asked");
  await world.wire.exec("server", "ip", "route", "add", "10.44.0.0/16", "via", "192.168.1.50");
  reply(world, ingress, unicast("10.44.0.9"));
  const far = (await world.frames("lan0")).map(readCaptured).at(-1)!;
  assert.equal(formatIpv4(far.destination), "10.44.0.9");
  assert.equal(formatHex(far.destinationHardwareAddress), "02:00:00:00:00:50");
});

systemTest(
  "a reply comes from the address its client knows, or shares a network with",
  async () => {
    await using world = await makeLinuxWorld();
    const asked = await ingressOf(world, { source: ip("10.9.0.50"), destination: ip("10.9.0.1") });
    reply(world, asked, {
      kind: "unicast",
      address: ip("192.168.1.50"),
      hardwareAddress: undefined,
    });
    const heard = await ingressOf(world);
    reply(world, heard, { kind: "unicast", address: ip("10.9.0.50"), hardwareAddress: undefined });
    reply(world, heard, { kind: "hardware", hardwareAddress: CHADDR, address: ip("10.9.0.51") });
    const sources = (await world.frames("lan0")).map((frame) => readCaptured(frame).source);
    assert.deepEqual(sources.map(formatIpv4), ["10.9.0.1", "10.9.0.1", "10.9.0.1"]);
  },
);

systemTest(
  "a hardware address that is not Ethernet's gets a broadcast (RFC 2131 §4.1)",
  async () => {
    await using world = await makeLinuxWorld();
    const hardwareAddress = new Uint8Array(8).fill(7);
    const ingress = await ingressOf(world);
    reply(world, ingress, { kind: "hardware", hardwareAddress, address: ip("192.168.1.107") });
    const seen = (await world.seen("lan0")).map((seen) => `${seen.hardwareAddress} ${seen.port}`);
    assert.deepEqual(seen, [`${BROADCAST_MAC} 68`]);
  },
);

systemTest("an interface that is not Ethernet gets a broadcast (RFC 2131 §4.1)", async () => {
  await using world = await makeLinuxWorld(["lo"]);
  await using capture = await startCapture(world.wire, "server", "lo", "udp src port 67");
  const lo = listInterfaces().find(({ name }) => name === "lo")!;
  const from = {
    addresses: lo.addresses,
    source: 0,
    sourcePort: 68,
    destination: LIMITED_BROADCAST,
    serverPort: 67,
  };
  const ingress = { interfaceName: "lo", interfaceIndex: lo.index, ...from };
  reply(world, ingress, { kind: "hardware", hardwareAddress: CHADDR, address: ip("127.0.0.9") });
  assert.deepEqual(world.troubles, []);
  const { destination } = readCaptured(await capture.nextFrame());
  assert.equal(formatIpv4(destination), "255.255.255.255");
});

systemTest("what had come in is not given once its interface is no longer listed", async () => {
  await using world = await makeLinuxWorld();
  const pending = world.link.receive();
  await world.arrive("lan0", { text: "request", source: 0, destination: LIMITED_BROADCAST });
  world.link.serve(["wan0"]);
  assert.deepEqual(await pending, []);
  assert.deepEqual(world.troubles, []);
});

systemTest(
  "a datagram longer than a slot is dropped and counted, the next one served",
  async () => {
    await using world = await makeLinuxWorld();
    await world.wire.exec("server", "ip", "link", "set", "lan0", "mtu", "4000");
    await world.wire.exec("host", "ip", "link", "set", "lan0", "mtu", "4000");
    const broadcast = { source: 0, destination: LIMITED_BROADCAST };
    await world.arrive(
      "lan0",
      { text: "x".repeat(DATAGRAM_OCTETS_MAX + 1), ...broadcast },
      { text: "y".repeat(DATAGRAM_OCTETS_MAX), ...broadcast },
    );
    const batch = await receiveDatagrams(world.link);
    assert.deepEqual(batch.map(({ bytes }) => bytes.length), [DATAGRAM_OCTETS_MAX]);
    assert.equal(world.link.counters().oversizedDatagrams, 1);
  },
);

systemTest(
  "an interface renamed to a listed name is served, and not under its old one",
  async () => {
    await using world = await makeLinuxWorld(["lan0", "new0"]);
    await world.setUp("lan0", false);
    await world.wire.exec("server", "ip", "link", "set", "lan0", "name", "new0");
    await world.setUp("new0", true);
    await untilState(world.link, "new0", "serving");
    const states = world.link.interfaces().map(({ name, state }) => `${name} ${state}`);
    assert.deepEqual(states, ["lan0 missing", "new0 serving"]);
  },
);

systemTest("the operator is told of each change of an interface, once", async () => {
  await using world = await makeLinuxWorld(["lan0", "late0"]);
  await world.addInterface("late0", "172.16.0.1/16");
  await untilState(world.link, "late0", "serving");
  const late = world.changes.filter(({ name }) => name === "late0").map(({ state }) => state);
  assert.equal(late[0], "missing");
  assert.equal(late.at(-1), "serving");
  assert.deepEqual(late, late.filter((state, i) => state !== late[i - 1]));
  assert.equal(world.changes.filter(({ name }) => name === "lan0").length, 1);
});

systemTest("a port that another program holds is a LinkError that says so", async () => {
  await using wire = await makeServerWire();
  using _server = enterNamespace(wire.namespace("server"));
  const other = holdServerPort({ shared: false });
  try {
    assert.throws(() => openSilently(["lan0"]), (error: unknown) => {
      assert.ok(error instanceof LinkError);
      assert.equal(error.exitCode, 74);
      assert.equal(
        error.message,
        "cannot open UDP port 67 on lan0: bind: EADDRINUSE (is another DHCP server running?)",
      );
      return true;
    });
    // An interface that is not there yet does not need the port yet.
    openSilently(["late0"]).close();
  } finally {
    closeFd(other);
  }
});

systemTest("a server that shares the port does no harm, but the operator hears of it", async () => {
  await using wire = await makeServerWire();
  using _server = enterNamespace(wire.namespace("server"));
  const other = holdServerPort({ shared: true });
  try {
    const troubles: string[] = [];
    const link = openLinuxLink({
      interfaceNames: ["lan0"],
      onTrouble: (message) => troubles.push(message),
      onInterfaceChange: () => {},
    });
    assert.deepEqual(link.interfaces().map(({ state }) => state), ["serving"]);
    assert.deepEqual(troubles, [
      "lan0: another program has UDP port 67 open, too; if it serves this network, stop one of " +
      "the two: their answers contradict each other",
    ]);
    link.close();
  } finally {
    closeFd(other);
  }
});

systemTest("a port that is taken when its interface appears is tried again", async () => {
  await using world = await makeLinuxWorld(["late0"]);
  const other = holdServerPort({ shared: false });
  try {
    await world.addInterface("late0", "192.168.9.1/24");
    await untilState(world.link, "late0", "no-socket");
    world.link.serve(["late0"]);
    assert.deepEqual(world.troubles, ["late0: bind: EADDRINUSE"], "said once");
  } finally {
    closeFd(other);
  }
  world.link.serve(["late0"]);
  assert.deepEqual(world.link.interfaces().map(({ state }) => state), ["serving"]);
});

systemTest("without CAP_NET_BIND_SERVICE: one line names it, exit code 77", async () => {
  const said = await openWithout("-net_bind_service", "late0");
  assert.equal(said.code, 77);
  assert.match(said.stderr, /^PermissionError: missing CAP_NET_BIND_SERVICE to use UDP port 67:/);
  assert.match(said.stderr, /sudo setcap cap_net_bind_service,cap_net_raw=\+ep \//);
  assert.match(said.stderr, /AmbientCapabilities=CAP_NET_BIND_SERVICE CAP_NET_RAW/);
  assert.equal(said.stderr.trim().split("\n").length, 1);
});

systemTest("without CAP_NET_RAW: one line names it, exit code 77", async () => {
  const said = await openWithout("-net_raw", "lan0");
  assert.equal(said.code, 77);
  assert.match(said.stderr, /^PermissionError: missing CAP_NET_RAW to bind to an interface and/);
  assert.equal(said.stderr.trim().split("\n").length, 1);
});

systemTest("the two capabilities are all that serving needs", async () => {
  const said = await openWithout("-all,+net_bind_service,+net_raw", "lan0");
  assert.deepEqual(said, { code: 0, stdout: "lan0 serving\n", stderr: "" });
});

systemTest("listInterfaces tells the addresses and the default gateway", async () => {
  await using wire = await makeServerWire();
  await wire.exec("server", "ip", "route", "add", "default", "via", "192.168.1.254");
  using _server = enterNamespace(wire.namespace("server"));
  const lan0 = listInterfaces().find(({ name }) => name === "lan0");
  assert.ok(lan0);
  assert.equal(formatIpv4(lan0.defaultGateway!), "192.168.1.254");
  assert.deepEqual(lan0.addresses.map(({ address }) => formatIpv4(address)), ["192.168.1.1"]);
  assert.match(await wire.exec("server", "ip", "link", "show", "lan0"), new RegExp(lan0.mac));
  assert.deepEqual([lan0.up, lan0.loopback, lan0.ethernet], [true, false, true]);
  const lo = listInterfaces().find(({ name }) => name === "lo");
  assert.deepEqual([lo?.loopback, lo?.ethernet, lo?.defaultGateway], [true, false, undefined]);
});

function makeServerWire(): Promise<Wire> {
  const lan0 = { node: "server", name: "lan0", addresses: ["192.168.1.1/24"] };
  return makeWire([[lan0, { node: "host", name: "lan0" }]]);
}

/** What another DHCP server does: it has the port on every interface. */
function holdServerPort({ shared }: { readonly shared: boolean }): Fd {
  const fd = openUdp();
  if (shared) setSocketOption(fd, SO_REUSEADDR, 1);
  const everywhere = new Uint8Array(new ArrayBuffer(SOCKADDR_IN_OCTETS));
  writeSockaddrIn(everywhere, 0, ANY_ADDRESS, 67);
  bindSocket(fd, everywhere);
  return fd;
}

function openSilently(interfaceNames: readonly string[]) {
  return openLinuxLink({ interfaceNames, onTrouble: () => {}, onInterfaceChange: () => {} });
}

/** Opens a link in another process that was started with a changed set of capabilities. */
async function openWithout(change: string, interfaceName: string) {
  await using wire = await makeServerWire();
  const script = new URL("open_link.ts", import.meta.url).pathname;
  const deno = [Deno.execPath(), "run", "--no-check", "-A", script, interfaceName];
  const capabilities = ["--bounding-set", change, "--inh-caps", change];
  const child = wire.spawn("server", "setpriv", [...capabilities, ...deno], {
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  });
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** What tcpdump makes of a frame, with its judgement of the checksums. */
async function decodeWithTcpdump(frame: Uint8Array): Promise<string> {
  const LINKTYPE_ETHERNET = 1;
  const pcap = new Uint8Array(24 + 16 + frame.length);
  const view = new DataView(pcap.buffer);
  view.setUint32(0, 0xa1b2c3d4, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, 65_535, true);
  view.setUint32(20, LINKTYPE_ETHERNET, true);
  view.setUint32(24 + 8, frame.length, true);
  view.setUint32(24 + 12, frame.length, true);
  pcap.set(frame, 24 + 16);
  const child = new Deno.Command("tcpdump", {
    args: ["-n", "-e", "-vv", "-r", "-"],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(pcap);
  await writer.close();
  return new TextDecoder().decode((await child.output()).stdout);
}

function reply(world: LinuxWorld, ingress: Ingress, destination: Destination, text = "reply") {
  world.link.send([{ bytes: new TextEncoder().encode(text), destination, ingress }]);
}

function ip(text: string): number {
  return parseIpv4(text)!;
}
