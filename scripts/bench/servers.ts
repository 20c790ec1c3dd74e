/** The servers that are measured side by side: how each is configured, started and filled. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Tool } from "../../tests/support/debian_packages.ts";
import { denoCommand, endOf, kill, type Lab, SERVER_ADDRESS, SERVER_INTERFACE } from "./lab.ts";
import {
  writeDhcpdLeases,
  writeDnsmasqLeases,
  writeKeaCsv,
  type WriteLeases,
  writeSubletJournal,
  writeUdhcpdLeases,
} from "./lease_files.ts";
import {
  dhcpdConfig,
  dnsmasqConfig,
  keaConfig,
  type Network,
  type Paths,
  subletConfig,
  udhcpdConfig,
} from "./server_configs.ts";

export interface ServerKind {
  readonly id: string;
  /** As it stands in tables. */
  readonly label: string;
  /** A few hundred exchanges a second: it gets less to do. */
  readonly isSlow: boolean;
  /** Its lease file is synced for each ACK, for a group of them, or by nobody. */
  readonly syncs: "each" | "group" | "none";
  /** The text of its config, and the file that it is in. */
  readonly configName: string;
  config(network: Network, paths: Paths): string;
  /** The file of its leases in its directory. */
  readonly leasesName: string;
  readonly writeLeases: WriteLeases;
  command(config: string, paths: Paths): readonly string[];
  /** Prints the version of the program. */
  readonly versionCommand: () => readonly string[];
  /** Every write to the lease file returns when it is on disk. */
  readonly isOnSyncedFiles?: boolean;
}

/** `SUBLET_BIN`, or else dist/sublet, or else the source. */
function subletCommand(): readonly string[] {
  const named = Deno.env.get("SUBLET_BIN");
  if (named) return [resolve(named)];
  const compiled = fileURLToPath(new URL("../../dist/sublet", import.meta.url));
  return existsSync(compiled) ? [compiled] : denoCommand("../../main.ts", []);
}

/** Sublet as the command starts it. */
export function subletKind(
  id: string,
  label: string,
  program: () => readonly string[],
): ServerKind {
  return {
    id,
    label,
    isSlow: false,
    syncs: "group",
    configName: "sublet.yaml",
    config: subletConfig,
    leasesName: "leases.jsonl",
    writeLeases: writeSubletJournal,
    command: (config) => [...program(), "run", "--config", config],
    versionCommand: () => [...program(), "--version"],
  };
}

const SUBLET = subletKind("sublet", "Sublet", subletCommand);

const KEA: ServerKind = {
  id: "kea",
  label: "Kea",
  isSlow: false,
  syncs: "none",
  configName: "kea.conf",
  config: (network, paths) => keaConfig(network, paths, "INFO"),
  leasesName: "kea-leases4.csv",
  writeLeases: writeKeaCsv,
  command: (config) => ["kea-dhcp4", "-c", config],
  versionCommand: () => ["kea-dhcp4", "-v"],
};

export const SERVERS: readonly ServerKind[] = [
  SUBLET,
  {
    ...SUBLET,
    id: "sublet-quiet",
    label: "Sublet, quiet",
    command: (config, paths) => [...SUBLET.command(config, paths), "--log-level", "warning"],
  },
  KEA,
  {
    ...KEA,
    id: "kea-quiet",
    label: "Kea, quiet",
    config: (network, paths) => keaConfig(network, paths, "WARN"),
  },
  { ...KEA, id: "kea-synced", label: "Kea, synced", syncs: "each", isOnSyncedFiles: true },
  {
    id: "dhcpd",
    label: "ISC dhcpd",
    isSlow: true,
    syncs: "each",
    configName: "dhcpd.conf",
    config: dhcpdConfig,
    leasesName: "dhcpd.leases",
    writeLeases: writeDhcpdLeases,
    command: (config, { leases, directory }) => [
      ...["dhcpd", "-4", "-f", "-d", "-cf", config, "-lf", leases],
      ...["-pf", `${directory}/dhcpd.pid`, SERVER_INTERFACE],
    ],
    versionCommand: () => ["dhcpd", "--version"],
  },
  {
    id: "dnsmasq",
    label: "dnsmasq",
    isSlow: true,
    syncs: "each",
    configName: "dnsmasq.conf",
    config: dnsmasqConfig,
    leasesName: "dnsmasq.leases",
    writeLeases: writeDnsmasqLeases,
    command: (config) => ["dnsmasq", "-k", "--log-facility=-", `--conf-file=${config}`],
    versionCommand: () => ["dnsmasq", "--version"],
  },
  {
    id: "udhcpd",
    label: "udhcpd",
    isSlow: true,
    syncs: "none",
    configName: "udhcpd.conf",
    config: udhcpdConfig,
    leasesName: "udhcpd.leases",
    writeLeases: writeUdhcpdLeases,
    // No ARP probe, as the others send none.
    command: (config) => ["udhcpd", "-f", "-a", "0", config],
    versionCommand: () => ["busybox"],
  },
  {
    id: "ceiling",
    label: "ceiling",
    isSlow: false,
    syncs: "group",
    configName: "ceiling.conf",
    config: () => "",
    leasesName: "ceiling.jsonl",
    writeLeases: (path) => Deno.writeTextFile(path, ""),
    command: (_config, { leases }) => {
      const flags = ["--address", SERVER_ADDRESS, "--interface", SERVER_INTERFACE];
      return denoCommand("ceiling_server.ts", [...flags, "--journal", leases]);
    },
    versionCommand: () => [Deno.execPath(), "--version"],
  },
];

/** The programs besides Deno, and the Debian packages that bring them. */
export const BENCH_TOOLS: readonly Tool[] = [
  { command: "ip", debianPackage: "iproute2", purpose: "network namespaces" },
  { command: "taskset", debianPackage: "util-linux", purpose: "a core for each" },
  { command: "chattr", debianPackage: "e2fsprogs", purpose: "files that are synced on each write" },
  { command: "strace", debianPackage: "strace", purpose: "what is synced, and a slow disk" },
  { command: "curl", debianPackage: "curl", purpose: "the status endpoint" },
  { command: "perfdhcp", debianPackage: "kea-admin", purpose: "Kea's load generator" },
  { command: "kea-dhcp4", debianPackage: "kea-dhcp4-server", purpose: "a server to compare with" },
  { command: "dhcpd", debianPackage: "isc-dhcp-server", purpose: "a server to compare with" },
  { command: "dnsmasq", debianPackage: "dnsmasq-base", purpose: "a server to compare with" },
  { command: "udhcpd", debianPackage: "udhcpd", purpose: "a server to compare with" },
];

export function serverById(id: string): ServerKind {
  const kind = SERVERS.find((it) => it.id === id);
  if (kind === undefined) throw new Error(`no server ${id}`);
  return kind;
}

/** What a server is started with. */
export interface StartOptions {
  readonly network: Network;
  /** Leases that are in its file already. */
  readonly leases?: number;
  /** A command that starts it, such as strace. */
  readonly through?: (paths: Paths) => readonly string[];
}

/** After SIGTERM; then it is killed. */
const END_SECONDS_MAX = 5;

let startCount = 0;

/** A server that was started in the lab; disposing ends it and removes its files. */
export interface RunningServer extends AsyncDisposable {
  readonly kind: ServerKind;
  readonly child: Deno.ChildProcess;
  readonly paths: Paths;
  /** Wall milliseconds at which it was started. */
  readonly startedAtMs: number;
  /** What it has said. */
  said(): Promise<string>;
}

/** Lays out a server's files; the function that it resolves to starts it. */
export async function prepareServer(
  lab: Lab,
  kind: ServerKind,
  { network, leases = 0, through }: StartOptions,
): Promise<() => RunningServer> {
  const directory = `${lab.directory}/${startCount++}-${kind.id}`;
  const paths: Paths = { directory, leases: `${directory}/${kind.leasesName}` };
  await Deno.mkdir(directory);
  if (kind.isOnSyncedFiles) await new Deno.Command("chattr", { args: ["+S", directory] }).output();
  const config = `${directory}/${kind.configName}`;
  await Deno.writeTextFile(config, kind.config(network, paths));
  await kind.writeLeases(paths.leases, leases);
  const command = [...through?.(paths) ?? [], ...kind.command(config, paths)];
  return () => start(lab, kind, paths, command);
}

/** Lays out a server's files and starts it; it may not answer yet. */
export async function startServer(
  lab: Lab,
  kind: ServerKind,
  options: StartOptions,
): Promise<RunningServer> {
  return (await prepareServer(lab, kind, options))();
}

function start(
  lab: Lab,
  kind: ServerKind,
  paths: Paths,
  command: readonly string[],
): RunningServer {
  const { directory } = paths;
  const said = `${directory}/said.log`;
  const env = { KEA_PIDFILE_DIR: directory, KEA_LOCKFILE_DIR: "none", NO_COLOR: "1" };
  const startedAtMs = Date.now();
  const child = lab.startServer(command, said, env);
  return {
    kind,
    child,
    paths,
    startedAtMs,
    said: () => Deno.readTextFile(said),
    async [Symbol.asyncDispose]() {
      kill(child, "SIGTERM");
      await endOf(child, END_SECONDS_MAX);
      await Deno.remove(directory, { recursive: true });
    },
  };
}
