/** What the config says of a machine in its reservation is shown with its lease, wherever that is. */
import assert from "node:assert/strict";
import { makeLease, makeSubnet, numberedClient } from "../support/leases_fixture.ts";
import { get, ONE_OF_EACH } from "./status_source.ts";

const WITH_COMMENTS = makeSubnet({
  reservations: [
    { mac: "b8:27:eb:00:00:01", address: "192.168.1.100", comment: "Anna's" },
    { mac: "b8:27:eb:00:00:02", hostname: "pi", comment: "without an address" },
    { mac: "b8:27:eb:00:00:09", address: "192.168.1.103", comment: "whose address another has" },
    { port: { circuitId: "65:74:68:31" }, comment: "at the port", hostname: "desk" },
    { vendorId: { enterprise: 9, value: "78" }, address: "192.168.1.104", comment: "a vendor's" },
  ],
});

const AT_PORT = makeLease({
  address: "192.168.1.110",
  client: numberedClient(6),
  relayInformation: Uint8Array.of(1, 4, ...new TextEncoder().encode("eth1")),
  name: "desk.home.arpa",
});

Deno.test("comments are found by client: reserved by MAC with and without an address, by port", async () => {
  const sketch = { leases: [...ONE_OF_EACH, AT_PORT], subnet: WITH_COMMENTS };
  const all: { address: string; comment?: string; name?: string }[] =
    await (await get(sketch, "/leases")).json();
  assert.deepEqual(Object.fromEntries(all.map(({ address, comment }) => [address, comment])), {
    "192.168.1.100": "Anna's",
    "192.168.1.101": "without an address",
    "192.168.1.102": undefined,
    "192.168.1.103": undefined,
    "192.168.1.104": "a vendor's",
    "192.168.1.110": "at the port",
  });
  assert.deepEqual(all.map(({ name }) => name).filter(Boolean), ["desk.home.arpa"]);
  const report = await (await get(sketch, "/status")).json();
  assert.deepEqual(
    new Set(report["last-leases"].map(({ comment }: { comment?: string }) => comment)),
    new Set(all.map(({ comment }) => comment)),
  );
});

Deno.test("the table for people has a column of comments where a lease has one", async () => {
  const leases = ONE_OF_EACH.slice(0, 3);
  const page = await (await get({ leases, subnet: WITH_COMMENTS }, "/")).text();
  assert.ok(
    page.endsWith(`
address        client             state     expires     hostname  comment
192.168.1.100  b8:27:eb:00:00:01  bound     in 11h 58m  pi        Anna's
192.168.1.101  b8:27:eb:00:00:02  expired   1s ago      -         without an address
192.168.1.102  b8:27:eb:00:00:03  released  1m ago      -
`),
    page,
  );
  assert.doesNotMatch(await (await get({ leases }, "/")).text(), /comment/);
});
