/** What the kernel knows of a process, out of /proc. */

/** Of all its threads, also of those that have ended. */
export interface ProcessFacts {
  readonly cpuSeconds: number;
  /** Now, and at most so far; MiB. */
  readonly rssMiB: number;
  readonly peakRssMiB: number;
}

/** USER_HZ, which has been 100 on every architecture for decades. */
const TICKS_PER_SECOND = 100;

/** Fields of /proc/PID/stat behind the name, which may hold anything (proc(5)). */
const [UTIME, STIME] = [11, 12];

/** Facts of a process that is there. */
export function readProcessFacts(pid: number): ProcessFacts {
  return parseProcessFacts(
    Deno.readTextFileSync(`/proc/${pid}/stat`),
    Deno.readTextFileSync(`/proc/${pid}/status`),
  );
}

/** As the kernel writes them in `stat` and `status`. */
export function parseProcessFacts(stat: string, status: string): ProcessFacts {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[UTIME]) + Number(fields[STIME]);
  const kibOf = (name: string) =>
    Number(new RegExp(`^${name}:\\s*(\\d+) kB$`, "m").exec(status)?.[1] ?? NaN);
  return {
    cpuSeconds: ticks / TICKS_PER_SECOND,
    rssMiB: kibOf("VmRSS") / 1024,
    peakRssMiB: kibOf("VmHWM") / 1024,
  };
}
