/**
 * Where everything is measured: two network namespaces joined by a cable, the server in one of them
 * and on one core, its clients in the other and on another core, and a directory for their files.
 */
import { fileURLToPath } from "node:url";
import { makeWire, type Wire } from "../../tests/support/netns.ts";
import type { Ingress } from "../../src/protocol/endpoints.ts";
import { formatIpv4, networkOf, parseIpv4 } from "../../src/wire/ipv4.ts";

export const SERVER_ADDRESS = "10.0.0.1";
export const RELAY_ADDRESS = "10.0.0.2";
export const SUBNET = "10.0.0.0/8";
export const SERVER_INTERFACE = "s0";
export const CLIENT_INTERFACE = "g0";

/** Client number n has the n-th address from here on, where leases are laid out before the start. */
export const FIRST_ADDRESS = parseIpv4("10.1.0.0")!;

const [SERVER_NODE, CLIENT_NODE] = ["server", "load"];
const [SERVER_CORE, CLIENT_CORE] = ["0", "1"];
const PREFIX_LENGTH = 8;

/** How a relayed datagram reaches the server, for measurements without a network. */
export const RELAYED_INGRESS: Ingress = {
  interfaceName: SERVER_INTERFACE,
  interfaceIndex: 1,
  addresses: [{
    address: parseIpv4(SERVER_ADDRESS)!,
    cidr: networkOf(parseIpv4(SERVER_ADDRESS)!, PREFIX_LENGTH),
  }],
  source: parseIpv4(RELAY_ADDRESS)!,
  sourcePort: 67,
  serverPort: 67,
  destination: parseIpv4(SERVER_ADDRESS)!,
};

export interface Lab extends AsyncDisposable {
  readonly directory: string;
  /** Hardware address of the server's interface. */
  readonly serverMac: string;
  /** Starts a program on the server's core; what it says goes into the file `said`. */
  startServer(
    command: readonly string[],
    said: string,
    env: Readonly<Record<string, string>>,
  ): Deno.ChildProcess;
  /** Starts a program on the clients' core, with stdout and stderr piped. */
  startClient(command: readonly string[]): Deno.ChildProcess;
  /** As `startClient`, in the server's namespace. */
  startBesideServer(command: readonly string[]): Deno.ChildProcess;
}

/**
 * Builds the namespaces, which are gone when the lab is disposed. Without cores of their own, server
 * and clients go where the machine has room: for ratios on a machine that is not theirs alone.
 */
export async function openLab({ hasOwnCores = true } = {}): Promise<Lab> {
  const on = (core: string, command: readonly string[]) =>
    hasOwnCores ? ["taskset", "-c", core, ...command] : command;
  const wire = await makeWire([[
    {
      node: SERVER_NODE,
      name: SERVER_INTERFACE,
      addresses: [`${SERVER_ADDRESS}/${PREFIX_LENGTH}`],
    },
    { node: CLIENT_NODE, name: CLIENT_INTERFACE, addresses: [`${RELAY_ADDRESS}/${PREFIX_LENGTH}`] },
  ]]);
  const directory = await Deno.makeTempDir({ prefix: "sublet-bench-" });
  const path = `/sys/class/net/${SERVER_INTERFACE}/address`;
  const serverMac = (await wire.exec(SERVER_NODE, "cat", path)).trim();
  return {
    directory,
    serverMac,
    startServer: (command, said, env) =>
      wire.spawn(SERVER_NODE, "sh", [
        "-c",
        'exec "$@" >"$0" 2>&1',
        said,
        ...on(SERVER_CORE, command),
      ], { stdin: "null", stdout: "null", stderr: "inherit", env, cwd: directory }),
    startClient: (command) => startPiped(wire, CLIENT_NODE, on(CLIENT_CORE, command)),
    startBesideServer: (command) => startPiped(wire, SERVER_NODE, on(CLIENT_CORE, command)),
    async [Symbol.asyncDispose]() {
      await wire[Symbol.asyncDispose]();
      await Deno.remove(directory, { recursive: true });
    },
  };
}

function startPiped(wire: Wire, node: string, command: readonly string[]): Deno.ChildProcess {
  const [name, ...args] = command;
  return wire.spawn(node, name!, args, { stdin: "null", stdout: "piped", stderr: "piped" });
}

/** The command that runs a file beside this one. */
export function denoCommand(file: string, args: readonly string[]): string[] {
  const path = fileURLToPath(new URL(file, import.meta.url));
  return [Deno.execPath(), "run", "-A", "--no-check", path, ...args];
}

/** The address that is `count` after the first one. */
export function addressAt(count: number): string {
  return formatIpv4(FIRST_ADDRESS + count);
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits for the end of a child, and kills it when it takes too long. */
export async function endOf(child: Deno.ChildProcess, secondsMax: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), secondsMax * 1000);
  });
  if (await Promise.race([child.status, late]) === "late") kill(child, "SIGKILL");
  clearTimeout(timer);
  await child.status;
}

export function kill(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch {
    // It has ended by itself.
  }
}
