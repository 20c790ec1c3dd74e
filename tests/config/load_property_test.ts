/** Loading, on generated configs and on text of every sort. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { countAddresses } from "../../src/config/address_range.ts";
import { loadConfig } from "../../src/config/load.ts";
import { formatProblem, type Problem } from "../../src/config/problem.ts";
import { formatIpv4, type Ipv4 } from "../../src/wire/ipv4.ts";
import { inFile } from "./bad_configs.ts";

const NETWORK = 0x0a00_0000;

/** Which of the hosts 1 to 254 of 10.0.0.0/24 are in pools, excluded and reserved. */
interface Plan {
  readonly pooled: ReadonlySet<number>;
  readonly excluded: readonly number[];
  readonly reserved: readonly number[];
  readonly text: string;
}

/** Sorted, distinct numbers taken two by two are ranges that do not overlap. */
const plan: fc.Arbitrary<Plan> = fc.record({
  ends: fc.uniqueArray(fc.integer({ min: 1, max: 254 }), { minLength: 2, maxLength: 12 }),
  excluded: fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 8 }),
  reserved: fc.uniqueArray(fc.integer({ min: 1, max: 254 }), { maxLength: 8 }),
  byMac: fc.boolean(),
}).map(({ ends, excluded, reserved, byMac }) => {
  const sorted = ends.toSorted((a, b) => a - b);
  const pools: string[] = [];
  const pooled = new Set<number>();
  for (let i = 0; i + 1 < sorted.length; i += 2) {
    const [first, last] = [sorted[i]!, sorted[i + 1]!];
    pools.push(`10.0.0.${first}-10.0.0.${last}`);
    for (let host = first; host <= last; host++) pooled.add(host);
  }
  const reservations = reserved.map((host) => {
    const hex = host.toString(16).padStart(2, "0");
    const client = byMac ? `mac: "02:00:00:00:00:${hex}"` : `client-id: "01:${hex}"`;
    return `      - { ${client}, address: 10.0.0.${host} }`;
  });
  const text = [
    "interfaces: eth0",
    "subnets:",
    "  - subnet: 10.0.0.0/24",
    `    pools: [${pools.toReversed().join(", ")}]`,
    `    exclude: [${excluded.map((host) => `10.0.0.${host}`).join(", ")}]`,
    ...(reservations.length > 0 ? ["    reservations:", ...reservations] : []),
  ].join("\n");
  return { pooled, excluded, reserved, text };
});

Deno.test("property: ranges hold exactly the pooled addresses neither excluded nor reserved", () => {
  fc.assert(fc.property(plan, ({ pooled, excluded, reserved, text }) => {
    const result = loadConfig(text, "config.yaml");
    assert.ok("config" in result, text);
    const { pools, reservations } = result.config.subnets[0]!;
    const ranges = pools.flatMap((pool) => pool.ranges);
    const given = new Set<Ipv4>();
    for (const { first, last } of ranges) {
      for (let address = first; address <= last; address++) given.add(address);
    }
    const wanted = [...pooled].filter((host) =>
      !excluded.includes(host) && !reserved.includes(host)
    )
      .map((host) => NETWORK + host);
    assert.deepEqual([...given], wanted.toSorted((a, b) => a - b));
    assert.equal(countAddresses(ranges), wanted.length);
    assert.equal(reservations.byAddress.size, reserved.length);
  }));
});

/** What may be said of any text: problems in order, in the file, in one or two clean lines. */
function checkProblems(problems: readonly Problem[], text: string): void {
  const lines = text.replace(/^\uFEFF/, "").split("\n");
  for (const [i, problem] of problems.entries()) {
    const before = problems[i - 1];
    assert.ok(
      before === undefined || before.line < problem.line ||
        (before.line === problem.line && before.column <= problem.column),
    );
    assert.ok(problem.line >= 1 && problem.line <= lines.length, text);
    assert.ok(problem.column >= 1 && problem.column <= lines[problem.line - 1]!.length + 1, text);
    const hint = problem.hint === undefined ? 0 : 1;
    assert.equal(formatProblem(problem).split("\n").length, 1 + hint, JSON.stringify(problem));
    // zod's own words have not been replaced where they show up.
    assert.doesNotMatch(problem.message, /Invalid|undefined|Too (small|big)|received/);
  }
}

function loadAnything(text: string): void {
  const result = loadConfig(text, "config.yaml");
  const problems = "config" in result ? result.warnings : result.problems;
  assert.ok("config" in result || problems.some(({ severity }) => severity === "error"), text);
  checkProblems(problems, text);
}

Deno.test("property: any text gives a config or problems, and never an exception", () => {
  const text = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 100 })
    .map((units) => String.fromCharCode(...units));
  fc.assert(fc.property(fc.oneof(text, fc.string({ maxLength: 100 })), loadAnything));
});

const yamlPieces = fc.constantFrom(
  ...["interfaces", "subnets", "options", "status", "lease-time", "reservations", "other", "type"],
  ...["subnet", "pools", "exclude", "mac", "address", "routers", "code", "value", "__proto__"],
  ...[": ", ":\n", "\n", "\n  ", "\n  - ", "- ", "[", "]", "{", "}", ", ", "# ", "|\n", "? "],
  ...["&a ", "*a", "!!map ", "'", '"', "\t", "---\n", "%YAML 1.1\n", "~", ".nan", "-.inf", "0x1f"],
  ...["10.0.0.0/24", "10.0.0.1", "10.0.0.9-10.0.0.1", "12h", "infinite", "u8", "ipv4", "1e999"],
);

Deno.test("property: any heap of YAML gives a config or problems, and never an exception", () => {
  const heap = fc.array(yamlPieces, { maxLength: 40 }).map((pieces) => pieces.join(""));
  fc.assert(fc.property(heap, loadAnything), { numRuns: 1000 });
});

/** Any value at every place, as YAML reads JSON. */
const anyValue: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom(null, true, 0, -1, 1.5, 1e300, "", "off", "10.0.0.9", "10.0.0.0/24", "1h"),
    fc.constantFrom("10.0.0.1 10.0.0.2", "01:02", "u8", "ipv4-pair-list", 150, "02:00:00:00:00:01"),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom(
        ...["interfaces", "subnets", "options", "lease-time", "status", "listen", "default", "min"],
        ...["subnet", "pools", "exclude", "reservations", "mac", "address", "hostname", "journal"],
        ...["routers", "subnet-mask", "static-routes", "other", "code", "type", "value", "junk"],
      ),
      tie("value"),
      { maxKeys: 6 },
    ),
  ),
})).value;

Deno.test("property: values of any kind at any place give problems, and never an exception", () => {
  fc.assert(
    fc.property(anyValue, anyValue, anyValue, (options, subnet, top) => {
      loadAnything(JSON.stringify({ interfaces: "eth0", options, subnets: [subnet] }));
      loadAnything(inFile(`options: ${JSON.stringify(options)}`));
      loadAnything(JSON.stringify(top));
    }),
    { numRuns: 500 },
  );
});

Deno.test("property: an address outside 10.0.0.0/24 is refused wherever it is put", () => {
  const outside = fc.integer({ min: 0, max: 0xffff_ffff })
    .filter((address) => address < NETWORK || address > NETWORK + 255);
  fc.assert(fc.property(outside, fc.constantFrom("pools", "exclude"), (address, key) => {
    const text = `interfaces: eth0\nsubnets: [{ subnet: 10.0.0.0/24, ${key}: ${
      formatIpv4(address)
    } }]`;
    assert.ok("problems" in loadConfig(text, "config.yaml"));
  }));
});
