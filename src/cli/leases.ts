/** `sublet leases`: who has which address, read from the journal; no server is asked. */
import { parseArgs } from "node:util";
import { readConfig } from "../config/load.ts";
import { formatLeases, instantOf, leasesAsJson } from "../http/lease_view.ts";
import { LeaseTable } from "../leases/lease_table.ts";
import { systemClock } from "../server/clock.ts";
import { readJournal } from "../store/journal_reader.ts";
import { errorCode } from "../store/disk_error.ts";
import { StoreError } from "../store/lease_store.ts";
import { findConfig } from "./config_path.ts";

export const usage = `Show the leases that the journal holds, also while the server runs.

Usage: sublet leases [--config FILE] [--journal FILE] [--json]

  -c, --config FILE
                  the config that names the journal; without it, config.yaml here, else
                  /etc/sublet/config.yaml
  --journal FILE  the journal itself; no config is read then
  --json          a JSON array, a lease to a line
  -h, --help      this text
`;

/** Prints the leases by address. Throws `ConfigError`, and `StoreError` without a journal. */
export async function leasesCommand(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      config: { type: "string", short: "c" },
      journal: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const config = values.journal === undefined
    ? (await readConfig(findConfig(values.config))).config
    : undefined;
  const path = values.journal ?? config!.journal;
  if (!await exists(path)) {
    throw new StoreError(
      `there is no lease journal ${path}: no server has run with it yet (--journal FILE names ` +
        "another)",
    );
  }
  const leases = new LeaseTable([]);
  for (const remark of await read(path, leases)) console.error(`warning: ${remark}`);

  const now = instantOf(systemClock);
  const byAddress = [...leases.records()].sort((a, b) => a.address - b.address);
  const subnets = config?.subnets ?? [];
  if (values.json) {
    printAll(leasesAsJson(byAddress, now, subnets));
  } else if (byAddress.length === 0) {
    print("no leases\n");
  } else {
    print(formatLeases(byAddress, now, subnets));
  }
  return 0;
}

/** Reads the journal. Who may not is told what a reader can do about it. */
async function read(path: string, leases: LeaseTable): Promise<readonly string[]> {
  try {
    return await readJournal(path, leases, systemClock);
  } catch (error) {
    if (!(error instanceof StoreError) || errorCode(error.cause) !== "EACCES") throw error;
    throw new StoreError(
      `cannot read the lease journal ${path}: permission denied; run this as root, or as the ` +
        "user that runs sublet",
      { cause: error },
    );
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    // Whatever else is wrong with it, the reader says better.
    return !(error instanceof Deno.errors.NotFound);
  }
}

/** To standard output, where `console.log` would pass over a reader that has gone. */
/** Characters that are worth a write. */
const PRINTED_TOGETHER = 65_536;

function printAll(lines: Iterable<string>): void {
  let text = "";
  for (const line of lines) {
    text += line;
    if (text.length < PRINTED_TOGETHER) continue;
    print(text);
    text = "";
  }
  print(text);
}

function print(text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}
