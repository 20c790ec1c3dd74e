/** The programs that the system tests run, and the Debian packages that bring them. */

export interface Tool {
  readonly command: string;
  readonly debianPackage: string;
  readonly purpose: string;
}

export const TOOLS: readonly Tool[] = [
  { command: "ip", debianPackage: "iproute2", purpose: "network namespaces" },
  { command: "udhcpc", debianPackage: "udhcpc", purpose: "BusyBox's client" },
  { command: "dhclient", debianPackage: "isc-dhcp-client", purpose: "ISC's client" },
  { command: "dhcpcd", debianPackage: "dhcpcd-base", purpose: "Roy Marples' client" },
  { command: "dhcrelay", debianPackage: "isc-dhcp-relay", purpose: "ISC's relay agent" },
  { command: "perfdhcp", debianPackage: "kea-admin", purpose: "Kea's load generator" },
  { command: "named", debianPackage: "bind9", purpose: "a name server that takes updates" },
  { command: "dig", debianPackage: "bind9-dnsutils", purpose: "what name servers answer" },
  { command: "dnsmasq", debianPackage: "dnsmasq-base", purpose: "a resolver with a hosts file" },
  { command: "tcpdump", debianPackage: "tcpdump", purpose: "what is really on the wire" },
  { command: "strace", debianPackage: "strace", purpose: "the order of system calls" },
  { command: "systemd-analyze", debianPackage: "systemd", purpose: "how exposed the service is" },
  { command: "setpriv", debianPackage: "util-linux", purpose: "a root without capabilities" },
  { command: "curl", debianPackage: "curl", purpose: "the status endpoint as people read it" },
  { command: "jq", debianPackage: "jq", purpose: "the journal as people read it" },
];

/** Debian keeps these off the PATH of users other than root. */
const SYSTEM_DIRECTORIES = ["/usr/sbin", "/sbin"];

/** The path of a command, or `undefined` when it is not installed. */
export function findCommand(command: string): string | undefined {
  const directories = (Deno.env.get("PATH") ?? "").split(":").concat(SYSTEM_DIRECTORIES);
  return directories.map((directory) => `${directory}/${command}`).find(isFile);
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

export function missingTools(): Tool[] {
  return TOOLS.filter((tool) => findCommand(tool.command) === undefined);
}

const POLICY_FILE = "/usr/sbin/policy-rc.d";

/**
 * Installs the packages of `tools` with apt-get (root on Debian). A package that cannot be had
 * does not keep the others from being installed: look at `missingTools` again afterwards.
 */
export async function installTools(
  tools: readonly Tool[],
  say: (line: string) => void,
): Promise<void> {
  const packages = tools.map((tool) => tool.debianPackage);
  say(`Installing from Debian's packages: ${packages.join(" ")}`);
  const policy = await denyServiceStarts();
  try {
    await aptGet(["update", "-q"], say);
    if (await aptGet(["install", ...INSTALL_FLAGS, ...packages], say)) return;
    for (const name of packages) await aptGet(["install", ...INSTALL_FLAGS, name], say);
  } finally {
    await policy.remove();
  }
}

const INSTALL_FLAGS = ["-y", "-q", "--no-install-recommends"];

/** Runs apt-get; what it said is shown only when it failed. */
async function aptGet(args: readonly string[], say: (line: string) => void): Promise<boolean> {
  const { success, stdout, stderr } = await new Deno.Command("apt-get", {
    args: [...args],
    env: { DEBIAN_FRONTEND: "noninteractive" },
    stdin: "null",
  }).output();
  if (success) return true;
  const decoder = new TextDecoder();
  say(`apt-get ${args.join(" ")} failed:\n${decoder.decode(stdout)}${decoder.decode(stderr)}`);
  return false;
}

/**
 * isc-dhcp-relay's package starts a relay agent on this machine's own interfaces when it is
 * installed. A policy-rc.d that answers 101 (action forbidden) keeps it from that; one that the
 * machine already has is left as it is.
 */
async function denyServiceStarts(): Promise<{ remove(): Promise<void> }> {
  if (isFile(POLICY_FILE)) return { remove: () => Promise.resolve() };
  await Deno.writeTextFile(POLICY_FILE, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  return { remove: () => Deno.remove(POLICY_FILE) };
}
