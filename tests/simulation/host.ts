/**
 * The machine that the server runs on: power, clocks, disk and sockets of its own. In it runs what
 * runs in production, put together as in cli/run.ts: the loop, the table, the journal.
 */
import type { Lease } from "../../src/leases/lease.ts";
import { LeaseTable } from "../../src/leases/lease_table.ts";
import type { Datagram, Link, Outgoing, Probe, ProbeAnswer } from "../../src/link/link.ts";
import type { ServerEvent } from "../../src/server/events.ts";
import { DhcpServer } from "../../src/server/server.ts";
import type { Clock } from "../../src/store/clock.ts";
import { openJournal } from "../../src/store/journal_store.ts";
import { type LeaseStore, StoreError } from "../../src/store/lease_store.ts";
import { type Fault, FaultyDisk, type FaultyDiskOptions } from "../support/faulty_disk.ts";
import { MemoryLink } from "../support/memory_link.ts";
import type { Random } from "../support/random.ts";
import { createVirtualClock, VIRTUAL_WALL_MS } from "../support/virtual_clock.ts";
import type { Agenda } from "./agenda.ts";
import { makeConfig, number, type Rules, serverAddresses } from "./premises.ts";
import type { Referee } from "./referee.ts";

export const JOURNAL_PATH = "/lib/leases.jsonl";
/** As in cli/run.ts. */
const STORE_CHECK_MS = 5_000;
/** A supervisor starts a server again that could not open its journal. */
const RESTART_MS = 5_000;
/** What a machine takes the time for that has no clock of its own: 1970-01-01T00:00:00Z. */
const WALL_MS_WITHOUT_CLOCK = 0;

/** Where a test may put a broken part in place of a good one, to see that it is found out. */
export interface Workshop {
  readonly disk?: FaultyDiskOptions;
  readonly clock?: (clock: Clock) => Clock;
  readonly link?: (link: Link) => Link;
  readonly store?: (store: LeaseStore) => LeaseStore;
  readonly table?: typeof LeaseTable;
  /** What becomes of the journal while no process runs. */
  readonly journal?: (text: string) => string;
}

export interface HostParts {
  readonly agenda: Agenda;
  readonly random: Random;
  readonly referee: Referee;
  readonly workshop: Workshop;
  readonly authoritative: boolean;
  readonly compactionLinesMin: number;
  readonly renewWriteThreshold: number;
  /** Takes a reply away to the network. */
  readonly carry: (reply: Outgoing) => void;
  /** Takes a probe away to the network, which may bring an answer. */
  readonly ask: (probe: Probe, answer: (answer: ProbeAnswer) => void) => void;
  readonly emit: (event: ServerEvent) => void;
}

/** What one process has; all of it is gone when it is killed. */
interface Life {
  readonly link: MemoryLink;
  readonly table: LeaseTable;
  readonly store: LeaseStore;
  server: DhcpServer | undefined;
  ended: Promise<void>;
}

/** A datagram that has reached the machine. */
interface Arrival {
  readonly interfaceName: string;
  readonly bytes: Uint8Array;
  readonly source: string;
  readonly destination: string;
}

export class Host {
  rules: readonly Rules[];
  renewWriteThreshold: number;
  /** While true, most of what is written to the disk fails. */
  isDiskFailing = false;
  /** While true the process gets no time: what arrives is handed over afterwards, in one batch. */
  isStalled = false;
  readonly #clock = createVirtualClock();
  #clockReadMs = 0;
  #disk: FaultyDisk;
  #life: Life | undefined;
  #arrived: Arrival[] = [];
  readonly #deferred: (() => void)[] = [];
  /** The last step of the wall clock that the journal may not have yet. */
  #unwrittenStep: { readonly atMs: number; readonly isForward: boolean } | undefined;
  #isClockRight = true;
  #atNextWrite = () => {};

  constructor(private readonly parts: HostParts, rules: readonly Rules[]) {
    this.rules = rules;
    this.renewWriteThreshold = parts.renewWriteThreshold;
    this.#disk = this.#prepareDisk(new FaultyDisk(this.#diskOptions()));
  }

  /** Whether there is a process, though it may still be starting. */
  get isRunning(): boolean {
    return this.#life !== undefined;
  }

  /** Whether the process serves. */
  get isUp(): boolean {
    return this.#life?.server !== undefined;
  }

  /**
   * Whether a restart now would see time that never passed: the wall clock was set forward, and
   * the journal does not have it yet. Nothing on the disk can tell that from time without power,
   * and leases end early; the server's defence is that it looks every few seconds.
   */
  get isVulnerable(): boolean {
    return this.#unwrittenStep?.isForward === true;
  }

  /**
   * Whether the disk failed and the journal was not written anew since. What a failed sync was to
   * sync is gone, though a process that is started now would still read it from the page cache,
   * and take it for safe. No ACK depends on it; here a restart is then one of the machine.
   */
  get isDiskInDoubt(): boolean {
    return this.#life?.store.health().ok === false;
  }

  /** The newest record of an address that the process has. */
  leaseOf(address: string): Lease | undefined {
    return this.#life?.server === undefined ? undefined : this.#life.table.get(number(address));
  }

  /** Calls back once, when the process next begins to change something on the disk. */
  atNextWrite(act: () => void): void {
    this.#atNextWrite = act;
  }

  /** Lets the clocks go on to the agenda's time. */
  tick(): void {
    const { nowMs } = this.parts.agenda;
    this.#clock.advance(nowMs - this.#clockReadMs);
    this.#clockReadMs = nowMs;
  }

  /** Steps the wall clock, as NTP or an operator does. */
  stepWall(stepMs: number): void {
    this.#clock.stepWall(stepMs);
    this.#unwrittenStep = { atMs: this.parts.agenda.nowMs, isForward: stepMs > 0 };
  }

  /** Sets the wall clock to true time, as NTP does. */
  correctWall(): void {
    this.stepWall(VIRTUAL_WALL_MS + this.parts.agenda.nowMs - this.#clock.wallMs());
  }

  /** Starts the process. */
  boot(): void {
    const { agenda, referee, workshop, compactionLinesMin, emit } = this.parts;
    const clock = workshop.clock?.(this.#clock) ?? this.#clock;
    const config = this.#config();
    const link = new MemoryLink(config.interfaces);
    for (const name of config.interfaces) link.addInterface(name, ...serverAddresses(name));
    link.onWait = (waitMs) => agenda.after(waitMs, () => this.#whenRunning(() => link.wake()));
    const table = new (workshop.table ?? LeaseTable)(config.subnets);
    const journal = openJournal({
      path: JOURNAL_PATH,
      clock,
      snapshot: () => table.packed(),
      disk: this.#disk,
      compactionLinesMin,
    });
    const store = this.#observe(workshop.store?.(journal) ?? journal);
    const life: Life = { link, table, store, server: undefined, ended: Promise.resolve() };
    this.#life = life;
    link.onProbe = (probe) => {
      this.parts.ask(probe, (answer) => {
        this.#whenRunning(() => this.#life === life && link.answer(answer));
      });
    };
    const serve = async () => {
      const remarks = await store.load(table);
      table.advance(clock.monotonicMs());
      for (const message of remarks) emit({ kind: "notice", level: "warning", message });
      const isClockRight = this.#isClockRight;
      referee.restarted(table.records(), { ...this.#restart(), isClockRight });
      const recorded = this.#record(link, life);
      const server = new DhcpServer({
        config,
        leases: table,
        link: workshop.link?.(recorded) ?? recorded,
        store,
        clock,
        seed: this.parts.random.integer(0, 2 ** 31),
        emit,
      });
      server.reconfigure(this.#config()); // which may be another by now
      life.server = server;
      this.#checkStore(life);
      await server.run();
      await store.close();
    };
    life.ended = serve().catch((error) => {
      // As the program does with an operating error: it ends, and is started again.
      if (!(error instanceof StoreError)) return referee.serverStopped(error);
      this.#kill("power-cut"); // See `isDiskInDoubt`.
      agenda.after(RESTART_MS, () => this.boot());
    });
  }

  /** Takes the new rules on, as after SIGHUP. */
  reload(rules: readonly Rules[]): void {
    this.rules = rules;
    this.#life?.server?.reconfigure(this.#config());
  }

  /** A datagram reaches the machine. */
  arrive(arrival: Arrival): void {
    if (!this.isUp) return;
    this.#arrived.push(arrival);
    if (this.#arrived.length > 1) return;
    this.parts.agenda.after(this.parts.random.integer(0, 2), () => this.#handOver());
  }

  /** Gives the process time again. */
  resume(): void {
    this.isStalled = false;
    for (const act of this.#deferred.splice(0)) act();
    this.#handOver();
  }

  /** What would wake the process waits until it gets time. */
  #whenRunning(act: () => void): void {
    if (this.isStalled) this.#deferred.push(act);
    else act();
  }

  /** Ends the process as it stands: `kill` spares the machine, `power-cut` takes it along. */
  crash(kind: "kill" | "power-cut"): void {
    const life = this.#life;
    if (life?.server !== undefined) this.parts.referee.ended(life.table.records());
    this.#kill(kind);
  }

  /** After a crash: `keepsWall` is a machine whose clock runs on without power. */
  comeBack(kind: "kill" | "power-cut", keepsWall: boolean): void {
    this.#isClockRight = this.#unwrittenStep === undefined;
    if (kind === "power-cut") {
      this.#clock.setMonotonic(this.parts.random.integer(0, 1e9));
      if (!keepsWall) {
        this.#clock.setWall(Math.min(this.#clock.wallMs(), WALL_MS_WITHOUT_CLOCK));
        this.#isClockRight = false;
        this.#unwrittenStep = { atMs: this.parts.agenda.nowMs, isForward: false };
      }
    }
    this.boot();
  }

  /** Ends the process in good order; resolves when it has ended. */
  async stop(): Promise<void> {
    const life = this.#life;
    if (life === undefined) return;
    this.parts.referee.ended(life.table.records());
    life.link.close();
    await life.ended;
    this.#life = undefined;
    this.#isClockRight = this.#unwrittenStep === undefined;
  }

  #kill(kind: "kill" | "power-cut"): void {
    const { random } = this.parts;
    this.#life = undefined;
    this.#arrived = [];
    const cut = this.#disk.afterPowerCut({
      bytes: random.pick(["lost", "kept", "torn", "zeroed"] as const),
      names: random.pick(["lost", "kept", "some"] as const),
    }, this.#diskOptions());
    const spared = this.#disk.afterKill(this.#diskOptions());
    this.#disk = this.#prepareDisk(kind === "kill" ? spared : cut);
    const { journal } = this.parts.workshop;
    const text = this.#disk.read(JOURNAL_PATH);
    if (journal !== undefined && text !== undefined) this.#disk.plant(JOURNAL_PATH, journal(text));
  }

  #config() {
    const { renewWriteThreshold } = this;
    const { authoritative } = this.parts;
    return makeConfig(this.rules, { authoritative, renewWriteThreshold, journal: JOURNAL_PATH });
  }

  #restart() {
    const { nowMs } = this.parts.agenda;
    return { nowMs, skewMs: nowMs - this.#clock.monotonicMs() };
  }

  #diskOptions(): FaultyDiskOptions {
    return { ...this.parts.workshop.disk, seed: this.parts.random.integer(0, 2 ** 31) };
  }

  /** Operations take their time, and fail while the disk is in trouble. */
  #prepareDisk(disk: FaultyDisk): FaultyDisk {
    const { agenda, random } = this.parts;
    disk.intercept = (operation, isNow) => {
      if (/^(stat|read|open)/.test(operation)) return undefined;
      const act = this.#atNextWrite;
      this.#atNextWrite = () => {};
      act();
      const fault: Fault | undefined = this.isDiskFailing && random.chance(0.7)
        ? random.pick(["EIO", "ENOSPC", "short"] as const)
        : undefined;
      if (isNow) return fault;
      const slowest = operation.startsWith("sync") ? (random.chance(0.02) ? 2_000 : 30) : 2;
      return new Promise((resolve) =>
        agenda.after(random.integer(0, slowest), () => resolve(fault))
      );
    };
    return disk;
  }

  #checkStore(life: Life): void {
    this.parts.agenda.after(STORE_CHECK_MS, () => {
      if (this.#life !== life) return;
      life.server?.checkStore();
      this.#checkStore(life);
    });
  }

  /** Everything that waits at the sockets, to the loop, which takes it as one batch. */
  #handOver(): void {
    const link = this.#life?.link;
    if (link === undefined || this.isStalled) return;
    for (const { interfaceName, bytes, source, destination } of this.#arrived.splice(0)) {
      link.inject(interfaceName, bytes, number(source), number(destination));
    }
  }

  /** The link as the loop sees it, with the referee looking on. */
  #record(inner: MemoryLink, life: Life): Link {
    const { referee, carry } = this.parts;
    let batch: readonly Datagram[] = [];
    return {
      receive: async (waitMs) => {
        // What a real link reads into is used again: whoever kept a view on it is found out.
        for (const { bytes } of batch) bytes.fill(0xa5);
        const received = await inner.receive(waitMs);
        batch = received ?? [];
        for (const { bytes, ingress } of batch) {
          referee.handedOver(ingress, bytes.slice(), this.#disk);
        }
        return received;
      },
      send: (replies) => {
        if (this.#life !== life) return;
        for (const reply of replies) referee.replied(reply, this.rules, this.#disk);
        inner.send(replies);
        inner.sent.splice(0).forEach(carry);
      },
      probe: (probes) => {
        for (const probe of probes) referee.probed(probe, this.rules);
        inner.probe(probes);
      },
      search: (search) => inner.search(search),
      endSearch: () => inner.endSearch(),
      takeVoices: () => inner.takeVoices(),
      takeAnswers: () => {
        const answers = inner.takeAnswers();
        for (const answer of answers) referee.answered(answer, life.table.get(answer.address));
        return answers;
      },
      ownAddresses: () => inner.ownAddresses(),
      serve: (names, proxyDhcp) => inner.serve(names, proxyDhcp),
      interfaces: () => inner.interfaces(),
      counters: () => inner.counters(),
      machineAddresses: () => inner.machineAddresses(),
      close: () => inner.close(),
    };
  }

  /** The store as the loop sees it, with the referee looking on. */
  #observe(inner: LeaseStore): LeaseStore {
    const { agenda, referee } = this.parts;
    return {
      load: (leases) => inner.load(leases),
      commit: async (changes: readonly Lease[]) => {
        const calledMs = agenda.nowMs;
        referee.decided(changes, this.#restart().skewMs, this.rules);
        await inner.commit(changes);
        referee.committed(changes);
        const step = this.#unwrittenStep;
        if (step !== undefined && step.atMs <= calledMs) this.#unwrittenStep = undefined;
      },
      health: () => inner.health(),
      close: () => inner.close(),
    };
  }
}
