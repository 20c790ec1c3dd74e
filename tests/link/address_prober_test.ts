/** Probes on a real wire, as other programs see them. */
import assert from "node:assert/strict";
import { formatHex } from "../../src/wire/hex.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { nextAnswers, testProbingContract } from "../contract/probing.ts";
import { systemTest, type Wire } from "../support/netns.ts";
import { startCapture } from "./capture.ts";
import { ingressOf, makeLinuxWorld } from "./linux_world.ts";

testProbingContract("LinuxLink", systemTest, () => makeLinuxWorld());

const ip = (text: string) => parseIpv4(text)!;

systemTest("an ARP probe asks as any host asks: in the server's own name (RFC 826)", async () => {
  await using world = await makeLinuxWorld();
  await using capture = await startCapture(world.wire, "host", "lan0", "arp");
  const ingress = await ingressOf(world);
  for (const address of ["192.168.1.106", "10.9.3.3"]) {
    world.link.probe([{ address: ip(address), method: "arp", ingress }]);
    const frame = await capture.nextFrame();
    const mac = world.hardwareAddress("lan0");
    const sender = address === "10.9.3.3" ? "0a:09:00:01" : "c0:a8:01:01";
    const target = formatHex(Uint8Array.from(address.split("."), Number));
    assert.equal(
      formatHex(frame.subarray(0, 42)),
      `ff:ff:ff:ff:ff:ff:${mac}:08:06:00:01:08:00:06:04:00:01:${mac}:${sender}:` +
        `00:00:00:00:00:00:${target}`,
    );
  }
});

systemTest("an echo finds a host beyond a router, by the interface of the request", async () => {
  await using world = await makeLinuxWorld();
  const { wire, link } = world;
  await wire.exec("host", "ip", "address", "add", "10.20.0.9/32", "dev", "lo");
  await world.inhabit("lan0", "192.168.1.50");
  await wire.exec("server", "ip", "route", "add", "10.20.0.0/16", "via", "192.168.1.50");
  const ingress = await ingressOf(world);
  link.probe([
    { address: ip("10.20.0.8"), method: "icmp", ingress },
    { address: ip("10.20.0.9"), method: "icmp", ingress },
  ]);
  assert.deepEqual(await nextAnswers(link, 2_000), [{ address: ip("10.20.0.9") }]);
  assert.deepEqual(world.troubles, []);
});

systemTest("an echo never leaves by an interface that is not listed", async () => {
  await using world = await makeLinuxWorld();
  const { wire, link } = world;
  await using capture = await startCapture(wire, "host", "wan0", "icmp or arp");
  await wire.exec("server", "ip", "route", "add", "10.20.0.0/16", "dev", "wan0");
  await wire.exec("host", "ip", "address", "add", "10.20.0.9/32", "dev", "wan0");
  const ingress = await ingressOf(world);
  link.probe([{ address: ip("10.20.0.9"), method: "icmp", ingress }]);
  assert.deepEqual(await nextAnswers(link, 100), []);
  // The first that is seen there is of the machine itself, and not of the link.
  await say(wire, "server", "203.0.113.77");
  const frame = formatHex(await capture.nextFrame());
  assert.ok(frame.includes("cb:00:71:4d"), frame);
});

systemTest("what hosts ask each other by ARP does not wake the server", async () => {
  await using world = await makeLinuxWorld();
  const { wire, link } = world;
  await world.inhabit("lan0", "192.168.1.105");
  link.probe([{ address: ip("192.168.1.106"), method: "arp", ingress: await ingressOf(world) }]);
  await nextAnswers(link, 50);
  const beganMs = performance.now();
  const pending = link.receive(400);
  // Nobody has these addresses: the host asks the whole wire for each.
  for (let i = 0; i < 5; i++) await say(wire, "host", `192.168.1.20${i}`);
  assert.deepEqual(await pending, []);
  assert.ok(performance.now() - beganMs >= 390, "woken before its time");
  assert.deepEqual(link.takeAnswers(), []);
});

systemTest("probes that cannot be sent are told once, and the link goes on", async () => {
  await using world = await makeLinuxWorld();
  const ingress = await ingressOf(world);
  await world.setUp("lan0", false);
  for (let i = 0; i < 3; i++) {
    world.link.probe([{ address: ip("192.168.1.106"), method: "arp", ingress }]);
  }
  assert.deepEqual(world.troubles, ["lan0: cannot probe addresses by ARP: ENETDOWN"]);
  await world.setUp("lan0", true);
  await world.inhabit("lan0", "192.168.1.105");
  const again = await ingressOf(world);
  world.link.probe([{ address: ip("192.168.1.105"), method: "arp", ingress: again }]);
  assert.equal((await nextAnswers(world.link, 2_000)).length, 1);
});

/** A node says something to an address on its wire, which its kernel has to ask for. */
async function say(wire: Wire, node: string, address: string): Promise<void> {
  await wire.exec(node, "bash", "-c", `echo hello > /dev/udp/${address}/9`);
}
