/** `sublet run`: the one place where the production server is put together. */
import { parseArgs } from "node:util";
import type { Config, Durability } from "../config/config.ts";
import { readConfig } from "../config/load.ts";
import { createApp } from "../http/app.ts";
import { openStatusEndpoint, type StatusService } from "../http/status_endpoint.ts";
import { LeaseTable } from "../leases/lease_table.ts";
import type { Link } from "../link/link.ts";
import { openLinuxLink } from "../link/linux_link.ts";
import { releaseExecutable, SpareMemory } from "../link/spare_memory.ts";
import { NameRegistrar } from "../names/name_registrar.ts";
import { systemClock } from "../server/clock.ts";
import type { NoticeEvent, NoticeTopic, ServerEvent } from "../server/events.ts";
import { LOG_LEVELS, type LogFormat, type LogLevel, openLog, wantsColour } from "../server/log.ts";
import { Metrics } from "../server/metrics.ts";
import { RefusedClients } from "../server/refused_clients.ts";
import { DhcpServer } from "../server/server.ts";
import type { StatusSource } from "../server/status.ts";
import { openJournal } from "../store/journal_store.ts";
import type { LeaseStore } from "../store/lease_store.ts";
import { findConfig } from "./config_path.ts";
import { confineToUser, giveUpTheRest, revokeSockets } from "./confine.ts";
import { NEVER_RELOADED, Reloader } from "./reload.ts";
import { describeStart, type Notify, notifyOfInterface, onOneLine } from "./run_notices.ts";
import { machineInterfaces } from "./machine_interfaces.ts";
import { UsageError } from "./usage_error.ts";
import { setHashKey } from "../wire/keyed_hash.ts";

export const usage = `Serve addresses until SIGTERM or SIGINT.

Usage: sublet run [FILE] [--log-format human|json] [--log-level LEVEL]

  FILE, -c, --config FILE
                     the config; without it, config.yaml here, else /etc/sublet/config.yaml
  --log-format FORM  "human" (default) or "json", on standard error
  --log-level LEVEL  "info" (default): one line per exchange; "warning": only what needs an eye,
                     such as an exhausted pool; "error": only what failed
  -h, --help         this text
  -v, --version      the version

SIGHUP reads the config again: all of it, or, when there is a problem, nothing.
`;

/** How often store and sockets may mend what went wrong, while nothing else makes them. */
const MENDING_INTERVAL_MS = 5_000;

/** When the garbage of the start is collected: with a client that has waited for it answered first. */
const FIRST_RELEASE_MS = 1_000;

/** Runs the server; resolves to the exit code once it was told to stop and has stopped. */
export async function runCommand(args: readonly string[]): Promise<number> {
  const options = parseRunArgs(args);
  const [first, second] = crypto.getRandomValues(new Int32Array(2));
  setHashKey([first!, second!]);
  const path = findConfig(options.config);
  const { config, warnings } = await readConfig(path, machineInterfaces);
  const metrics = new Metrics();
  const log = openLog({
    format: options.logFormat,
    level: options.logLevel,
    colour: wantsColour(),
    clock: systemClock,
    write: (bytes) => Deno.stderr.write(bytes),
  });
  const refusals = new RefusedClients();
  const emit = (event: ServerEvent) => {
    metrics.count(event);
    refusals.note(event, systemClock);
    log.record(event);
  };
  try {
    for (const warning of warnings) {
      const level = warning.severity === "note" ? "info" : "warning";
      emit(noticeOf(level, onOneLine(warning)));
    }
    await serve(path, config, { metrics, refusals }, emit);
    emit(noticeOf("info", "stopped"));
  } finally {
    await log.close();
  }
  return 0;
}

/** Puts the server together, and serves until a signal ends it. */
async function serve(
  path: string,
  config: Config,
  seen: Pick<StatusSource, "metrics" | "refusals">,
  emit: (event: ServerEvent) => void,
): Promise<void> {
  const clock = systemClock;
  const notify: Notify = (level, message) => emit(noticeOf(level, message));
  const notifyOf = (topic: NoticeTopic, level: NoticeEvent["level"], message: string) =>
    emit({ ...noticeOf(level, message), topic });
  let server: DhcpServer | undefined;
  // Sockets first: what is missing there shows before a journal is made.
  const link = openLinuxLink({
    interfaceNames: config.interfaces,
    proxyDhcp: config.proxyDhcp === true,
    onTrouble: (message) => notifyOf("interfaces", "warning", message),
    onInterfaceChange: (status) =>
      notifyOfInterface(status, server?.runningConfig ?? config, notify),
  });
  const leases = new LeaseTable(config.subnets);
  const store = openStore(config, leases, (message) => notifyOf("journal", "warning", message));
  const names = new NameRegistrar({
    leases,
    clock,
    notify: (level, message) => notifyOf("names", level, message),
  });
  const spareMemory = new SpareMemory();
  let status: StatusService | undefined;
  // One reload after the other, and none before there is something to reload.
  let reloader: Reloader | undefined;
  const started = Promise.withResolvers<Reloader>();
  let reloads = Promise.resolve();
  // Before the journal is read, which may take seconds: a signal must not find nobody.
  const forgetSignals = onSignals({
    SIGHUP: () => {
      reloads = reloads.then(async () => {
        await (await started.promise).reload();
        spareMemory.noteGarbage();
      });
    },
    SIGTERM: () => link.close(),
    SIGINT: () => link.close(),
  });
  try {
    await confineToUser(path, config, notify);
    const remarks = await store.load(leases);
    leases.advance(clock.monotonicMs());
    for (const remark of remarks) notify("warning", remark);

    await names.reconfigure(config.nameServices);
    const [seed] = crypto.getRandomValues(new Uint32Array(1));
    server = new DhcpServer({ config, leases, link, store, clock, names, seed: seed!, emit });
    if (config.status !== undefined) {
      const app = createApp(
        {
          ...statusSource({ server, leases, seen, link, store, names }),
          reloads: () => reloader?.status() ?? NEVER_RELOADED,
        },
        config.status,
      );
      status = openStatusEndpoint(app.fetch, config.status, notify);
    }
    releaseExecutable();
    const listen = status?.isListening() === false ? config.status?.port : undefined;
    const abilities = await giveUpTheRest(path, config, listen, notify);
    giveUpSockets(config, status);
    const isStatusOpen = status?.isListening() === true;
    notify("info", describeStart({ path, config, leaseCount: leases.size, isStatusOpen }));
    const running = server;
    reloader = new Reloader({
      path,
      config,
      abilities,
      read: () => readConfig(path),
      apply: async (config) => {
        await names.reconfigure(config.nameServices);
        running.reconfigure(config);
      },
      notify,
    });
    started.resolve(reloader);
    const tidying = setTimeout(() => spareMemory.release(), FIRST_RELEASE_MS);
    const mending = setInterval(() => {
      mend(running, link);
      spareMemory.release();
      status?.tryAgain();
      giveUpSockets(config, status);
    }, mendingIntervalMs(config.durability));
    await running.run();
    clearInterval(mending);
    clearTimeout(tidying);
  } finally {
    forgetSignals();
    link.close();
    await status?.shutdown();
    await names.close();
    await store.close();
  }
}

/** The journal of the config, whose live table is `leases`. */
function openStore(
  config: Config,
  leases: LeaseTable,
  onTrouble: (message: string) => void,
): LeaseStore {
  return openJournal({
    path: config.journal,
    clock: systemClock,
    durability: config.durability,
    snapshot: () => leases.packed(),
    onTrouble,
  });
}

function noticeOf(level: NoticeEvent["level"], message: string): NoticeEvent {
  return { kind: "notice", level, message };
}

/** What the status endpoint sees of the parts of a server. */
function statusSource(parts: {
  server: DhcpServer;
  leases: LeaseTable;
  seen: Pick<StatusSource, "metrics" | "refusals">;
  link: Link;
  store: LeaseStore;
  names: NameRegistrar;
}): Omit<StatusSource, "reloads"> {
  const { server, leases, seen, link, store, names } = parts;
  return {
    config: () => server.runningConfig,
    leases,
    ...seen,
    clock: systemClock,
    startedAtMs: systemClock.monotonicMs(),
    interfaces: () => link.interfaces(),
    linkCounters: () => link.counters(),
    health: () => store.health(),
    limits: () => server.limiter.status(),
    quarantines: () => server.quarantines.status(),
    rogues: server.rogues,
    names: () => names.status(),
  };
}

/** New sockets are for one who tells a name server of names, or whose status port is not free yet. */
function giveUpSockets({ nameServices }: Config, status: StatusService | undefined): void {
  if (nameServices?.dnsUpdate === undefined && status?.isListening() !== false) revokeSockets();
}

/** A journal that syncs at intervals has to do so on a quiet network, too. */
function mendingIntervalMs(durability: Durability): number {
  if (durability.kind !== "interval") return MENDING_INTERVAL_MS;
  return Math.min(MENDING_INTERVAL_MS, durability.seconds * 1000);
}

/** What has to be looked at now and then, while nothing else makes the server look. */
function mend(server: DhcpServer, link: Link): void {
  server.checkStore();
  // Opens what could not be opened before, such as a port that another program had.
  const { interfaces, proxyDhcp } = server.runningConfig;
  link.serve(interfaces, proxyDhcp);
}

interface RunOptions {
  readonly config: string | undefined;
  readonly logFormat: LogFormat;
  readonly logLevel: LogLevel;
}

function parseRunArgs(args: readonly string[]): RunOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      config: { type: "string", short: "c" },
      "log-format": { type: "string", default: "human" },
      "log-level": { type: "string", default: "info" },
    },
  });
  const files = [...values.config === undefined ? [] : [values.config], ...positionals];
  if (files.length > 1) {
    throw new UsageError(`run: it takes one config, and was given ${files.join(" and ")}`);
  }
  const logFormat = values["log-format"];
  if (logFormat !== "human" && logFormat !== "json") {
    throw new UsageError(`--log-format is "human" or "json", not "${logFormat}"`);
  }
  const logLevel = LOG_LEVELS.find((level) => level === values["log-level"]);
  if (logLevel === undefined) {
    const levels = LOG_LEVELS.map((level) => `"${level}"`).join(", ");
    throw new UsageError(`--log-level is one of ${levels}, not "${values["log-level"]}"`);
  }
  return { config: files[0], logFormat, logLevel };
}

/** Handles signals until the returned function is called. */
function onSignals(handlers: Partial<Record<Deno.Signal, () => void>>): () => void {
  const entries = Object.entries(handlers) as [Deno.Signal, () => void][];
  for (const [signal, handler] of entries) Deno.addSignalListener(signal, handler);
  return () => {
    for (const [signal, handler] of entries) Deno.removeSignalListener(signal, handler);
  };
}
