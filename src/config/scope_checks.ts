/** What has to hold within one scope, and between it and the scopes around it. */
import { formatIpv4 } from "../wire/ipv4.ts";
import { Option, optionByCode } from "../wire/option_codes.ts";
import { decodeOptionValue } from "../wire/option_values.ts";
import type { LeaseTime } from "./config.ts";
import { formatDuration } from "./duration.ts";
import { explain } from "./explanation.ts";
import type { FilePart, Reporter } from "./file_parts.ts";
import type { ParsedOption } from "./option_schema.ts";
import type { Path } from "./problem.ts";
import type { ParsedScope } from "./scope_schema.ts";

/** Clients renew at half the lease: below this they do little else. */
const LEASE_SECONDS_ADVISED_MIN = 60;

/** What the server fills in where no scope sets it. */
const FILLED_IN: ReadonlySet<number> = new Set([Option.SUBNET_MASK, Option.BROADCAST_ADDRESS]);

/** A scope of the file, of whatever kind. */
export type ScopePart = FilePart<ParsedScope>;

/** What the server may make by itself, or of `boot`, where no scope sets it. */
const MAY_BE_MADE: ReadonlySet<number> = new Set([
  ...FILLED_IN,
  Option.HOST_NAME,
  Option.SERVER_NAME,
  Option.BOOT_FILE,
  Option.VENDOR_CLASS,
]);

/** Says which options are to be sent always, and have no value anywhere in the file. */
export function checkAlways(scopes: readonly ScopePart[], reporter: Reporter): void {
  const set = new Set(
    scopes.flatMap(({ parsed }) => parsed.options ?? []).filter(({ payload }) => payload !== null)
      .map(({ code }) => code),
  );
  const isWhole = scopes.every(({ whole }) => whole);
  for (const { parsed: { always }, pathOf } of isWhole ? scopes : []) {
    for (const [i, code] of (always ?? []).entries()) {
      if (set.has(code) || MAY_BE_MADE.has(code)) continue;
      const said = `${nameOption(code)} is never sent: nothing in the file sets it`;
      reporter.warning(pathOf(["always", i]), explain(said, "set it under options"));
    }
  }
}

/** Runs the checks of one scope; `around` it are others, the nearest first. */
export function checkScope(
  scope: ScopePart,
  around: readonly ScopePart[],
  reporter: Reporter,
): void {
  const { "lease-time": leaseTime, options } = scope.parsed;
  if (leaseTime !== undefined) checkLeaseTime(leaseTime, scope.pathOf(["lease-time"]), reporter);
  if (options === undefined) return;
  checkOptionCodes(options, scope, reporter);
  for (const option of options) {
    if (option.payload === null) checkRemoval(option, scope, around, reporter);
  }
}

/** The value of an option that holds in the first of the scopes, with its path in the file. */
export function effectiveOption(
  code: number,
  scopes: readonly ScopePart[],
): { readonly payload: Uint8Array; pathOf(path: Path): Path } | undefined {
  for (const { parsed: { options }, pathOf } of scopes) {
    const found = options?.find((option) => option.code === code);
    if (found === undefined) continue;
    const { payload, path } = found;
    if (payload === null) return undefined;
    return { payload, pathOf: (inner) => pathOf(["options", ...path, ...inner]) };
  }
  return undefined;
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
  { pathOf }: ScopePart,
  reporter: Reporter,
): void {
  const seen = new Map<number, Path>();
  for (const { code, path } of options) {
    const optionPath = pathOf(["options", ...path]);
    const first = seen.get(code);
    if (first === undefined) {
      seen.set(code, optionPath);
      continue;
    }
    const said = `${nameOption(code)} is set on ${reporter.placeOf(first)} already`;
    reporter.error(optionPath, explain(said));
  }
}

/** A key without its value reads as `null`, so one that takes nothing away is likely a slip. */
function checkRemoval(
  { code, path }: ParsedOption,
  { pathOf }: ScopePart,
  around: readonly ScopePart[],
  reporter: Reporter,
): void {
  if (effectiveOption(code, around) !== undefined || FILLED_IN.has(code)) return;
  const said = `${nameOption(code)} has no value, and there is none further out to take away`;
  reporter.error(pathOf(["options", ...path]), explain(said));
}

/** RFC 3442: a client that takes classless routes ignores `routers`, and with it its default route. */
export function checkRoutes(
  scopes: readonly ScopePart[],
  reporter: Reporter,
): void {
  const option = effectiveOption(Option.CLASSLESS_STATIC_ROUTE, scopes);
  const routers = effectiveOption(Option.ROUTERS, scopes);
  if (option === undefined || routers === undefined) return;
  const routes = decodeOptionValue("cidr-routes", option.payload) ?? [];
  if (routes.some(({ to }) => to.prefixLength === 0)) return;
  const [router] = decodeOptionValue("ipv4-list", routers.payload) ?? [];
  const said = "clients that take these routes ignore routers, and have no default route then";
  const hint = router === undefined ? undefined : `add { to: default, via: ${formatIpv4(router)} }`;
  reporter.warning(option.pathOf([]), explain(said, hint));
}

/** `routers (3)`. */
export function nameOption(code: number): string {
  const name = optionByCode(code)?.name;
  return name === undefined ? `option ${code}` : `${name} (${code})`;
}
