/** What has to hold between the reservations of one subnet. */
import {
  type Cidr,
  contains,
  formatCidr,
  formatIpv4,
  hasBroadcast,
  type Ipv4,
  lastAddress,
} from "../wire/ipv4.ts";
import { formatRange } from "./address_range.ts";
import type { AddressRange } from "./config.ts";
import { explain } from "./explanation.ts";
import { type FilePart, partAt, type Reporter } from "./file_parts.ts";
import { checkIdentifiers } from "./pattern_checks.ts";
import type { Explanation, Path } from "./problem.ts";
import type { ParsedReservation } from "./reservation_schema.ts";
import type { ParsedSubnet } from "./subnet_schema.ts";

/** The addresses of a network that are no host's (RFC 1122 §3.2.1.3), with their names. */
export function addressesOfNoHost(cidr: Cidr): readonly (readonly [Ipv4, string])[] {
  if (!hasBroadcast(cidr)) return [];
  return [[cidr.network, "network address"], [lastAddress(cidr), "broadcast address"]];
}

/** The addresses that a client of this network can have. */
export function hostRange(cidr: Cidr): AddressRange {
  const edge = hasBroadcast(cidr) ? 1 : 0;
  return { first: cidr.network + edge, last: lastAddress(cidr) - edge };
}

/** What to do with an address that is not in the network which it stands under. */
export function hintForOutsider(cidr: Cidr): string {
  return `clients here can have ${formatRange(hostRange(cidr))}; ` +
    'another network is another entry of "subnets"';
}

/** Whatever is kept, is kept once; and whoever it is for has one reservation. */
export function checkReservations(
  subnet: FilePart<ParsedSubnet>,
  reporter: Reporter,
): void {
  const { parsed, pathOf } = subnet;
  const seen = new Map<string, Path>();
  for (const [i, reservation] of parsed.reservations.entries()) {
    checkIdentifiers(partAt(subnet, ["reservations", i], reservation), reporter);
    for (const { words, path } of uniqueParts(reservation)) {
      const partPath = pathOf(["reservations", i, ...path]);
      const first = seen.get(words);
      if (first === undefined) {
        seen.set(words, partPath);
        continue;
      }
      const said = `${words} has a reservation on ${reporter.placeOf(first)} already`;
      reporter.error(partPath, explain(said, hintForSecond(path)));
    }
    const { address } = reservation;
    const misplaced = address === undefined ? undefined : explainAddress(parsed.subnet, address);
    if (misplaced !== undefined) {
      reporter.error(pathOf(["reservations", i, "address"]), misplaced);
    }
  }
}

function hintForSecond([key]: Path): string {
  return key === "address"
    ? "take another address for one of the two; cards of one machine are one entry: mac: [a, b]"
    : "put what the two say into one of them";
}

/** A part of a reservation that no other one of the subnet may have. */
interface UniquePart {
  readonly words: string;
  /** In the reservation. */
  readonly path: Path;
}

function uniqueParts(reservation: ParsedReservation): UniquePart[] {
  const { mac: macs = [], "client-id": clientId, address } = reservation;
  const { "circuit-id": circuitId, "remote-id": remoteId, "vendor-id": vendorId } = reservation;
  const parts: UniquePart[] = macs.map((mac, j) => ({ words: `mac ${mac}`, path: ["mac", j] }));
  if (address !== undefined) {
    parts.unshift({ words: `address ${formatIpv4(address)}`, path: ["address"] });
  }
  for (const id of clientId ?? []) parts.push({ words: `client-id ${id}`, path: ["client-id"] });
  if (circuitId !== undefined || remoteId !== undefined) {
    const words = [
      ...(circuitId === undefined ? [] : [`circuit-id ${circuitId}`]),
      ...(remoteId === undefined ? [] : [`remote-id ${remoteId}`]),
    ].join(" with ");
    parts.push({ words, path: [circuitId === undefined ? "remote-id" : "circuit-id"] });
  }
  const clientHostname = reservation["client-hostname"];
  if (clientHostname !== undefined) {
    parts.push({ words: `client-hostname ${clientHostname}`, path: ["client-hostname"] });
  }
  if (vendorId !== undefined) {
    const { enterprise, code, value } = vendorId;
    const words = ["vendor-id", enterprise, ...(code === undefined ? [] : [code]), value].join(" ");
    parts.push({ words, path: ["vendor-id"] });
  }
  return parts;
}

function explainAddress(cidr: Cidr, address: Ipv4): Explanation | undefined {
  const words = `the reserved address ${formatIpv4(address)}`;
  if (!contains(cidr, address)) {
    return explain(`${words} is not inside the subnet ${formatCidr(cidr)}`, hintForOutsider(cidr));
  }
  const [, name] = addressesOfNoHost(cidr).find(([taken]) => taken === address) ?? [];
  if (name === undefined) return undefined;
  const said = `${words} is the ${name} of ${formatCidr(cidr)}, which no client can have`;
  return explain(said, `clients here can have ${formatRange(hostRange(cidr))}`);
}
