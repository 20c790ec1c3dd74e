import assert from "node:assert/strict";
import fc from "fast-check";
import { type MessageView, viewMessage } from "../../src/wire/message_view.ts";
import {
  dhcpReplyOctetsMax,
  MessageWriter,
  REPLY_OCTETS_MAX,
  type ReplyHeader,
  ReplySlab,
} from "../../src/wire/message_writer.ts";
import { ip } from "../support/leases_fixture.ts";
import { parsePacket } from "../support/dhcp_packets.ts";
import { type RawMessage, rawMessage } from "./raw_message.ts";

const HEADER: ReplyHeader = { ciaddr: 0, yiaddr: 0, flags: 0 };

function requestOf(message: RawMessage = {}): MessageView {
  const view = viewMessage(rawMessage(message));
  assert(view.kind === "message");
  return view;
}

function writerFor(messageSizeMax: number | undefined, slab = new ReplySlab()): MessageWriter {
  return new MessageWriter(slab, requestOf(), HEADER, dhcpReplyOctetsMax(messageSizeMax));
}

/** A payload of that many octets, none of them PAD or END. */
function payload(octets: number, octet = 7): Uint8Array {
  return new Uint8Array(octets).fill(octet);
}

Deno.test("reply header: what comes back, what is ours, zero elsewhere (RFC 2131 table 3)", () => {
  const request = rawMessage({
    header: {
      hops: 3,
      xid: 0x89abcdef,
      secs: 77,
      flags: 0x8001,
      ciaddr: "1.1.1.1",
      yiaddr: "2.2.2.2",
      siaddr: "3.3.3.3",
      giaddr: "10.9.8.7",
    },
    htype: 32,
    hlen: 11,
    sname: Array(64).fill(0x73),
    file: Array(128).fill(0x66),
  });
  request.set(Array.from({ length: 16 }, (_, i) => 0xa0 + i), 28);
  const view = viewMessage(request);
  assert(view.kind === "message");
  const header = { ciaddr: ip("192.168.1.7"), yiaddr: ip("192.168.1.8"), flags: 0x8123 };
  const reply = new MessageWriter(new ReplySlab(), view, header, REPLY_OCTETS_MAX).finish();

  assert.equal(reply[0], 2, "op: BOOTREPLY");
  assert.deepEqual([...reply.subarray(1, 3)], [32, 11], "htype and hlen as in the request");
  assert.equal(reply[3], 0, "hops");
  const packet = parsePacket(reply);
  assert.equal(packet.xid, 0x89abcdef);
  assert.equal(packet.secs, 0);
  assert.equal(packet.flags, 0x8123);
  assert.equal(packet.ciaddr, "192.168.1.7");
  assert.equal(packet.yiaddr, "192.168.1.8");
  assert.equal(packet.siaddr, "0.0.0.0");
  assert.equal(packet.giaddr, "10.9.8.7");
  assert.deepEqual(reply.subarray(28, 44), request.subarray(28, 44), "all 16 octets of chaddr");
  assert(reply.subarray(44, 236).every((octet) => octet === 0), "sname and file");
  assert.deepEqual([...reply.subarray(236, 241)], [99, 130, 83, 99, 255], "cookie, END");
});

Deno.test("a reply is padded with PAD octets to 300 octets (RFC 1542 §2.1)", () => {
  const writer = writerFor(undefined);
  writer.option(53, Uint8Array.of(2));
  const reply = writer.finish();
  assert.equal(reply.length, 300);
  assert.deepEqual([...reply.subarray(240, 244)], [53, 1, 2, 255]);
  assert(reply.subarray(244).every((octet) => octet === 0));
});

Deno.test("a reply of more than 300 octets ends at its END option", () => {
  const writer = writerFor(undefined);
  writer.option(12, payload(58));
  const reply = writer.finish();
  assert.equal(reply.length, 301);
  assert.equal(reply.at(-1), 255);
});

// Option 57 counts the IP datagram (RFC 2131 §2: 576 octets hold 312 of options): 28 octets of it
// are the IP and UDP headers.
const SIZE_ROWS: readonly { name: string; given: number | undefined; expect: number }[] = [
  { name: "absent: 576 (RFC 2131 §2)", given: undefined, expect: 548 },
  { name: "0, not legal: 576", given: 0, expect: 548 },
  { name: "575, not legal (RFC 2132 §9.10): 576", given: 575, expect: 548 },
  { name: "576", given: 576, expect: 548 },
  { name: "577", given: 577, expect: 549 },
  { name: "1500: an Ethernet frame", given: 1500, expect: 1472 },
  { name: "65535: no more than an Ethernet frame", given: 65_535, expect: 1472 },
];

for (const { name, given, expect } of SIZE_ROWS) {
  Deno.test(`option 57 ${name} allows a reply of ${expect} octets and no more`, () => {
    // One octet of options at a time fits to the last octet; END has its room.
    const writer = writerFor(given);
    let written = 0;
    while (writer.option(224, payload(1))) written++;
    while (writer.option(225, payload(0))) written++;
    assert(written > 0);
    const reply = writer.finish();
    assert(expect - reply.length < 2, `${reply.length} octets are the most that fit`);

    const room = expect - 240 - 1;
    const parts = Math.ceil(room / 257);
    const exact = writerFor(given);
    assert.equal(exact.option(224, payload(room - 2 * parts + 1)), false, "one octet too many");
    assert.equal(exact.has(224), false);
    assert.equal(exact.option(224, payload(room - 2 * parts)), true);
    assert.equal(exact.option(225, payload(0)), false, "full");
    assert.equal(exact.finish().length, expect);
  });
}

Deno.test("an option that does not fit leaves the reply as it was; a shorter one fits", () => {
  const writer = writerFor(undefined);
  writer.option(224, payload(200));
  assert.equal(writer.option(225, payload(104)), false);
  assert.equal(writer.option(226, payload(10)), true);
  const { options } = parsePacket(writer.finish());
  assert.deepEqual(options.map(([code, { length }]) => [code, length]), [[224, 200], [226, 10]]);
});

Deno.test("an option over 255 octets is split into parts in a row (RFC 3396 §4)", () => {
  const rows: readonly (readonly [number, readonly number[]])[] = [
    [0, [0]],
    [1, [1]],
    [255, [255]],
    [256, [255, 1]],
    [510, [255, 255]],
    [511, [255, 255, 1]],
  ];
  for (const [octets, parts] of rows) {
    const value = Uint8Array.from({ length: octets }, (_, i) => i & 255);
    const writer = writerFor(1500);
    assert.equal(writer.option(43, value), true);
    writer.option(12, payload(1));
    const { options } = parsePacket(writer.finish());
    assert.deepEqual(options.map(([code]) => code), [...parts.map(() => 43), 12]);
    assert.deepEqual(options.slice(0, -1).map(([, part]) => part.length), parts);
    assert.deepEqual(options.slice(0, -1).flatMap(([, part]) => [...part]), [...value]);
  }
});

Deno.test("kept room is not for other options, and fits what it was kept for exactly", () => {
  for (const kept of [0, 1, 200, 255, 256]) {
    const writer = writerFor(576);
    writer.keepRoom(kept);
    while (writer.option(224, payload(1))) { /* fill */ }
    while (writer.option(225, payload(0))) { /* fill */ }
    writer.giveRoom(kept);
    assert.equal(writer.option(82, payload(kept)), true, `${kept} octets`);
    assert(writer.finish().length <= 548);
  }
});

Deno.test("option32 writes four octets in network order", () => {
  const writer = writerFor(undefined);
  writer.option32(51, 0xffff_fffe);
  writer.option32(54, ip("192.168.1.1"));
  const { options } = parsePacket(writer.finish());
  assert.deepEqual(options, [
    [51, Uint8Array.of(255, 255, 255, 254)],
    [54, Uint8Array.of(192, 168, 1, 1)],
  ]);
});

Deno.test("has tells which options are in the reply", () => {
  const writer = writerFor(undefined);
  assert.equal(writer.has(53), false);
  writer.option(53, payload(1));
  assert.equal(writer.has(53), true);
  assert.equal(writer.has(54), false);
});

Deno.test("options that do not fit go into `file` and `sname` while overload is open", () => {
  const writer = writerFor(undefined);
  while (writer.option32(224, 1)) { /* fill */ }
  assert.equal(writer.option(225, payload(10)), false, "before");
  const open = writerFor(undefined);
  open.option(53, payload(1));
  open.openOverload();
  assert.equal(open.option(224, payload(240)), true);
  assert.equal(open.option(225, payload(126)), false, "no room for END in `file`");
  assert.equal(open.option(226, payload(125)), true, "in `file`");
  assert.equal(open.option(227, payload(61)), true, "in `sname`");
  assert.equal(open.option(228, payload(60)), false);
  assert.equal(open.option32(229, 7), true, "among the others");
  assert.equal(open.omittedCount, 2);
  open.closeOverload();
  const reply = open.finish();
  const { options, overloaded } = parsePacket(reply);
  assert.deepEqual(options.map(([code]) => code), [53, 224, 229, 52]);
  assert.deepEqual(overloaded, [[226, payload(125)], [227, payload(61)]]);
  assert.deepEqual([reply[108 + 127], reply[44 + 63]], [255, 255], "END in both");
});

Deno.test("a field with boot data takes no options", () => {
  for (const taken of [[108], [44], [44, 108]]) {
    const slab = new ReplySlab();
    const writer = writerFor(undefined, slab);
    const bytes = slab.reserve(548);
    for (const at of taken) bytes.set([0x62, 0x6f], at);
    writer.openOverload();
    writer.option(224, payload(255));
    const isWritten = writer.option(225, payload(50));
    writer.closeOverload();
    const { options, overloaded } = parsePacket(writer.finish());
    assert.equal(isWritten, taken.length === 1);
    assert.deepEqual(
      options.slice(1),
      taken.length === 1 ? [[52, Uint8Array.of(taken[0] === 44 ? 1 : 2)]] : [],
    );
    assert.deepEqual(overloaded.map(([code]) => code), taken.length === 1 ? [225] : []);
    for (const at of taken) assert.deepEqual([...bytes.subarray(at, at + 2)], [0x62, 0x6f]);
  }
});

Deno.test("what was written since overload was opened can be written anew", () => {
  const writer = writerFor(undefined);
  writer.option(53, payload(1));
  writer.openOverload();
  writer.option(224, payload(255));
  writer.option(225, payload(100));
  writer.option(226, payload(50));
  writer.option(227, payload(90));
  assert.equal(writer.omittedCount, 1);
  writer.reopenOverload();
  assert.equal(writer.omittedCount, 0);
  assert.deepEqual([53, 224, 225, 226].map((code) => writer.has(code)), [
    true,
    false,
    false,
    false,
  ]);
  writer.option(227, payload(90));
  writer.closeOverload();
  const reply = writer.finish();
  const { options, overloaded } = parsePacket(reply);
  assert.deepEqual(options, [[53, payload(1)], [227, payload(90)]]);
  assert.deepEqual(overloaded, []);
  assert(reply.subarray(44, 236).every((octet) => octet === 0), "both fields are empty again");
});

/** Options of one reply, each code once. */
const options = fc.uniqueArray(
  fc.tuple(fc.integer({ min: 1, max: 254 }), fc.uint8Array({ maxLength: 300, size: "max" })),
  { selector: ([code]) => code, maxLength: 8 },
);

Deno.test("decode(encode(options)) is what fitted of the options (property)", () => {
  fc.assert(
    fc.property(options, fc.option(fc.nat(0xffff), { nil: undefined }), (wanted, sizeMax) => {
      // The writer alone sends option 52.
      const sent = wanted.filter(([code]) => code !== 52);
      const writer = writerFor(sizeMax);
      writer.openOverload();
      const fitted = new Map(sent.filter(([code, value]) => writer.option(code, value)));
      assert.equal(writer.omittedCount, sent.length - fitted.size);
      writer.closeOverload();
      const reply = writer.finish();

      const asRequest = reply.slice();
      asRequest[0] = 1;
      const view = viewMessage(asRequest);
      assert(view.kind === "message");
      for (let code = 1; code < 255; code++) {
        if (code === 52) continue;
        assert.deepEqual(view.option(code), fitted.get(code), `option ${code}`);
      }
      const sizeLegal = Math.max(sizeMax ?? 576, 576);
      assert(reply.length >= 300 && reply.length <= Math.min(sizeLegal - 28, REPLY_OCTETS_MAX));
    }),
  );
});

Deno.test("replies of one slab never overlap, however many there are (property)", () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 1200 }), { minLength: 1, maxLength: 120 });
  fc.assert(
    fc.property(sizes, (all) => {
      const slab = new ReplySlab();
      const replies = all.map((octets, i) => {
        const writer = writerFor(1500, slab);
        writer.option(224, payload(octets, (i % 250) + 1));
        return writer.finish();
      });
      // Each is still as it was written when all the others are written too.
      replies.forEach((reply, i) => {
        const alone = writerFor(1500);
        alone.option(224, payload(all[i]!, (i % 250) + 1));
        assert.deepEqual(reply, alone.finish(), `reply ${i}`);
      });
    }),
    { numRuns: 40 },
  );
});

Deno.test("a slab gives back what a reply did not use, and no octet of an abandoned one", () => {
  const slab = new ReplySlab();
  const abandoned = writerFor(1500, slab);
  abandoned.option(224, payload(1000));
  const first = writerFor(1500, slab).finish();
  const second = writerFor(1500, slab).finish();
  assert.equal(second.byteOffset, first.byteOffset + 300);
  assert.equal(second.buffer, first.buffer);
  assert(first.subarray(241).every((octet) => octet === 0));
});

Deno.test("a slab that was cleared holds the replies that a new one would", () => {
  const used = new ReplySlab();
  const buffers = new Set<ArrayBufferLike>();
  const write = (slab: ReplySlab, number: number) => {
    const writer = writerFor(number % 2 === 0 ? 1_500 : undefined, slab);
    writer.option(12, payload(number * 7, number));
    const reply = writer.finish();
    if (slab === used) buffers.add(reply.buffer);
    return reply.slice();
  };
  let buffersOfOneRound = 0;
  for (let round = 0; round < 4; round++) {
    const fresh = new ReplySlab();
    for (let number = 0; number < 128; number++) {
      assert.deepEqual(write(used, number), write(fresh, number), `round ${round}, ${number}`);
    }
    used.clear();
    if (round === 0) buffersOfOneRound = buffers.size;
  }
  assert(buffersOfOneRound > 1, "the replies take more than one chunk");
  assert.equal(buffers.size, buffersOfOneRound, "the chunks are used again");
});

Deno.test("the replies of one group do not overlap, beyond the first chunk of the slab", () => {
  const slab = new ReplySlab();
  const replies = Array.from({ length: 64 }, (_, number) => {
    const writer = writerFor(1_500, slab);
    for (let i = 0; i < 5; i++) writer.option(12, payload(255, number));
    return writer.finish();
  });
  const kept = replies.map((reply) => reply.slice());
  assert.deepEqual(replies, kept);
  replies.forEach((reply, number) => assert.equal(reply[243], number));
});
