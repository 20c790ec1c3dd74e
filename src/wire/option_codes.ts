/**
 * THE table of DHCPv4 options: code, name, RFC, kind of value, who may set it. Config, encoder,
 * decoder, schema and documentation read it; adding an option is adding one line here and one row
 * to tests/wire/option_values_test.ts.
 *
 * Names are those of the IANA registry as ISC dhcpd and Kea spell them.
 */
import type { OptionKind } from "./option_values.ts";

export interface OptionDefinition {
  readonly code: number;
  readonly name: string;
  readonly kind: OptionKind;
  /** The RFC and section that defines it. */
  readonly source: string;
  /**
   * `operator`: set in the config, sent when asked for.
   * `protocol`: made by the server or sent by the client; refused in the config.
   */
  readonly owner: "operator" | "protocol";
}

/** Codes that the engine itself names. */
export const Option = {
  PAD: 0,
  SUBNET_MASK: 1,
  ROUTERS: 3,
  HOST_NAME: 12,
  BROADCAST_ADDRESS: 28,
  REQUESTED_ADDRESS: 50,
  LEASE_TIME: 51,
  OVERLOAD: 52,
  MESSAGE_TYPE: 53,
  SERVER_IDENTIFIER: 54,
  PARAMETER_REQUEST_LIST: 55,
  MESSAGE: 56,
  MAX_MESSAGE_SIZE: 57,
  RENEWAL_TIME: 58,
  REBINDING_TIME: 59,
  CLIENT_IDENTIFIER: 61,
  RELAY_AGENT_INFORMATION: 82,
  END: 255,
} as const;

function rows(
  source: string,
  owner: OptionDefinition["owner"],
  lines: readonly (readonly [number, string, OptionKind, string])[],
): OptionDefinition[] {
  return lines.map(([code, name, kind, section]) => ({
    code,
    name,
    kind,
    source: `${source} §${section}`,
    owner,
  }));
}

export const OPTIONS: readonly OptionDefinition[] = [
  ...rows("RFC 2132", "operator", [
    [1, "subnet-mask", "ipv4", "3.3"],
    [2, "time-offset", "i32", "3.4"],
    [3, "routers", "ipv4-list", "3.5"],
    [4, "time-servers", "ipv4-list", "3.6"],
    [5, "name-servers", "ipv4-list", "3.7"],
    [6, "domain-name-servers", "ipv4-list", "3.8"],
    [7, "log-servers", "ipv4-list", "3.9"],
    [8, "cookie-servers", "ipv4-list", "3.10"],
    [9, "lpr-servers", "ipv4-list", "3.11"],
    [10, "impress-servers", "ipv4-list", "3.12"],
    [11, "resource-location-servers", "ipv4-list", "3.13"],
    [12, "host-name", "text", "3.14"],
    [13, "boot-size", "u16", "3.15"],
    [14, "merit-dump", "text", "3.16"],
    [15, "domain-name", "text", "3.17"],
    [16, "swap-server", "ipv4", "3.18"],
    [17, "root-path", "text", "3.19"],
    [18, "extensions-path", "text", "3.20"],
    [19, "ip-forwarding", "bool", "4.1"],
    [20, "non-local-source-routing", "bool", "4.2"],
    [21, "policy-filter", "ipv4-pair-list", "4.3"],
    [22, "max-dgram-reassembly", "u16", "4.4"],
    [23, "default-ip-ttl", "u8", "4.5"],
    [24, "path-mtu-aging-timeout", "duration", "4.6"],
    [25, "path-mtu-plateau-table", "u16-list", "4.7"],
    [26, "interface-mtu", "u16", "5.1"],
    [27, "all-subnets-local", "bool", "5.2"],
    [28, "broadcast-address", "ipv4", "5.3"],
    [29, "perform-mask-discovery", "bool", "5.4"],
    [30, "mask-supplier", "bool", "5.5"],
    [31, "router-discovery", "bool", "5.6"],
    [32, "router-solicitation-address", "ipv4", "5.7"],
    [33, "static-routes", "ipv4-pair-list", "5.8"],
    [34, "trailer-encapsulation", "bool", "6.1"],
    [35, "arp-cache-timeout", "duration", "6.2"],
    [36, "ieee802-3-encapsulation", "bool", "6.3"],
    [37, "default-tcp-ttl", "u8", "7.1"],
    [38, "tcp-keepalive-interval", "duration", "7.2"],
    [39, "tcp-keepalive-garbage", "bool", "7.3"],
    [40, "nis-domain", "text", "8.1"],
    [41, "nis-servers", "ipv4-list", "8.2"],
    [42, "ntp-servers", "ipv4-list", "8.3"],
    [43, "vendor-encapsulated-options", "hex", "8.4"],
    [44, "netbios-name-servers", "ipv4-list", "8.5"],
    [45, "netbios-dd-server", "ipv4-list", "8.6"],
    [46, "netbios-node-type", "u8", "8.7"],
    [47, "netbios-scope", "text", "8.8"],
    [48, "font-servers", "ipv4-list", "8.9"],
    [49, "x-display-manager", "ipv4-list", "8.10"],
    [64, "nisplus-domain", "text", "8.11"],
    [65, "nisplus-servers", "ipv4-list", "8.12"],
    [68, "mobile-ip-home-agent", "ipv4-list", "8.13"],
    [69, "smtp-server", "ipv4-list", "8.14"],
    [70, "pop-server", "ipv4-list", "8.15"],
    [71, "nntp-server", "ipv4-list", "8.16"],
    [72, "www-server", "ipv4-list", "8.17"],
    [73, "finger-server", "ipv4-list", "8.18"],
    [74, "irc-server", "ipv4-list", "8.19"],
    [75, "streettalk-server", "ipv4-list", "8.20"],
    [76, "streettalk-directory-assistance-server", "ipv4-list", "8.21"],
    [66, "tftp-server-name", "text", "9.4"],
    [67, "boot-file-name", "text", "9.5"],
    [60, "vendor-class-identifier", "text", "9.13"],
  ]),
  ...rows("RFC 2132", "protocol", [
    [50, "dhcp-requested-address", "ipv4", "9.1"],
    [51, "dhcp-lease-time", "duration", "9.2"],
    [52, "dhcp-option-overload", "u8", "9.3"],
    [53, "dhcp-message-type", "u8", "9.6"],
    [54, "dhcp-server-identifier", "ipv4", "9.7"],
    [55, "dhcp-parameter-request-list", "u8-list", "9.8"],
    [56, "dhcp-message", "text", "9.9"],
    [57, "dhcp-max-message-size", "u16", "9.10"],
    [58, "dhcp-renewal-time", "duration", "9.11"],
    [59, "dhcp-rebinding-time", "duration", "9.12"],
    [61, "dhcp-client-identifier", "hex", "9.14"],
  ]),
  ...rows("RFC 3046", "protocol", [
    [82, "relay-agent-information", "hex", "2.0"],
  ]),
];

const BY_CODE = new Map(OPTIONS.map((option) => [option.code, option]));
const BY_NAME = new Map(OPTIONS.map((option) => [option.name, option]));

/** The definition of a code, or `undefined` for one that the table does not have. */
export function optionByCode(code: number): OptionDefinition | undefined {
  return BY_CODE.get(code);
}

/** The definition of a name, or `undefined` for one that the table does not have. */
export function optionByName(name: string): OptionDefinition | undefined {
  return BY_NAME.get(name);
}
