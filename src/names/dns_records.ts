/**
 * The records of a lease, kept by RFC 4703: nobody's name is taken, and nobody else's records are
 * taken away. Each function resolves to what became of it, and rejects with `DnsTrouble`.
 */
import { formatIpv4, type Ipv4, writeIpv4 } from "../wire/ipv4.ts";
import { dhcidOf } from "./dhcid.ts";
import { DnsTrouble, type SendUpdate } from "./dns_client.ts";
import { encodeName, type Update, type UpdateRecord } from "./dns_update_message.ts";
import type { NamedLease } from "./registration.ts";

/** `conflict`: the name is somebody else's. `outside`: it is in no zone of ours. */
export type Verdict = "done" | "conflict" | "outside";

export interface DnsZones {
  readonly zones: readonly string[];
  readonly ttlSeconds: number;
}

/** A name may be freed between the two questions of RFC 4703 §5.3, and then they begin again. */
const ROUNDS_MAX = 3;

/** Puts the records of a lease into DNS: forward first, and the reverse one if that went well. */
export async function putRecords(
  lease: NamedLease,
  zones: DnsZones,
  send: SendUpdate,
): Promise<Verdict> {
  const forward = lease.isReverseOnly ? "done" : await putForward(lease, zones, send);
  if (forward === "conflict") return forward;
  const reverse = await putReverse(lease, zones, send);
  return forward === "outside" && reverse === "outside" ? "outside" : "done";
}

/** Takes the records of a lease out of DNS, as far as they are that lease's. */
export async function removeRecords(
  lease: NamedLease,
  { zones }: DnsZones,
  send: SendUpdate,
): Promise<void> {
  const { name, address } = lease;
  const forwardZone = lease.isReverseOnly ? undefined : zoneOf(name, zones);
  if (forwardZone !== undefined) await removeForward(lease, forwardZone, send);
  const reverseName = reverseNameOf(address);
  const reverseZone = zoneOf(reverseName, zones);
  if (reverseZone === undefined) return;
  // RFC 4703 §5.5: a PTR that leads to another name by now is not this lease's.
  await ask(send, {
    zone: reverseZone,
    prerequisites: [{ name: reverseName, type: "PTR", class: "IN", data: encodeName(name) }],
    changes: [
      { name: reverseName, type: "PTR", class: "ANY" },
      { name: reverseName, type: "DHCID", class: "ANY" },
    ],
  }, ["NXRRSET", "NXDOMAIN"]);
}

/** RFC 4703 §5.3.1 and §5.3.2. */
async function putForward(
  lease: NamedLease,
  { zones, ttlSeconds: ttl }: DnsZones,
  send: SendUpdate,
): Promise<Verdict> {
  const { name, address, client } = lease;
  const zone = zoneOf(name, zones);
  if (zone === undefined) return "outside";
  const a: UpdateRecord = { name, type: "A", class: "IN", ttl, data: octetsOf(address) };
  const dhcid: UpdateRecord = { name, type: "DHCID", class: "IN", data: dhcidOf(client, name) };
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const isNew = await ask(send, {
      zone,
      prerequisites: [{ name, type: "ANY", class: "NONE" }],
      changes: [a, { ...dhcid, ttl }],
    }, ["YXDOMAIN"]);
    if (isNew) return "done";
    const isOurs = await ask(send, {
      zone,
      prerequisites: [{ name, type: "ANY", class: "ANY" }, dhcid],
      changes: [{ name, type: "A", class: "ANY" }, a],
    }, ["NXRRSET", "NXDOMAIN"]);
    if (isOurs) return "done";
  }
  return await takeOver(lease, zone, [a, { ...dhcid, ttl }], send) ? "done" : "conflict";
}

/** Puts a name under the mark of its reservation which has that of the client's identifier so far. */
async function takeOver(
  { name, formerClient }: NamedLease,
  zone: string,
  records: readonly UpdateRecord[],
  send: SendUpdate,
): Promise<boolean> {
  if (formerClient === undefined) return false;
  const data = dhcidOf(formerClient, name);
  return await ask(send, {
    zone,
    prerequisites: [{ name, type: "DHCID", class: "IN", data }],
    changes: [
      { name, type: "A", class: "ANY" },
      { name, type: "DHCID", class: "ANY" },
      ...records,
    ],
  }, ["NXRRSET", "NXDOMAIN"]);
}

/** RFC 4703 §5.4: whoever assigns the address says what its name is. */
async function putReverse(
  { address, name, client }: NamedLease,
  { zones, ttlSeconds: ttl }: DnsZones,
  send: SendUpdate,
): Promise<Verdict> {
  const reverseName = reverseNameOf(address);
  const zone = zoneOf(reverseName, zones);
  if (zone === undefined) return "outside";
  const record = { name: reverseName, class: "IN", ttl } as const;
  await ask(send, {
    zone,
    prerequisites: [],
    changes: [
      { name: reverseName, type: "PTR", class: "ANY" },
      { name: reverseName, type: "DHCID", class: "ANY" },
      { ...record, type: "PTR", data: encodeName(name) },
      { ...record, type: "DHCID", data: dhcidOf(client, name) },
    ],
  }, []);
  return "done";
}

/** RFC 4703 §5.5: the address goes, and the mark of the client when it was the last one. */
async function removeForward(
  { name, address, client }: NamedLease,
  zone: string,
  send: SendUpdate,
): Promise<void> {
  const dhcid: UpdateRecord = { name, type: "DHCID", class: "IN", data: dhcidOf(client, name) };
  const isOurs = await ask(send, {
    zone,
    prerequisites: [dhcid],
    changes: [{ name, type: "A", class: "NONE", data: octetsOf(address) }],
  }, ["NXRRSET", "NXDOMAIN"]);
  if (!isOurs) return;
  await ask(send, {
    zone,
    prerequisites: [
      dhcid,
      { name, type: "A", class: "NONE" },
      { name, type: "AAAA", class: "NONE" },
    ],
    changes: [{ name, type: "DHCID", class: "ANY" }],
  }, ["NXRRSET", "NXDOMAIN", "YXRRSET"]);
}

/** Whether the update was made; `refusals` are the answers that say that a prerequisite failed. */
async function ask(
  send: SendUpdate,
  update: Update,
  refusals: readonly string[],
): Promise<boolean> {
  const rcode = await send(update);
  if (rcode === "NOERROR") return true;
  if (refusals.includes(rcode)) return false;
  throw new DnsTrouble(`it answers ${rcode} to updates of ${update.zone}`);
}

/** The zone that a name is in, the nearest of several. */
function zoneOf(name: string, zones: readonly string[]): string | undefined {
  let nearest: string | undefined;
  for (const zone of zones) {
    const isIn = name === zone || name.endsWith(`.${zone}`);
    if (isIn && zone.length > (nearest?.length ?? -1)) nearest = zone;
  }
  return nearest;
}

/** `10.1.168.192.in-addr.arpa` (RFC 1035 §3.5). */
function reverseNameOf(address: Ipv4): string {
  return `${formatIpv4(address).split(".").reverse().join(".")}.in-addr.arpa`;
}

function octetsOf(address: Ipv4): Uint8Array {
  const octets = new Uint8Array(4);
  writeIpv4(octets, 0, address);
  return octets;
}
