/** What a file says of interfaces, beside those that the machine has. */
import { explain, quote } from "./explanation.ts";
import type { Finding } from "./problem.ts";

/** An interface of the machine. */
export interface MachineInterface {
  readonly name: string;
  readonly loopback: boolean;
  /** Its IPv4 addresses, in words. */
  readonly addresses: readonly string[];
}

/** Those of the machine, if they can be told; asked only when a finding needs them. */
export type ListInterfaces = () => readonly MachineInterface[] | undefined;

/** A machine with containers may have hundreds. */
const DESCRIBED_MAX = 10;

/** Adds which interfaces there are to what is wrong with those of the file. */
export function adviseOnInterfaces(
  findings: readonly Finding[],
  list: ListInterfaces,
): readonly Finding[] {
  const isMeant = ({ path, hint }: Finding) => path[0] === "interfaces" && hint === undefined;
  const there = findings.some(isMeant) ? list() : undefined;
  if (there === undefined) return findings;
  const hint = describeInterfaces(there);
  return findings.map((finding) => isMeant(finding) ? { ...finding, hint } : finding);
}

/** Notes about interfaces of the file that the machine has not. */
export function noteMissingInterfaces(names: readonly string[], list: ListInterfaces): Finding[] {
  const there = list();
  if (there === undefined) return [];
  return names.flatMap((name, i): Finding[] => {
    if (there.some((it) => it.name === name)) return [];
    const said = explain(`there is no interface ${quote(name)}`, describeInterfaces(there));
    return [{ path: ["interfaces", i], part: "value", severity: "note", ...said }];
  });
}

/** `this machine has eth0 (192.168.1.1) and wlan0`. */
function describeInterfaces(interfaces: readonly MachineInterface[]): string {
  const likely = interfaces.filter(({ loopback }) => !loopback)
    .sort((a, b) => Number(b.addresses.length > 0) - Number(a.addresses.length > 0));
  const words = likely.slice(0, DESCRIBED_MAX).map(({ name, addresses }) =>
    addresses.length === 0 ? name : `${name} (${addresses.join(", ")})`
  );
  const more = likely.length - words.length;
  if (more > 0) words.push(`${more} more`);
  if (words.length === 0) return "this machine has none but the loopback interface";
  return `this machine has ${new Intl.ListFormat("en").format(words)}`;
}
