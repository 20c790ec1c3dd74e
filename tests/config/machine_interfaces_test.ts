/** What is said of the interfaces of a file, beside those that the machine has. */
import assert from "node:assert/strict";
import { loadConfig } from "../../src/config/load.ts";
import { formatProblem } from "../../src/config/problem.ts";
import { inFile } from "./bad_configs.ts";

const MACHINE = [
  { name: "lo", loopback: true, addresses: ["127.0.0.1"] },
  { name: "wlan0", loopback: false, addresses: [] },
  { name: "eth0", loopback: false, addresses: ["192.168.1.1"] },
];

/** All that is said of a config with these interfaces, and whether it is in order. */
function check(interfaces: string, machine = MACHINE) {
  const text = inFile().replace("interfaces: eth0", `interfaces: ${interfaces}`);
  const result = loadConfig(text, "config.yaml", () => machine);
  const problems = "config" in result ? result.warnings : result.problems;
  return { isOk: "config" in result, lines: problems.map(formatProblem).join("\n").split("\n") };
}

Deno.test("interfaces: an address or a pattern is no name, and those that there are are told", () => {
  const has = "  hint: this machine has eth0 (192.168.1.1) and wlan0";
  const address = (text: string) => ({
    isOk: false,
    lines: [`config.yaml:1:13: ${text} is an address, and no name of an interface`, has],
  });
  assert.deepEqual(check("192.168.1.1"), address("192.168.1.1"));
  assert.deepEqual(check("192.168.1.0/24"), address("192.168.1.0/24"));
  for (const pattern of ["eth0.*", '"*"', "eth?"]) {
    const name = `"${pattern.replaceAll('"', "")}"`;
    const said = `config.yaml:1:13: ${name} is a pattern: each interface is listed by its name`;
    assert.deepEqual(check(pattern), { isOk: false, lines: [said, has] });
  }
  assert.deepEqual(check("eth0/192.168.1.1").lines, [
    'config.yaml:1:13: "eth0/192.168.1.1" has an address behind the interface',
    "  hint: write eth0",
  ]);
  // A hint of the schema's own is not put aside.
  assert.match(check("[eth0, wlan0 eth1]").lines.join(), /a comma is missing/);
});

Deno.test("interfaces: one that the machine has not is noted, with those that it has", () => {
  assert.deepEqual(check("[eth0, enp3s0]"), {
    isOk: true,
    lines: [
      'config.yaml:1:20: note: there is no interface "enp3s0"',
      "  hint: this machine has eth0 (192.168.1.1) and wlan0",
    ],
  });
  assert.deepEqual(check("[eth0, lo]"), { isOk: true, lines: [""] });
  assert.match(check("eth1", []).lines.join(), /has none but the loopback interface/);
  const many = Array.from({ length: 12 }, (_, i) => ({ ...MACHINE[1]!, name: `veth${i}` }));
  assert.match(check("eth1", many).lines.join(), /has veth0, .* veth9, and 2 more$/);
});

Deno.test("interfaces: where nobody knows what the machine has, nothing is said of it", () => {
  const text = inFile().replace("eth0", "192.168.1.1");
  for (const list of [undefined, () => undefined]) {
    const result = loadConfig(text, "config.yaml", list);
    assert.deepEqual("problems" in result && result.problems.map(formatProblem), [
      "config.yaml:1:13: 192.168.1.1 is an address, and no name of an interface",
    ]);
  }
});
