/** Memory that only the start has needed: given back, so that a small machine has it for others. */
import { openLibc } from "./libc.ts";

/** madvise(2): drop the pages now; they are read again, from the file, when they are touched. */
const MADV_DONTNEED = 4;

/** A mapping of a file into this process, as /proc/self/smaps has it. */
export interface FileMapping {
  readonly start: bigint;
  readonly octets: bigint;
}

/**
 * Gives back what reading the config and the journal has left over: free memory that malloc keeps
 * for itself, and the pages of the executable that only the start touches. Those stay in the
 * kernel's cache of the file as long as it has nothing better to keep, and are not this process's
 * any more. Where libc or the kernel cannot do it, nothing happens.
 */
export function releaseStartMemory(): void {
  const library = openLibc({
    malloc_trim: { parameters: ["usize"], result: "i32", optional: true }, // not in musl
    madvise: { parameters: ["u64", "usize", "i32"], result: "i32" },
  });
  try {
    library.symbols.malloc_trim?.(0n);
    for (const { start, octets } of cleanMappings(readMappings(), Deno.execPath())) {
      library.symbols.madvise(start, octets, MADV_DONTNEED);
    }
  } finally {
    library.close();
  }
}

/** Nothing where there is no /proc, or not for us. */
function readMappings(): string {
  try {
    return Deno.readTextFileSync("/proc/self/smaps");
  } catch {
    return "";
  }
}

/** Addresses, whether it is private, and the file; the last is missing where there is none. */
const MAPPING = /^([0-9a-f]+)-([0-9a-f]+) \S{3}(.) \S+ \S+ \d+ *(.*)$/;

/**
 * The mappings of the file that have nothing but what the file has. A page that was written, as the
 * loader does where it puts addresses in, would be lost.
 */
export function cleanMappings(smaps: string, path: string): readonly FileMapping[] {
  const clean: FileMapping[] = [];
  let mapping: FileMapping | undefined;
  for (const line of smaps.split("\n")) {
    const parts = MAPPING.exec(line);
    if (parts !== null) {
      const [start, end] = [BigInt(`0x${parts[1]}`), BigInt(`0x${parts[2]}`)];
      const isOurs = parts[3] === "p" && parts[4] === path;
      mapping = isOurs ? { start, octets: end - start } : undefined;
    } else if (mapping !== undefined && /^Anonymous: +0 kB$/.test(line)) {
      clean.push(mapping);
    }
  }
  return clean;
}
