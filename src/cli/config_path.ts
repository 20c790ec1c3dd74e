/** Where the config is when nobody says. */
import { ConfigError } from "../config/problem.ts";

/** Looked for in this order. */
const DEFAULT_PATHS = ["config.yaml", "/etc/sublet/config.yaml"] as const;

/**
 * The path that was asked for, else the first default that exists. Throws ConfigError when none
 * does; of one that cannot be looked at, its reader says why.
 */
export function findConfig(asked: string | undefined): string {
  const found = asked ?? DEFAULT_PATHS.find((path) => look(path) === "there") ??
    DEFAULT_PATHS.find((path) => look(path) === "hidden");
  if (found !== undefined) return found;
  throw new ConfigError(
    `there is no config: neither ./${DEFAULT_PATHS.join(" nor ")} exists; ` +
      "`sublet init > config.yaml` makes one, and --config FILE names another",
  );
}

function look(path: string): "there" | "hidden" | "missing" {
  try {
    Deno.statSync(path);
    return "there";
  } catch (error) {
    return error instanceof Deno.errors.NotFound ? "missing" : "hidden";
  }
}
