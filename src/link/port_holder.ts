/** Which program has a UDP port: for the words to an operator whose server cannot have it. */

import { quoteUnlessPlain } from "../wire/escape.ts";

/** A program that has a port open. */
export interface PortHolder {
  readonly name: string;
  readonly pid: number;
}

/**
 * A program, not this one, that has the UDP port open in this network namespace; `undefined` where
 * there is none, or where it is not ours to see. Looks through all processes: for the start only.
 */
export function findPortHolder(port: number, procPath = "/proc"): PortHolder | undefined {
  // Of the thread: the namespace of its process may be another one.
  const inodes = inodesOf(port, readText(`${procPath}/thread-self/net/udp`) ?? "");
  if (inodes.size === 0) return undefined;
  for (const pid of numbersIn(procPath)) {
    if (pid === Deno.pid) continue;
    const directory = `${procPath}/${pid}/fd`;
    if (!numbersIn(directory).some((fd) => inodes.has(linkAt(`${directory}/${fd}`) ?? ""))) {
      continue;
    }
    const name = readText(`${procPath}/${pid}/comm`)?.trim();
    if (name !== undefined) return { name: quoteUnlessPlain(name), pid };
  }
  return undefined;
}

/** `dnsmasq (pid 812) has it; stop it: systemctl disable --now dnsmasq`. */
export function describeHolder(holder: PortHolder | undefined): string {
  if (holder === undefined) return "is another DHCP server running?";
  const { name, pid } = holder;
  const unit = UNITS.get(name);
  const advice = unit === undefined ? `kill ${pid}` : `systemctl disable --now ${unit}`;
  return `${name} (pid ${pid}) has it; to stop it: ${advice}`;
}

/** The systemd units of DHCP servers, by what their processes are called. */
const UNITS: ReadonlyMap<string, string> = new Map([
  ["dnsmasq", "dnsmasq"],
  ["dhcpd", "isc-dhcp-server"],
  ["kea-dhcp4", "kea-dhcp4-server"],
  ["udhcpd", "udhcpd"],
  ["sublet", "sublet"],
  ["pihole-FTL", "pihole-FTL"],
  ["AdGuardHome", "AdGuardHome"],
]);

/** proc(5): `sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode`. */
function inodesOf(port: number, table: string): ReadonlySet<string> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const sockets = table.split("\n").slice(1).map((line) => line.trim().split(/\s+/))
    .filter(([, local]) => local?.endsWith(suffix));
  return new Set(sockets.map((fields) => `socket:[${fields[9]}]`));
}

/** The entries of a directory that are numbers; none of one that is gone, or not ours to read. */
function numbersIn(path: string): readonly number[] {
  return attempt(() =>
    [...Deno.readDirSync(path)].map(({ name }) => Number(name))
      .filter(Number.isInteger)
  ) ?? [];
}

function readText(path: string): string | undefined {
  return attempt(() => Deno.readTextFileSync(path));
}

function linkAt(path: string): string | undefined {
  return attempt(() => Deno.readLinkSync(path));
}

/** Processes come and go, and those of others show nothing: whatever fails is not there. */
function attempt<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && !(error instanceof TypeError)) return undefined;
    throw error;
  }
}
