/**
 * The simulation finds what it is there to find: each of these breaks one part of a sound server
 * from outside, and the invariant that is about it says so within a few seeds.
 */
import assert from "node:assert/strict";
import type { Lease } from "../../src/leases/lease.ts";
import { LeaseTable } from "../../src/leases/lease_table.ts";
import type { Datagram, Link, Outgoing } from "../../src/link/link.ts";
import type { LeaseStore } from "../../src/store/lease_store.ts";
import {
  buildPacket,
  messageType,
  OFFER,
  option,
  parsePacket,
  RELEASE,
} from "../support/dhcp_packets.ts";
import { ip } from "../support/leases_fixture.ts";
import { withoutSums } from "../support/sealed_lines.ts";
import type { Workshop } from "./host.ts";
import { makePlan } from "./plan.ts";
import { simulate } from "./simulation.ts";
import { type Invariant, Violation } from "./violation.ts";

const SEEDS_MAX = 12;
const HOURS = 2;

interface Fault {
  readonly name: string;
  readonly workshop: Workshop;
  readonly caughtBy: Invariant;
}

/** Replies leave by way of `change`. */
function sending(link: Link, change: (reply: Outgoing) => Outgoing): Link {
  return {
    receive: (waitMs) => link.receive(waitMs),
    send: (replies) => link.send(replies.map(change)),
    probe: (probes) => link.probe(probes),
    takeAnswers: () => link.takeAnswers(),
    search: (search) => link.search(search),
    endSearch: () => link.endSearch(),
    takeVoices: () => link.takeVoices(),
    ownAddresses: () => link.ownAddresses(),
    serve: (names) => link.serve(names),
    interfaces: () => link.interfaces(),
    counters: () => link.counters(),
    machineAddresses: () => link.machineAddresses(),
    close: () => link.close(),
  };
}

/** Commits go by way of `commit`. */
function committing(
  store: LeaseStore,
  commit: (changes: readonly Lease[]) => ReturnType<LeaseStore["commit"]>,
): LeaseStore {
  return {
    load: (leases) => store.load(leases),
    commit,
    health: () => store.health(),
    close: () => store.close(),
  };
}

function withoutOption82(reply: Outgoing): Outgoing {
  const packet = parsePacket(reply.bytes);
  const options = packet.options.filter(([code]) => code !== 82);
  const bytes = new Uint8Array(reply.bytes.length);
  bytes.set(buildPacket({ ...packet, options }));
  return { ...reply, bytes };
}

/** The reply with another octet at a place. */
function withOctet(reply: Outgoing, at: number, octet: number): Outgoing {
  const bytes = reply.bytes.slice();
  bytes[at] = octet;
  return { ...reply, bytes };
}

/** Tells a client that its lease is this many times as long. */
function withLeaseTime(reply: Outgoing, times: number): Outgoing {
  const packet = parsePacket(reply.bytes);
  const bytes = reply.bytes.slice();
  const at = bytes.findIndex((octet, i) => i >= 240 && octet === 51 && bytes[i + 1] === 4);
  const seconds = option(packet, 51);
  if (at < 0 || seconds === undefined) return reply;
  const view = new DataView(bytes.buffer);
  view.setUint32(at + 2, Math.min(2 ** 31, view.getUint32(at + 2) * times));
  return { ...reply, bytes };
}

/** The reply with padding up to so many octets. */
function padded(reply: Outgoing, octets: number): Outgoing {
  const bytes = new Uint8Array(Math.max(octets, reply.bytes.length));
  bytes.set(reply.bytes);
  return { ...reply, bytes };
}

/** A RELEASE as if its client had sent it, wherever it came from. */
function asFromItsHolder(datagram: Datagram): Datagram {
  const packet = parsePacket(datagram.bytes);
  if (messageType(packet) !== RELEASE) return datagram;
  return { ...datagram, ingress: { ...datagram.ingress, source: ip(packet.ciaddr) } };
}

/** Puts what is declined into quarantine for no time at all. */
class HastyTable extends LeaseTable {
  override put(lease: Lease): void {
    super.put(lease.state === "declined" ? { ...lease, expiresAtMs: lease.updatedAtMs } : lease);
  }
}

/** Takes everybody for the holder of whatever they name. */
class CredulousTable extends LeaseTable {
  override heldUntilMs(): number {
    return Number.MAX_VALUE;
  }
}

/** Gives an address that somebody has, where no address is free. */
class GenerousTable extends LeaseTable {
  override isAvailable(): boolean {
    return true;
  }

  override findFree(...[pool, hash]: Parameters<LeaseTable["findFree"]>): number | undefined {
    return super.findFree(pool, hash) ?? pool.ranges[0]?.first;
  }
}

/** Forgets what is given back, instead of remembering it. */
class ForgetfulTable extends LeaseTable {
  override put(lease: Lease): void {
    if (lease.state !== "released") super.put(lease);
  }
}

/** Never has an address for anybody new. */
class ExhaustedTable extends LeaseTable {
  override findFree(): undefined {
    return undefined;
  }
}

/** Stops the server where it ought to answer. */
class BrittleTable extends LeaseTable {
  override withdrawOffer(): never {
    throw new Error("an assertion that does not hold");
  }
}

/** A digit of the header's time is flipped, and nothing shows it. */
function withOtherYear(text: string): string {
  const end = text.indexOf("\n") + 1;
  const flip = (_: string, before: string, digit: string) => `${before}${Number(digit) ^ 1}`;
  const header = withoutSums(text.slice(0, end)).replace(/("at":"\d{3})(\d)/, flip);
  return header + text.slice(end);
}

/** A digit of the last lease's address is flipped, and nothing shows it. */
function withOtherAddress(text: string): string {
  const start = text.lastIndexOf('{"at":"');
  const flip = (_: string, before: string, digit: string) => `${before}${Number(digit) ^ 1}`;
  const line = withoutSums(text.slice(start)).replace(/("address":"[\d.]+)(\d)/, flip);
  return text.slice(0, start) + line;
}

const YEAR_MS = 365 * 86_400_000;

const FAULTS: readonly Fault[] = [
  {
    name: "a journal with a flipped digit in an address, without the check that shows it",
    workshop: { journal: withOtherAddress },
    caughtBy: "replay-equals-live",
  },
  {
    name: "a store that takes the time from one line, in which the year has a flipped digit",
    workshop: {
      journal: withOtherYear,
      store: (store) => ({
        ...committing(store, (changes) => store.commit(changes)),
        load: (leases) =>
          store.load({
            size: 0,
            expect: (count) => leases.expect(count),
            packed: () => leases.packed(),
            load: (lease) => leases.load(lease),
            finishLoading: (byMs, nowMs) => leases.finishLoading(byMs - YEAR_MS, nowMs),
          }),
      }),
    },
    caughtBy: "replay-equals-live",
  },
  {
    name: "a store that says so before the sync",
    workshop: {
      store: (store) =>
        committing(store, (changes) => {
          store.commit(changes).catch(() => {});
          return Promise.resolve();
        }),
    },
    caughtBy: "durable-before-ack",
  },
  {
    name: "a disk that syncs nothing",
    workshop: { disk: { honoursSync: false } },
    caughtBy: "durable-before-ack",
  },
  {
    name: "a store that keeps to itself every twentieth change",
    workshop: {
      store: (store) => {
        let count = 0;
        const isKept = () => ++count % 20 !== 0;
        return committing(store, (changes) => store.commit(changes.filter(isKept)));
      },
    },
    caughtBy: "durable-before-ack",
  },
  {
    name: "a store that loses one record when it is read",
    workshop: {
      store: (store) => ({
        ...committing(store, (changes) => store.commit(changes)),
        load: (leases) => {
          let count = 0;
          return store.load({
            size: 0,
            expect: (count) => leases.expect(count),
            packed: () => leases.packed(),
            load: (lease) => void (count++ > 0 && leases.load(lease)),
            finishLoading: (byMs, nowMs) => leases.finishLoading(byMs, nowMs),
          });
        },
      }),
    },
    caughtBy: "replay-equals-live",
  },
  {
    name: "a table that does not take every record",
    workshop: { table: ForgetfulTable },
    caughtBy: "replay-equals-live",
  },
  {
    name: "a link that drops option 82",
    workshop: { link: (link) => sending(link, withoutOption82) },
    caughtBy: "echo",
  },
  {
    name: "a link that sends what it has, without the padding",
    workshop: {
      link: (link) =>
        sending(link, (reply) => {
          const end = reply.bytes.findLastIndex((octet) => octet !== 0);
          return { ...reply, bytes: reply.bytes.subarray(0, end + 1) };
        }),
    },
    caughtBy: "reply-length",
  },
  {
    name: "a link that offers what it likes",
    workshop: {
      link: (link) =>
        sending(link, (reply) => {
          const packet = parsePacket(reply.bytes);
          if (messageType(packet) === OFFER) reply.bytes[19] = 250;
          return reply;
        }),
    },
    caughtBy: "permitted-address",
  },
  {
    name: "a link that has every message come from the address that it is about",
    workshop: {
      link: (link) => ({
        ...sending(link, (reply) => reply),
        receive: async (waitMs) => (await link.receive(waitMs))?.map(asFromItsHolder),
      }),
    },
    caughtBy: "from-where-it-lives",
  },
  {
    name: "a link that keeps to itself who uses an address",
    workshop: {
      link: (link) => ({
        ...sending(link, (reply) => reply),
        takeAnswers: () => link.takeAnswers().slice(1),
      }),
    },
    caughtBy: "taken-address",
  },
  {
    name: "a link that answers as if to another exchange",
    workshop: { link: (link) => sending(link, (reply) => withOctet(reply, 4, 0xff)) },
    caughtBy: "echo",
  },
  {
    name: "a link that forgets the relay agent",
    workshop: { link: (link) => sending(link, (reply) => withOctet(reply, 24, 0)) },
    caughtBy: "echo",
  },
  {
    name: "a link that sends more than the client takes",
    workshop: { link: (link) => sending(link, (reply) => padded(reply, 1_472)) },
    caughtBy: "reply-length",
  },
  {
    name: "a link that promises leases three times as long",
    workshop: { link: (link) => sending(link, (reply) => withLeaseTime(reply, 3)) },
    caughtBy: "durable-before-ack",
  },
  {
    name: "a table that puts nothing into quarantine",
    workshop: { table: HastyTable },
    caughtBy: "replay-equals-live",
  },
  {
    name: "a table that believes whoever names an address",
    workshop: { table: CredulousTable },
    caughtBy: "durable-before-ack",
  },
  {
    name: "a clock that runs twice as fast",
    workshop: {
      clock: (clock) => ({
        monotonicMs: () => 2 * clock.monotonicMs(),
        wallMs: () => clock.wallMs(),
      }),
    },
    caughtBy: "one-holder-per-address",
  },
  {
    name: "a table that has no address for anybody new",
    workshop: { table: ExhaustedTable },
    caughtBy: "bound-when-calm",
  },
  {
    name: "a server that an unusual request stops",
    workshop: { table: BrittleTable },
    caughtBy: "server-runs",
  },
  {
    name: "a clock whose monotonic time is wall time",
    workshop: {
      clock: (clock) => ({ monotonicMs: () => clock.wallMs(), wallMs: () => clock.wallMs() }),
    },
    caughtBy: "one-holder-per-address",
  },
  {
    name: "a table that gives what is taken",
    workshop: { table: GenerousTable },
    caughtBy: "one-holder-per-address",
  },
];

for (const { name, workshop, caughtBy } of FAULTS) {
  Deno.test(`a simulation finds out ${name}: ${caughtBy}`, async () => {
    const found: Invariant[] = [];
    for (let seed = 1; seed <= SEEDS_MAX && !found.includes(caughtBy); seed++) {
      const ended = simulate(makePlan({ seed, hours: HOURS }), { workshop });
      found.push(
        ...await ended.then(() => [], (error: unknown) => {
          assert(error instanceof Violation, String(error));
          return [error.invariant];
        }),
      );
    }
    assert.ok(found.includes(caughtBy), `found only: ${found.join(", ") || "nothing"}`);
  });
}

Deno.test("a flipped digit in the time of the header, at each restart, changes nothing", async () => {
  for (const seed of [1, 2, 3]) {
    await simulate(makePlan({ seed, hours: HOURS }), { workshop: { journal: withOtherYear } });
  }
});
