/** docs/COMING_FROM.md: what it says of our config loads, and what it shows of others is known. */
import assert from "node:assert/strict";
import { findForeignLine } from "../../src/config/foreign_config.ts";
import { loadConfig } from "../../src/config/load.ts";

const page = await Deno.readTextFile(new URL("../../docs/COMING_FROM.md", import.meta.url));

/** A file with the keys of a row at the place that the row names. */
const FILES: Readonly<Record<string, (keys: string) => string>> = {
  "file": (keys) => fileWith(keys),
  "subnet": (keys) => fileWith("", keys),
  "pool": (keys) => fileWith("", `pools: [{ range: 192.168.1.100-192.168.1.199, ${keys} }]`),
  "reservation": (keys) =>
    fileWith("", `reservations: [{ mac: "02:00:00:00:00:01", comment: x, ${keys} }]`),
  "class": (keys) => fileWith(`classes: [{ name: phones, lease-time: 1h, ${keys} }]`),
  "options": (keys) => fileWith(`options: { ${keys} }`),
};

/** What a file needs, but for the keys that it has. */
function fileWith(atTop: string, inSubnet = ""): string {
  const has = (keys: string, key: string) => new RegExp(`(^|, )${key}: `).test(keys);
  const subnet = [
    "subnet: 192.168.1.0/24",
    ...has(inSubnet, "pools") ? [] : ["pools: 192.168.1.100-192.168.1.199"],
    ...inSubnet === "" ? [] : [inSubnet],
  ];
  const file = [
    ...has(atTop, "interfaces") ? [] : ["interfaces: eth0"],
    ...has(atTop, "subnets") ? [] : [`subnets: [{ ${subnet.join(", ")} }]`],
    ...has(atTop, "classes")
      ? []
      : ["classes: [{ name: phones, match: { vendor-class: Cisco* }, lease-time: 1h }]"],
    ...atTop === "" ? [] : [atTop],
  ];
  return `{ ${file.join(", ")} }\n`;
}

/** A deny says that its settings are told to nobody, and empty pools that nobody gets an address. */
const MAY_BE_SAID = /^clients of the class "phones" get no answer|has neither pools nor reserved/;

for (const part of page.split(/^## /m).slice(1)) {
  const [server] = part.split("\n", 1);
  for (const line of part.split("\n").filter((it) => it.startsWith("| "))) {
    const [theirs, where, ours] = line.split(" | ").map((cell) =>
      cell.replace(/^\| | \|$/g, "").trim()
    );
    if (where === "where" || where!.startsWith("---")) continue;
    Deno.test(`docs: from ${server}: ${theirs}`, () => {
      const text = FILES[where!]!(/^`([^`]+)`/.exec(ours!)![1]!);
      const result = loadConfig(text, "config.yaml");
      const problems = "config" in result ? result.warnings : result.problems;
      const serious = problems.filter(({ severity, message }) =>
        severity === "error" || !MAY_BE_SAID.test(message)
      );
      assert.deepEqual(serious, [], text);
      if (server === "Kea") return;
      const their = /^`([^`]+)`/.exec(theirs!)![1]!;
      assert.match(findForeignLine(their)?.message ?? "not known", new RegExp(`for ${server},`));
    });
  }
  for (const [, language, text] of part.matchAll(/^```(\w+)\n(.*?)^```/gms)) {
    Deno.test(`docs: from ${server}: the example in ${language}`, () => {
      const result = loadConfig(text!, "config.yaml");
      if (language === "yaml") {
        assert.ok("config" in result && result.warnings.length === 0, JSON.stringify(result));
      } else {
        assert.ok("problems" in result);
        assert.match(result.problems[0]!.message, new RegExp(`this is written for ${server},`));
      }
    });
  }
}
