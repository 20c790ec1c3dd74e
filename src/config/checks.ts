/**
 * What has to hold between the values of a file, each of which is in order by itself. The checks
 * of one subnet are in subnet_checks.ts.
 */
import { formatCidr, lastAddress } from "../wire/ipv4.ts";
import { optionByCode } from "../wire/option_codes.ts";
import { findOverlaps, formatRange } from "./address_range.ts";
import type { AddressRange, LeaseTime } from "./config.ts";
import { formatDuration } from "./duration.ts";
import { didYouMean, explain, nearest, quote } from "./explanation.ts";
import type { FilePart, FileParts, Reporter } from "./file_parts.ts";
import type { ParsedOption } from "./option_schema.ts";
import type { Finding, Path } from "./problem.ts";
import type { ParsedSubnet } from "./schema.ts";
import { checkSubnet } from "./subnet_checks.ts";

/** Clients renew at half the lease: below this they do little else. */
const LEASE_SECONDS_ADVISED_MIN = 60;

/** A range of addresses and where it stands in the file. */
interface PlacedRange extends AddressRange {
  readonly path: Path;
  readonly words: string;
}

/** Runs every check. Work grows with the file's length, never with the size of its pools. */
export function checkFile(parts: FileParts, lineOf: (path: Path) => number): Finding[] {
  const findings: Finding[] = [];
  const reporter: Reporter = {
    error: (path, said) => findings.push({ path, part: "value", severity: "error", ...said }),
    warning: (path, said) => findings.push({ path, part: "value", severity: "warning", ...said }),
    placeOf: (path) => `line ${lineOf(path)}`,
  };
  const { interfaces, trustOption82, leaseTime, options, subnets } = parts;
  if (interfaces !== undefined) checkInterfaces(interfaces, reporter);
  if (interfaces?.whole && trustOption82 !== undefined) {
    checkTrust(trustOption82, interfaces.parsed, reporter);
  }
  if (leaseTime !== undefined) checkLeaseTime(leaseTime.parsed, leaseTime.pathOf([]), reporter);
  if (options?.parsed !== undefined) checkOptionCodes(options.parsed, options.pathOf, reporter);
  checkOverlaps(subnets.map(subnetRange), reporter);
  checkOverlaps(subnets.flatMap(poolRanges), reporter);
  for (const subnet of subnets) {
    const { "lease-time": ownLeaseTime, options: ownOptions } = subnet.parsed;
    if (ownLeaseTime !== undefined) {
      checkLeaseTime(ownLeaseTime, subnet.pathOf(["lease-time"]), reporter);
    }
    if (ownOptions !== undefined) {
      checkOptionCodes(ownOptions, (path) => subnet.pathOf(["options", ...path]), reporter);
    }
    checkSubnet(subnet, parts, reporter);
  }
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
  for (const [i, name] of trusted.entries()) {
    if (served.includes(name)) continue;
    const meant = nearest(name, served);
    const hint = meant === undefined ? undefined : didYouMean(meant);
    reporter.error(pathOf([i]), explain(`${quote(name)} is not one of the interfaces`, hint));
  }
}

function checkLeaseTime({ minSeconds }: LeaseTime, path: Path, reporter: Reporter): void {
  if (minSeconds >= LEASE_SECONDS_ADVISED_MIN) return;
  const said = `leases of ${formatDuration(minSeconds)} keep clients busy with renewing`;
  const hint = `${formatDuration(LEASE_SECONDS_ADVISED_MIN)} or more suits most networks`;
  reporter.warning([...path, "min"], explain(said, hint));
}

/** A code has one value in one map, however it is written there. */
function checkOptionCodes(
  options: readonly ParsedOption[],
  pathOf: (path: Path) => Path,
  reporter: Reporter,
): void {
  const seen = new Map<number, Path>();
  for (const { code, path } of options) {
    const first = seen.get(code);
    if (first === undefined) {
      seen.set(code, pathOf(path));
      continue;
    }
    const name = optionByCode(code)?.name;
    const words = name === undefined ? `option ${code}` : `${name} (${code})`;
    reporter.error(pathOf(path), explain(`${words} is set on ${reporter.placeOf(first)} already`));
  }
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

function poolRanges({ parsed, pathOf }: FilePart<ParsedSubnet>): PlacedRange[] {
  return parsed.pools.map((pool, i) => ({
    ...pool,
    path: pathOf(["pools", i]),
    words: `pool ${formatRange(pool)}`,
  }));
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
