/** The interfaces of this machine, for what is said of those of a config. */
import type { MachineInterface } from "../config/machine_interfaces.ts";
import { SystemCallError } from "../link/libc.ts";
import { listLinks } from "../link/netlink.ts";
import { formatIpv4 } from "../wire/ipv4.ts";

/** Every interface; `undefined` where nobody tells: a config is checked on any machine. */
export function machineInterfaces(): MachineInterface[] | undefined {
  if (Deno.build.os !== "linux") return undefined;
  try {
    return listLinks().map(({ name, loopback, addresses }) => ({
      name,
      loopback,
      addresses: addresses.map(({ address }) => formatIpv4(address)),
    }));
  } catch (error) {
    if (error instanceof SystemCallError) return undefined;
    throw error;
  }
}
