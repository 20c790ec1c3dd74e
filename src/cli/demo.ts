/**
 * `sublet demo`: a real exchange on a network of its own, told message by message. It runs the
 * server and a client as processes of their own, the way anybody would, and looks at them from
 * outside: log, journal, `ip addr`, status page.
 */
import { parseArgs } from "node:util";
import { approximateDuration } from "../server/approximate_duration.ts";
import { type DemoClient, findClients } from "./demo_client.ts";
import {
  commandInside,
  DemoError,
  type DemoNetwork,
  findProgram,
  INTERFACE_NAME,
  ip,
  makeNetwork,
  SERVER_ADDRESS,
} from "./demo_network.ts";
import { selfCommand } from "./demo_self.ts";

export const usage = `Show a real exchange, on a network of its own.

Usage: sublet demo [--client NAME]

Makes two network namespaces joined by a cable, runs the server on one side and a DHCP client on
the other, shows what they say, and removes everything again. Needs root on Linux and the \`ip\`
command. Touches no interface of this machine.

  --client NAME  udhcpc, dhclient or built-in; without it, the first that gets a lease
  -h, --help     this text
`;

/** The demo as a whole; it needs a few seconds on a slow machine. */
const DEMO_MS_MAX = 20_000;

/** How long the server may take to stop before it is killed. */
const STOP_MS_MAX = 2_000;

const STATUS_ADDRESS = "127.0.0.1:8067";

/** As of the shell: 128 and the number of SIGINT. */
const EXIT_INTERRUPTED = 130;

/** Runs the demo. Returns the exit code; throws `UsageError` and `DemoError`. */
export async function demoCommand(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { client: { type: "string" } } });
  await refuseWhereImpossible();
  const clients = await findClients(values.client);

  const interruption = new AbortController();
  const interrupt = () => interruption.abort(new DemoInterrupted());
  const signals: Deno.Signal[] = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const name of signals) Deno.addSignalListener(name, interrupt);
  const tooLong = AbortSignal.timeout(DEMO_MS_MAX);
  try {
    await tellStory(clients, AbortSignal.any([interruption.signal, tooLong]));
    console.log("\nThe namespaces, the server and its files are removed again.");
    return 0;
  } catch (error) {
    // Whatever failed while everything was being torn down failed because of that.
    if (interruption.signal.aborted) {
      console.log("\nInterrupted. Everything is removed again.");
      return EXIT_INTERRUPTED;
    }
    if (tooLong.aborted) {
      throw new DemoError(`the demo did not come to its end in ${DEMO_MS_MAX / 1_000} seconds`, 1);
    }
    throw error;
  } finally {
    for (const name of signals) Deno.removeSignalListener(name, interrupt);
  }
}

class DemoInterrupted extends Error {}

async function refuseWhereImpossible(): Promise<void> {
  if (Deno.build.os !== "linux") {
    throw new DemoError("the demo needs Linux: it makes network namespaces", 77);
  }
  if (Deno.uid() !== 0) {
    throw new DemoError("the demo needs root, to make network namespaces: try with sudo", 77);
  }
  if (await findProgram("ip") === undefined) {
    throw new DemoError("the demo needs the `ip` command: apt-get install iproute2", 77);
  }
}

/** The whole demo. Everything made on the way is gone when this settles. */
async function tellStory(clients: readonly DemoClient[], signal: AbortSignal): Promise<void> {
  await using undo = new AsyncDisposableStack();
  const directory = await Deno.makeTempDir({ prefix: "sublet-demo-" });
  undo.defer(() => Deno.remove(directory, { recursive: true }));

  title("1  A network of its own");
  const network = await makeNetwork(undo, signal);
  show(`server [${INTERFACE_NAME} ${SERVER_ADDRESS}] ======== [${INTERFACE_NAME}] client`);

  title("2  The server's config");
  const configFile = `${directory}/config.yaml`;
  const journal = `${directory}/leases.jsonl`;
  await Deno.writeTextFile(configFile, configFor(journal));
  show(configFor(journal));

  title("3  The server starts: sublet run --config config.yaml");
  const events = await startServer(network, configFile, undo, signal);

  title("4  A client joins the network");
  const client = await runFirstThatWorks(clients, network, directory, undo, signal);
  await showDialog(events);
  signal.throwIfAborted();

  title(`5  What ${client.name} has made of it: ip -4 addr`);
  show(await ip(["-4", "-br", "-n", network.client, "addr", "show", INTERFACE_NAME], signal));

  title("6  What survives a power cut: the lease in the journal");
  show(indentJson(lastLine(await Deno.readTextFile(journal))));

  title(`7  What you can look at: curl ${STATUS_ADDRESS}`);
  show(await fetchInside(network, "/", signal) ?? "the status endpoint does not answer");
}

function configFor(journal: string): string {
  return `interfaces: [${INTERFACE_NAME}]
lease-time: 12h
subnets:
  - subnet: 192.168.77.0/24
    pools: [192.168.77.100-192.168.77.199]
    options: { routers: 192.168.77.1, domain-name-servers: 192.168.77.1 }
journal: ${journal}
status: { listen: "${STATUS_ADDRESS}" }
`;
}

/** One line of the server's log, as `--log-format json` writes it. */
type LogLine = Readonly<Record<string, unknown>>;

/** Starts the server and waits until it serves. Returns what it logs from then on. */
async function startServer(
  network: DemoNetwork,
  configFile: string,
  undo: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<AsyncGenerator<LogLine>> {
  signal.throwIfAborted();
  const command = selfCommand("run", "--config", configFile, "--log-format", "json");
  const server = commandInside(network.server, command, {
    stdout: "null",
    stderr: "piped",
    signal,
  }).spawn();
  undo.defer(() => stop(server));
  const log = readLog(server.stderr);
  const health = await fetchInside(network, "/healthz", signal);
  if (health !== undefined) {
    show(`/healthz says: ${health}`);
    return log;
  }
  await stop(server);
  const complaints = (await Array.fromAsync(log)).map((line) => String(line["message"]));
  throw new DemoError(`the server does not serve: ${complaints.join("; ")}`, 1);
}

/** The lines of a log; one that is not JSON is what the program said before it gave up. */
async function* readLog(stderr: ReadableStream<BufferSource>): AsyncGenerator<LogLine> {
  let rest = "";
  // Not cancelled when the reader stops early: a server whose log is closed would notice.
  for await (
    const text of stderr.pipeThrough(new TextDecoderStream()).values({ preventCancel: true })
  ) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      yield line.startsWith("{") ? JSON.parse(line) : { event: "notice", message: line };
    }
  }
}

/** Stops a process, by force if it must be. */
async function stop(process: Deno.ChildProcess): Promise<void> {
  killIfAlive(process, "SIGTERM");
  const timer = setTimeout(() => killIfAlive(process, "SIGKILL"), STOP_MS_MAX);
  await process.status;
  clearTimeout(timer);
}

function killIfAlive(process: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    process.kill(signal);
  } catch (error) {
    // `kill` says so when the process has ended already.
    if (!(error instanceof TypeError) && !(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function runFirstThatWorks(
  clients: readonly DemoClient[],
  network: DemoNetwork,
  directory: string,
  undo: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<DemoClient> {
  for (const client of clients) {
    show(client.name === "built-in" ? "(Sublet's own small client)" : `(${client.name})`);
    const place = { namespace: network.client, directory };
    if (await client.obtainLease(place, undo, signal)) return client;
    show("got no lease.");
  }
  throw new DemoError("no client got a lease", 1);
}

/** A page of the status endpoint, asked for next to the server; `undefined` when it fails. */
async function fetchInside(
  network: DemoNetwork,
  path: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  signal.throwIfAborted();
  const command = selfCommand("demo-inside", "fetch", `http://${STATUS_ADDRESS}${path}`);
  const { success, stdout } = await commandInside(network.server, command, { signal }).output();
  signal.throwIfAborted();
  return success ? new TextDecoder().decode(stdout).trimEnd() : undefined;
}

/** Shows each exchange up to the ACK. */
async function showDialog(log: AsyncGenerator<LogLine>): Promise<void> {
  for await (const line of log) {
    if (line["event"] !== "exchange") continue;
    for (const message of explain(line)) show(message);
    if (line["outcome"] === "ACK") return;
  }
}

/** What client and server said to each other in one exchange, a line each. */
function explain(line: LogLine): readonly string[] {
  const { request, outcome, address, rule } = line;
  const leaseSeconds = line["lease-seconds"];
  const span = typeof leaseSeconds === "number" ? approximateDuration(leaseSeconds) : leaseSeconds;
  const asked = request === "DISCOVER"
    ? `DISCOVER  client -> all     I am ${line["mac"]}, "${line["hostname"]}". Any DHCP server?`
    : request === "SELECTING"
    ? `REQUEST   client -> all     I take ${address} from the server that offered it.`
    : `${request}`;
  const answered = outcome === "OFFER"
    ? `OFFER     server -> client  You could have ${address} for ${span}. (${rule})`
    : outcome === "ACK"
    ? `ACK       server -> client  ${address} is yours for ${span}. It is on disk. (${rule})`
    : `${outcome} (${rule})`;
  return [asked, answered];
}

function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1)!;
}

function indentJson(text: string): string {
  return JSON.stringify(JSON.parse(text), null, 2);
}

/** The title of a chapter. */
function title(line: string): void {
  const bold = Deno.stdout.isTerminal() && (Deno.env.get("NO_COLOR") ?? "") === "";
  console.log(bold ? `\n\x1b[1m${line}\x1b[0m` : `\n${line}`);
}

/** Text of a chapter. */
function show(text: string): void {
  console.log(text.trimEnd().replaceAll(/^(?=.)/gm, "   "));
}
