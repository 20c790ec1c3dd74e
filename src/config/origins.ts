/**
 * Where settings come from: what is in force at each place of a file that is in order, and the line
 * that says so. It reads the file as it is written, so a new key of a scope is in it by itself.
 */
import { contains, parseCidr, parseIpv4 } from "../wire/ipv4.ts";
import { optionByName } from "../wire/option_codes.ts";
import { fitsMac } from "./class_of_mac.ts";
import { reservationIdentityKeys } from "./reservation_schema.ts";
import type { ConfigSource, FilePosition } from "./config_source.ts";
import type { Path } from "./problem.ts";
import { LEASE_DEFAULT } from "./lease_time_schema.ts";
import { scopeShape } from "./scope_schema.ts";
import { poolMap, sharedNetworkSchema, subnetEntrySchema } from "./subnet_schema.ts";
import { rangeForm } from "./value_schemas.ts";

/** A setting in force. */
export interface Origin {
  /** `lease-time`, `option routers`, `boot bios`. */
  readonly name: string;
  /** As it is written. */
  readonly value: string;
  /** Where; `undefined` for what holds where the file says nothing. */
  readonly line: number | undefined;
  readonly file?: string;
}

/** A place of the file: a shared network, a subnet, a pool, a class or a reservation. */
export interface ExplainedPlace {
  readonly title: string;
  readonly line: number;
  readonly file: string;
  /** What it is found by: its name, its addresses, who it is for. */
  readonly names: readonly string[];
  readonly settings: readonly Origin[];
  /** Addresses that no client gets, though its pools have them. */
  readonly excluded: readonly string[];
}

type Raw = Readonly<Record<string, unknown>>;

/** A map of the file, and its path. */
interface Scope {
  readonly raw: Raw;
  readonly path: Path;
}

const SCOPE_KEYS = Object.keys(scopeShape);

/** What a place has to say besides, and does not only hold. */
const besides = (shape: Readonly<Record<string, unknown>>, ...held: readonly string[]) =>
  Object.keys(shape).filter((key) => ![...held, ...SCOPE_KEYS].includes(key));
const SUBNET_KEYS = besides(subnetEntrySchema.shape, "subnet", "pools", "only", "reservations");
const NETWORK_KEYS = besides(sharedNetworkSchema.shape, "name");
const POOL_KEYS = besides(poolMap.shape, "range");

/** Keys whose values count together with those further out. */
const ADDED: ReadonlySet<string> = new Set(["always"]);

/** Maps of which a nearer one takes the place of single keys; those that are told of. */
const MERGED = new Map<string, (key: string) => boolean>([
  ["boot", () => true],
  ["conflict-probe", () => true],
  // The rest of it is of the file alone, and has a secret in it.
  ["names", (key: string) => key === "domain" || key === "from-client"],
]);

/** Every place of a file that is in order, in its order. */
export function explainPlaces(source: ConfigSource): ExplainedPlace[] {
  const file: Scope = { raw: asMap(source.value), path: [] };
  const networks = children(file, "shared-networks");
  const placeOf = (path: Path) => source.locate(path, "key");
  const place = (
    title: string,
    names: readonly string[],
    own: Scope,
    settings: readonly Setting[],
  ): ExplainedPlace => ({
    title,
    ...lineOf(placeOf(own.path)),
    names,
    settings: settings.map(({ name, value, path }) => ({
      name,
      value: flow(value),
      ...(path === undefined ? { line: undefined } : lineOf(placeOf(path))),
    })),
    excluded: asList(own.raw["exclude"] ?? []).map(String),
  });

  const classScopes = children(file, "classes");
  const classes = classScopes.map((it) => {
    const name = String(it.raw["name"]);
    const keys = ["match", "deny", "limit", ...SCOPE_KEYS];
    return place(`class ${name}`, [name], it, settingsIn([it], keys));
  });
  const sharedNetworks = networks.map((it) => {
    const name = String(it.raw["name"]);
    return place(`shared network ${name}`, [name], it, inForce([it, file], NETWORK_KEYS));
  });
  const subnets = children(file, "subnets").flatMap((subnet) => {
    const name = String(subnet.raw["subnet"]);
    const network = networks.filter(({ raw }) => raw["name"] === subnet.raw["shared-network"]);
    const around = [subnet, ...network, file];
    const pools = children(subnet, "pools");
    const chainAt = (address: string) => {
      const pool = pools.find((it) => hasAddress(it, address));
      return pool === undefined ? around : [pool, ...around];
    };
    return [
      place(`subnet ${name}`, [name], subnet, inForce(around, [...SUBNET_KEYS, "only"])),
      ...pools.filter(({ raw }) => Object.keys(raw).length > 1).map((pool) =>
        place(`pool ${rangeText(pool)} of ${name}`, [rangeText(pool)], pool, [
          ...inForce([pool, ...around], POOL_KEYS),
        ])
      ),
      ...children(subnet, "reservations").map((it) => {
        const { address, hostname } = it.raw;
        const identity = reservationIdentityKeys.filter((key) => Object.hasOwn(it.raw, key));
        const who = identity.map((key) => `${key} ${flow(it.raw[key])}`).join(" ");
        const kept = address === undefined ? "" : ` ${address}`;
        const names = [
          ...identity.flatMap((key) => asList(it.raw[key]).map(flow)),
          ...[address, hostname].filter((name) => name !== undefined).map(String),
        ];
        const own = classScopes.filter(({ raw }) => isOfReservation(raw, it.raw));
        const chain = address === undefined ? around : chainAt(String(address));
        const scopes = [it, ...own, ...chain];
        return place(
          `reservation${kept} of ${name} for ${who}`,
          names,
          it,
          [
            ...settingsIn([it], ["hostname", "comment", "classes"]),
            ...inForce(scopes, []),
          ],
        );
      }),
    ];
  });
  return [...classes, ...sharedNetworks, ...subnets];
}

/**
 * The places that a name or an address is about; of an address, the nearest, which for one that its
 * subnet excludes is not the pool.
 */
export function placesAbout(
  places: readonly ExplainedPlace[],
  what: string,
): readonly ExplainedPlace[] {
  const fold = (text: string) => text.toLowerCase().replaceAll("-", ":");
  const named = places.filter(({ names }) => names.some((name) => fold(name) === fold(what)));
  const address = parseIpv4(what);
  if (named.length > 0 || address === undefined) return named;
  const isWithin = (text: string) => {
    const cidr = parseCidr(text);
    return cidr === undefined ? isInRanges(text.split(", "), what) : contains(cidr, address);
  };
  const around = places.filter(({ title, names }) =>
    /^(pool|subnet) /.test(title) && names.some(isWithin)
  );
  const excluding = around.find(({ excluded }) => isInRanges(excluded, what));
  if (excluding === undefined) return around.slice(-1);
  return [{
    ...excluding,
    title: `${what}, which no client gets: excluded from ${excluding.title}`,
  }];
}

function lineOf({ line, file }: FilePosition) {
  return { line, file };
}

interface Setting {
  readonly name: string;
  readonly value: unknown;
  readonly path: Path | undefined;
}

/** What is in force of the settings of a place, `more` keys besides, the nearest scope first. */
function inForce(scopes: readonly Scope[], more: readonly string[]): Setting[] {
  const settings = settingsIn(scopes, [...more, ...SCOPE_KEYS]);
  if (settings.some(({ name }) => name === "lease-time")) return settings;
  return [...settings, { name: "lease-time", value: `${LEASE_DEFAULT}`, path: undefined }];
}

function settingsIn(scopes: readonly Scope[], keys: readonly string[]): Setting[] {
  return keys.flatMap((key) => {
    if (key === "options") return optionsIn(scopes);
    if (ADDED.has(key)) return addedIn(scopes, key);
    const isToldOf = MERGED.get(key);
    if (isToldOf !== undefined) return mergedIn(scopes, key, isToldOf);
    const scope = scopes.find(({ raw }) => Object.hasOwn(raw, key));
    return scope === undefined
      ? []
      : [{ name: key, value: scope.raw[key], path: [...scope.path, key] }];
  });
}

function optionsIn(scopes: readonly Scope[]): Setting[] {
  const found = new Map<number, Setting>();
  for (const { raw, path } of scopes) {
    const options = asMap(raw["options"]);
    const add = (code: number, name: string, value: unknown, at: Path) => {
      if (found.has(code)) return;
      found.set(code, {
        name: `option ${name}`,
        value: value === null ? "not sent" : value,
        path: [...path, "options", ...at],
      });
    };
    for (const [name, value] of Object.entries(options)) {
      const code = optionByName(name)?.code;
      if (code !== undefined) add(code, name, value, [name]);
    }
    asList(options["other"] ?? []).map(asMap).forEach(({ code, value }, i) => {
      add(Number(code), String(code), value, ["other", i]);
    });
  }
  return [...found].sort(([a], [b]) => a - b).map(([, setting]) => setting);
}

/** Whether a class is that of a reservation's client, whatever the client sends. */
function isOfReservation(ofClass: Raw, reservation: Raw): boolean {
  if (asList(reservation["classes"] ?? []).includes(ofClass["name"])) return true;
  const { match } = ofClass;
  if (match === undefined) return false;
  const macs = asList(reservation["mac"] ?? []).map(String);
  if (macs.length === 0) {
    const { reserved, ...others } = asMap(match);
    return reserved === true && Object.keys(others).length === 0;
  }
  return macs.every((mac) => fitsMac(match, mac));
}

function addedIn(scopes: readonly Scope[], key: string): Setting[] {
  return scopes.filter(({ raw }) => Object.hasOwn(raw, key))
    .map(({ raw, path }) => ({ name: key, value: raw[key], path: [...path, key] }));
}

function mergedIn(
  scopes: readonly Scope[],
  key: string,
  isToldOf: (inner: string) => boolean,
): Setting[] {
  const found = new Map<string, Setting>();
  for (const { raw, path } of scopes) {
    const value = raw[key];
    if (value === undefined) continue;
    if (typeof value !== "object" || value === null) {
      if (found.size === 0) found.set(key, { name: key, value, path: [...path, key] });
      break;
    }
    for (const [inner, innerValue] of Object.entries(value)) {
      if (found.has(inner) || !isToldOf(inner)) continue;
      found.set(inner, { name: `${key} ${inner}`, value: innerValue, path: [...path, key, inner] });
    }
  }
  return [...found.values()];
}

/** The maps in a list of the file; a pool that is a bare range is the map that it stands for. */
function children({ raw, path }: Scope, key: string): Scope[] {
  return asList(raw[key] ?? []).map((item, i) => ({
    raw: typeof item === "object" ? asMap(item) : { range: item },
    path: [...path, key, i],
  }));
}

function asMap(value: unknown): Raw {
  return Object.fromEntries(Object.entries(value ?? {}));
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

function rangeText({ raw }: Scope): string {
  return asList(raw["range"]).join(", ");
}

function hasAddress(pool: Scope, address: string): boolean {
  return isInRanges(asList(pool.raw["range"]).map(String), address);
}

function isInRanges(ranges: readonly string[], text: string): boolean {
  const address = parseIpv4(text)!;
  return ranges.map((range) => rangeForm.read(range)).some((range) =>
    range !== undefined && "first" in range && range.first <= address && address <= range.last
  );
}

/** A value in one line, as YAML has it in brackets. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (typeof value !== "object" || value === null) return String(value);
  return `{ ${Object.entries(value).map(([key, it]) => `${key}: ${flow(it)}`).join(", ")} }`;
}
