import assert from "node:assert/strict";
import { ASKED_IN_A_SECOND_MAX, BridgedClients } from "../../src/link/bridged_clients.ts";
import type { Outgoing } from "../../src/link/link.ts";
import { formatHex, parseHex } from "../../src/wire/hex.ts";
import { ip } from "../support/leases_fixture.ts";

const CHADDR = "02:00:00:00:00:01";
const BRIDGE = "02:00:00:00:00:99";

function ackTo(address: string, text = "ack"): Outgoing {
  return {
    bytes: new TextEncoder().encode(text),
    destination: { kind: "unicast", address: ip(address), hardwareAddress: parseHex(CHADDR)! },
    ingress: {
      interfaceName: "lan0",
      interfaceIndex: 1,
      addresses: [],
      source: ip(address),
      sourcePort: 68,
      serverPort: 67,
      destination: ip("192.168.1.1"),
    },
  };
}

function answer(address: string, hardwareAddress: string, interfaceIndex = 1) {
  return { address: ip(address), heard: { interfaceIndex, hardwareAddress } };
}

Deno.test("an ACK goes to another hardware address that answers for ciaddr, once, as it was", () => {
  const clients = new BridgedClients();
  const ack = ackTo("192.168.1.100");
  clients.note(ack, 0);
  assert.deepEqual(clients.takeProbes().map(({ method }) => method), ["arp"]);
  assert.equal(clients.takeProbes().length, 0);
  ack.bytes.fill(0); // the slab is used again
  const [sent, ...more] = clients.takeMisdirected([answer("192.168.1.100", BRIDGE)]);
  assert.deepEqual(more, []);
  assert(sent?.destination.kind === "hardware");
  assert.equal(formatHex(sent.destination.hardwareAddress), BRIDGE);
  assert.equal(sent.destination.address, ip("192.168.1.100"));
  assert.equal(new TextDecoder().decode(sent.bytes), "ack");
  assert.deepEqual(clients.takeMisdirected([answer("192.168.1.100", BRIDGE)]), []);
});

Deno.test("no second ACK where chaddr itself answers, another wire, or about nobody asked for", () => {
  for (
    const heard of [
      answer("192.168.1.100", CHADDR),
      answer("192.168.1.100", BRIDGE, 2),
      answer("192.168.1.101", BRIDGE),
      { address: ip("192.168.1.100") },
    ]
  ) {
    const clients = new BridgedClients();
    clients.note(ackTo("192.168.1.100"), 0);
    assert.deepEqual(clients.takeMisdirected([heard]), []);
  }
});

Deno.test("so many are asked for in a second and no more, and what is kept is as few", () => {
  const clients = new BridgedClients();
  const noteMany = (nowMs: number) => {
    for (let n = 0; n < 1_000; n++) clients.note(ackTo(`10.0.${n >> 8}.${n & 255}`), nowMs);
    return clients.takeProbes().length;
  };
  assert.equal(noteMany(0), ASKED_IN_A_SECOND_MAX);
  assert.equal(noteMany(999), 0);
  assert.equal(noteMany(1_000), ASKED_IN_A_SECOND_MAX);
  const late = Array.from({ length: 1_000 }, (_, n) => answer(`10.0.${n >> 8}.${n & 255}`, BRIDGE));
  assert.equal(clients.takeMisdirected(late).length, ASKED_IN_A_SECOND_MAX);
});
