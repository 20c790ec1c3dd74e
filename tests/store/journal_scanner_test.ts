/** The fast way through a journal leads where the slow one does, and is the usual one. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Lease, type LeaseState, makeClient } from "../../src/leases/lease.ts";
import { decodeLine, encodeLease } from "../../src/store/journal_format.ts";
import { LeaseScanner, SCAN_PADDING_OCTETS } from "../../src/store/journal_scanner.ts";
import { formatHex } from "../../src/wire/hex.ts";
import { nameRelayInformation } from "../../src/wire/relay_agent.ts";
import { PackedLease } from "../../src/leases/packed_lease.ts";
import { unpack } from "../support/lease_list.ts";
import { makeLease, numberedClient } from "../support/leases_fixture.ts";
import { withoutSums } from "../support/sealed_lines.ts";

const scanner = new LeaseScanner();

/** The lease of a line amid others, by the scanner. */
function scan(line: string): Lease | undefined {
  const [before, bytes] = [`{"at":"2026-01-01T00:00:00.000Z"`, new TextEncoder().encode(line)];
  const buffer = new TextEncoder().encode(
    `${before}\n${line}\n{"at":"2026-01-01` + "\0".repeat(SCAN_PADDING_OCTETS),
  );
  const start = before.length + 1;
  const next = start + bytes.length + 1;
  const isLease = scanner.scan(buffer, start, next);
  const lease = isLease ? unpack(scanner.lease) : undefined;
  if (isLease) assert.equal(scanner.next, next);
  assert(!scanner.scan(buffer, start, next - 1), "its newline is not there yet");
  return lease;
}

/** What the scanner takes for a lease, `decodeLine` does as well, and for the same one. */
function assertAgrees(line: string): void {
  const lease = scan(line);
  if (lease === undefined) return;
  const decoded = decodeLine(line);
  assert(decoded.kind === "lease", line);
  const packed = new PackedLease();
  packed.pack(decoded.lease);
  assert.deepEqual(lease, unpack(packed), line);
}

const hex = (minLength: number, maxLength: number) =>
  fc.uint8Array({ minLength, maxLength }).map((bytes) => formatHex(bytes));

const relaySubOptions = fc.uniqueArray(
  fc.tuple(fc.oneof(fc.constantFrom(1, 2, 5, 151), fc.nat(255)), fc.uint8Array({ maxLength: 60 })),
  { minLength: 1, maxLength: 4, selector: ([code]) => code },
).map((parts) => Uint8Array.from(parts.flatMap(([code, value]) => [code, value.length, ...value])));

const lease: fc.Arbitrary<Lease> = fc.record({
  address: fc.integer({ min: 0, max: 0xffff_ffff }),
  client: fc.tuple(
    fc.constantFrom(1, 1, 1, 6),
    hex(0, 16),
    fc.option(hex(1, 255), { nil: undefined }),
  ).map((parts) => makeClient(...parts)),
  state: fc.constantFrom<LeaseState>("bound", "released", "declined"),
  hostname: fc.oneof(fc.stringMatching(/^[ -~]{0,20}$/), fc.string({ unit: "binary" })),
  name: fc.constantFrom("pi.home.arpa", `${"a".repeat(63)}.0-1.arpa`),
  classes: fc.array(fc.constantFrom("phones", "a.b_c-9"), { minLength: 1, maxLength: 3 }),
  relayInformation: fc.oneof(relaySubOptions, fc.uint8Array({ minLength: 1, maxLength: 255 })),
  updatedAtMs: fc.integer({ min: -6e13, max: 2.5e14 }),
  expiresAtMs: fc.oneof(fc.integer({ min: -6e13, max: 2.5e14 }), fc.constant(Infinity)),
}, { requiredKeys: ["address", "client", "state", "updatedAtMs", "expiresAtMs"] })
  .chain((lease) =>
    lease.name === undefined
      ? fc.constant(lease)
      : fc.constantFrom(lease, { ...lease, isReverseOnly: true })
  );

Deno.test("the scanner reads what the journal writes, but for what is rare", () => {
  fc.assert(
    fc.property(lease, (lease) => {
      const line = encodeLease(lease, 0).trimEnd();
      assertAgrees(line);
      const isNamed = lease.relayInformation === undefined ||
        typeof nameRelayInformation(lease.relayInformation) !== "string";
      const isRare = lease.client.hardwareType !== 1 || !isNamed ||
        /[^ !#-[\]-~]/.test(lease.hostname ?? "");
      assert.equal(scan(line) === undefined, isRare, line);
    }),
    { numRuns: 500 },
  );
});

Deno.test("whatever is changed in a line, the scanner takes nothing that is not one", () => {
  const octet = fc.oneof(fc.nat(127), fc.constantFrom(...new TextEncoder().encode('":0129afZ{},')));
  const change = fc.record({ at: fc.nat(400), octet, kind: fc.constantFrom("set", "add", "cut") });
  fc.assert(
    fc.property(lease, fc.array(change, { maxLength: 3 }), (lease, changes) => {
      const octets = [...new TextEncoder().encode(encodeLease(lease, 0).trimEnd())];
      for (const { at, octet, kind } of changes) {
        const place = at % octets.length;
        octets.splice(place, kind === "add" ? 0 : 1, ...(kind === "cut" ? [] : [octet]));
      }
      const line = new TextDecoder().decode(Uint8Array.from(octets));
      if (!line.includes("\n")) assertAgrees(line);
    }),
    { numRuns: 5_000 },
  );
});

/** What is changed in it is not found by its check, which it has not. */
const WHOLE = withoutSums(encodeLease(
  makeLease({
    address: "192.168.1.100",
    client: numberedClient(1, "01:b8:27:eb:00:00:01"),
    hostname: "pi",
    updatedAtMs: Date.UTC(2026, 10, 22),
  }),
  0,
)).trimEnd();

const RELAYED = WHOLE.replace(
  '"pi"}',
  '"pi","option-82":{"circuit-id":"65:74:68:30","remote-id":"02"}}',
);

Deno.test("the scanner reads option 82 by name, and leaves what is not of its form", () => {
  assert.deepEqual(
    scan(RELAYED)?.relayInformation,
    Uint8Array.of(1, 4, 0x65, 0x74, 0x68, 0x30, 2, 1, 2),
  );
  const changes = [
    ['"remote-id"', '"circuit-id"'],
    ['"remote-id"', '"port"'],
    ['"remote-id"', '"sub-option-2"'],
    ['"remote-id"', 'remote-id"'],
    [',"remote-id"', '"remote-id"'],
    ['"remote-id":"02"', ""],
    ['"02"}', '"02"'],
    ['"circuit-id":"65:74:68:30","remote-id":"02"', ""],
    ['"02"', `"${"02:".repeat(249)}02"`],
  ] as const;
  for (const [from, to] of changes) {
    const line = RELAYED.replace(from, to);
    assert.notEqual(line, RELAYED, from);
    assert.equal(scan(line), undefined, line);
    assertAgrees(line);
  }
});

Deno.test("classes of more than 255 octets in all are left to the decoder", () => {
  const lineOf = (count: number) => {
    const classes = Array.from({ length: count }, (_, i) => `class-${i + 10}`);
    return encodeLease(makeLease({ address: "10.0.0.1", classes }), 0).trimEnd();
  };
  assert.equal(scan(lineOf(28))?.classes?.length, 28, "251 octets");
  assert.equal(scan(lineOf(29)), undefined, "260 octets");
});

const NOT_ITS_FORM: readonly (readonly [name: string, from: string, to: string])[] = [
  ["a month too many", "2026-11-22T00:00", "2026-13-22T00:00"],
  ["no month", "2026-11-22T00:00", "2026-00-22T00:00"],
  ["a day too many", "2026-11-22T00:00", "2026-11-32T00:00"],
  ["an hour too many", "T00:00:00", "T24:00:00"],
  ["a letter in the year", "2026-11-22T00:00", "202x-11-22T00:00"],
  ["a letter in the milliseconds", "00:00.000Z", "00:00.0x0Z"],
  ["a leading zero", "192.168.1.100", "192.168.01.100"],
  ["an octet of 256", "192.168.1.100", "192.168.1.256"],
  ["five octets", "192.168.1.100", "192.168.1.100.1"],
  ["a letter for an octet", "192.168.1.100", "192.x.1.100"],
  ["three octets", "192.168.1.100", "192.168.1"],
  ["a state that is none", "bound", "boun"],
  ["capital hex", "b8:27:eb", "B8:27:eb"],
  ["half an octet", "b8:27:eb", "b8:2:eb"],
  ["an octet without its end", ':00:01"', ':00:0"'],
  ["an escape", '"pi"', '"p\\u0069"'],
  ["a space", '{"at":', '{ "at":'],
  ["more behind", '"pi"}', '"pi"} '],
  ["no end", '"pi"}', '"pi"'],
];
Deno.test("the scanner leaves every other form to the decoder", () => {
  assert(scan(WHOLE) !== undefined);
  for (const [name, from, to] of NOT_ITS_FORM) {
    const line = WHOLE.replace(from, to);
    assert.notEqual(line, WHOLE, name);
    assert.equal(scan(line), undefined, name);
  }
});
