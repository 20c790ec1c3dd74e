import assert from "node:assert/strict";
import fc from "fast-check";
import { type MalformedReason, MessageView, viewMessage } from "../../src/wire/message_view.ts";
import { formatHex } from "../../src/wire/hex.ts";
import { dotted } from "../support/leases_fixture.ts";
import { END, PAD, type RawMessage, rawMessage, tlv } from "./raw_message.ts";

function view(message: RawMessage | Uint8Array): MessageView {
  const result = viewMessage(message instanceof Uint8Array ? message : rawMessage(message));
  assert.equal(result.kind, "message", JSON.stringify(result));
  return result as MessageView;
}

function optionOf(message: RawMessage, code: number): number[] | undefined {
  const payload = view(message).option(code);
  return payload === undefined ? undefined : [...payload];
}

Deno.test("view reads each header field at its place (RFC 2131 figure 1)", () => {
  const message = view({
    header: {
      xid: 0xdeadbeef,
      secs: 0x1234,
      flags: 0x8001,
      ciaddr: "10.1.2.3",
      yiaddr: "1.1.1.1",
      siaddr: "2.2.2.2",
      giaddr: "192.168.254.253",
      mac: "b8:27:eb:01:02:03",
    },
    htype: 32,
    hlen: 5,
  });
  assert.equal(message.xid, 0xdeadbeef);
  assert.equal(message.secs, 0x1234);
  assert.equal(message.flags, 0x8001);
  assert.equal(dotted(message.ciaddr), "10.1.2.3");
  assert.equal(dotted(message.giaddr), "192.168.254.253");
  assert.equal(message.htype, 32);
  assert.equal(message.hlen, 5);
  assert.equal(formatHex(message.chaddr), "b8:27:eb:01:02:03" + ":00".repeat(10));
});

interface BadRow {
  readonly name: string;
  readonly given: Uint8Array;
  readonly expect: MalformedReason;
}

const BAD_ROWS: readonly BadRow[] = [
  { name: "nothing at all", given: new Uint8Array(0), expect: "too-short" },
  {
    name: "one octet short of the header's end",
    given: rawMessage().subarray(0, 235),
    expect: "too-short",
  },
  {
    name: "a BOOTREPLY, which servers send",
    given: rawMessage({ header: { op: 2 } }),
    expect: "not-a-request",
  },
  { name: "op 0", given: rawMessage({ header: { op: 0 } }), expect: "not-a-request" },
  {
    name: "a hardware address longer than chaddr (RFC 2131 §2: 16 octets)",
    given: rawMessage({ hlen: 17 }),
    expect: "bad-hardware-length",
  },
  { name: "hlen 255", given: rawMessage({ hlen: 255 }), expect: "bad-hardware-length" },
  {
    name: "an option code without its length octet",
    given: rawMessage({ options: [...tlv(53, 1), 61] }),
    expect: "truncated-option",
  },
  {
    name: "an option longer than what is left",
    given: rawMessage({ options: [...tlv(53, 1), 61, 4, 1, 2, 3] }),
    expect: "truncated-option",
  },
  {
    name: "an option cut off in the file field, where option 52 opens it",
    given: rawMessage({
      options: [...tlv(52, 1), END],
      file: [...tlv(12, ...Array(120).fill(97)), 15, 5, 1],
    }),
    expect: "truncated-option",
  },
  {
    name: "an option cut off in the sname field, where option 52 opens it",
    given: rawMessage({ options: [...tlv(52, 2), END], sname: [12, 63] }),
    expect: "truncated-option",
  },
  ...[[0], [4], [255], [], [1, 1]].map((payload): BadRow => ({
    name: `option 52 with the payload [${payload}] (RFC 2132 §9.3: 1, 2 or 3)`,
    given: rawMessage({ options: [...tlv(52, ...payload), END] }),
    expect: "bad-overload",
  })),
];

Deno.test("without the magic cookie there are no options: a BOOTP client (RFC 951 §3)", () => {
  const whole = rawMessage({ options: [...tlv(53, 1), ...tlv(12, 97), END] });
  assert.equal(view(whole).hasOptions, true);
  const withOther = [236, 237, 238, 239].map((at) => {
    const bytes = whole.slice();
    bytes[at]! ^= 1;
    return bytes;
  });
  for (const bytes of [...withOther, whole.subarray(0, 236), whole.subarray(0, 239)]) {
    const message = view(bytes);
    assert.equal(message.hasOptions, false);
    assert.equal(message.option(53), undefined);
  }
});

for (const { name, given, expect } of BAD_ROWS) {
  Deno.test(`view refuses ${name}`, () => {
    assert.deepEqual(viewMessage(given), { kind: "malformed", reason: expect });
  });
}

interface OptionRow {
  readonly name: string;
  readonly given: RawMessage;
  readonly code: number;
  readonly expect: number[] | undefined;
}

const OPTION_ROWS: readonly OptionRow[] = [
  {
    name: "an option",
    given: { options: [...tlv(12, 1, 2, 3), END] },
    code: 12,
    expect: [1, 2, 3],
  },
  { name: "an option of no octets", given: { options: [...tlv(61), END] }, code: 61, expect: [] },
  { name: "no option that was not sent", given: { options: [END] }, code: 61, expect: undefined },
  { name: "no option where there are none", given: {}, code: 53, expect: undefined },
  {
    name: "options without an END after them",
    given: { options: [...tlv(53, 1), ...tlv(12, 7)] },
    code: 12,
    expect: [7],
  },
  {
    name: "options between and after PAD octets (RFC 2132 §3.1)",
    given: { options: [PAD, PAD, ...tlv(53, 1), PAD, ...tlv(12, 7), PAD, PAD, END, PAD] },
    code: 12,
    expect: [7],
  },
  {
    name: "nothing behind END (RFC 2132 §3.2)",
    given: { options: [...tlv(53, 1), END, ...tlv(12, 7), 61, 200] },
    code: 12,
    expect: undefined,
  },
  {
    name: "no option code inside the payload of another",
    given: { options: [...tlv(43, 12, 1, 9), END] },
    code: 12,
    expect: undefined,
  },
  { name: "PAD as no option", given: { options: [0, 0, END] }, code: PAD, expect: undefined },
  { name: "END as no option", given: { options: [END, 1, 9] }, code: END, expect: undefined },
  {
    name: "both parts of a split option (RFC 3396 §7)",
    given: { options: [...tlv(12, 1, 2), ...tlv(53, 1), ...tlv(12, 3), END] },
    code: 12,
    expect: [1, 2, 3],
  },
  {
    name: "options of the file field (RFC 2132 §9.3, value 1)",
    given: { options: [...tlv(52, 1), END], file: [...tlv(12, 7), END] },
    code: 12,
    expect: [7],
  },
  {
    name: "options of the sname field (value 2)",
    given: { options: [...tlv(52, 2), END], sname: [...tlv(12, 7), END] },
    code: 12,
    expect: [7],
  },
  {
    name: "options of a file field that they fill to its last octet",
    given: {
      options: [...tlv(52, 1), END],
      file: [...tlv(12, ...Array(123).fill(1)), ...tlv(15, 9)],
    },
    code: 15,
    expect: [9],
  },
  {
    name: "parts in the order options, file, sname (value 3; RFC 2131 §4.1, RFC 3396 §5)",
    given: {
      options: [...tlv(12, 1), ...tlv(52, 3), ...tlv(12, 2), END],
      file: [...tlv(12, 3), END],
      sname: [...tlv(12, 4), END],
    },
    code: 12,
    expect: [1, 2, 3, 4],
  },
  {
    name: "no options of a file field that is a file name",
    given: { options: [END], file: tlv(12, 7), sname: tlv(12, 8) },
    code: 12,
    expect: undefined,
  },
  {
    name: "no options of sname where option 52 opens file only",
    given: { options: [...tlv(52, 1), END], sname: tlv(12, 8) },
    code: 12,
    expect: undefined,
  },
  {
    name: "no options of file where option 52 opens sname only",
    given: { options: [...tlv(52, 2), END], file: tlv(12, 8) },
    code: 12,
    expect: undefined,
  },
  {
    name: "no more fields than the options field opens: 52 in file has no meaning",
    given: {
      options: [...tlv(52, 1), END],
      file: [...tlv(52, 3), END],
      sname: [...tlv(12, 8), END],
    },
    code: 12,
    expect: undefined,
  },
  {
    name: "nothing cut off in a field that carries no options",
    given: { options: [...tlv(53, 1), END], file: [12, 255], sname: [12, 255] },
    code: 53,
    expect: [1],
  },
];

for (const { name, given, code, expect } of OPTION_ROWS) {
  Deno.test(`view reads ${name}`, () => assert.deepEqual(optionOf(given, code), expect));
}

Deno.test("view of a message cut off after any number of octets is a value, never an error", () => {
  const options = [...tlv(53, 1), PAD, ...tlv(61, 1, 2, 3), ...tlv(52, 3), END, PAD, PAD];
  const whole = rawMessage({ options, file: [...tlv(12, 7), END], sname: [END] });
  const boundaries = new Set([0, 3, 4, 9, 12, 13, 14, 15]);
  for (let length = 0; length <= whole.length; length++) {
    const result = viewMessage(whole.subarray(0, length));
    const told = result.kind === "malformed" ? result.reason : "message";
    const expected = length < 236
      ? "too-short"
      : length < 240 || boundaries.has(length - 240)
      ? "message"
      : "truncated-option";
    assert.equal(told, expected, `${length} octets`);
  }
});

Deno.test("view copies nothing: header and options are views on the datagram's own octets", () => {
  const slab = new Uint8Array(1000);
  const bytes = slab.subarray(100);
  bytes.set(rawMessage({ options: [...tlv(12, 1, 2, 3), END] }));
  const message = view(bytes);
  for (const part of [message.option(12)!, message.chaddr]) {
    assert.equal(part.buffer, slab.buffer);
  }
  assert.equal(message.option(12)!.byteOffset, 100 + 242);
  assert.equal(message.chaddr.byteOffset, 100 + 28);
});

/** Most random octets stop at the cookie, so half of the runs start from a good header. */
const ANY_DATAGRAM = anyDatagram();

function anyDatagram(): fc.Arbitrary<Uint8Array> {
  const header = [...rawMessage()];
  return fc.oneof(
    fc.uint8Array({ maxLength: 600 }),
    fc.tuple(
      fc.uint8Array({ minLength: 192, maxLength: 192 }),
      fc.array(fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 3, 52, 53, 255)), { maxLength: 300 }),
    ).map(([fields, options]) => {
      const bytes = Uint8Array.from([...header, ...options]);
      bytes.set(fields, 44);
      return bytes;
    }),
  );
}

Deno.test("view of any octets never throws and never loops (property)", () => {
  fc.assert(
    fc.property(ANY_DATAGRAM, (bytes) => {
      const before = bytes.slice();
      const result = viewMessage(bytes);
      if (result.kind === "message") {
        for (let code = 0; code < 256; code++) {
          const payload = result.option(code);
          assert(payload === undefined || payload.length <= bytes.length);
        }
      }
      assert.deepEqual(bytes, before, "reading changes nothing");
    }),
    { numRuns: 500 },
  );
});

Deno.test("a view that has shown others shows a message as a new one does (property)", () => {
  // Few codes, some above 127, so that options come in parts in one message and not in the next.
  const part = fc.tuple(fc.constantFrom(12, 53, 61, 200), fc.uint8Array({ maxLength: 3 }))
    .map(([code, payload]) => tlv(code, ...payload));
  const partly = fc.array(part, { maxLength: 6 }).map((parts) =>
    rawMessage({ options: parts.flat() })
  );
  const datagrams = fc.array(fc.oneof(ANY_DATAGRAM, partly), { maxLength: 6 });
  fc.assert(
    fc.property(datagrams, (datagrams) => {
      const used = new MessageView();
      for (const bytes of datagrams) {
        const [again, fresh] = [viewMessage(bytes, used), viewMessage(bytes)];
        assert.equal(again.kind, fresh.kind);
        if (again.kind === "malformed" || fresh.kind === "malformed") {
          assert.deepEqual(again, fresh);
          continue;
        }
        assert.equal(again.xid, fresh.xid);
        for (let code = 0; code < 256; code++) {
          assert.deepEqual(again.option(code), fresh.option(code), `option ${code}`);
          assert.equal(again.octets(code), fresh.option(code)?.length ?? -1);
        }
      }
    }),
  );
});

Deno.test("an option is a number when it has that many octets", () => {
  const options = [...tlv(51, 0x89, 0xab, 0xcd, 0xef), ...tlv(57, 5), ...tlv(57, 220), END];
  const message = view({ options });
  assert.equal(message.number(51, 4), 0x89ab_cdef);
  assert.equal(message.number(51, 2), undefined);
  assert.equal(message.number(57, 2), 1_500, "joined of two parts");
  assert.equal(message.number(50, 4), undefined);
});

Deno.test("view of the largest datagram full of parts of one option joins them all", () => {
  const parts = Math.floor((65_507 - 241) / 3);
  const options = Array.from({ length: parts }, (_, i) => tlv(61, i & 255)).flat();
  const joined = view({ options: [...options, END] }).option(61)!;
  assert.equal(joined.length, parts);
  assert.deepEqual([...joined.subarray(254, 258)], [254, 255, 0, 1]);
});

/** One option or PAD, as a generator makes it. */
type Piece = readonly [code: number, payload: readonly number[]] | typeof PAD;

/** Pieces of a field that fit into `octetsMax`. */
function pieces(octetsMax: number): fc.Arbitrary<readonly Piece[]> {
  const payload = fc.array(fc.nat(255), { maxLength: 12 });
  const piece = fc.oneof(
    fc.tuple(fc.constantFrom(1, 12, 50, 61, 82, 254), payload),
    fc.constant<Piece>(PAD),
  );
  return fc.array(piece, { maxLength: 20 }).map((all) => {
    while (octetsOf(all).length > octetsMax) all.pop();
    return all;
  });
}

function octetsOf(all: readonly Piece[]): number[] {
  return all.flatMap((piece) => piece === PAD ? [PAD] : tlv(piece[0], ...piece[1]));
}

Deno.test("view.option gives what was put into a well-formed message (property)", () => {
  fc.assert(
    fc.property(
      pieces(400),
      pieces(127),
      pieces(63),
      fc.integer({ min: 0, max: 3 }),
      fc.boolean(),
      (options, file, sname, overload, hasEnd) => {
        const message = view({
          options: [
            ...(overload === 0 ? [] : tlv(52, overload)),
            ...octetsOf(options),
            ...(hasEnd ? [END] : []),
          ],
          file: [...octetsOf(file), END],
          sname: [...octetsOf(sname), END],
        });
        const read = [
          ...options,
          ...((overload & 1) !== 0 ? file : []),
          ...((overload & 2) !== 0 ? sname : []),
        ].filter((piece) => piece !== PAD);
        for (const code of [1, 12, 50, 61, 82, 254]) {
          const parts = read.filter(([sent]) => sent === code).map(([, payload]) => payload);
          const expected = parts.length === 0 ? undefined : Uint8Array.from(parts.flat());
          assert.deepEqual(message.option(code), expected, `option ${code}`);
        }
      },
    ),
    { numRuns: 500 },
  );
});
