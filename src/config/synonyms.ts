/**
 * What dnsmasq, ISC dhcpd, Kea, RFCs and people call our keys, and where a key belongs that stands
 * in the wrong place. Each word is one row of tests/config/synonyms_test.ts.
 */
import { optionByCode, optionByName } from "../wire/option_codes.ts";
import { didYouMean, nearest, quote } from "./explanation.ts";

/** A map of the file that has keys. */
type Place =
  | "top"
  | "scope"
  | "subnets"
  | "pools"
  | "reservations"
  | "classes"
  | "match"
  | "options"
  | "boot"
  | "lease-time"
  | "names"
  | "status"
  | "route";

/** Words for keys, by the place that the key is at. */
const WORDS: { readonly [At in Place]: Readonly<Record<string, string>> } = {
  "options": {
    "routers": "router gateway gateways default-gateway default-router default-route gw gateway-ip",
    "domain-name-servers":
      "dns dns-server dns-servers nameserver nameservers name-server resolver " +
      "resolvers domain-name-server dns-nameservers dns-resolver dns1",
    "subnet-mask": "netmask mask subnetmask",
    "interface-mtu": "mtu",
    "ntp-servers": "ntp ntp-server time ntpd sntp-servers",
    "time-servers": "time-server",
    "domain-name": "domain domainname dns-domain search-domain-name",
    "domain-search": "search search-domain search-domains domain-search-list dns-search",
    "host-name": "hostname",
    "tftp-server-name": "tftp-server",
    "tftp-server-address": "tftp-servers tftp-server-ip",
    "boot-file-name": "bootfile-name filename",
    "boot-size": "boot-file-size",
    "vendor-encapsulated-options": "vendor-options vendor-encap vendor-specific",
    "vendor-class-identifier": "vendor-class class-id",
    "vivco-suboptions": "vendor-id-encap",
    "classless-static-route": "routes classless-routes classless-static-routes " +
      "rfc3442-classless-static-routes",
    "ms-classless-static-route": "ms-classless-static-routes",
    "static-routes": "static-route",
    "v4-captive-portal": "captive-portal default-url",
    "v6-only-preferred": "ipv6-only ipv6-only-preferred",
    "tcode": "timezone time-zone tzdb-timezone",
    "pcode": "posix-timezone",
    "wpad-url": "wpad pac proxy-autoconfig auto-proxy-config",
    "etherboot": "ipxe ipxe-options",
    "v4-dnr": "dnr",
    "log-servers": "log-server syslog syslog-server syslog-servers",
    "lpr-servers": "lpr-server",
    "netbios-name-servers": "wins wins-server wins-servers netbios-ns",
    "netbios-dd-server": "netbios-dd",
    "netbios-node-type": "netbios-nodetype node-type",
    "broadcast-address": "broadcast",
    "ip-forwarding": "ip-forward-enable",
    "max-dgram-reassembly": "max-datagram-reassembly",
    "default-ip-ttl": "default-ttl ttl",
    "default-tcp-ttl": "tcp-ttl",
    "tcp-keepalive-interval": "tcp-keepalive",
    "arp-cache-timeout": "arp-timeout",
    "ieee802-3-encapsulation": "ethernet-encap",
    "extensions-path": "extension-path",
    "router-solicitation-address": "router-solicitation",
    "nis-servers": "nis-server",
    "nisplus-domain": "nis+-domain",
    "nisplus-servers": "nis+-server",
    "font-servers": "x-windows-fs",
    "x-display-manager": "x-windows-dm",
    "mobile-ip-home-agent": "mobile-ip-home",
    "pop-server": "pop3-server",
    "sip-servers": "sip-server",
    "loader-configfile": "pxelinux-configfile",
    "loader-pathprefix": "pxelinux-pathprefix",
    "loader-reboottime": "pxelinux-reboottime",
  },
  "reservations": {
    "mac":
      "hw-address hardware hardware-ethernet hardware-address hwaddr hw ethernet mac-address " +
      "macaddr mac-addr ether lladdr physical-address chaddr",
    "address": "ip ip-address ipaddr ip-addr fixed-address fixed-ip static static-ip yiaddr",
    "hostname": "name host host-name",
    "client-id": "client-identifier clientid dhcp-client-identifier dhcp-client-id uid id",
    "circuit-id": "agent-circuit-id",
    "remote-id": "agent-remote-id",
    "comment": "description note notes remark user-context",
  },
  "pools": {
    "range": "range4 ranges pool address-pool",
    "only": "allow-members client-class client-classes",
  },
  "subnets": {
    "subnet": "network net cidr prefix",
    "pools": "range ranges pool dhcp-range address-pool address-pools ip-range scope",
    "exclude": "excluded exclusions exclude-range excluded-address excluded-addresses",
    "reservations": "host hosts dhcp-host static static-lease static-leases static-mappings " +
      "static-map reservation fixed-addresses",
    "reservations-from": "dhcp-hostsfile",
    "relays": "relay dhcp-relay giaddr relay-agent relay-agents",
  },
  "scope": {
    "lease-time": "lease leasetime lease-duration valid-lifetime default-lease-time " +
      "max-lease-time min-lease-time min-valid-lifetime max-valid-lifetime preferred-lifetime " +
      "lease-length",
    "options": "option option-data dhcp-option dhcp-options dhcp-opts",
    "always": "dhcp-option-force always-send force-options",
    "boot": "pxe netboot dhcp-boot pxe-service",
    "offer-delay": "dhcp-reply-delay",
    "always-broadcast": "dhcp-broadcast",
  },
  "lease-time": {
    "default": "valid-lifetime default-lease-time",
    "max": "max-lease-time max-valid-lifetime maximum",
    "min": "min-lease-time min-valid-lifetime minimum",
    "renew": "renew-timer t1 renewal-time dhcp-renewal-time",
    "rebind": "rebind-timer t2 rebinding-time dhcp-rebinding-time",
  },
  "boot": {
    "next-server": "siaddr tftp-server tftp-server-address tftp",
    "server-name": "sname tftp-server-name server-hostname boot-server-hostname",
    "boot-file": "filename boot-file-name bootfile bootfile-name file pxe-file",
    "bios": "pxe legacy pcbios",
    "uefi-x64": "uefi efi x86-64-efi bc-efi",
    "http-x64": "http",
  },
  "classes": {
    "match": "test match-if expression",
    "limit": "lease-limit max-leases dhcp-lease-max",
    "deny": "ignore dhcp-ignore",
  },
  "match": {
    "vendor-class": "vendor-class-identifier vendorclass dhcp-vendorclass vendor class-id",
    "user-class": "userclass dhcp-userclass",
    "relay": "giaddr relays",
    "architecture": "arch client-arch",
    "mac": "oui mac-prefix hardware dhcp-mac hw-address mac-address",
    "random-mac": "randomized-mac randomised-mac",
    "circuit-id": "dhcp-circuitid agent-circuit-id",
    "remote-id": "dhcp-remoteid agent-remote-id",
    "interface": "iface tag-if",
    "reserved": "known is-reserved",
    "options": "option dhcp-match",
    "any": "or",
    "all": "and",
    "not": "none",
  },
  "names": {
    "domain": "ddns-domainname qualifying-suffix zone",
    "hosts-file": "hosts-dir addn-hosts",
    "dns-update": "ddns dhcp-ddns update",
  },
  "status": {
    "listen": "port address bind host listen-address http-port http-host",
    "token": "password secret api-key",
  },
  "route": {
    "to": "destination dest dst network target",
    "via": "gateway router gw next-hop nexthop",
  },
  "top": {
    "interfaces": "interface iface ifname nic dhcp-interface interfaces-config listen-interface",
    "subnets": "subnet subnet4 networks dhcp-range",
    "shared-networks": "shared-network",
    "classes": "class client-class client-classes dhcp-class",
    "journal": "lease-file leases-file dhcp-leasefile lease-file-name lease-database database " +
      "leasefile",
    "status": "http web api control-socket control-sockets",
    "names": "ddns dhcp-ddns ddns-update-style ddns-updates ddns-domainname",
    "authoritative": "dhcp-authoritative",
    "quarantine-time": "decline-probation-period abandon-lease-time",
    "conflict-probe": "ping-check ping no-ping ping-timeout",
    "identity": "match-client-id ignore-client-uids",
    "allocation": "dhcp-sequential-ip allocator",
    "rapid-commit": "dhcp-rapid-commit",
    "user": "username group",
    "durability": "sync fsync",
    "include": "conf-dir conf-file",
    "renew-write-threshold": "cache-threshold",
  },
};

/** Keys of ours that mean nothing anywhere but here, besides those that words above stand for. */
const MORE_KEYS: { readonly [At in Place]?: string } = {
  "top": "trust-option-82 leasequery rate-limits rogue-detection",
  "subnets": "proxy-dhcp",
  "reservations": "vendor-id",
  "scope": "port-limit",
};

/** Where a key of ours is to be put. */
const WHERE: { readonly [At in Place]: string } = {
  "top": "at the top of the file",
  "scope": 'beside "options"',
  "subnets": 'in an entry of "subnets"',
  "pools": 'in an entry of "pools"',
  "reservations": 'in an entry of "reservations"',
  "classes": 'in an entry of "classes"',
  "match": 'under "match" of a class',
  "options": 'under "options"',
  "boot": 'under "boot"',
  "lease-time": 'under "lease-time"',
  "names": 'under "names"',
  "status": 'under "status"',
  "route": "in a route",
};

const PAGE = 'status: { listen: "127.0.0.1:8067" }';
const MASK = 'the prefix of "subnet" says it, as in 192.168.1.0/24';
const BOOT_FILE = 'put "boot-file" under "boot"';
const ALWAYS = "leave it out: it is always so";
const NO_PROGRAM =
  "leave it out: no program is started; the journal and the log tell of each lease";
const NO_DNS = "leave it to your name server: Sublet is none";
const NOTHING_TO_SET = "leave it out: there is nothing to set";
const LOG = "the log goes to standard error: see sublet run --help";

/** What other words ask for that no key of ours is, outside of the places that know them. */
const ANSWERS: ReadonlyMap<string, string> = new Map([
  ["listen", `the server is on its "interfaces"; the page has ${PAGE}`],
  ["listen-address", `the server is on its "interfaces"; the page has ${PAGE}`],
  ["port", `the server is on port 67; the page has ${PAGE}`],
  ["http-port", `write ${PAGE}`],
  ["netmask", MASK],
  ["mask", MASK],
  ["subnetmask", MASK],
  ["filename", BOOT_FILE],
  ["boot-file-name", BOOT_FILE],
  ["bootfile-name", BOOT_FILE],
  ["id", "leave it out: a subnet is known by its addresses"],
  ["subnet-id", "leave it out: a subnet is known by its addresses"],
  [
    "duid",
    "write client-id: ff, the four octets of the IAID and the DUID, as the journal shows it",
  ],
  ["option-def", "write the option where it is sent: other: [{ code: 224, type: u32, value: 1 }]"],
  ["stash-agent-options", ALWAYS],
  ["store-extended-info", ALWAYS],
  ["dhcp-script", NO_PROGRAM],
  ["hooks-libraries", NO_PROGRAM],
  ["expand-hosts", NO_DNS],
  ["bogus-priv", NO_DNS],
  ["domain-needed", NO_DNS],
  ["resolv-file", NO_DNS],
  ["no-resolv", NO_DNS],
  ["cache-size", NO_DNS],
  ["multi-threading", NOTHING_TO_SET],
  ["sanity-checks", NOTHING_TO_SET],
  ["expired-leases-processing", NOTHING_TO_SET],
  ["failover", "leave it out: leases are not shared with a second server"],
  ["log", LOG],
  ["logging", LOG],
  ["loggers", LOG],
  ["log-level", LOG],
  ["log-facility", LOG],
  ["log-dhcp", LOG],
  ["enable-tftp", "Sublet serves no files: boot: { next-server } names a server that does"],
  ["tftp-root", "Sublet serves no files: boot: { next-server } names a server that does"],
]);

/** Words that mean so many things that only a place which knows them tells what. */
const VAGUE: ReadonlySet<string> = new Set(
  ("name host ip static class test file time none or and none address update zone target known " +
    "network net prefix scope note notes description remark vendor hardware minimum maximum http " +
    "password secret bind sync group ping ttl").split(" "),
);

/** A key of ours, and where it is. */
interface Meaning {
  readonly place: Place;
  readonly key: string;
}

const PLACES = Object.keys(WORDS) as readonly Place[];

/** Keys that other places have under the same name, so that none is their own. */
const SHARED_KEYS: ReadonlySet<string> = new Set(
  "default min max any all not options to via domain interface relay subnet".split(" "),
);

/** In the order of `WORDS`: where no place knows the word, the first meaning counts. */
const MEANINGS = new Map<string, Meaning[]>();
/** Our keys, where they stand. */
const HOMES = new Map<string, Place>();
for (const place of PLACES) {
  for (const [key, words] of Object.entries(WORDS[place])) {
    if (!HOMES.has(key) && !SHARED_KEYS.has(key)) HOMES.set(key, place);
    for (const word of words.split(" ")) {
      MEANINGS.set(word, [...MEANINGS.get(word) ?? [], { place, key }]);
    }
  }
  for (const key of MORE_KEYS[place]?.split(" ") ?? []) HOMES.set(key, place);
}

/** Every word with its meanings, for the tests. */
export const SYNONYMS: ReadonlyMap<string, readonly Meaning[]> = MEANINGS;

/** The place of each key of ours that has one only, for the tests. */
export const KEY_PLACES: ReadonlyMap<string, string> = HOMES;

/** The key that a word stands for where these keys are known; `undefined` when for none of them. */
export function knownKeyMeantBy(word: string, knownKeys: readonly string[]): string | undefined {
  const forms = formsOf(word);
  const known = forms.find((form) => knownKeys.includes(form)) ??
    forms.flatMap((form) => MEANINGS.get(form) ?? []).find(({ key }) => knownKeys.includes(key))
      ?.key;
  if (known !== undefined) return known;
  const words = [...MEANINGS].filter(([, meanings]) =>
    meanings.some(({ key }) => knownKeys.includes(key))
  ).map(([it]) => it).filter((it) => it.length >= FUZZY_LENGTH_MIN);
  const near = nearest(forms[0]!, [...knownKeys, ...words]);
  if (near === undefined || knownKeys.includes(near)) return near;
  return MEANINGS.get(near)!.find(({ key }) => knownKeys.includes(key))!.key;
}

/** Shorter words are near to too many others. */
const FUZZY_LENGTH_MIN = 6;

/**
 * The hint for a key that is not known: what to write instead, or where it belongs; `undefined`
 * when nobody can tell.
 */
export function hintForKey(word: string, knownKeys: readonly string[]): string | undefined {
  const forms = formsOf(word);
  const isExact = forms.some((form) =>
    knownKeys.includes(form) || MEANINGS.get(form)?.some(({ key }) => knownKeys.includes(key))
  );
  if (!isExact) {
    const elsewhere = hintFromElsewhere(forms);
    if (elsewhere !== undefined) return elsewhere;
  }
  const known = knownKeyMeantBy(word, knownKeys);
  return known === undefined ? undefined : didYouMean(known);
}

function hintFromElsewhere(forms: readonly string[]): string | undefined {
  for (const form of forms) {
    const answer = ANSWERS.get(form);
    if (answer !== undefined) return answer;
    if (VAGUE.has(form)) continue;
    if (optionByName(form)?.owner === "operator") return put(form, "options");
    const home = HOMES.get(form);
    if (home !== undefined) return put(form, home);
    const [meaning] = MEANINGS.get(form) ?? [];
    if (meaning !== undefined) return put(meaning.key, meaning.place);
  }
  return undefined;
}

function put(key: string, place: Place): string {
  return `put ${quote(key)} ${WHERE[place]}`;
}

/** A word as we spell keys; and without what some put before the name of an option. */
function formsOf(word: string): readonly string[] {
  const plain = word.trim().replaceAll(/([a-z])([A-Z])/g, "$1-$2").toLowerCase()
    .replaceAll(/[\s_.]+/g, "-");
  const [, name] = /^(?:dhcp-)?(?:option|opt)[:-](.+)$/.exec(plain) ?? [];
  if (name === undefined) return [plain];
  const byCode = /^\d{1,3}$/.test(name) ? optionByCode(Number(name))?.name : undefined;
  return [plain, byCode ?? name];
}
