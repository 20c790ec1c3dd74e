/** `sublet init`: a config to begin with, fitted to the interfaces of this machine. */
import { parseArgs } from "node:util";
import { stringify } from "yaml";
import { formatRange, subtractRanges } from "../config/address_range.ts";
import type { AddressRange } from "../config/config.ts";
import { ConfigError } from "../config/problem.ts";
import { interfaceNameSchema } from "../config/name_schemas.ts";
import { subnetSchema } from "../config/value_schemas.ts";
import { type InterfaceFact, listInterfaces } from "../link/netlink.ts";
import {
  type Cidr,
  formatCidr,
  formatIpv4,
  type Ipv4,
  isHostAddress,
  lastAddress,
  networkOf,
} from "../wire/ipv4.ts";

export const usage = `Print a config fitted to the interfaces of this machine.

Usage: sublet init [--interface IF]

  --interface IF  the interface to serve; without it, the likeliest one is chosen
  -h, --help      this text

Nothing is changed or written: put it where you want it, as in sublet init > config.yaml.
`;

/** What has to be known of an interface. */
export type InterfaceFacts = Pick<
  InterfaceFact,
  "name" | "ethernet" | "up" | "loopback" | "addresses" | "defaultGateway"
>;

/** Prints the config. Throws ConfigError where no interface is fit, and what parseArgs throws. */
export function initCommand(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { interface: { type: "string" } } });
  console.log(renderInitialConfig(listInterfaces(), values.interface).trimEnd());
  return Promise.resolve(0);
}

/** An interface that can be served, and how. */
interface Plan {
  readonly facts: InterfaceFacts;
  readonly ownAddress: Ipv4;
  readonly cidr: Cidr;
  readonly router: Ipv4;
  readonly pools: readonly AddressRange[];
  /** An address that neither a machine nor the pool has, if there is one. */
  readonly spare?: Ipv4;
}

/**
 * The text of a config for the interface `chosen`, or for the likeliest. Throws ConfigError, with
 * all interfaces there are and what is amiss with each, where there is none to serve.
 */
export function renderInitialConfig(
  interfaces: readonly InterfaceFacts[],
  chosen?: string,
): string {
  if (chosen !== undefined) {
    const facts = interfaces.find(({ name }) => name === chosen);
    if (facts === undefined) {
      const names = interfaces.map(({ name }) => name).join(", ");
      throw new ConfigError(`there is no interface ${chosen}; there are: ${names || "none"}`);
    }
    const plan = planFor(facts, interfaces);
    if (typeof plan !== "string") return render(plan, "It was asked for.");
    throw new ConfigError(`${chosen} cannot be served: ${plan}`);
  }
  const plans: Plan[] = [];
  const amiss: string[] = [];
  for (const facts of interfaces) {
    const plan = planFor(facts, interfaces);
    if (typeof plan === "string") amiss.push(`${facts.name}: ${plan}`);
    else plans.push(plan);
  }
  const [best, ...others] = plans.sort((a, b) => unlikelihood(a.facts) - unlikelihood(b.facts));
  if (best === undefined) {
    throw new ConfigError(["no interface of this machine can be served:", ...amiss].join("\n  "));
  }
  return render(best, explainChoice(best, others));
}

/** Bridges and taps of container and machine managers, which run a DHCP server of their own. */
const MANAGED_INTERFACE =
  /^(docker|br-[0-9a-f]{12}$|veth|virbr|vmnet|vboxnet|lxc|lxd|podman|cni|flannel|cali|tap|zt)/;

/** The order of preference: lowest first, and as the machine lists them where equal. */
function unlikelihood({ name, up, defaultGateway }: InterfaceFacts): number {
  return (MANAGED_INTERFACE.test(name) ? 4 : 0) + (defaultGateway === undefined ? 0 : 2) +
    (up ? 0 : 1);
}

/** How an interface can be served, or why it cannot. */
function planFor(facts: InterfaceFacts, interfaces: readonly InterfaceFacts[]): Plan | string {
  if (facts.loopback) return "it is the loopback interface";
  if (!facts.ethernet) return "it is no Ethernet interface";
  const [primary] = facts.addresses;
  if (primary === undefined) {
    return "it has no IPv4 address; give it one first, as in " +
      `ip address add 192.168.1.1/24 dev ${facts.name}`;
  }
  const { address: ownAddress, cidr } = primary;
  // The config has the last word on what a name and a subnet are.
  if (!interfaceNameSchema.safeParse(facts.name).success) {
    return "a config takes no name like that; rename it";
  }
  const isOnNetwork = subnetSchema.safeParse(formatCidr(cidr)).success;
  if (!isOnNetwork || !isHostAddress(cidr, ownAddress)) {
    return `${formatIpv4(ownAddress)} is on no network that clients could be on`;
  }
  const router = facts.defaultGateway !== undefined && isHostAddress(cidr, facts.defaultGateway)
    ? facts.defaultGateway
    : ownAddress;
  const taken = [router, ...interfaces.flatMap(({ addresses }) => addresses.map((a) => a.address))]
    .map((address) => ({ first: address, last: address }));
  const pools = subtractRanges([poolWindow(cidr, ownAddress)], taken);
  if (pools.length === 0) return `its network ${formatCidr(cidr)} has no room for clients`;
  const [spare] = subtractRanges([hostRange(cidr)], [...pools, ...taken]);
  return { facts, ownAddress, cidr, router, pools, ...(spare && { spare: spare.first }) };
}

/** Every address that a host can have: all of a /31 (RFC 3021) and of a /32. */
function hostRange(cidr: Cidr): AddressRange {
  const { network: first } = cidr;
  const last = lastAddress(cidr);
  return cidr.prefixLength >= 31 ? { first, last } : { first: first + 1, last: last - 1 };
}

/** Prefix length of the largest network that is given out whole. */
const SMALL_PREFIX_LENGTH = 28;

/**
 * Where the pool goes: all of a small network, the upper half of one up to a /25, and of a larger
 * one a hundred addresses beside our own: enough to begin with, and easy to tell from the rest.
 */
function poolWindow(cidr: Cidr, ownAddress: Ipv4): AddressRange {
  const hosts = hostRange(cidr);
  if (cidr.prefixLength >= SMALL_PREFIX_LENGTH) return hosts;
  if (cidr.prefixLength > 24) {
    return { first: networkOf(hosts.last, cidr.prefixLength + 1).network, last: hosts.last };
  }
  const block = networkOf(ownAddress, 24).network;
  return { first: block + 100, last: block + 199 };
}

function explainChoice({ facts }: Plan, others: readonly Plan[]): string {
  if (others.length === 0) return "It is the only one here that can be served.";
  const names = others.map((other) => other.facts.name).join(", ");
  const outward = others.filter((other) => other.facts.defaultGateway !== undefined);
  return facts.defaultGateway === undefined && outward.length > 0
    ? `The way to the internet is another (${
      outward.map((other) => other.facts.name).join(", ")
    }), so clients are likely here.`
    : `Others that could be: ${names}.`;
}

/** Above the router; more where it is this machine, for want of another. */
function explainRouter({ ownAddress, router }: Plan): readonly string[] {
  if (router !== ownAddress) return ["      # Where clients send what is for other networks."];
  return [
    "      # This machine has no default route here, so clients are told that it is their router and",
    "      # their DNS server itself. If it is not, write the addresses of those that are, or leave",
    "      # both lines out: then clients reach their own network only. If it is, it has to forward",
    "      # packets (sysctl -w net.ipv4.ip_forward=1) and to answer DNS.",
  ];
}

function render(plan: Plan, reason: string): string {
  const { facts, ownAddress, cidr, router, pools, spare } = plan;
  const routerWords = router === ownAddress ? "" : ` and the router (${formatIpv4(router)})`;
  const lines = [
    "# A config for Sublet, made by `sublet init` for this machine.",
    "# Look it over, then: sublet check FILE, and: sublet run FILE",
    "",
    "# The interfaces to serve. On every other one the server is silent.",
    `# ${reason}`,
  ];
  if (facts.defaultGateway !== undefined) {
    lines.push(
      "# It is this machine's way to the internet: if another DHCP server is at work there, say in",
      "# the router, turn that one off first.",
    );
  }
  lines.push(
    `interfaces: ${stringify(facts.name).trimEnd()}`,
    "",
    "# How long a lease lasts; clients renew at half of it.",
    "lease-time: 12h",
    "",
    "subnets:",
    `  - subnet: ${formatCidr(cidr)}`,
    `    # Without this machine (${formatIpv4(ownAddress)})${routerWords}.`,
    `    pools: [${pools.map(formatRange).join(", ")}]`,
    "    options:",
    ...explainRouter(plan),
    `      routers: ${formatIpv4(router)}`,
    ...router === ownAddress
      ? ["      # Where clients ask for names. For servers elsewhere: [9.9.9.9, 1.1.1.1]"]
      : ["      # Most routers answer DNS. If this one does not, name others: [9.9.9.9, 1.1.1.1]"],
    `      domain-name-servers: ${formatIpv4(router)}`,
  );
  if (spare !== undefined) {
    lines.push(
      "    # Machines that always get the same address:",
      "    # reservations:",
      `    #   - { mac: "b8:27:eb:01:02:03", address: ${formatIpv4(spare)}, hostname: pi }`,
    );
  }
  lines.push(
    "",
    "# Where the leases are kept, and where the status page is served.",
    "journal: /var/lib/sublet/leases.jsonl",
    'status: { listen: "127.0.0.1:8067" }',
  );
  return `${lines.join("\n")}\n`;
}
