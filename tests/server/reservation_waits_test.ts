/** How the log tells of clients that wait for an address that is reserved for them. */
import assert from "node:assert/strict";
import { makeClient } from "../../src/leases/lease.ts";
import type { ServerEvent, WaitEvent } from "../../src/server/events.ts";
import { ip, makeLease, numberedClient } from "../support/leases_fixture.ts";
import { formatHuman, formatJson } from "../support/log_lines.ts";

const WALL_MS = Date.UTC(2026, 10, 22, 8, 0, 0, 123);

const HOLDER = makeLease({ address: "192.168.1.10", client: numberedClient(2) });

const WAIT: WaitEvent = {
  kind: "reservation-waits",
  interfaceName: "eth0",
  address: ip("192.168.1.10"),
  client: makeClient(1, "b8:27:eb:01:02:03", "01:b8:27:eb:01:02:03"),
  holder: HOLDER,
  leftSeconds: 3600,
};

const HUMAN_TABLE: readonly [name: string, event: ServerEvent, line: string][] = [
  [
    "a client that waits for its reserved address",
    WAIT,
    "eth0 b8:27:eb:01:02:03 waits for 192.168.1.10, which is reserved for it: leased to " +
    "b8:27:eb:00:00:02 for another 1h",
  ],
  [
    "a client that waits for its reserved address, which is in quarantine",
    { ...WAIT, holder: { ...HOLDER, state: "declined" } },
    "eth0 b8:27:eb:01:02:03 waits for 192.168.1.10, which is reserved for it: in quarantine " +
    "for another 1h",
  ],
  [
    "a client that waits for its reserved address, which has no end",
    { ...WAIT, leftSeconds: Infinity },
    "eth0 b8:27:eb:01:02:03 waits for 192.168.1.10, which is reserved for it: leased to " +
    "b8:27:eb:00:00:02 without end",
  ],
  [
    "a client that waits for its reserved address, which is being offered",
    { ...WAIT, holder: undefined },
    "eth0 b8:27:eb:01:02:03 waits for 192.168.1.10, which is reserved for it: somebody was " +
    "offered it just now",
  ],
];
for (const [name, event, line] of HUMAN_TABLE) {
  Deno.test(`human line: ${name}`, () => {
    assert.equal(formatHuman(event, WALL_MS), `2026-11-22T08:00:00.123Z ${line}`);
  });
}

Deno.test("JSON line: a client that waits for its reserved address", () => {
  assert.equal(
    formatJson(WAIT, WALL_MS),
    '{"time":"2026-11-22T08:00:00.123Z","event":"reservation-waits","interface":"eth0",' +
      '"address":"192.168.1.10","mac":"b8:27:eb:01:02:03","client-id":"01:b8:27:eb:01:02:03",' +
      '"holder":"b8:27:eb:00:00:02","state":"bound","seconds-left":3600}',
  );
});
