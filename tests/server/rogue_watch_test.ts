/** Other servers on the wire: who is told of them, how often, and how many are remembered. */
import assert from "node:assert/strict";
import type { Config, RogueDetection } from "../../src/config/config.ts";
import type { ServerSearch } from "../../src/link/link.ts";
import { encodeSearch } from "../../src/protocol/server_search.ts";
import { ROGUE_SERVERS_MAX } from "../../src/server/rogue_watch.ts";
import { buildPacket, octets, OFFER, parsePacket } from "../support/dhcp_packets.ts";
import { SERVER } from "../support/engine_fixture.ts";
import { ip } from "../support/leases_fixture.ts";
import { makeConfig, settle, startWith } from "./running_server.ts";

const INTERVAL_MS = 600_000;
const DETECTION: RogueDetection = { intervalSeconds: 600, known: new Set([ip("192.168.1.7")]) };
const OWN_MAC = Uint8Array.of(2, 0, 0, 0, 0, 1);

async function startWatching(rogueDetection: RogueDetection | undefined = DETECTION) {
  const config: Config = {
    ...makeConfig({ pools: ["192.168.1.100-192.168.1.199"] }),
    ...(rogueDetection && { rogueDetection }),
  };
  const it = await startWith(config);
  const searches: ServerSearch[] = [];
  it.link.onSearch = (search) => searches.push(search);
  /** A server answers the last search. */
  const answer = async (server: string, offered = "192.168.1.77", mac = "02:66:00:00:00:01") => {
    const bytes = buildPacket({
      op: 2,
      xid: it.server.rogues.xid,
      mac: "02:00:00:00:00:01",
      yiaddr: offered,
      options: [[53, Uint8Array.of(OFFER)], [54, octets(server)]],
    });
    it.link.voice({ interfaceName: "lan0", hardwareAddress: mac, source: ip(server), bytes });
    await settle();
  };
  const pass = (ms: number) => {
    it.clock.advance(ms);
    it.server.checkStore();
  };
  return { it, searches, answer, pass };
}

const NEWS = "lan0: another DHCP server, 192.168.1.2 at 02:66:00:00:00:01 answers clients here, " +
  "too, and offers 192.168.1.77";

Deno.test("a search is a DISCOVER of the machine's own, at the start and at each interval", async () => {
  const { it, searches, pass } = await startWatching();
  pass(5_000);
  pass(5_000);
  assert.equal(searches.length, 1);
  pass(INTERVAL_MS);
  assert.equal(searches.length, 2);
  const { xid, encode } = searches[0]!;
  const packet = parsePacket(encode(OWN_MAC));
  assert.deepEqual(
    [packet.op, packet.xid, packet.flags, packet.mac, packet.giaddr],
    [1, xid, 0x8000, "02:00:00:00:00:01", "0.0.0.0"],
  );
  assert.deepEqual(packet.options[0], [53, Uint8Array.of(1)]);
  await it.stop();
});

Deno.test("without rogue-detection nothing is sent, and what is heard means nothing", async () => {
  const { it, searches, answer, pass } = await startWatching({ ...DETECTION });
  it.server.reconfigure(makeConfig({ pools: ["192.168.1.100-192.168.1.199"] }));
  pass(5_000);
  await answer("192.168.1.2");
  assert.deepEqual([searches.length, it.server.rogues.servers.length], [0, 0]);
  await it.stop();
});

Deno.test("a server is told of once, and again when it comes back", async () => {
  const { it, answer, pass } = await startWatching();
  pass(5_000);
  for (let search = 0; search < 3; search++) {
    await answer("192.168.1.2");
    pass(INTERVAL_MS);
  }
  assert.deepEqual(it.notices(), [NEWS]);
  assert.equal(it.server.rogues.servers[0]!.answers, 3);
  for (let search = 0; search < 3; search++) pass(INTERVAL_MS);
  const gone = "lan0: another DHCP server, 192.168.1.2 at 02:66:00:00:00:01 answers no more";
  assert.deepEqual(it.notices(), [NEWS, gone]);
  assert.equal(it.server.rogues.servers[0]!.isPresent, false);
  await answer("192.168.1.2");
  assert.deepEqual(it.notices(), [NEWS, gone, NEWS]);
  await it.stop();
});

Deno.test("servers that are meant to be there are not told of", async () => {
  const { it, answer } = await startWatching();
  await answer("192.168.1.7");
  assert.deepEqual(it.notices(), []);
  await it.stop();
});

Deno.test("who answers in the name of this server is told of as an error", async () => {
  const { it, answer } = await startWatching();
  await answer(SERVER);
  await answer(SERVER);
  const errors = it.events.filter((event) => event.kind === "notice" && event.level === "error");
  assert.equal(errors.length, 1);
  assert.deepEqual(it.notices(), [
    "lan0: another DHCP server, 192.168.1.1 at 02:66:00:00:00:01 answers clients here in the " +
    "name of this one: it has our address, or poses as us, and offers 192.168.1.77",
  ]);
  assert.equal(it.server.rogues.servers[0]!.serverIdentifier, ip(SERVER));
  await it.stop();
});

Deno.test("no answer is heard any more once rogue-detection is off", async () => {
  const { it, pass } = await startWatching();
  pass(5_000);
  let ends = 0;
  it.link.onSearchEnd = () => ends++;
  pass(5_000);
  assert.equal(ends, 0);
  it.server.reconfigure(makeConfig({ pools: ["192.168.1.100-192.168.1.199"] }));
  pass(5_000);
  assert.equal(ends, 1);
  await it.stop();
});

Deno.test("what is no answer is none", async () => {
  const { it } = await startWatching();
  const search = encodeSearch(it.server.rogues.xid, OWN_MAC);
  const other = buildPacket({ op: 2, xid: 1, mac: "02:00:00:00:00:01" });
  for (const bytes of [search, other, search.subarray(0, 20), new Uint8Array(0)]) {
    it.link.voice({
      interfaceName: "lan0",
      hardwareAddress: "02:66:00:00:00:01",
      source: 1,
      bytes,
    });
  }
  await settle();
  assert.deepEqual(it.server.rogues.servers, []);
  await it.stop();
});

Deno.test(`of thousands of made-up servers ${ROGUE_SERVERS_MAX} are remembered and told of`, async () => {
  const { it, answer, pass } = await startWatching();
  for (let n = 0; n < 2_000; n++) await answer(`10.0.${n >>> 8}.${n & 255}`);
  assert.equal(it.server.rogues.servers.length, ROGUE_SERVERS_MAX);
  assert.equal(it.notices().length, ROGUE_SERVERS_MAX);
  assert.equal(it.server.rogues.unlistedAnswers, 2_000 - ROGUE_SERVERS_MAX);
  // One that is there in earnest is found when they are gone.
  pass(4 * INTERVAL_MS);
  await answer("192.168.1.2");
  assert.equal(it.notices().at(-1), NEWS);
  assert.equal(it.server.rogues.servers.length, ROGUE_SERVERS_MAX);
  await it.stop();
});

Deno.test("its own search, passed on by a relay agent, is not answered and takes no address", async () => {
  const { it } = await startWatching();
  const search = encodeSearch(it.server.rogues.xid, OWN_MAC);
  it.link.inject("lan0", search, 0, 0xffff_ffff);
  await settle();
  assert.deepEqual(it.sent(), []);
  assert.deepEqual(it.events.map((event) => event.kind === "dropped" && event.reason), [
    "own-search",
  ]);
  // That of another Sublet is answered as a client is: it wants to know of this one.
  it.link.inject("lan0", encodeSearch(it.server.rogues.xid ^ 1, OWN_MAC), 0, 0xffff_ffff);
  await settle();
  assert.match(it.sent()[0]!, /^OFFER /);
  await it.stop();
});
