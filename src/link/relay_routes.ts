/**
 * Replies to a relay agent leave by the interface that its requests come in on. Where the route to
 * the agent leaves by another one, Linux asks for it by ARP on a wire that it is not on, and the
 * replies are lost without an error. The operator is told of that, once for each agent.
 */
import { formatIpv4, type Ipv4 } from "../wire/ipv4.ts";
import { SystemCallError } from "./libc.ts";
import { type LinkFact, listLinks, routeOf } from "./netlink.ts";

/** Anybody can make up relay agents: so many are looked at, at some microseconds each. */
const LOOKED_AT_MAX = 1024;

/** Of those, so many are told of. */
const TOLD_MAX = 16;

/** What the kernel knows of routes and interfaces. */
interface Kernel {
  routeOf(address: Ipv4): number | undefined;
  listLinks(): readonly LinkFact[];
}

export class RelayRoutes {
  readonly #onTrouble: (message: string) => void;
  readonly #kernel: Kernel;
  /** Agents by the index of the interface. */
  readonly #lookedAt = new Map<number, Set<Ipv4>>();
  #lookedAtCount = 0;
  #toldCount = 0;

  constructor(onTrouble: (message: string) => void, kernel: Kernel = { routeOf, listLinks }) {
    this.#onTrouble = onTrouble;
    this.#kernel = kernel;
  }

  /** A reply to a relay agent is about to leave by an interface. */
  note(agent: Ipv4, { index, name }: LinkFact): void {
    let agents = this.#lookedAt.get(index);
    if (agents?.has(agent)) return;
    if (this.#toldCount >= TOLD_MAX || this.#lookedAtCount >= LOOKED_AT_MAX) return;
    if (agents === undefined) this.#lookedAt.set(index, agents = new Set());
    agents.add(agent);
    this.#lookedAtCount++;
    const said = this.#whatIsWrong(agent, index);
    if (said === undefined) return;
    this.#toldCount++;
    this.#onTrouble(
      `the relay agent ${formatIpv4(agent)} asks by ${name}, and so it is answered there, but ` +
        `${said}: the replies do not reach it. Set a route to it by ${name}, or have its requests ` +
        "come in where the route leaves",
    );
  }

  #whatIsWrong(agent: Ipv4, index: number): string | undefined {
    try {
      const route = this.#kernel.routeOf(agent);
      if (route === undefined) return "there is no route to it";
      if (route === index) return undefined;
      const link = this.#kernel.listLinks().find((it) => it.index === route);
      return `the route to it leaves by ${link?.name ?? "another interface"}`;
    } catch (error) {
      // What cannot be found out is not told.
      if (error instanceof SystemCallError) return undefined;
      throw error;
    }
  }
}
