/** Machines with one client identifier: told of once, and kept apart while they ask. */
import { subnetOf } from "../leases/subnets.ts";
import type { EngineState } from "../protocol/respond.ts";
import { formatIpv4 } from "../wire/ipv4.ts";
import type { HeldRequest } from "./conflict_probes.ts";
import type { NoticeEvent } from "./events.ts";

/**
 * So long an address is kept for who was heard to use it under another hardware address. The other
 * machine is through with its exchange by then, and has an address of its own.
 */
const OCCUPIED_MS = 60_000;

/** Pairs that are told of. Whoever makes up more of them is not worth a line each. */
const PAIRS_MAX = 64;

export class Clones {
  readonly #told = new Set<string>();

  /**
   * Whether the address that was to be a client's is its own by a lease, and another machine answers
   * for it: that one keeps it then. Tells of the two, once.
   */
  areTwo(
    { address, client, ingress }: HeldRequest,
    occupant: string | undefined,
    { config, leases, nowMs }: EngineState,
    emit: (event: NoticeEvent) => void,
  ): boolean {
    if (!leases.holdings.isElsewhere(client, address, nowMs)) return false;
    const holder = occupant ?? leases.get(address)?.client.hardwareAddress ?? "";
    const subnet = subnetOf(config.subnets, address);
    if (subnet !== undefined) leases.withdrawOffer(client, subnet);
    leases.holdings.noteOccupant(address, occupant, nowMs + OCCUPIED_MS);
    const pair = [holder, client.hardwareAddress].sort().join(" ");
    if (this.#told.has(pair) || this.#told.size === PAIRS_MAX) return true;
    this.#told.add(pair);
    emit({
      kind: "notice",
      level: "warning",
      message:
        `${ingress.interfaceName}: ${holder} and ${client.hardwareAddress} have one client ` +
        `identifier, ${client.clientId ?? "none"}, and both run: ${holder} keeps ` +
        `${formatIpv4(address)}, the other one gets another address. Give each machine an ` +
        "identifier of its own, or set `identity: mac`",
    });
    return true;
  }
}
