/** Measurements through strace: what goes to disk for an ACK, and what a slow disk does. */
import type { Lab } from "./lab.ts";
import { runLoad } from "./load.ts";
import { type Durations, startAnswering, USUAL_NETWORK, valuesOf } from "./measurements.ts";
import type { Sample } from "./results.ts";
import type { ServerKind } from "./servers.ts";

/** Put into every sync. */
export const SLOW_DISK_MS = 10;

const START_SECONDS_MAX = 30;
const WRITES = "write,writev,pwrite64";
const SYNCS = "fsync,fdatasync";

/** `-D`: the child that was started is the server, and strace somebody else. */
export const STRACE = ["strace", "-D", "-f", "--seccomp-bpf", "-qq"];

/** Clients with a lease when renewals are traced; more than are renewed in that time. */
const RENEWED_LEASES = 20_000;

/**
 * Octets written to the lease file and syncs of it, for each 1,000 ACKs: of new clients (`relay`)
 * or of clients that extend their leases (`rebind`).
 */
export async function measureDiskUse(
  lab: Lab,
  kind: ServerKind,
  mode: "relay" | "rebind",
  outstanding: number,
  durations: Durations,
): Promise<Sample> {
  const trace = `${lab.directory}/trace-${kind.id}`;
  const leases = mode === "rebind" ? RENEWED_LEASES : 0;
  const options = {
    network: USUAL_NETWORK,
    leases,
    through: ({ leases }: { readonly leases: string }) => [
      ...[...STRACE, "-s", "0", "-y", "-o", trace, "-e", `trace=${WRITES},${SYNCS}`],
      ...["-P", leases, "-P", `${leases}.new`],
    ],
  };
  let completed: number;
  {
    await using server = await startAnswering(lab, kind, options, START_SECONDS_MAX);
    // Everything counts, so there is no load before the one measured.
    const load = { mode, outstanding, leases, ...durations, warmupSeconds: 0 } as const;
    completed = (await runLoad(lab, server, load)).report.completed;
  }
  const { octets, writes, syncs } = readTrace(await Deno.readTextFile(trace));
  await Deno.remove(trace);
  return {
    measure: mode === "relay" ? "disk-use" : "disk-use-renewing",
    server: kind.id,
    at: outstanding,
    values: {
      octetsPer1000: 1000 * octets / completed,
      writesPer1000: 1000 * writes / completed,
      // Where the file is synced on each write, the writes are the syncs.
      syncsPer1000: 1000 * (kind.isOnSyncedFiles ? writes : syncs) / completed,
    },
  };
}

export interface DiskUse {
  readonly octets: number;
  readonly writes: number;
  readonly syncs: number;
}

/** A call that has returned, in strace's words; one that was interrupted has a line of its own. */
const RETURNED = /(?:(\w+)\(|<\.\.\. (\w+) resumed>).*\)\s+= (\d+)/;

/** Adds up the calls in the output of strace. */
export function readTrace(trace: string): DiskUse {
  let [octets, writes, syncs] = [0, 0, 0];
  for (const line of trace.split("\n")) {
    const match = RETURNED.exec(line);
    if (match === null) continue;
    const call = match[1] ?? match[2]!;
    if (SYNCS.split(",").includes(call)) {
      syncs++;
    } else if (WRITES.split(",").includes(call)) {
      writes++;
      octets += Number(match[3]);
    }
  }
  return { octets, writes, syncs };
}

/** A closed loop on a server whose every sync takes `SLOW_DISK_MS` longer. */
export async function measureSlowDisk(
  lab: Lab,
  kind: ServerKind,
  durations: Durations,
): Promise<Sample> {
  const delay = `delay_exit=${SLOW_DISK_MS * 1000}`;
  const options = {
    network: USUAL_NETWORK,
    through: ({ leases }: { readonly leases: string }) => {
      const calls = kind.isOnSyncedFiles ? WRITES : SYNCS;
      const where = kind.isOnSyncedFiles ? ["-P", leases] : [];
      // Unless told which calls, strace stops the server at each one.
      const what = ["-e", `trace=${calls}`, "-e", `inject=${calls}:${delay}`];
      return [...STRACE, "-o", "/dev/null", ...where, ...what];
    },
  };
  await using server = await startAnswering(lab, kind, options, START_SECONDS_MAX);
  const load = { mode: "relay", outstanding: 1024, timeoutMs: 10_000, ...durations } as const;
  const result = await runLoad(lab, server, load);
  return { measure: "slow-disk", server: kind.id, at: 0, values: valuesOf(result) };
}
