/** The sockets of one UDP port, one on each served interface that exists and has an address. */
import type { Ingress } from "../protocol/endpoints.ts";
import { type Fd, SystemCallError } from "./libc.ts";
import type { LinkFact } from "./netlink.ts";
import { findPortHolder } from "./port_holder.ts";
import type { Received } from "./receive_slab.ts";
import { isPortTaken, openServerSocket } from "./sockets.ts";

/** A socket on an interface. */
export interface Served {
  readonly fd: Fd;
  readonly port: number;
  /** Replaced whenever the interface changes. */
  link: LinkFact;
  /** The last datagram's: most come from 0.0.0.0 to 255.255.255.255 and share one object. */
  ingress: Ingress | undefined;
  retired: boolean;
}

/** Told of a socket that cannot be opened, once. */
export type OnFailure = (error: SystemCallError, interfaceName: string, port: number) => void;

export class PortSockets {
  readonly #port: number;
  readonly #onTrouble: (message: string) => void;
  #served = new Map<string, Served>();
  /** Why the socket of an interface could not be opened, by its name. */
  readonly #failures = new Map<string, string>();

  constructor(port: number, onTrouble: (message: string) => void) {
    this.#port = port;
    this.#onTrouble = onTrouble;
  }

  get(interfaceName: string): Served | undefined {
    return this.#served.get(interfaceName);
  }

  all(): readonly Served[] {
    return [...this.#served.values()];
  }

  /**
   * Opens sockets until they match the interfaces named, as they are now, and returns those that
   * are not needed any more, for the caller to close.
   */
  match(
    interfaceNames: readonly string[],
    links: ReadonlyMap<string, LinkFact>,
    onFailure: OnFailure,
  ): readonly Served[] {
    for (const name of this.#failures.keys()) {
      if (!links.has(name) || !interfaceNames.includes(name)) this.#failures.delete(name);
    }
    const before = this.#served;
    this.#served = new Map();
    for (const name of interfaceNames) {
      const link = links.get(name);
      if (link === undefined || link.addresses.length === 0) continue;
      const served = this.#keepOrOpen(link, before.get(name), onFailure);
      if (served !== undefined) this.#served.set(name, served);
    }
    return [...before.values()].filter((served) => this.get(served.link.name) !== served);
  }

  #keepOrOpen(
    link: LinkFact,
    before: Served | undefined,
    onFailure: OnFailure,
  ): Served | undefined {
    // An interface made anew has another index, and the old socket is deaf: it stays bound to it.
    if (before?.link.index === link.index) {
      before.link = link;
      before.ingress = undefined;
      return before;
    }
    const port = this.#port;
    try {
      const isShared = isPortTaken(link.name, port);
      const fd = openServerSocket(link.name, port);
      if (isShared) this.#reportSharedPort(link.name);
      this.#failures.delete(link.name);
      return { fd, port, link, ingress: undefined, retired: false };
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error;
      // Deleted since it was listed: the link watch has the news. What failed before is said once.
      const isNews = this.#failures.get(link.name) !== error.message;
      this.#failures.set(link.name, error.message);
      if (error.errno !== "ENODEV" && isNews) onFailure(error, link.name, port);
      return undefined;
    }
  }

  #reportSharedPort(interfaceName: string): void {
    const holder = findPortHolder(this.#port);
    const who = holder === undefined ? "another program" : `${holder.name} (pid ${holder.pid})`;
    this.#onTrouble(
      `${interfaceName}: ${who} has UDP port ${this.#port} open, too; if it serves ` +
        "this network, stop one of the two: their answers contradict each other",
    );
  }
}

/** How a datagram reached us, for the engine. */
export function ingressOf(served: Served, { source, sourcePort, destination }: Received): Ingress {
  const last = served.ingress;
  const isSame = last?.source === source && last.sourcePort === sourcePort &&
    last.destination === destination;
  if (isSame) return last;
  const { name: interfaceName, index: interfaceIndex, addresses } = served.link;
  return served.ingress = {
    interfaceName,
    interfaceIndex,
    addresses,
    source,
    sourcePort,
    destination,
    serverPort: served.port,
  };
}
