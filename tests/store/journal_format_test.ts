/** The lines of the journal: what they look like, and that they are read with suspicion. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Lease, type LeaseState, makeClient } from "../../src/leases/lease.ts";
import {
  decodeLine,
  encodeClockStep,
  encodeHeader,
  encodeLease,
  formatWall,
} from "../../src/store/journal_format.ts";
import { stringifyVisibly } from "../../src/wire/escape.ts";
import { formatHex } from "../../src/wire/hex.ts";
import { formatIpv4 } from "../../src/wire/ipv4.ts";
import { nameRelayInformation } from "../../src/wire/relay_agent.ts";
import { makeLease, numberedClient } from "../support/leases_fixture.ts";
import { seal, withoutSums } from "../support/sealed_lines.ts";

const WALL_MS = Date.UTC(2026, 10, 22, 8, 0, 0);

const LINE = {
  at: "2026-11-22T08:00:00.000Z",
  address: "192.168.1.100",
  state: "bound",
  expires: "2026-11-22T20:00:00.000Z",
  mac: "b8:27:eb:01:02:03",
};

function decode(fields: unknown) {
  return decodeLine(JSON.stringify(fields));
}

const octets = (constraints: { minLength: number; maxLength: number }) =>
  fc.uint8Array(constraints).map((bytes) => formatHex(bytes));

/** Option 82 as relay agents send it, and now and then octets that are no sub-options. */
const relayOptions: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.array(fc.tuple(fc.nat(255), fc.uint8Array({ maxLength: 30 })), {
    minLength: 1,
    maxLength: 5,
  }).map((parts) =>
    Uint8Array.from(parts.flatMap(([code, value]) => [code, value.length, ...value]))
  ),
  fc.uint8Array({ minLength: 1, maxLength: 255 }),
);

/** Leases at whole milliseconds of any year that ISO 8601 writes with four digits. */
const leases: fc.Arbitrary<Lease> = fc.record({
  address: fc.integer({ min: 0, max: 0xffff_ffff }),
  client: fc.tuple(
    fc.integer({ min: 0, max: 255 }),
    octets({ minLength: 0, maxLength: 16 }),
    fc.option(octets({ minLength: 1, maxLength: 255 }), { nil: undefined }),
  ).map((parts) => makeClient(...parts)),
  state: fc.constantFrom<LeaseState>("bound", "released", "declined"),
  hostname: fc.string({ unit: "binary", minLength: 1 }),
  classes: fc.array(fc.stringMatching(/^[A-Za-z0-9][\w.-]{0,62}$/), { minLength: 1, maxLength: 3 }),
  relayInformation: relayOptions,
  updatedAtMs: fc.integer({ min: -6e13, max: 2.5e14 }),
  expiresAtMs: fc.oneof(fc.integer({ min: -6e13, max: 2.5e14 }), fc.constant(Infinity)),
}, { requiredKeys: ["address", "client", "state", "updatedAtMs", "expiresAtMs"] });

/** The line as JSON would be put together from what stands in it. */
function stringified(lease: Lease, offsetMs: number): string {
  const { hardwareType, hardwareAddress, clientId } = lease.client;
  return seal(stringifyVisibly({
    at: formatWall(lease.updatedAtMs + offsetMs),
    address: formatIpv4(lease.address),
    state: lease.state,
    expires: lease.expiresAtMs === Infinity ? "infinite" : formatWall(lease.expiresAtMs + offsetMs),
    mac: hardwareAddress,
    htype: hardwareType === 1 ? undefined : hardwareType,
    "client-id": clientId,
    hostname: lease.hostname?.toWellFormed(),
    classes: lease.classes,
    "option-82": lease.relayInformation && nameRelayInformation(lease.relayInformation),
  }));
}

Deno.test("a line is what JSON.stringify makes of its parts, octet by octet", () => {
  const batch = fc.array(leases, { maxLength: 4 });
  fc.assert(fc.property(batch, fc.integer({ min: -1000, max: 1000 }), (leases, offsetMs) => {
    for (const lease of leases) {
      assert.equal(encodeLease(lease, offsetMs), stringified(lease, offsetMs));
    }
  }));
});

Deno.test("decode(encode(lease)) is the lease, on one line", () => {
  fc.assert(fc.property(leases, fc.integer({ min: -1e12, max: 1e12 }), (lease, offsetMs) => {
    const line = encodeLease(lease, offsetMs);
    assert.equal(line.indexOf("\n"), line.length - 1);
    const updatedAtMs = lease.updatedAtMs + offsetMs;
    const expiresAtMs = lease.expiresAtMs + offsetMs;
    assert.deepEqual(decodeLine(line.slice(0, -1)), {
      kind: "lease",
      lease: { ...lease, updatedAtMs, expiresAtMs },
    });
  }));
});

Deno.test("an empty host name is none, and what no name can be is cut", () => {
  const lease = makeLease({ address: "10.0.0.1" });
  assert.equal(encodeLease({ ...lease, hostname: "" }, 0), encodeLease(lease, 0));
  const line = encodeLease({ ...lease, hostname: "é".repeat(2_000) }, 0);
  assert.match(withoutSums(line), /,"hostname":"é{500,512}"}\n$/);
});

Deno.test("days that follow each other are told apart, before 1970 as well", () => {
  for (const dayMs of [WALL_MS, 0, -86_400_000, Date.UTC(2024, 1, 29)]) {
    for (const updatedAtMs of [dayMs - 1, dayMs, dayMs + 86_399_999, dayMs + 86_400_000, dayMs]) {
      const lease = makeLease({ address: "10.0.0.1", updatedAtMs });
      assert.equal(encodeLease(lease, 0), stringified(lease, 0));
    }
  }
});

Deno.test("without a name there is none that a client could update itself", () => {
  const lease = makeLease({ address: "10.0.0.1" });
  assert.equal(encodeLease({ ...lease, isReverseOnly: true }, 0), encodeLease(lease, 0));
});

Deno.test("a line reads as the manual shows it", () => {
  const lease = makeLease({
    address: "192.168.1.100",
    client: makeClient(1, "b8:27:eb:01:02:03", "01:b8:27:eb:01:02:03"),
    hostname: "pi",
    updatedAtMs: 5,
    expiresAtMs: 5 + 12 * 3_600_000,
  });
  assert.equal(
    encodeLease(lease, WALL_MS - 5),
    '{"at":"2026-11-22T08:00:00.000Z","address":"192.168.1.100","state":"bound",' +
      '"expires":"2026-11-22T20:00:00.000Z","mac":"b8:27:eb:01:02:03",' +
      '"client-id":"01:b8:27:eb:01:02:03","hostname":"pi","sum":"324a0fbe"}\n',
  );
  const relayInformation = Uint8Array.of(1, 4, 0x65, 0x74, 0x68, 0x30, 2, 1, 9, 200, 1, 7);
  assert.match(
    encodeLease({ ...lease, relayInformation }, WALL_MS - 5),
    /,"hostname":"pi","option-82":{"circuit-id":"65:74:68:30","remote-id":"09","sub-option-200":"07"},"sum":"[0-9a-f]{8}"}\n$/,
  );
  const other = { ...lease, client: makeClient(6, "00:01", undefined), expiresAtMs: Infinity };
  assert.match(encodeLease(other, WALL_MS), /"expires":"infinite","mac":"00:01","htype":6,/);
  assert.equal(
    encodeHeader(WALL_MS),
    '{"journal":"sublet","version":1,"at":"2026-11-22T08:00:00.000Z","sum":"01754372"}\n',
  );
  assert.equal(
    encodeClockStep(WALL_MS, 3_600_000),
    '{"at":"2026-11-22T08:00:00.000Z","clock":"stepped","was":"1970-01-01T01:00:00.000Z","sum":"8e76aad1"}\n' +
      '{"at":"2026-11-22T08:00:00.000Z","clock":"again","was":"1970-01-01T01:00:00.000Z","sum":"3648ba36"}\n'
        .repeat(2),
  );
});

Deno.test("no time overflows, whatever the clocks say", () => {
  for (const offsetMs of [-1e18, 1e18, 8.64e15]) {
    const line = encodeLease(makeLease({ address: "10.0.0.1" }), offsetMs).trim();
    assert.equal(decodeLine(line).kind, "lease", line);
  }
});

Deno.test("header and clock lines come back", () => {
  assert.deepEqual(decodeLine(encodeHeader(WALL_MS)), { kind: "header", atMs: WALL_MS });
  assert.deepEqual(decode({ journal: "sublet", version: 1 }), { kind: "header", atMs: undefined });
  const step = { kind: "clock", atMs: WALL_MS, wasMs: 3_600_000 };
  const lines = encodeClockStep(WALL_MS, 3_600_000).trimEnd().split("\n");
  assert.deepEqual(lines.map(decodeLine), [
    { ...step, isCopy: false },
    { ...step, isCopy: true },
    { ...step, isCopy: true },
  ]);
});

Deno.test("octets that a person wrote in another form are the same client", () => {
  const decoded = decode({ ...LINE, mac: "B8-27-EB-01-02-03", "client-id": "01B827EB010203" });
  assert.equal(decoded.kind, "lease");
  assert.deepEqual(
    decoded.kind === "lease" && decoded.lease.client,
    makeClient(1, "b8:27:eb:01:02:03", "01:b8:27:eb:01:02:03"),
  );
});

const BAD_LINES: Record<string, unknown> = {
  "a newer header": { journal: "sublet", version: 2 },
  "a header of another program": { journal: "kea", version: 1 },
  "a header with a broken time": { journal: "sublet", version: 1, at: "soon" },
  "an unknown clock event": { at: LINE.at, clock: "stopped", was: LINE.at },
  "a clock step from nowhere": { at: LINE.at, clock: "stepped" },
  "no address": { ...LINE, address: undefined },
  "an address out of range": { ...LINE, address: "192.168.1.256" },
  "an address that is a number": { ...LINE, address: 3_232_235_876 },
  "an unknown state": { ...LINE, state: "reserved" },
  "no state": { ...LINE, state: undefined },
  "no time": { ...LINE, at: undefined },
  "a time that is a number": { ...LINE, at: WALL_MS },
  "a local time": { ...LINE, at: "2026-11-22T08:00:00.000" },
  "a time beyond four digits": { ...LINE, expires: "+012026-11-22T20:00:00.000Z" },
  "a month that is none": { ...LINE, expires: "2026-13-22T20:00:00.000Z" },
  "no expiry": { ...LINE, expires: undefined },
  "an expiry of null": { ...LINE, expires: null },
  "no mac": { ...LINE, mac: undefined },
  "a mac that is none": { ...LINE, mac: "b8:27:eb:01:02:0g" },
  "a hardware type out of range": { ...LINE, htype: 256 },
  "a hardware type that is text": { ...LINE, htype: "1" },
  "a client-id that is none": { ...LINE, "client-id": "pi" },
  "a client-id that is a list": { ...LINE, "client-id": [1] },
  "a host name that is none": { ...LINE, hostname: 7 },
  "a name that is none": { ...LINE, name: "pi home\n" },
  "a name in capitals": { ...LINE, name: "PI.home.arpa" },
  "a forward record of nobody": { ...LINE, name: "pi.home.arpa", forward: "server" },
  "an option 82 that is a list": { ...LINE, "option-82": ["01:01:07"] },
  "an option 82 that is empty": { ...LINE, "option-82": {} },
  "an option 82 of an unknown name": { ...LINE, "option-82": { "port": "07" } },
  "an option 82 with two names for one": { ...LINE, "option-82": { "sub-option-1": "07" } },
  "an option 82 of a code out of range": { ...LINE, "option-82": { "sub-option-256": "07" } },
  "an option 82 that is not hex": { ...LINE, "option-82": { "circuit-id": "eth0" } },
  "an option 82 too long": { ...LINE, "option-82": { "circuit-id": "07".repeat(254) } },
  "a list": [LINE],
  "null": null,
  "text": "bound",
};

for (const [name, fields] of Object.entries(BAD_LINES)) {
  Deno.test(`a line with ${name} is bad`, () => {
    const decoded = decode(fields);
    assert.equal(decoded.kind, "bad");
    assert.ok(decoded.kind === "bad" && decoded.reason.length > 0);
  });
}

Deno.test("no line throws, whatever it holds", () => {
  const almost = fc.record({
    at: fc.anything(),
    address: fc.oneof(fc.constant(LINE.address), fc.anything()),
    state: fc.oneof(fc.constant("bound"), fc.anything()),
    expires: fc.oneof(fc.constant(LINE.expires), fc.anything()),
    mac: fc.oneof(fc.constant(LINE.mac), fc.anything()),
    htype: fc.anything(),
    "client-id": fc.anything(),
    hostname: fc.anything(),
    "option-82": fc.anything(),
    clock: fc.anything(),
    journal: fc.anything(),
  }, { requiredKeys: [] });
  fc.assert(fc.property(almost, (fields) => void decode(fields)));
  fc.assert(fc.property(fc.string(), (text) => void decodeLine(text)));
  const line = encodeLease(makeLease({ address: "10.0.0.1", hostname: "pi" }), WALL_MS);
  for (let end = 0; end < line.length - 1; end++) {
    assert.equal(decodeLine(line.slice(0, end)).kind, "bad", `cut at ${end}`);
  }
});

Deno.test("jq reads a journal", async () => {
  const text = encodeHeader(WALL_MS) +
    encodeLease(makeLease({ address: "10.0.0.1", hostname: '"\\\u2028\ud800\u0000' }), WALL_MS) +
    encodeClockStep(WALL_MS, 0) + "\n" +
    encodeLease(makeLease({ address: "10.0.0.2", client: numberedClient(2) }), WALL_MS);
  let jq: Deno.ChildProcess;
  try {
    jq = new Deno.Command("jq", {
      args: ["-r", "select(.address).address"],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return console.log("jq is not installed: not tried");
  }
  const writer = jq.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { success, stdout } = await jq.output();
  assert.ok(success);
  assert.equal(new TextDecoder().decode(stdout), "10.0.0.1\n10.0.0.2\n");
});

Deno.test("a host name cannot move the cursor of who looks at the journal, and comes back whole", () => {
  const hostname = "pi\x1b[2J\x7f\x85\u202e\u2028";
  const line = encodeLease(makeLease({ address: "10.0.0.1", hostname }), WALL_MS);
  assert.match(line, /^[\x20-\x7e]+\n$/);
  const decoded = decodeLine(line.trimEnd());
  assert.equal(decoded.kind === "lease" && decoded.lease.hostname, hostname);
});
