/**
 * The name of a client: what it is told (options 12 and 81) and what is put into DNS, which is one
 * and the same. A name belongs to one client at a time; of two that want it, the second gets one
 * with a suffix, and keeps it for as long as this server remembers its lease.
 */
import type { NamePolicy, Reservation, Subnet } from "../config/config.ts";
import type { Client, Lease } from "../leases/lease.ts";
import type { LeaseTable } from "../leases/lease_table.ts";
import { type ClientFqdn, decodeClientFqdn } from "../wire/client_fqdn.ts";
import type { Ipv4 } from "../wire/ipv4.ts";
import { Option } from "../wire/option_codes.ts";
import { hostLabel, LABEL_OCTETS_MAX, qualifyName } from "../wire/host_label.ts";
import type { Request } from "./request.ts";

/** What a client is told of its name, and what is registered of it. */
export interface ClientName {
  /** Qualified, in lower case, without a dot at its end. */
  readonly fqdn: string;
  /** What the client is told in option 12. */
  readonly hostname: string;
  /** Option 81 of the reply; a client that did not send it is not sent it. */
  readonly clientFqdn: ClientFqdn | undefined;
  /** Which records this server keeps; see `Lease`. */
  readonly registers: "both" | "reverse" | "nothing";
}

interface NameWish {
  readonly request: Request;
  readonly subnet: Subnet;
  readonly reservation: Reservation | undefined;
  /** The address that it is to stand for. */
  readonly address: Ipv4;
}

/** The name for a client; `undefined` where it sent none that is any good, or gets none. */
export function nameClient(wish: NameWish, leases: LeaseTable): ClientName | undefined {
  const { request, subnet, reservation } = wish;
  const policy = subnet.names;
  if (policy === undefined) return undefined;
  const sent = fqdnSentBy(request);
  const fqdn = reservation?.hostname === undefined
    ? fromClient(wish, policy, sent, leases)
    : qualifyName(reservation.hostname, policy.domain);
  if (fqdn === undefined) return undefined;
  return makeName(fqdn, registrationFor(sent, policy), sent, policy);
}

/**
 * What a client is told whose lease is not written anew: the name that the lease has, which name
 * servers have, in place of the one that it would get.
 */
export function nameOnRecord(
  wanted: ClientName | undefined,
  request: Request,
  { names: policy }: Subnet,
  { name, isReverseOnly }: Lease,
): ClientName | undefined {
  // What is registered nowhere, no record can gainsay.
  if (name === undefined) return wanted?.registers === "nothing" ? wanted : undefined;
  if (policy === undefined) return undefined;
  const registers = isReverseOnly === true ? "reverse" : "both";
  if (wanted?.fqdn === name && wanted.registers === registers) return wanted;
  return makeName(name, registers, fqdnSentBy(request), policy);
}

function fqdnSentBy({ view }: Request): ClientFqdn | undefined {
  const payload = view.option(Option.CLIENT_FQDN);
  return payload === undefined ? undefined : decodeClientFqdn(payload);
}

function makeName(
  fqdn: string,
  registers: ClientName["registers"],
  sent: ClientFqdn | undefined,
  policy: NamePolicy,
): ClientName {
  return {
    fqdn,
    hostname: withoutDomain(fqdn, policy),
    clientFqdn: sent && answer(sent, fqdn, registers),
    registers,
  };
}

/**
 * What the client is called in the log and the journal: as it is told, else as it calls itself.
 * RFC 4702 §4: its option 81 goes before its option 12.
 */
export function hostnameOf(
  { view, hostname }: Request,
  reservation: Reservation | undefined,
  name: ClientName | undefined,
): string | undefined {
  const given = reservation?.hostname ?? name?.hostname;
  if (given !== undefined) return given;
  const payload = view.option(Option.CLIENT_FQDN);
  return payload && decodeClientFqdn(payload)?.name || hostname;
}

/** RFC 4702 §4: option 81 of a client goes before its option 12. */
function fromClient(
  { request, address }: NameWish,
  policy: NamePolicy,
  sent: ClientFqdn | undefined,
  leases: LeaseTable,
): string | undefined {
  if (!policy.fromClient) return undefined;
  const label = hostLabel(sent?.name ?? "") ?? hostLabel(request.hostname ?? "");
  if (label === undefined || policy.withheldLabels.has(label)) return undefined;
  const { client } = request;
  const isFree = (fqdn: string) =>
    !policy.reservedNames.has(fqdn) && !leases.names.isTaken(fqdn, client);
  const candidates = candidateLabels(label, client).map((it) => qualifyName(it, policy.domain));
  const known = leases.nameOf(client, address);
  if (known !== undefined && candidates.includes(known) && isFree(known)) return known;
  return candidates.find(isFree);
}

/** Numbers that a name is tried with, before one is made of the client's identity. */
const SUFFIX_MAX = 9;

/** Labels for clients that want one and the same, in their order: `pi`, `pi-2`, … */
function candidateLabels(label: string, client: Client): readonly string[] {
  const labels = [label];
  for (let n = 2; n <= SUFFIX_MAX; n++) labels.push(withSuffix(label, String(n)));
  // However many there are that want it: the search has an end.
  labels.push(withSuffix(label, client.lastingHash("client-id").toString(16).padStart(8, "0")));
  return labels;
}

function withSuffix(label: string, suffix: string): string {
  return `${label.slice(0, LABEL_OCTETS_MAX - 1 - suffix.length)}-${suffix}`;
}

function withoutDomain(fqdn: string, { domain }: NamePolicy): string {
  return fqdn.endsWith(`.${domain}`) ? fqdn.slice(0, -domain.length - 1) : fqdn;
}

/** Which records are this server's to keep: RFC 4702 §4, or what the operator has it override. */
function registrationFor(
  sent: ClientFqdn | undefined,
  { isRegistered, overrideClientUpdate, overrideNoUpdate }: NamePolicy,
): ClientName["registers"] {
  if (!isRegistered) return "nothing";
  if (sent === undefined) return "both";
  // §3: "If the 'N' bit is 1, the 'S' bit MUST be 0": with both, the client is taken at its N.
  if (sent.noUpdates) return overrideNoUpdate ? "both" : "nothing";
  return sent.serverUpdatesA || overrideClientUpdate ? "both" : "reverse";
}

/** RFC 4702 §4, "DHCP Server Behavior". */
function answer(
  sent: ClientFqdn,
  name: string,
  registers: ClientName["registers"],
): ClientFqdn {
  const serverUpdatesA = registers === "both";
  return {
    serverUpdatesA,
    // "If the server's 'S' bit does not match the client's, the server MUST set 'O' to 1." Where
    // the client's S goes against its own N, it asked for none.
    isOverridden: serverUpdatesA !== (sent.serverUpdatesA && !sent.noUpdates),
    // §2.1: "A server [...] MUST use the same encoding as the client".
    isCanonical: sent.isCanonical,
    // "MUST set 'N' to 1 if the server will not perform any updates", and then S MUST be 0.
    noUpdates: registers === "nothing",
    name,
  };
}
