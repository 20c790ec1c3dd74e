/** What every Link does at the port for boot data. */
import assert from "node:assert/strict";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { bytesOf, receiveDatagrams, type TestInWorld, textOf } from "./link.ts";

const address = (text: string) => parseIpv4(text)!;
const FROM_NOWHERE = { source: address("0.0.0.0"), destination: address("255.255.255.255") };

export function testBootPort(test: TestInWorld): void {
  test("the port for boot data is heard where it is served, and told apart", async (world) => {
    const asked = { source: address("192.168.1.50"), destination: address("192.168.1.1") };
    const atBootPort = { ...asked, sourcePort: 4011, serverPort: 4011 };
    await world.arrive("lan0", { text: "not heard", ...atBootPort });
    world.link.serve(["lan0"], true);
    await world.arrive("lan0", { text: "boot data", ...atBootPort });
    const [request] = await receiveDatagrams(world.link);
    assert.equal(textOf(request!), "boot data");
    assert.deepEqual([request!.ingress.serverPort, request!.ingress.sourcePort], [4011, 4011]);
    const to = { kind: "unicast", address: asked.source, hardwareAddress: undefined } as const;
    const { ingress } = request!;
    world.link.send([{ bytes: bytesOf("a file"), destination: { ...to, port: 4011 }, ingress }]);
    const seen = (await world.seen("lan0")).map((it) => `${it.text} ${it.destination}:${it.port}`);
    assert.deepEqual(seen, ["a file 192.168.1.50:4011"]);
    await world.arrive("lan0", { text: "an address", ...FROM_NOWHERE });
    const [other] = await receiveDatagrams(world.link);
    assert.deepEqual([other!.ingress.serverPort, other!.ingress.sourcePort], [67, 68]);

    world.link.serve(["lan0"]);
    await world.arrive("lan0", { text: "not heard", ...atBootPort });
    await world.arrive("lan0", { text: "heard", ...FROM_NOWHERE });
    assert.deepEqual((await receiveDatagrams(world.link)).map(textOf), ["heard"]);
  });
}
