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
  EIO: "the disk reports an I/O error; check its health (dmesg, smartctl)",
  EISDIR: "it is a directory; set `journal:` to a file in it",
  ENOTDIR: "a part of the path is a file, not a directory; set `journal:` to another place",
  ELOOP: "its symbolic links lead in a circle; set `journal:` to another place",
};

/** As `ADVICE`, but what is to be done besides depends on the moment. */
const FULL: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
};

/** At the start nobody is there yet to try again. */
const AFTER_ROOM = { start: "start again", running: "it recovers by itself" } as const;

export type Moment = keyof typeof AFTER_ROOM;

/** The error of a disk that takes no more. */
export function diskIsFull(): Error {
  return Object.assign(new Error("the disk is full"), { code: "ENOSPC" });
}

/** Says in words for the operator why `error` happened, and what he can do about it. */
export function describeError(error: unknown, moment: Moment = "running"): string {
  const code = errorCode(error) ?? "";
  const full = FULL[code];
  if (full !== undefined) return `${full}; make room and ${AFTER_ROOM[moment]}`;
  const advice = ADVICE[code];
  if (advice !== undefined || !(error instanceof Error)) return advice ?? String(error);
  // Of the runtime's own words, what follows names the call and the path, which the caller does.
  return error.message.replace(/ \(os error \d+\).*$/s, "");
}
