/** The gate: everything that must hold besides the tests. One line a step; exit code 1 if any fails. */
import { fileURLToPath } from "node:url";
import { checkLayers, readSourceFiles } from "./check_layers.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** A longer file does more than one thing. */
const LINES_MAX = 400;

interface Step {
  readonly name: string;
  /** What is wrong, in words; empty when nothing is. */
  run(): Promise<string>;
}

/** A step that runs this same Deno; its output is shown when it fails. */
function deno(name: string, ...args: readonly string[]): Step {
  return {
    name,
    async run() {
      const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: [...args],
        cwd: ROOT,
        env: Deno.stdout.isTerminal() ? {} : { NO_COLOR: "1" },
        stdin: "null",
      }).output();
      if (success) return "";
      const decoder = new TextDecoder();
      return `${decoder.decode(stdout)}${decoder.decode(stderr)}` || "failed without a word";
    },
  };
}

async function findLongFiles(): Promise<string> {
  const problems: string[] = [];
  const visit = async (directory: string): Promise<void> => {
    for await (const entry of Deno.readDir(`${ROOT}/${directory}`)) {
      const path = `${directory}/${entry.name}`;
      if (entry.isDirectory) {
        await visit(path);
      } else if (path.endsWith(".ts")) {
        const lineCount = (await Deno.readTextFile(`${ROOT}/${path}`)).trimEnd().split("\n").length;
        if (lineCount > LINES_MAX) problems.push(`${path}: ${lineCount} lines, over ${LINES_MAX}`);
      }
    }
  };
  for (const directory of ["src", "tests", "scripts"]) await visit(directory);
  return problems.join("\n");
}

const STEPS: readonly Step[] = [
  deno("format", "fmt", "--check"),
  deno("lint", "lint"),
  deno("types", "check", "main.ts", "src", "tests", "scripts"),
  deno("schema freshness", "run", "-A", "scripts/write_schema.ts", "--check"),
  {
    name: "layers",
    run: async () => checkLayers(await readSourceFiles(ROOT)).join("\n"),
  },
  { name: "file size", run: findLongFiles },
];

let failedCount = 0;
for (const step of STEPS) {
  const problem = await step.run();
  if (problem === "") {
    console.log(`ok      ${step.name}`);
  } else {
    failedCount++;
    console.log(`FAILED  ${step.name}\n${problem.trimEnd()}`);
  }
}
if (failedCount > 0) Deno.exit(1);
