/** What the operator is told of an interface, of what the kernel says of it. */
import { formatIpv4 } from "../wire/ipv4.ts";
import type { InterfaceStatus } from "./link.ts";
import type { LinkFact } from "./netlink.ts";

/** The status of the interface `name`; `link` is `undefined` when there is none of that name. */
export function statusOf(
  name: string,
  link: LinkFact | undefined,
  hasSocket: boolean,
): InterfaceStatus {
  if (link === undefined) return { name, state: "missing", addresses: [] };
  const addresses = link.addresses.map(({ address }) => formatIpv4(address));
  if (!link.up) return { name, state: "down", addresses };
  if (addresses.length === 0) return { name, state: "no-address", addresses };
  return { name, state: hasSocket ? "serving" : "no-socket", addresses };
}

/** Whether there is nothing new to tell. */
export function isSameStatus(a: InterfaceStatus, b: InterfaceStatus): boolean {
  return a.state === b.state && a.addresses.join() === b.addresses.join();
}
