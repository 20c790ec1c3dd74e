/**
 * THE table of DHCPv4 options: code, name, kind of value, RFC, who may set it. Config, encoder,
 * decoder, schema and documentation read it; adding an option is adding one line here and one row
 * to tests/wire/option_values_test.ts.
 *
 * It has the whole registry of IANA, and the private codes that everybody gives the same meaning.
 * Names are those of the registry as Kea and ISC dhcpd spell them.
 */
import type { OptionKind } from "./option_values.ts";

export interface OptionDefinition {
  readonly code: number;
  readonly name: string;
  readonly kind: OptionKind;
  /** The RFC, and its section where it has several, that defines it. */
  readonly source: string;
  /** Whose word it is: only what is the operator's may be set, and is sent when asked for. */
  readonly owner: "operator" | "server" | "client" | "relay";
  readonly limits?: OptionLimits;
}

/** What the values of an option may be, where its kind has room for more. */
export interface OptionLimits {
  /** The least that each number, or each duration in seconds, may be. */
  readonly min?: number;
  /** The only numbers that mean something. */
  readonly oneOf?: readonly number[];
  /** Whether each number is greater than the one before it. */
  readonly isRising?: true;
  /** What its addresses are; those of hosts where this says nothing. */
  readonly addresses?: "mask" | "broadcast" | "of-any-kind";
}

/** Codes that the engine itself names. */
export const Option = {
  PAD: 0,
  SUBNET_MASK: 1,
  ROUTERS: 3,
  DOMAIN_NAME_SERVERS: 6,
  HOST_NAME: 12,
  DOMAIN_NAME: 15,
  INTERFACE_MTU: 26,
  BROADCAST_ADDRESS: 28,
  STATIC_ROUTE: 33,
  VENDOR_OPTIONS: 43,
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
  VENDOR_CLASS: 60,
  CLIENT_IDENTIFIER: 61,
  SERVER_NAME: 66,
  BOOT_FILE: 67,
  USER_CLASS: 77,
  RAPID_COMMIT: 80,
  CLIENT_FQDN: 81,
  RELAY_AGENT_INFORMATION: 82,
  CLIENT_LAST_TRANSACTION_TIME: 91,
  ASSOCIATED_IP: 92,
  CLIENT_ARCHITECTURE: 93,
  CLIENT_MACHINE_IDENTIFIER: 97,
  V6_ONLY_PREFERRED: 108,
  AUTO_CONFIG: 116,
  SUBNET_SELECTION: 118,
  CLASSLESS_STATIC_ROUTE: 121,
  VENDOR_IDENTIFYING_CLASS: 124,
  VENDOR_IDENTIFYING_OPTIONS: 125,
  IPXE: 175,
  MS_CLASSLESS_STATIC_ROUTE: 249,
  END: 255,
} as const;

/** A line of the table; at its end the owner where it is not the operator, or the limits. */
type Line = readonly [
  code: number,
  name: string,
  kind: OptionKind,
  source: string,
  ownerOrLimits?: OptionDefinition["owner"] | OptionLimits,
];

/**
 * In the order of the codes. What is missing has no meaning any more (RFC 3679) or never had one
 * that all agree on: the codes for it are free for `other`.
 */
const LINES: readonly Line[] = [
  [1, "subnet-mask", "ipv4", "RFC 2132 §3.3", { addresses: "mask" }],
  [2, "time-offset", "i32", "RFC 2132 §3.4"],
  [3, "routers", "ipv4-list", "RFC 2132 §3.5"],
  [4, "time-servers", "ipv4-list", "RFC 2132 §3.6"],
  [5, "name-servers", "ipv4-list", "RFC 2132 §3.7"],
  [6, "domain-name-servers", "ipv4-list", "RFC 2132 §3.8"],
  [7, "log-servers", "ipv4-list", "RFC 2132 §3.9"],
  [8, "cookie-servers", "ipv4-list", "RFC 2132 §3.10"],
  [9, "lpr-servers", "ipv4-list", "RFC 2132 §3.11"],
  [10, "impress-servers", "ipv4-list", "RFC 2132 §3.12"],
  [11, "resource-location-servers", "ipv4-list", "RFC 2132 §3.13"],
  [12, "host-name", "text", "RFC 2132 §3.14"],
  [13, "boot-size", "u16", "RFC 2132 §3.15", { min: 1 }],
  [14, "merit-dump", "text", "RFC 2132 §3.16"],
  [15, "domain-name", "text", "RFC 2132 §3.17"],
  [16, "swap-server", "ipv4", "RFC 2132 §3.18"],
  [17, "root-path", "text", "RFC 2132 §3.19"],
  [18, "extensions-path", "text", "RFC 2132 §3.20"],
  [19, "ip-forwarding", "bool", "RFC 2132 §4.1"],
  [20, "non-local-source-routing", "bool", "RFC 2132 §4.2"],
  [21, "policy-filter", "ipv4-pair-list", "RFC 2132 §4.3"],
  [22, "max-dgram-reassembly", "u16", "RFC 2132 §4.4", { min: 576 }],
  [23, "default-ip-ttl", "u8", "RFC 2132 §4.5", { min: 1 }],
  [24, "path-mtu-aging-timeout", "duration", "RFC 2132 §4.6", { min: 1 }],
  [25, "path-mtu-plateau-table", "u16-list", "RFC 2132 §4.7", { min: 68, isRising: true }],
  [26, "interface-mtu", "u16", "RFC 2132 §5.1", { min: 68 }],
  [27, "all-subnets-local", "bool", "RFC 2132 §5.2"],
  [28, "broadcast-address", "ipv4", "RFC 2132 §5.3", { addresses: "broadcast" }],
  [29, "perform-mask-discovery", "bool", "RFC 2132 §5.4"],
  [30, "mask-supplier", "bool", "RFC 2132 §5.5"],
  [31, "router-discovery", "bool", "RFC 2132 §5.6"],
  [32, "router-solicitation-address", "ipv4", "RFC 2132 §5.7", { addresses: "of-any-kind" }],
  [33, "static-routes", "ipv4-pair-list", "RFC 2132 §5.8"],
  [34, "trailer-encapsulation", "bool", "RFC 2132 §6.1"],
  [35, "arp-cache-timeout", "duration", "RFC 2132 §6.2", { min: 1 }],
  [36, "ieee802-3-encapsulation", "bool", "RFC 2132 §6.3"],
  [37, "default-tcp-ttl", "u8", "RFC 2132 §7.1", { min: 1 }],
  [38, "tcp-keepalive-interval", "duration", "RFC 2132 §7.2"],
  [39, "tcp-keepalive-garbage", "bool", "RFC 2132 §7.3"],
  [40, "nis-domain", "text", "RFC 2132 §8.1"],
  [41, "nis-servers", "ipv4-list", "RFC 2132 §8.2"],
  [42, "ntp-servers", "ipv4-list", "RFC 2132 §8.3"],
  [43, "vendor-encapsulated-options", "sub-options", "RFC 2132 §8.4"],
  [44, "netbios-name-servers", "ipv4-list", "RFC 2132 §8.5"],
  [45, "netbios-dd-server", "ipv4-list", "RFC 2132 §8.6"],
  [46, "netbios-node-type", "u8", "RFC 2132 §8.7", { oneOf: [1, 2, 4, 8] }],
  [47, "netbios-scope", "text", "RFC 2132 §8.8"],
  [48, "font-servers", "ipv4-list", "RFC 2132 §8.9"],
  [49, "x-display-manager", "ipv4-list", "RFC 2132 §8.10"],
  [50, "dhcp-requested-address", "ipv4", "RFC 2132 §9.1", "client"],
  [51, "dhcp-lease-time", "duration", "RFC 2132 §9.2", "server"],
  [52, "dhcp-option-overload", "u8", "RFC 2132 §9.3", "server"],
  [53, "dhcp-message-type", "u8", "RFC 2132 §9.6", "server"],
  [54, "dhcp-server-identifier", "ipv4", "RFC 2132 §9.7", "server"],
  [55, "dhcp-parameter-request-list", "u8-list", "RFC 2132 §9.8", "client"],
  [56, "dhcp-message", "text", "RFC 2132 §9.9", "server"],
  [57, "dhcp-max-message-size", "u16", "RFC 2132 §9.10", "client"],
  [58, "dhcp-renewal-time", "duration", "RFC 2132 §9.11", "server"],
  [59, "dhcp-rebinding-time", "duration", "RFC 2132 §9.12", "server"],
  [60, "vendor-class-identifier", "text", "RFC 2132 §9.13"],
  [61, "dhcp-client-identifier", "hex", "RFC 2132 §9.14", "client"],
  [62, "nwip-domain", "text", "RFC 2242 §2"],
  [63, "nwip-suboptions", "sub-options", "RFC 2242 §3"],
  [64, "nisplus-domain", "text", "RFC 2132 §8.11"],
  [65, "nisplus-servers", "ipv4-list", "RFC 2132 §8.12"],
  [66, "tftp-server-name", "text", "RFC 2132 §9.4"],
  [67, "boot-file-name", "text", "RFC 2132 §9.5"],
  [68, "mobile-ip-home-agent", "ipv4-list", "RFC 2132 §8.13"],
  [69, "smtp-server", "ipv4-list", "RFC 2132 §8.14"],
  [70, "pop-server", "ipv4-list", "RFC 2132 §8.15"],
  [71, "nntp-server", "ipv4-list", "RFC 2132 §8.16"],
  [72, "www-server", "ipv4-list", "RFC 2132 §8.17"],
  [73, "finger-server", "ipv4-list", "RFC 2132 §8.18"],
  [74, "irc-server", "ipv4-list", "RFC 2132 §8.19"],
  [75, "streettalk-server", "ipv4-list", "RFC 2132 §8.20"],
  [76, "streettalk-directory-assistance-server", "ipv4-list", "RFC 2132 §8.21"],
  [77, "user-class", "hex", "RFC 3004 §4", "client"],
  [78, "slp-directory-agent", "slp-agents", "RFC 2610 §3"],
  [79, "slp-service-scope", "slp-scope", "RFC 2610 §4"],
  [80, "rapid-commit", "hex", "RFC 4039 §4", "server"],
  [81, "fqdn", "hex", "RFC 4702 §2", "client"],
  [82, "relay-agent-information", "hex", "RFC 3046 §2.0", "relay"],
  [83, "isns", "record", "RFC 4174 §2"],
  [85, "nds-servers", "ipv4-list", "RFC 2241 §2"],
  [86, "nds-tree-name", "text", "RFC 2241 §3"],
  [87, "nds-context", "text", "RFC 2241 §4"],
  [88, "bcms-controller-names", "domain-list", "RFC 4280 §4.1"],
  [89, "bcms-controller-address", "ipv4-list", "RFC 4280 §4.3"],
  [90, "authenticate", "hex", "RFC 3118 §2", "server"],
  [91, "client-last-transaction-time", "duration", "RFC 4388 §6.1", "server"],
  [92, "associated-ip", "ipv4-list", "RFC 4388 §6.1", "server"],
  [93, "client-system", "u16-list", "RFC 4578 §2.1", "client"],
  [94, "client-ndi", "u8-list", "RFC 4578 §2.2", "client"],
  [95, "ldap-url", "uri", "RFC 3679 §3.1"],
  [97, "uuid-guid", "hex", "RFC 4578 §2.3", "client"],
  [98, "uap-servers", "text", "RFC 2485"],
  [99, "geoconf-civic", "hex", "RFC 4776 §3.1"],
  [100, "pcode", "text", "RFC 4833 §2"],
  [101, "tcode", "text", "RFC 4833 §2"],
  [108, "v6-only-preferred", "duration", "RFC 8925 §3.1"],
  [109, "dhcp4o6-s46-saddr", "ipv6", "RFC 8539", "client"],
  [112, "netinfo-server-address", "ipv4-list", "RFC 3679 §3.1"],
  [113, "netinfo-server-tag", "text", "RFC 3679 §3.1"],
  [114, "v4-captive-portal", "uri", "RFC 8910 §2.1"],
  [116, "auto-config", "bool", "RFC 2563 §2"],
  [117, "name-service-search", "u16-list", "RFC 2937"],
  [118, "subnet-selection", "ipv4", "RFC 3011", "client"],
  [119, "domain-search", "compressed-domain-list", "RFC 3397 §2"],
  [120, "sip-servers", "sip-servers", "RFC 3361 §3"],
  [121, "classless-static-route", "cidr-routes", "RFC 3442"],
  [122, "ccc", "sub-options", "RFC 3495"],
  [123, "geoconf", "hex", "RFC 6225 §2.2.1"],
  [124, "vivco-suboptions", "vendor-classes", "RFC 3925 §3"],
  [125, "vivso-suboptions", "vendor-options", "RFC 3925 §4"],
  [136, "pana-agent", "ipv4-list", "RFC 5192"],
  [137, "v4-lost", "domain-name", "RFC 5223"],
  [138, "capwap-ac-v4", "ipv4-list", "RFC 5417"],
  [139, "mos-address", "sub-options", "RFC 5678 §2.1"],
  [140, "mos-domain", "sub-options", "RFC 5678 §2.2"],
  [141, "sip-ua-cs-domains", "domain-list", "RFC 6011"],
  [142, "ipv4-address-andsf", "ipv4-list", "RFC 6153"],
  [143, "v4-sztp-redirect", "uri-list", "RFC 8572 §8.1"],
  [144, "geoloc", "hex", "RFC 6225 §2.2.1"],
  [145, "forcerenew-nonce-capable", "u8-list", "RFC 6704", "server"],
  [146, "rdnss-selection", "rdnss-selection", "RFC 6731 §4.3"],
  [147, "dots-ri", "domain-name", "RFC 8973"],
  [148, "dots-address", "ipv4-list", "RFC 8973"],
  [150, "tftp-server-address", "ipv4-list", "RFC 5859"],
  [151, "status-code", "hex", "RFC 6926 §6.2", "server"],
  [152, "base-time", "u32", "RFC 6926 §6.2", "server"],
  [153, "start-time-of-state", "u32", "RFC 6926 §6.2", "server"],
  [154, "query-start-time", "u32", "RFC 6926 §6.2", "server"],
  [155, "query-end-time", "u32", "RFC 6926 §6.2", "server"],
  [156, "dhcp-state", "u8", "RFC 6926 §6.2", "server"],
  [157, "data-source", "u8", "RFC 6926 §6.2", "server"],
  [158, "v4-pcp-server", "pcp-servers", "RFC 7291 §4"],
  [159, "v4-portparams", "port-params", "RFC 7618 §9"],
  [161, "mud-url", "uri", "RFC 8520 §10", "client"],
  [162, "v4-dnr", "dnr-resolvers", "RFC 9463 §5.1"],
  [175, "etherboot", "sub-options", "iPXE"],
  [176, "ip-telephone", "text", "Avaya"],
  [208, "pxelinux-magic", "hex", "RFC 5071 §3"],
  [209, "loader-configfile", "text", "RFC 5071 §4"],
  [210, "loader-pathprefix", "text", "RFC 5071 §5"],
  [211, "loader-reboottime", "duration", "RFC 5071 §6"],
  [212, "option-6rd", "6rd", "RFC 5969 §7.1.1"],
  [213, "v4-access-domain", "domain-name", "RFC 5986 §3.2"],
  [220, "subnet-allocation", "hex", "RFC 6656", "server"],
  [221, "vss-info", "hex", "RFC 6607 §3.1", "relay"],
  [249, "ms-classless-static-route", "cidr-routes", "MS-DHCPE"],
  [252, "wpad-url", "text", "draft-ietf-wrec-wpad-01"],
];

export const OPTIONS: readonly OptionDefinition[] = LINES.map(
  ([code, name, kind, source, more = "operator"]): OptionDefinition => ({
    code,
    name,
    kind,
    source,
    owner: typeof more === "string" ? more : "operator",
    ...(typeof more !== "string" && { limits: more }),
  }),
);

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
