import assert from "node:assert/strict";
import fc from "fast-check";
import { ClientRecords } from "../../src/leases/client_records.ts";
import { type Client, makeClient } from "../../src/leases/lease.ts";
import { type Holder, PackedHolder } from "../../src/leases/packed_lease.ts";
import { formatHex } from "../../src/wire/hex.ts";

const hex = (minLength: number, maxLength: number) =>
  fc.uint8Array({ minLength, maxLength }).map((octets) => formatHex(octets));

function packed(holder: Holder): PackedHolder {
  const packed = new PackedHolder();
  packed.pack(holder);
  return packed;
}

/** Clients out of few octets, so that some are the same and some nearly. */
const similarClient = fc.record({
  hardwareType: fc.constantFrom(1, 6, 32),
  hardwareAddress: fc.constantFrom("", "02:00:00:00:00:01", "02:00:00:00:00:02", "02:00"),
  clientId: fc.constantFrom(undefined, "01", "02:00:00:00:00:01", "ff:01"),
}).map(({ hardwareType, hardwareAddress, clientId }) =>
  makeClient(hardwareType, hardwareAddress, clientId)
);
const anyClient: fc.Arbitrary<Client> = fc.tuple(fc.nat(255), hex(0, 16), hex(0, 255)).map(
  ([hardwareType, hardwareAddress, clientId]) =>
    makeClient(hardwareType, hardwareAddress, clientId),
);
const hostname = fc.option(
  fc.oneof(fc.string({ maxLength: 255 }), fc.string({ unit: "binary", maxLength: 255 })),
  { nil: undefined },
);
const relayInformation = fc.option(fc.uint8Array({ minLength: 1, maxLength: 255 }), {
  nil: undefined,
});

const names = fc.constantFrom<Pick<Holder, "name" | "isReverseOnly">>(
  {},
  { name: "pi.home.arpa" },
  { name: "pi.home.arpa", isReverseOnly: true },
  { name: `${"a".repeat(63)}.home.arpa` },
);
const classes = fc.option(
  fc.array(fc.constantFrom("phones", "a.b_c-9", "x"), { minLength: 1, maxLength: 4 }),
  { nil: undefined },
);
const holder = (client: fc.Arbitrary<Client>): fc.Arbitrary<Holder> =>
  fc.tuple(client, hostname, relayInformation, names, classes).map((
    [client, hostname, relayInformation, names, classes],
  ) => ({
    client,
    ...(hostname === undefined ? {} : { hostname }),
    ...(relayInformation === undefined ? {} : { relayInformation }),
    ...(classes === undefined ? {} : { classes }),
    ...names,
  }));

Deno.test("a client, its names and option 82 come back as they were, whatever comes and goes", () => {
  const entry = holder(fc.oneof(similarClient, anyClient));
  const step = fc.record({ entry, removed: fc.option(fc.nat(10), { nil: undefined }) });
  fc.assert(fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
    const records = new ClientRecords();
    const kept: { record: number; entry: Holder }[] = [];
    for (const { entry, removed } of steps) {
      const record = records.add(packed(entry));
      assert.notEqual(record, 0, "0 stands for no record");
      kept.push({ record, entry });
      if (removed !== undefined && removed < kept.length) {
        records.remove(kept.splice(removed, 1)[0]!.record);
      }
      for (const { record, entry } of kept) {
        const { hostname, ...others } = entry;
        const kept = hostname ? { ...others, hostname } : others;
        assert.deepEqual(records.holder(record), kept);
        assert.deepEqual(records.client(record), entry.client);
        assert.deepEqual(records.relayInformation(record), entry.relayInformation);
        assert.equal(records.name(record), entry.name);
        assert.deepEqual(records.classes(record), entry.classes ?? []);
        for (const identity of ["client-id", "mac"] as const) {
          assert.equal(records.hashBy(record, identity), entry.client.hashBy(identity));
        }
        assert(records.isExactly(record, packed(entry)));
        const other = { ...entry, relayInformation: Uint8Array.of(1, 2, 3, 4, 5) };
        assert(
          !records.isExactly(record, packed(other)) ||
            String(entry.relayInformation) === "1,2,3,4,5",
        );
      }
    }
  }));
});

Deno.test("a record is of a client when their keys are equal, and exactly it when all is", () => {
  fc.assert(
    fc.property(holder(similarClient), holder(similarClient), (one, other) => {
      const records = new ClientRecords();
      const record = records.add(packed(one));
      const [a, b] = [one.client, other.client];
      assert.equal(records.isOf(record, b, "client-id"), a.key === b.key);
      const isSameMachine = a.keyBy("mac") === b.keyBy("mac");
      assert.equal(records.isOf(record, b, "mac"), isSameMachine);
      if (a.key === b.key) assert.equal(a.hash, b.hash, "the same client has the same hash");
      if (isSameMachine) assert.equal(a.hashBy("mac"), b.hashBy("mac"));
      const isSame = a.key === b.key && a.hardwareType === b.hardwareType &&
        a.hardwareAddress === b.hardwareAddress && one.name === other.name &&
        one.isReverseOnly === other.isReverseOnly &&
        String(one.classes) === String(other.classes) &&
        String(one.relayInformation) === String(other.relayInformation) &&
        (one.hostname ?? "") === (other.hostname ?? "");
      assert.equal(records.isExactly(record, packed(other)), isSame);
    }),
  );
});

Deno.test("a host name that is no text keeps what is of it, and one far too long is cut", () => {
  const records = new ClientRecords();
  const client = makeClient(1, "02:00:00:00:00:01", undefined);
  const kept = (hostname: string) =>
    records.holder(records.add(packed({ client, hostname }))).hostname;
  assert.equal(kept("a\ud800b"), "a\ufffdb");
  assert.equal(kept("\ufeffpi"), "\ufeffpi");
  assert.match(kept("é".repeat(2_000))!, /^é{500,512}$/);
});

Deno.test("of more classes than there is room for, the first are kept", () => {
  const records = new ClientRecords();
  const classes = Array.from({ length: 2_000 }, (_, i) => `class-number-${i}`);
  const record = records.add(
    packed({ client: makeClient(1, "02:00:00:00:00:01", undefined), classes }),
  );
  const kept = records.classes(record);
  assert(kept.length > 900 && kept.length < 2_000);
  assert.deepEqual(kept, classes.slice(0, kept.length));
});
