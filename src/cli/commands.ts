/** The commands, and how a command line finds its own. */
import { didYouMean, nearest } from "../config/explanation.ts";
import { VERSION } from "../server/version.ts";
import * as check from "./check.ts";
import * as demo from "./demo.ts";
import { demoInsideCommand } from "./demo_inside.ts";
import * as init from "./init.ts";
import * as leases from "./leases.ts";
import * as run from "./run.ts";
import { UsageError } from "./usage_error.ts";

interface Command {
  /** What `--help` prints. */
  readonly usage: string;
  /** Resolves to the exit code; rejects with an operating error or a `parseArgs` error. */
  execute(args: string[]): Promise<number>;
}

const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ["run", { usage: run.usage, execute: run.runCommand }],
  ["check", { usage: check.usage, execute: check.checkCommand }],
  ["init", { usage: init.usage, execute: init.initCommand }],
  ["leases", { usage: leases.usage, execute: leases.leasesCommand }],
  ["demo", { usage: demo.usage, execute: demo.demoCommand }],
]);

const usage = `Sublet, a DHCPv4 server.

Usage: sublet COMMAND [OPTIONS]

  run      serve addresses
  check    look for problems in a config
  init     print a config fitted to this machine
  leases   show who has which address
  demo     show a real exchange, on a network of its own

  -h, --help     this text; after a command, what that command takes
  -v, --version  the version
`;

const EXIT_USAGE = 64;

/**
 * Runs one command line (without the program's name) and resolves to the exit code. Rejects with
 * `UsageError` when it is not one, and with whatever the command rejects with.
 */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  const [name, ...rest] = optionsForWords(args);
  if (name === undefined) {
    console.error(usage.trimEnd());
    return EXIT_USAGE;
  }
  // How the demo calls its other self; not for people, so not in the list.
  if (name === "demo-inside") return await demoInsideCommand(rest);

  const command = COMMANDS.get(name);
  const asked = command === undefined ? [name] : rest;
  if (asked.includes("--help") || asked.includes("-h")) {
    console.log((command?.usage ?? usage).trimEnd());
    return 0;
  }
  if (asked.includes("--version") || asked.includes("-v")) {
    console.log(`sublet ${VERSION}`);
    return 0;
  }
  if (command === undefined) throw unknown(name);
  try {
    return await command.execute(rest);
  } catch (error) {
    throw isParseArgsError(error) ? explain(error, name, command.usage) : error;
  }
}

/** `help run` is `run --help`, and `version` is `--version`, as many programs have it. */
function optionsForWords(args: readonly string[]): readonly string[] {
  const [name, ...rest] = args;
  if (name === "help") return [...rest, "--help"];
  return name === "version" ? [...rest, "--version"] : args;
}

function unknown(name: string): UsageError {
  const isOption = name.startsWith("-");
  const meant = nearest(name, isOption ? optionsIn(usage) : COMMANDS.keys());
  return new UsageError(
    `unknown ${isOption ? "option" : "command"} ${name}; ` +
      (meant === undefined ? "sublet --help lists what there is" : didYouMean(meant)),
  );
}

/** What `parseArgs` of node:util throws for arguments that its options do not allow. */
function isParseArgsError(error: unknown): error is TypeError {
  return error instanceof TypeError && "code" in error && typeof error.code === "string" &&
    error.code.startsWith("ERR_PARSE_ARGS_");
}

/** `Unknown option '--jsn'` -> `leases: unknown option '--jsn'; did you mean "--json"?`. */
function explain(error: TypeError, name: string, commandUsage: string): UsageError {
  const [sentence] = error.message.split(/\.\s/);
  const option = /^Unknown option '(-[^']*)'/.exec(error.message)?.[1];
  const meant = option === undefined ? undefined : nearest(option, optionsIn(commandUsage));
  return new UsageError(
    `${name}: ${sentence!.charAt(0).toLowerCase()}${sentence!.slice(1)}; ` +
      (meant === undefined ? `sublet ${name} --help lists what it takes` : didYouMean(meant)),
    { cause: error },
  );
}

/** The options that a help text speaks of: it is the one list of them. */
function optionsIn(text: string): readonly string[] {
  return text.match(/--[a-z][a-z-]*/g) ?? [];
}
