/** A config in several files: what they may say, and where its mistakes are. */
import assert from "node:assert/strict";
import { explainConfigFile, loadConfigFile } from "../../src/config/load.ts";
import { placesAbout } from "../../src/config/origins.ts";
import { formatProblem } from "../../src/config/problem.ts";
import { formatIpv4 } from "../../src/wire/ipv4.ts";

const MAIN = [
  "interfaces: eth0",
  "include: conf.d",
  "subnets:",
  "  - { subnet: 10.0.0.0/24, pools: 10.0.0.10 }",
];

/** Writes files below a directory of its own, and calls back with it; the first is main.yaml. */
async function withFiles(
  files: Readonly<Record<string, readonly string[]>>,
  use: (directory: string) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    for (const [name, lines] of Object.entries(files)) {
      const path = `${directory}/${name}`;
      await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      await Deno.writeTextFile(path, lines.map((line) => `${line}\n`).join(""));
    }
    await use(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** The subnets of the config, or all that is said of it, without the directory. */
async function load(directory: string): Promise<readonly string[]> {
  const result = await loadConfigFile(`${directory}/main.yaml`);
  const problems = "config" in result ? result.warnings : result.problems;
  if (problems.length > 0 || !("config" in result)) {
    return problems.map((it) => formatProblem(it).replaceAll(`${directory}/`, ""));
  }
  return result.config.subnets.map(({ name, reservations }) =>
    [name, ...[...reservations.byAddress.keys()].map(formatIpv4)].join(" ")
  );
}

function testFiles(
  what: string,
  files: Readonly<Record<string, readonly string[]>>,
  expected: readonly string[],
): void {
  Deno.test(`include: ${what}`, () =>
    withFiles(files, async (directory) => assert.deepEqual(await load(directory), expected)));
}

testFiles("a directory: its *.yaml in order, and nothing else", {
  "main.yaml": MAIN,
  "conf.d/20-b.yaml": ["subnets: [{ subnet: 10.0.2.0/24, pools: 10.0.2.10 }]"],
  "conf.d/10-a.yml": [
    "subnets: [{ subnet: 10.0.1.0/24, shared-network: wire, pools: 10.0.1.10 }]",
    "shared-networks: [{ name: wire }]",
    "lease-time: 1h",
  ],
  "conf.d/.hidden.yaml": ["nonsense"],
  "conf.d/notes.txt": ["nonsense"],
}, ["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"]);

testFiles("patterns, single files, and files that these include", {
  "main.yaml": ["interfaces: eth0", "include: [nets/net-*.yaml, rest/rest.yaml]"],
  "nets/net-1.yaml": ["subnets: [{ subnet: 10.0.1.0/24, pools: 10.0.1.10 }]"],
  "nets/other.yaml": ["nonsense"],
  "rest/rest.yaml": ["include: deeper.yaml"],
  "rest/deeper.yaml": ["subnets: [{ subnet: 10.0.2.0/24, pools: 10.0.2.10 }]"],
}, ["10.0.1.0/24", "10.0.2.0/24"]);

testFiles("reservations of a subnet from files, beside its own", {
  "main.yaml": [
    "interfaces: eth0",
    "subnets:",
    "  - subnet: 10.0.0.0/24",
    "    reservations: [{ mac: 52:54:00:00:00:01, address: 10.0.0.1 }]",
    "    reservations-from: [hosts/*.yaml]",
  ],
  "hosts/a.yaml": ["- { mac: 52:54:00:00:00:02, address: 10.0.0.2 }"],
  "hosts/b.yaml": [
    "- { mac: 52:54:00:00:00:03, address: 10.0.0.3 }",
    "- { mac: 52:54:00:00:00:04, address: 10.0.0.4 }",
  ],
}, ["10.0.0.0/24 10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4"]);

testFiles("each mistake has the file that it is in, and names the file of the other place", {
  "main.yaml": [
    "interfaces: eth0",
    "include: conf.d",
    "subnets:",
    "  - subnet: 10.0.0.0/24",
    "    pools: 10.0.0.10",
    "    reservations-from: hosts.yaml",
  ],
  "hosts.yaml": ["- { mac: 52:54:00:00:00:01, comment: x, adress: 10.0.0.9 }"],
  "conf.d/a.yaml": [
    "subnets:",
    "  - { subnet: 10.0.1.0/24, pools: [10.0.1.9, 10.0.9.9] }",
    "  - { subnet: 10.0.0.0/25, pools: 10.0.0.20 }",
  ],
}, [
  'hosts.yaml:1:41: unknown key "adress"\n  hint: did you mean "address"?',
  "conf.d/a.yaml:2:46: pool 10.0.9.9 is not inside the subnet 10.0.1.0/24\n" +
  '  hint: clients here can have 10.0.1.1-10.0.1.254; another network is another entry of "subnets"',
  "conf.d/a.yaml:3:15: subnet 10.0.0.0/25 overlaps the subnet 10.0.0.0/24 of line 4 of main.yaml",
]);

testFiles("a reservation that two files have", {
  "main.yaml": [...MAIN, "    reservations-from: hosts.yaml"].map((line) =>
    line.includes("10.0.0.10 }") ? "  - subnet: 10.0.0.0/24" : line
  ).concat("    reservations: [{ mac: 52:54:00:00:00:01, address: 10.0.0.1 }]"),
  "conf.d/empty.yaml": ["classes: []"],
  "hosts.yaml": ["- { mac: 52:54:00:00:00:02, address: 10.0.0.1 }"],
}, [
  "hosts.yaml:1:38: address 10.0.0.1 has a reservation on line 6 of main.yaml already\n" +
  "  hint: take another address for one of the two; cards of one machine are one entry: mac: [a, b]",
]);

testFiles("a key that only one file may have", {
  "main.yaml": [...MAIN, "lease-time: 1h"],
  "conf.d/a.yaml": ["options: { domain-name: a }", "lease-time: 2h"],
}, [
  'conf.d/a.yaml:2:1: "lease-time" is in main.yaml already, on line 5\n' +
  "  hint: what several files may have: subnets, classes, shared-networks",
]);

testFiles("a file that is not there, and one that is no YAML", {
  "main.yaml": [...MAIN.slice(0, 1), "include: [none.yaml, bad.yaml]", ...MAIN.slice(2)],
  "bad.yaml": ["subnets: ["],
}, [
  "main.yaml:2:11: cannot read none.yaml: there is no such file",
  "bad.yaml:1:10: this [ is not closed",
]);

testFiles("a circle, and a file that is read twice", {
  "main.yaml": [...MAIN.slice(0, 1), "include: [a.yaml, a.yaml]", ...MAIN.slice(2)],
  "a.yaml": ["include: main.yaml"],
}, [
  "a.yaml:1:10: main.yaml is read already: a file is read once",
  "main.yaml:2:19: a.yaml is read already: a file is read once",
]);

testFiles("what is no config, and no list of reservations", {
  "main.yaml": [
    ...MAIN.slice(0, 1),
    "include: [a.yaml]",
    ...MAIN.slice(2),
    "    reservations-from: b.yaml",
  ]
    .map((line) => line.includes("10.0.0.10 }") ? "  - subnet: 10.0.0.0/24" : line)
    .concat("    pools: 10.0.0.10"),
  "a.yaml": ["- 1"],
  "b.yaml": ["mac: 1"],
}, [
  "b.yaml:1:1: expected a list of reservations",
  "a.yaml:1:1: expected a map with keys like subnets",
]);

Deno.test("include: --explain tells the file of each place and setting", () =>
  withFiles({
    "main.yaml": [...MAIN, "lease-time: 1h"],
    "conf.d/a.yaml": [
      "subnets:",
      "  - subnet: 10.0.1.0/24",
      "    pools: 10.0.1.10",
      "    port-limit: 3",
    ],
  }, async (directory) => {
    const places = await explainConfigFile(`${directory}/main.yaml`);
    const [place] = placesAbout(places, "10.0.1.0/24");
    const where = (it: { file?: string; line: number | undefined }) =>
      `${it.file?.slice(directory.length + 1)}:${it.line}`;
    assert.equal(where(place!), "conf.d/a.yaml:2");
    assert.deepEqual(place!.settings.map((it) => `${it.name} ${where(it)}`), [
      "lease-time main.yaml:5",
      "port-limit conf.d/a.yaml:4",
    ]);
  }));

Deno.test("include: the config knows what a reload has to read", () =>
  withFiles({ "main.yaml": MAIN, "conf.d/a.yaml": ["classes: []"] }, async (directory) => {
    const result = await loadConfigFile(`${directory}/main.yaml`);
    assert("config" in result);
    assert.deepEqual(result.config.included, [`${directory}/conf.d`]);
  }));
