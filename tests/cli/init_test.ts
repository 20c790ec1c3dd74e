/** `sublet init`: the config for a machine, from what is known of its interfaces. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { type InterfaceFacts, renderInitialConfig } from "../../src/cli/init.ts";
import type { Config } from "../../src/config/config.ts";
import { loadConfig } from "../../src/config/load.ts";
import { ConfigError } from "../../src/config/problem.ts";
import { formatIpv4, networkOf, parseCidr, parseIpv4 } from "../../src/wire/ipv4.ts";
import { rangesOf } from "../support/leases_fixture.ts";

/** An interface that is up, with addresses like `192.168.1.1/24`. */
function ethernet(
  name: string,
  addresses: readonly string[],
  rest: Partial<Omit<InterfaceFacts, "defaultGateway">> & { readonly gateway?: string } = {},
): InterfaceFacts {
  const { gateway, ...facts } = rest;
  return {
    name,
    ethernet: true,
    up: true,
    loopback: false,
    addresses: addresses.map((text) => {
      const { network: address, prefixLength } = parseCidr(text)!;
      return { address, cidr: networkOf(address, prefixLength) };
    }),
    ...(gateway === undefined ? {} : { defaultGateway: parseIpv4(gateway)! }),
    ...facts,
  };
}

const LOOPBACK = ethernet("lo", ["127.0.0.1/8"], { ethernet: false, loopback: true });

/** The config that the text is; it has nothing to mind. */
function configOf(text: string): Config {
  const result = loadConfig(text, "config.yaml");
  assert.ok("config" in result, `${JSON.stringify(result)}\n${text}`);
  assert.deepEqual(result.warnings, [], text);
  return result.config;
}

/** Interface, subnet, pool and router of the config for these interfaces. */
function chosen(interfaces: readonly InterfaceFacts[], name?: string): string[] {
  const { interfaces: names, subnets: [subnet] } = configOf(renderInitialConfig(interfaces, name));
  const pool = rangesOf(subnet!).map(({ first, last }) =>
    `${formatIpv4(first)}-${formatIpv4(last)}`
  );
  return [...names, subnet!.name, pool.join(","), subnet!.options.get(3)!.join(".")];
}

Deno.test("init: a router gives addresses on the side the default route does not leave by", () => {
  const interfaces = [
    LOOPBACK,
    ethernet("wan0", ["203.0.113.7/24"], { gateway: "203.0.113.1" }),
    ethernet("lan0", ["192.168.1.1/24"], { up: false }),
  ];
  assert.deepEqual(chosen(interfaces), [
    "lan0",
    "192.168.1.0/24",
    "192.168.1.100-192.168.1.199",
    "192.168.1.1",
  ]);
  assert.match(renderInitialConfig(interfaces), /internet is another \(wan0\)/);
});

Deno.test("init: with one interface, the router there is another machine, and in no pool", () => {
  const interfaces = [LOOPBACK, ethernet("eth0", ["10.0.0.150/24"], { gateway: "10.0.0.199" })];
  assert.deepEqual(chosen(interfaces), [
    "eth0",
    "10.0.0.0/24",
    "10.0.0.100-10.0.0.149,10.0.0.151-10.0.0.198",
    "10.0.0.199",
  ]);
  assert.match(renderInitialConfig(interfaces), /turn that one off first/);
});

Deno.test("init: without a default route, it says that this machine is router and DNS, and what else to write", () => {
  const own = renderInitialConfig([LOOPBACK, ethernet("eth0", ["10.0.0.1/24"])]);
  assert.match(
    own,
    /no default route here[^]*their router and\n.*DNS server itself[^]*routers: 10\.0\.0\.1\n/,
  );
  assert.match(own, /write the addresses of those that are, or leave/);
  const another = ethernet("eth0", ["10.0.0.2/24"], { gateway: "10.0.0.1" });
  assert.doesNotMatch(renderInitialConfig([LOOPBACK, another]), /no default route/);
});

Deno.test("init: bridges of containers come last, and br-lan is none", () => {
  const eth0 = ethernet("eth0", ["10.0.0.2/24"], { gateway: "10.0.0.1" });
  const containers = ["docker0", "br-0123456789ab", "virbr0", "veth12ab"]
    .map((name, i) => ethernet(name, [`172.1${i}.0.1/16`]));
  assert.equal(chosen([...containers, eth0])[0], "eth0");
  assert.equal(chosen([...containers, eth0, ethernet("br-lan", ["10.1.0.1/24"])])[0], "br-lan");
  assert.equal(chosen(containers)[0], "docker0");
});

Deno.test("init: an interface that is up comes before one that is not", () => {
  const down = ethernet("eth0", ["10.0.0.1/24"], { up: false });
  assert.equal(chosen([down, ethernet("eth1", ["10.0.1.1/24"])])[0], "eth1");
  assert.equal(chosen([down])[0], "eth0");
});

Deno.test("init: --interface has the last word, of those that can be served", () => {
  const interfaces = [
    LOOPBACK,
    ethernet("wan0", ["203.0.113.7/24"], { gateway: "203.0.113.1" }),
    ethernet("lan0", ["192.168.1.1/24"]),
    ethernet("lan1", []),
    ethernet("tun0", ["10.8.0.1/24"], { ethernet: false }),
  ];
  assert.equal(chosen(interfaces, "wan0")[0], "wan0");
  const refused = (name: string, message: RegExp) =>
    assert.throws(() => renderInitialConfig(interfaces, name), { name: "ConfigError", message });
  refused("eth9", /^there is no interface eth9; there are: lo, wan0, lan0, lan1, tun0$/);
  refused("lo", /^lo cannot be served: it is the loopback interface$/);
  refused("lan1", /^lan1 cannot be served: it has no IPv4 address; give it one first/);
  refused("tun0", /^tun0 cannot be served: it is no Ethernet interface$/);
});

Deno.test("init: where no interface can be served, each is named with what is amiss", () => {
  const interfaces = [LOOPBACK, ethernet("eth0", []), ethernet("eth1", ["10.0.0.1/32"])];
  assert.throws(() => renderInitialConfig(interfaces), (error: unknown) => {
    assert.ok(error instanceof ConfigError);
    assert.equal(error.exitCode, 78);
    assert.deepEqual(error.message.split("\n"), [
      "no interface of this machine can be served:",
      "  lo: it is the loopback interface",
      "  eth0: it has no IPv4 address; give it one first, as in " +
      "ip address add 192.168.1.1/24 dev eth0",
      "  eth1: its network 10.0.0.1/32 has no room for clients",
    ]);
    return true;
  });
});

Deno.test("init: small and huge networks get a pool that fits", () => {
  const pool = (address: string) => chosen([ethernet("eth0", [address])]).slice(1, 3);
  assert.deepEqual(pool("10.0.0.1/31"), ["10.0.0.0/31", "10.0.0.0-10.0.0.0"]);
  assert.deepEqual(pool("10.0.0.1/30"), ["10.0.0.0/30", "10.0.0.2-10.0.0.2"]);
  assert.deepEqual(pool("10.0.0.3/29"), ["10.0.0.0/29", "10.0.0.1-10.0.0.2,10.0.0.4-10.0.0.6"]);
  assert.deepEqual(pool("10.0.0.1/27"), ["10.0.0.0/27", "10.0.0.16-10.0.0.30"]);
  assert.deepEqual(pool("10.0.0.130/25"), ["10.0.0.128/25", "10.0.0.192-10.0.0.254"]);
  assert.deepEqual(pool("10.9.8.7/8"), ["10.0.0.0/8", "10.9.8.100-10.9.8.199"]);
});

Deno.test("init: an interface whose name no config takes is not chosen", () => {
  const odd = ethernet("a,b", ["192.168.1.1/24"]);
  assert.equal(chosen([odd, ethernet("eth0", ["10.0.0.1/24"])])[0], "eth0");
  assert.throws(() => renderInitialConfig([odd], "a,b"), {
    name: "ConfigError",
    message: "a,b cannot be served: a config takes no name like that; rename it",
  });
});

/** Names as the kernel allows them, such as mean something else in YAML among them. */
const interfaceName = fc.oneof(
  fc.constantFrom(
    "null",
    "true",
    "~",
    "1",
    "0x1",
    "1e3",
    "-",
    "#",
    "&a",
    "*a",
    "!",
    "a,b",
    "[",
    "'",
  ),
  fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 15 })
    .filter((name) => !/[\s/:]/.test(name) && name !== "." && name !== ".."),
);

const facts: fc.Arbitrary<InterfaceFacts> = fc.record({
  name: interfaceName,
  ethernet: fc.boolean(),
  up: fc.boolean(),
  loopback: fc.boolean(),
  addresses: fc.array(
    fc.tuple(fc.integer({ min: 0, max: 0xffff_ffff }), fc.integer({ min: 0, max: 32 }))
      .map(([address, prefixLength]) => ({ address, cidr: networkOf(address, prefixLength) })),
    { maxLength: 3 },
  ),
  gatewayOffset: fc.option(fc.integer({ min: -3, max: 3 }), { nil: undefined }),
}).map(({ gatewayOffset, ...rest }) => {
  const [primary] = rest.addresses;
  if (gatewayOffset === undefined || primary === undefined) return rest;
  return { ...rest, defaultGateway: (primary.address + gatewayOffset) >>> 0 };
});

Deno.test("property: for whatever machine, what init prints is a config without problems", () => {
  let printed = 0;
  const machines = fc.uniqueArray(facts, { selector: ({ name }) => name, maxLength: 5 });
  fc.assert(
    fc.property(machines, (interfaces) => {
      let text: string;
      try {
        text = renderInitialConfig(interfaces);
      } catch (error) {
        assert.ok(error instanceof ConfigError, String(error));
        return;
      }
      printed++;
      const { interfaces: [name], subnets: [subnet] } = configOf(text);
      const served = interfaces.find((each) => each.name === name);
      assert.ok(served !== undefined && served.ethernet && !served.loopback);
      const taken = interfaces.flatMap(({ addresses }) => addresses.map(({ address }) => address));
      if (served.defaultGateway !== undefined) taken.push(served.defaultGateway);
      assert.ok(rangesOf(subnet!).length > 0);
      for (const { first, last } of rangesOf(subnet!)) {
        assert.ok(!taken.some((address) => first <= address && address <= last), text);
      }
    }),
    { numRuns: 500 },
  );
  assert.ok(printed > 50);
});
