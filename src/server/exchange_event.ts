/** What became of a datagram, as an event. */
import type { Lease } from "../leases/lease.ts";
import type { Datagram } from "../link/link.ts";
import type { Decision, Rule } from "../protocol/decision.ts";
import type { Request } from "../protocol/request.ts";
import { formatHex } from "../wire/hex.ts";
import { Header } from "../wire/message_view.ts";
import type { HeldRequest } from "./conflict_probes.ts";
import type { ConflictEvent, DropEvent, ExchangeEvent, Outcome } from "./events.ts";

/** The event of a request that was decided so, by the decision's own rule unless told. */
export function describeExchange(
  request: Request,
  decision: Decision,
  rule: Rule = decision.rule,
): ExchangeEvent {
  const { view, client, hostname, ingress, relayInformation } = request;
  const { giaddr } = view;
  const address = decision.kind === "ignore"
    ? undefined
    : decision.kind === "change"
    ? decision.change.address
    : decision.address;
  const gives = "reply" in decision;
  return {
    kind: "exchange",
    interfaceName: ingress.interfaceName,
    request: request.kind,
    xid: view.xid,
    client,
    relay: giaddr === 0 ? undefined : giaddr,
    relayInformation,
    hostname: decision.hostname ?? hostname,
    outcome: outcomeOf(decision),
    rule,
    address,
    classes: decision.classes,
    leaseSeconds: gives ? decision.leaseSeconds : undefined,
    limit: decision.limit,
    bootFile: gives ? decision.reply.bootFile : undefined,
  };
}

function outcomeOf(decision: Decision): Outcome {
  switch (decision.kind) {
    case "ignore":
      return "silence";
    case "change":
      return isQuarantine(decision.change) ? "quarantined" : "released";
    case "reply":
    case "reply-after-commit":
    case "reply-when-durable":
      return decision.reply.type;
  }
}

/** One that is over at once is none. */
function isQuarantine({ state, updatedAtMs, expiresAtMs }: Lease): boolean {
  return state === "declined" && updatedAtMs < expiresAtMs;
}

/** The event of an address that turned out to be in use, by whom if ARP told. */
export function describeConflict(
  { address, client, relay, ingress }: HeldRequest,
  occupant: string | undefined,
): ConflictEvent {
  return {
    kind: "conflict",
    interfaceName: ingress.interfaceName,
    address,
    client,
    relay: relay === 0 ? undefined : relay,
    occupant,
  };
}

/** The event of a datagram that nothing came of. */
export function describeDrop(
  { bytes, ingress }: Datagram,
  reason: DropEvent["reason"],
): DropEvent {
  const { interfaceName, source } = ingress;
  // A flood should cost little, and the log leaves it out.
  const mac = reason === "rate-limited" ? undefined : hardwareAddressIn(bytes);
  return { kind: "dropped", interfaceName, source, mac, octets: bytes.length, reason };
}

/** `chaddr`, hex with colons, of whatever looks as if it had one. */
function hardwareAddressIn(bytes: Uint8Array): string | undefined {
  const octets = bytes[Header.HLEN] ?? 0;
  const isThere = octets > 0 && octets <= Header.CHADDR_SIZE &&
    bytes.length >= Header.CHADDR + octets;
  return isThere ? formatHex(bytes.subarray(Header.CHADDR, Header.CHADDR + octets)) : undefined;
}
