import assert from "node:assert/strict";
import fc from "fast-check";
import { classify, type Request } from "../../src/protocol/request.ts";
import type { Malformed } from "../../src/wire/message_view.ts";
import { viewMessage } from "../../src/wire/message_view.ts";
import {
  DECLINE,
  DISCOVER,
  INFORM,
  type PacketOption,
  RELEASE,
  REQUEST,
} from "../support/dhcp_packets.ts";
import {
  type Ask,
  classifyAsk,
  OTHER_SERVER,
  requestBytes,
  SERVER,
} from "../support/engine_fixture.ts";
import { dotted } from "../support/leases_fixture.ts";

const A = "192.168.1.100";
const B = "192.168.1.101";
const RELAY = "10.20.0.1";

/** In a line: the kind, and the addresses that it speaks of. */
function tell(request: Request | Malformed): string {
  switch (request.kind) {
    case "malformed":
      return `malformed (${request.reason})`;
    case "BOOTP":
      return request.kind;
    case "DISCOVER":
      return `DISCOVER ${dotted(request.requestedAddress) ?? "anything"}`;
    case "SELECTING":
      return `SELECTING ${dotted(request.address)} from ${dotted(request.serverIdentifier)}`;
    case "DECLINE":
    case "RELEASE":
      return `${request.kind} ${dotted(request.address)} to ${dotted(request.serverIdentifier)}`;
    case "LEASEQUERY":
      return `LEASEQUERY of ${dotted(request.queriedAddress) ?? request.client.key}`;
    default:
      return `${request.kind} ${dotted(request.address)}`;
  }
}

interface Row {
  readonly name: string;
  readonly when: Ask;
  readonly expect: string;
  /** Addresses of the receiving interface; `192.168.1.1/24` unless told. */
  readonly on?: readonly string[];
}

const raw = (code: number, ...payload: number[]): PacketOption => [code, Uint8Array.from(payload)];

const ROWS: readonly Row[] = [
  // Table 4, column by column.
  {
    name: "SELECTING: server identifier, option 50, ciaddr zero (§4.3.2)",
    when: { type: REQUEST, server: SERVER, requested: A },
    expect: `SELECTING ${A} from ${SERVER}`,
  },
  {
    name: "SELECTING of another server (§4.3.2)",
    when: { type: REQUEST, server: OTHER_SERVER, requested: A },
    expect: `SELECTING ${A} from ${OTHER_SERVER}`,
  },
  {
    name: "INIT-REBOOT: no server identifier, option 50, ciaddr zero (§4.3.2)",
    when: { type: REQUEST, requested: A },
    expect: `INIT-REBOOT ${A}`,
  },
  {
    name: "RENEWING: no server identifier, no option 50, ciaddr, unicast (§4.3.2)",
    when: { type: REQUEST, ciaddr: A, to: SERVER },
    expect: `RENEWING ${A}`,
  },
  {
    name: "REBINDING: as RENEWING, but broadcast (§4.3.2)",
    when: { type: REQUEST, ciaddr: A },
    expect: `REBINDING ${A}`,
  },
  // How it came in.
  {
    name: "REBINDING by the directed broadcast of the interface's network (RFC 919)",
    when: { type: REQUEST, ciaddr: A, to: "192.168.1.255" },
    expect: `REBINDING ${A}`,
  },
  {
    name: "REBINDING by the directed broadcast of the interface's second network",
    when: { type: REQUEST, ciaddr: A, to: "10.3.255.255" },
    on: [`${SERVER}/24`, "10.1.0.1/14"],
    expect: `REBINDING ${A}`,
  },
  {
    name: "RENEWING to an address that would be a broadcast of another prefix length",
    when: { type: REQUEST, ciaddr: A, to: "10.1.0.255" },
    on: ["10.1.0.255/16"],
    expect: `RENEWING ${A}`,
  },
  {
    name: "RENEWING to the upper address of a /31, which has no broadcast (RFC 3021)",
    when: { type: REQUEST, ciaddr: "192.168.1.0", to: "192.168.1.1" },
    on: ["192.168.1.1/31"],
    expect: "RENEWING 192.168.1.0",
  },
  {
    name: "RENEWING to a /32 interface",
    when: { type: REQUEST, ciaddr: A, to: "192.168.1.1" },
    on: ["192.168.1.1/32"],
    expect: `RENEWING ${A}`,
  },
  {
    name: "REBINDING through a relay, which unicasts to the server what was broadcast to it",
    when: { type: REQUEST, ciaddr: "10.20.1.1", giaddr: RELAY, from: RELAY, to: SERVER },
    expect: "REBINDING 10.20.1.1",
  },
  {
    name: "INIT-REBOOT through a relay",
    when: { type: REQUEST, requested: "10.20.1.1", giaddr: RELAY, from: RELAY, to: SERVER },
    expect: "INIT-REBOOT 10.20.1.1",
  },
  // Odd clients.
  {
    name: "both option 50 and ciaddr: taken at its ciaddr (§4.3.2 has one or the other)",
    when: { type: REQUEST, requested: B, ciaddr: A, to: SERVER },
    expect: `RENEWING ${A}`,
  },
  {
    name: "both option 50 and ciaddr, broadcast: taken at its ciaddr",
    when: { type: REQUEST, requested: B, ciaddr: A },
    expect: `REBINDING ${A}`,
  },
  {
    name: "SELECTING with ciaddr in place of option 50",
    when: { type: REQUEST, server: SERVER, ciaddr: A },
    expect: `SELECTING ${A} from ${SERVER}`,
  },
  {
    name: "SELECTING with option 50 and ciaddr: option 50 is what it selects (§4.3.2)",
    when: { type: REQUEST, server: SERVER, requested: B, ciaddr: A },
    expect: `SELECTING ${B} from ${SERVER}`,
  },
  {
    name: "REQUEST with neither option 50 nor ciaddr",
    when: { type: REQUEST },
    expect: "malformed (no-address)",
  },
  {
    name: "REQUEST of a server with neither option 50 nor ciaddr: it means its offer",
    when: { type: REQUEST, server: SERVER },
    expect: `SELECTING 0.0.0.0 from ${SERVER}`,
  },
  {
    name: "REQUEST for 0.0.0.0",
    when: { type: REQUEST, requested: "0.0.0.0" },
    expect: "malformed (no-address)",
  },
  {
    name: "REQUEST of a server for 0.0.0.0",
    when: { type: REQUEST, server: SERVER, requested: "0.0.0.0" },
    expect: `SELECTING 0.0.0.0 from ${SERVER}`,
  },
  // The other messages.
  { name: "DISCOVER (§4.4.1)", when: { type: DISCOVER }, expect: "DISCOVER anything" },
  {
    name: "DISCOVER with a wish (§4.4.1: option 50 MAY be there)",
    when: { type: DISCOVER, requested: A },
    expect: `DISCOVER ${A}`,
  },
  {
    name: "DECLINE: the address is in option 50 (table 5)",
    when: { type: DECLINE, requested: A, server: SERVER },
    expect: `DECLINE ${A} to ${SERVER}`,
  },
  {
    name: "DECLINE without server identifier",
    when: { type: DECLINE, requested: A },
    expect: `DECLINE ${A} to undefined`,
  },
  {
    name: "DECLINE with the address in ciaddr only (table 5: ciaddr is 0)",
    when: { type: DECLINE, ciaddr: A, server: SERVER },
    expect: "malformed (no-address)",
  },
  {
    name: "RELEASE: the address is in ciaddr (table 5)",
    when: { type: RELEASE, ciaddr: A, server: SERVER, to: SERVER },
    expect: `RELEASE ${A} to ${SERVER}`,
  },
  {
    name: "RELEASE with the address in option 50 only (table 5: MUST NOT)",
    when: { type: RELEASE, requested: A, server: SERVER },
    expect: "malformed (no-address)",
  },
  {
    name: "INFORM: the address is in ciaddr (§4.4.3)",
    when: { type: INFORM, ciaddr: A, from: B },
    expect: `INFORM ${A}`,
  },
  {
    name: "INFORM that forgot ciaddr: the address it was sent from",
    when: { type: INFORM, from: A },
    expect: `INFORM ${A}`,
  },
  {
    name: "INFORM that forgot ciaddr, through a relay: the source is the relay's",
    when: { type: INFORM, giaddr: RELAY, from: RELAY, to: SERVER },
    expect: "INFORM 0.0.0.0",
  },
  {
    name: "INFORM from nowhere",
    when: { type: INFORM },
    expect: "malformed (no-address)",
  },
  { name: "BOOTP: no option 53 (RFC 1534)", when: {}, expect: "BOOTP" },
  // Malformed ones.
  ...[0, 2, 5, 6, 9, 255].map((type): Row => ({
    name: `message type ${type}, which clients do not send`,
    when: { type },
    expect: "malformed (bad-message-type)",
  })),
  {
    name: "a message type of no octets",
    when: { options: [raw(53)] },
    expect: "malformed (bad-message-type)",
  },
  {
    name: "a message type of two octets",
    when: { options: [raw(53, 1, 1)] },
    expect: "malformed (bad-message-type)",
  },
  {
    name: "two message types, which RFC 3396 joins",
    when: { options: [raw(53, 1), raw(53, 3)] },
    expect: "malformed (bad-message-type)",
  },
  {
    name: "an option 50 of three octets",
    when: { type: DISCOVER, options: [raw(50, 10, 0, 0)] },
    expect: "malformed (bad-option-length)",
  },
  {
    name: "an option 50 of no octets",
    when: { type: REQUEST, ciaddr: A, options: [raw(50)] },
    expect: "malformed (bad-option-length)",
  },
  {
    name: "an option 54 of five octets",
    when: { type: REQUEST, requested: A, options: [raw(54, 10, 0, 0, 1, 0)] },
    expect: "malformed (bad-option-length)",
  },
  {
    name: "a client identifier over 255 octets, which no reply could echo (RFC 2132 §9.14)",
    when: { type: DISCOVER, options: [[61, new Uint8Array(256)]] },
    expect: "malformed (bad-option-length)",
  },
  {
    name: "a relay agent information over 255 octets (RFC 3046 §2.0)",
    when: { type: DISCOVER, giaddr: RELAY, options: [[82, new Uint8Array(256)]] },
    expect: "malformed (bad-option-length)",
  },
  {
    name: "255 octets of each, which are legal",
    when: {
      type: DISCOVER,
      giaddr: RELAY,
      options: [[61, new Uint8Array(255)], [82, new Uint8Array(255)]],
    },
    expect: "DISCOVER anything",
  },
  {
    name: "neither hardware address nor client identifier",
    when: { type: DISCOVER, hlen: 0 },
    expect: "malformed (no-client-identity)",
  },
  {
    name: "no hardware address and an empty client identifier",
    when: { type: DISCOVER, hlen: 0, clientId: "" },
    expect: "malformed (no-client-identity)",
  },
  {
    name: "InfiniBand: no hardware address, but a client identifier (RFC 4390 §2.1)",
    when: { type: DISCOVER, htype: 32, hlen: 0, clientId: "ff:01" },
    expect: "DISCOVER anything",
  },
  {
    name: "LEASEQUERY by address needs no client (RFC 4388 §6.2)",
    when: { type: 10, giaddr: RELAY, ciaddr: A, hlen: 0 },
    expect: `LEASEQUERY of ${A}`,
  },
  {
    name: "LEASEQUERY by client identifier (RFC 4388 §6.2)",
    when: { type: 10, giaddr: RELAY, clientId: "01:02", hlen: 0 },
    expect: "LEASEQUERY of id:01:02",
  },
];

for (const { name, when, expect, on } of ROWS) {
  Deno.test(`classify tells ${name}`, () => {
    assert.equal(tell(classifyAsk(when, on ?? [`${SERVER}/24`])), expect);
  });
}

function requestOf(ask: Ask): Request {
  const request = classifyAsk(ask, [`${SERVER}/24`]);
  assert(request.kind !== "malformed", JSON.stringify(request));
  return request;
}

Deno.test("the host name is option 12 as text, without the NULs some clients append", () => {
  const rows: readonly (readonly [PacketOption[], string | undefined])[] = [
    [[], undefined],
    [[raw(12)], undefined],
    [[raw(12, 0, 0)], undefined],
    [[raw(12, 0x70, 0x69, 0)], "pi"],
    [[raw(12, 0x1b, 0x5b, 0x41)], "\x1b[A"],
    [[raw(12, 0xff)], "\ufffd"],
    [[[12, new TextEncoder().encode("(none)")]], undefined],
    [[[12, new TextEncoder().encode("localhost.localdomain\0")]], undefined],
    [[[12, new Uint8Array(300).fill(0x61)]], "a".repeat(255)],
  ];
  for (const [options, expected] of rows) {
    assert.equal(requestOf({ type: DISCOVER, options }).hostname, expected);
  }
});

Deno.test("what outlives the batch is a copy: the receive buffer is used again", () => {
  const bytes = requestBytes({
    type: REQUEST,
    requested: A,
    clientId: "01:02:03",
    options: [raw(12, 0x70, 0x69)],
  });
  const view = viewMessage(bytes);
  assert(view.kind === "message");
  const ingress = requestOf({ type: DISCOVER }).ingress;
  const request = classify(view, ingress);
  const { client, hostname, told } = { ...(request as Request), told: tell(request) };
  bytes.fill(0xaa);
  assert.deepEqual([client.key, client.hardwareAddress], ["id:01:02:03", "b8:27:eb:00:00:01"]);
  assert.equal(hostname, "pi");
  assert.equal(tell(request), told);
});

Deno.test("classify of any options and header never throws (property)", () => {
  const option = fc.tuple(
    fc.constantFrom(12, 50, 52, 53, 54, 55, 57, 61, 82),
    fc.uint8Array({ maxLength: 6 }),
  );
  const header = fc.record({
    hlen: fc.nat(16),
    ciaddr: fc.constantFrom("0.0.0.0", A),
    giaddr: fc.constantFrom("0.0.0.0", RELAY),
    to: fc.constantFrom("255.255.255.255", SERVER),
    type: fc.nat(10),
  });
  fc.assert(fc.property(header, fc.array(option, { maxLength: 8 }), (ask, options) => {
    const view = viewMessage(requestBytes({ ...ask, options }));
    if (view.kind === "malformed") return;
    const { ingress } = requestOf({ type: DISCOVER, to: ask.to });
    const request = classify(view, ingress);
    if (request.kind === "malformed" || !("address" in request)) return;
    const mayNameNone = request.kind === "SELECTING" || request.kind === "INFORM";
    if (mayNameNone && request.address === 0) return;
    assert.notEqual(request.address, 0, "an address that is spoken of is one");
    const named = [dotted(view.ciaddr), view.option(50)?.join(".")];
    assert(named.includes(dotted(request.address)), "and the client named it");
  }));
});
