/** Limits of leases: for all clients of a class, and for each port. */
import assert from "node:assert/strict";
import { DISCOVER, option, RELEASE, REQUEST } from "../support/dhcp_packets.ts";
import { type Ask, Engine, hexOctets, macOf, SERVER } from "../support/engine_fixture.ts";
import { ip, numberedClient } from "../support/leases_fixture.ts";
import { loadedConfig } from "../support/loaded_config.ts";

const text = (value: string) => new TextEncoder().encode(value);

const CONFIG = loadedConfig(
  "interfaces: eth0",
  "trust-option-82: eth0",
  "conflict-probe: off",
  "bootp: dynamic",
  "port-limit: 2",
  "classes:",
  "  - { name: phones, match: { vendor-class: phone }, limit: 2 }",
  "  - { name: uplinks, match: { circuit-id: uplink }, port-limit: off }",
  "subnets:",
  "  - subnet: 192.168.1.0/24",
  "    pools: 192.168.1.100-192.168.1.199",
  "    reservations: [{ mac: 'b8:27:eb:00:00:63', address: 192.168.1.50 }]",
);

const engine = () => new Engine({ config: CONFIG });

/** Option 82 with a circuit-id. */
function at(port: string): NonNullable<Ask["options"]> {
  const octets = text(port);
  return [[82, Uint8Array.of(1, octets.length, ...octets)]];
}
const phone: NonNullable<Ask["options"]> = [[60, text("phone")]];

/** Takes an address as a client does; says what the last answer was. */
function take(engine: Engine, number: number, options: Ask["options"] = []): string {
  const ask = { mac: macOf(number), options };
  const { told, packet } = engine.ask({ type: DISCOVER, ...ask });
  if (packet === undefined) return told;
  const { yiaddr } = packet;
  return engine.ask({ type: REQUEST, requested: yiaddr, server: SERVER, ...ask }).told;
}

/** The address of a client in the table. */
function addressOf(engine: Engine, number: number): string {
  return engine.decide({ type: DISCOVER, mac: macOf(number) }).packet!.yiaddr;
}

Deno.test("limit of a port: no more leases at once, and another port is another matter", () => {
  const lan = engine();
  for (const number of [1, 2]) assert.match(take(lan, number, at("port 1")), /^ACK/);
  assert.equal(take(lan, 3, at("port 1")), "silence (limit-reached)");
  assert.match(take(lan, 3, at("port 2")), /^ACK/);
  assert.match(take(lan, 4), /^ACK/, "nothing is known of where it is");
});

Deno.test("limit of a port: a lease that is given back, or runs out, makes room", () => {
  const lan = engine();
  for (const number of [1, 2]) take(lan, number, at("port 1"));
  const release = { type: RELEASE, ciaddr: addressOf(lan, 1), server: SERVER };
  lan.ask({ ...release, mac: macOf(1) });
  assert.match(take(lan, 3, at("port 1")), /^ACK/);
  assert.equal(take(lan, 4, at("port 1")), "silence (limit-reached)");
  lan.advance(12 * 3600 + 1);
  for (const number of [4, 5]) assert.match(take(lan, number, at("port 1")), /^ACK/);
});

Deno.test("limit of a port: whoever renews is never cut off, by whatever way", () => {
  const lan = engine();
  for (const number of [1, 2]) take(lan, number, at("port 1"));
  // The limit may have come later: here the port of the third is another by now.
  take(lan, 3, at("port 2"));
  for (const number of [1, 2, 3]) {
    const address = addressOf(lan, number);
    const client = { type: REQUEST, mac: macOf(number) };
    const renewal = lan.ask({ ...client, ciaddr: address, to: SERVER });
    assert.equal(renewal.told, `ACK ${address} (renewed)`);
    const rebind = lan.ask({ ...client, ciaddr: address, options: at("port 1") });
    assert.equal(rebind.told, `ACK ${address} (renewed)`);
    const reboot = lan.ask({ ...client, requested: address, options: at("port 1") });
    assert.equal(reboot.told, `ACK ${address} (renewed)`);
    assert.match(take(lan, number, at("port 1")), /^ACK/);
  }
});

Deno.test("limit of a port: offers are not counted, so the last REQUEST is refused", () => {
  const lan = engine();
  const offers = [1, 2, 3].map((number) => {
    const ask = { mac: macOf(number), options: at("port 1") };
    return { ...ask, requested: lan.ask({ type: DISCOVER, ...ask }).packet!.yiaddr };
  });
  const answers = offers.map((ask) => lan.ask({ type: REQUEST, server: SERVER, ...ask }).told);
  assert.deepEqual(answers.map((told) => told.slice(0, 3)), ["ACK", "ACK", "NAK"]);
  assert.equal(answers[2], "NAK (limit-reached)");
});

Deno.test("limit of a port: a nearer scope says otherwise, and a reservation is exempt", () => {
  const lan = engine();
  for (const number of [1, 2, 3, 4]) assert.match(take(lan, number, at("uplink")), /^ACK/);
  for (const number of [5, 6]) take(lan, number, at("port 1"));
  assert.match(take(lan, 99, at("port 1")), /^ACK 192\.168\.1\.50 /);
});

/** A wire of two subnets where a port has one lease; the first has these pools. */
function onePerPort(pools: string): Engine {
  const config = loadedConfig(
    "interfaces: eth0",
    "trust-option-82: eth0",
    "conflict-probe: off",
    "port-limit: 1",
    "shared-networks: [{ name: lan }]",
    "subnets:",
    `  - { subnet: 192.168.1.0/24, shared-network: lan, pools: ${pools} }`,
    "  - { subnet: 192.168.2.0/24, shared-network: lan, pools: 192.168.2.100-192.168.2.199 }",
  );
  return new Engine({ config, addresses: [`${SERVER}/24`, "192.168.2.1/24"] });
}

Deno.test("limit of a port: a client that gets another address does not stand in its own way", () => {
  const lan = engine();
  for (const number of [1, 2]) take(lan, number, at("port 1"));
  const requested = "192.168.1.111";
  const expiresAtMs = lan.nowMs + 60_000;
  lan.leases.offer({ address: ip(requested), client: numberedClient(1), expiresAtMs });
  const chosen = { type: REQUEST, mac: macOf(1), server: SERVER, options: at("port 1") };
  const { told } = lan.ask({ ...chosen, requested });
  assert.equal(told, `ACK ${requested} (outstanding-offer)`);
});

Deno.test("limit of a port: a client that is moved to other pools does not, either", () => {
  const lan = onePerPort("192.168.1.100-192.168.1.149");
  assert.match(take(lan, 1, at("port 1")), /^ACK 192\.168\.1\.1[0-4]/);
  const moved = onePerPort("192.168.1.150-192.168.1.199");
  for (const lease of lan.leases.records()) moved.leases.put(lease);
  assert.equal(take(moved, 2, at("port 1")), "silence (limit-reached)");
  assert.match(take(moved, 1, at("port 1")), /^ACK 192\.168\.1\.1[5-9]/);
  assert.equal(take(moved, 2, at("port 1")), "silence (limit-reached)");
});

Deno.test("limit of a port: one that names another address beside its own gets no more", () => {
  const lan = onePerPort("192.168.1.100-192.168.1.199");
  assert.match(take(lan, 1, at("port 1")), /^ACK 192\.168\.1\./);
  const ask = { type: REQUEST, mac: macOf(1), options: at("port 1") };
  for (const address of ["192.168.1.111", "192.168.2.111"]) {
    const asked = [
      { ...ask, requested: address, server: SERVER },
      { ...ask, requested: address },
      { ...ask, ciaddr: address, to: SERVER },
      { ...ask, ciaddr: address },
    ];
    for (const it of asked) assert.match(lan.ask(it).told, /^NAK/, JSON.stringify(it));
  }
  assert.match(take(lan, 1, at("port 1")), /^ACK 192\.168\.1\./);
});

Deno.test("limit of a class: for its clients together, at DISCOVER, REQUEST and BOOTP", () => {
  const lan = engine();
  for (const number of [1, 2]) assert.match(take(lan, number, phone), /^ACK/);
  assert.equal(take(lan, 3, phone), "silence (limit-reached)");
  const ask = { mac: macOf(3), options: phone };
  const init = { type: REQUEST, requested: "192.168.1.150", ...ask };
  assert.equal(lan.ask(init).told, "NAK (limit-reached)");
  assert.equal(lan.ask({ ...init, server: SERVER }).told, "NAK (limit-reached)");
  assert.equal(lan.ask(ask).told, "silence (bootp-not-served)");
  assert.match(take(lan, 3), /^ACK/, "no telephone");
});

Deno.test("limit of a class: a client that comes into it by its renewal keeps its lease", () => {
  const lan = engine();
  for (const number of [1, 2]) take(lan, number, phone);
  take(lan, 3);
  const address = addressOf(lan, 3);
  const renewal = { type: REQUEST, mac: macOf(3), ciaddr: address, to: SERVER, options: phone };
  assert.equal(lan.ask(renewal).told, `ACK ${address} (renewed)`);
});

Deno.test("limits: a record has what they are counted by, so a replay counts the same", () => {
  const lan = engine();
  take(lan, 1, [...phone, ...at("port 1")]);
  take(lan, 2, [...phone, ...at("port 1")]);
  const replayed = new Engine({ config: CONFIG });
  for (const lease of lan.leases.records()) replayed.leases.put(lease);
  assert.deepEqual([...lan.leases.records()].map(({ classes }) => classes), [["phones"], [
    "phones",
  ]]);
  assert.equal(take(replayed, 3, phone), "silence (limit-reached)");
  assert.equal(take(replayed, 3, at("port 1")), "silence (limit-reached)");
});

Deno.test("limits: a class by relay agent counts a client that renews past it", () => {
  const config = loadedConfig(
    "interfaces: eth0",
    "conflict-probe: off",
    "classes: [{ name: branch, match: { relay: 10.0.0.1 }, limit: 1, lease-time: 3h }]",
    "subnets: [{ subnet: 10.0.0.0/24, pools: 10.0.0.10-10.0.0.20 }]",
  );
  const branch = new Engine({ config });
  const request = { type: REQUEST, requested: "10.0.0.10", server: SERVER, giaddr: "10.0.0.1" };
  assert.equal(branch.ask(request).told, "ACK 10.0.0.10 (confirmed)");
  const renewal = branch.ask({ type: REQUEST, ciaddr: "10.0.0.10", to: SERVER });
  assert.equal(renewal.told, "ACK 10.0.0.10 (renewed)");
  assert.equal(
    renewal.packet!.options.find(([code]) => code === 51)![1].join(),
    hexOctets("00002a30").join(),
  );
  const other = { type: DISCOVER, mac: macOf(2), giaddr: "10.0.0.1" };
  assert.equal(branch.decide(other).told, "silence (limit-reached)");
});

/** An engine with the same config and the records that the other has. */
function replay({ config, leases }: Engine): Engine {
  const replayed = new Engine({ config });
  for (const lease of leases.records()) replayed.leases.put(lease);
  return replayed;
}

Deno.test("limit of a class: its lease is counted however many other classes its client is in", () => {
  const others = Array.from(
    { length: 400 },
    (_, i) =>
      `  - { name: ${"other".repeat(11)}-${i}, match: { vendor-class: phone }, lease-time: 1h }`,
  );
  const config = loadedConfig(
    "interfaces: eth0",
    "conflict-probe: off",
    "classes:",
    ...others,
    "  - { name: last, match: { vendor-class: phone }, limit: 1 }",
    "subnets: [{ subnet: 192.168.1.0/24, pools: 192.168.1.100-192.168.1.199 }]",
  );
  const lan = new Engine({ config });
  assert.match(take(lan, 1, phone), /^ACK/);
  assert.equal(take(lan, 2, phone), "silence (limit-reached)");
  assert.equal(take(replay(lan), 2, phone), "silence (limit-reached)");
});

Deno.test("limit of a class: a client that renews without what tells it stays counted", () => {
  const lan = engine();
  for (const number of [1, 2]) take(lan, number, phone);
  for (const to of [SERVER, "255.255.255.255"]) {
    for (const number of [1, 2]) {
      const ciaddr = addressOf(lan, number);
      const told = lan.ask({ type: REQUEST, mac: macOf(number), ciaddr, to }).told;
      assert.equal(told, `ACK ${ciaddr} (renewed)`);
    }
    assert.equal(take(lan, 3, phone), "silence (limit-reached)");
    assert.equal(take(replay(lan), 3, phone), "silence (limit-reached)");
  }
  // Whoever asks anew is what it says it is: the system that a boot ROM has loaded, for one.
  take(lan, 1);
  assert.match(take(lan, 3, phone), /^ACK/);
  assert.equal(take(lan, 4, phone), "silence (limit-reached)");
});

Deno.test("limit of a class: a lease that is over counts no more when its client comes back", () => {
  const lan = engine();
  for (const number of [1, 2]) take(lan, number, phone);
  const ciaddr = addressOf(lan, 1);
  lan.advance(12 * 3600 + 1);
  const rebinding = { type: REQUEST, mac: macOf(1), ciaddr };
  assert.equal(lan.ask(rebinding).told, `ACK ${ciaddr} (renewed)`);
  for (const number of [3, 4]) assert.match(take(lan, number, phone), /^ACK/);
});

Deno.test("a limit that is reached is named, to the log and in the message of a NAK (56)", () => {
  const lan = engine();
  for (const number of [1, 2]) take(lan, number, phone);
  for (const number of [3, 4]) take(lan, number, at("port 1"));
  for (const [options, limit] of [[phone, "class phones"], [at("port 1"), "the port"]] as const) {
    const ask = { mac: macOf(5), options };
    assert.equal(lan.decide({ type: DISCOVER, ...ask }).decision!.limit, limit);
    const refused = lan.ask({ type: REQUEST, requested: "192.168.1.150", ...ask });
    assert.equal(refused.decision!.limit, limit);
    const message = new TextDecoder().decode(option(refused.packet!, 56));
    assert.equal(message, `limit-reached: ${limit}`);
  }
});
