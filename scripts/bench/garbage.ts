/** What the garbage collector had to do, out of what V8's `--trace-gc` tells. */

export interface Garbage {
  readonly octetsAllocated: number;
  /** Milliseconds that the program stood still. */
  readonly pauseMs: number;
  readonly longestPauseMs: number;
  readonly collections: number;
}

/** `[pid:isolate] 8440 ms: Scavenge 36.4 (52.0) -> 33.7 (52.0) MB, …, 2.63 / 0.00 ms …` */
const COLLECTION =
  /\]\s+(\d+) ms: .*? ([\d.]+) \([\d.]+\) -> ([\d.]+) \([\d.]+\) MB.*?, ([\d.]+) \/ [\d.]+ ms/;

const MIB = 1024 * 1024;

/** Adds up the collections between two times, in milliseconds since the program began. */
export function readGarbage(trace: string, beginMs: number, endMs: number): Garbage {
  let [octetsAllocated, pauseMs, longestPauseMs, collections] = [0, 0, 0, 0];
  let leftBefore: number | undefined;
  for (const line of trace.split("\n")) {
    const match = COLLECTION.exec(line);
    if (match === null) continue;
    const [atMs, beforeMiB, afterMiB, ms] = match.slice(1).map(Number) as Fields;
    if (atMs >= beginMs && atMs <= endMs) {
      if (leftBefore !== undefined) octetsAllocated += (beforeMiB - leftBefore) * MIB;
      pauseMs += ms;
      longestPauseMs = Math.max(longestPauseMs, ms);
      collections++;
    }
    leftBefore = afterMiB;
  }
  return { octetsAllocated, pauseMs, longestPauseMs, collections };
}

type Fields = [atMs: number, beforeMiB: number, afterMiB: number, ms: number];
