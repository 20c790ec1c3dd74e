/** The engine's config, of a file that has passed every check. */
import { isAbsolute, join } from "node:path";
import { formatCidr, type Ipv4, lastAddress, netmask } from "../wire/ipv4.ts";
import { Option } from "../wire/option_codes.ts";
import { encodeOptionValue } from "../wire/option_values.ts";
import { subtractRanges } from "./address_range.ts";
import { inheritBoot } from "./boot.ts";
import type { Config, OptionSet, Reservation, Reservations, Subnet } from "./config.ts";
import type { ParsedOption } from "./option_schema.ts";
import type { ParsedConfig, ParsedReservation, ParsedSubnet } from "./schema.ts";

/**
 * Resolves inheritance and puts everything the way the engine looks it up. A relative path starts
 * at `directory`, that of the file: wherever a command runs, it means the same journal.
 */
export function buildConfig(parsed: ParsedConfig, directory: string): Config {
  const subnets = parsed.subnets
    .map((subnet) => buildSubnet(subnet, parsed))
    .sort((a, b) => a.cidr.network - b.cidr.network);
  return Object.freeze({
    interfaces: Object.freeze(parsed.interfaces),
    authoritative: parsed.authoritative,
    subnets: Object.freeze(subnets),
    ...(subnets.some(({ proxyDhcp }) => proxyDhcp) && { proxyDhcp: true }),
    offerSeconds: parsed["offer-time"],
    quarantineSeconds: parsed["quarantine-time"],
    ...(parsed.user !== undefined && { user: parsed.user }),
    trustOption82: new Set(parsed["trust-option-82"]),
    subnetSelection: parsed["subnet-selection"],
    ...(parsed.leasequery && { leasequery: Object.freeze(parsed.leasequery) }),
    journal: isAbsolute(parsed.journal) ? parsed.journal : join(directory, parsed.journal),
    durability: Object.freeze(parsed.durability),
    renewWriteThreshold: parsed["renew-write-threshold"],
    ...(parsed.status && { status: Object.freeze(parsed.status) }),
  });
}

function buildSubnet(parsed: ParsedSubnet, file: ParsedConfig): Subnet {
  const cidr = Object.freeze(parsed.subnet);
  const reserved = parsed.reservations.map(({ address }) => ({ first: address, last: address }));
  const ranges = subtractRanges(parsed.pools, [...parsed.exclude, ...reserved]);
  return Object.freeze({
    name: formatCidr(cidr),
    cidr,
    netmask: netmask(cidr.prefixLength),
    broadcast: lastAddress(cidr),
    ranges: Object.freeze(ranges.map((range) => Object.freeze(range))),
    leaseTime: Object.freeze(parsed["lease-time"] ?? file["lease-time"]),
    rapidCommit: parsed["rapid-commit"] ?? file["rapid-commit"],
    ...inheritBoot(file.boot, parsed.boot),
    bootp: parsed.bootp ?? file.bootp,
    ...(parsed["proxy-dhcp"] && { proxyDhcp: true }),
    ...(parsed.relays && { relays: new Set(parsed.relays) }),
    options: buildOptions([...file.options ?? [], ...parsed.options ?? []]),
    reservations: buildReservations(parsed.reservations),
  });
}

/**
 * Of options with the same code the last one wins. In the order of their codes, which puts the
 * subnet mask before the routers, as RFC 2132 §3.3 wants it.
 */
function buildOptions(options: readonly ParsedOption[]): OptionSet {
  const byCode = new Map(options.map(({ code, payload }) => [code, payload]));
  return new Map([...byCode].sort(([a], [b]) => a - b));
}

const NO_OPTIONS: OptionSet = new Map();

function hostnameOption(hostname: string): OptionSet {
  return new Map([[Option.HOST_NAME, encodeOptionValue("text", hostname)]]);
}

function buildReservations(parsed: readonly ParsedReservation[]): Reservations {
  const byMac = new Map<string, Reservation>();
  const byClientId = new Map<string, Reservation>();
  const byAddress = new Map<Ipv4, Reservation>();
  for (const { mac, "client-id": clientId, address, hostname, boot } of parsed) {
    const reservation: Reservation = Object.freeze({
      ...(mac !== undefined && { mac }),
      ...(clientId !== undefined && { clientId }),
      address,
      ...(hostname !== undefined && { hostname }),
      ...(boot !== undefined && { boot }),
      options: hostname === undefined ? NO_OPTIONS : hostnameOption(hostname),
    });
    if (mac !== undefined) byMac.set(mac, reservation);
    if (clientId !== undefined) byClientId.set(clientId, reservation);
    byAddress.set(address, reservation);
  }
  return Object.freeze({ byMac, byClientId, byAddress });
}
