/** How the demo calls Sublet itself. */

/** The command line that runs this same program with other arguments, compiled or from source. */
export function selfCommand(...args: readonly string[]): readonly string[] {
  const program = Deno.execPath();
  return Deno.build.standalone
    ? [program, ...args]
    : [program, "run", "-A", Deno.mainModule, ...args];
}
