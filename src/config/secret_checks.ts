/** Whether a secret of a config lies where everybody on the machine can read it. */
import { resolve } from "node:path";
import { explain } from "./explanation.ts";
import type { Finding, Path } from "./problem.ts";
import type { ParsedConfig } from "./schema.ts";

/** Keys whose values are secrets. */
const SECRETS: readonly { readonly path: Path; readonly of: (file: ParsedConfig) => unknown }[] = [
  { path: ["status", "token"], of: ({ status }) => status?.token },
  {
    path: ["names", "dns-update", "key", "secret"],
    of: ({ names }) => names?.["dns-update"]?.key?.secret,
  },
];

const SECRET_FILE: Path = ["names", "dns-update", "key", "secret-file"];

const READABLE_BY_OTHERS = 0o004;

/**
 * A warning for each secret in a file that others can read. `fileOf` tells in which file of the
 * config a value stands; a relative path starts at `directory`.
 */
export function warnOfExposedSecrets(
  parsed: ParsedConfig,
  fileOf: (path: Path) => string,
  directory: string,
): Finding[] {
  const findings: Finding[] = [];
  const look = (path: Path, what: string, file: string) => {
    if (!isOpenToOthers(file)) return;
    const said = explain(
      `everybody on this machine can read ${what}`,
      `chmod o-r ${file}, and chgrp it to the group of the user that the server runs as`,
    );
    findings.push({ path, part: "value", severity: "warning", ...said });
  };
  for (const { path, of } of SECRETS) {
    if (of(parsed) !== undefined) look(path, `this ${path.at(-1)}`, fileOf(path));
  }
  const secretFile = parsed.names?.["dns-update"]?.key?.["secret-file"];
  if (secretFile !== undefined) look(SECRET_FILE, "this file", resolve(directory, secretFile));
  return findings;
}

function isOpenToOthers(path: string): boolean {
  try {
    return ((Deno.statSync(path).mode ?? 0) & READABLE_BY_OTHERS) !== 0;
  } catch {
    return false; // what is missing, its reader tells
  }
}
