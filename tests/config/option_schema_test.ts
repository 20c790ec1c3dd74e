/** Every option that an operator may set, from YAML to the octets of RFC 2132. */
import assert from "node:assert/strict";
import { loadConfig } from "../../src/config/load.ts";
import { OPTION_OCTETS_MAX } from "../../src/config/option_schema.ts";
import { formatHex } from "../../src/wire/hex.ts";
import { OPTIONS } from "../../src/wire/option_codes.ts";
import { OPTION_KINDS } from "../../src/wire/option_values.ts";
import { inOptions } from "./bad_configs.ts";

/** The payloads that a config with these options sends, by code. */
function payloadsOf(...lines: string[]): ReadonlyMap<number, Uint8Array> {
  const result = loadConfig(inOptions(...lines), "config.yaml");
  assert.ok("config" in result, JSON.stringify(result));
  return result.config.subnets[0]!.options;
}

/** Name, code, a value in YAML, its octets. The codes are those of RFC 2132, not of our table. */
const SAMPLES: readonly (readonly [string, number, string, string])[] = [
  ["subnet-mask", 1, "255.255.255.0", "ff:ff:ff:00"],
  ["time-offset", 2, "-3600", "ff:ff:f1:f0"],
  ["routers", 3, "192.168.1.1", "c0:a8:01:01"],
  ["time-servers", 4, "[10.0.0.1, 10.0.0.2]", "0a:00:00:01:0a:00:00:02"],
  ["name-servers", 5, "[10.0.0.1]", "0a:00:00:01"],
  ["domain-name-servers", 6, "[9.9.9.9, 1.1.1.1]", "09:09:09:09:01:01:01:01"],
  ["log-servers", 7, "10.0.0.1", "0a:00:00:01"],
  ["cookie-servers", 8, "10.0.0.1", "0a:00:00:01"],
  ["lpr-servers", 9, "10.0.0.1", "0a:00:00:01"],
  ["impress-servers", 10, "10.0.0.1", "0a:00:00:01"],
  ["resource-location-servers", 11, "10.0.0.1", "0a:00:00:01"],
  ["host-name", 12, "pi", "70:69"],
  ["boot-size", 13, "4096", "10:00"],
  ["merit-dump", 14, "/c", "2f:63"],
  ["domain-name", 15, "a.b", "61:2e:62"],
  ["swap-server", 16, "10.0.0.1", "0a:00:00:01"],
  ["root-path", 17, "/r", "2f:72"],
  ["extensions-path", 18, "/e", "2f:65"],
  ["ip-forwarding", 19, "true", "01"],
  ["non-local-source-routing", 20, "false", "00"],
  ["policy-filter", 21, "10.0.0.0 255.0.0.0", "0a:00:00:00:ff:00:00:00"],
  ["max-dgram-reassembly", 22, "576", "02:40"],
  ["default-ip-ttl", 23, "64", "40"],
  ["path-mtu-aging-timeout", 24, "1m", "00:00:00:3c"],
  ["path-mtu-plateau-table", 25, "[68, 1500]", "00:44:05:dc"],
  ["interface-mtu", 26, "1500", "05:dc"],
  ["all-subnets-local", 27, "true", "01"],
  ["broadcast-address", 28, "192.168.1.255", "c0:a8:01:ff"],
  ["perform-mask-discovery", 29, "false", "00"],
  ["mask-supplier", 30, "false", "00"],
  ["router-discovery", 31, "true", "01"],
  ["router-solicitation-address", 32, "224.0.0.2", "e0:00:00:02"],
  [
    "static-routes",
    33,
    "[10.1.0.0 192.168.1.9, 10.2.0.0 192.168.1.9]",
    "0a:01:00:00:c0:a8:01:09:0a:02:00:00:c0:a8:01:09",
  ],
  ["trailer-encapsulation", 34, "false", "00"],
  ["arp-cache-timeout", 35, "1h", "00:00:0e:10"],
  ["ieee802-3-encapsulation", 36, "true", "01"],
  ["default-tcp-ttl", 37, "255", "ff"],
  ["tcp-keepalive-interval", 38, "0s", "00:00:00:00"],
  ["tcp-keepalive-garbage", 39, "true", "01"],
  ["nis-domain", 40, "nis", "6e:69:73"],
  ["nis-servers", 41, "10.0.0.1", "0a:00:00:01"],
  ["ntp-servers", 42, "10.0.0.1", "0a:00:00:01"],
  ["vendor-encapsulated-options", 43, '"01:02:AB"', "01:02:ab"],
  ["netbios-name-servers", 44, "10.0.0.1", "0a:00:00:01"],
  ["netbios-dd-server", 45, "10.0.0.1", "0a:00:00:01"],
  ["netbios-node-type", 46, "8", "08"],
  ["netbios-scope", 47, "s", "73"],
  ["font-servers", 48, "10.0.0.1", "0a:00:00:01"],
  ["x-display-manager", 49, "10.0.0.1", "0a:00:00:01"],
  ["vendor-class-identifier", 60, "PXEClient", "50:58:45:43:6c:69:65:6e:74"],
  ["nisplus-domain", 64, "n", "6e"],
  ["nisplus-servers", 65, "10.0.0.1", "0a:00:00:01"],
  ["tftp-server-name", 66, "tftp", "74:66:74:70"],
  ["boot-file-name", 67, "pxe.0", "70:78:65:2e:30"],
  ["mobile-ip-home-agent", 68, "10.0.0.1", "0a:00:00:01"],
  ["smtp-server", 69, "10.0.0.1", "0a:00:00:01"],
  ["pop-server", 70, "10.0.0.1", "0a:00:00:01"],
  ["nntp-server", 71, "10.0.0.1", "0a:00:00:01"],
  ["www-server", 72, "10.0.0.1", "0a:00:00:01"],
  ["finger-server", 73, "10.0.0.1", "0a:00:00:01"],
  ["irc-server", 74, "10.0.0.1", "0a:00:00:01"],
  ["streettalk-server", 75, "10.0.0.1", "0a:00:00:01"],
  ["streettalk-directory-assistance-server", 76, "10.0.0.1", "0a:00:00:01"],
];

for (const [name, code, value, octets] of SAMPLES) {
  Deno.test(`RFC 2132: ${name} is option ${code}, in its encoding`, () => {
    const payload = payloadsOf(`${name}: ${value}`).get(code);
    assert.equal(payload && formatHex(payload), octets);
  });
}

Deno.test("there is a sample of every option that an operator may set, and of no other", () => {
  const names = OPTIONS.filter(({ owner }) => owner === "operator").map(({ name }) => name);
  assert.deepEqual(SAMPLES.map(([name]) => name).toSorted(), names.toSorted());
});

Deno.test("an option that the protocol owns is refused by its name, and by its code", () => {
  for (const { name, code, owner } of OPTIONS) {
    if (owner === "operator") continue;
    for (const line of [`${name}: 1`, `other: [{ code: ${code}, type: u8, value: 1 }]`]) {
      const result = loadConfig(inOptions(line), "config.yaml");
      assert.ok("problems" in result);
      assert.match(result.problems[0]!.message, new RegExp(`^option ${name} \\(${code}\\) cannot`));
    }
  }
});

/** Kind, a value in YAML, its octets. */
const KIND_SAMPLES: readonly (readonly [string, string, string])[] = [
  ["ipv4", "10.0.0.1", "0a:00:00:01"],
  ["ipv4-list", "[10.0.0.1, 10.0.0.2]", "0a:00:00:01:0a:00:00:02"],
  ["ipv4-pair-list", '["10.0.0.1 10.0.0.2"]', "0a:00:00:01:0a:00:00:02"],
  ["u8", "255", "ff"],
  ["u8-list", "[1, 2]", "01:02"],
  ["u16", "0xffff", "ff:ff"],
  ["u16-list", "258", "01:02"],
  ["u32", "4294967295", "ff:ff:ff:ff"],
  ["i32", "-2147483648", "80:00:00:00"],
  ["bool", "true", "01"],
  ["text", "ü", "c3:bc"],
  ["hex", "ab-cd", "ab:cd"],
  ["duration", "infinite", "ff:ff:ff:ff"],
];

for (const [kind, value, octets] of KIND_SAMPLES) {
  Deno.test(`any other option can be sent as ${kind}`, () => {
    const payload = payloadsOf(`other: [{ code: 224, type: ${kind}, value: ${value} }]`).get(224);
    assert.equal(payload && formatHex(payload), octets);
  });
}

Deno.test("there is a sample of every kind of value", () => {
  assert.deepEqual(KIND_SAMPLES.map(([kind]) => kind), [...OPTION_KINDS]);
});

Deno.test("RFC 3396: an option may have more than 255 octets, up to the limit", () => {
  const text = "x".repeat(OPTION_OCTETS_MAX);
  assert.equal(payloadsOf(`root-path: ${text}`).get(17)!.length, OPTION_OCTETS_MAX);
});

Deno.test("the first and the last code can be sent: 1 and 254", () => {
  const payloads = payloadsOf(
    "other:",
    "  - { code: 254, type: u8, value: 1 }",
    "  - { code: 1, type: hex, value: 'ffffff00' }",
  );
  assert.deepEqual([...payloads.keys()], [1, 254]);
});
