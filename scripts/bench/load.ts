/** Load on a running server, and what it costs the server. */
import {
  CLIENT_INTERFACE,
  denoCommand,
  endOf,
  type Lab,
  RELAY_ADDRESS,
  SERVER_ADDRESS,
} from "./lab.ts";
import type { FirstAnswer } from "./first_answer.ts";
import type { LoadReport, Mode } from "./generator.ts";
import { type ProcessFacts, readProcessFacts } from "./process_facts.ts";
import type { RunningServer } from "./servers.ts";

export interface Load {
  readonly mode: Mode;
  readonly outstanding?: number;
  /** Exchanges started each second; a closed loop without. */
  readonly rate?: number;
  readonly seconds: number;
  readonly warmupSeconds?: number;
  readonly clients?: number;
  /** Clients that have a lease already. */
  readonly leases?: number;
  readonly timeoutMs?: number;
}

export interface LoadResult {
  readonly report: LoadReport;
  /** Processor seconds of the server in the time measured. */
  readonly serverCpuSeconds: number;
  /** At the end. */
  readonly facts: ProcessFacts;
}

/** A generator that does not end by itself is killed so much after it should have ended. */
const GRACE_SECONDS = 20;

/** Runs a load to its end. */
export async function runLoad(lab: Lab, server: RunningServer, load: Load): Promise<LoadResult> {
  const warmupSeconds = load.warmupSeconds ?? 1;
  const flags: Readonly<Record<string, string | number>> = {
    server: SERVER_ADDRESS,
    giaddr: RELAY_ADDRESS,
    interface: CLIENT_INTERFACE,
    "server-mac": lab.serverMac,
    mode: load.mode,
    outstanding: load.outstanding ?? 32,
    rate: load.rate ?? 0,
    seconds: load.seconds,
    "warmup-seconds": warmupSeconds,
    clients: load.clients ?? 50_000,
    leases: load.leases ?? 0,
    "timeout-ms": load.timeoutMs ?? 1_000,
  };
  const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  const child = lab.startClient(denoCommand("generator.ts", args));
  const facts: ProcessFacts[] = [];
  const watched = watch(child.stderr, (line) => {
    if (line === "begin" || line === "end") facts.push(readProcessFacts(server.child.pid));
    else console.error(`generator: ${line}`);
  });
  const said = new Response(child.stdout).text();
  await endOf(child, load.seconds + warmupSeconds + GRACE_SECONDS);
  await watched;
  const [begin, end] = facts;
  if (begin === undefined || end === undefined) {
    throw new Error(`no load on ${server.kind.label}:\n${(await server.said()).slice(-2_000)}`);
  }
  return {
    report: JSON.parse(await said),
    serverCpuSeconds: end.cpuSeconds - begin.cpuSeconds,
    facts: end,
  };
}

/**
 * Asks until the server answers: milliseconds from its start to its first OFFER; `undefined` when
 * it takes more than `secondsMax`. The asking has to have begun before the start.
 */
export async function untilAnswer(
  lab: Lab,
  start: () => RunningServer,
  secondsMax: number,
): Promise<{ readonly server: RunningServer; readonly ms: number | undefined }> {
  const flags = { server: SERVER_ADDRESS, giaddr: RELAY_ADDRESS, seconds: secondsMax };
  const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  const child = lab.startClient(denoCommand("first_answer.ts", args));
  const asking = Promise.withResolvers<void>();
  const watched = watch(child.stderr, (line) => {
    if (line === "asking") asking.resolve();
    else console.error(`first answer: ${line}`);
  });
  const said = new Response(child.stdout).text();
  await Promise.race([asking.promise, child.status]);
  const server = start();
  await endOf(child, secondsMax + GRACE_SECONDS);
  await watched;
  const { atMs }: FirstAnswer = JSON.parse(await said);
  return { server, ms: atMs === undefined ? undefined : atMs - server.startedAtMs };
}

async function watch(
  stream: ReadableStream<Uint8Array>,
  onLine: (line: string) => void,
): Promise<void> {
  let rest = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream() as TransformStream)) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop()!;
    for (const line of lines) onLine(line);
  }
  if (rest !== "") onLine(rest);
}
