/** What `sublet run` says to the operator about itself, its config and its interfaces. */
import type { Config } from "../config/config.ts";
import type { Problem } from "../config/problem.ts";
import { subnetOf } from "../leases/subnets.ts";
import type { InterfaceStatus } from "../link/link.ts";
import type { NoticeEvent } from "../server/events.ts";
import { VERSION } from "../server/version.ts";
import { parseIpv4 } from "../wire/ipv4.ts";
import { counted } from "./counted.ts";

/** Takes a notice for the log. */
export type Notify = (level: NoticeEvent["level"], message: string) => void;

interface Start {
  /** Of the config. */
  readonly path: string;
  readonly config: Config;
  readonly leaseCount: number;
  readonly isStatusOpen: boolean;
}

/** The first line of a server that is ready. */
export function describeStart({ path, config, leaseCount, isStatusOpen }: Start): string {
  const { subnets, journal, status } = config;
  const endpoint = status === undefined || !isStatusOpen
    ? "no status endpoint"
    : `status on ${status.hostname}:${status.port}`;
  return `sublet ${VERSION} serves ${path}: ${counted(subnets.length, "subnet")}, ` +
    `${counted(leaseCount, "lease")} from ${journal}, ${endpoint}`;
}

/** What became of an interface of the config, and what is odd about it. */
export function notifyOfInterface(status: InterfaceStatus, config: Config, notify: Notify): void {
  notify(...describeInterface(status));
  if (hasNoSubnet(status, config)) notify("warning", describeNoSubnet(status));
}

function describeInterface(status: InterfaceStatus): [NoticeEvent["level"], string] {
  const { name, state, addresses } = status;
  switch (state) {
    case "serving":
      return ["info", `${name}: serving on ${addresses.join(", ")}`];
    case "missing":
      return ["warning", `${name}: there is no such interface; waiting for it`];
    case "down":
      return ["warning", `${name}: down; waiting for it`];
    case "no-address":
      return ["warning", `${name}: has no IPv4 address; waiting for one`];
    case "no-socket":
      return ["warning", `${name}: its socket cannot be opened; trying again`];
  }
}

/** Whether the interface is served, but for the clients of relay agents only. */
function hasNoSubnet({ name, state, addresses }: InterfaceStatus, { subnets }: Config): boolean {
  if (subnets.some(({ interfaces }) => interfaces?.has(name))) return false;
  return state === "serving" && addresses.every((address) => {
    const own = parseIpv4(address);
    return own === undefined || subnetOf(subnets, own) === undefined;
  });
}

function describeNoSubnet({ name, addresses }: InterfaceStatus): string {
  return `${name}: no subnet of the config has its address (${addresses.join(", ")}), so only ` +
    "clients behind relay agents are served there";
}

/** A finding of the config as the log has it: the level is told, and a line feed is not wanted. */
export function onOneLine({ file, line, column, message, hint }: Problem): string {
  return `${file}:${line}:${column}: ${message}` + (hint === undefined ? "" : ` (${hint})`);
}
