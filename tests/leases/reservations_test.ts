import assert from "node:assert/strict";
import type { Reservation } from "../../src/config/config.ts";
import { type Client, makeClient } from "../../src/leases/lease.ts";
import { findReservation } from "../../src/leases/reservations.ts";
import { parseHex } from "../../src/wire/hex.ts";
import { countCalls } from "../support/count_calls.ts";
import { dotted, makeSubnet, numberedClient, seekerOf } from "../support/leases_fixture.ts";

const alice = numberedClient(1);
const bob = numberedClient(2);

Deno.test("a reservation takes as few looks among 50,000 reservations as among four", () => {
  const looks = [1, 12_500].map((times) => {
    const reservations = Array.from({ length: times }, (_, i) => {
      const hex = i.toString(16).padStart(4, "0").replace(/(..)(..)/, "$1:$2");
      return [
        { macs: [`02:00:00:00:${hex}`], hostname: "a" },
        { clientId: `01:${hex}`, hostname: "b" },
        { port: { circuitId: hex, remoteId: hex }, hostname: "c" },
        { vendorId: { enterprise: 9, code: 1, value: hex }, hostname: "d" },
      ];
    }).flat();
    const subnet = makeSubnet({ reservations });
    const last = (times - 1).toString(16).padStart(4, "0");
    const relayInformation = parseHex(`0102${last}0202${last}`)!;
    const vendorOptions = parseHex(`00000009040102${last}`)!;
    const option = (code: number) => code === 125 ? vendorOptions : undefined;
    const silent = seekerOf(makeClient(1, "02:ff:00:00:00:00", "ff:ff"));
    // The first makes the index.
    const seekers = [
      silent,
      { ...silent, relayInformation },
      { ...silent, view: { option } },
    ];
    findReservation(subnet, silent);
    return seekers.map((seeker) => {
      let found: Reservation | undefined;
      const looks = countCalls(Map.prototype, "get", () => found = findReservation(subnet, seeker));
      return [found?.hostname, looks];
    });
  });
  assert.deepEqual(looks[1], looks[0]);
  assert.deepEqual(looks[0]!.map(([hostname]) => hostname), [undefined, "c", "d"]);
});

Deno.test("a reservation is found by client identifier before MAC, and by MAC for Ethernet only", () => {
  const subnet = makeSubnet({
    reservations: [
      { mac: alice.hardwareAddress, address: "192.168.1.10" },
      { clientId: "ff:01", address: "192.168.1.11" },
    ],
  });
  const mac = alice.hardwareAddress;
  const cases: [Client, string | undefined][] = [
    [alice, "192.168.1.10"],
    [makeClient(1, mac, "01:02"), "192.168.1.10"],
    [makeClient(1, mac, "ff:01"), "192.168.1.11"],
    [makeClient(6, mac, "ff:01"), "192.168.1.11"],
    [makeClient(6, mac, undefined), undefined],
    [bob, undefined],
  ];
  for (const [client, address] of cases) {
    assert.equal(dotted(findReservation(subnet, seekerOf(client))?.address), address, client.key);
  }
});
