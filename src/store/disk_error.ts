/** What an operating system error of the disk means to the operator. */

/** The errno name (`ENOENT`, `ENOSPC`, …) that an operating system error carries, if any. */
export function errorCode(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}

/** What to tell the operator, for the errors that he can do something about. */
const ADVICE: Readonly<Record<string, string>> = {
  EACCES: "permission denied; let the user that runs sublet read and write it and its directory",
  EPERM: "not permitted; is the file immutable (lsattr), or the directory not writable?",
  EROFS: "the file system is read-only; remount it or set `journal:` to another place",
  ENOSPC: "the disk is full; make room and it recovers by itself",
  EDQUOT: "the disk quota is used up; make room and it recovers by itself",
  EIO: "the disk reports an I/O error; check its health (dmesg, smartctl)",
  EISDIR: "it is a directory; set `journal:` to a file in it",
  ENOTDIR: "a part of the path is a file, not a directory; set `journal:` to another place",
  ELOOP: "its symbolic links lead in a circle; set `journal:` to another place",
};

/** Says in words for the operator why `error` happened. */
export function describeError(error: unknown): string {
  const advice = ADVICE[errorCode(error) ?? ""];
  if (advice !== undefined || !(error instanceof Error)) return advice ?? String(error);
  // Of the runtime's own words, what follows names the call and the path, which the caller does.
  return error.message.replace(/ \(os error \d+\).*$/s, "");
}
