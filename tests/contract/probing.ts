/** How every Link finds out whether an address is in use: one suite, as in link.ts beside it. */
import assert from "node:assert/strict";
import type { Link, Probe, ProbeAnswer } from "../../src/link/link.ts";
import type { Ingress } from "../../src/protocol/endpoints.ts";
import { LIMITED_BROADCAST, parseIpv4 } from "../../src/wire/ipv4.ts";
import { type LinkWorld, receiveDatagrams, type Register } from "./link.ts";

/** The machine of `LinkWorld`. */
export interface ProbedWorld extends LinkWorld {
  /** Lets the host on the wire of an interface take an address: from now on it answers for it. */
  inhabit(interfaceName: string, address: string): Promise<void>;
  /** The hardware address of the host on the wire of `lan0`. */
  readonly hostHardwareAddress: string;
}

/** The suite. `makeWorld` is called once for each test. */
export function testProbingContract(
  name: string,
  register: Register,
  makeWorld: () => Promise<ProbedWorld>,
): void {
  const test = (behaviour: string, fn: (world: ProbedWorld) => Promise<void>) =>
    register(`${name}: ${behaviour}`, async () => {
      await using world = await makeWorld();
      await fn(world);
    });
  testAnswers(test);
  testWaiting(test);
}

type TestInWorld = (behaviour: string, fn: (world: ProbedWorld) => Promise<void>) => void;

/** Longer than an answer takes, on a busy machine too. */
const PATIENCE_MS = 2_000;
/** How long an answer is waited for that must not come. */
const SILENCE_MS = 100;

function testAnswers(test: TestInWorld): void {
  test("a host answers for an address that it uses, by its hardware address", async (world) => {
    await world.inhabit("lan0", "192.168.1.105");
    const { link } = world;
    const ingress = await ingressOf(world);
    link.probe([arp("192.168.1.105", ingress)]);
    const { interfaceIndex } = ingress;
    assert.deepEqual(await nextAnswers(link, PATIENCE_MS), [{
      address: parseIpv4("192.168.1.105"),
      heard: { interfaceIndex, hardwareAddress: world.hostHardwareAddress },
    }]);
    assert.deepEqual(link.takeAnswers(), [], "each answer comes once");
  });

  test("nobody answers for an address that nobody uses", async (world) => {
    world.link.probe([arp("192.168.1.106", await ingressOf(world))]);
    assert.deepEqual(await nextAnswers(world.link, SILENCE_MS), []);
  });

  test("of many probes at once, those in use are answered", async (world) => {
    const used = ["192.168.1.7", "192.168.1.77", "192.168.1.177"];
    for (const address of used) await world.inhabit("lan0", address);
    const ingress = await ingressOf(world);
    const hosts = Array.from({ length: 200 }, (_, i) => `192.168.1.${i + 2}`);
    world.link.probe(hosts.map((address) => arp(address, ingress)));
    const answers: ProbeAnswer[] = [];
    while (answers.length < used.length) {
      const more = await nextAnswers(world.link, PATIENCE_MS);
      assert.ok(more.length > 0, `only ${answers.length} answers`);
      answers.push(...more);
    }
    assert.deepEqual(answers.map(({ address }) => address).sort(), used.map(parseIpv4).sort());
  });

  test("an address in use on another wire is none here", async (world) => {
    await world.inhabit("wan0", "192.168.1.107");
    world.link.probe([arp("192.168.1.107", await ingressOf(world))]);
    assert.deepEqual(await nextAnswers(world.link, SILENCE_MS), []);
  });

  test("an interface that is not listed is not probed", async (world) => {
    await world.inhabit("wan0", "203.0.113.9");
    const ingress = { ...await ingressOf(world), interfaceName: "wan0" };
    const probes = [1, 2, 3, 4, 5, 6].map((interfaceIndex) =>
      arp("203.0.113.9", { ...ingress, interfaceIndex })
    );
    world.link.probe(probes);
    assert.deepEqual(await nextAnswers(world.link, SILENCE_MS), []);
  });
}

function testWaiting(test: TestInWorld): void {
  test("receive ends when its time is over, without a datagram", async (world) => {
    for (let i = 0; i < 20; i++) assert.deepEqual(await world.link.receive(5), []);
    assert.deepEqual(await world.link.receive(0), []);
  });

  test("an answer ends a receive that is under way", async (world) => {
    await world.inhabit("lan0", "192.168.1.105");
    const ingress = await ingressOf(world);
    const pending = answersByReceiving(world.link);
    world.link.probe([arp("192.168.1.105", ingress)]);
    assert.equal((await pending).length, 1);
  });

  test("after close nothing is probed", async (world) => {
    const ingress = await ingressOf(world);
    world.link.probe([arp("192.168.1.105", ingress)]);
    world.link.close();
    world.link.probe([arp("192.168.1.105", ingress)]);
    assert.deepEqual(world.link.takeAnswers(), []);
  });
}

function arp(address: string, ingress: Ingress): Probe {
  return { address: parseIpv4(address)!, method: "arp", ingress };
}

/** The answers of the next receive that has some; none when `waitMs` are over. */
export async function nextAnswers(link: Link, waitMs: number): Promise<readonly ProbeAnswer[]> {
  for (const endMs = performance.now() + waitMs; performance.now() < endMs;) {
    assert.deepEqual(await link.receive(Math.ceil(endMs - performance.now())), []);
    const answers = link.takeAnswers();
    if (answers.length > 0) return answers;
  }
  return [];
}

async function answersByReceiving(link: Link): Promise<readonly ProbeAnswer[]> {
  for (;;) {
    assert.deepEqual(await link.receive(), []);
    const answers = link.takeAnswers();
    if (answers.length > 0) return answers;
  }
}

/** The ingress of a broadcast that has just come in on lan0. */
async function ingressOf(world: LinkWorld): Promise<Ingress> {
  await world.arrive("lan0", { text: "request", source: 0, destination: LIMITED_BROADCAST });
  const [datagram] = await receiveDatagrams(world.link);
  return datagram!.ingress;
}
