import assert from "node:assert/strict";
import { Metrics } from "../../src/server/metrics.ts";
import { ip, makeSubnet, numberedClient } from "../support/leases_fixture.ts";
import { get, ONE_OF_EACH } from "./status_source.ts";

Deno.test("who waits for a reserved address is shown while another has it, and until when", async () => {
  const metrics = new Metrics();
  const reservations = [100, 104, 105].map((octet) => (
    { mac: `b8:27:eb:00:00:${octet - 40}`, address: `192.168.1.${octet}` }
  ));
  const subnet = makeSubnet({ reservations });
  // The last one is free by now, and nobody reserves that of the first any more.
  for (const octet of [102, 105, 104, 100]) {
    metrics.count({
      kind: "reservation-waits",
      interfaceName: "eth0",
      address: ip(`192.168.1.${octet}`),
      client: numberedClient(octet, octet === 104 ? "ff:01" : undefined),
      holder: undefined,
      leftSeconds: 0,
    });
  }
  const sketch = { subnet, metrics, leases: ONE_OF_EACH };
  const report = await (await get(sketch, "/status")).json();
  const [pi, , , , endless] = await (await get(sketch, "/leases")).json();
  assert.deepEqual(report["reservations-waiting"], [
    { address: "192.168.1.100", mac: "b8:27:eb:00:00:64", holder: pi },
    { address: "192.168.1.104", mac: "b8:27:eb:00:00:68", "client-id": "ff:01", holder: endless },
  ]);
  const page = await (await get(sketch, "/")).text();
  assert.equal(
    page.slice(page.indexOf("reserved "), page.indexOf("\naddress ")),
    `reserved       waits              held by            state  expires
192.168.1.100  b8:27:eb:00:00:64  b8:27:eb:00:00:01  bound  in 11h 58m
192.168.1.104  b8:27:eb:00:00:68  b8:27:eb:00:00:05  bound  never
`,
  );
});
