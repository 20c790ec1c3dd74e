/** Where the config is when nobody says. */

/** Looked for in this order. */
const DEFAULT_PATHS = ["config.yaml", "/etc/sublet/config.yaml"] as const;

/** The path that was asked for, else the first default that exists, else the first default. */
export function findConfig(asked: string | undefined): string {
  return asked ?? DEFAULT_PATHS.find(exists) ?? DEFAULT_PATHS[0];
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
