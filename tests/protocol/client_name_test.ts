/** What clients are called: options 12, 15 and 81 (RFC 4702 §4), suffixes, reserved names. */
import assert from "node:assert/strict";
import type { NamePolicy } from "../../src/config/config.ts";
import { decodeClientFqdn, encodeClientFqdn } from "../../src/wire/client_fqdn.ts";
import { RESERVED_LABELS } from "../../src/wire/host_label.ts";
import { type Ask, Engine, macOf, SERVER } from "../support/engine_fixture.ts";
import type { PacketOption } from "../support/dhcp_packets.ts";
import { ip, type SubnetSketch } from "../support/leases_fixture.ts";

const [DISCOVER, REQUEST, RELEASE] = [1, 3, 7];

const POLICY: NamePolicy = {
  domain: "home.arpa",
  fromClient: true,
  overrideClientUpdate: true,
  overrideNoUpdate: false,
  isRegistered: true,
  withheldLabels: new Set([...RESERVED_LABELS, "router"]),
  reservedNames: new Set(["printer.home.arpa"]),
};

function engineWith(policy: Partial<NamePolicy> = {}, subnet: SubnetSketch = {}): Engine {
  return new Engine({
    subnets: [{
      pools: ["192.168.1.100-192.168.1.199"],
      names: { ...POLICY, ...policy },
      ...subnet,
    }],
  });
}

const hostName = (name: string): PacketOption => [12, new TextEncoder().encode(name)];

/** Flags of option 81. */
const [S, O, E, N] = [1, 2, 4, 8];
function fqdnOption(flags: number, name: string): PacketOption {
  const payload = encodeClientFqdn({
    serverUpdatesA: (flags & S) !== 0,
    isOverridden: false,
    isCanonical: (flags & E) !== 0,
    noUpdates: (flags & N) !== 0,
    name,
  });
  return [81, payload];
}

/** Takes an address as a client does, and says what it was told and what is remembered. */
function take(engine: Engine, number: number, options: readonly PacketOption[], more: Ask = {}) {
  const ask: Ask = { mac: macOf(number), list: [12, 15], options, ...more };
  const offer = engine.ask({ ...ask, type: DISCOVER }).packet!;
  const request = { ...ask, type: REQUEST, requested: offer.yiaddr, server: SERVER };
  const ack = engine.ask(request).packet!;
  const told = (packet: typeof ack, code: number) =>
    packet.options.find(([it]) => it === code)?.[1];
  assert.deepEqual(told(offer, 81), told(ack, 81), "OFFER and ACK say the same");
  assert.deepEqual(told(offer, 12), told(ack, 12), "OFFER and ACK say the same");
  const payload = told(ack, 81);
  const fqdn = payload === undefined ? undefined : decodeClientFqdn(payload);
  const host = told(ack, 12);
  const lease = engine.leases.get(ip(ack.yiaddr))!;
  return {
    address: ack.yiaddr,
    hostname: host === undefined ? undefined : new TextDecoder().decode(host),
    flags: payload?.[0],
    fqdn: fqdn?.name,
    name: lease.name,
    recorded: lease.hostname,
    isReverseOnly: lease.isReverseOnly,
  };
}

Deno.test("host name 12: cleaned, told and remembered as one and the same", () => {
  const told = take(engineWith(), 1, [hostName("Anna's PC")]);
  assert.equal(told.hostname, "annas-pc");
  assert.equal(told.name, "annas-pc.home.arpa");
  assert.equal(told.flags, undefined, "RFC 4702 §4: no option 81 to a client that sent none");
});

Deno.test("names off: nothing is told, and nothing remembered", () => {
  const engine = new Engine({ subnets: [{ pools: ["192.168.1.100-192.168.1.199"] }] });
  const told = take(engine, 1, [hostName("pi"), fqdnOption(S | E, "pi")]);
  assert.deepEqual([told.hostname, told.flags, told.name], [undefined, undefined, undefined]);
});

for (const name of ["wpad", "LOCALHOST", "isatap", "router", "wpad.example.org", "🚀"]) {
  Deno.test(`host name 12: ${name} gives no name`, () => {
    const told = take(engineWith(), 1, [hostName(name)]);
    assert.deepEqual([told.hostname, told.name], [undefined, undefined]);
  });
}

Deno.test("option 81 goes before option 12; where it is empty, 12 gives the name", () => {
  assert.equal(take(engineWith(), 1, [hostName("a"), fqdnOption(S | E, "b")]).fqdn, "b.home.arpa");
  assert.equal(
    take(engineWith(), 1, [hostName("a"), [81, Uint8Array.of(S | E, 0, 0)]]).fqdn,
    "a.home.arpa",
  );
});

/** RFC 4702 §3 and §4: what a client asks for, what it is told, what is registered. */
const FLAGS: readonly [
  what: string,
  policy: Partial<NamePolicy>,
  asked: number,
  told: number,
  registered: "both" | "reverse" | "nothing",
][] = [
  ["S: the server does both, as asked", {}, S | E, S | E, "both"],
  ["S in ASCII: the answer is in ASCII", {}, S, S, "both"],
  ["no S: overridden, and so said by O", {}, E, S | O | E, "both"],
  ["no S, honoured: PTR only", { overrideClientUpdate: false }, E, E, "reverse"],
  ["N: no updates, as asked", {}, N | E, N | E, "nothing"],
  ["N: overridden, and so said by O", { overrideNoUpdate: true }, N | E, S | O | E, "both"],
  ["N and S, against §3: N counts", {}, N | S | E, N | E, "nothing"],
  ["S where nothing is registered: N, and O", { isRegistered: false }, S | E, O | N | E, "nothing"],
  ["no S where nothing is registered: N", { isRegistered: false }, E, N | E, "nothing"],
];

for (const [what, policy, asked, told, registered] of FLAGS) {
  Deno.test(`option 81, RFC 4702 §4: ${what}`, () => {
    const got = take(engineWith(policy), 1, [fqdnOption(asked, "pi")]);
    assert.equal(got.fqdn, "pi.home.arpa");
    assert.equal(got.flags, told);
    assert.equal(got.name, registered === "nothing" ? undefined : "pi.home.arpa");
    assert.equal(got.isReverseOnly, registered === "reverse" ? true : undefined);
  });
}

Deno.test("option 81 is answered to a client that does not list it in option 55", () => {
  assert.equal(take(engineWith(), 1, [fqdnOption(S | E, "pi")], { list: [1, 3] }).flags, S | E);
});

Deno.test("option 81 that is none leaves the client to its option 12", () => {
  const told = take(engineWith(), 1, [hostName("pi"), [81, Uint8Array.of(4, 0, 0, 9, 1)]]);
  assert.deepEqual([told.flags, told.name], [undefined, "pi.home.arpa"]);
});

Deno.test("of clients that want one name, later ones get suffixes", () => {
  const engine = engineWith();
  const names = [];
  for (let number = 1; number <= 12; number++) {
    const told = take(engine, number, [hostName("pi"), fqdnOption(S | E, "pi.example.org")]);
    assert.equal(told.fqdn, told.name);
    assert.equal(`${told.hostname}.home.arpa`, told.name);
    names.push(told.hostname!);
  }
  assert.deepEqual(names.slice(0, 9), ["pi", ...[2, 3, 4, 5, 6, 7, 8, 9].map((n) => `pi-${n}`)]);
  for (const name of names.slice(9)) assert.match(name, /^pi-[0-9a-f]{8}$/);
  assert.equal(new Set(names).size, 12);
});

Deno.test("a suffix makes no label longer than 63 octets (RFC 1035 §2.3.4)", () => {
  const engine = engineWith();
  take(engine, 1, [hostName("a".repeat(63))]);
  assert.equal(take(engine, 2, [hostName("a".repeat(63))]).hostname, `${"a".repeat(61)}-2`);
});

Deno.test("a client keeps its suffix: at renewals, and when the name without it is free", () => {
  const engine = engineWith();
  const first = take(engine, 1, [hostName("pi")]);
  const second = take(engine, 2, [hostName("pi")]);
  engine.ask({ type: RELEASE, mac: macOf(1), ciaddr: first.address, server: SERVER });
  engine.ask({
    type: REQUEST,
    mac: macOf(2),
    ciaddr: second.address,
    to: SERVER,
    options: [hostName("pi")],
  });
  assert.equal(engine.leases.get(ip(second.address))!.name, "pi-2.home.arpa");
  assert.equal(take(engine, 2, [hostName("pi")]).name, "pi-2.home.arpa", "after a reboot");
  assert.equal(take(engine, 3, [hostName("pi")]).name, "pi.home.arpa", "who comes next has it");
});

Deno.test("a name is free when its lease has run out", () => {
  const engine = engineWith();
  take(engine, 1, [hostName("pi")]);
  engine.advance(100_000);
  assert.equal(take(engine, 2, [hostName("pi")]).name, "pi.home.arpa");
});

Deno.test("a client that changes its name gets the new one", () => {
  const engine = engineWith();
  take(engine, 1, [hostName("pi")]);
  assert.equal(take(engine, 1, [hostName("tau")]).name, "tau.home.arpa");
  assert.equal(take(engine, 2, [hostName("pi")]).name, "pi.home.arpa");
});

Deno.test("the name of a reservation is its own, and nobody else's", () => {
  const reservation = { mac: macOf(9), address: "192.168.1.10", hostname: "Printer" };
  const engine = engineWith({}, { reservations: [reservation] });
  assert.equal(take(engine, 1, [hostName("printer")]).name, "printer-2.home.arpa");
  const own = take(engine, 9, [hostName("hp-laser"), fqdnOption(S | E, "hp-laser")]);
  assert.deepEqual([own.hostname, own.fqdn], ["Printer", "printer.home.arpa"]);
  assert.equal(own.name, "printer.home.arpa");
});

Deno.test("from-client: false leaves names to reservations", () => {
  const reservation = { mac: macOf(9), address: "192.168.1.10", hostname: "printer" };
  const engine = engineWith({ fromClient: false }, { reservations: [reservation] });
  assert.equal(take(engine, 1, [hostName("pi")]).name, undefined);
  assert.equal(take(engine, 9, []).name, "printer.home.arpa");
});

Deno.test("a reservation's host name of several labels is in full already", () => {
  const reservation = { mac: macOf(9), address: "192.168.1.10", hostname: "pi.lab.example" };
  const engine = engineWith({}, { reservations: [reservation] });
  assert.equal(take(engine, 9, []).name, "pi.lab.example");
});

for (
  const [what, options, policy, recorded] of [
    ["81 before 12", [hostName("twelve"), fqdnOption(S | E, "Eighty.one")], POLICY, "eighty"],
    ["12 alone, as it is told", [hostName("Anna's PC")], POLICY, "annas-pc"],
    ["81 before 12, without names", [hostName("a"), fqdnOption(S | E, "b.c")], undefined, "b.c"],
    ["12 as it is sent, without names", [hostName("Anna's PC")], undefined, "Anna's PC"],
    ["12 where 81 is empty", [hostName("pi"), fqdnOption(S | E, "")], undefined, "pi"],
  ] as const
) {
  Deno.test(`the journal and the log have the name that the client is given: ${what}`, () => {
    const pools = ["192.168.1.100-192.168.1.199"];
    const engine = new Engine({
      subnets: [policy === undefined ? { pools } : { pools, names: policy }],
    });
    const told = take(engine, 1, options);
    assert.equal(told.recorded, recorded);
    if (policy !== undefined) assert.equal(told.hostname, recorded);
    const again = engine.decide({ type: DISCOVER, options });
    assert.equal(again.decision?.hostname, recorded);
  });
}

Deno.test("of two that want one name, the journal has what each is given", () => {
  const engine = engineWith();
  assert.equal(take(engine, 1, [hostName("pi")]).recorded, "pi");
  assert.equal(take(engine, 2, [hostName("pi")]).recorded, "pi-2");
});

Deno.test("a machine with a reservation by MAC keeps its name, whatever it calls itself besides", () => {
  const reservations = [{ mac: macOf(1), address: "192.168.1.10" }];
  const engine = engineWith({}, { reservations });
  for (const clientId of ["01:02", "ff:00:00:00:01", "00:aa"]) {
    const told = take(engine, 1, [hostName("pi")], { clientId });
    assert.deepEqual([told.address, told.name], ["192.168.1.10", "pi.home.arpa"]);
  }
  assert.equal(take(engine, 2, [hostName("pi")]).name, "pi-2.home.arpa");
});
