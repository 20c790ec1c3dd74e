/** What the figures were taken on and with: the machine, and the versions of the programs. */
import type { Machine } from "./results.ts";
import { SERVERS } from "./servers.ts";

export async function readMachine(directory: string): Promise<Machine> {
  const cpuinfo = await Deno.readTextFile("/proc/cpuinfo");
  const df = await said(["df", "--output=fstype,source", directory]);
  return {
    processor: /^model name\s*:\s*(.+)$/m.exec(cpuinfo)?.[1] ?? "unknown",
    cores: navigator.hardwareConcurrency,
    memoryGiB: Math.round(Deno.systemMemoryInfo().total / 1024 ** 3),
    kernel: Deno.osRelease(),
    fileSystem: df.trim().split("\n").at(-1)?.trim().replace(/\s+/, " on ") ?? "unknown",
  };
}

/** Of each program once. */
export async function readVersions(): Promise<Record<string, string>> {
  const versions: Record<string, string> = {};
  for (const { label, id, versionCommand } of SERVERS) {
    if (id.includes("-")) continue; // the same program in another way
    const text = await said(versionCommand());
    versions[label] = /\d+\.\d+[\w.+-]*/.exec(text)?.[0] ?? "unknown";
  }
  return versions;
}

/** What a command prints, on whichever stream. */
async function said([command, ...args]: readonly string[]): Promise<string> {
  const options = { args, stdin: "null" } as const;
  const { stdout, stderr } = await new Deno.Command(command!, options).output();
  const decoder = new TextDecoder();
  return decoder.decode(stdout) + decoder.decode(stderr);
}
