/**
 * Real clients in a namespace, driven alike. Each runs with a script of the tests' own, which puts
 * the address on the interface and writes down what the client told it: the machine's resolver
 * configuration and routes are never touched.
 */
import { type Program, until } from "./program.ts";
import type { Scene } from "./scene.ts";

/** What a client told its script. */
export interface ClientEvent {
  /** The client's own name for it: `bound` (udhcpc), `BOUND` (the others), … */
  readonly event: string;
  readonly address: string;
  readonly routers: string;
  readonly dns: string;
  readonly domain: string;
}

export interface RealClient {
  readonly name: string;
  /** Looks for a lease; with a lease it remembers, asks for that first. */
  start(): void;
  /** Makes the client renew; where it cannot be told to, does nothing: T1 does it. */
  renew(): Promise<void>;
  /** Gives the address back. The client ends, or idles. */
  release(): Promise<void>;
  /** Asks again after a release. */
  resume(): void;
  /** SIGKILL: the client cannot say goodbye. */
  kill(): Promise<void>;
  /** All that the client last told its script, by its own names for things. */
  told(): Promise<ReadonlyMap<string, string>>;
  /** Waits for the next event of one of these names, past those already waited for. */
  next(names: readonly string[], timeoutMs?: number): Promise<ClientEvent>;
}

export type ClientMaker = (
  scene: Scene,
  node: string,
  interfaceName: string,
  options?: readonly string[],
) => Promise<RealClient>;

const EVENT_MS = 20_000;

/** Two clients of one scene must not share files, even where one takes over from the other. */
let clientCount = 0;

/** Reads the file that a client's script writes, one event a line. */
function eventReader(file: string, label: string) {
  let seenCount = 0;
  const read = async (): Promise<ClientEvent[]> => {
    const text = await Deno.readTextFile(file).catch(() => "");
    return text.split("\n").slice(0, -1).map((line) => {
      const [event, address, routers, dns, domain] = line.split("|");
      return {
        event: event!,
        address: address!,
        routers: routers!,
        dns: dns!,
        domain: domain!,
      };
    });
  };
  return (names: readonly string[], timeoutMs = EVENT_MS): Promise<ClientEvent> =>
    until(`${label} to report ${names.join(" or ")}`, timeoutMs, async () => {
      const events = await read();
      for (const [index, event] of events.entries()) {
        if (index < seenCount || !names.includes(event.event)) continue;
        seenCount = index + 1;
        return event;
      }
      return undefined;
    });
}

/** Reads the environment that a client's script was last called with. */
async function environmentOf(events: string): Promise<ReadonlyMap<string, string>> {
  const lines = (await Deno.readTextFile(`${events}.env`)).split("\n");
  return new Map(lines.map((line) => [
    line.slice(0, line.indexOf("=")),
    line.slice(line.indexOf("=") + 1).trim(),
  ]));
}

/** BusyBox's udhcpc: SIGUSR1 renews (and starts again after a release), SIGUSR2 releases. */
export const udhcpc: ClientMaker = async (scene, node, interfaceName, options = []) => {
  const label = `udhcpc-${node}-${clientCount++}`;
  const events = `${scene.directory}/${label}.events`;
  const script = await scene.file(
    `${label}.sh`,
    `#!/bin/sh
case "$1" in
  deconfig) ip -4 address flush dev "$interface" ;;
  bound | renew) ip address replace "$ip/$mask" dev "$interface" ;;
esac
env > ${events}.env
echo "$1|$ip|$router|$dns|$domain" >> ${events}
`,
    0o755,
  );
  let client: Program;
  return {
    name: "udhcpc",
    start: () => {
      const command = ["udhcpc", "-f", "-i", interfaceName, "-s", script, "-t", "10", "-T", "1"];
      client = scene.start(node, label, [...command, ...options]);
    },
    renew: () => Promise.resolve(client.signal("SIGUSR1")),
    release: () => Promise.resolve(client.signal("SIGUSR2")),
    resume: () => client.signal("SIGUSR1"),
    kill: () => client.kill(),
    next: eventReader(events, label),
    told: () => environmentOf(events),
  };
};

/** ISC's dhclient: renews at T1 only; its lease file outlives it. */
export const dhclient: ClientMaker = async (scene, node, interfaceName, options = []) => {
  const label = `dhclient-${node}-${clientCount++}`;
  const events = `${scene.directory}/${label}.events`;
  const script = await scene.file(
    `${label}.sh`,
    `#!/bin/sh
case "$reason" in
  PREINIT) ip link set "$interface" up ;;
  BOUND | RENEW | REBIND | REBOOT)
    ip address replace "$new_ip_address/$new_subnet_mask" dev "$interface" ;;
  RELEASE | EXPIRE | FAIL | STOP) ip -4 address flush dev "$interface" ;;
esac
env > ${events}.env
printf '%s|%s|%s|%s|%s\\n' "$reason" "$new_ip_address" "$new_routers" \\
  "$new_domain_name_servers" "$new_domain_name" >> ${events}
`,
    0o755,
  );
  const config = await scene.file(
    `${label}.conf`,
    `option rfc3442-classless-static-routes code 121 = array of unsigned integer 8;
timeout 20;
retry 1;
reboot 3;
select-timeout 0;
initial-interval 1;
initial-delay 0;
request subnet-mask, broadcast-address, routers, domain-name, domain-name-servers,
  domain-search, rfc3442-classless-static-routes;
`,
  );
  const files = [
    ...["-cf", config, "-sf", script],
    ...["-lf", `${scene.directory}/${label}.leases`],
    ...["-pf", `${scene.directory}/${label}.pid`],
  ];
  const next = eventReader(events, label);
  let client: Program;
  const start = () => {
    const command = ["dhclient", "-4", "-d", "-v", ...files, ...options, interfaceName];
    client = scene.start(node, label, command);
  };
  return {
    name: "dhclient",
    start,
    renew: () => Promise.resolve(),
    release: async () => {
      const command = ["dhclient", "-4", "-r", "-v", ...files, interfaceName];
      await scene.start(node, `${label} -r`, command).ends();
      await client.kill();
    },
    resume: start,
    kill: () => client.kill(),
    told: () => environmentOf(events),
    next: async (names, timeoutMs) => {
      const event = await next(names, timeoutMs);
      // The script runs before the lease is in the lease file; this is said after it.
      const bound = /^(BOUND|RENEW|REBIND|REBOOT)$/.test(event.event);
      if (bound) await client.says(new RegExp(`bound to ${event.address} --`));
      return event;
    },
  };
};

/**
 * dhcpcd: SIGUSR2 renews and SIGALRM releases, like its options -N and -k. It keeps its state in
 * places that cannot be chosen, so it gets empty ones in its own mount namespace.
 */
export const dhcpcd: ClientMaker = async (scene, node, interfaceName, options = []) => {
  const label = `dhcpcd-${node}-${clientCount++}`;
  const events = `${scene.directory}/${label}.events`;
  const script = await scene.file(
    `${label}.sh`,
    `#!/bin/sh
env > ${events}.env
printf '%s|%s|%s|%s|%s\\n' "$reason" "$new_ip_address" "$new_routers" \\
  "$new_domain_name_servers" "$new_domain_name" >> ${events}
`,
    0o755,
  );
  const config = await scene.file(
    `${label}.conf`,
    `ipv4only
noarp
noipv4ll
clientid
option domain_name_servers, domain_name, routers
`,
  );
  const launch = await scene.file(
    `${label}-launch.sh`,
    `#!/bin/sh
mkdir -p /var/lib/dhcpcd
mount -t tmpfs none /run && mount -t tmpfs none /var/lib/dhcpcd || exit 1
exec dhcpcd -B -d -f ${config} --script ${script} ${options.join(" ")} ${interfaceName}
`,
    0o755,
  );
  let client: Program;
  const start = () => client = scene.start(node, label, [launch]);
  return {
    name: "dhcpcd",
    start,
    renew: () => Promise.resolve(client.signal("SIGUSR2")),
    release: async () => {
      client.signal("SIGALRM");
      await client.ends();
    },
    resume: start,
    kill: () => client.kill(),
    next: eventReader(events, label),
    told: () => environmentOf(events),
  };
};
