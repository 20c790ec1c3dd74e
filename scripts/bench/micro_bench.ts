/**
 * The steps of a packet's way, each by itself: `deno bench -A scripts/bench/micro_bench.ts`. All of
 * them work over a table of 50,000 leases and 1,000 reservations.
 */
import { loadConfig } from "../../src/config/load.ts";
import type { Subnet } from "../../src/config/config.ts";
import { makeClient } from "../../src/leases/lease.ts";
import { LeaseTable } from "../../src/leases/lease_table.ts";
import { encodeAck } from "../../src/protocol/reply.ts";
import { grantTime } from "../../src/protocol/lease_time.ts";
import { classify, type Request } from "../../src/protocol/request.ts";
import { type EngineState, respond } from "../../src/protocol/respond.ts";
import { systemClock } from "../../src/server/clock.ts";
import { openJournal } from "../../src/store/journal_store.ts";
import { formatHex } from "../../src/wire/hex.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { MessageView, viewMessage } from "../../src/wire/message_view.ts";
import { ReplySlab } from "../../src/wire/message_writer.ts";
import { FIRST_ADDRESS, RELAY_ADDRESS, RELAYED_INGRESS, SERVER_ADDRESS } from "./lab.ts";
import { writeSubletJournal } from "./lease_files.ts";
import { hardwareAddressOf, Messages } from "./messages.ts";
import { subletConfig } from "./server_configs.ts";

const LEASES = 50_000;
const POOL_SIZE = 1_000_000;
const JOURNAL_LINES = 100_000;
const NOW_MS = 1_000_000;
const LEASE_MS = 3_600_000;
const SERVER = parseIpv4(SERVER_ADDRESS)!;

function makeSubnets(poolSize: number) {
  const paths = { directory: "/", leases: "/leases.jsonl" };
  const text = subletConfig({ poolSize, reservations: 1_000 }, paths);
  const loaded = loadConfig(text, "bench.yaml");
  if (!("config" in loaded)) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}

const clientOf = (number: number) => {
  const mac = formatHex(hardwareAddressOf(number));
  return makeClient(1, mac, `01:${mac}`);
};

/** A table whose first `count` addresses are leased. */
function makeTable(subnets: readonly Subnet[], count: number): LeaseTable {
  const table = new LeaseTable(subnets);
  for (let i = 0; i < count; i++) {
    table.put({
      address: FIRST_ADDRESS + i,
      client: clientOf(i),
      state: "bound",
      updatedAtMs: NOW_MS,
      expiresAtMs: NOW_MS + LEASE_MS,
    });
  }
  table.advance(NOW_MS);
  return table;
}

const config = makeSubnets(POOL_SIZE);
const state: EngineState = {
  config,
  leases: makeTable(config.subnets, LEASES),
  nowMs: NOW_MS,
  startedAtMs: 0,
  ownAddresses: new Set([SERVER]),
  machineAddresses: new Set([SERVER]),
};
const messages = new Messages(parseIpv4(RELAY_ADDRESS)!, false);
const slab = new ReplySlab();

function requestOf(bytes: Uint8Array): Request {
  const view = viewMessage(bytes.slice());
  const request = view.kind === "malformed" ? view : classify(view, RELAYED_INGRESS);
  if (request.kind === "malformed") throw new Error(request.reason);
  return request;
}

const discover = messages.discover(1, LEASES + 1).slice();
const reused = new MessageView();
Deno.bench("view: a DISCOVER of 300 octets", () => {
  viewMessage(discover, reused);
});

const viewed = viewMessage(discover);
Deno.bench("classify: a DISCOVER", () => {
  if (viewed.kind === "message") classify(viewed, RELAYED_INGRESS);
});

const REQUESTS = {
  "a DISCOVER of a new client": requestOf(discover),
  "a DISCOVER of a known client": requestOf(messages.discover(2, 7)),
  "a renewal": requestOf(messages.extend(3, 7, FIRST_ADDRESS + 7)),
};
for (const [what, request] of Object.entries(REQUESTS)) {
  Deno.bench(`respond: ${what}`, () => {
    respond(request, state, slab);
    slab.clear();
  });
}

const subnet = config.subnets[0]!;
const grant = {
  address: FIRST_ADDRESS + 7,
  time: grantTime(subnet.leaseTime, undefined),
  subnet,
  scopes: subnet.pools.slice(0, 1),
};
Deno.bench("write: an ACK with its options", () => {
  encodeAck(REQUESTS["a renewal"], grant, state, slab);
  slab.clear();
});

for (const percent of [0, 50, 90, 99, 99.9]) {
  const fresh = makeSubnets(POOL_SIZE).subnets;
  const table = makeTable(fresh, Math.round(POOL_SIZE * percent / 100));
  let hash = 1;
  Deno.bench(
    `allocate: in a pool of ${POOL_SIZE}, ${percent} % taken`,
    { group: "allocate" },
    () => {
      hash = Math.imul(hash, 0x41c6_4e6d) + 12_345 >>> 0;
      table.findFree(fresh[0]!.pools[0]!, hash);
    },
  );
}

const journal = await Deno.makeTempFile({ prefix: "sublet-bench-", suffix: ".jsonl" });
await writeSubletJournal(journal, JOURNAL_LINES);
Deno.bench(`replay: ${JOURNAL_LINES} lines of a journal`, { n: 5, warmup: 1 }, async () => {
  const table = new LeaseTable(config.subnets);
  const snapshot = () => table.packed();
  const store = openJournal({
    path: journal,
    clock: systemClock,
    durability: config.durability,
    snapshot,
  });
  await store.load(table);
  await store.close();
});
addEventListener("unload", () => {
  for (const path of [journal, `${journal}.lock`]) Deno.removeSync(path);
});
