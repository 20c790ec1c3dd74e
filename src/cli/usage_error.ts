/** The command line is not one that the command takes. Exit code 64 is EX_USAGE of sysexits.h. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly exitCode = 64;
}
