/**
 * Everything of Sublet but sockets and disk: whole exchanges in one process, from memory to memory,
 * with a journal on a disk that takes everything at once. The JSON on stderr tells what the code
 * itself costs; with V8's `--trace-gc` beside it, also what it leaves to the garbage collector.
 *
 *     deno run -A --v8-flags=--trace-gc scripts/bench/engine.ts --exchanges 200000
 */
import process from "node:process";
import { setImmediate as nextTurn } from "node:timers/promises";
import { parseArgs } from "node:util";
import { loadConfig } from "../../src/config/load.ts";
import { LeaseTable } from "../../src/leases/lease_table.ts";
import type { Datagram, Link, Outgoing } from "../../src/link/link.ts";
import { systemClock } from "../../src/server/clock.ts";
import { LOG_LEVELS, openLog } from "../../src/server/log.ts";
import { Metrics } from "../../src/server/metrics.ts";
import { DhcpServer } from "../../src/server/server.ts";
import type { Disk, DiskFile } from "../../src/store/disk.ts";
import { openJournal } from "../../src/store/journal_store.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { RELAY_ADDRESS, RELAYED_INGRESS, SERVER_ADDRESS } from "./lab.ts";
import { Messages, OFFER, readAnswer } from "./messages.ts";
import { subletConfig } from "./server_configs.ts";

const BATCH_MAX = 64;
const OUTSTANDING = 1024;
const CLIENTS = 50_000;
const MESSAGE_OCTETS = 300;
const NETWORK = { poolSize: 60_000, reservations: 1_000 };
const SERVER = parseIpv4(SERVER_ADDRESS)!;
const RELAY = parseIpv4(RELAY_ADDRESS)!;

export interface EngineReport {
  readonly exchanges: number;
  /** Of the whole process, the clients in it included. */
  readonly cpuMicrosPerExchange: number;
  /** Milliseconds since the process began. */
  readonly beginMs: number;
  readonly endMs: number;
}

/** What a client does next. */
interface Step {
  readonly client: number;
  /** The address to take; 0 before the OFFER. */
  readonly address: number;
}

/** Clients in place of a network: the server's replies become the next requests. */
class Clients {
  readonly link: Link;
  readonly #messages = new Messages(RELAY, false);
  readonly #slots = Array.from({ length: BATCH_MAX }, () => new Uint8Array(MESSAGE_OCTETS));
  #steps: Step[] = [];
  #wake: (() => void) | undefined;
  #isClosed = false;
  #started = 0;
  #left = 0;
  #onDone = () => {};

  constructor() {
    const own = new Set([SERVER]);
    const nothing = () => {};
    this.link = {
      receive: () => this.#receive(),
      send: (replies) => this.#take(replies),
      probe: nothing,
      takeAnswers: () => [],
      search: nothing,
      endSearch: nothing,
      takeVoices: () => [],
      ownAddresses: () => own,
      machineAddresses: () => own,
      serve: nothing,
      interfaces: () => [],
      counters: () => ({ oversizedDatagrams: 0, unsentReplies: 0 }),
      close: () => {
        this.#isClosed = true;
        this.#wake?.();
      },
    };
  }

  /** Goes through so many exchanges. */
  exchange(count: number): Promise<void> {
    this.#left = count;
    return new Promise((resolve) => {
      this.#onDone = resolve;
      for (let i = 0; i < OUTSTANDING; i++) this.#start();
    });
  }

  #start(): void {
    this.#steps.push({ client: this.#started++ % CLIENTS, address: 0 });
    this.#wake?.();
  }

  async #receive(): Promise<readonly Datagram[] | undefined> {
    await nextTurn();
    while (this.#steps.length === 0 && !this.#isClosed) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    if (this.#isClosed) return undefined;
    return this.#steps.splice(0, BATCH_MAX).map(({ client, address }, slot) => {
      const bytes = this.#slots[slot]!;
      // The transaction is named by its client, so that the reply tells who it is for.
      bytes.set(
        address === 0
          ? this.#messages.discover(client, client)
          : this.#messages.select(client, client, address, SERVER),
      );
      return { bytes, ingress: RELAYED_INGRESS };
    });
  }

  #take(replies: readonly Outgoing[]): void {
    for (const { bytes } of replies) {
      const { xid, type, yiaddr } = readAnswer(bytes);
      if (type === OFFER) {
        this.#steps.push({ client: xid, address: yiaddr });
      } else if (--this.#left >= OUTSTANDING) {
        this.#start();
      } else if (this.#left === 0) {
        this.#onDone();
      }
    }
    this.#wake?.();
  }
}

/** A disk without a disk: what is written is gone, and a sync takes a turn of the event loop. */
function noDisk(): Disk {
  const done = () => Promise.resolve();
  let created = noFile();
  let journal = created;
  const entryOf = ({ sizeBytes }: NoFile) => ({ identity: "", kind: "file", sizeBytes }) as const;
  return {
    lock: () => Promise.resolve({ identity: "", close: () => {} }),
    stat: (path) => Promise.resolve(path.endsWith(".new") ? entryOf(created) : undefined),
    statNow: () => entryOf(journal),
    follow: (path) => Promise.resolve(path),
    openRead: () => Promise.resolve(journal),
    openAppend: () => Promise.resolve(journal),
    createNew: () => Promise.resolve(created = noFile()),
    openAside: () => Promise.resolve(noFile()),
    rename: () => {
      journal = created;
      return done();
    },
    remove: done,
    makeDirectory: done,
    syncDirectory: done,
  };
}

/** What is kept of a file is how long it would be. */
interface NoFile extends DiskFile {
  readonly sizeBytes: number;
}

function noFile(): NoFile {
  const done = () => Promise.resolve();
  let sizeBytes = 0;
  const take = ({ length }: Uint8Array) => {
    sizeBytes += length;
    return length;
  };
  return {
    get sizeBytes() {
      return sizeBytes;
    },
    read: () => Promise.resolve(null),
    write: (bytes) => Promise.resolve(take(bytes)),
    writeNow: take,
    syncData: () => nextTurn(),
    sync: done,
    truncate: done,
    lock: () => Promise.resolve(true),
    close: () => {},
  };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      exchanges: { type: "string", default: "200000" },
      "log-level": { type: "string", default: "info" },
    },
  });
  const exchanges = Number(values.exchanges);
  const text = subletConfig(NETWORK, { directory: "/", leases: "/leases.jsonl" });
  const loaded = loadConfig(text, "bench.yaml");
  if (!("config" in loaded)) throw new Error(JSON.stringify(loaded.problems));
  const { config } = loaded;
  const leases = new LeaseTable(config.subnets);
  const clock = systemClock;
  const snapshot = () => leases.packed();
  const { journal: path, durability } = config;
  const store = openJournal({ path, clock, durability, snapshot, disk: noDisk() });
  await store.load(leases);
  const clients = new Clients();
  const metrics = new Metrics();
  const log = openLog({
    format: "human",
    level: LOG_LEVELS.find((level) => level === values["log-level"]) ?? "info",
    colour: false,
    clock,
    write: (bytes) => nextTurn(bytes.length),
  });
  const { link } = clients;
  const emit: ConstructorParameters<typeof DhcpServer>[0]["emit"] = (event) => {
    metrics.count(event);
    log.record(event);
  };
  const running = new DhcpServer({ config, leases, link, store, clock, emit }).run();
  // A loop that fails would leave the clients waiting for ever.
  await Promise.race([clients.exchange(exchanges), running]);
  const cpu = process.cpuUsage();
  const beginMs = performance.now();
  await clients.exchange(exchanges);
  const endMs = performance.now();
  const { user, system } = process.cpuUsage(cpu);
  link.close();
  await running;
  await log.close();
  await store.close();
  const cpuMicrosPerExchange = (user + system) / exchanges;
  const report: EngineReport = { exchanges, cpuMicrosPerExchange, beginMs, endMs };
  console.error(JSON.stringify(report)); // V8's own lines are on stdout
}

if (import.meta.main) await main();
