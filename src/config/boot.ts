/** What a scope of the config tells machines that boot, with what it inherits of the one around. */
import type { Boot } from "./config.ts";

/** Both in one, of which what `inner` says goes first, key by key. */
export function inheritBoot(
  outer: Boot | undefined,
  inner: Boot | undefined,
): { readonly boot?: Boot } {
  if (outer === undefined || inner === undefined) {
    const boot = outer ?? inner;
    return boot === undefined ? {} : { boot };
  }
  const pick = <Value>(own: Value | null | undefined, around: Value | null | undefined) =>
    own === undefined ? around : own;
  return {
    boot: Object.freeze({
      nextServer: pick(inner.nextServer, outer.nextServer),
      serverName: pick(inner.serverName, outer.serverName),
      files: new Map([...outer.files, ...inner.files]),
    }),
  };
}
