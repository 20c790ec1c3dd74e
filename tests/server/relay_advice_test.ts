/** A relay agent that no subnet lists: the log names the line that is missing. */
import assert from "node:assert/strict";
import { DISCOVER } from "../support/dhcp_packets.ts";
import { type Ask, SERVER } from "../support/engine_fixture.ts";
import { start } from "./running_server.ts";

const discoverBy = (giaddr: string): Ask => ({ type: DISCOVER, giaddr, from: giaddr, to: SERVER });

Deno.test("a relay agent on our own wire that is not listed is told of once, with the line to add", async () => {
  const it = await start({ pools: ["192.168.1.100"] });
  for (let i = 0; i < 3; i++) {
    assert.deepEqual(await it.ask(discoverBy("192.168.1.2")), []);
  }
  assert.deepEqual(it.rules(), ["relay-not-allowed", "relay-not-allowed", "relay-not-allowed"]);
  assert.deepEqual(it.notices(), [
    "a relay agent 192.168.1.2 speaks for 192.168.1.0/24 and is not listed; if it is yours, " +
    'add "relays: 192.168.1.2" to that subnet',
  ]);
  await it.stop();
});

Deno.test("of relay agents that somebody makes up, a few are told of", async () => {
  const it = await start({ pools: ["192.168.1.100"] });
  for (let host = 2; host < 100; host++) await it.ask(discoverBy(`192.168.1.${host}`));
  assert.equal(it.notices().length, 16);
  await it.stop();
});

Deno.test("of a relay agent that is listed nothing is told", async () => {
  const it = await start({ pools: ["192.168.1.100"], relays: ["192.168.1.2"] });
  assert.deepEqual(await it.ask(discoverBy("192.168.1.2")), ["OFFER 192.168.1.100"]);
  assert.deepEqual(it.notices(), []);
  await it.stop();
});
