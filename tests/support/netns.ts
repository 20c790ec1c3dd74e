/**
 * Networks of the tests' own: namespaces joined by veth cables, gone again when the test ends.
 * Nothing here touches an interface of the machine.
 *
 * ```ts
 * await using wire = await makeWire([
 *   [{ node: "server", name: "lan0", addresses: ["192.168.1.1/24"] }, { node: "c", name: "eth0" }],
 * ]);
 * await wire.exec("c", "ip", "link", "show", "eth0");
 * ```
 */

/** One plug of a cable: an interface `name` in the namespace of `node`. */
export interface CableEnd {
  readonly node: string;
  readonly name: string;
  /** `192.168.1.1/24`, added in this order: the first is the primary one. */
  readonly addresses?: readonly string[];
}

/** What joins interfaces: two ends make a veth pair, more are plugged into a bridge. */
export type Cable = readonly CableEnd[];

export interface Wire extends AsyncDisposable {
  /** The name of a node's namespace, for `ip netns exec`. */
  namespace(node: string): string;
  /** Runs a command in a node and returns its stdout; throws with its stderr when it fails. */
  exec(node: string, command: string, ...args: string[]): Promise<string>;
  /** Starts a command in a node. It is killed, and awaited, when the wire is disposed. */
  spawn(
    node: string,
    command: string,
    args: readonly string[],
    options?: Deno.CommandOptions,
  ): Deno.ChildProcess;
}

const PREFIX = `sublet-${Deno.pid}`;
let wireCount = 0;

const LOOKS_MAX = 500;
const LOOK_INTERVAL_MS = 10;

/** Builds the namespaces and cables; every interface is up. Half-built wires are removed. */
export async function makeWire(cables: readonly Cable[]): Promise<Wire> {
  const wire = new NamespaceWire(`${PREFIX}-${wireCount++}`);
  try {
    for (const [index, cable] of cables.entries()) await wire.plug(cable, index);
  } catch (error) {
    await wire[Symbol.asyncDispose]();
    throw error;
  }
  return wire;
}

/**
 * Registers a test that needs namespaces. Where they cannot be made it is ignored, and the reason
 * is printed: a skipped system test must be seen.
 */
export function systemTest(name: string, fn: (t: Deno.TestContext) => Promise<void>): void {
  const obstacle = namespaceObstacle();
  if (obstacle !== undefined) console.error(`SKIPPED (${obstacle}): ${name}`);
  // A spawned process and its pipes may close a tick after the test that killed it.
  Deno.test({ name, fn, ignore: obstacle !== undefined, sanitizeOps: false });
}

let knownObstacle: { readonly reason: string | undefined } | undefined;

/** Why network namespaces cannot be made here; `undefined` when they can. */
export function namespaceObstacle(): string | undefined {
  knownObstacle ??= { reason: findObstacle() };
  return knownObstacle.reason;
}

function findObstacle(): string | undefined {
  if (Deno.build.os !== "linux") return "network namespaces need Linux";
  if (Deno.uid() !== 0) return "network namespaces need root";
  const probe = `${PREFIX}-probe`;
  try {
    const added = new Deno.Command("ip", { args: ["netns", "add", probe] }).outputSync();
    if (!added.success) return `ip netns add: ${new TextDecoder().decode(added.stderr).trim()}`;
    new Deno.Command("ip", { args: ["netns", "delete", probe] }).outputSync();
    return undefined;
  } catch {
    return "the command `ip` (Debian: iproute2) is missing";
  }
}

class NamespaceWire implements Wire {
  readonly #prefix: string;
  readonly #nodes = new Set<string>();
  readonly #children = new Set<Deno.ChildProcess>();

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  namespace(node: string): string {
    return `${this.#prefix}-${node}`;
  }

  exec(node: string, command: string, ...args: string[]): Promise<string> {
    return run("ip", ["netns", "exec", this.namespace(node), command, ...args]);
  }

  spawn(
    node: string,
    command: string,
    args: readonly string[],
    options: Deno.CommandOptions = {},
  ): Deno.ChildProcess {
    const inside = ["netns", "exec", this.namespace(node), command, ...args];
    const child = new Deno.Command("ip", { ...options, args: inside }).spawn();
    this.#children.add(child);
    child.status.then(() => this.#children.delete(child));
    return child;
  }

  async plug(cable: Cable, index: number): Promise<void> {
    const [first, second, ...more] = cable;
    if (first === undefined || second === undefined) throw new Error("a cable has two ends");
    for (const end of cable) await this.#addNode(end.node);
    if (more.length === 0) {
      await this.#joinPair(first, second);
    } else {
      await this.#joinBridge(cable, `switch${index}`);
    }
    for (const end of cable) {
      for (const address of end.addresses ?? []) {
        await this.#ip(end.node, "address", "add", address, "dev", end.name);
      }
    }
    for (const end of cable) await this.#untilUp(end);
  }

  async #joinPair(a: CableEnd, b: CableEnd): Promise<void> {
    const peer = ["peer", "name", b.name, "netns", this.namespace(b.node)];
    await this.#ip(a.node, "link", "add", a.name, "type", "veth", ...peer);
    await this.#ip(a.node, "link", "set", a.name, "up");
    await this.#ip(b.node, "link", "set", b.name, "up");
  }

  async #joinBridge(ends: Cable, bridge: string): Promise<void> {
    await this.#addNode(bridge);
    await this.#ip(bridge, "link", "add", "br0", "type", "bridge");
    await this.#ip(bridge, "link", "set", "br0", "up");
    for (const [index, end] of ends.entries()) {
      const port = `port${index}`;
      await this.#joinPair(end, { node: bridge, name: port });
      await this.#ip(bridge, "link", "set", port, "master", "br0");
    }
  }

  /** The kernel tells of a carrier up to a second late, and a server acts on what it is told. */
  async #untilUp({ node, name }: CableEnd): Promise<void> {
    for (let look = 0; look < LOOKS_MAX; look++) {
      const said = await run("ip", ["-n", this.namespace(node), "link", "show", "dev", name]);
      if (said.includes("state UP")) return;
      await new Promise((resolve) => setTimeout(resolve, LOOK_INTERVAL_MS));
    }
    throw new Error(`${name} of ${node} does not come up`);
  }

  async #addNode(node: string): Promise<void> {
    if (this.#nodes.has(node)) return;
    await run("ip", ["netns", "add", this.namespace(node)]);
    this.#nodes.add(node);
    await this.#ip(node, "link", "set", "lo", "up");
  }

  async #ip(node: string, ...args: string[]): Promise<void> {
    await run("ip", ["-n", this.namespace(node), ...args]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const children = [...this.#children];
    for (const child of children) killQuietly(child.pid);
    await Promise.all(children.map((child) => child.status));
    for (const node of this.#nodes) {
      // A daemon that forked away is still in its namespace, where only this test starts processes.
      const pids = await run("ip", ["netns", "pids", this.namespace(node)]).catch(() => "");
      for (const pid of pids.split("\n").map(Number)) {
        if (pid > 0 && pid !== Deno.pid) killQuietly(pid);
      }
      await run("ip", ["netns", "delete", this.namespace(node)]).catch(console.error);
    }
    this.#nodes.clear();
  }
}

function killQuietly(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch {
    // Already gone.
  }
}

async function run(command: string, args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args: [...args] }).output();
  if (success) return new TextDecoder().decode(stdout);
  const said = new TextDecoder().decode(stderr).trim();
  throw new Error(`${command} ${args.join(" ")}: ${said}`);
}
