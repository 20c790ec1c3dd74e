/**
 * What has to hold between the values of a file, each of which is in order by itself. The checks
 * of one subnet are in subnet_checks.ts.
 */
import { formatCidr, formatIpv4, type Ipv4, lastAddress } from "../wire/ipv4.ts";
import { findOverlaps, formatRange } from "./address_range.ts";
import { checkClasses } from "./class_checks.ts";
import type { AddressRange } from "./config.ts";
import type { ConfigSource } from "./config_source.ts";
import { didYouMean, explain, nearest, quote } from "./explanation.ts";
import { everyScope, type FilePart, type FileParts, type Reporter } from "./file_parts.ts";
import { checkHostnames, checkSubnetNames, checkZones } from "./names_checks.ts";
import { checkOptionValues, type NoHosts } from "./option_checks.ts";
import type { Finding, Path } from "./problem.ts";
import { addressesOfNoHost } from "./reservation_checks.ts";
import { checkAlways, checkScope } from "./scope_checks.ts";
import { checkSubnet } from "./subnet_checks.ts";
import type { ParsedSharedNetwork, ParsedSubnet } from "./subnet_schema.ts";

/** A range of addresses and where it stands in the file. */
interface PlacedRange extends AddressRange {
  readonly path: Path;
  readonly words: string;
}

/** Runs every check. Work grows with the file's length, never with the size of its pools. */
export function checkFile(
  parts: FileParts,
  file: Pick<ConfigSource, "placeOf" | "valueAt">,
): Finding[] {
  const findings: Finding[] = [];
  const reporter: Reporter = {
    error: (path, said) => findings.push({ path, part: "value", severity: "error", ...said }),
    warning: (path, said) => findings.push({ path, part: "value", severity: "warning", ...said }),
    placeOf: file.placeOf,
    valueAt: file.valueAt,
  };
  const { interfaces, trustOption82, names, defaults, sharedNetworks, subnets } = parts;
  if (interfaces !== undefined) checkInterfaces(interfaces, reporter);
  if (interfaces?.whole && trustOption82 !== undefined) {
    checkTrust(trustOption82, interfaces.parsed, reporter);
  }
  if (interfaces?.whole) checkBindings(subnets, interfaces.parsed, reporter);
  if (names?.parsed !== undefined) checkZones(names.parsed, names.pathOf(["domain"]), reporter);
  const toldOfDomains = new Set<string>();
  const outermost = defaults === undefined ? [] : [defaults];
  if (defaults !== undefined) checkScope(defaults, [], reporter);
  checkSharedNetworks(sharedNetworks, subnets, reporter);
  checkRelays(subnets, reporter);
  for (const network of sharedNetworks) checkScope(network, outermost, reporter);
  checkClasses(parts, reporter);
  checkAlways(everyScope(parts), reporter);
  checkOverlaps(subnets.map(subnetRange), reporter);
  checkOverlaps(subnets.flatMap(poolRanges), reporter);
  for (const subnet of subnets) {
    const name = subnet.parsed["shared-network"];
    const network = sharedNetworks.filter(({ parsed }) => parsed.name === name);
    const around = [...network, ...outermost];
    checkSubnet(subnet, around, reporter);
    if (names !== undefined) checkSubnetNames(subnet, names, around, toldOfDomains, reporter);
  }
  const noHosts = addressesOfNetworks(subnets);
  for (const scope of everyScope(parts)) {
    checkOptionValues(scope, noHosts, reporter);
  }
  if (names?.parsed !== undefined) checkHostnames(subnets, names.parsed, reporter);
  return findings;
}

function checkInterfaces(
  { parsed: names, pathOf }: FilePart<readonly string[]>,
  reporter: Reporter,
): void {
  const seen = new Set<string>();
  for (const [i, name] of names.entries()) {
    if (seen.has(name)) {
      reporter.error(pathOf([i]), explain(`the interface ${quote(name)} is listed twice`));
    }
    seen.add(name);
  }
}

/** Trust in an interface that is not served is a slip of the pen, and nobody would notice. */
function checkTrust(
  { parsed: trusted, pathOf }: FilePart<readonly string[]>,
  served: readonly string[],
  reporter: Reporter,
): void {
  for (const [i, name] of trusted.entries()) checkServed(name, served, pathOf([i]), reporter);
}

/** A subnet of an interface that is not served has no clients. */
function checkBindings(
  subnets: FileParts["subnets"],
  served: readonly string[],
  reporter: Reporter,
): void {
  for (const { parsed: { interface: names }, pathOf } of subnets) {
    for (const [i, name] of (names ?? []).entries()) {
      checkServed(name, served, pathOf(["interface", i]), reporter);
    }
  }
}

function checkServed(
  name: string,
  served: readonly string[],
  path: Path,
  reporter: Reporter,
): void {
  if (served.includes(name)) return;
  const meant = nearest(name, served);
  const hint = meant === undefined ? undefined : didYouMean(meant);
  reporter.error(path, explain(`${quote(name)} is not one of the interfaces`, hint));
}

/** A name stands for one wire, and every subnet that says it is on one names it right. */
function checkSharedNetworks(
  networks: readonly FilePart<ParsedSharedNetwork>[],
  subnets: readonly FilePart<ParsedSubnet>[],
  reporter: Reporter,
): void {
  const seen = new Map<string, Path>();
  for (const { parsed: { name }, pathOf } of networks) {
    const first = seen.get(name);
    const said = `the shared network ${quote(name)} is on ${
      first && reporter.placeOf(first)
    } already`;
    if (first === undefined) seen.set(name, pathOf(["name"]));
    else reporter.error(pathOf(["name"]), explain(said));
  }
  for (const { parsed: { "shared-network": name }, pathOf } of subnets) {
    if (name === undefined || seen.has(name)) continue;
    const meant = nearest(name, seen.keys());
    const said = `there is no shared network ${quote(name)}`;
    const hint = meant === undefined
      ? `add shared-networks: [{ name: ${name} }]`
      : didYouMean(meant);
    reporter.error(pathOf(["shared-network"]), explain(said, hint));
  }
}

/** A relay agent selects the subnet that lists it: so it stands for one wire. */
function checkRelays(subnets: readonly FilePart<ParsedSubnet>[], reporter: Reporter): void {
  const seen = new Map<Ipv4, { readonly path: Path; readonly wire: string | undefined }>();
  for (const { parsed, pathOf } of subnets) {
    const wire = parsed["shared-network"];
    for (const [i, relay] of (parsed.relays ?? []).entries()) {
      const path = pathOf(["relays", i]);
      const first = seen.get(relay);
      if (first === undefined) seen.set(relay, { path, wire });
      else if (wire === undefined || wire !== first.wire) {
        const said = `the relay agent ${formatIpv4(relay)} is listed on ` +
          `${reporter.placeOf(first.path)} already, by a subnet of another wire`;
        reporter.error(path, explain(said, "put both subnets into one of shared-networks"));
      }
    }
  }
}

/** What no host of any subnet has for its address. */
function addressesOfNetworks(subnets: readonly FilePart<ParsedSubnet>[]): NoHosts {
  return new Map(
    subnets.flatMap(({ parsed: { subnet: cidr } }) =>
      addressesOfNoHost(cidr).map(([address, name]) => [
        address,
        `the ${name} of ${formatCidr(cidr)}`,
      ])
    ),
  );
}

function subnetRange({ parsed, pathOf }: FilePart<ParsedSubnet>): PlacedRange {
  const cidr = parsed.subnet;
  return {
    first: cidr.network,
    last: lastAddress(cidr),
    path: pathOf(["subnet"]),
    words: `subnet ${formatCidr(cidr)}`,
  };
}

function poolRanges(subnet: FilePart<ParsedSubnet>): PlacedRange[] {
  return subnet.parsed.pools.flatMap(({ range }, i) =>
    range.map((it, j) => ({
      ...it,
      path: subnet.pathOf(["pools", i, "range", j]),
      words: `pool ${formatRange(it)}`,
    }))
  );
}

/** `ranges` are in the order of the file; of two that overlap the later one is told about. */
function checkOverlaps(ranges: readonly PlacedRange[], reporter: Reporter): void {
  const order = new Map(ranges.map((range, i) => [range, i]));
  for (const [a, b] of findOverlaps(ranges)) {
    const [earlier, later] = order.get(a)! < order.get(b)! ? [a, b] : [b, a];
    const place = reporter.placeOf(earlier.path);
    reporter.error(
      later.path,
      explain(`${later.words} overlaps the ${earlier.words} of ${place}`),
    );
  }
}
