/** What becomes of options that do not fit, and the forms that single clients need. */
import assert from "node:assert/strict";
import type { OptionSet } from "../../src/config/config.ts";
import { DISCOVER, option, type Packet } from "../support/dhcp_packets.ts";
import { type Ask, Engine } from "../support/engine_fixture.ts";

const text = (value: string) => new TextEncoder().encode(value);

/** What the client is offered where these options are configured. */
function offered(options: OptionSet, ask: Ask): Packet {
  const engine = new Engine({ subnets: [{ pools: ["192.168.1.100"], options }] });
  return engine.decide({ type: DISCOVER, ...ask }).packet!;
}

/** Codes of the options after those that every OFFER has, and of those in `file` and `sname`. */
function places({ options, overloaded }: Packet): readonly number[][] {
  return [options.slice(6).map(([code]) => code), overloaded.map(([code]) => code)];
}

Deno.test("what does not fit goes into `file`, then `sname`, and 52 says so (RFC 2132 §9.3)", () => {
  // 548 octets less header, the first options and END leave 274, three of them for option 52.
  const options = new Map([
    [43, new Uint8Array(200)],
    [17, text("r".repeat(100))],
    [18, text("e".repeat(50))],
    [14, text("d".repeat(50))],
    [40, text("n".repeat(60))],
    [15, text("a.b")],
  ]);
  const packet = offered(options, { list: [43, 17, 18, 14, 40, 15] });
  // 40 fits nowhere; and as something is left out, 15 is written first.
  assert.deepEqual(places(packet), [[15, 43, 18, 52], [17, 14]]);
  assert.deepEqual(option(packet, 52), Uint8Array.of(3));
  assert.deepEqual(packet.overloaded[0], [17, text("r".repeat(100))]);
});

Deno.test("option 52 is 1 where only `file` has options, and missing where none has", () => {
  const options = new Map([[43, new Uint8Array(250)], [17, text("r".repeat(100))]]);
  const packet = offered(options, { list: [43, 17] });
  assert.deepEqual(places(packet), [[43, 52], [17]]);
  assert.deepEqual(option(packet, 52), Uint8Array.of(1));
  assert.deepEqual(places(offered(options, { list: [17] })), [[17], []]);
});

Deno.test("a long option that was asked for first leaves room for what a client needs", () => {
  const options = new Map([
    [43, new Uint8Array(240)],
    [17, text("r".repeat(124))],
    [40, text("n".repeat(60))],
    [3, Uint8Array.of(192, 168, 1, 1)],
    [6, new Uint8Array(80)],
    [15, text("home.arpa")],
  ]);
  const packet = offered(options, { list: [43, 17, 40, 3, 6, 15] });
  assert.deepEqual(places(packet), [[3, 6, 15, 17, 52], [40]]);
});

Deno.test("with room for all of them, options keep the order of the client's list", () => {
  const options = new Map([[43, new Uint8Array(100)], [3, Uint8Array.of(192, 168, 1, 1)]]);
  assert.deepEqual(places(offered(options, { list: [43, 3] })), [[43, 3], []]);
});

Deno.test("60 stands before 43, whatever the order of the list is", () => {
  const options = new Map([[43, Uint8Array.of(6, 1, 8)], [60, text("PXEClient")]]);
  assert.deepEqual(places(offered(options, { list: [43, 60] })), [[60, 43], []]);
  assert.deepEqual(places(offered(options, {})), [[60, 43], []]);
  assert.deepEqual(places(offered(options, { list: [43] })), [[43], []]);
});

Deno.test("108 only for clients that ask for it (RFC 8925 §3.3: MUST NOT), 116 for none", () => {
  const options = new Map([[108, new Uint8Array(4)], [116, new Uint8Array(1)], [15, text("a.b")]]);
  assert.deepEqual(places(offered(options, {})), [[15], []]);
  assert.deepEqual(places(offered(options, { list: [15] })), [[15], []]);
});

const TEXTS = new Map([
  [12, text("pi")],
  [15, text("home.arpa")],
  [66, text("tftp")],
  [67, text("boot.efi")],
  [114, text("https://portal.example.com/")],
  [43, Uint8Array.of(6, 1, 8)],
]);
const LIST = [12, 15, 43, 66, 67, 114];

/** The codes of those options that end with a NUL. */
function terminated(ask: Ask): number[] {
  const { options } = offered(TEXTS, { list: LIST, ...ask });
  return options.slice(6).filter(([, payload]) => payload.at(-1) === 0).map(([code]) => code);
}

Deno.test("texts end without a NUL (RFC 2132 §2), and with one where the client's own do", () => {
  assert.deepEqual(terminated({}), []);
  assert.deepEqual(terminated({ options: [[12, text("old")], [60, text("MSFT 5.0")]] }), []);
  // Texts, but not a URI (RFC 8910 §2.1: "not null-terminated") and not octets.
  assert.deepEqual(terminated({ options: [[12, text("old\0")]] }), [12, 15, 66, 67]);
  assert.deepEqual(terminated({ options: [[60, text("MSFT 98\0")]] }), [12, 15, 66, 67]);
  assert.deepEqual(terminated({ options: [[12, text("")]] }), []);
  const packet = offered(TEXTS, { list: LIST, options: [[12, text("old\0")]] });
  assert.deepEqual(option(packet, 15), text("home.arpa\0"));
});

Deno.test("the names of server and file end with a NUL for boot code", () => {
  const pxe = text("PXEClient:Arch:00000:UNDI:002001");
  assert.deepEqual(terminated({ options: [[60, pxe]] }), [66, 67]);
  assert.deepEqual(terminated({ options: [[60, text("PXE")]] }), []);
});

Deno.test("a text that is configured with a NUL gets no second one", () => {
  const options = new Map([[15, text("home.arpa\0")]]);
  const packet = offered(options, { list: [15], options: [[12, text("old\0")]] });
  assert.deepEqual(option(packet, 15), text("home.arpa\0"));
});
