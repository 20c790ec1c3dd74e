/**
 * The loop: receive a batch, decide about each request in it, make the batch's lease changes
 * durable as one group, send. Replies that promise nothing new leave at once; ACKs leave when
 * their group is on disk, while the next batch is already being decided.
 */
import type { Config } from "../config/config.ts";
import { isWish } from "../leases/allocate.ts";
import type { Lease } from "../leases/lease.ts";
import type { LeaseTable } from "../leases/lease_table.ts";
import { offerMsOf, quarantineMsAt, subnetOf } from "../leases/subnets.ts";
import type { Datagram, Link, Outgoing, ProbeAnswer } from "../link/link.ts";
import type { NameRegistrar } from "../names/name_registrar.ts";
import { changeOf, type Decision, givenBy, needsRoom } from "../protocol/decision.ts";
import { classify, type Request } from "../protocol/request.ts";
import { type EngineState, respond } from "../protocol/respond.ts";
import { isSearchOf } from "../protocol/server_search.ts";
import type { Clock } from "../store/clock.ts";
import type { LeaseStore } from "../store/lease_store.ts";
import type { Ipv4 } from "../wire/ipv4.ts";
import { MessageView, viewMessage } from "../wire/message_view.ts";
import { ReplySlab } from "../wire/message_writer.ts";
import { ClockWatch } from "./clock_watch.ts";
import { ConflictProbes, type HeldRequest } from "./conflict_probes.ts";
import { Clones } from "./clones.ts";
import { type Commitment, Commits, IN_FLIGHT_MAX, outgoing, sizeOf } from "./commits.ts";
import type { DropEvent, ServerEvent } from "./events.ts";
import { describeConflict, describeDrop, describeExchange } from "./exchange_event.ts";
import { OwnAddresses } from "./own_addresses.ts";
import { proxyArpNotice, ProxyArpWatch, releaseAll } from "./proxy_arp.ts";
import { quarantineOf, QuarantineWatch, withoutQuarantine } from "./quarantine_watch.ts";
import { RateLimiter } from "./rate_limiter.ts";
import { RelayAdvice } from "./relay_advice.ts";
import { ReservationWaits } from "./reservation_waits.ts";
import { CONFLICTS, NO_ROOM, OVERLOADED, RATE_LIMITED } from "./refusals.ts";
import { RogueWatch } from "./rogue_watch.ts";

/** Everything the loop works with; made in cli/run.ts and in tests/support. */
export interface ServerParts {
  readonly config: Config;
  readonly leases: LeaseTable;
  readonly link: Link;
  readonly store: LeaseStore;
  readonly clock: Clock;
  /** Is told of the names of clients; without it, nobody is. */
  readonly names?: NameRegistrar;
  /** u32 that nobody can foretell: what random choices are made of. 0 if absent. */
  readonly seed?: number;
  /** Receives every event, in order; must not throw. */
  readonly emit: (event: ServerEvent) => void;
}

/**
 * Addresses that may be found taken for one request. After so many its client is left to ask
 * again: a host that answers for every address must not put a whole pool into quarantine at once.
 */
export const CONFLICTS_FOR_A_REQUEST_MAX = 8;

/** Slabs that are kept for the next groups; as many groups as usually overlap, and some more. */
const IDLE_SLABS_MAX = 16;

/** What one batch adds up to. */
interface Group extends Commitment {
  /** Holds every reply of the group until the last of them is sent. */
  readonly slab: ReplySlab;
  /** Replies that depend on no change. */
  readonly free: Outgoing[];
}

/** A reply that gives an address which the client does not have yet. */
type Giving = Extract<Decision, { readonly probe?: unknown }>;

export class DhcpServer {
  readonly #parts: ServerParts;
  /** As it was given; `config` is what is served of it. */
  #configured: Config;
  #config: Config;
  readonly #ownAddresses = new OwnAddresses();
  readonly #commits: Commits;
  readonly #idleSlabs: ReplySlab[] = [];
  readonly #view = new MessageView();
  readonly #probes = new ConflictProbes();
  readonly limiter: RateLimiter;
  readonly quarantines: QuarantineWatch;
  readonly #waits = new ReservationWaits();
  readonly #relayAdvice = new RelayAdvice();
  readonly #clones = new Clones();
  readonly #proxyArp = new ProxyArpWatch();
  readonly rogues = new RogueWatch(crypto.getRandomValues(new Uint32Array(1))[0]!);
  readonly #startedAtMs: number;
  readonly #clockWatch: ClockWatch;

  constructor(parts: ServerParts) {
    this.#parts = parts;
    this.#commits = new Commits(parts);
    this.limiter = new RateLimiter(parts.leases);
    this.quarantines = new QuarantineWatch(parts.leases);
    this.#startedAtMs = parts.clock.monotonicMs();
    this.#clockWatch = new ClockWatch(parts.clock);
    this.#configured = parts.config;
    this.#config = parts.config;
  }

  /** The config that decisions are made with now. */
  get runningConfig(): Config {
    return this.#config;
  }

  /** Swaps the config between two batches. Leases stay; pools and interfaces follow the config. */
  reconfigure(config: Config): void {
    this.#configured = config;
    // Before the link: what it says of its interfaces is held against the new config.
    this.#config = config;
    this.#parts.link.serve(config.interfaces, config.proxyDhcp);
    this.#withhold(this.#parts.link.machineAddresses());
  }

  /** Sees to it that no client is given an address of this machine, whatever the pools say. */
  #withhold(machineAddresses: ReadonlySet<Ipv4>): void {
    const { emit, leases, clock } = this.#parts;
    const config = this.#ownAddresses.withhold(this.#configured, machineAddresses, emit);
    this.#config = config;
    leases.reconfigure(config.subnets);
    leases.quarantines.endAfter((it) => quarantineMsAt(config, it), clock.monotonicMs());
    if (config.leasequery !== undefined) leases.indexHardware();
    if (config.hasLimits === true) leases.limits.begin();
  }

  /** Serves until the link is closed, then waits for the commits under way. */
  async run(): Promise<void> {
    const { link } = this.#parts;
    this.#withhold(link.machineAddresses());
    for (;;) {
      const batch = await link.receive(this.#waitMs());
      if (batch === undefined) break;
      this.#handleBatch(batch);
    }
    await this.#commits.settled();
  }

  /** How long the loop may sleep; `undefined` for as long as nothing comes. */
  #waitMs(): number | undefined {
    if (this.#probes.size === 0) return undefined;
    return this.#probes.dueInMs(this.#parts.clock.monotonicMs());
  }

  /**
   * To be called every few seconds, also while nobody asks: the store notes a step of the wall clock
   * and recovers from a failure, leases run out, limits are told of, other servers looked for.
   */
  checkStore(): void {
    const message = this.#clockWatch.look();
    if (message !== undefined) this.#parts.emit({ kind: "notice", level: "warning", message });
    const { leases, clock } = this.#parts;
    leases.advance(clock.monotonicMs());
    for (const notice of this.limiter.look(this.#config.rateLimits, clock.monotonicMs())) {
      this.#parts.emit({ kind: "notice", ...notice });
    }
    for (const notice of this.quarantines.look(this.#config.subnets)) this.#parts.emit(notice);
    this.rogues.look(this.#config.rogueDetection, this.#parts);
    this.#commits.add({ changes: [], paid: [], names: [] });
  }

  #handleBatch(batch: readonly Datagram[]): void {
    const { leases, link, clock } = this.#parts;
    const machineAddresses = link.machineAddresses();
    if (!this.#ownAddresses.isKnown(machineAddresses)) this.#withhold(machineAddresses);
    const nowMs = clock.monotonicMs();
    leases.advance(nowMs);
    this.rogues.listen(this.#config.rogueDetection, this.#parts);
    const ownAddresses = link.ownAddresses();
    const state: EngineState = {
      config: this.#config,
      leases,
      nowMs,
      startedAtMs: this.#startedAtMs,
      ownAddresses,
      machineAddresses,
      seed: this.#parts.seed,
      offersYield: this.limiter.offersYield(nowMs),
      floodedPools: this.limiter.floodedPools(nowMs),
    };
    const slab = this.#idleSlabs.pop() ?? new ReplySlab();
    const group: Group = { slab, free: [], paid: [], changes: [], names: [] };
    this.#handleProbes(state, group);
    for (const datagram of batch) this.#handleDatagram(datagram, state, group);

    const probes = this.#probes.takeProbes();
    if (probes.length > 0) link.probe(probes);
    if (group.free.length > 0) link.send(group.free, "free");
    if (group.changes.length + group.paid.length === 0) this.#recycle(slab);
    else this.#commits.add(group).finally(() => this.#recycle(slab));
  }

  #recycle(slab: ReplySlab): void {
    slab.clear();
    if (this.#idleSlabs.length < IDLE_SLABS_MAX) this.#idleSlabs.push(slab);
  }

  /** Decides anew about the requests that wait no longer, now that more is known. */
  #handleProbes(state: EngineState, group: Group): void {
    const probes = this.#probes;
    // Answers first: one that came in time counts, though the loop is late.
    for (const answer of this.#parts.link.takeAnswers()) {
      if (this.#isPassedOver(answer)) continue;
      const held = probes.takeAnswered(answer);
      if (held !== undefined) this.#handleConflict(held, answer, state, group);
    }
    for (
      let held = probes.takeDue(state.nowMs);
      held !== undefined;
      held = probes.takeDue(state.nowMs)
    ) {
      const { address, ingress, relay } = held;
      if (relay === 0) this.#proxyArp.noteSilence(ingress.interfaceIndex, address);
      this.#handleDatagram(held, state, group, held);
    }
  }

  #isPassedOver({ address, heard }: ProbeAnswer): boolean {
    if (heard === undefined || !this.#probes.isAsked(address)) return false;
    return this.#proxyArp.passesOver(heard.interfaceIndex, heard.hardwareAddress, address);
  }

  /** Quarantine, under the name of whoever has the address if that is known; and on to the next. */
  #handleConflict(
    held: HeldRequest,
    { heard }: ProbeAnswer,
    state: EngineState,
    group: Group,
  ): void {
    const { address, client, ingress, bytes } = held;
    const { rateLimits: limits } = state.config;
    const next = { ...held, conflictCount: held.conflictCount + 1 };
    if (this.#clones.areTwo(held, heard?.hardwareAddress, state, this.#parts.emit)) {
      return this.#handleDatagram(held, state, group, next);
    }
    const isAdmitted = !this.#isFull(group) && state.leases.hasRoom() &&
      this.limiter.admitsQuarantine(bytes, ingress, limits, state.nowMs);
    if (!isAdmitted) {
      // Without a record the address would be offered again: then better nothing.
      const conflictCount = CONFLICTS_FOR_A_REQUEST_MAX;
      return this.#handleDatagram(held, state, group, { ...held, conflictCount });
    }
    const subnet = subnetOf(state.config.subnets, address);
    if (subnet !== undefined) state.leases.withdrawOffer(client, subnet);
    this.#put(quarantineOf(held, heard?.hardwareAddress, state), group);
    this.#parts.emit(describeConflict(held, heard?.hardwareAddress));
    // Where the host turns out to answer for all, what it cost is free again.
    const acquitted = heard &&
      this.#proxyArp.note(ingress.interfaceIndex, heard.hardwareAddress, address);
    for (const lease of releaseAll(acquitted ?? [], state)) this.#put(lease, group);
    if (acquitted !== undefined) this.#parts.emit(proxyArpNotice(heard!, ingress.interfaceName));
    this.#handleDatagram(held, state, group, acquitted ? { ...held, conflictCount: 0 } : next);
  }

  /** The way of a packet: view, classify, respond, carry out. `held`: one that has waited. */
  #handleDatagram(
    datagram: Datagram,
    state: EngineState,
    group: Group,
    held?: HeldRequest,
  ): void {
    const { bytes, ingress } = datagram;
    const view = viewMessage(bytes, this.#view);
    if (view.kind === "malformed") return this.#drop(datagram, view.reason);
    const { rogueDetection, trustOption82 } = this.#config;
    // By a relay agent, or over a wire that two of our interfaces are on.
    if (rogueDetection !== undefined && isSearchOf(this.rogues.xid, view)) {
      return this.#drop(datagram, "own-search");
    }
    const request = classify(view, ingress, trustOption82);
    if (request.kind === "malformed") return this.#drop(datagram, request.reason);
    const decision = this.#decide(request, state, group, held);
    if (decision === undefined) return this.#drop(datagram, "rate-limited");
    if (!("probe" in decision) || !this.#holdBack(decision, request, state, held)) {
      this.#carryOut(decision, request, state, group, held);
    }
  }

  #drop(datagram: Datagram, reason: DropEvent["reason"]): void {
    this.#parts.emit(describeDrop(datagram, reason));
  }

  /** `undefined` for a request that the limit of messages holds back. */
  #decide(
    request: Request,
    state: EngineState,
    { slab }: Group,
    held?: HeldRequest,
  ): Decision | undefined {
    if (held !== undefined && held.conflictCount >= CONFLICTS_FOR_A_REQUEST_MAX) return CONFLICTS;
    // One that has waited was admitted when it came.
    const limits = held === undefined ? state.config.rateLimits : undefined;
    if (limits && this.limiter.isPassedOver(request, limits, state.nowMs)) return undefined;
    if (request.kind === "DISCOVER" && this.#commits.isLate) return OVERLOADED;
    const decision = respond(request, state, slab);
    if (needsRoom(decision) && !state.leases.hasRoom(changeOf(decision))) return NO_ROOM;
    const told = this.#waits.note(request, decision, state.leases, state.nowMs) ??
      this.#relayAdvice.note(request, decision, state.config);
    if (told !== undefined) this.#parts.emit(told);
    const admission = limits && this.limiter.admission(decision, request, limits, state.nowMs);
    if (admission === "none") return undefined;
    if (admission !== "unwritten") return decision;
    return respond(request, { ...state, sparesDisk: true }, slab);
  }

  /** Whether the reply waits, for a probe or another server; its address is kept meanwhile. */
  #holdBack(
    decision: Giving,
    request: Request,
    { nowMs, config }: EngineState,
    held: HeldRequest | undefined,
  ): boolean {
    const { address, rule, probe, delayMs = 0 } = decision;
    const { client, mayYield = false } = decision.kind === "reply"
      ? decision.offer ?? {}
      : { client: decision.change.client, mayYield: isWish(rule) };
    if (client === undefined || address === undefined) return false;
    const dueAtMs = held?.dueAtMs ?? nowMs + delayMs;
    if (probe === undefined && dueAtMs <= nowMs) return false;
    const { ingress, view: { bytes, giaddr: relay } } = request;
    const conflictCount = held?.conflictCount ?? 0;
    const wanted = { address, client, bytes, ingress, relay, rule, conflictCount, dueAtMs };
    if (!this.#probes.hold(wanted, probe, nowMs)) return false;
    if (probe !== undefined) this.quarantines.noteProbe(address, nowMs);
    const expiresAtMs = Math.max(dueAtMs, nowMs + (probe?.timeoutMs ?? 0)) +
      offerMsOf(config, subnetOf(config.subnets, address));
    this.#parts.leases.offer({ address, client, expiresAtMs, mayYield });
    return true;
  }

  /** Whether nothing more may wait for the disk. */
  #isFull(group: Group): boolean {
    return this.#commits.inFlight + sizeOf(group) >= IN_FLIGHT_MAX;
  }

  #carryOut(
    wanted: Decision,
    request: Request,
    { nowMs }: EngineState,
    group: Group,
    held?: HeldRequest,
  ): void {
    const { leases, emit } = this.#parts;
    const decision = this.#refusal(wanted, request, nowMs, group) ?? wanted;
    this.limiter.note(decision.rule, nowMs);
    // By now the address is offered to the client; why it was chosen is another matter.
    const isHeld = held !== undefined && givenBy(decision) === held.address;
    const event = describeExchange(request, decision, isHeld ? held.rule : decision.rule);
    switch (decision.kind) {
      case "ignore":
        for (const { client, subnet } of decision.withdraw) {
          this.#probes.cancel(leases.offeredAddress(client, subnet, nowMs), client);
          leases.withdrawOffer(client, subnet);
        }
        return emit(event);
      case "reply":
        if (decision.offer !== undefined) leases.offer(decision.offer);
        group.free.push(outgoing(decision.reply, request));
        return emit(event);
      case "reply-after-commit":
        for (const lease of decision.ends ?? []) this.#put(lease, group);
        this.#put(decision.change, group);
        group.paid.push({ outgoing: outgoing(decision.reply, request), event });
        return;
      case "reply-when-durable":
        // A commit of nothing is over when all before it are, and fails where one of them did.
        group.paid.push({ outgoing: outgoing(decision.reply, request), event });
        return;
      case "change":
        this.#put(decision.change, group);
        return emit(event);
    }
  }

  /** Why nothing is done of what would have to wait for the disk. */
  #refusal(wanted: Decision, request: Request, nowMs: number, group: Group): Decision | undefined {
    if (wanted.kind === "ignore" || wanted.kind === "reply") return undefined;
    if (this.#isFull(group)) return OVERLOADED;
    const isAdmitted = wanted.kind === "reply-when-durable" ||
      this.limiter.admitsChange(wanted.change, request, this.#config, nowMs);
    if (isAdmitted) return undefined;
    if (wanted.kind !== "change") return RATE_LIMITED;
    // A DECLINE: what it says is not believed, but its client does not want the address.
    return { ...wanted, rule: "rate-limited", change: withoutQuarantine(wanted.change, nowMs) };
  }

  #put(change: Lease, group: Group): void {
    this.quarantines.note(change);
    this.#parts.names?.collect(change, group.names);
    this.#parts.leases.put(change);
    group.changes.push(change);
    this.#probes.settle(change.address);
    if (change.state !== "declined") return;
    const ended = this.quarantines.makeRoom(change, this.#config.subnets);
    if (ended !== undefined) this.#put(ended, group);
  }
}
