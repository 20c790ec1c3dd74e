/**
 * The same network for every server, each in its own language: a subnet with one pool, the options
 * of config.example.yaml that the clients ask for, and reservations of other clients.
 */
import { formatIpv4, parseIpv4 } from "../../src/wire/ipv4.ts";
import { addressAt, RELAY_ADDRESS, SERVER_ADDRESS, SERVER_INTERFACE, SUBNET } from "./lab.ts";

/** How large the network is. */
export interface Network {
  readonly poolSize: number;
  readonly reservations: number;
  /** Classes by vendor class, of other clients. */
  readonly classes?: number;
}

/** Where a server's files are. */
export interface Paths {
  readonly directory: string;
  readonly leases: string;
}

const DNS = ["192.168.1.1", "9.9.9.9"];
const [NTP, DOMAIN, MTU, LEASE_SECONDS] = ["192.168.1.1", "home.arpa", 1500, 3_600];

/** Reserved addresses lie outside of every pool. */
const FIRST_RESERVED = parseIpv4("10.200.0.0")!;

interface Reserved {
  readonly mac: string;
  readonly address: string;
}

function reserved({ reservations }: Network): Reserved[] {
  return Array.from({ length: reservations }, (_, i) => {
    const hex = (i + 1).toString(16).padStart(8, "0").match(/../g)!.join(":");
    return { mac: `06:00:${hex}`, address: formatIpv4(FIRST_RESERVED + i + 1) };
  });
}

/** Vendor classes (option 60) that no client of the benchmarks sends, though it sends one. */
function vendorClasses({ classes = 0 }: Network): string[] {
  return Array.from({ length: classes }, (_, i) => `vendor-${i}`);
}

function lastOf({ poolSize }: Network): string {
  return addressAt(poolSize - 1);
}

export function subletConfig(network: Network, { leases }: Paths): string {
  const lines = reserved(network).map(({ mac, address }) =>
    `      - { mac: "${mac}", address: ${address} }\n`
  );
  const classes = vendorClasses(network).map((name) =>
    `  - { name: ${name}, match: { vendor-class: ${name} }, lease-time: 1800s }\n`
  );
  return `interfaces: ${SERVER_INTERFACE}
conflict-probe: off
rate-limits: off
${classes.length === 0 ? "" : `classes:\n${classes.join("")}`}lease-time: ${LEASE_SECONDS}s
options:
  domain-name: ${DOMAIN}
  domain-name-servers: [${DNS.join(", ")}]
  ntp-servers: ${NTP}
  interface-mtu: ${MTU}
  ip-forwarding: false
  arp-cache-timeout: 1m
  static-routes: [172.16.0.9 192.168.1.2, 172.16.0.10 192.168.1.3]
  vendor-encapsulated-options: "01:04:c0:a8:01:02"
  other:
    - { code: 150, type: ipv4-list, value: [192.168.1.4, 192.168.1.5] }
    - { code: 114, type: text, value: "https://portal.home.arpa/" }
subnets:
  - subnet: ${SUBNET}
    relays: ${RELAY_ADDRESS}
    pools: ${addressAt(0)}-${lastOf(network)}
    options:
      routers: ${SERVER_ADDRESS}
${lines.length === 0 ? "" : `    reservations:\n${lines.join("")}`}journal: ${leases}
`;
}

/** `severity` is INFO in what Kea comes with; WARN is quiet. */
export function keaConfig(network: Network, paths: Paths, severity: "INFO" | "WARN"): string {
  const options = {
    "domain-name": DOMAIN,
    "domain-name-servers": DNS.join(", "),
    "ntp-servers": NTP,
    "interface-mtu": String(MTU),
    "ip-forwarding": "false",
    "arp-cache-timeout": "60",
  };
  // An empty list is a syntax error.
  const classes = vendorClasses(network).map((name) => ({
    name,
    test: `option[60].text == '${name}'`,
    "valid-lifetime": 1_800,
  }));
  return JSON.stringify({
    Dhcp4: {
      "interfaces-config": { interfaces: [SERVER_INTERFACE], "dhcp-socket-type": "raw" },
      "lease-database": { type: "memfile", persist: true, name: paths.leases },
      "valid-lifetime": LEASE_SECONDS,
      "option-data": Object.entries(options).map(([name, data]) => ({ name, data })),
      ...(classes.length === 0 ? {} : { "client-classes": classes }),
      subnet4: [{
        id: 1,
        subnet: SUBNET,
        pools: [{ pool: `${addressAt(0)} - ${lastOf(network)}` }],
        "option-data": [{ name: "routers", data: SERVER_ADDRESS }],
        reservations: reserved(network).map(({ mac, address }) => ({
          "hw-address": mac,
          "ip-address": address,
        })),
      }],
      loggers: [{
        name: "kea-dhcp4",
        "output_options": [{ output: "stdout" }],
        severity,
      }],
    },
  });
}

export function dhcpdConfig(network: Network): string {
  const hosts = reserved(network).map(({ mac, address }, i) =>
    `host r${i} { hardware ethernet ${mac}; fixed-address ${address}; }\n`
  );
  return `authoritative;
ping-check false;
default-lease-time ${LEASE_SECONDS};
max-lease-time ${LEASE_SECONDS};
option domain-name "${DOMAIN}";
option domain-name-servers ${DNS.join(", ")};
option ntp-servers ${NTP};
option interface-mtu ${MTU};
option ip-forwarding off;
option arp-cache-timeout 60;
subnet 10.0.0.0 netmask 255.0.0.0 {
  range ${addressAt(0)} ${lastOf(network)};
  option routers ${SERVER_ADDRESS};
}
${hosts.join("")}`;
}

export function dnsmasqConfig(network: Network, { leases }: Paths): string {
  const hosts = reserved(network).map(({ mac, address }) => `dhcp-host=${mac},${address}\n`);
  return `port=0
user=root
interface=${SERVER_INTERFACE}
bind-interfaces
no-ping
dhcp-authoritative
dhcp-leasefile=${leases}
dhcp-lease-max=${network.poolSize + 1}
dhcp-range=${addressAt(0)},${lastOf(network)},255.0.0.0,${LEASE_SECONDS}
domain=${DOMAIN}
dhcp-option=option:router,${SERVER_ADDRESS}
dhcp-option=option:dns-server,${DNS.join(",")}
dhcp-option=option:ntp-server,${NTP}
dhcp-option=option:mtu,${MTU}
dhcp-option=option:ip-forward-enable,0
dhcp-option=option:arp-timeout,60
${hosts.join("")}`;
}

export function udhcpdConfig(network: Network, { leases, directory }: Paths): string {
  const hosts = reserved(network).map(({ mac, address }) => `static_lease ${mac} ${address}\n`);
  return `start ${addressAt(0)}
end ${lastOf(network)}
interface ${SERVER_INTERFACE}
max_leases ${network.poolSize}
lease_file ${leases}
pidfile ${directory}/udhcpd.pid
option subnet 255.0.0.0
option router ${SERVER_ADDRESS}
option domain ${DOMAIN}
option dns ${DNS.join(" ")}
option ntpsrv ${NTP}
option mtu ${MTU}
option lease ${LEASE_SECONDS}
${hosts.join("")}`;
}
