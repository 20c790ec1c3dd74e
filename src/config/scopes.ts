/** The settings of scopes, and what one inherits of those around it. */
import { inheritBoot } from "./boot.ts";
import type { OptionSet, PlaceSettings, ScopeSettings } from "./config.ts";
import type { ParsedOption } from "./option_schema.ts";
import type { ParsedScope } from "./scope_schema.ts";

/** What a scope of the file says by itself. */
export function settingsOf(parsed: ParsedScope): ScopeSettings {
  const { "lease-time": leaseTime, "port-limit": portLimit, boot } = parsed;
  const { "always-broadcast": alwaysBroadcast, "offer-delay": offerDelayMs } = parsed;
  const minSecs = parsed["min-secs"];
  return {
    options: optionSet(parsed.options ?? []),
    ...(parsed.always !== undefined && { always: Object.freeze(parsed.always) }),
    ...(leaseTime !== undefined && { leaseTime: Object.freeze(leaseTime) }),
    ...(alwaysBroadcast !== undefined && { alwaysBroadcast }),
    ...(offerDelayMs !== undefined && { offerDelayMs }),
    ...(minSecs !== undefined && { minSecs }),
    ...(boot !== undefined && { boot }),
    ...(portLimit !== undefined && { portLimit }),
  };
}

/** What holds at a place within another: of each thing, what the inner scope says goes first. */
export function inherit(outer: PlaceSettings, inner: ScopeSettings): PlaceSettings {
  const portLimit = inner.portLimit ?? outer.portLimit;
  const alwaysBroadcast = inner.alwaysBroadcast ?? outer.alwaysBroadcast;
  const offerDelayMs = inner.offerDelayMs ?? outer.offerDelayMs;
  const minSecs = inner.minSecs ?? outer.minSecs;
  const always = new Set([...outer.always ?? [], ...inner.always ?? []]);
  return {
    options: mergeOptions(outer.options, inner.options),
    ...(always.size > 0 && { always: [...always] }),
    ...(alwaysBroadcast !== undefined && { alwaysBroadcast }),
    leaseTime: inner.leaseTime ?? outer.leaseTime,
    ...(offerDelayMs !== undefined && { offerDelayMs }),
    ...(minSecs !== undefined && { minSecs }),
    ...inheritBoot(outer.boot, inner.boot),
    ...(portLimit !== undefined && { portLimit }),
  };
}

/** Both sets in one, where `inner` sets or takes away what it names. */
export function mergeOptions(outer: OptionSet, inner: OptionSet): OptionSet {
  // Most places add nothing, and share the set that they inherit.
  return inner.size === 0 ? outer : inOrder([...outer, ...inner]);
}

function optionSet(options: readonly ParsedOption[]): OptionSet {
  return inOrder(options.map(({ code, payload }) => [code, payload]));
}

/**
 * Of options with the same code the last one wins. In the order of their codes, which puts the
 * subnet mask before the routers, as RFC 2132 §3.3 wants it.
 */
function inOrder(options: readonly (readonly [number, Uint8Array | null])[]): OptionSet {
  return new Map([...new Map(options)].sort(([a], [b]) => a - b));
}
