import assert from "node:assert/strict";
import fc from "fast-check";
import { makeClient } from "../../src/leases/lease.ts";
import type { ServerEvent } from "../../src/server/events.ts";
import { ip } from "../support/leases_fixture.ts";
import { formatHuman, formatJson } from "../support/log_lines.ts";
import { CONFLICT, DROP, OFFER, SILENCE } from "./log_events.ts";

const WALL_MS = Date.UTC(2026, 10, 22, 8, 0, 0, 123);

/** Circuit id `eth0/1`, remote id of two octets, one of which is ESC. */
const RELAY_INFORMATION = Uint8Array.of(1, 6, 101, 116, 104, 48, 47, 49, 2, 2, 2, 27);

const HUMAN_TABLE: readonly [name: string, event: ServerEvent, line: string][] = [
  [
    "an offer",
    OFFER,
    'eth0 b8:27:eb:01:02:03 "pi" DISCOVER -> OFFER 192.168.1.100 12h (previous-binding)',
  ],
  [
    "a client of two classes",
    { ...OFFER, classes: [{ name: "phones" }, { name: "lobby" }], relay: ip("10.20.0.1") },
    'eth0 b8:27:eb:01:02:03 "pi" DISCOVER -> OFFER 192.168.1.100 12h (previous-binding) ' +
    "class phones, lobby via 10.20.0.1",
  ],
  [
    "a request that a relay agent brought",
    { ...OFFER, relay: ip("10.20.0.1") },
    'eth0 b8:27:eb:01:02:03 "pi" DISCOVER -> OFFER 192.168.1.100 12h (previous-binding) ' +
    "via 10.20.0.1",
  ],
  [
    "a request of which a relay agent said where it came from",
    { ...OFFER, relay: ip("10.20.0.1"), relayInformation: RELAY_INFORMATION },
    'eth0 b8:27:eb:01:02:03 "pi" DISCOVER -> OFFER 192.168.1.100 12h (previous-binding) ' +
    'via 10.20.0.1 circuit-id "eth0/1" remote-id 02:1b',
  ],
  [
    "a limit, and which one",
    { ...SILENCE, rule: "limit-reached", limit: "class phones" },
    "eth0 b8:27:eb:00:00:01 REQUEST/SELECTING -> silence (limit-reached: class phones)",
  ],
  [
    "a client that boots, and the file it was told",
    { ...OFFER, bootFile: new TextEncoder().encode("http://10.0.0.1/menu.ipxe") },
    'eth0 b8:27:eb:01:02:03 "pi" DISCOVER -> OFFER 192.168.1.100 12h (previous-binding) ' +
    'boots "http://10.0.0.1/menu.ipxe"',
  ],
  [
    "a lease without end",
    { ...OFFER, leaseSeconds: Infinity },
    'eth0 b8:27:eb:01:02:03 "pi" DISCOVER -> OFFER 192.168.1.100 infinite (previous-binding)',
  ],
  [
    "silence, and the reason for it",
    SILENCE,
    "eth0 b8:27:eb:00:00:01 REQUEST/SELECTING -> silence (other-server-chosen)",
  ],
  [
    "a client without a hardware address",
    { ...SILENCE, client: makeClient(32, "", "ff:00") },
    "eth0 id:ff:00 REQUEST/SELECTING -> silence (other-server-chosen)",
  ],
  [
    "a host name that would like to be another line",
    { ...SILENCE, hostname: 'x"\n\x1b[2J\u202e' },
    String.raw`eth0 b8:27:eb:00:00:01 "x\"\n\x1b[2J\u202e" REQUEST/SELECTING -> silence ` +
    "(other-server-chosen)",
  ],
  [
    "a datagram that has no use",
    DROP,
    "eth0 dropped 17 octets from 0.0.0.0: too-short",
  ],
  [
    "a datagram that has no use, of a client that it tells",
    { ...DROP, octets: 316, mac: "b8:27:eb:00:00:01", reason: "no-address" },
    "eth0 dropped 316 octets from b8:27:eb:00:00:01 at 0.0.0.0: no-address",
  ],
  [
    "an address that is in use",
    CONFLICT,
    "eth0 b8:27:eb:01:02:03 does not get 192.168.1.100: in use by 02:00:00:00:00:99, " +
    "now in quarantine (conflict)",
  ],
  [
    "an address that is in use beyond a relay agent",
    { ...CONFLICT, occupant: undefined, relay: ip("10.20.0.1") },
    "eth0 b8:27:eb:01:02:03 does not get 192.168.1.100: in use, now in quarantine (conflict) " +
    "via 10.20.0.1",
  ],
  ["a dropped datagram", DROP, "eth0 dropped 17 octets from 0.0.0.0: too-short"],
  ["an info", { kind: "notice", level: "info", message: "serving eth0" }, "serving eth0"],
  [
    "a warning",
    { kind: "notice", level: "warning", message: "eth1 is missing" },
    "warning: eth1 is missing",
  ],
];
for (const [name, event, line] of HUMAN_TABLE) {
  Deno.test(`human line: ${name}`, () => {
    assert.equal(formatHuman(event, WALL_MS), `2026-11-22T08:00:00.123Z ${line}`);
  });
}

Deno.test("colour changes nothing but the colour", () => {
  for (const [, event] of HUMAN_TABLE) {
    const coloured = formatHuman(event, WALL_MS, true);
    assert(coloured.startsWith("\x1b[2m2026"), coloured);
    assert.equal(coloured.replaceAll(/\p{Cc}\[\d+m/gu, ""), formatHuman(event, WALL_MS));
  }
});

Deno.test("JSON line: an address that is in use", () => {
  assert.equal(
    formatJson(CONFLICT, WALL_MS),
    '{"time":"2026-11-22T08:00:00.123Z","event":"conflict","interface":"eth0",' +
      '"address":"192.168.1.100","occupant":"02:00:00:00:00:99","mac":"b8:27:eb:01:02:03",' +
      '"client-id":"01:b8:27:eb:01:02:03"}',
  );
});

Deno.test("JSON line: an exchange, with the journal's names", () => {
  assert.equal(
    formatJson(
      { ...OFFER, relay: ip("10.20.0.1"), relayInformation: RELAY_INFORMATION },
      WALL_MS,
    ),
    '{"time":"2026-11-22T08:00:00.123Z","event":"exchange","interface":"eth0",' +
      '"request":"DISCOVER","xid":"0x00c0ffee","mac":"b8:27:eb:01:02:03",' +
      '"client-id":"01:b8:27:eb:01:02:03","hostname":"pi","outcome":"OFFER",' +
      '"address":"192.168.1.100","lease-seconds":43200,"rule":"previous-binding",' +
      '"relay":"10.20.0.1","option-82":{"circuit-id":"65:74:68:30:2f:31","remote-id":"02:1b"}}',
  );
});

Deno.test("JSON line: a lease without end, a dropped datagram, a notice", () => {
  const fields = (event: ServerEvent) => JSON.parse(formatJson(event, WALL_MS));
  assert.equal(fields({ ...OFFER, leaseSeconds: Infinity })["lease-seconds"], "infinite");
  const time = "2026-11-22T08:00:00.123Z";
  assert.deepEqual(fields(DROP), {
    time,
    event: "dropped",
    interface: "eth0",
    source: "0.0.0.0",
    octets: 17,
    reason: "too-short",
  });
  assert.deepEqual(fields({ kind: "notice", level: "error", message: "disk\nfull" }), {
    time,
    event: "notice",
    level: "error",
    message: "disk\nfull",
  });
});

Deno.test("whatever a client calls itself, an event is one line of visible characters", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const events: ServerEvent[] = [
      { ...OFFER, hostname: text },
      { ...DROP, interfaceName: text },
      { kind: "notice", level: "info", message: text },
    ];
    for (const event of events) {
      assert.doesNotMatch(formatHuman(event, WALL_MS), /[\p{C}\p{Zl}\p{Zp}]/u);
      assert.doesNotMatch(formatJson(event, WALL_MS), /[\p{C}\p{Zl}\p{Zp}]/u);
    }
    assert.equal(JSON.parse(formatJson(events[0]!, WALL_MS)).hostname, text);
  }));
});
