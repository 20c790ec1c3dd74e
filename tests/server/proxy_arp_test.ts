/** A router that answers ARP for every address of its own wire. */
import assert from "node:assert/strict";
import { ProxyArpWatch } from "../../src/server/proxy_arp.ts";
import { DISCOVER } from "../support/dhcp_packets.ts";
import { type Ask, macOf } from "../support/engine_fixture.ts";
import { dotted, ip, type SubnetSketch } from "../support/leases_fixture.ts";
import { start } from "./running_server.ts";

const TIMEOUT_MS = 500;
const LAN: SubnetSketch = {
  pools: ["192.168.1.100-192.168.1.149"],
  allocation: "sequential",
  conflictProbe: { beyondRouters: true, timeoutMs: TIMEOUT_MS },
};
const ROUTER = "02:0c:c0:00:00:99";
const HERS: Ask = { type: DISCOVER };

type Server = Awaited<ReturnType<typeof start>>;

/** The router answers for whatever is asked, as long as something is. */
async function answerAll(it: Server, timesMax = 50): Promise<string[]> {
  const asked: string[] = [];
  for (let times = 0; times < timesMax; times++) {
    const [probe] = it.probed();
    if (probe === undefined) break;
    asked.push(probe.replace("arp ", ""));
    await it.answer(asked.at(-1)!, ROUTER);
  }
  return asked;
}

function quarantined(it: Server): string[] {
  return [...it.leases.records()].filter(({ state }) => state === "declined")
    .map(({ address }) => dotted(address)!);
}

Deno.test("who answers for every address is passed over after eight, and said to be so", async () => {
  const it = await start(LAN);
  await it.ask(HERS);
  const asked = await answerAll(it);
  assert.deepEqual(asked.length, 9, "the ninth answer makes no difference");
  assert.deepEqual(quarantined(it), [], "what it had cost is free again");
  assert.deepEqual(it.notices(), [
    `${ROUTER} answers ARP for every address that is asked for on lan0 (proxy ARP), so its ` +
    "answers are passed over; set conflict-probe: off for the subnets there",
  ]);
  assert.deepEqual(await it.pass(TIMEOUT_MS), [`OFFER ${asked.at(-1)}`]);
  await it.ask({ ...HERS, mac: macOf(2) });
  assert.equal((await answerAll(it)).length, 1);
  assert.equal((await it.pass(TIMEOUT_MS)).length, 1, "the next client, too");
  assert.equal(it.notices().length, 1);
  await it.stop();
});

Deno.test("a host with several addresses is believed: not all that are asked for are its own", async () => {
  const it = await start(LAN);
  for (let number = 1; number <= 5; number++) {
    await it.ask({ ...HERS, mac: macOf(number) });
    await answerAll(it, 2);
    it.probed();
    await it.pass(TIMEOUT_MS); // nobody has the third one
  }
  assert.equal(quarantined(it).length, 10);
  assert.deepEqual(it.notices(), []);
  await it.stop();
});

Deno.test("several hosts that answer are believed, and so is who stops answering for all", () => {
  const watch = new ProxyArpWatch();
  const address = (n: number) => ip("10.0.0.0") + n;
  for (let n = 0; n < 20; n++) {
    assert.equal(watch.note(1, n % 4 === 0 ? "02:00:00:00:00:01" : ROUTER, address(n)), undefined);
  }
  for (let n = 0; n < 7; n++) watch.note(2, ROUTER, address(n));
  assert.equal(watch.note(2, ROUTER, address(6)), undefined, "one and the same counts once");
  assert.equal(watch.passesOver(2, ROUTER, address(7)), false);
  assert.equal(watch.note(2, ROUTER, address(7))?.length, 8);
  assert.equal(watch.passesOver(2, ROUTER, address(8)), true);
  assert.equal(watch.passesOver(2, "02:00:00:00:00:01", address(9)), false, "somebody else");
  assert.equal(watch.passesOver(1, ROUTER, address(9)), false, "on another wire");
  watch.noteSilence(2, address(8)); // it is due, since its answer was passed over
  assert.equal(watch.passesOver(2, ROUTER, address(10)), true);
  watch.noteSilence(2, address(11));
  assert.equal(watch.passesOver(2, ROUTER, address(12)), false);
});
