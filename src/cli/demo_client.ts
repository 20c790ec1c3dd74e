/** The DHCP clients that the demo can run: what Debian has, or our own. */
import { commandInside, DemoError, findProgram, INTERFACE_NAME } from "./demo_network.ts";
import { selfCommand } from "./demo_self.ts";

/** The name that the client gives itself. */
const CLIENT_HOSTNAME = "demo-laptop";

/** How long a client may take; it needs a fraction of a second. */
const CLIENT_MS_MAX = 5_000;

/** Where a client runs, and where it may put its files. */
interface Place {
  readonly namespace: string;
  /** A directory of the demo's own. */
  readonly directory: string;
}

export interface DemoClient {
  readonly name: string;
  /** Gets a lease, gives its address to the interface, and ends; says whether it did. */
  obtainLease(place: Place, undo: AsyncDisposableStack, signal: AbortSignal): Promise<boolean>;
}

/** The client of this name, or else all there are, the best one first. Throws `DemoError`. */
export async function findClients(name: string | undefined): Promise<readonly DemoClient[]> {
  const udhcpcPath = await findProgram("udhcpc");
  const dhclientPath = await findProgram("dhclient");
  const clients = [
    ...(udhcpcPath === undefined ? [] : [udhcpc(udhcpcPath)]),
    ...(dhclientPath === undefined ? [] : [dhclient(dhclientPath)]),
    builtIn,
  ];
  if (name === undefined) return clients;
  const chosen = clients.filter((client) => client.name === name);
  if (chosen.length === 0) {
    const names = clients.map((client) => client.name).join(", ");
    throw new DemoError(`there is no client ${name} on this machine, but: ${names}`, 77);
  }
  return chosen;
}

// Each script gives the address to the interface and does no more: the scripts that come with
// the clients also rewrite /etc/resolv.conf, and that file is the machine's.

const UDHCPC_SCRIPT = `#!/bin/sh
case "$1" in
  bound | renew) ip -4 addr replace "$ip/$mask" dev "$interface" ;;
esac
`;

const DHCLIENT_SCRIPT = `#!/bin/sh
case "$reason" in
  BOUND | RENEW) ip -4 addr replace "$new_ip_address/$new_subnet_mask" dev "$interface" ;;
esac
`;

function udhcpc(program: string): DemoClient {
  return {
    name: "udhcpc",
    async obtainLease({ namespace, directory }, _undo, signal) {
      const script = `${directory}/udhcpc.sh`;
      await Deno.writeTextFile(script, UDHCPC_SCRIPT, { mode: 0o700 });
      // In the foreground, until it has a lease (-q) or none in three attempts (-n).
      const manner = ["-f", "-q", "-n", "-t", "3", "-T", "1"];
      const identity = ["-i", INTERFACE_NAME, "-x", `hostname:${CLIENT_HOSTNAME}`];
      return await runClient(namespace, [program, ...manner, ...identity, "-s", script], signal);
    },
  };
}

function dhclient(program: string): DemoClient {
  return {
    name: "dhclient",
    async obtainLease({ namespace, directory }, undo, signal) {
      const script = `${directory}/dhclient.sh`;
      const config = `${directory}/dhclient.conf`;
      const pidFile = `${directory}/dhclient.pid`;
      const leases = `${directory}/dhclient.leases`;
      await Deno.writeTextFile(script, DHCLIENT_SCRIPT, { mode: 0o700 });
      await Deno.writeTextFile(config, `send host-name "${CLIENT_HOSTNAME}";\n`);
      // It goes on in the background once it has a lease.
      undo.defer(() => killByPidFile(pidFile));
      const files = ["-sf", script, "-cf", config, "-pf", pidFile, "-lf", leases];
      return await runClient(namespace, [program, "-4", "-1", ...files, INTERFACE_NAME], signal);
    },
  };
}

const builtIn: DemoClient = {
  name: "built-in",
  obtainLease({ namespace }, _undo, signal) {
    const command = selfCommand("demo-inside", "lease", INTERFACE_NAME, CLIENT_HOSTNAME);
    return runClient(namespace, command, signal);
  },
};

async function runClient(
  namespace: string,
  command: readonly string[],
  signal: AbortSignal,
): Promise<boolean> {
  signal.throwIfAborted();
  const soon = AbortSignal.any([signal, AbortSignal.timeout(CLIENT_MS_MAX)]);
  const process = commandInside(namespace, command, {
    stdout: "null",
    stderr: "null",
    signal: soon,
  }).spawn();
  const { success } = await process.status;
  signal.throwIfAborted();
  return success;
}

async function killByPidFile(pidFile: string): Promise<void> {
  try {
    Deno.kill(Number(await Deno.readTextFile(pidFile)), "SIGKILL");
  } catch (error) {
    // It never got as far as the background, or is gone already.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
