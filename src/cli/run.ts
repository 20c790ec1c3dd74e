/** `sublet run`: the one place where the production server is put together. */
import { parseArgs } from "node:util";
import type { Config } from "../config/config.ts";
import { readConfig } from "../config/load.ts";
import { ConfigError, formatProblem } from "../config/problem.ts";
import { createApp } from "../http/app.ts";
import { serveStatus, type StatusServer } from "../http/serve.ts";
import { LeaseTable } from "../leases/lease_table.ts";
import type { InterfaceStatus } from "../link/link.ts";
import { openLinuxLink } from "../link/linux_link.ts";
import { systemClock } from "../server/clock.ts";
import type { NoticeEvent, ServerEvent } from "../server/events.ts";
import { type LogFormat, openLog, wantsColour } from "../server/log.ts";
import { Metrics } from "../server/metrics.ts";
import { DhcpServer } from "../server/server.ts";
import { VERSION } from "../server/version.ts";
import { openJournal } from "../store/journal_store.ts";
import { findConfig } from "./config_path.ts";
import { counted } from "./counted.ts";
import { UsageError } from "./usage_error.ts";

export const usage = `Serve addresses until SIGTERM or SIGINT.

Usage: sublet run [--config FILE] [--log-format human|json]

  --config FILE      the config; without it, config.yaml here, else /etc/sublet/config.yaml
  --log-format FORM  "human" (default) or "json": one line per exchange on standard error
  -h, --help         this text

SIGHUP reads the config again: all of it, or, when there is a problem, nothing.
`;

/** How often the store may look at the wall clock, and mend itself, when no lease changes. */
const STORE_CHECK_INTERVAL_MS = 5_000;

/** Runs the server; resolves to the exit code once it was told to stop and has stopped. */
export async function runCommand(args: readonly string[]): Promise<number> {
  const options = parseRunArgs(args);
  const path = findConfig(options.config);
  const { config, warnings } = await readConfig(path);

  const clock = systemClock;
  const metrics = new Metrics();
  const log = openLog({
    format: options.logFormat,
    colour: wantsColour(),
    clock,
    write: (bytes) => Deno.stderr.write(bytes),
  });
  const emit = (event: ServerEvent) => {
    metrics.count(event);
    log.record(event);
  };
  const notice = (level: NoticeEvent["level"], message: string) =>
    emit({ kind: "notice", level, message });

  for (const warning of warnings) notice("warning", formatProblem(warning));
  // Sockets first: what is missing there shows before a journal is made.
  const link = openLinuxLink({
    interfaceNames: config.interfaces,
    onTrouble: (message) => notice("warning", message),
    onInterfaceChange: (status) => notice(...describeInterface(status)),
  });
  const leases = new LeaseTable(config.subnets);
  const store = openJournal({ path: config.journal, clock, snapshot: () => leases.records() });
  let status: StatusServer | undefined;
  try {
    const report = await store.load();
    for (const lease of report.leases) leases.put(lease);
    leases.advance(clock.monotonicMs());
    for (const remark of report.remarks) notice("warning", remark);

    const server = new DhcpServer({ config, leases, link, store, clock, emit });
    if (config.status !== undefined) {
      const app = createApp({
        config: () => server.runningConfig,
        leases,
        metrics,
        clock,
        startedAtMs: clock.monotonicMs(),
        interfaces: () => link.interfaces(),
        health: () => store.health(),
      });
      status = serveStatus(app, config.status);
    }
    notice("info", describeStart(config, leases.size, path));

    const storeCheck = setInterval(() => server.checkStore(), STORE_CHECK_INTERVAL_MS);
    const forget = onSignals({
      SIGHUP: () => reload(path, config, server, notice),
      SIGTERM: () => link.close(),
      SIGINT: () => link.close(),
    });
    await server.run();
    forget();
    clearInterval(storeCheck);
    notice("info", "stopped");
  } finally {
    link.close();
    await status?.shutdown();
    await store.close();
    await log.close();
  }
  return 0;
}

interface RunOptions {
  readonly config: string | undefined;
  readonly logFormat: LogFormat;
}

function parseRunArgs(args: readonly string[]): RunOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      config: { type: "string" },
      "log-format": { type: "string", default: "human" },
    },
  });
  const logFormat = values["log-format"];
  if (logFormat !== "human" && logFormat !== "json") {
    throw new UsageError(`--log-format is "human" or "json", not "${logFormat}"`);
  }
  return { config: values.config, logFormat };
}

/** Swaps the config for what the file says now, or says why not and leaves all as it is. */
async function reload(
  path: string,
  started: Config,
  server: DhcpServer,
  notice: (level: NoticeEvent["level"], message: string) => void,
): Promise<void> {
  try {
    const { config, warnings } = await readConfig(path);
    for (const warning of warnings) notice("warning", formatProblem(warning));
    server.reconfigure(config);
    notice("info", `reloaded ${path}`);
    for (const key of fixedAtStart(started, config)) {
      notice("warning", `the new "${key}" takes effect at the next start`);
    }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const line of error.message.split("\n")) notice("error", line);
    notice("error", `${path} was not reloaded: the server goes on with the config it has`);
  }
}

/** Keys whose new values need another journal or socket than the ones that are open. */
function fixedAtStart(started: Config, now: Config): string[] {
  const keys: string[] = [];
  if (started.journal !== now.journal) keys.push("journal");
  if (
    started.status?.hostname !== now.status?.hostname || started.status?.port !== now.status?.port
  ) keys.push("status");
  return keys;
}

function describeStart(config: Config, leaseCount: number, path: string): string {
  const status = config.status === undefined
    ? "no status endpoint"
    : `status on ${config.status.hostname}:${config.status.port}`;
  return `sublet ${VERSION} serves ${path}: ${counted(config.subnets.length, "subnet")}, ` +
    `${counted(leaseCount, "lease")} from ${config.journal}, ${status}`;
}

function describeInterface(status: InterfaceStatus): [NoticeEvent["level"], string] {
  const { name, state, addresses } = status;
  switch (state) {
    case "serving":
      return ["info", `${name}: serving on ${addresses.join(", ")}`];
    case "missing":
      return ["warning", `${name}: there is no such interface; waiting for it`];
    case "down":
      return ["warning", `${name}: down; waiting for it`];
    case "no-address":
      return ["warning", `${name}: has no IPv4 address; waiting for one`];
  }
}

/** Handles signals until the returned function is called. */
function onSignals(handlers: Partial<Record<Deno.Signal, () => void>>): () => void {
  const entries = Object.entries(handlers) as [Deno.Signal, () => void][];
  for (const [signal, handler] of entries) Deno.addSignalListener(signal, handler);
  return () => {
    for (const [signal, handler] of entries) Deno.removeSignalListener(signal, handler);
  };
}
