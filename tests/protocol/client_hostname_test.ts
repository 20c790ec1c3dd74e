/** Reservations by the host name that a client sends: the weakest, since anybody can send it. */
import assert from "node:assert/strict";
import { DISCOVER, REQUEST } from "../support/dhcp_packets.ts";
import { type Ask, Engine, macOf, SERVER } from "../support/engine_fixture.ts";
import { loadedConfig } from "../support/loaded_config.ts";

const CONFIG = loadedConfig(
  "interfaces: eth0",
  "conflict-probe: off",
  "subnets:",
  "  - subnet: 192.168.1.0/24",
  "    pools: 192.168.1.100-192.168.1.109",
  "    reservations:",
  "      - { client-hostname: HPprinter, address: 192.168.1.9 }",
  "      - { mac: 'b8:27:eb:00:00:02', address: 192.168.1.8 }",
);
const octets = (text: string) => new TextEncoder().encode(text);
const named = (name: string): Pick<Ask, "options"> => ({ options: [[12, octets(name)]] });
const engine = () => new Engine({ config: CONFIG });
const RESERVED = "OFFER 192.168.1.9 (reservation)";

Deno.test("client-hostname: by option 12, whatever its case, its domain and its odd characters", () => {
  for (const name of ["hpprinter", "HPPRINTER", "HPprinter.lan", "hpprinter\0"]) {
    assert.equal(engine().decide({ type: DISCOVER, ...named(name) }).told, RESERVED, name);
  }
  assert.doesNotMatch(engine().decide({ type: DISCOVER, ...named("hpprinter2") }).told, /\.9 /);
  assert.doesNotMatch(engine().decide({ type: DISCOVER }).told, /\.9 /);
});

Deno.test("client-hostname: option 81 goes before option 12 (RFC 4702 §4)", () => {
  const fqdn: Ask["options"] = [[81, Uint8Array.of(0, 0, 0, ...octets("hpprinter"))]];
  assert.equal(engine().decide({ type: DISCOVER, options: fqdn }).told, RESERVED);
});

Deno.test("client-hostname: what else the client is known by goes first", () => {
  const ask = { type: DISCOVER, mac: macOf(2), ...named("hpprinter") };
  assert.equal(engine().decide(ask).told, "OFFER 192.168.1.8 (reservation)");
});

Deno.test("client-hostname: who has the address keeps it, though another one sends the name", () => {
  const it = engine();
  it.ask({ type: DISCOVER, ...named("hpprinter") });
  it.ask({ type: REQUEST, server: SERVER, requested: "192.168.1.9", ...named("hpprinter") });
  const thief = it.decide({ type: DISCOVER, mac: macOf(7), ...named("hpprinter") }).told;
  assert.match(thief, /^OFFER 192\.168\.1\.10\d/);
  const renewal = { type: REQUEST, ciaddr: "192.168.1.9", to: SERVER };
  assert.equal(it.decide(renewal).told, "ACK 192.168.1.9 (renewed)", "also without its name");
});

Deno.test("client-hostname: a REQUEST may lack the name that its DISCOVER had", () => {
  const it = engine();
  it.ask({ type: DISCOVER, ...named("hpprinter") });
  const taken = it.ask({ type: REQUEST, server: SERVER, requested: "192.168.1.9" });
  assert.equal(taken.told, "ACK 192.168.1.9 (outstanding-offer)");
});

Deno.test("client-hostname: who was offered the address is known, though its REQUEST lacks the name", () => {
  const it = new Engine({
    config: loadedConfig(
      "interfaces: eth0",
      "conflict-probe: off",
      "classes: [{ name: unknown, match: { reserved: false }, deny: true }]",
      "subnets:",
      "  - subnet: 192.168.1.0/24",
      "    reservations: [{ client-hostname: hpprinter, address: 192.168.1.9 }]",
    ),
  });
  const request = { type: REQUEST, server: SERVER, requested: "192.168.1.9" };
  assert.equal(it.decide(request).told, "silence (denied)");
  it.ask({ type: DISCOVER, ...named("hpprinter") });
  assert.equal(it.ask(request).told, "ACK 192.168.1.9 (outstanding-offer)");
  assert.equal(it.decide({ ...request, mac: macOf(7) }).told, "silence (denied)");
  const renewal = { type: REQUEST, ciaddr: "192.168.1.9", to: SERVER };
  assert.equal(it.decide(renewal).told, "ACK 192.168.1.9 (renewed)");
});
