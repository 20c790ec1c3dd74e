/** Runs `sublet` to its end, for tests of commands that need no network. */
import { subletCommand } from "./program.ts";

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The program under test with these arguments, not started yet. Without colour. */
export function sublet(
  args: readonly string[],
  options: Deno.CommandOptions = {},
): Deno.Command {
  const [program, ...before] = subletCommand();
  const env = { NO_COLOR: "1", ...options.env };
  return new Deno.Command(program!, {
    stdin: "null",
    ...options,
    env,
    args: [...before, ...args],
  });
}

/** Runs `sublet` with these arguments to its end. */
export async function runSublet(
  args: readonly string[],
  options: Deno.CommandOptions = {},
): Promise<CommandResult> {
  const { code, stdout, stderr } = await sublet(args, options).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}
