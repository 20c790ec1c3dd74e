/** Replies that cannot be sent, and whose place they must not take. */
import assert from "node:assert/strict";
import type { Outgoing } from "../../src/link/link.ts";
import type { Destination } from "../../src/protocol/endpoints.ts";
import { systemTest } from "../support/netns.ts";
import { ip } from "../support/leases_fixture.ts";
import { ingressOf, makeLinuxWorld } from "./linux_world.ts";

const CHADDR = new Uint8Array([0x02, 0xca, 0xfe, 0x00, 0x00, 0x07]);

systemTest(
  "replies that cannot be sent are counted, and told once a batch with the cause",
  async () => {
    await using world = await makeLinuxWorld();
    const ingress = await ingressOf(world);
    await world.setUp("lan0", false);
    const destination: Destination = { kind: "hardware", hardwareAddress: CHADDR, address: 1 };
    const bytes = new Uint8Array(300);
    world.link.send([1, 2, 3].map(() => ({ bytes, destination, ingress })));
    assert.deepEqual(world.troubles, ["3 replies not sent on lan0: ENETDOWN"]);
    assert.equal(world.link.counters().unsentReplies, 3);
  },
);

systemTest("replies to hosts that do not answer ARP leave room for ACKs of others", async () => {
  await using world = await makeLinuxWorld();
  // So that one address is enough, and is not given up however slow the machine.
  const arp = "/proc/sys/net/ipv4/neigh/lan0";
  const patient = `echo 100000000 >${arp}/unres_qlen_bytes; echo 60000 >${arp}/retrans_time_ms`;
  await world.wire.exec("server", "sh", "-c", patient);
  const ingress = await ingressOf(world);
  const relayed = (address: string, text: string): Outgoing => ({
    bytes: new TextEncoder().encode(text),
    destination: { kind: "relay", address: ip(address), port: undefined },
    ingress,
  });
  const { link } = world;
  const stray = Array.from({ length: 500 }, () => relayed("192.168.1.77", "?".repeat(1400)));
  for (let round = 0; round < 40; round++) link.send(stray, "free");
  const { unsentReplies } = link.counters();
  assert.ok(unsentReplies > 5000 && unsentReplies < 20_000, `${unsentReplies} of 20,000`);
  assert.match(world.troubles.at(-1)!, /not sent on lan0: the send buffer is half full/);

  const acks = Array.from({ length: 100 }, (_, i) => relayed("192.168.1.60", `ACK ${i}`));
  link.send([relayed("192.168.1.60", "OFFER")], "free");
  link.send(acks, "paid");
  const seen = (await world.seen("lan0")).map(({ text }) => text);
  assert.deepEqual(seen, Array.from(acks, (_, i) => `ACK ${i}`));
  assert.equal(link.counters().unsentReplies, unsentReplies + 1);
});
