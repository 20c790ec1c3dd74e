/** Sublet's entry: runs the command line, and is the one place where operating errors end. */
import { runCommandLine } from "./src/cli/commands.ts";

/** EX_SOFTWARE of sysexits.h. */
const EXIT_PROGRAMMER_ERROR = 70;

/** What a shell makes of SIGPIPE: the reader of our output has seen enough. */
const EXIT_BROKEN_PIPE = 141;

/** Says what went wrong, and resolves it to an exit code. */
function report(error: unknown): number {
  if (error instanceof Deno.errors.BrokenPipe) return EXIT_BROKEN_PIPE;
  if (error instanceof Error && "exitCode" in error && typeof error.exitCode === "number") {
    // Several lines are a list of problems, each with its file and line in front.
    console.error(error.message.includes("\n") ? error.message : `sublet: ${error.message}`);
    return error.exitCode;
  }
  console.error("sublet: this is a bug in Sublet:", error);
  return EXIT_PROGRAMMER_ERROR;
}

if (import.meta.main) {
  Deno.exit(await runCommandLine(Deno.args).catch(report));
}
