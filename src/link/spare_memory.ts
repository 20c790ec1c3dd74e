/** Memory that the process has and does not need: given back, so that a small machine has it. */
import { openLibc, trimMalloc } from "./libc.ts";

/** madvise(2): drop the pages now; they are read again, from the file, when they are touched. */
const MADV_DONTNEED = 4;

/** V8's own, where it is told to show it (`--expose-gc`), as in the executable. */
type CollectGarbage = (
  options: { readonly type: "major"; readonly execution: "sync"; readonly flavor: "last-resort" },
) => void;

/**
 * Garbage, and what malloc keeps for itself after it was freed. Neither goes back to the kernel
 * for long when nobody asks: V8 waits until next to nothing is allocated, and malloc returns only
 * what happens to lie last.
 */
export class SpareMemory {
  #hasGarbage = true;

  /** To be called after something that leaves much garbage and will not soon be done again. */
  noteGarbage(): void {
    this.#hasGarbage = true;
  }

  /**
   * Gives back what malloc keeps, in less than a millisecond; at first, and when there was
   * something noted, all garbage before it, which takes a twentieth of a second with a small config.
   */
  release(): void {
    if (this.#hasGarbage) collectGarbage();
    this.#hasGarbage = false;
    trimMalloc();
  }
}

function collectGarbage(): void {
  const { gc } = globalThis as { readonly gc?: CollectGarbage };
  // A lesser one keeps the pages for what comes next.
  gc?.({ type: "major", execution: "sync", flavor: "last-resort" });
}

/** A mapping of a file into this process, as /proc/self/smaps has it. */
export interface FileMapping {
  readonly start: bigint;
  readonly octets: bigint;
}

/**
 * Gives back the pages of the executable that only the start touches. They stay in the kernel's
 * cache of the file as long as it has nothing better to keep, and are not this process's any more.
 * Where libc or the kernel cannot do it, nothing happens.
 */
export function releaseExecutable(): void {
  const library = openLibc({
    madvise: { parameters: ["u64", "usize", "i32"], result: "i32" },
  });
  try {
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

/** Addresses, rights, and the file; the last is missing where there is none. */
const MAPPING = /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ \d+ *(.*)$/;

/** Private, and nobody writes there: a page may be written before it is dropped. */
const UNWRITABLE = /^.-.p$/;

/**
 * The mappings of the file that have nothing but what the file has. A page that was written once, as
 * the loader does where it puts addresses in, would be lost: it is anonymous, or swapped out.
 */
export function cleanMappings(smaps: string, path: string): readonly FileMapping[] {
  const clean: FileMapping[] = [];
  for (const text of smaps.split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m)) {
    const [, from, to, rights, file] = MAPPING.exec(text.split("\n", 1)[0]!) ?? [];
    if (file !== path || !UNWRITABLE.test(rights!)) continue;
    if (!/^Anonymous: +0 kB$/m.test(text) || !/^Swap: +0 kB$/m.test(text)) continue;
    const [start, end] = [BigInt(`0x${from}`), BigInt(`0x${to}`)];
    clean.push({ start, octets: end - start });
  }
  return clean;
}
