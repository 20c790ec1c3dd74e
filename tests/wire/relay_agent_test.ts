import assert from "node:assert/strict";
import fc from "fast-check";
import {
  nameRelayInformation,
  readRelayInformation,
  RELAY_SUB_OPTIONS,
  relayAddress,
  relaySubOptionCode,
  showRelayInformation,
} from "../../src/wire/relay_agent.ts";
import { decodeSubOptions } from "../../src/wire/sub_options.ts";

const text = (value: string) => new TextEncoder().encode(value);

function optionOf(...parts: readonly (readonly [code: number, value: Uint8Array])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap(([code, value]) => [code, value.length, ...value]));
}

/** Every sub-option of the registry, in the order of the RFCs that define them. */
const REGISTRY: readonly (readonly [code: number, name: string, source: string])[] = [
  [1, "circuit-id", "RFC 3046 §3.1"],
  [2, "remote-id", "RFC 3046 §3.2"],
  [4, "docsis-device-class", "RFC 3256"],
  [5, "link-selection", "RFC 3527"],
  [6, "subscriber-id", "RFC 3993"],
  [7, "radius", "RFC 4014"],
  [8, "auth", "RFC 4030"],
  [9, "vendor-specific-info", "RFC 4243"],
  [10, "relay-flags", "RFC 5010"],
  [11, "server-id-override", "RFC 5107"],
  [151, "virtual-subnet-select", "RFC 6607"],
  [152, "virtual-subnet-select-ctrl", "RFC 6607"],
  [12, "relay-id", "RFC 6925"],
  [13, "access-techno-type", "RFC 7839"],
  [14, "access-network-name", "RFC 7839"],
  [15, "access-point-name", "RFC 7839"],
  [16, "access-point-bssid", "RFC 7839"],
  [17, "operator-id", "RFC 7839"],
  [18, "operator-realm", "RFC 7839"],
  [19, "relay-port", "RFC 8357"],
];

for (const [code, name, source] of REGISTRY) {
  Deno.test(`sub-option ${code} of option 82 is ${name} (${source}), both ways`, () => {
    const payload = optionOf([code, Uint8Array.of(1, 2)]);
    assert.deepEqual(nameRelayInformation(payload), { [name]: "01:02" });
    assert.deepEqual(readRelayInformation({ [name]: "01:02" }), payload);
    assert.equal(RELAY_SUB_OPTIONS.find((it) => it.code === code)?.source, source);
  });
}

Deno.test("no sub-option of the registry is left out", () => {
  assert.equal(RELAY_SUB_OPTIONS.length, REGISTRY.length);
});

Deno.test("a sub-option without a name goes by its number, in its place", () => {
  const payload = optionOf([200, text("x")], [1, text("eth0")], [3, new Uint8Array(0)]);
  const named = { "sub-option-200": "78", "circuit-id": "65:74:68:30", "sub-option-3": "" };
  assert.equal(JSON.stringify(nameRelayInformation(payload)), JSON.stringify(named));
  assert.deepEqual(readRelayInformation(named), payload);
});

Deno.test("what no map of names can hold is written in hex", () => {
  const twice = optionOf([1, text("a")], [1, text("b")]);
  assert.equal(nameRelayInformation(twice), "01:01:61:01:01:62");
  assert.equal(nameRelayInformation(Uint8Array.of(1, 9, 7)), "01:09:07");
  assert.equal(nameRelayInformation(Uint8Array.of(1, 1, 7, 0)), "01:01:07:00");
});

Deno.test("names that are not of the journal stand for nothing", () => {
  for (
    const name of ["", "port", "sub-option-1", "sub-option-256", "sub-option-07", "__proto__"]
  ) {
    assert.equal(relaySubOptionCode(name), undefined, name);
  }
  assert.equal(readRelayInformation({ "circuit-id": 7 }), undefined);
  assert.equal(readRelayInformation(null), undefined);
  assert.equal(readRelayInformation(""), undefined);
});

Deno.test("people see text as text, addresses as such, and all else in hex", () => {
  const payload = optionOf(
    [1, text("eth0 \x7f")],
    [2, text('port "7"')],
    [5, Uint8Array.of(10, 20, 0, 0)],
    [11, Uint8Array.of(10, 20, 0, 1)],
    [19, new Uint8Array(0)],
  );
  assert.equal(
    showRelayInformation(payload),
    'circuit-id 65:74:68:30:20:7f remote-id "port \\"7\\"" link-selection 10.20.0.0 ' +
      "server-id-override 10.20.0.1 relay-port",
  );
  assert.equal(showRelayInformation(Uint8Array.of(1, 9)), "option 82 01:09");
});

Deno.test("an address is four octets and nothing else", () => {
  assert.equal(relayAddress(optionOf([5, Uint8Array.of(10, 0, 0, 1)]), 5), 0x0a000001);
  assert.equal(relayAddress(optionOf([5, Uint8Array.of(10, 0, 0)]), 5), undefined);
  assert.equal(relayAddress(undefined, 5), undefined);
});

Deno.test("any option 82 comes back from its names as it was (property)", () => {
  const parts = fc.array(fc.tuple(fc.nat(255), fc.uint8Array({ maxLength: 40 })), {
    minLength: 1,
    maxLength: 5,
  });
  const payloads = fc.oneof(
    parts.map((it) => optionOf(...it)),
    fc.uint8Array({ minLength: 1, maxLength: 255 }),
  );
  fc.assert(fc.property(payloads, (payload) => {
    const written = JSON.parse(JSON.stringify(nameRelayInformation(payload)));
    assert.deepEqual(readRelayInformation(written), payload);
    assert.match(showRelayInformation(payload), /^[ -~]+$/);
    const found = decodeSubOptions(payload);
    if (found !== undefined) {
      assert.deepEqual(
        optionOf(...found.map(({ code, value }) => [code, value] as const)),
        payload,
      );
    }
  }));
});
