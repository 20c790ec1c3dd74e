/**
 * Makes the executable: `deno task compile`, and `deno task compile-arm64` for another machine.
 *
 *   --output FILE     dist/sublet, unless told otherwise
 *   --target TRIPLE   another machine than this one, as `deno compile` knows it
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const BUNDLE = "dist/sublet.js";

/**
 * How V8 is to use memory. A young generation of 4 MiB: with less, what waits for a sync grows old
 * and is collected late; more gains no time. The old one may grow by half before it is collected,
 * and not threefold: a server's garbage comes in bursts, when a disk is slow. But the start is not to
 * be held up by that, and may fill 48 MiB first. And `gc`, for src/link/spare_memory.ts.
 */
export const V8_FLAGS = [
  "--max-semi-space-size=4",
  "--heap-growing-percent=50",
  "--initial-old-space-size=48",
  "--expose-gc",
].join();

/**
 * A program of the same meaning without a character beyond ASCII: V8 keeps the text of a program,
 * and has two octets for each character of it otherwise. In strings, regular expressions and
 * comments an escape stands for its character; in names there is nothing but ASCII.
 */
export function toAscii(program: string): string {
  // With its backslash, if it has one of its own: that is a pair, as `\\` is.
  return program.replace(/\\?[\u0080-\uffff]|\\[^]/g, (piece) => {
    const unit = piece.charCodeAt(piece.length - 1);
    return unit < 0x80 ? piece : `\\u${unit.toString(16).padStart(4, "0")}`;
  });
}

/** Runs this same Deno; throws when it fails. */
async function deno(args: readonly string[]): Promise<void> {
  const command = new Deno.Command(Deno.execPath(), { args: [...args], cwd: ROOT, stdin: "null" });
  const { success } = await command.spawn().status;
  if (!success) throw new Error(`deno ${args[0]} failed`);
}

/** One file first: `deno compile` alone takes whole packages along, and a start reads them all. */
async function compile(output: string, target: string | undefined): Promise<void> {
  await deno(["bundle", "--quiet", "--platform", "deno", "--output", BUNDLE, "main.ts"]);
  const bundle = `${ROOT}${BUNDLE}`;
  await Deno.writeTextFile(bundle, toAscii(await Deno.readTextFile(bundle)));
  await deno([
    ...["compile", "-A", "--quiet", `--v8-flags=${V8_FLAGS}`],
    // It would lie in /tmp, under a name that anybody can take first, and be run by root.
    "--no-code-cache",
    ...(target === undefined ? [] : ["--target", target]),
    ...["--output", output, BUNDLE],
  ]);
  console.log(`made ${output}`);
}

if (import.meta.main) {
  const { values } = parseArgs({
    args: Deno.args,
    options: { output: { type: "string", default: "dist/sublet" }, target: { type: "string" } },
  });
  await compile(values.output, values.target);
}
