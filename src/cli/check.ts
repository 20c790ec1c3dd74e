/** `sublet check`: every problem of a config file, at once. */
import { parseArgs } from "node:util";
import { countAddresses } from "../config/address_range.ts";
import type { Config } from "../config/config.ts";
import { loadConfigFile } from "../config/load.ts";
import { formatProblem } from "../config/problem.ts";
import { counted } from "./counted.ts";
import { UsageError } from "./usage_error.ts";

export const usage = `List every problem of a config file.

Usage: sublet check FILE

Problems and warnings go to standard error, each with its line and column. Exit code 78 when
there is a problem, 0 when there are none or only warnings.

  -h, --help  this text
`;

/** EX_CONFIG of sysexits.h. */
const EXIT_CONFIG = 78;

/** Checks a file and says what it found. Throws UsageError, and ConfigError where no text is. */
export async function checkCommand(args: readonly string[]): Promise<number> {
  const { positionals } = parseArgs({ args: [...args], options: {}, allowPositionals: true });
  const [path, ...more] = positionals;
  if (path === undefined || more.length > 0) {
    throw new UsageError(`check: it takes one file, and was given ${positionals.length}`);
  }
  const result = await loadConfigFile(path);
  const problems = "config" in result ? result.warnings : result.problems;
  for (const problem of problems) console.error(formatProblem(problem));
  if (!("config" in result)) return EXIT_CONFIG;
  console.log(`${path}: ok: ${summarize(result.config, result.warnings.length)}`);
  return 0;
}

/** `2 interfaces, 3 subnets, 512 addresses, 4 reservations`, and how many warnings if any. */
function summarize({ interfaces, subnets }: Config, warningCount: number): string {
  const sum = (counts: number[]) => counts.reduce((total, count) => total + count, 0);
  const pools = subnets.flatMap((subnet) => subnet.pools);
  const parts = [
    counted(interfaces.length, "interface"),
    counted(subnets.length, "subnet"),
    counted(sum(pools.map(({ ranges }) => countAddresses(ranges))), "address", "addresses"),
    counted(sum(subnets.map(({ reservations }) => reservations.all.length)), "reservation"),
  ];
  if (warningCount > 0) parts.push(counted(warningCount, "warning"));
  return parts.join(", ");
}
