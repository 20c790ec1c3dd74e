import assert from "node:assert/strict";
import type { OptionSet } from "../../src/config/config.ts";
import {
  DISCOVER,
  option,
  type Packet,
  type PacketOption,
  REQUEST,
} from "../support/dhcp_packets.ts";
import { type Ask, Engine, hexOctets, macOf, SERVER } from "../support/engine_fixture.ts";

const A = "192.168.1.100";
const RELAY = "192.168.1.254";

const text = (value: string) => new TextEncoder().encode(value);

/** Two of them longer than the mask that must come before; in the order of a config file. */
const CONFIGURED: OptionSet = new Map([
  [15, text("home.arpa")],
  [3, Uint8Array.of(192, 168, 1, 1)],
  [6, Uint8Array.of(192, 168, 1, 1, 9, 9, 9, 9)],
  [42, Uint8Array.of(192, 168, 1, 1)],
]);
const GIVEN = { subnets: [{ pools: [A], options: CONFIGURED, relays: [RELAY] }] };

function engineOf(options: OptionSet): Engine {
  return new Engine({ subnets: [{ pools: [A], options }] });
}

function codes(packet: Packet | undefined): number[] {
  return packet!.options.map(([code]) => code);
}

/** The first options of every OFFER and of every ACK to a REQUEST, in this order. */
const FIRST = [53, 54, 51, 58, 59, 1];

interface OrderRow {
  readonly name: string;
  readonly when: Ask;
  /** After `FIRST`. */
  readonly expect: readonly number[];
}

const ORDER_ROWS: readonly OrderRow[] = [
  {
    name: "the order of the parameter request list (RFC 2132 §9.8)",
    when: { list: [6, 42, 3, 15] },
    expect: [6, 42, 3, 15],
  },
  {
    name: "only what was asked for",
    when: { list: [15] },
    expect: [15],
  },
  {
    name: "each option once, however often it was asked for (RFC 2131 §4.3.1)",
    when: { list: [15, 3, 15, 15, 3] },
    expect: [15, 3],
  },
  {
    name: "no option twice that is there anyway",
    when: { list: [54, 53, 51, 3] },
    expect: [3],
  },
  {
    name: "nothing that the server has no value for (RFC 2131 §4.3.1: MUST NOT)",
    when: { list: [2, 0, 255, 50, 52, 55, 56, 57, 66, 82, 119, 252, 15] },
    expect: [15],
  },
  {
    name: "the broadcast address where it was asked for",
    when: { list: [28, 15] },
    expect: [28, 15],
  },
  {
    name: "all that is configured, in the order of the file, where there is no list",
    when: {},
    expect: [15, 3, 6, 42],
  },
  {
    name: "all that is configured where the list is empty",
    when: { list: [] },
    expect: [15, 3, 6, 42],
  },
  {
    name: "the client identifier after them (RFC 6842 §3)",
    when: { list: [3], clientId: "01:02" },
    expect: [3, 61],
  },
  {
    name: "an empty client identifier too",
    when: { list: [3], clientId: "" },
    expect: [3, 61],
  },
  {
    name: "no client identifier where none was sent (RFC 6842 §3: MUST NOT)",
    when: { list: [61, 3] },
    expect: [3],
  },
  {
    name: "the client identifier once, at its place, though it was asked for",
    when: { list: [61, 3], clientId: "01:02" },
    expect: [3, 61],
  },
  {
    name: "option 82 last of all (RFC 3046 §2.2)",
    when: {
      list: [82, 3],
      clientId: "01:02",
      giaddr: RELAY,
      options: [[82, Uint8Array.of(1, 1, 9)], [60, text("x")]],
    },
    expect: [3, 61, 82],
  },
  {
    name: "option 82 also where no relay stands between (RFC 3046 §2.2: in all replies)",
    when: { list: [3], options: [[82, Uint8Array.of(1, 1, 9)]] },
    expect: [3, 82],
  },
];

for (const { name, when, expect } of ORDER_ROWS) {
  Deno.test(`OFFER and ACK have, after 53, 54, 51, 58, 59 and 1, ${name}`, () => {
    const engine = new Engine(GIVEN);
    const offer = engine.ask({ type: DISCOVER, ...when });
    assert.deepEqual(codes(offer.packet), [...FIRST, ...expect]);
    const ack = engine.decide({ type: REQUEST, server: SERVER, requested: A, ...when });
    assert.deepEqual(codes(ack.packet), [...FIRST, ...expect]);
  });
}

for (
  const [list, expect] of [
    [[42, 15, 1, 6, 3], [58, 59, 42, 15, 1, 6, 3]],
    [[59, 3, 58, 15], [1, 59, 3, 58, 15]],
    [[59, 58, 54, 53, 51, 1, 3], [59, 58, 1, 3]],
    // RFC 2132 §3.3: the mask MUST come before the routers.
    [[6, 3, 15, 1], [58, 59, 6, 1, 3, 15]],
    [[33, 1], [58, 59, 1]],
  ] as const
) {
  Deno.test(`asked for ${list}, a client is told in its order, mask and timers included`, () => {
    const engine = new Engine(GIVEN);
    const offer = engine.ask({ type: DISCOVER, list });
    assert.deepEqual(codes(offer.packet), [53, 54, 51, ...expect]);
    const ack = engine.decide({ type: REQUEST, server: SERVER, requested: A, list });
    assert.deepEqual(codes(ack.packet), [53, 54, 51, ...expect]);
  });
}

Deno.test("a mask that the client asked for last is there, however long what comes before it", () => {
  const engine = engineOf(new Map([[43, new Uint8Array(250)], [224, new Uint8Array(250)]]));
  const { packet } = engine.decide({ type: DISCOVER, list: [43, 224, 59, 58, 1] });
  for (const code of [1, 58, 59]) assert(codes(packet).includes(code), `${code}`);
});

Deno.test("the ACK has what the OFFER had, octet by octet but for option 53 (§4.3.1)", () => {
  for (const { when } of ORDER_ROWS) {
    const engine = new Engine(GIVEN);
    const offer = engine.ask({ type: DISCOVER, ...when }).bytes!.slice();
    const ack = engine.decide({ type: REQUEST, server: SERVER, requested: A, ...when }).bytes!;
    assert.deepEqual([offer[242], ack[242]], [2, 5]);
    offer[242] = 5;
    assert.deepEqual(ack, offer);
  }
});

Deno.test("the values of the options are those of the config and of the subnet", () => {
  const { packet } = new Engine(GIVEN).decide({ type: DISCOVER, list: [15, 28, 6] });
  assert.deepEqual(packet!.options, [
    [53, Uint8Array.of(2)],
    [54, Uint8Array.of(192, 168, 1, 1)],
    [51, hexOctets("00:00:a8:c0")],
    [58, hexOctets("00:00:54:60")],
    [59, hexOctets("00:00:93:a8")],
    [1, Uint8Array.of(255, 255, 255, 0)],
    [15, text("home.arpa")],
    [28, Uint8Array.of(192, 168, 1, 255)],
    [6, Uint8Array.of(192, 168, 1, 1, 9, 9, 9, 9)],
  ]);
});

Deno.test("a configured mask or broadcast address goes before what the subnet implies", () => {
  const engine = engineOf(
    new Map([[28, Uint8Array.of(255, 255, 255, 255)], [1, Uint8Array.of(255, 255, 0, 0)]]),
  );
  const { packet } = engine.decide({ type: DISCOVER });
  assert.deepEqual(codes(packet), [...FIRST, 28]);
  assert.deepEqual(option(packet!, 1), Uint8Array.of(255, 255, 0, 0));
  assert.deepEqual(option(packet!, 28), Uint8Array.of(255, 255, 255, 255));
});

Deno.test("the host name of a reservation goes before the subnet's", () => {
  const reservations = [{ mac: macOf(1), address: "192.168.1.10", hostname: "pi" }];
  for (const options of [new Map(), new Map([[12, text("everybody")]])]) {
    const engine = new Engine({ subnets: [{ reservations, options }] });
    for (const list of [undefined, [12]]) {
      const ask: Ask = { type: DISCOVER, ...(list === undefined ? {} : { list }) };
      const reserved = engine.decide(ask).packet!;
      assert.deepEqual(codes(reserved), [...FIRST, 12]);
      assert.deepEqual(option(reserved, 12), text("pi"));
      const other = engine.decide({ ...ask, mac: macOf(2) }).packet!;
      assert.deepEqual(option(other, 12), options.get(12));
    }
  }
});

Deno.test("a client identifier comes back unaltered, whatever its octets (RFC 6842 §3)", () => {
  for (const clientId of ["", "00", "ff:00:00:00:01:00:01", "00".repeat(255)]) {
    const { packet } = new Engine(GIVEN).decide({ type: DISCOVER, clientId, list: [3] });
    assert.deepEqual(packet!.options.at(-1), [61, hexOctets(clientId)]);
  }
});

Deno.test("an option over 255 octets is sent in parts, one after the other (RFC 3396 §4)", () => {
  const long = Uint8Array.from({ length: 400 }, (_, i) => i & 255);
  const size: PacketOption = [57, hexOctets("05:dc")];
  const { packet } = engineOf(new Map([[43, long]]))
    .decide({ type: DISCOVER, list: [43], options: [size] });
  assert.deepEqual(codes(packet), [...FIRST, 43, 43]);
  assert.deepEqual([...packet!.options[6]![1], ...packet!.options[7]![1]], [...long]);
});

Deno.test("an option that does not fit is left out, and shorter ones after it are not", () => {
  const options = new Map([[43, new Uint8Array(400)], [15, text("home.arpa")]]);
  const { packet } = engineOf(options).decide({ type: DISCOVER, list: [43, 15] });
  assert.deepEqual(codes(packet), [...FIRST, 15]);
});

Deno.test("what comes back is never crowded out by what was asked for (RFC 3046 §2.2)", () => {
  const options = new Map([[43, new Uint8Array(60)], [15, text("a".repeat(100))]]);
  const relayInformation = new Uint8Array(150).fill(7);
  const { packet } = engineOf(options).decide({
    type: DISCOVER,
    list: [43, 15],
    clientId: "01".repeat(30),
    options: [[82, relayInformation]],
  });
  assert.deepEqual(codes(packet), [...FIRST, 43, 52, 61, 82]);
  assert.deepEqual(packet!.overloaded, [[15, text("a".repeat(100))]]);
  assert.deepEqual(option(packet!, 82), relayInformation);
});

Deno.test("identifier and option 82 too long together: no 82 (RFC 3046 §2.2: SHALL)", () => {
  const clientId = "01".repeat(255);
  for (const type of [DISCOVER, REQUEST]) {
    const { packet } = new Engine(GIVEN).decide({
      type,
      ...(type === REQUEST ? { server: SERVER, requested: A } : {}),
      clientId,
      options: [[82, new Uint8Array(255)]],
    });
    assert.deepEqual(codes(packet), [...FIRST, 61]);
    assert.deepEqual(option(packet!, 61), hexOctets(clientId));
  }
  const refused = new Engine(GIVEN).decide({
    type: REQUEST,
    requested: "10.0.0.1",
    clientId,
    options: [[82, new Uint8Array(255)]],
  });
  assert.deepEqual(codes(refused.packet), [53, 54, 56, 61]);
});

Deno.test("a client that asks for 249 is sent the routes of 121, unless 249 has its own", () => {
  const routes = hexOctets("08:0a:c0:a8:01:02");
  const own = hexOctets("00:c0:a8:01:01");
  const shared = engineOf(new Map([[121, routes]]));
  const both = shared.decide({ type: DISCOVER, list: [121, 249] }).packet!;
  assert.deepEqual(both.options.slice(FIRST.length), [[121, routes], [249, routes]]);
  assert.deepEqual(codes(shared.decide({ type: DISCOVER }).packet), [...FIRST, 121]);
  const apart = engineOf(new Map([[121, routes], [249, own]]));
  const { packet } = apart.decide({ type: DISCOVER, list: [249] });
  assert.deepEqual(packet!.options.slice(FIRST.length), [[249, own]]);
});

Deno.test("who asks for classless routes (121) and has them is sent no 3 and 33 (RFC 3442)", () => {
  const routes = hexOctets("00:c0:a8:01:01");
  const configured = new Map([
    [3, Uint8Array.of(192, 168, 1, 1)],
    [33, Uint8Array.of(10, 0, 0, 9, 192, 168, 1, 2)],
    [121, routes],
    [15, text("home.arpa")],
  ]);
  const told = (options: OptionSet, list: readonly number[]) =>
    codes(engineOf(options).decide({ type: DISCOVER, list }).packet).slice(FIRST.length);
  assert.deepEqual(told(configured, [3, 33, 121, 15]), [121, 15]);
  assert.deepEqual(told(configured, [121, 3]), [121]);
  // Who does not ask for 121, or asks by the name of Windows alone, goes by the routers.
  assert.deepEqual(told(configured, [3, 33, 15]), [3, 33, 15]);
  assert.deepEqual(told(configured, [249, 3]), [249, 3]);
  // Nor is there anything to go by where the config has none.
  configured.delete(121);
  assert.deepEqual(told(configured, [121, 3, 33]), [3, 33]);
});
