/** Who is in a class: what `match` says, held against what clients send. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Config } from "../../src/config/config.ts";
import { FieldValues, likelyTests } from "../../src/protocol/classes.ts";
import { DISCOVER, RELEASE } from "../support/dhcp_packets.ts";
import { type Ask, Engine, hexOctets, macOf } from "../support/engine_fixture.ts";
import { loadedConfig } from "../support/loaded_config.ts";

const text = (value: string) => new TextEncoder().encode(value);

/** A config with these classes, lines of YAML, and the subnet 192.168.1.0/24. */
function withClasses(...lines: string[]): Config {
  return loadedConfig(
    "interfaces: eth0",
    "trust-option-82: eth0",
    "classes:",
    ...lines.map((line) => `  ${line}`),
    "subnets:",
    "  - { subnet: 192.168.1.0/24, pools: 192.168.1.100-192.168.1.199, conflict-probe: off }",
  );
}

/** Names of the classes that the decision about a client is made with. */
function classesOf(config: Config, ask: Ask): readonly string[] {
  const { decision } = new Engine({ config }).decide({ type: DISCOVER, ...ask });
  return (decision?.classes ?? []).map(({ name }) => name);
}

/** Option 82 with circuit-id and remote-id. */
function relayed(circuit: string, remote: string): Ask {
  const [c, r] = [text(circuit), text(remote)];
  return { options: [[82, Uint8Array.of(1, c.length, ...c, 2, r.length, ...r)]] };
}

/** Option 82 with one sub-option. */
function subOption82(code: number, value: Uint8Array): Ask {
  return { options: [[82, Uint8Array.of(code, value.length, ...value)]] };
}

type MatchRow = readonly [what: string, match: string, ask: Ask, isIn: boolean];

const vendor = (value: string): Ask => ({ options: [[60, text(value)]] });
const user = (...octets: number[]): Ask => ({ options: [[77, Uint8Array.from(octets)]] });
const [ab, cd] = [[97, 98], [99, 100]] as const;

const ROWS: readonly MatchRow[] = [
  ["vendor class: the same text", "{ vendor-class: MSFT 5.0 }", vendor("MSFT 5.0"), true],
  ["vendor class: a longer text", "{ vendor-class: MSFT 5.0 }", vendor("MSFT 5.01"), false],
  ["vendor class: not sent", "{ vendor-class: '*' }", {}, false],
  ["vendor class: a star", "{ vendor-class: 'Cisco*7960' }", vendor("Cisco IP 7960"), true],
  ["vendor class: capitals count", "{ vendor-class: 'cisco*' }", vendor("Cisco 7960"), false],
  ["vendor class: one character", "{ vendor-class: 'a?c' }", vendor("abc"), true],
  ["vendor class: a star that is meant", String.raw`{ vendor-class: 'a\*' }`, vendor("ab"), false],
  ["vendor class: NULs at the end (RFC 2132 §2)", "{ vendor-class: pxe }", vendor("pxe\0\0"), true],
  ["vendor class: one of several", "{ vendor-class: [x, 'y*'] }", vendor("yes"), true],
  ["vendor class: in hex", "{ vendor-class: { hex: '61:*' } }", vendor("abc"), true],
  ["user class: the first (RFC 3004 §4)", "{ user-class: ab }", user(2, ...ab, 2, ...cd), true],
  ["user class: the second (RFC 3004 §4)", "{ user-class: cd }", user(2, ...ab, 2, ...cd), true],
  ["user class: no part of one", "{ user-class: b }", user(2, ...ab), false],
  ["user class: as text", "{ user-class: abcd }", user(...ab, ...cd), true],
  ["user class: cut off", "{ user-class: ab }", user(2, ...ab, 9, ...cd), false],
  ["architecture: by number", "{ architecture: 7 }", { options: [[93, hexOctets("0007")]] }, true],
  [
    "architecture: by name, EBC for x64 as well",
    "{ architecture: uefi-x64 }",
    { options: [[93, hexOctets("0009")]] },
    true,
  ],
  [
    "architecture: the second of two (RFC 4578 §2.1)",
    "{ architecture: bios }",
    { options: [[93, hexOctets("00070000")]] },
    true,
  ],
  ["MAC: all of it", "{ mac: '02:00:00:00:00:01' }", { mac: "02:00:00:00:00:01" }, true],
  ["MAC: another", "{ mac: '02:00:00:00:00:01' }", { mac: "02:00:00:00:00:02" }, false],
  ["MAC: its beginning", "{ mac: 'B8-27-EB' }", { mac: "b8:27:eb:00:00:02" }, true],
  ["MAC: its beginning with a star", "{ mac: 'b8:27:*' }", { mac: "b8:27:eb:00:00:02" }, true],
  ["MAC: its end", "{ mac: '*:02' }", { mac: "b8:27:eb:00:00:02" }, true],
  ["MAC: a digit", "{ mac: 'b8:2?:eb:*' }", { mac: "b8:2f:eb:00:00:02" }, true],
  ["MAC: of no Ethernet", "{ mac: 'b8:27' }", { htype: 6, mac: "b8:27:eb:00:00:02" }, false],
  ["MAC: made up (IEEE 802: locally administered)", "{ random-mac: true }", {
    mac: "d2:00:00:00:00:01",
  }, true],
  ["MAC: of a maker", "{ random-mac: true }", { mac: "b8:27:eb:00:00:01" }, false],
  ["MAC: not made up", "{ random-mac: false }", { mac: "b8:27:eb:00:00:01" }, true],
  ["circuit-id (RFC 3046 §3.1)", "{ circuit-id: 'eth 1/*' }", relayed("eth 1/7", "sw"), true],
  ["circuit-id: octets", "{ circuit-id: '65:74:*' }", relayed("eth 1/7", "sw"), true],
  [
    "circuit-id: text that looks like hex",
    "{ circuit-id: { text: '02:aa:*' } }",
    relayed("02:aa:bb:cc:dd:ee", "sw"),
    true,
  ],
  ["circuit-id: such text as it is", "{ circuit-id: '10:20' }", relayed("10:20", "sw"), false],
  ["circuit-id: in hex", "{ circuit-id: { hex: '65:74:*' } }", relayed("eth 1/7", "sw"), true],
  ["remote-id (RFC 3046 §3.2)", "{ remote-id: sw }", relayed("eth 1/7", "sw"), true],
  ["remote-id: another", "{ remote-id: sw }", relayed("sw", "eth 1/7"), false],
  [
    "a sub-option of option 82 by name",
    "{ option-82: { subscriber-id: 'acme-*' } }",
    subOption82(6, text("acme-7")),
    true,
  ],
  [
    "a sub-option of option 82 by code, in hex",
    "{ option-82: { other: [{ code: 200, value: { hex: '00:*' } }] } }",
    subOption82(200, Uint8Array.of(0, 1)),
    true,
  ],
  [
    "a sub-option of option 82 that is another",
    "{ option-82: { subscriber-id: acme } }",
    subOption82(7, text("acme")),
    false,
  ],
  ["DUID (RFC 4361 §6.1)", "{ duid: '00:01:*' }", { clientId: "ff:aa:bb:cc:dd:00:01:09" }, true],
  ["DUID: another", "{ duid: '00:03:*' }", { clientId: "ff:aa:bb:cc:dd:00:01:09" }, false],
  ["DUID: an identifier that has none", "{ duid: '*' }", { clientId: "01:aa:bb:cc:dd:00" }, false],
  ["htype", "{ htype: [6, 32] }", { htype: 6 }, true],
  ["htype: another", "{ htype: 6 }", {}, false],
  [
    "capitals do not count with ignore-case",
    "{ vendor-class: 'CISCO*', ignore-case: true }",
    vendor("Cisco 7960"),
    true,
  ],
  [
    "capitals do not count with ignore-case, in a circuit-id",
    "{ circuit-id: 'Eth 1/*', ignore-case: true }",
    relayed("ETH 1/7", "sw"),
    true,
  ],
  [
    "capitals count elsewhere than with ignore-case",
    "{ any: [{ vendor-class: 'CISCO', ignore-case: true }, { vendor-class: CISCO }] }",
    vendor("cISCOx"),
    false,
  ],
  ["relay: its network", "{ relay: 192.168.1.0/28 }", { giaddr: "192.168.1.7" }, true],
  ["relay: another", "{ relay: 192.168.1.0/28 }", { giaddr: "192.168.1.17" }, false],
  ["relay: none", "{ relay: 0.0.0.0/0 }", {}, false],
  ["interface", "{ interface: 'eth?' }", {}, true],
  [
    "option: text by name",
    "{ options: { host-name: 'p*' } }",
    { options: [[12, text("pi")]] },
    true,
  ],
  [
    "option: a number by name",
    "{ options: { dhcp-max-message-size: 1500 } }",
    { options: [[57, hexOctets("05dc")]] },
    true,
  ],
  [
    "option: a list by name",
    "{ options: { dhcp-parameter-request-list: [1, 3] } }",
    { list: [1, 3, 6] },
    false,
  ],
  [
    "option: octets by name",
    "{ options: { dhcp-client-identifier: '00:*' } }",
    { clientId: "00:01:02" },
    true,
  ],
  [
    "option: octets by name, as text",
    "{ options: { dhcp-client-identifier: { text: '?pi*' } } }",
    { clientId: "00:70:69:31" },
    true,
  ],
  [
    "option: by code",
    "{ options: { other: [{ code: 224, value: 'lob*' }] } }",
    { options: [[224, text("lobby")]] },
    true,
  ],
  ["several keys: both", "{ vendor-class: x, mac: 'b8:27' }", vendor("x"), true],
  ["several keys: one of them", "{ vendor-class: y, mac: 'b8:27' }", vendor("x"), false],
  ["any", "{ any: [{ vendor-class: y }, { mac: 'b8:27' }] }", vendor("x"), true],
  ["all", "{ all: [{ vendor-class: 'x*' }, { vendor-class: '*y' }] }", vendor("xy"), true],
  ["not", "{ mac: 'b8:27', not: { vendor-class: x } }", vendor("x"), false],
  ["not: an option that is not there", "{ not: { vendor-class: '*' } }", {}, true],
];

for (const [what, match, ask, isIn] of ROWS) {
  Deno.test(`class, ${what}: ${isIn ? "in it" : "not in it"}`, () => {
    const config = withClasses(`- { name: some, match: ${match}, lease-time: 1h }`);
    assert.deepEqual(classesOf(config, ask), isIn ? ["some"] : []);
  });
}

Deno.test("class: option 82 that no relay agent brought is not believed (RFC 3046 §2.1)", () => {
  const config = withClasses("- { name: some, match: { circuit-id: '*' }, lease-time: 1h }");
  const untrusting = { ...config, trustOption82: new Set<string>() };
  assert.deepEqual(classesOf(config, relayed("a", "b")), ["some"]);
  assert.deepEqual(classesOf(untrusting, relayed("a", "b")), []);
  assert.deepEqual(classesOf(untrusting, { ...relayed("a", "b"), giaddr: "192.168.1.7" }), [
    "some",
  ]);
});

Deno.test("class: classes come in the order of the file, however they are found", () => {
  const config = withClasses(
    "- { name: c, match: { not: { vendor-class: z } }, lease-time: 1h }",
    "- { name: b, match: { vendor-class: abc }, lease-time: 1h }",
    "- { name: a, match: { any: [{ vendor-class: 'ab*' }, { vendor-class: 'a*' }] }, lease-time: 1h }",
  );
  assert.deepEqual(classesOf(config, vendor("abc")), ["c", "b", "a"]);
});

Deno.test("class: a client in none is decided about as ever, with no word of classes", () => {
  const config = withClasses("- { name: some, match: { vendor-class: x }, deny: true }");
  const { decision } = new Engine({ config }).decide({ type: RELEASE, ciaddr: "192.168.1.100" });
  assert(!("classes" in decision!));
});

/** A match as a test thinks of it, and as the file has it. */
interface MatchSketch {
  readonly yaml: string;
  readonly holds: (vendor: string, mac: string) => boolean;
}

const pattern = fc.string({ unit: fc.constantFrom("a", "b", "*"), minLength: 1, maxLength: 3 });
const { match: anyMatch } = fc.letrec<{ match: MatchSketch }>((tie) => ({
  match: fc.oneof(
    { maxDepth: 3 },
    pattern.map((glob): MatchSketch => ({
      yaml: `{ vendor-class: '${glob}' }`,
      holds: (vendor) => new RegExp(`^${glob.replaceAll("*", ".*")}$`).test(vendor),
    })),
    fc.constantFrom("02", "b8:27", "b8:27:eb:00:00:01").map((start): MatchSketch => ({
      yaml: `{ mac: '${start}:*' }`.replace("01:*", "01"),
      holds: (_, mac) => mac.startsWith(start),
    })),
    fc.boolean().map((isRandom): MatchSketch => ({
      yaml: `{ random-mac: ${isRandom} }`,
      holds: (_, mac) => mac.startsWith("02") === isRandom,
    })),
    tie("match").map((part): MatchSketch => ({
      yaml: `{ not: ${part.yaml} }`,
      holds: (vendor, mac) => !part.holds(vendor, mac),
    })),
    fc.tuple(fc.constantFrom("any", "all"), fc.array(tie("match"), { minLength: 1, maxLength: 3 }))
      .map(([kind, parts]): MatchSketch => ({
        yaml: `{ ${kind}: [${parts.map(({ yaml }) => yaml).join(", ")}] }`,
        holds: (vendor, mac) =>
          kind === "any"
            ? parts.some((part) => part.holds(vendor, mac))
            : parts.every((part) => part.holds(vendor, mac)),
      })),
  ),
}));

Deno.test("class: however classes are found, they are those whose match is true", () => {
  const asked = fc.record({
    name: fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 3 }),
    mac: fc.constantFrom("02:00:00:00:00:01", "b8:27:eb:00:00:01", "b8:27:eb:00:00:02"),
  });
  const matches = fc.array(anyMatch, { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(matches, fc.array(asked, { minLength: 1, maxLength: 4 }), (matches, asks) => {
      const lines = matches.map(({ yaml }, i) => `- { name: c${i}, match: ${yaml}, limit: 9 }`);
      const config = withClasses(...lines);
      for (const { name, mac } of asks) {
        const expected = matches.flatMap(({ holds }, i) => holds(name, mac) ? [`c${i}`] : []);
        assert.deepEqual(classesOf(config, { mac, ...vendor(name) }), expected);
      }
    }),
    { numRuns: 200 },
  );
});

/** How many classes a client is compared with. */
function comparisons(config: Config, ask: Ask): number {
  const classes = config.classes!;
  const request = new Engine({ config }).requestOf({ type: DISCOVER, ...ask });
  return [...likelyTests(classes, new FieldValues(classes.fields, request))].length;
}

Deno.test("class: of 5,000, a client is compared with those that its values lead to", () => {
  const COUNT = 5_000;
  const lines = Array.from({ length: COUNT / 5 }, (_, i) => {
    const mac = `02:00:00:${macOf(i).slice(9)}`;
    return [
      `- { name: mac-${i}, match: { mac: '${mac.slice(0, 14)}' }, lease-time: 1h }`,
      `- { name: vendor-${i}, match: { vendor-class: 'vendor ${i}*' }, lease-time: 1h }`,
      `- { name: port-${i}, match: { circuit-id: 'eth ${i}', relay: 10.0.0.1 }, lease-time: 1h }`,
      `- { name: user-${i}, match: { any: [{ user-class: u${i} }, { user-class: v${i} }] }, lease-time: 1h }`,
      `- { name: arch-${i}, match: { options: { other: [{ code: 224, value: o${i} }] }, random-mac: true }, lease-time: 1h }`,
    ];
  }).flat();
  const config = withClasses(...lines);
  assert.equal(config.classes!.all.length, COUNT);
  const ask: Ask = {
    mac: macOf(3),
    options: [[60, text("vendor 123")], [77, text("v77")], [224, text("o5")]],
  };
  assert(comparisons(config, ask) < 10, `${comparisons(config, ask)} comparisons`);
  assert.deepEqual(classesOf(config, ask), ["vendor-1", "vendor-12", "user-77", "vendor-123"]);
});

Deno.test("class: a list of 10,000 MACs is one comparison, too", () => {
  const macs = Array.from({ length: 10_000 }, (_, i) => `'02:00:00:01:${macOf(i).slice(12)}'`);
  const config = withClasses(`- { name: some, match: { mac: [${macs}] }, deny: true }`);
  assert.equal(comparisons(config, { mac: "02:00:00:01:00:07" }), 1);
  assert.deepEqual(classesOf(config, { mac: "02:00:00:01:00:07" }), ["some"]);
  assert.equal(comparisons(config, { mac: "02:00:00:02:00:07" }), 0);
});

Deno.test("class: values that are many or alike do not multiply the comparisons", () => {
  const lines = Array.from({ length: 100 }, (_, i) => [
    `- { name: user-${i}, match: { user-class: 'iPXE*z' }, lease-time: 1h }`,
    `- { name: arch-${i}, match: { architecture: 7 }, lease-time: 1h }`,
  ]).flat();
  const config = withClasses(...lines);
  const many = (count: number, octets: (i: number) => number[]) =>
    Uint8Array.from(Array.from({ length: count }, (_, i) => octets(i)).flat());
  const alike: Ask = {
    options: [
      [77, many(228, () => [4, ...text("iPXE")])],
      [93, many(500, () => [0, 7])],
    ],
  };
  assert.equal(comparisons(config, alike), 200);
  assert.deepEqual(valueCounts(config, alike), { "user-class": 2, "architecture": 1 });
  const different: Ask = {
    options: [
      [77, many(190, (i) => [5, ...text("iPXE"), i + 1])],
      [93, many(500, (i) => [i >>> 8, i & 255])],
    ],
  };
  assert.equal(comparisons(config, different), 200);
  assert.deepEqual(valueCounts(config, different), { "user-class": 33, "architecture": 32 });
});

/** How many values of a client the fields have that can have several. */
function valueCounts(config: Config, ask: Ask): Record<string, number> {
  const { fields } = config.classes!;
  const values = new FieldValues(
    fields,
    new Engine({ config }).requestOf({ type: DISCOVER, ...ask }),
  );
  return Object.fromEntries(
    fields.flatMap(({ kind }, i) =>
      kind === "user-class" || kind === "architecture" ? [[kind, values.of(i).length]] : []
    ),
  );
}
