/** Options that clients are sent though they did not ask for them. */
import assert from "node:assert/strict";
import { DISCOVER, INFORM, option, type Packet } from "../support/dhcp_packets.ts";
import { type Ask, Engine, macOf } from "../support/engine_fixture.ts";
import { loadedConfig } from "../support/loaded_config.ts";

const CONFIG = loadedConfig(
  "interfaces: eth0",
  "options:",
  "  domain-name: lan",
  "  pxelinux-magic: f1:00:74:7e",
  "  v4-captive-portal: https://portal.lan/",
  "  log-servers: 192.168.1.5",
  "  other: [{ code: 224, type: u8, value: 7 }]",
  "always: pxelinux-magic",
  "classes:",
  "  - { name: guests, match: { user-class: guest }, always: v4-captive-portal }",
  "  - { name: plain, match: { user-class: plain }, options: { pxelinux-magic: null } }",
  "shared-networks: [{ name: wire, always: [log-servers] }]",
  "subnets:",
  "  - subnet: 192.168.1.0/24",
  "    shared-network: wire",
  "    always: [224]",
  "    bootp: dynamic",
  "    pools:",
  "      - 192.168.1.100",
  "      - { range: 192.168.1.101, always: [host-name] }",
  "    reservations:",
  "      - { mac: 'b8:27:eb:00:00:09', address: 192.168.1.101, hostname: nine }",
  "      - { mac: 'b8:27:eb:00:00:08', address: 192.168.1.102, always: [broadcast-address] }",
);

const tell = (ask: Ask) => new Engine({ config: CONFIG }).decide({ type: DISCOVER, ...ask }).packet;
const userClass = (name: string): Pick<Ask, "options"> => ({
  options: [[77, new TextEncoder().encode(name)]],
});

/** Codes of the options after those that every OFFER has. */
function codes(packet: Packet | undefined): readonly number[] {
  return packet!.options.map(([code]) => code).filter((code) =>
    ![53, 54, 51, 58, 59, 1].includes(code)
  );
}

Deno.test("always: file, shared network and subnet together, after what the client asked for", () => {
  assert.deepEqual(codes(tell({ list: [15] })), [15, 208, 7, 224]);
});

Deno.test("always: what the client asked for stands where it asked, and is there once", () => {
  assert.deepEqual(codes(tell({ list: [224, 15, 208] })).slice(0, 3), [224, 15, 208]);
  assert.deepEqual(codes(tell({ list: [224, 15, 208] })).length, 4);
});

Deno.test("always: a pool, a class and a reservation have their own besides", () => {
  assert.ok(codes(tell({ list: [15], mac: macOf(9) })).includes(12), "of the pool around");
  assert.ok(codes(tell({ list: [15], ...userClass("guest") })).includes(114), "of the class");
  const reserved = codes(tell({ list: [15], mac: macOf(8) }));
  assert.ok(reserved.includes(28), "of the reservation, and made from the subnet");
  assert.ok(reserved.includes(208), "and those further out");
});

Deno.test("always: what a nearer scope takes away is not sent", () => {
  assert.ok(!codes(tell({ list: [15], ...userClass("plain") })).includes(208));
});

Deno.test("always: INFORM, BOOTP, and a client that asks for nothing in particular", () => {
  const engine = new Engine({ config: CONFIG });
  const inform = engine.decide({ type: INFORM, ciaddr: "192.168.1.50", list: [15] });
  assert.deepEqual(option(inform.packet!, 208), Uint8Array.of(0xf1, 0, 0x74, 0x7e));
  assert.ok(codes(tell({ mac: macOf(8) })).includes(28));
  const bootp = engine.decide({ mac: macOf(8) }).packet;
  assert.ok(codes(bootp).includes(208));
});

Deno.test("always: what does not fit is left out, and never for it what a client cannot do without", () => {
  const config = loadedConfig(
    "interfaces: eth0",
    "options:",
    "  routers: 192.168.1.1",
    `  root-path: ${"r".repeat(250)}`,
    `  merit-dump: ${"m".repeat(250)}`,
    `  v4-captive-portal: https://portal.lan/${"p".repeat(200)}`,
    "always: [root-path, merit-dump, v4-captive-portal, routers]",
    "subnets: [{ subnet: 192.168.1.0/24, pools: 192.168.1.100 }]",
  );
  const packet = new Engine({ config }).decide({ type: DISCOVER, list: [17] }).packet!;
  assert.ok(codes(packet).includes(3));
  assert.ok(!codes(packet).includes(114));
});
