/**
 * Installs what the tests need and is missing, then runs them all. Arguments go to `deno test`:
 * `deno task test tests/wire` runs a part, `deno task test --filter=udhcpc` another. Unless a part
 * is named, those that wait for programs and those that compute run at the same time.
 *
 * `SUBLET_BIN` names the program that the system tests run, instead of the source. With
 * `SUBLET_TEST_COUNTS`, a line `passed failed skipped` is added to that file.
 */
import { fileURLToPath } from "node:url";
import { installTools, missingTools, type Tool } from "../tests/support/debian_packages.ts";
import { namespaceObstacle } from "../tests/support/netns.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Tests that wait for programs and sockets more than they compute. */
const WAITING_FOLDERS: readonly string[] = ["tests/system", "tests/link", "tests/cli"];

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Installs missing tools where that is possible, and returns what will keep tests from running. */
async function prepare(): Promise<string[]> {
  const missing = missingTools();
  if (missing.length > 0 && canInstall()) await installTools(missing, console.log);
  const obstacle = namespaceObstacle();
  if (obstacle !== undefined) return [`no system test runs: ${obstacle}`];
  return missingTools().map(describeMissing);
}

function canInstall(): boolean {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return false;
  try {
    return Deno.statSync("/usr/bin/apt-get").isFile;
  } catch {
    return false;
  }
}

function describeMissing({ command, debianPackage }: Tool): string {
  return `the system tests that need \`${command}\` do not run: no Debian package ${debianPackage}`;
}

/** A frame that nobody overlooks. */
function box(lines: readonly string[]): string {
  const width = Math.max(...lines.map((line) => line.length));
  const rule = "─".repeat(width + 2);
  const body = lines.map((line) => `│ ${line.padEnd(width)} │`);
  return [`┌${rule}┐`, ...body, `└${rule}┘`].join("\n");
}

/** Whether output is kept until the end, and how it went. */
interface Run {
  readonly success: boolean;
  readonly output: Uint8Array;
}

/** Runs this same Deno with its output on ours, or kept for later. */
async function deno(args: readonly string[], isKept = false): Promise<Run> {
  const env = Deno.stdout.isTerminal() ? {} : { NO_COLOR: "1" };
  const stdout = isKept ? "piped" : "inherit";
  const command = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
    env,
    stdin: "null",
    stdout,
  });
  const child = command.spawn();
  const output = isKept ? await new Response(child.stdout).bytes() : new Uint8Array();
  return { success: (await child.status).success, output };
}

/** The folders of tests that compute. */
function computingFolders(): string[] {
  return Array.from(Deno.readDirSync(`${ROOT}tests`))
    .filter(({ isDirectory }) => isDirectory)
    .map(({ name }) => `tests/${name}`)
    .filter((folder) => !WAITING_FOLDERS.includes(folder));
}

/** Runs the tests that the arguments name, or all: two parts at a time, one of which tells later. */
async function runTests(args: readonly string[]): Promise<Counts> {
  if (args.some((arg) => !arg.startsWith("-"))) return (await runPart(args)).counts;
  const computing = runPart([...computingFolders(), ...args], true);
  const { counts } = await runPart([...WAITING_FOLDERS, ...args]);
  const { output, counts: others } = await computing;
  console.log(new TextDecoder().decode(output));
  return {
    passed: counts.passed + others.passed,
    failed: counts.failed + others.failed,
    skipped: counts.skipped + others.skipped,
  };
}

/** Runs `deno test`, and counts by its JUnit report, where each test and each step is a case. */
async function runPart(
  args: readonly string[],
  isKept = false,
): Promise<{ counts: Counts; output: Uint8Array }> {
  const report = await Deno.makeTempFile({ prefix: "sublet-junit-", suffix: ".xml" });
  try {
    const { success, output } = await deno(
      ["test", "-A", `--junit-path=${report}`, ...args],
      isKept,
    );
    return { counts: count(await Deno.readTextFile(report), success), output };
  } finally {
    await Deno.remove(report);
  }
}

/** Something that failed outside of every test, such as a type error, counts as one failure. */
function count(report: string, success: boolean): Counts {
  const occurrences = (pattern: RegExp) => report.match(pattern)?.length ?? 0;
  const total = occurrences(/<testcase /g);
  const failures = occurrences(/<(failure|error) /g);
  const skipped = occurrences(/<skipped/g);
  const failed = failures === 0 && !success ? 1 : failures;
  return { passed: total - failures - skipped, failed, skipped };
}

const obstacles = await prepare();
// The system tests run the source in namespaces, from where no registry can be reached.
const { success: isReady } = await deno(["cache", "--quiet", "main.ts"]);
const nothingRan = { passed: 0, failed: 1, skipped: 0 };
const { passed, failed, skipped } = isReady ? await runTests(Deno.args) : nothingRan;
if (obstacles.length > 0) console.log(box(["SKIPPED", ...obstacles]));
const countsFile = Deno.env.get("SUBLET_TEST_COUNTS");
if (countsFile) {
  await Deno.writeTextFile(countsFile, `${passed} ${failed} ${skipped}\n`, { append: true });
}
console.log(`${passed} passed, ${failed} failed` + (skipped > 0 ? `, ${skipped} skipped` : ""));
if (passed + failed === 0) console.error("no test ran");
if (failed > 0 || passed === 0) Deno.exit(1);
