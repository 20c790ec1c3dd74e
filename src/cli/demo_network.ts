/** The demo's network: two namespaces and a cable, made and removed with the `ip` command. */
/** The demo cannot run here, or did not work out. */
export class DemoError extends Error {
  override readonly name = "DemoError";

  /** `exitCode`: 77 when this machine or user cannot run the demo, 1 when it went wrong. */
  constructor(message: string, readonly exitCode: 77 | 1, options?: ErrorOptions) {
    super(message, options);
  }
}

/** The interface at each end of the cable. Both are born in a namespace and never leave it. */
export const INTERFACE_NAME = "lan0";

/** The server's own address, and the network it is on. */
export const SERVER_ADDRESS = "192.168.77.1/24";

/** Names of the two namespaces. */
export interface DemoNetwork {
  readonly server: string;
  readonly client: string;
}

/**
 * Makes the two namespaces and joins them by a veth pair. What it makes is registered with `undo`
 * first, so that an interruption at any instant leaves nothing behind. Throws `DemoError`.
 */
export async function makeNetwork(
  undo: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<DemoNetwork> {
  const server = `sublet-demo-${Deno.pid}-server`;
  const client = `sublet-demo-${Deno.pid}-client`;
  for (const namespace of [server, client]) {
    undo.defer(() => removeNamespace(namespace));
    await ip(["netns", "add", namespace], signal);
    await ip(["-n", namespace, "link", "set", "lo", "up"], signal);
  }
  // Made inside of the namespaces: at no time is there a new interface on the machine itself.
  const cable = ["type", "veth", "peer", "name", INTERFACE_NAME, "netns", client];
  await ip(["-n", server, "link", "add", INTERFACE_NAME, ...cable], signal);
  await ip(["-n", server, "addr", "add", SERVER_ADDRESS, "dev", INTERFACE_NAME], signal);
  for (const namespace of [server, client]) {
    await ip(["-n", namespace, "link", "set", INTERFACE_NAME, "up"], signal);
  }
  return { server, client };
}

/** Runs `ip` and returns what it printed. Throws `DemoError` with what it complained about. */
export async function ip(args: readonly string[], signal: AbortSignal): Promise<string> {
  signal.throwIfAborted();
  const command = new Deno.Command("ip", { args: [...args], stdin: "null", signal });
  const { success, stdout, stderr } = await command.output();
  signal.throwIfAborted();
  if (success) return new TextDecoder().decode(stdout);
  const complaint = new TextDecoder().decode(stderr).trim();
  throw new DemoError(
    `\`ip ${args.join(" ")}\` failed: ${complaint}. The demo needs root with CAP_SYS_ADMIN and ` +
      "CAP_NET_ADMIN (in a container: --privileged)",
    77,
  );
}

/** Removes a namespace; one that was never made is as good as removed. */
async function removeNamespace(namespace: string): Promise<void> {
  const args = ["netns", "delete", namespace];
  const { success, stderr } = await new Deno.Command("ip", { args, stdin: "null" }).output();
  const complaint = new TextDecoder().decode(stderr).trim();
  if (success || complaint.includes("No such file or directory")) return;
  throw new DemoError(`\`ip ${args.join(" ")}\` failed: ${complaint}`, 1);
}

/** A command that runs inside of a namespace. Its process id is that of the program itself. */
export function commandInside(
  namespace: string,
  program: readonly string[],
  options: Deno.CommandOptions = {},
): Deno.Command {
  const args = ["netns", "exec", namespace, ...program];
  return new Deno.Command("ip", { stdin: "null", ...options, args });
}

/** The path of a program, looked for where administration programs are too. */
export async function findProgram(name: string): Promise<string | undefined> {
  const path = Deno.env.get("PATH") ?? "";
  for (const directory of [...path.split(":"), "/usr/local/sbin", "/usr/sbin", "/sbin"]) {
    if (directory === "") continue;
    const file = `${directory}/${name}`;
    if (await isFile(file)) return file;
  }
  return undefined;
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return false;
    }
    throw error;
  }
}
