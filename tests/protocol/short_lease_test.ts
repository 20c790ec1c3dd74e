/** Lease times that depend on how things stand: first leases, and pools that are nearly full. */
import assert from "node:assert/strict";
import { DISCOVER, optionSeconds, RELEASE, REQUEST } from "../support/dhcp_packets.ts";
import { type Ask, Engine, hexOctets, macOf, SERVER } from "../support/engine_fixture.ts";
import { loadedConfig } from "../support/loaded_config.ts";

const HOUR = 3600;

function engineWith(...lines: string[]): Engine {
  const config = loadedConfig(
    "interfaces: eth0",
    "conflict-probe: off",
    ...lines,
    "subnets:",
    "  - subnet: 192.168.1.0/24",
    "    pools: 192.168.1.100-192.168.1.109",
    "    reservations: [{ mac: 'b8:27:eb:00:00:63', address: 192.168.1.109 }]",
  );
  return new Engine({ config });
}

/** Seconds of option 51 in the answer. */
function seconds(engine: Engine, ask: Ask): number {
  return optionSeconds(engine.ask(ask).packet!, 51)!;
}

const select = (mac: string, address: string): Ask => ({
  type: REQUEST,
  mac,
  requested: address,
  server: SERVER,
});

Deno.test("first: short for a client without a lease, OFFER and ACK alike; then as ever", () => {
  const engine = engineWith("lease-time: { default: 12h, first: 1h }");
  assert.equal(seconds(engine, { type: DISCOVER }), HOUR);
  const address = engine.decide({ type: DISCOVER }).packet!.yiaddr;
  assert.equal(seconds(engine, select(macOf(1), address)), HOUR);
  engine.advance(HOUR / 2);
  assert.equal(seconds(engine, { type: REQUEST, ciaddr: address, to: SERVER }), 12 * HOUR);
  // A reboot within the lease is no first lease, either.
  assert.equal(seconds(engine, { type: DISCOVER }), 12 * HOUR);
  engine.ask({ type: RELEASE, ciaddr: address, server: SERVER });
  assert.equal(seconds(engine, { type: DISCOVER }), HOUR, "but after a release it is one");
});

Deno.test("first: in a class of made up MACs, for them and nobody else", () => {
  const engine = engineWith(
    "lease-time: 12h",
    "classes:",
    "  - { name: random, match: { random-mac: true }, lease-time: { default: 10h, first: 1h } }",
  );
  assert.equal(seconds(engine, { type: DISCOVER, mac: "9a:00:00:00:00:01" }), HOUR);
  assert.equal(seconds(engine, { type: DISCOVER, mac: macOf(1) }), 12 * HOUR);
});

Deno.test("first: what a client asks for is cut, and less is granted (RFC 2131 §4.3.1)", () => {
  const engine = engineWith("lease-time: { default: 12h, min: 10m, max: 1d, first: 1h }");
  const wish = (hex: string): Ask => ({ type: DISCOVER, options: [[51, hexOctets(hex)]] });
  assert.equal(seconds(engine, wish("00015180")), HOUR);
  assert.equal(seconds(engine, wish("00000708")), HOUR / 2);
});

Deno.test("first: a lease that has run out is begun anew", () => {
  const engine = engineWith("lease-time: { default: 12h, first: 1h }");
  engine.ask(select(macOf(1), "192.168.1.100"));
  engine.advance(HOUR + 1);
  const { decision } = engine.decide(select(macOf(1), "192.168.1.100"));
  assert(decision?.kind === "reply-after-commit");
  assert.equal(decision.change.expiresAtMs, engine.nowMs + HOUR * 1000);
});

Deno.test("when-full: short from the client on that fills the pool beyond the part", () => {
  const engine = engineWith("lease-time: { default: 12h, when-full: { above: 50%, max: 1h } }");
  // Nine addresses: the tenth is reserved.
  for (let number = 1; number <= 9; number++) {
    const mac = macOf(number);
    const expected = number / 9 > 0.5 ? HOUR : 12 * HOUR;
    assert.equal(seconds(engine, { type: DISCOVER, mac }), expected, `OFFER ${number}`);
    const address = engine.decide({ type: DISCOVER, mac }).packet!.yiaddr;
    assert.equal(seconds(engine, select(mac, address)), expected, `ACK ${number}`);
  }
  const renewal = (number: number) => {
    const mac = macOf(number);
    const address = engine.decide({ type: DISCOVER, mac }).packet!.yiaddr;
    return seconds(engine, { type: REQUEST, mac, ciaddr: address, to: SERVER });
  };
  assert.equal(renewal(1), HOUR, "a renewal, too");
  for (const number of [2, 3, 4, 5, 6]) {
    const mac = macOf(number);
    const address = engine.decide({ type: DISCOVER, mac }).packet!.yiaddr;
    engine.ask({ type: RELEASE, mac, ciaddr: address, server: SERVER });
  }
  assert.equal(renewal(1), 12 * HOUR, "until there is room again");
});

Deno.test("when-full: no matter to a reserved address, which is nobody else's", () => {
  const engine = engineWith("lease-time: { default: 12h, when-full: { above: 10%, max: 1h } }");
  assert.equal(seconds(engine, { type: DISCOVER, mac: macOf(1) }), HOUR);
  assert.equal(seconds(engine, { type: DISCOVER, mac: macOf(99) }), 12 * HOUR);
});

Deno.test("a reservation that several machines share is leased for a day at most, never without end", () => {
  const config = loadedConfig(
    "interfaces: eth0",
    "conflict-probe: off",
    "lease-time: infinite",
    "subnets:",
    "  - subnet: 192.168.1.0/24",
    "    reservations:",
    `      - { mac: ["${macOf(1)}", "${macOf(2)}"], address: 192.168.1.10 }`,
    `      - { mac: "${macOf(3)}", address: 192.168.1.11 }`,
  );
  const engine = new Engine({ config });
  const day = 24 * HOUR;
  assert.equal(seconds(engine, { type: DISCOVER }), day);
  assert.equal(seconds(engine, select(macOf(1), "192.168.1.10")), day);
  const own = seconds(engine, { type: DISCOVER, mac: macOf(3) });
  assert.equal(own, 0xffff_ffff, "one machine's own is without end, as the config says");
});
