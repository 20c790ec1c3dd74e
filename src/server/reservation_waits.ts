/** Clients that wait for an address that is reserved for them, because somebody else has it. */
import type { LeaseTable } from "../leases/lease_table.ts";
import type { Decision } from "../protocol/decision.ts";
import type { Request } from "../protocol/request.ts";
import type { Ipv4 } from "../wire/ipv4.ts";
import type { WaitEvent } from "./events.ts";

/** How many of them are remembered, so that each is told of once. */
const WAITS_MAX = 1000;

export class ReservationWaits {
  /** By address: who waits for whom. */
  readonly #told = new Map<Ipv4, string>();

  /** The event of a client that has to wait, unless the same was told before. */
  note(
    request: Request,
    { awaits }: Decision,
    leases: LeaseTable,
    nowMs: number,
  ): WaitEvent | undefined {
    if (awaits === undefined) return undefined;
    const { client, ingress } = request;
    const holder = leases.get(awaits);
    const words = `${client.key} ${holder?.client.key} ${holder?.state}`;
    if (this.#told.get(awaits) === words) return undefined;
    this.#told.delete(awaits);
    this.#told.set(awaits, words);
    for (const [oldest] of this.#told) {
      if (this.#told.size <= WAITS_MAX) break;
      this.#told.delete(oldest);
    }
    return {
      kind: "reservation-waits",
      interfaceName: ingress.interfaceName,
      address: awaits,
      client,
      holder,
      leftSeconds: holder === undefined ? 0 : Math.max(0, holder.expiresAtMs - nowMs) / 1000,
    };
  }
}
