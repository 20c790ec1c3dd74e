/** `sublet check`: every problem of a config file, at once. */
import { parseArgs } from "node:util";
import { countAddresses } from "../config/address_range.ts";
import type { Config } from "../config/config.ts";
import { explainConfigFile, loadConfigFile } from "../config/load.ts";
import { placesAbout } from "../config/origins.ts";
import { formatProblem, type Problem } from "../config/problem.ts";
import { formatTable } from "../http/text_table.ts";
import { escapeInvisible, quote } from "../wire/escape.ts";
import { counted } from "./counted.ts";
import { machineInterfaces } from "./machine_interfaces.ts";
import { UsageError } from "./usage_error.ts";

export const usage = `List every problem of a config file.

Usage: sublet check [--explain] FILE [WHAT]

Problems and warnings go to standard error, each with its line and column. Exit code 78 when
there is a problem, 0 when there are none or only warnings.

  --explain   say which settings are in force for each subnet, pool, class and reservation, and
              which line of the file says so; or for WHAT: a subnet, a shared network, the addresses
              of a pool, an address, a class, or a client or host name that has a reservation
  -c, --config FILE
              FILE under another name
  -h, --help  this text
`;

/** A longer value is cut on a terminal: its line is told. */
const VALUE_LENGTH_MAX = 60;

/** EX_CONFIG of sysexits.h. */
const EXIT_CONFIG = 78;

/** Checks a file and says what it found. Throws UsageError, and ConfigError where no text is. */
export async function checkCommand(args: readonly string[]): Promise<number> {
  const { positionals, values: { config, explain } } = parseArgs({
    args: [...args],
    options: {
      config: { type: "string", short: "c" },
      explain: { type: "boolean", default: false },
    },
    allowPositionals: true,
  });
  const given = [...config === undefined ? [] : [config], ...positionals];
  const [path, what, ...more] = given;
  if (path === undefined || more.length > 0 || (what !== undefined && !explain)) {
    throw new UsageError(`check: it takes one file, and was given ${given.length}`);
  }
  const result = await loadConfigFile(path, machineInterfaces);
  const problems = "config" in result ? result.warnings : result.problems;
  for (const problem of problems) console.error(formatProblem(problem));
  if (!("config" in result)) return EXIT_CONFIG;
  if (explain) await explainSettings(path, what);
  else console.log(`${path}: ok: ${summarize(result.config, result.warnings)}`);
  return 0;
}

/** Prints what is in force, a table for each place, or for those that `what` is about. */
async function explainSettings(path: string, what: string | undefined): Promise<void> {
  const all = await explainConfigFile(path);
  const places = what === undefined ? all : placesAbout(all, what);
  if (places.length === 0 && what !== undefined) {
    throw new UsageError(
      `check: ${path} has no subnet, shared network, pool, class or reservation ${quote(what)}`,
    );
  }
  const texts = places.map(({ title, line, file, settings }) => {
    const rows = settings.map(({ name, value, line, file }) => [
      `  ${name}`,
      cut(escapeInvisible(value)),
      line === undefined ? "by default" : `${file}:${line}`,
    ]);
    return `${escapeInvisible(title)} (${file}:${line})\n${formatTable(rows)}`;
  });
  console.log(texts.join("\n").trimEnd());
}

function cut(value: string): string {
  return Deno.stdout.isTerminal() && value.length > VALUE_LENGTH_MAX
    ? `${value.slice(0, VALUE_LENGTH_MAX - 1)}…`
    : value;
}

/** `2 interfaces, 3 subnets, 512 addresses, 4 reservations`, and how many warnings if any. */
function summarize(
  { interfaces, subnets, classes }: Config,
  problems: readonly Problem[],
): string {
  const warningCount = problems.filter(({ severity }) => severity === "warning").length;
  const sum = (counts: number[]) => counts.reduce((total, count) => total + count, 0);
  const pools = subnets.flatMap((subnet) => subnet.pools);
  const parts = [
    counted(interfaces.length, "interface"),
    counted(subnets.length, "subnet"),
    counted(sum(pools.map(({ ranges }) => countAddresses(ranges))), "address", "addresses"),
    counted(sum(subnets.map(({ reservations }) => reservations.all.length)), "reservation"),
  ];
  if (classes !== undefined) parts.push(counted(classes.all.length, "class", "classes"));
  if (warningCount > 0) parts.push(counted(warningCount, "warning"));
  return parts.join(", ");
}
