/** IPv6 addresses, as far as options of DHCPv4 carry them. */
import { isIPv6 } from "node:net";
import { parseIpv4 } from "./ipv4.ts";
import { OctetWriter } from "./octets.ts";

const GROUPS = 8;

/** The sixteen octets of an address like `2001:db8::1`; `undefined` for anything else. */
export function parseIpv6(text: string): Uint8Array | undefined {
  if (!isIPv6(text) || text.includes("%")) return undefined;
  const [head, tail] = text.split("::").map(groupsOf);
  const zeros = tail === undefined ? 0 : GROUPS - head!.length - tail.length;
  const out = new OctetWriter();
  for (const group of [...head!, ...Array<number>(zeros).fill(0), ...tail ?? []]) {
    out.number(group, 2);
  }
  return out.finish();
}

/** Groups of sixteen bits; the last two of them may stand as an IPv4 address. */
function groupsOf(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    const address = parseIpv4(group);
    return address === undefined
      ? [Number.parseInt(group, 16)]
      : [address >>> 16, address & 0xffff];
  });
}
