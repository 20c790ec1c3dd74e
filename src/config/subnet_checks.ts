/** What has to hold within one subnet. */
import {
  ANY_ADDRESS,
  type Cidr,
  contains,
  formatCidr,
  formatIpv4,
  type Ipv4,
  isNetmask,
  isUnicast,
  lastAddress,
  LIMITED_BROADCAST,
  netmask,
} from "../wire/ipv4.ts";
import { Option, optionByCode } from "../wire/option_codes.ts";
import { decodeOptionValue } from "../wire/option_values.ts";
import { encloses, formatRange, intersects, subtractRanges } from "./address_range.ts";
import type { AddressRange, Boot } from "./config.ts";
import { explain } from "./explanation.ts";
import { type FilePart, type Reporter, scopesWithin } from "./file_parts.ts";
import type { Path } from "./problem.ts";
import {
  addressesOfNoHost,
  checkReservations,
  hintForOutsider,
  hostRange,
} from "./reservation_checks.ts";
import { checkRoutes, checkScope, effectiveOption, type ScopePart } from "./scope_checks.ts";
import type { ParsedSubnet } from "./subnet_schema.ts";

/** Runs the checks of one subnet and of the scopes in it; `around` it are others. */
export function checkSubnet(
  subnet: FilePart<ParsedSubnet>,
  around: readonly ScopePart[],
  reporter: Reporter,
): void {
  checkPools(subnet, reporter);
  checkExclusions(subnet, reporter);
  checkReservations(subnet, reporter);
  const scopes = [subnet, ...around];
  checkScope(subnet, around, reporter);
  checkFilledIn(subnet, scopes, reporter);
  checkRouters(subnet, scopes, reporter);
  checkRoutes(scopes, reporter);
  for (const inner of scopesWithin(subnet)) {
    checkScope(inner, scopes, reporter);
    checkFilledIn(subnet, [inner], reporter);
    checkRouters(subnet, [inner], reporter);
    checkRoutes([inner], reporter);
  }
  const { pools, reservations, subnet: cidr } = subnet.parsed;
  if (subnet.parsed["proxy-dhcp"]) return checkProxyDhcp(subnet, around, reporter);
  const isReserving = reservations.some(({ address }) => address !== undefined);
  if (subnet.whole && pools.length === 0 && !isReserving) {
    const said = `subnet ${formatCidr(cidr)} has neither pools nor reserved addresses: ` +
      "nobody gets an address on it";
    reporter.warning(subnet.pathOf(["subnet"]), explain(said));
  }
}

/** Two servers that give addresses on one network would give the same ones. */
function checkProxyDhcp(
  { parsed, pathOf, whole }: FilePart<ParsedSubnet>,
  around: readonly ScopePart[],
  reporter: Reporter,
): void {
  const cidr = formatCidr(parsed.subnet);
  const refuse = (key: "pools" | "reservations") =>
    reporter.error(
      pathOf([key, 0]),
      explain(
        `with proxy-dhcp, another server gives the addresses of ${cidr}`,
        `leave out its ${key}, or proxy-dhcp`,
      ),
    );
  if (parsed.pools.length > 0) refuse("pools");
  if (parsed.reservations.length > 0) refuse("reservations");
  const boot = [parsed, ...around.map((scope) => scope.parsed)]
    .find((scope) => scope.boot !== undefined)?.boot;
  const isAllThere = whole && around.every((scope) => scope.whole);
  if (isAllThere && (boot === undefined || isOff(boot))) {
    const said = "with proxy-dhcp but no boot, there is nothing to tell anybody";
    reporter.error(pathOf(["proxy-dhcp"]), explain(said, 'add "boot: { bios: …, uefi-x64: … }"'));
  }
}

function isOff({ files }: Boot): boolean {
  return files.size > 0 && files.values().every((file) => file === null);
}

function rangesOf({ pools }: ParsedSubnet): readonly AddressRange[] {
  return pools.flatMap(({ range }) => range);
}

function wholeRange(cidr: Cidr): AddressRange {
  return { first: cidr.network, last: lastAddress(cidr) };
}

function checkPools({ parsed, pathOf }: FilePart<ParsedSubnet>, reporter: Reporter): void {
  for (const [i, { range }] of parsed.pools.entries()) {
    for (const [j, addresses] of range.entries()) {
      const path = pathOf(["pools", i, "range", j]);
      checkPoolRange(parsed.subnet, addresses, path, reporter);
    }
  }
}

function checkPoolRange(cidr: Cidr, pool: AddressRange, path: Path, reporter: Reporter): void {
  if (!encloses(wholeRange(cidr), pool)) {
    const said = `pool ${formatRange(pool)} is not inside the subnet ${formatCidr(cidr)}`;
    const hosts = hostRange(cidr);
    const first = Math.max(pool.first, hosts.first);
    const last = Math.min(pool.last, hosts.last);
    const hint = first <= last ? `write ${formatRange({ first, last })}` : hintForOutsider(cidr);
    return reporter.error(path, explain(said, hint));
  }
  const taken = addressesOfNoHost(cidr)
    .filter(([address]) => pool.first <= address && address <= pool.last);
  if (taken.length === 0) return;
  const words = taken.map(([address, name]) => `the ${name} ${formatIpv4(address)}`);
  const left = subtractRanges([pool], taken.map(([first]) => ({ first, last: first })));
  const said = `pool ${formatRange(pool)} holds ${words.join(" and ")}, which no client can have`;
  const hint = left.length === 0 ? undefined : `write ${left.map(formatRange).join(", ")}`;
  reporter.error(path, explain(said, hint));
}

function checkExclusions(
  { parsed, pathOf, whole }: FilePart<ParsedSubnet>,
  reporter: Reporter,
): void {
  const cidr = parsed.subnet;
  for (const [i, excluded] of parsed.exclude.entries()) {
    const excludedPath = pathOf(["exclude", i]);
    const words = `exclude ${formatRange(excluded)}`;
    if (!encloses(wholeRange(cidr), excluded)) {
      const said = `${words} is not inside the subnet ${formatCidr(cidr)}`;
      reporter.error(excludedPath, explain(said, "leave it out: no client gets it here"));
    } else if (whole && !rangesOf(parsed).some((range) => intersects(range, excluded))) {
      reporter.warning(excludedPath, explain(`${words} takes nothing out of any pool`));
    }
  }
}

/** What the server fills in by itself, and why another value would mislead clients. */
function checkFilledIn(
  subnet: FilePart<ParsedSubnet>,
  scopes: readonly ScopePart[],
  reporter: Reporter,
): void {
  const cidr = subnet.parsed.subnet;
  const check = (code: number, expected: Ipv4, mayBe: (address: Ipv4) => boolean) => {
    const option = effectiveOption(code, scopes);
    const address = option && decodeOptionValue("ipv4", option.payload);
    if (address === undefined || address === expected || mayBe(address)) return;
    const said = `${optionByCode(code)!.name} ${formatIpv4(address)} is not that of ` +
      `${formatCidr(cidr)}, ${formatIpv4(expected)}`;
    reporter.warning(option!.pathOf([]), explain(said, "leave it out: the server fills it in"));
  };
  // Of what is no mask at all, checkOptionValues has told.
  check(
    Option.SUBNET_MASK,
    netmask(cidr.prefixLength),
    // All ones puts a client on a link of its own, from where a route leads to its router.
    (address) => !isNetmask(address) || (address === ALL_ONES && linkRoutes(scopes).length > 0),
  );
  // RFC 1122 §3.2.1.3: the limited broadcast address is one everywhere.
  check(Option.BROADCAST_ADDRESS, lastAddress(cidr), (address) => address === LIMITED_BROADCAST);
}

const ALL_ONES = netmask(32);

/** Networks that clients reach on the link, whatever their mask says (RFC 3442, "Local Subnet Routes"). */
function linkRoutes(scopes: readonly ScopePart[]): readonly Cidr[] {
  const option = effectiveOption(Option.CLASSLESS_STATIC_ROUTE, scopes);
  const routes = option && decodeOptionValue("cidr-routes", option.payload);
  return (routes ?? []).filter(({ via }) => via === ANY_ADDRESS).map(({ to }) => to);
}

function checkRouters(
  subnet: FilePart<ParsedSubnet>,
  scopes: readonly ScopePart[],
  reporter: Reporter,
): void {
  const option = effectiveOption(Option.ROUTERS, scopes);
  if (option === undefined) return;
  const routers = decodeOptionValue("ipv4-list", option.payload) ?? [];
  const { subnet: cidr, exclude, reservations } = subnet.parsed;
  for (const [i, router] of routers.entries()) {
    const routerPath = option.pathOf([i]);
    // checkOptionValues has told of it.
    if (!isUnicast(router)) continue;
    const words = `the router ${formatIpv4(router)}`;
    const isRouter = ({ first, last }: AddressRange) => first <= router && router <= last;
    if (linkRoutes(scopes).some((it) => contains(it, router))) continue;
    if (!contains(cidr, router)) {
      const said = `${words} is outside the subnet ${formatCidr(cidr)}`;
      // Nothing but the client itself is in a /32: a route to the link brings it to its router.
      const hint = cidr.prefixLength < 32 ? undefined : linkRouteTo(router);
      reporter.warning(routerPath, explain(`${said}: its clients cannot reach it`, hint));
    } else if (
      subnet.whole && rangesOf(subnet.parsed).some(isRouter) && !exclude.some(isRouter) &&
      !reservations.some(({ address }) => address === router)
    ) {
      const said = `${words} lies in a pool, and a client could be given its address`;
      reporter.warning(routerPath, explain(said, `add exclude: [${formatIpv4(router)}]`));
    }
  }
}

function linkRouteTo(router: Ipv4): string {
  const address = formatIpv4(router);
  return `add classless-static-route: [{ to: ${address}/32, via: 0.0.0.0 }, ` +
    `{ to: default, via: ${address} }]`;
}
