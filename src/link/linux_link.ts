/**
 * The Link on Linux: one UDP socket for each served interface, one packet socket for raw frames,
 * and one poll over all of them.
 *
 * A reply always leaves by the interface its request came in on, to a relay agent as well, even if
 * the routing table would choose another one. So nothing is ever sent by an interface that is not
 * listed. Where the way back to a relay agent is another interface, routing has to be made
 * symmetric; this is Kea's default (`outbound-interface: same-as-inbound`) too.
 */
import type {
  Datagram,
  InterfaceStatus,
  Link,
  LinkCounters,
  Outgoing,
  Probe,
  ProbeAnswer,
  ServerSearch,
  ServerVoice,
  Standing,
} from "./link.ts";
import { describeHolder, findPortHolder } from "./port_holder.ts";
import { setImmediate as nextTurn } from "node:timers/promises";
import { CLIENT_PORT, type Ingress, PXE_PORT, SERVER_PORT } from "../protocol/endpoints.ts";
import { assert } from "../wire/assert.ts";
import { AddressProber } from "./address_prober.ts";
import { BridgedClients } from "./bridged_clients.ts";
import { isSameStatus, statusOf } from "./interface_status.ts";
import { clearEvent, closeFd, type Fd, openEvent, signalEvent, SystemCallError } from "./libc.ts";
import { LinkError } from "./link_error.ts";
import { drainLinkWatch, type LinkFact, listLinks, openLinkWatch } from "./netlink.ts";
import { assertPermitted } from "./permission.ts";
import { PollSet } from "./poll_set.ts";
import { ingressOf, type OnFailure, PortSockets, type Served } from "./port_sockets.ts";
import { ReceiveSlab } from "./receive_slab.ts";
import { type Exit, ReplySender } from "./reply_sender.ts";
import { ServerSearcher } from "./server_searcher.ts";
import { openFrameSocket } from "./sockets.ts";

export interface LinuxLinkOptions {
  readonly interfaceNames: readonly string[];
  /** Whether to listen at the port for boot data, too (PXE_PORT). */
  readonly proxyDhcp?: boolean;
  /** Told, in one line, of what went wrong and was dealt with: an unsent reply, a socket lost. */
  readonly onTrouble: (message: string) => void;
  /** Told of every served interface at start, and of each change of its state or addresses. */
  readonly onInterfaceChange: (status: InterfaceStatus) => void;
  /** UDP ports; tests use others than DHCP's own. */
  readonly ports?: DhcpPorts;
}

export interface DhcpPorts {
  readonly server: number;
  readonly client: number;
}

const DHCP_PORTS: DhcpPorts = { server: SERVER_PORT, client: CLIENT_PORT };

/**
 * Opens the sockets of the interfaces that are there, and waits for the others.
 * Throws PermissionError (a capability is missing) or LinkError (e.g. the port is taken).
 */
export function openLinuxLink(options: LinuxLinkOptions): Link {
  const ports = options.ports ?? DHCP_PORTS;
  assertPermitted(ports.server);
  return new SocketLink(options, ports);
}

/** A `waitMs` that is never over. */
const FOR_EVER = -1;

/**
 * How long the event loop may be busy before it gets `TURNS_TO_LOOK_AROUND` turns with nothing to do
 * in them. Deno's looks at other sockets and timers when it has nothing to do, and otherwise with
 * every 61st turn only: where each of them has a batch of datagrams, or a piece of a journal that is
 * written anew, whoever asks for the status would wait a tenth of a second.
 */
const BUSY_MS_MAX = 5;
const TURNS_TO_LOOK_AROUND = 64;

/** So long a wait is no sign of a busy network. */
const IDLE_MS = 1;

class SocketLink implements Link {
  readonly #options: LinuxLinkOptions;
  readonly #event: Fd;
  readonly #watch: Fd;
  readonly #slab = new ReceiveSlab();
  readonly #sender: ReplySender;
  readonly #prober: AddressProber;
  readonly #searcher: ServerSearcher;
  readonly #bridged = new BridgedClients();
  #names: readonly string[];
  #statuses: readonly InterfaceStatus[] = [];
  #ownAddresses: ReadonlySet<number> = new Set();
  #machineAddresses: ReadonlySet<number> = new Set();
  readonly #dhcp: PortSockets;
  readonly #pxe: PortSockets;
  #proxyDhcp: boolean;
  #pollSet: PollSet<Served> | undefined;
  #receiving = false;
  #busySinceMs = 0;
  #closed = false;
  /** Descriptors to close once the pending poll, which may hold them, is over. */
  readonly #retired: Fd[] = [];
  #turn = 0;
  #oversizedDatagrams = 0;

  constructor(options: LinuxLinkOptions, ports: DhcpPorts) {
    this.#options = options;
    this.#dhcp = new PortSockets(ports.server, options.onTrouble);
    this.#pxe = new PortSockets(PXE_PORT, options.onTrouble);
    this.#proxyDhcp = options.proxyDhcp ?? false;
    this.#names = [...new Set(options.interfaceNames)];
    this.#event = openEvent();
    // Subscribed before the first look, so that no change falls between the two.
    this.#watch = openLinkWatch();
    this.#sender = new ReplySender(
      openFrameSocket(),
      ports,
      options.onTrouble,
      (reply) => this.#bridged.note(reply, performance.now()),
    );
    this.#prober = new AddressProber(options.onTrouble);
    this.#searcher = new ServerSearcher(ports, options.onTrouble);
    try {
      this.#refresh((error, name, port) => {
        const hint = error.errno === "EADDRINUSE"
          ? ` (${describeHolder(findPortHolder(port))})`
          : "";
        const what = `cannot open UDP port ${port} on ${name}`;
        throw new LinkError(`${what}: ${error.message}${hint}`, { cause: error });
      });
    } catch (error) {
      this.close();
      throw error;
    }
  }

  async receive(waitMs = FOR_EVER): Promise<readonly Datagram[] | undefined> {
    assert(!this.#receiving, "one receive at a time");
    if (this.#closed) return undefined;
    const pollSet = this.#pollSet ??= new PollSet(
      [this.#event, this.#watch, ...this.#sideFds],
      this.#allServed(),
    );
    this.#receiving = true;
    await this.#waitFor(pollSet, waitMs);
    this.#receiving = false;
    if (this.#closed) {
      this.#closeAll();
      return undefined;
    }
    this.#closeRetired();
    if (pollSet.isReady(this.#event)) clearEvent(this.#event);
    if (pollSet.isReady(this.#watch)) this.#lookAgain();
    this.#prober.collect((fd) => pollSet.isReady(fd));
    this.#redirect();
    this.#searcher.collect((fd) => pollSet.isReady(fd), () => this.#servedLinks);
    return this.#drain(pollSet);
  }

  /**
   * Waits until a descriptor is ready. To look after one turn of the event loop is a tenth of the
   * work of waiting on another thread, and on a busy network the next datagram is there by then.
   */
  async #waitFor(pollSet: PollSet<Served>, waitMs: number): Promise<void> {
    await this.#lookAround();
    await nextTurn();
    if (this.#closed || pollSet.look()) return;
    const startMs = performance.now();
    await pollSet.wait(waitMs);
    const endMs = performance.now();
    if (endMs - startMs >= IDLE_MS) this.#busySinceMs = endMs;
  }

  /** Has the event loop see to everything else, when it has been busy for long. */
  async #lookAround(): Promise<void> {
    if (performance.now() - this.#busySinceMs < BUSY_MS_MAX) return;
    for (let turn = 0; turn < TURNS_TO_LOOK_AROUND; turn++) await nextTurn();
    this.#busySinceMs = performance.now();
  }

  send(replies: readonly Outgoing[], standing: Standing = "paid"): void {
    if (this.#closed) return;
    this.#sender.send(replies, standing, this.#exitOf);
    const probes = this.#bridged.takeProbes();
    if (probes.length > 0) this.probe(probes);
  }

  /** Sends ACKs again, to who has turned out to have the address. */
  #redirect(): void {
    const { answers } = this.#prober;
    if (answers.length === 0) return;
    const misdirected = this.#bridged.takeMisdirected(answers);
    if (misdirected.length > 0) this.#sender.send(misdirected, "paid", this.#exitOf);
  }

  probe(probes: readonly Probe[]): void {
    if (this.#closed) return;
    const { length } = this.#sideFds;
    this.#prober.send(probes, this.#exitOf);
    if (this.#sideFds.length !== length) this.#pollAnew();
  }

  search(search: ServerSearch): void {
    if (this.#closed) return;
    const { length } = this.#sideFds;
    this.#searcher.send(search, this.#servedLinks);
    if (this.#sideFds.length !== length) this.#pollAnew();
  }

  endSearch(): void {
    if (this.#closed) return;
    const fds = this.#searcher.release();
    if (fds.length === 0) return;
    for (const fd of fds) this.#discard(fd);
    this.#pollAnew();
  }

  takeVoices(): readonly ServerVoice[] {
    return this.#searcher.takeVoices();
  }

  /** Sockets besides those for requests, which are opened when they are first needed. */
  get #sideFds(): readonly Fd[] {
    return [...this.#prober.fds, ...this.#searcher.fds];
  }

  get #servedLinks(): readonly LinkFact[] {
    return this.#dhcp.all().map(({ link }) => link);
  }

  /** A pending poll does not know the new sockets. */
  #pollAnew(): void {
    this.#pollSet = undefined;
    if (this.#receiving) signalEvent(this.#event);
  }

  takeAnswers(): readonly ProbeAnswer[] {
    return this.#prober.takeAnswers();
  }

  readonly #exitOf = (ingress: Ingress): Exit | undefined => {
    const sockets = ingress.serverPort === PXE_PORT ? this.#pxe : this.#dhcp;
    const served = sockets.get(ingress.interfaceName);
    // Not the interface of before when it was made anew in between.
    return served?.link.index === ingress.interfaceIndex ? served : undefined;
  };

  ownAddresses(): ReadonlySet<number> {
    return this.#ownAddresses;
  }

  machineAddresses(): ReadonlySet<number> {
    return this.#machineAddresses;
  }

  interfaces(): readonly InterfaceStatus[] {
    return this.#statuses;
  }

  serve(interfaceNames: readonly string[], proxyDhcp = false): void {
    if (this.#closed) return;
    this.#proxyDhcp = proxyDhcp;
    this.#names = [...new Set(interfaceNames)];
    this.#lookAgain();
    // A pending poll does not know the new sockets.
    signalEvent(this.#event);
  }

  counters(): LinkCounters {
    return {
      oversizedDatagrams: this.#oversizedDatagrams,
      unsentReplies: this.#sender.unsentReplies,
    };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // Closing a descriptor does not wake the poll that waits on it; the event does.
    if (this.#receiving) signalEvent(this.#event);
    else this.#closeAll();
  }

  #allServed(): readonly Served[] {
    return [...this.#dhcp.all(), ...this.#pxe.all()];
  }

  #closeAll(): void {
    for (const { fd } of this.#allServed()) this.#retired.push(fd);
    this.#ownAddresses = new Set();
    this.#closeRetired();
    this.#sender.close();
    this.#prober.close();
    this.#searcher.close();
    closeFd(this.#watch);
    closeFd(this.#event);
  }

  #closeRetired(): void {
    for (const fd of this.#retired.splice(0)) closeFd(fd);
  }

  /** Takes what the ready sockets have, beginning with another one each time. */
  #drain(pollSet: PollSet<Served>): readonly Datagram[] {
    const datagrams: Datagram[] = [];
    let troubled = false;
    this.#slab.begin();
    for (const served of pollSet.ready(this.#turn++)) {
      if (served.retired) continue;
      if (this.#slab.full) break;
      const errno = this.#slab.fill(served.fd, (received) => {
        if (received === undefined) {
          this.#oversizedDatagrams++;
          return;
        }
        datagrams.push({ bytes: received.bytes, ingress: ingressOf(served, received) });
      });
      if (errno === undefined) continue;
      this.#options.onTrouble(`${served.link.name}: cannot receive: ${errno}`);
      troubled = true;
    }
    if (troubled) this.#lookAgain();
    return datagrams;
  }

  /** Looks at the interfaces after a change. What fails is reported, and tried at the next one. */
  #lookAgain(): void {
    drainLinkWatch(this.#watch);
    try {
      this.#refresh((error, name) => this.#options.onTrouble(`${name}: ${error.message}`));
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error;
      this.#options.onTrouble(`cannot list the interfaces: ${error.message}`);
    }
  }

  /** Opens and retires sockets until they match the interfaces as they are now. */
  #refresh(onFailure: OnFailure): void {
    const links = new Map(listLinks().map((link) => [link.name, link]));
    const retired = [
      ...this.#dhcp.match(this.#names, links, onFailure),
      ...this.#pxe.match(this.#proxyDhcp ? this.#names : [], links, onFailure),
    ];
    for (const served of retired) this.#retire(served);
    this.#pollSet = undefined;
    this.#ownAddresses = addressesOf(this.#dhcp.all().map(({ link }) => link));
    this.#machineAddresses = addressesOf([...links.values()]);
    this.#updateStatuses(links);
  }

  #retire(served: Served): void {
    served.retired = true;
    this.#discard(served.fd);
  }

  #discard(fd: Fd): void {
    if (this.#receiving) this.#retired.push(fd);
    else closeFd(fd);
  }

  #updateStatuses(links: ReadonlyMap<string, LinkFact>): void {
    const before = new Map(this.#statuses.map((status) => [status.name, status]));
    this.#statuses = this.#names.map((name) => {
      const status = statusOf(name, links.get(name), this.#dhcp.get(name) !== undefined);
      const known = before.get(name);
      if (known !== undefined && isSameStatus(known, status)) return known;
      this.#options.onInterfaceChange(status);
      return status;
    });
  }
}

function addressesOf(links: readonly LinkFact[]): ReadonlySet<number> {
  return new Set(links.flatMap(({ addresses }) => addresses.map(({ address }) => address)));
}
