/** Words of other servers, of RFCs and of people in place of our keys, and what they are told. */
import assert from "node:assert/strict";
import { loadConfig } from "../../src/config/load.ts";
import { KEY_PLACES, SYNONYMS } from "../../src/config/synonyms.ts";

/** A file with one key too many, in a map of each place. */
const FILES: Readonly<Record<string, (key: string) => string>> = {
  "top": (key) => file("", `${key}: x`),
  "scope": (key) => file("", `${key}: x`),
  "subnets": (key) => file(`, ${key}: x`),
  "pools": (key) => file(`, pools: [{ range: 10.0.0.10, ${key}: x }]`),
  "reservations": (key) => file(`, reservations: [{ mac: 0200000000aa, ${key}: x }]`),
  "classes": (key) => file("", `classes: [{ name: n, match: { mac: "02:*" }, ${key}: x }]`),
  "match": (key) => file("", `classes: [{ name: n, match: { mac: "02:*", ${key}: x } }]`),
  "options": (key) => file("", `options: { ${key}: x }`),
  "boot": (key) => file("", `boot: { ${key}: x }`),
  "lease-time": (key) => file("", `lease-time: { ${key}: x }`),
  "names": (key) => file("", `names: { ${key}: x }`),
  "status": (key) => file("", `status: { ${key}: x }`),
  "route": (key) => file("", `options: { classless-static-route: [{ ${key}: x }] }`),
};

function file(inSubnet: string, atTop = ""): string {
  return `interfaces: eth0\nsubnets: [{ subnet: 10.0.0.0/24${inSubnet} }]\n${atTop}\n`;
}

/** What is said of a key at a place; `undefined` where it is known there. */
function hintAt(place: string, key: string): string | undefined {
  const result = loadConfig(FILES[place]!(JSON.stringify(key)), "config.yaml");
  const problems = "config" in result ? [] : result.problems;
  const found = problems.filter(({ message }) => /^unknown (key|option) /.test(message));
  assert.ok(found.length <= 1, JSON.stringify(problems));
  return found[0] && (found[0].hint ?? "no hint");
}

const ROWS: readonly (readonly [place: string, words: string, hint: string])[] = [
  [
    "options",
    "dns-server dns nameserver nameservers DNS dns_servers option:dns-server dns-servrs",
    'did you mean "domain-name-servers"?',
  ],
  ["subnets", "dns-server dns nameserver nameservers", 'put "domain-name-servers" under "options"'],
  ["options", "gateway router default-gateway option-3 Router", 'did you mean "routers"?'],
  ["subnets", "gateway router default-gateway option-3 option:3", 'put "routers" under "options"'],
  [
    "reservations",
    "hw-address hardware_ethernet mac-address MAC macAddress ether chaddr",
    'did you mean "mac"?',
  ],
  [
    "subnets",
    "hw-address mac-address MAC hardware-ethernet mac",
    'put "mac" in an entry of "reservations"',
  ],
  ["reservations", "ip ip-address fixed-address static ipaddr", 'did you mean "address"?'],
  ["reservations", "name host host-name hostName", 'did you mean "hostname"?'],
  [
    "reservations",
    "client-identifier dhcp-client-identifier id client_id",
    'did you mean "client-id"?',
  ],
  ["reservations", "description user-context", 'did you mean "comment"?'],
  ["subnets", "host hosts static dhcp-host static-leases", 'did you mean "reservations"?'],
  ["subnets", "range dhcp-range pool ranges address-pool", 'did you mean "pools"?'],
  ["subnets", "fixed-address", 'put "address" in an entry of "reservations"'],
  ["match", "class-id vendor-class-identifier dhcp-vendorclass", 'did you mean "vendor-class"?'],
  ["match", "arch client-arch", 'did you mean "architecture"?'],
  ["subnets", "user-class", 'put "user-class" under "match" of a class'],
  [
    "top",
    "valid-lifetime default-lease-time max-lease-time leaseTime lease_time",
    'did you mean "lease-time"?',
  ],
  ["lease-time", "default-lease-time", 'did you mean "default"?'],
  ["lease-time", "max-lease-time", 'did you mean "max"?'],
  ["options", "valid-lifetime", 'put "lease-time" beside "options"'],
  ["subnets", "option-data dhcp-option", 'did you mean "options"?'],
  ["subnets", "next-server siaddr", 'put "next-server" under "boot"'],
  ["options", "next-server", 'put "next-server" under "boot"'],
  ["subnets", "filename boot-file-name bootfile-name", 'put "boot-file" under "boot"'],
  ["pools", "pool", 'did you mean "range"?'],
  ["subnets", "id subnet-id", "leave it out: a subnet is known by its addresses"],
  [
    "reservations",
    "duid",
    "write client-id: ff, the four octets of the IAID and the DUID, as the journal shows it",
  ],
  [
    "top",
    "option-def",
    "write the option where it is sent: other: [{ code: 224, type: u32, value: 1 }]",
  ],
  ["boot", "filename boot-file-name", 'did you mean "boot-file"?'],
  ["options", "ntp ntp-server", 'did you mean "ntp-servers"?'],
  ["options", "domain", 'did you mean "domain-name"?'],
  ["options", "search search-domain", 'did you mean "domain-search"?'],
  ["options", "mtu", 'did you mean "interface-mtu"?'],
  ["options", "wpad", 'did you mean "wpad-url"?'],
  ["options", "wins netbios-ns", 'did you mean "netbios-name-servers"?'],
  ["top", "interface iface interfaces-config", 'did you mean "interfaces"?'],
  ["top", "dhcp-range subnet subnet4", 'did you mean "subnets"?'],
  [
    "top",
    "listen listen-address",
    'the server is on its "interfaces"; the page has status: { listen: "127.0.0.1:8067" }',
  ],
  ["top", "port", 'the server is on port 67; the page has status: { listen: "127.0.0.1:8067" }'],
  ["status", "port address bind", 'did you mean "listen"?'],
  ["top", "lease-database dhcp-leasefile lease-file", 'did you mean "journal"?'],
  ["top", "ddns dhcp-ddns", 'did you mean "names"?'],
  ["top", "loggers log-dhcp", "the log goes to standard error: see sublet run --help"],
  ["top", "pools", 'put "pools" in an entry of "subnets"'],
  ["top", "reservations", 'put "reservations" in an entry of "subnets"'],
  ["top", "dhcp-host", 'put "reservations" in an entry of "subnets"'],
  ["reservations", "interfaces", 'put "interfaces" at the top of the file'],
  ["options", "pools", 'put "pools" in an entry of "subnets"'],
  ["options", "mac", 'put "mac" in an entry of "reservations"'],
  ["subnets", "ntp-servers", 'put "ntp-servers" under "options"'],
  ["pools", "routers", 'put "routers" under "options"'],
  ["subnets", "netmask mask", 'the prefix of "subnet" says it, as in 192.168.1.0/24'],
  ["subnets", "excluded-addresses", 'did you mean "exclude"?'],
  ["subnets", "giaddr dhcp-relay", 'did you mean "relays"?'],
  ["route", "gateway next-hop", 'did you mean "via"?'],
  ["classes", "test", 'did you mean "match"?'],
  ["top", "dhcp-reply-delay", 'did you mean "offer-delay"?'],
  ["subnets", "dhcp-broadcast", 'did you mean "always-broadcast"?'],
  ["top", "dhcp-hostsfile", 'put "reservations-from" in an entry of "subnets"'],
  ["top", "dhcp-lease-max", 'put "limit" in an entry of "classes"'],
  ["top", "ignore-client-uids", 'did you mean "identity"?'],
  ["top", "conf-dir", 'did you mean "include"?'],
  ["top", "cache-threshold", 'did you mean "renew-write-threshold"?'],
  ["top", "stash-agent-options store-extended-info", "leave it out: it is always so"],
  ["top", "expand-hosts domain-needed", "leave it to your name server: Sublet is none"],
  [
    "top",
    "dhcp-script hooks-libraries",
    "leave it out: no program is started; the journal and the log tell of each lease",
  ],
  ["top", "multi-threading", "leave it out: there is nothing to set"],
  ["top", "failover", "leave it out: leases are not shared with a second server"],
];

for (const [place, words, hint] of ROWS) {
  for (const word of words.split(" ")) {
    Deno.test(`hints: ${word} in ${place}: ${hint}`, () => {
      assert.equal(hintAt(place, word), hint);
    });
  }
}

Deno.test("hints: no word stands for a key that its place has not", () => {
  for (const [word, meanings] of SYNONYMS) {
    for (const { place, key } of meanings) {
      assert.equal(hintAt(place, key), undefined, `${word}: ${key} of ${place}`);
    }
  }
});

Deno.test("hints: no key is said to be of a place that has it not", () => {
  for (const [key, place] of KEY_PLACES) {
    assert.equal(hintAt(place, key), undefined, `${key} of ${place}`);
  }
});

Deno.test("hints: no word is a key of the place that it is told of", () => {
  for (const [word, meanings] of SYNONYMS) {
    for (const { place, key } of meanings) {
      assert.notEqual(hintAt(place, word), undefined, `${word}: ${key} of ${place}`);
    }
  }
});
