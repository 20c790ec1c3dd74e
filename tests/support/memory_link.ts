/**
 * The Link without a network: a test puts datagrams in and looks at what was sent. Everything
 * happens in the order of the calls, so a simulation on it is deterministic.
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
} from "../../src/link/link.ts";
import {
  CLIENT_PORT,
  type InterfaceAddress,
  PXE_PORT,
  SERVER_PORT,
} from "../../src/protocol/endpoints.ts";
import { formatIpv4, type Ipv4, networkOf, parseIpv4 } from "../../src/wire/ipv4.ts";

interface MemoryInterface {
  readonly index: number;
  up: boolean;
  addresses: readonly InterfaceAddress[];
}

export class MemoryLink implements Link {
  /** Replies in the order they were sent; their bytes are copies. A test may empty it. */
  readonly sent: Outgoing[] = [];
  /** Told of each probe that leaves. */
  onProbe: (probe: Probe) => void = () => {};
  /** Told of each `receive` that waits for so long at most: `wake` is to end it then. */
  onWait: (waitMs: number) => void = () => {};
  /** Told of each search. */
  onSearch: (search: ServerSearch) => void = () => {};
  /** Told when no answers are wanted any more. */
  onSearchEnd: () => void = () => {};
  #voices: ServerVoice[] = [];
  #names: readonly string[];
  readonly #interfaces = new Map<string, MemoryInterface>();
  #interfaceCount = 0;
  #arrived: Datagram[] = [];
  #answers: ProbeAnswer[] = [];
  #woken = false;
  #proxyDhcp = false;
  #closed = false;
  #wake: (() => void) | undefined;

  constructor(interfaceNames: readonly string[]) {
    this.#names = interfaceNames;
  }

  /** Makes an interface, or makes it anew with another index. Addresses as `192.168.1.1/24`. */
  addInterface(name: string, ...addresses: string[]): void {
    const index = ++this.#interfaceCount;
    this.#interfaces.set(name, { index, up: true, addresses: addresses.map(readAddress) });
    this.wake();
  }

  removeInterface(name: string): void {
    this.#interfaces.delete(name);
    this.wake();
  }

  setUp(name: string, up: boolean): void {
    this.#interface(name).up = up;
    this.wake();
  }

  addAddress(name: string, address: string): void {
    const changed = this.#interface(name);
    changed.addresses = [...changed.addresses, readAddress(address)];
    this.wake();
  }

  /**
   * Lets a datagram arrive; the bytes are copied. It is lost, as on a machine, where the interface
   * is not served. Returns whether it was queued.
   */
  inject(
    name: string,
    bytes: Uint8Array,
    source: Ipv4,
    destination: Ipv4,
    sourcePort = CLIENT_PORT,
    serverPort = SERVER_PORT,
  ): boolean {
    if (!this.#isServed(name) || (serverPort === PXE_PORT && !this.#proxyDhcp)) return false;
    const { index: interfaceIndex, addresses } = this.#interface(name);
    const from = { source, sourcePort, destination, serverPort };
    const ingress = { interfaceName: name, interfaceIndex, addresses, ...from };
    this.#arrived.push({ bytes: bytes.slice(), ingress });
    this.#wake?.();
    return true;
  }

  /** Lets an answer to a probe arrive. */
  answer(answer: ProbeAnswer): void {
    this.#answers.push(answer);
    this.wake();
  }

  /** Ends a pending `receive`, or the next one, as when its time is over. */
  wake(): void {
    this.#woken = true;
    this.#wake?.();
  }

  async receive(waitMs = Infinity): Promise<readonly Datagram[] | undefined> {
    const isIdle = !this.#closed && !this.#woken && this.#arrived.length === 0;
    if (isIdle && waitMs > 0) {
      if (waitMs < Infinity) this.onWait(waitMs);
      await new Promise<void>((resolve) => this.#wake = resolve);
      this.#wake = undefined;
    }
    if (this.#closed) return undefined;
    this.#woken = false;
    return this.#arrived.splice(0);
  }

  send(replies: readonly Outgoing[], _standing?: Standing): void {
    if (this.#closed) return;
    for (const reply of replies) {
      const { interfaceName, interfaceIndex } = reply.ingress;
      if (!this.#isServed(interfaceName)) continue;
      if (this.#interface(interfaceName).index !== interfaceIndex) continue;
      this.sent.push({ ...reply, bytes: reply.bytes.slice() });
    }
  }

  probe(probes: readonly Probe[]): void {
    for (const probe of probes) {
      const { interfaceName, interfaceIndex } = probe.ingress;
      if (!this.#isServed(interfaceName)) continue;
      if (this.#interface(interfaceName).index === interfaceIndex) this.onProbe(probe);
    }
  }

  takeAnswers(): readonly ProbeAnswer[] {
    return this.#closed ? [] : this.#answers.splice(0);
  }

  search(search: ServerSearch): void {
    if (!this.#closed) this.onSearch(search);
  }

  endSearch(): void {
    this.#voices.length = 0;
    this.onSearchEnd();
  }

  /** Lets something be said to a search. */
  voice(voice: ServerVoice): void {
    this.#voices.push(voice);
    this.wake();
  }

  takeVoices(): readonly ServerVoice[] {
    return this.#closed ? [] : this.#voices.splice(0);
  }

  ownAddresses(): ReadonlySet<number> {
    const served = this.#names.flatMap((name) => this.#interfaces.get(name)?.addresses ?? []);
    return new Set(served.map(({ address }) => address));
  }

  machineAddresses(): ReadonlySet<number> {
    const all = [...this.#interfaces.values()].flatMap(({ addresses }) => addresses);
    return new Set(all.map(({ address }) => address));
  }

  serve(interfaceNames: readonly string[], proxyDhcp = false): void {
    this.#proxyDhcp = proxyDhcp;
    this.#names = interfaceNames;
    this.wake();
  }

  interfaces(): readonly InterfaceStatus[] {
    return this.#names.map((name) => {
      const known = this.#interfaces.get(name);
      if (known === undefined) return { name, state: "missing", addresses: [] };
      const addresses = known.addresses.map(({ address }) => formatIpv4(address));
      if (!known.up) return { name, state: "down", addresses };
      return { name, state: addresses.length === 0 ? "no-address" : "serving", addresses };
    });
  }

  counters(): LinkCounters {
    return { oversizedDatagrams: 0, unsentReplies: 0 };
  }

  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  #isServed(name: string): boolean {
    const status = this.interfaces().find((candidate) => candidate.name === name);
    return status?.state === "serving" && !this.#closed;
  }

  #interface(name: string): MemoryInterface {
    const known = this.#interfaces.get(name);
    if (known === undefined) throw new Error(`no interface ${name}`);
    return known;
  }
}

function readAddress(text: string): InterfaceAddress {
  const [addressText = "", lengthText] = text.split("/");
  const address = parseIpv4(addressText);
  if (address === undefined) throw new Error(`not an address: ${text}`);
  return { address, cidr: networkOf(address, Number(lengthText)) };
}
