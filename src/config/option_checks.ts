/** Values of options that their kinds have room for, and that no client has a use for. */
import { formatIpv4, type Ipv4, isNetmask, isUnicast, LIMITED_BROADCAST } from "../wire/ipv4.ts";
import { optionByCode, type OptionLimits } from "../wire/option_codes.ts";
import { decodeOptionValue, type OptionKind } from "../wire/option_values.ts";
import { formatDuration } from "./duration.ts";
import { explain, mismatch } from "./explanation.ts";
import type { Reporter } from "./file_parts.ts";
import type { ParsedOption } from "./option_schema.ts";
import type { Explanation, Path } from "./problem.ts";
import { nameOption, type ScopePart } from "./scope_checks.ts";

/** Addresses that no host has, and what they are: `the broadcast address of 10.0.0.0/24`. */
export type NoHosts = ReadonlyMap<Ipv4, string>;

/** A value, and where it stands in its option. */
interface Placed<Value> {
  readonly value: Value;
  readonly path: Path;
}

/** Runs the checks of what one scope tells clients. */
export function checkOptionValues(scope: ScopePart, noHosts: NoHosts, reporter: Reporter): void {
  const { options = [], boot } = scope.parsed;
  for (const option of options) {
    const { code, payload, path } = option;
    const definition = optionByCode(code);
    if (definition === undefined || payload === null) continue;
    const { kind, limits = {} } = definition;
    const pathOf = (inner: Path) => scope.pathOf(["options", ...path, ...inner]);
    const fault = explainNumbers(kind, payload, limits) ?? explainMask(kind, payload, limits) ??
      explainRoutes(option);
    if (fault !== undefined) reporter.error(pathOf(fault.path), fault.value);
    if (limits.addresses !== undefined) continue;
    for (const { value: address, path } of hostsOf(kind, payload)) {
      const said = explainNoHost(`${nameOption(code)}: ${formatIpv4(address)}`, address, noHosts);
      if (said !== undefined) reporter.warning(pathOf(path), said);
    }
  }
  const server = boot?.nextServer?.address;
  const said = server && explainNoHost(`next-server: ${formatIpv4(server)}`, server, noHosts);
  if (said) reporter.warning(scope.pathOf(["boot", "next-server"]), said);
}

/** The most that numbers of a kind can be; `undefined` of what is no number. */
const NUMBER_MAX: { readonly [Kind in OptionKind]?: number } = {
  "u8": 0xff,
  "u16": 0xffff,
  "u16-list": 0xffff,
  "duration": Infinity,
};

/** The first number that is out of bounds. */
function explainNumbers(
  kind: OptionKind,
  payload: Uint8Array,
  { min = 0, oneOf, isRising }: OptionLimits,
): Placed<Explanation> | undefined {
  const max = NUMBER_MAX[kind];
  if (max === undefined) return undefined;
  const decoded = decodeOptionValue(kind, payload);
  const numbers = (Array.isArray(decoded) ? decoded : [decoded])
    .filter((number): number is number => typeof number === "number");
  for (const [i, number] of numbers.entries()) {
    const path = Array.isArray(decoded) ? [i] : [];
    if (oneOf !== undefined && !oneOf.includes(number)) {
      const expected = `${oneOf.slice(0, -1).join(", ")} or ${oneOf.at(-1)}`;
      return { value: mismatch(expected, number), path };
    }
    if (number < min) {
      const least = formatDuration(min);
      const value = kind === "duration"
        ? explain(`${formatDuration(number)} is below the least, ${least}`)
        : mismatch(`a whole number from ${min} to ${max}`, number);
      return { value, path };
    }
    const before = numbers[i - 1];
    if (isRising && before !== undefined && before >= number) {
      const said = `${number} stands after ${before}: each number has to be greater than the last`;
      return { value: explain(said), path };
    }
  }
  return undefined;
}

function explainMask(
  kind: OptionKind,
  payload: Uint8Array,
  { addresses }: OptionLimits,
): Placed<Explanation> | undefined {
  if (kind !== "ipv4" || addresses !== "mask") return undefined;
  const mask = decodeOptionValue(kind, payload);
  if (mask === undefined || isNetmask(mask)) return undefined;
  return { value: explain(`${formatIpv4(mask)} is no netmask`), path: [] };
}

/** RFC 2132 §5.8: "the default route (0.0.0.0) is an illegal destination for a static route". */
function explainRoutes({ code, payload }: ParsedOption): Placed<Explanation> | undefined {
  if (optionByCode(code)?.name !== "static-routes" || payload === null) return undefined;
  const routes = decodeOptionValue("ipv4-pair-list", payload) ?? [];
  const i = routes.findIndex(([to]) => to === 0);
  if (i < 0) return undefined;
  const router = formatIpv4(routes[i]![1]);
  const value = explain("0.0.0.0 cannot be the destination here", `write routers: ${router}`);
  return { value, path: [i] };
}

/** The addresses in a value that have to be those of hosts. */
function hostsOf(kind: OptionKind, payload: Uint8Array): Placed<Ipv4>[] {
  const at = (path: Path, addresses: readonly Ipv4[] = []): Placed<Ipv4>[] =>
    addresses.map((value, i) => ({ value, path: [...path, i] }));
  switch (kind) {
    case "ipv4":
      return at([], [decodeOptionValue(kind, payload) ?? []].flat());
    case "ipv4-list":
      return at([], decodeOptionValue(kind, payload));
    case "ipv4-pair-list":
      // Of a route the router, of a filter (RFC 2132 §4.3) the mask, which is no host's.
      return at([], decodeOptionValue(kind, payload)?.map(([, router]) => router))
        .filter(({ value }) => value >>> 24 !== 255);
    case "cidr-routes":
      // A router of 0.0.0.0 stands for the client's own link.
      return at([], decodeOptionValue(kind, payload)?.map(({ via }) => via))
        .filter(({ value }) => value !== 0)
        .map(({ value, path }) => ({ value, path: [...path, "via"] }));
    case "sip-servers": {
      const servers: readonly (Ipv4 | string)[] = decodeOptionValue(kind, payload) ?? [];
      return at([], servers.filter((server) => typeof server === "number"));
    }
    case "slp-agents":
      return at(["addresses"], decodeOptionValue(kind, payload)?.addresses);
    case "rdnss-selection": {
      const { primary, secondary } = decodeOptionValue(kind, payload) ?? { primary: 0 };
      return at(["servers"], secondary ? [primary, secondary] : [primary]);
    }
    case "pcp-servers":
      return (decodeOptionValue(kind, payload) ?? []).flatMap((server, i) => at([i], server));
    case "dnr-resolvers":
      return (decodeOptionValue(kind, payload) ?? [])
        .flatMap(({ addresses }, i) => at([i, "addresses"], addresses));
    case "6rd":
      return at(["border-relays"], decodeOptionValue(kind, payload)?.borderRelays);
  }
  return [];
}

const OWN_ADDRESS = "write the address of the machine that is meant";

/** Why a client cannot reach a host by an address; `undefined` where it may. */
function explainNoHost(words: string, address: Ipv4, noHosts: NoHosts): Explanation | undefined {
  const name = noHosts.get(address);
  if (name !== undefined) return explain(`${words} is ${name}, and no host's`, OWN_ADDRESS);
  if (isUnicast(address)) return undefined;
  const firstOctet = address >>> 24;
  if (firstOctet === 127) {
    const hint = "write the address that the server has on the clients' network";
    return explain(`${words} is for each client the client itself`, hint);
  }
  if (firstOctet === 0) {
    const hint = "write the server's own address: here, it does not stand for that";
    return explain(`${words} is no host's`, hint);
  }
  if (address === LIMITED_BROADCAST) {
    return explain(`${words} is everybody's, and no host's`, OWN_ADDRESS);
  }
  const group = firstOctet < 240 ? "a multicast address" : "a reserved address";
  return explain(`${words} is ${group}, and no host's`, OWN_ADDRESS);
}
