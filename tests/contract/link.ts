/** What every Link does: one suite, run on the one in memory and on the one with real sockets. */
import assert from "node:assert/strict";
import type { Datagram, InterfaceStatus, Link } from "../../src/link/link.ts";
import type { Destination, Ingress } from "../../src/protocol/endpoints.ts";
import { testBootPort } from "./boot_port.ts";
import { formatHex } from "../../src/wire/hex.ts";
import { formatIpv4, type Ipv4, parseIpv4 } from "../../src/wire/ipv4.ts";

/** A reply as a host on the wire of the interface sees it. */
export interface SeenReply {
  readonly destination: string;
  readonly port: number;
  /** Where the frame goes; `undefined` where a link leaves that to the system. */
  readonly hardwareAddress: string | undefined;
  readonly text: string;
}

/**
 * A machine with the link under test, which is told to serve `lan0` only. `lan0` has the addresses
 * 192.168.1.1/24 and 10.9.0.1/16, and `wan0` has 203.0.113.1/24; on the wire of `lan0` there are
 * the hosts 192.168.1.50 and, as a relay agent, 192.168.1.60.
 */
export interface LinkWorld extends AsyncDisposable {
  readonly link: Link;
  /** A host on the wire of an interface sends datagrams to the server port. */
  arrive(interfaceName: string, ...datagrams: ArrivingDatagram[]): Promise<void>;
  /** The replies seen on an interface's wire since the last call; waits for what is on its way. */
  seen(interfaceName: string): Promise<readonly SeenReply[]>;
  addInterface(name: string, ...addresses: string[]): Promise<void>;
  removeInterface(name: string): Promise<void>;
  setUp(name: string, up: boolean): Promise<void>;
  addAddress(name: string, address: string): Promise<void>;
}

export interface ArrivingDatagram {
  readonly text: string;
  readonly source: Ipv4;
  readonly destination: Ipv4;
  /** As a client's and to DHCP's own unless told. */
  readonly sourcePort?: number;
  readonly serverPort?: number;
}

/** Registers a test; systemTest where the link needs the machine. */
export type Register = (name: string, fn: () => Promise<void>) => void;

const CHADDR = new Uint8Array([0x02, 0xca, 0xfe, 0x00, 0x00, 0x07]);
const HARDWARE = { kind: "hardware", hardwareAddress: CHADDR, address: 0xc0a8016b } as const;
const FROM_NOWHERE = { source: address("0.0.0.0"), destination: address("255.255.255.255") };

/** The suite. `makeWorld` is called once for each test. */
export function testLinkContract(
  name: string,
  register: Register,
  makeWorld: () => Promise<LinkWorld>,
): void {
  const test = (behaviour: string, fn: (world: LinkWorld) => Promise<void>) =>
    register(`${name}: ${behaviour}`, async () => {
      await using world = await makeWorld();
      await fn(world);
    });
  testReceiving(test);
  testSending(test);
  testInterfaceChanges(test);
  testServing(test);
  testClosing(test);
  testBootPort(test);
}

export type TestInWorld = (behaviour: string, fn: (world: LinkWorld) => Promise<void>) => void;

function testReceiving(test: TestInWorld): void {
  test("datagrams that wait come as one batch, in order, with their ingress", async (world) => {
    await arriveAll(world, ["one", "two", "three"]);
    const batch = await receiveDatagrams(world.link);
    assert.deepEqual(batch.map(textOf), ["one", "two", "three"]);
    const { ingress } = batch[0]!;
    assert.equal(ingress.interfaceName, "lan0");
    assert.ok(ingress.interfaceIndex > 0);
    assert.deepEqual(ingress.addresses, [
      {
        address: address("192.168.1.1"),
        cidr: { network: address("192.168.1.0"), prefixLength: 24 },
      },
      { address: address("10.9.0.1"), cidr: { network: address("10.9.0.0"), prefixLength: 16 } },
    ]);
  });

  test("a unicast is told from a broadcast by its destination (RFC 2131 §4.3.2)", async (world) => {
    const renewal = { source: address("192.168.1.50"), destination: address("192.168.1.1") };
    await world.arrive("lan0", { text: "rebind", ...FROM_NOWHERE }, { text: "renew", ...renewal });
    const seen = (await receiveDatagrams(world.link)).map(({ ingress }) =>
      `${formatIpv4(ingress.source)}:${ingress.sourcePort} > ${formatIpv4(ingress.destination)}`
    );
    assert.deepEqual(seen, ["0.0.0.0:68 > 255.255.255.255", "192.168.1.50:68 > 192.168.1.1"]);
  });

  test("more datagrams than a batch holds all come", async (world) => {
    const texts = Array.from({ length: 150 }, (_, i) => `datagram ${i}`);
    await arriveAll(world, texts);
    const received: string[] = [];
    while (received.length < texts.length) {
      received.push(...(await receiveDatagrams(world.link)).map(textOf));
    }
    assert.deepEqual(received, texts);
  });

  test("an interface that is not listed is not heard", async (world) => {
    await world.arrive("wan0", { text: "from outside", ...FROM_NOWHERE });
    await world.arrive("lan0", { text: "from inside", ...FROM_NOWHERE });
    assert.deepEqual((await receiveDatagrams(world.link)).map(textOf), ["from inside"]);
  });
}

function testSending(test: TestInWorld): void {
  test("each kind of destination is reached (RFC 2131 §4.1)", async (world) => {
    const ingress = await someIngress(world);
    const destinations: Destination[] = [
      { kind: "relay", address: address("192.168.1.60"), port: undefined },
      { kind: "relay", address: address("192.168.1.60"), port: 4067 },
      { kind: "unicast", address: address("192.168.1.50"), hardwareAddress: undefined },
      { kind: "broadcast" },
      HARDWARE,
    ];
    world.link.send(destinations.map((destination) => ({
      bytes: bytesOf(destination.kind),
      destination,
      ingress,
    })));
    const seen = (await world.seen("lan0")).map(({ destination, port, text }) =>
      `${text} ${destination}:${port}`
    );
    assert.deepEqual(seen.sort(), [
      "broadcast 255.255.255.255:68",
      "hardware 192.168.1.107:68",
      "relay 192.168.1.60:4067",
      "relay 192.168.1.60:67",
      "unicast 192.168.1.50:68",
    ]);
  });

  test("a reply to a hardware address goes to no other", async (world) => {
    const ingress = await someIngress(world);
    world.link.send([{ bytes: bytesOf("for one"), destination: HARDWARE, ingress }]);
    const [reply] = await world.seen("lan0");
    assert.equal(reply?.hardwareAddress, formatHex(CHADDR));
  });

  test("the bytes of a reply may be used again as soon as send returns", async (world) => {
    const ingress = await someIngress(world);
    const bytes = bytesOf("first");
    world.link.send([
      { bytes, destination: { kind: "broadcast" }, ingress },
      { bytes, destination: HARDWARE, ingress },
    ]);
    bytes.set(bytesOf("other"));
    assert.deepEqual((await world.seen("lan0")).map(({ text }) => text), ["first", "first"]);
  });

  test("many replies to both kinds of destination all leave", async (world) => {
    const ingress = await someIngress(world);
    const texts = Array.from({ length: 150 }, (_, i) => `reply ${String(i).padStart(3, "0")}`);
    world.link.send(texts.map((text, i) => ({
      bytes: bytesOf(text),
      destination: i % 2 === 0 ? HARDWARE : { kind: "broadcast" },
      ingress,
    })));
    assert.deepEqual((await world.seen("lan0")).map(({ text }) => text).sort(), texts);
  });

  test("replies of one batch leave by the interfaces their requests came in on", async (world) => {
    world.link.serve(["lan0", "wan0"]);
    const inside = await someIngress(world, "lan0");
    const outside = await someIngress(world, "wan0");
    const destination = { kind: "broadcast" } as const;
    world.link.send([
      { bytes: bytesOf("inside 1"), destination, ingress: inside },
      { bytes: bytesOf("outside"), destination, ingress: outside },
      { bytes: bytesOf("inside 2"), destination, ingress: inside },
    ]);
    const textsOn = async (name: string) => (await world.seen(name)).map(({ text }) => text);
    assert.deepEqual(await textsOn("lan0"), ["inside 1", "inside 2"]);
    assert.deepEqual(await textsOn("wan0"), ["outside"]);
  });

  test("an interface that is not listed never carries a reply", async (world) => {
    const ingress = { ...await someIngress(world), interfaceName: "wan0" };
    const outside = [1, 2, 3, 4, 5, 6].map((interfaceIndex) => ({
      bytes: bytesOf("leak"),
      destination: { kind: "broadcast" } as const,
      ingress: { ...ingress, interfaceIndex },
    }));
    world.link.send(outside);
    assert.deepEqual(await world.seen("wan0"), []);
    assert.deepEqual(await world.seen("lan0"), []);
  });

  test("a reply that cannot be sent does not hold up the others", async (world) => {
    const ingress = await someIngress(world);
    const gone = { ...ingress, interfaceIndex: ingress.interfaceIndex + 1000 };
    world.link.send([
      { bytes: bytesOf("lost"), destination: { kind: "broadcast" }, ingress: gone },
      { bytes: bytesOf("sent"), destination: { kind: "broadcast" }, ingress },
    ]);
    assert.deepEqual((await world.seen("lan0")).map(({ text }) => text), ["sent"]);
  });
}

function testInterfaceChanges(test: TestInWorld): void {
  test("an interface that is missing at first is served once it appears", async (world) => {
    world.link.serve(["lan0", "late0"]);
    assert.equal(statusOf(world.link, "late0").state, "missing");
    await world.addInterface("late0", "172.16.0.1/16");
    await untilState(world.link, "late0", "serving");
    assert.deepEqual(statusOf(world.link, "late0").addresses, ["172.16.0.1"]);
    assert.ok(world.link.ownAddresses().has(address("172.16.0.1")));
    await world.arrive("late0", { text: "hello", ...FROM_NOWHERE });
    const [datagram] = await receiveDatagrams(world.link);
    assert.equal(datagram?.ingress.interfaceName, "late0");
  });

  test("an interface without an address is served once it has one", async (world) => {
    world.link.serve(["late0"]);
    await world.addInterface("late0");
    await untilState(world.link, "late0", "no-address");
    await world.addAddress("late0", "172.16.0.1/16");
    await untilState(world.link, "late0", "serving");
    await world.arrive("late0", { text: "hello", ...FROM_NOWHERE });
    assert.equal((await receiveDatagrams(world.link)).map(textOf).join(), "hello");
  });

  test("a new address shows in the ingress of the next datagram", async (world) => {
    await someIngress(world);
    await world.addAddress("lan0", "192.168.7.1/24");
    await untilStatus(world.link, "lan0", ({ addresses }) => addresses.includes("192.168.7.1"));
    const ingress = await someIngress(world);
    assert.equal(ingress.addresses.at(-1)?.address, address("192.168.7.1"));
    assert.ok(world.link.ownAddresses().has(address("192.168.7.1")));
  });

  test("an interface that goes down is served again when it comes up", async (world) => {
    await world.setUp("lan0", false);
    await untilState(world.link, "lan0", "down");
    await world.setUp("lan0", true);
    await untilState(world.link, "lan0", "serving");
    const ingress = await someIngress(world);
    world.link.send([{ bytes: bytesOf("again"), destination: { kind: "broadcast" }, ingress }]);
    assert.deepEqual((await world.seen("lan0")).map(({ text }) => text), ["again"]);
  });

  test("an interface deleted and made anew under its name is served", async (world) => {
    world.link.serve(["late0"]);
    await world.addInterface("late0", "172.16.0.1/16");
    await untilState(world.link, "late0", "serving");
    await world.arrive("late0", { text: "before", ...FROM_NOWHERE });
    const [before] = await receiveDatagrams(world.link);

    // Both happen before the link looks again: it never sees the interface missing.
    await world.removeInterface("late0");
    await world.addInterface("late0", "172.16.0.2/16");
    await untilStatus(
      world.link,
      "late0",
      ({ state, addresses }) => state === "serving" && addresses.join() === "172.16.0.2",
    );
    await world.arrive("late0", { text: "after", ...FROM_NOWHERE });
    const [after] = await receiveDatagrams(world.link);
    assert.notEqual(after?.ingress.interfaceIndex, before?.ingress.interfaceIndex);
    assert.deepEqual(after?.ingress.addresses.map((own) => own.address), [address("172.16.0.2")]);

    // A reply to a request of before the change has nowhere to go, and does no harm.
    const broadcast = { kind: "broadcast" } as const;
    world.link.send([
      { bytes: bytesOf("old"), destination: broadcast, ingress: before!.ingress },
      { bytes: bytesOf("new"), destination: broadcast, ingress: after!.ingress },
    ]);
    assert.deepEqual((await world.seen("late0")).map(({ text }) => text), ["new"]);
  });

  test("an interface that is deleted is missing, and its addresses with it", async (world) => {
    world.link.serve(["late0"]);
    await world.addInterface("late0", "172.16.0.1/16");
    await untilState(world.link, "late0", "serving");
    await world.removeInterface("late0");
    await untilState(world.link, "late0", "missing");
    assert.equal(world.link.ownAddresses().size, 0);
    assert.deepEqual(statusOf(world.link, "late0").addresses, []);
  });
}

function testServing(test: TestInWorld): void {
  test("serve replaces the set of interfaces", async (world) => {
    const pending = world.link.receive();
    world.link.serve(["wan0"]);
    assert.deepEqual(await pending, []);
    assert.deepEqual(world.link.interfaces().map(({ name, state }) => `${name} ${state}`), [
      "wan0 serving",
    ]);
    assert.deepEqual([...world.link.ownAddresses()], [address("203.0.113.1")]);
    await world.arrive("lan0", { text: "not heard", ...FROM_NOWHERE });
    await world.arrive("wan0", { text: "heard", ...FROM_NOWHERE });
    assert.deepEqual((await receiveDatagrams(world.link)).map(textOf), ["heard"]);
  });

  test("serve wakes a pending receive, which then hears the new interface too", async (world) => {
    const pending = world.link.receive();
    world.link.serve(["lan0", "wan0"]);
    assert.deepEqual(await pending, []);
    await world.arrive("wan0", { text: "heard", ...FROM_NOWHERE });
    assert.deepEqual((await receiveDatagrams(world.link)).map(textOf), ["heard"]);
  });
}

function testClosing(test: TestInWorld): void {
  test("close ends a pending receive", async (world) => {
    const ended = untilClosed(world.link);
    world.link.close();
    await ended;
  });

  test("after close nothing is received or sent, and closing again is harmless", async (world) => {
    const ingress = await someIngress(world);
    world.link.close();
    world.link.close();
    world.link.send([{ bytes: bytesOf("late"), destination: { kind: "broadcast" }, ingress }]);
    assert.equal(await world.link.receive(), undefined);
    assert.deepEqual(await world.seen("lan0"), []);
  });
}

/** Wake-ups without a datagram are bounded: every change of an interface makes at most a few. */
const EMPTY_BATCHES_MAX = 100;

/** The next batch that is not empty; the bytes are copied, to outlive the batch. */
export async function receiveDatagrams(link: Link): Promise<readonly Datagram[]> {
  for (let i = 0; i < EMPTY_BATCHES_MAX; i++) {
    const batch = await link.receive();
    assert.ok(batch, "the link is closed");
    if (batch.length === 0) continue;
    return batch.map(({ bytes, ingress }) => ({ bytes: bytes.slice(), ingress }));
  }
  throw new Error("no datagram came");
}

/** Receives until an interface is in a state. */
export function untilState(
  link: Link,
  name: string,
  state: InterfaceStatus["state"],
): Promise<void> {
  return untilStatus(link, name, (status) => status.state === state);
}

async function untilStatus(
  link: Link,
  name: string,
  isReached: (status: InterfaceStatus) => boolean,
): Promise<void> {
  for (let i = 0; i < EMPTY_BATCHES_MAX; i++) {
    if (isReached(statusOf(link, name))) return;
    assert.deepEqual(await link.receive(), []);
  }
  throw new Error(`${name} stays ${JSON.stringify(statusOf(link, name))}`);
}

async function untilClosed(link: Link): Promise<void> {
  for (let i = 0; i < EMPTY_BATCHES_MAX; i++) {
    if (await link.receive() === undefined) return;
  }
  throw new Error("the link stays open");
}

function statusOf(link: Link, name: string): InterfaceStatus {
  const status = link.interfaces().find((candidate) => candidate.name === name);
  assert.ok(status, `${name} is not among the interfaces`);
  return status;
}

/** The ingress of a broadcast that has just come in. */
async function someIngress(world: LinkWorld, interfaceName = "lan0"): Promise<Ingress> {
  await world.arrive(interfaceName, { text: "request", ...FROM_NOWHERE });
  const [datagram] = await receiveDatagrams(world.link);
  return datagram!.ingress;
}

async function arriveAll(world: LinkWorld, texts: readonly string[]): Promise<void> {
  await world.arrive("lan0", ...texts.map((text) => ({ text, ...FROM_NOWHERE })));
}

export function textOf({ bytes }: Datagram): string {
  return new TextDecoder().decode(bytes);
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function address(text: string): Ipv4 {
  return parseIpv4(text)!;
}
