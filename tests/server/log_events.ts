/** One event of each kind, for what the log makes of it. */
import { makeClient } from "../../src/leases/lease.ts";
import type { ConflictEvent, DropEvent, ExchangeEvent } from "../../src/server/events.ts";
import { ip, numberedClient } from "../support/leases_fixture.ts";

export const OFFER: ExchangeEvent = {
  kind: "exchange",
  interfaceName: "eth0",
  request: "DISCOVER",
  xid: 0x00c0ffee,
  client: makeClient(1, "b8:27:eb:01:02:03", "01:b8:27:eb:01:02:03"),
  hostname: "pi",
  outcome: "OFFER",
  rule: "previous-binding",
  address: ip("192.168.1.100"),
  leaseSeconds: 43_200,
};

/** What is always told, however often it comes. */
export const ACK: ExchangeEvent = {
  ...OFFER,
  request: "SELECTING",
  outcome: "ACK",
  rule: "outstanding-offer",
};

export const SILENCE: ExchangeEvent = {
  kind: "exchange",
  interfaceName: "eth0",
  request: "SELECTING",
  xid: 1,
  client: numberedClient(1),
  outcome: "silence",
  rule: "other-server-chosen",
};

export const CONFLICT: ConflictEvent = {
  kind: "conflict",
  interfaceName: "eth0",
  address: ip("192.168.1.100"),
  client: makeClient(1, "b8:27:eb:01:02:03", "01:b8:27:eb:01:02:03"),
  occupant: "02:00:00:00:00:99",
};

export const DROP: DropEvent = {
  kind: "dropped",
  interfaceName: "eth0",
  source: 0,
  octets: 17,
  reason: "too-short",
};
