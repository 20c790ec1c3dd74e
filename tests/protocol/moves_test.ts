/**
 * How reservations take effect on clients that hold other addresses: at the next renewal, once the
 * reserved address is free, and never in a loop.
 */
import assert from "node:assert/strict";
import { DISCOVER, REQUEST } from "../support/dhcp_packets.ts";
import {
  type Ask,
  Engine,
  type EngineSketch,
  macOf,
  SERVER,
  START_MS,
} from "../support/engine_fixture.ts";
import { dotted, ip, type LeaseSketch, numberedClient } from "../support/leases_fixture.ts";

const X = "192.168.1.10";
const Y = "192.168.1.11";
const P = "192.168.1.100";

/** A client as RFC 2131 §4.4 has it: it renews, and begins anew when it is refused. */
class Machine {
  naks = 0;
  constructor(
    readonly engine: Engine,
    readonly number: number,
    public address: string,
    readonly more: Partial<Ask> = {},
  ) {}

  /** At T1: the rule of the renewal. */
  renew(): string {
    const { engine, address: ciaddr, more } = this;
    const { packet, told } = engine.ask({
      type: REQUEST,
      mac: macOf(this.number),
      ciaddr,
      to: SERVER,
      ...more,
    });
    if (packet === undefined || told.startsWith("ACK")) return told;
    this.naks++;
    this.boot();
    return told;
  }

  /** DISCOVER and REQUEST. */
  boot(): void {
    const mac = macOf(this.number);
    const offer = this.engine.ask({ type: DISCOVER, mac, requested: this.address, ...this.more });
    assert(offer.packet !== undefined, `no address: ${offer.told}`);
    const requested = offer.packet.yiaddr;
    const ack = this.engine.ask({ type: REQUEST, mac, server: SERVER, requested, ...this.more });
    assert(ack.told.startsWith("ACK"), ack.told);
    this.address = requested;
  }
}

const swapped = (pools: readonly string[]): EngineSketch => ({
  subnets: [{
    pools,
    reservations: [{ mac: macOf(1), address: Y }, { mac: macOf(2), address: X }],
  }],
  leases: [{ address: X, client: numberedClient(1) }, { address: Y, client: numberedClient(2) }],
});

Deno.test("two swapped reservations: one client goes to the pools meanwhile, and both settle", () => {
  const engine = new Engine(swapped([P]));
  const [first, second] = [new Machine(engine, 1, X), new Machine(engine, 2, Y)];
  const rounds = Array.from({ length: 6 }, () => {
    engine.advance(60);
    first.renew();
    second.renew();
    return [first.address, second.address].join(" ");
  });
  assert.deepEqual(rounds, [`${P} ${X}`, ...Array(5).fill(`${Y} ${X}`)]);
  assert.deepEqual([first.naks, second.naks], [2, 1]);
  assert.deepEqual(engine.leases.counts(engine.subnet()).used, 2, "nothing is held twice");
});

Deno.test("two swapped reservations and no address left: both stay, and nobody is refused", () => {
  const engine = new Engine(swapped([]));
  const [first, second] = [new Machine(engine, 1, X), new Machine(engine, 2, Y)];
  for (let round = 0; round < 5; round++) {
    engine.advance(60);
    assert.equal(first.renew(), `ACK ${X} (renewed)`);
    assert.equal(second.renew(), `ACK ${Y} (renewed)`);
  }
});

Deno.test("a ring of five moved reservations settles after two moves at most for each", () => {
  const addressOf = (number: number) => `192.168.1.${10 + number % 5}`;
  const numbers = [0, 1, 2, 3, 4];
  const engine = new Engine({
    subnets: [{
      pools: [P],
      reservations: numbers.map((it) => ({ mac: macOf(it + 1), address: addressOf(it + 1) })),
    }],
    leases: numbers.map((it) => ({ address: addressOf(it), client: numberedClient(it + 1) })),
  });
  const machines = numbers.map((it) => new Machine(engine, it + 1, addressOf(it)));
  for (let round = 0; round < 8; round++) {
    engine.advance(60);
    for (const machine of machines) machine.renew();
  }
  assert.deepEqual(machines.map(({ address }) => address), numbers.map((it) => addressOf(it + 1)));
  assert.ok(machines.every(({ naks }) => naks <= 2), `NAKs: ${machines.map(({ naks }) => naks)}`);
});

const SHARED: EngineSketch = {
  subnets: [
    { subnet: "10.0.0.0/24", sharedNetwork: "campus", pools: ["10.0.0.10-10.0.0.20"] },
    {
      subnet: "10.0.1.0/24",
      sharedNetwork: "campus",
      pools: [],
      reservations: [{ mac: macOf(1), address: "10.0.1.9" }],
    },
  ],
  addresses: ["10.0.0.1/24"],
};
const ON_SHARED = { to: "10.0.0.1", server: "10.0.0.1" };

for (
  const [how, ask] of [
    ["at renewal", { to: "10.0.0.1" }],
    ["when it rebinds", { to: "255.255.255.255" }],
    ["when it renews through a router", { to: "10.0.0.1", from: "10.0.0.12" }],
  ] as const
) {
  Deno.test(`a reservation in another subnet of the wire moves its client ${how}`, () => {
    const held: LeaseSketch = { address: "10.0.0.12", client: numberedClient(1) };
    const engine = new Engine({ ...SHARED, leases: [held] });
    const renew = engine.ask({ type: REQUEST, ciaddr: "10.0.0.12", ...ask });
    assert.equal(renew.told, "NAK (not-the-clients-address)");
    const offer = engine.ask({ type: DISCOVER, requested: "10.0.0.12" });
    assert.equal(offer.told, "OFFER 10.0.1.9 (reservation)");
    const { server } = ON_SHARED;
    const ack = engine.ask({ type: REQUEST, server, requested: "10.0.1.9" });
    assert.equal(ack.told, "ACK 10.0.1.9 (outstanding-offer)");
    assert.equal(engine.leases.get(ip("10.0.0.12"))?.state, "released", "given up for the other");
    const again = engine.ask({ type: REQUEST, ciaddr: "10.0.1.9", to: "10.0.0.1" });
    assert.equal(again.told, "ACK 10.0.1.9 (renewed)");
  });
}

Deno.test("a reservation in another subnet of the wire is waited for while somebody has it", () => {
  const leases = [
    { address: "10.0.0.12", client: numberedClient(1) },
    { address: "10.0.1.9", client: numberedClient(2) },
  ];
  const engine = new Engine({ ...SHARED, leases });
  const { told, decision } = engine.ask({ type: REQUEST, ciaddr: "10.0.0.12", to: "10.0.0.1" });
  assert.equal(told, "ACK 10.0.0.12 (renewed)");
  assert.equal(dotted(decision?.awaits), "10.0.1.9");
});

Deno.test("a reservation in a subnet of another wire moves nobody", () => {
  const [here, there] = SHARED.subnets!;
  const subnets = [here!, { ...there!, sharedNetwork: "lab" }];
  const leases = [{ address: "10.0.0.12", client: numberedClient(1) }];
  const { told } = new Engine({ ...SHARED, subnets, leases })
    .ask({ type: REQUEST, ciaddr: "10.0.0.12", to: "10.0.0.1" });
  assert.equal(told, "ACK 10.0.0.12 (renewed)");
});

const RESERVED: EngineSketch = {
  subnets: [{ pools: [P], reservations: [{ mac: macOf(1), address: X }] }],
};
const TAKEN: readonly LeaseSketch[] = [{ address: X, client: numberedClient(2) }];

for (
  const [what, ask, leases, told] of [
    ["a renewal", { type: REQUEST, ciaddr: P, to: SERVER }, [{ address: P }], `ACK ${P} (renewed)`],
    ["a DISCOVER", { type: DISCOVER }, [], `OFFER ${P} (free-address)`],
    [
      "a DISCOVER where no address is left",
      { type: DISCOVER },
      [{ address: P, client: numberedClient(3) }],
      "silence (pool-exhausted)",
    ],
  ] as const
) {
  Deno.test(`${what} of a client says which reserved address it waits for`, () => {
    const waiting = new Engine({ ...RESERVED, leases: [...TAKEN, ...leases] }).ask(ask);
    assert.equal(waiting.told, told);
    assert.equal(dotted(waiting.decision?.awaits), X);
  });
}

Deno.test("a client that has, or is given, what is reserved for it waits for nothing", () => {
  const engine = new Engine(RESERVED);
  assert.equal(engine.ask({ type: DISCOVER }).decision?.awaits, undefined);
  const ack = engine.ask({ type: REQUEST, server: SERVER, requested: X });
  assert.equal(ack.decision?.awaits, undefined);
  const renewal = engine.ask({ type: REQUEST, ciaddr: X, to: SERVER });
  assert.deepEqual([renewal.told, renewal.decision?.awaits], [`ACK ${X} (renewed)`, undefined]);
});

Deno.test("what a client held is free once it takes its reserved address, in the same group", () => {
  const engine = new Engine({ ...RESERVED, leases: [{ address: P }] });
  engine.ask({ type: DISCOVER });
  const { decision } = engine.ask({ type: REQUEST, server: SERVER, requested: X });
  assert(decision?.kind === "reply-after-commit");
  assert.deepEqual(
    decision.ends?.map(({ address, state, expiresAtMs }) => [dotted(address), state, expiresAtMs]),
    [[P, "released", START_MS]],
  );
});

Deno.test("an old REQUEST, which follows no offer, frees nothing that its client may be using", () => {
  const engine = new Engine({ leases: [{ address: P }] });
  const stray = engine.ask({ type: REQUEST, server: SERVER, requested: "192.168.1.150" });
  assert.equal(stray.told, "NAK (not-the-clients-address)");
  assert.equal(engine.leases.get(ip(P))?.state, "bound");
});

Deno.test("identity: mac: the lease of the firmware is freed when the system takes its own", () => {
  const engine = new Engine({
    subnets: [{ pools: ["192.168.1.100-192.168.1.101"], identity: "mac" }],
    leases: [
      { address: "192.168.1.100", client: numberedClient(1, "00:aa") },
      { address: "192.168.1.101", client: numberedClient(1, "ff:01"), updatedAtMs: 9 },
    ],
  });
  new Machine(engine, 1, "192.168.1.101", { clientId: "ff:01" }).boot();
  assert.equal(engine.leases.get(ip("192.168.1.100"))?.state, "released");
  assert.equal(engine.leases.get(ip("192.168.1.101"))?.state, "bound");
});
