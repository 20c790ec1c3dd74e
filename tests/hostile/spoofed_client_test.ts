/**
 * Somebody sends under the hardware address of another, so that the limit of messages holds back
 * its real owner. A holder that goes on with its lease is answered all the same, whatever is sent
 * from elsewhere, or from its own wire.
 */
import assert from "node:assert/strict";
import { loadConfig } from "../../src/config/load.ts";
import { startWith } from "../server/running_server.ts";
import {
  ACK,
  DECLINE,
  DISCOVER,
  INFORM,
  messageType,
  RELEASE,
  REQUEST,
} from "../support/dhcp_packets.ts";
import { type Ask, OTHER_SERVER, SERVER } from "../support/engine_fixture.ts";
import { ip } from "../support/leases_fixture.ts";

const CONFIG = `
interfaces: [lan0, guest0]
conflict-probe: off
subnets:
  - { subnet: 192.168.1.0/24, pools: 192.168.1.10-192.168.1.99 }
  - { subnet: 192.168.50.0/24, pools: 192.168.50.10-192.168.50.99 }
  - { subnet: 10.20.0.0/24, pools: 10.20.0.10-10.20.0.99 }
journal: leases.jsonl
`;
const VICTIM = "02:00:00:00:aa:01";
const FAR = "203.0.113.7";
const AGENT = "10.20.0.1";

async function startServer(more = "") {
  const result = loadConfig(`${CONFIG}${more}`, "config.yaml");
  assert.ok("config" in result, JSON.stringify(result));
  return await startWith(result.config, { guest0: "192.168.50.1/24" });
}
type Server = Awaited<ReturnType<typeof startServer>>;

/** Where a client is: its interface, and its relay agent if it has one. */
interface Place {
  readonly interfaceName: string;
  readonly relay: Pick<Ask, "giaddr" | "from">;
}
const LAN: Place = { interfaceName: "lan0", relay: {} };
const BEHIND_AGENT: Place = { interfaceName: "lan0", relay: { giaddr: AGENT, from: AGENT } };

async function takeLease(it: Server, { interfaceName, relay }: Place): Promise<string> {
  const whom = { mac: VICTIM, ...relay };
  const [offer] = await it.exchangeBy(interfaceName, [{ type: DISCOVER, ...whom }]);
  const requested = offer!.yiaddr;
  const asks = [{ type: REQUEST, ...whom, server: SERVER, requested }];
  const [ack] = await it.exchangeBy(interfaceName, asks);
  assert.equal(messageType(ack!), ACK);
  return requested;
}

const XID = 0xc0ffee;

/** How the victim goes on with its lease. */
const WAYS_TO_GO_ON: Readonly<Record<string, (address: string) => Ask>> = {
  RENEWING: (ciaddr) => ({ ciaddr, to: SERVER }),
  REBINDING: (ciaddr) => ({ ciaddr }),
  "INIT-REBOOT": (requested) => ({ requested }),
};

/** What is sent, 100 times a second, and where: of the n-th, so that it may be another each time. */
const ATTACKS: readonly {
  readonly name: string;
  readonly by: string;
  readonly ask: (n: number, address: string) => Ask;
}[] = [
  { name: "BOOTP from a routed network", by: "lan0", ask: () => ({ from: FAR, to: SERVER }) },
  { name: "DISCOVERs on another interface", by: "guest0", ask: () => ({ type: DISCOVER }) },
  {
    name: "REQUESTs of the address on another interface",
    by: "guest0",
    ask: (_, requested) => ({ type: REQUEST, requested }),
  },
  {
    name: "DISCOVERs through relay agents that are made up",
    by: "lan0",
    ask: (n) => ({ type: DISCOVER, giaddr: `192.168.1.${100 + n % 100}`, from: FAR, to: SERVER }),
  },
  {
    name: "DISCOVERs in the name of its relay agent, from elsewhere",
    by: "guest0",
    ask: () => ({ type: DISCOVER, giaddr: AGENT, from: AGENT, to: SERVER }),
  },
  { name: "DISCOVERs on its own wire", by: "lan0", ask: () => ({ type: DISCOVER }) },
  {
    name: "DISCOVERs under other client identifiers on its own wire",
    by: "lan0",
    ask: (n) => ({ type: DISCOVER, clientId: `ff:${(n % 256).toString(16).padStart(2, "0")}` }),
  },
  {
    name: "INFORMs on its own wire",
    by: "lan0",
    ask: (_, ciaddr) => ({ type: INFORM, ciaddr, to: SERVER }),
  },
  {
    name: "DECLINEs of another's address on its own wire",
    by: "lan0",
    ask: () => ({ type: DECLINE, requested: "192.168.1.99", server: SERVER }),
  },
  {
    name: "RELEASEs of another's address on its own wire",
    by: "lan0",
    ask: () => ({ type: RELEASE, ciaddr: "192.168.1.99", server: SERVER, to: SERVER }),
  },
  {
    name: "REQUESTs to another server on its own wire",
    by: "lan0",
    ask: (_, requested) => ({ type: REQUEST, requested, server: OTHER_SERVER }),
  },
  {
    name: "REQUESTs that are refused on its own wire",
    by: "lan0",
    ask: () => ({ type: REQUEST, requested: "10.99.0.1" }),
  },
  {
    name: "renewals in its name on its own wire, by other host names",
    by: "lan0",
    ask: (n, ciaddr) => ({
      type: REQUEST,
      ciaddr,
      to: SERVER,
      options: [[12, new TextEncoder().encode(`h${n}`)]],
    }),
  },
];

const ROUNDS = 20;
const ROUND_MS = 330;
const ATTACKS_A_ROUND = 33;

/** How many of the victim's messages are answered while 100 a second come in its name. */
async function countAnswers(
  it: Server,
  { interfaceName, relay }: Place,
  attack: { readonly by: string; readonly ask: (n: number) => Ask },
  going: Ask,
): Promise<number> {
  let answered = 0;
  // Long enough before that every bucket is empty.
  for (let round = -20; round < ROUNDS; round++) {
    it.clock.advance(ROUND_MS);
    const asks = Array.from({ length: ATTACKS_A_ROUND }, (_, i) => ({
      mac: VICTIM,
      ...attack.ask((round + 20) * ATTACKS_A_ROUND + i),
    }));
    await it.exchangeBy(attack.by, asks);
    if (round < 0) continue;
    const whom = { type: REQUEST, mac: VICTIM, xid: XID, ...relay };
    const replies = await it.exchangeBy(interfaceName, [{ ...whom, ...going }]);
    if (replies.some((reply) => messageType(reply) === ACK && reply.xid === XID)) answered++;
  }
  return answered;
}

for (const place of [LAN, BEHIND_AGENT]) {
  for (const { name, by, ask } of ATTACKS) {
    if (place === BEHIND_AGENT && name.includes("own wire")) continue;
    const where = place === LAN ? "" : " behind a relay agent";
    Deno.test(`${name} hold back no holder${where} that goes on with its lease`, async () => {
      for (const [way, goOn] of Object.entries(WAYS_TO_GO_ON)) {
        const it = await startServer();
        it.clock.advance(1000);
        const address = await takeLease(it, place);
        const going = goOn(address);
        // By unicast past the relay agent, as clients do.
        const from = way === "RENEWING" ? { ...place, relay: {} } : place;
        const answered = await countAnswers(it, from, { by, ask: (n) => ask(n, address) }, going);
        assert.equal(answered, ROUNDS, way);
        await it.stop();
      }
    });
  }
}

Deno.test("a client behind a relay agent is answered while others send in both their names from elsewhere", async () => {
  const it = await startServer();
  const flood = Array.from({ length: 500 }, (): Ask => ({
    type: DISCOVER,
    mac: VICTIM,
    giaddr: AGENT,
    from: FAR,
    to: SERVER,
  }));
  assert.equal((await it.exchangeBy("lan0", flood)).length, 100, "the burst");
  assert.ok(await takeLease(it, BEHIND_AGENT) !== undefined);
  await it.stop();
});

Deno.test("messages that are not answered cost their client nothing", async () => {
  const it = await startServer();
  const flood = Array.from({ length: 500 }, (): Ask => ({
    type: REQUEST,
    mac: VICTIM,
    server: OTHER_SERVER,
    requested: "192.168.1.20",
  }));
  await it.exchangeBy("lan0", flood);
  assert.ok(await takeLease(it, LAN) !== undefined);
  assert.equal(it.server.limiter.status().held.client, 0);
  await it.stop();
});

Deno.test("a holder that renews too often is answered from what is on disk, and its lease is kept", async () => {
  const it = await startServer("lease-time: 1h\n");
  it.clock.advance(1000);
  const address = await takeLease(it, LAN);
  it.clock.advance(60_000);
  it.store.records.length = 0;
  const renewal = { type: REQUEST, mac: VICTIM, ciaddr: address, to: SERVER };
  const acks = await it.exchangeBy("lan0", Array.from({ length: 1_000 }, () => renewal));
  assert.equal(acks.length, 1_000);
  assert.ok(acks.every((ack) => messageType(ack) === ACK && ack.yiaddr === address));
  assert.equal(it.store.records.length, 100, "the burst is written");
  assert.equal(it.rules().filter((rule) => rule === "renewed-unwritten").length, 900);
  it.clock.advance(3_500_000);
  const later = await it.exchangeBy("lan0", [renewal]);
  assert.equal(messageType(later[0]!), ACK);
  assert.equal(it.store.records.length, 101, "a token later it is written again");
  assert.equal(it.leases.get(ip(address))!.expiresAtMs - it.clock.monotonicMs(), 3_600_000);
  await it.stop();
});

Deno.test("a holder of a lease without end that renews too often writes no more than others", async () => {
  const it = await startServer("lease-time: infinite\n");
  it.clock.advance(1000);
  const address = await takeLease(it, LAN);
  it.store.records.length = 0;
  const renewal = { type: REQUEST, mac: VICTIM, ciaddr: address, to: SERVER };
  const acks = await it.exchangeBy("lan0", Array.from({ length: 1_000 }, () => renewal));
  assert.equal(acks.length, 1_000);
  assert.equal(it.store.records.length, 100);
  await it.stop();
});
