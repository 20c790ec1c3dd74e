/** SIGHUP: what a running server takes in of another config, and what has to wait for a restart. */
import { dirname } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Config, NameServices } from "../config/config.ts";
import type { LoadedConfig } from "../config/load.ts";
import { ConfigError } from "../config/problem.ts";
import type { ReloadStatus } from "../server/status.ts";
import { type Notify, onOneLine } from "./run_notices.ts";

/** What a process can still do that has given up the rest. */
export interface Abilities {
  /** Whether it makes sockets for name servers. */
  readonly makesSockets: boolean;
  /** Whether files can be made in the directory. */
  canMakeFilesIn(directory: string): boolean;
  canRead(path: string): boolean;
}

/** A part of a config that a running server cannot take in. */
export interface Refusal {
  /** As it stands in the file. */
  readonly key: string;
  readonly reason: string;
}

export interface FittedConfig {
  /** The config that was wanted, with the parts that are refused as they were. */
  readonly config: Config;
  readonly refusals: readonly Refusal[];
}

/** Keys of the file whose values are put to use at the start, once. */
const FIXED = [
  ["journal", "it is open"],
  ["durability", "the journal is open"],
  ["user", "the server is who it is"],
  ["status", "the endpoint listens, or not"],
] as const;

/**
 * The config that a process can run with that runs with `running` now. This is the one place that
 * knows what needs a restart: whatever of a config takes a right that was given up is named here.
 */
export function fitToProcess(running: Config, wanted: Config, abilities: Abilities): FittedConfig {
  const refusals: Refusal[] = FIXED.filter(([key]) => !isDeepStrictEqual(running[key], wanted[key]))
    .map(([key, reason]) => ({ key, reason }));
  const nameServices = fitNames(running.nameServices, wanted.nameServices, abilities, refusals);
  const { user: _user, status: _status, nameServices: _names, ...free } = wanted;
  const { journal, durability, user, status } = running;
  const config = Object.freeze({
    ...free,
    journal,
    durability,
    ...(user !== undefined && { user }),
    ...(status !== undefined && { status }),
    ...(nameServices !== undefined && { nameServices }),
  });
  return { config, refusals };
}

function fitNames(
  running: NameServices | undefined,
  wanted: NameServices | undefined,
  abilities: Abilities,
  refusals: Refusal[],
): NameServices | undefined {
  if (wanted === undefined) return undefined;
  let { hostsFile, dnsUpdate } = wanted;
  if (hostsFile !== undefined && !abilities.canMakeFilesIn(dirname(hostsFile.path))) {
    const reason = `no file can be made in ${dirname(hostsFile.path)} any more`;
    refusals.push({ key: "names: hosts-file", reason });
    hostsFile = running?.hostsFile;
  }
  const obstacle = dnsUpdate && obstacleOf(dnsUpdate, abilities);
  if (obstacle !== undefined) {
    refusals.push({ key: "names: dns-update", reason: obstacle });
    dnsUpdate = running?.dnsUpdate;
  }
  const { hostsFile: _hostsFile, dnsUpdate: _dnsUpdate, ...rest } = wanted;
  return { ...rest, ...(hostsFile && { hostsFile }), ...(dnsUpdate && { dnsUpdate }) };
}

function obstacleOf(
  { key }: NonNullable<NameServices["dnsUpdate"]>,
  { makesSockets, canRead }: Abilities,
): string | undefined {
  if (!makesSockets) return "no sockets are made any more";
  const secretFile = key?.secretFile;
  if (secretFile === undefined || canRead(secretFile)) return undefined;
  return `${secretFile} cannot be read any more`;
}

/** The parts of a server that take in another config. */
export interface ReloadParts {
  readonly path: string;
  /** That of the start. */
  readonly config: Config;
  readonly abilities: Abilities;
  /** Reads the file; rejects with ConfigError. */
  readonly read: () => Promise<LoadedConfig>;
  /** Takes a config in; rejects with ConfigError, and then nothing has changed. */
  readonly apply: (config: Config) => Promise<void>;
  readonly notify: Notify;
}

export class Reloader {
  readonly #parts: ReloadParts;
  #running: Config;
  #done = 0;
  #failed = 0;
  #problem: string | undefined;
  #needsRestart: readonly string[] = [];

  constructor(parts: ReloadParts) {
    this.#parts = parts;
    this.#running = parts.config;
  }

  status(): ReloadStatus {
    return {
      done: this.#done,
      failed: this.#failed,
      ...(this.#problem !== undefined && { problem: this.#problem }),
      "needs-restart": this.#needsRestart,
    };
  }

  /** Swaps the config for what the file says now, or says why not and leaves all as it is. */
  async reload(): Promise<void> {
    const { path, abilities, notify } = this.#parts;
    try {
      const { config: wanted, warnings } = await this.#parts.read();
      const { config, refusals } = fitToProcess(this.#running, wanted, abilities);
      await this.#parts.apply(config);
      this.#running = config;
      for (const warning of warnings) notify("warning", onOneLine(warning));
      notify("info", `reloaded ${path}`);
      for (const { key, reason } of refusals) {
        const said = `the new "${key}" takes effect at the next start (${reason})`;
        notify("warning", `${said}; until then the old one stays in force`);
      }
      this.#done++;
      this.#problem = undefined;
      this.#needsRestart = refusals.map(({ key }) => key);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      for (const line of error.message.split("\n")) notify("error", line);
      notify("error", `${path} was not reloaded: the server goes on with the config it has`);
      this.#failed++;
      this.#problem = summarize(error.message);
    }
  }
}

/** One line. A list of problems has a line before it, warnings in it and hints below. */
function summarize(message: string): string {
  const [first, ...list] = message.split("\n");
  const [problem, ...more] = list.filter((line) => !/^ |: (warning|note): /.test(line));
  if (problem === undefined) return first!;
  return problem + (more.length === 0 ? "" : ` (and ${more.length} more)`);
}

/** A server that nobody has asked to reload. */
export const NEVER_RELOADED: ReloadStatus = { done: 0, failed: 0, "needs-restart": [] };
