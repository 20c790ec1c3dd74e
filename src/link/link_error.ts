/** What keeps the link from starting, each with the exit code it ends the process with. */

/** A socket that cannot be opened for a reason that waiting does not cure. */
export class LinkError extends Error {
  override readonly name: string = "LinkError";
  /** EX_IOERR of sysexits.h. */
  readonly exitCode: number = 74;
}

/** A capability is missing; the message says which one and how to grant it. */
export class PermissionError extends LinkError {
  override readonly name = "PermissionError";
  /** EX_NOPERM of sysexits.h. */
  override readonly exitCode = 77;
}
