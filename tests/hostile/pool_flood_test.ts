/** Floods that take leases: what they leave for new clients, and for those who are known. */
import assert from "node:assert/strict";
import { makeClient } from "../../src/leases/lease.ts";
import { FLOOD_LEASE_SECONDS } from "../../src/protocol/short_lease.ts";
import { DISCOVER, RELEASE, REQUEST } from "../support/dhcp_packets.ts";
import { type Ask, SERVER } from "../support/engine_fixture.ts";
import { dotted, ip } from "../support/leases_fixture.ts";
import { flood } from "./flood.ts";
import {
  mac,
  obtain,
  POOL_SIZE,
  RESERVED_MAC,
  settleResidents,
  startServer,
  SUBNET,
  take,
} from "./starving_network.ts";

/** Networks under a flood that takes leases: see `deno task starve` for longer ones. */
const FLOODS = [
  ["a pool of 241", "192.168.1.0/24", "192.168.1.10-192.168.1.250"],
  ["a pool of 20", "192.168.1.0/24", "192.168.1.10-192.168.1.29"],
  ["a pool of 16,000", "192.168.0.0/16", "192.168.128.0-192.168.190.127"],
] as const;

for (const [what, subnet, pools] of FLOODS) {
  Deno.test(`5,000 exchanges a second under made-up names: new clients get addresses of ${what} meanwhile`, async () => {
    const newcomers = what === "a pool of 20" ? 4 : 20;
    const { servedDuring, allServedAfterSeconds } = await flood({
      subnet,
      pools,
      strangersPerSecond: 5_000,
      floodSeconds: 20,
      newcomers,
    });
    // Who comes in the last seconds of it has not waited.
    assert.ok(servedDuring >= 0.7 * newcomers, `${servedDuring} of ${newcomers}`);
    assert.ok(allServedAfterSeconds !== undefined && allServedAfterSeconds <= 150);
  });
}

Deno.test("a flood whose strangers ask again leaves the pool whole within minutes after it", async () => {
  const it = await startServer(SUBNET);
  const subnet = it.server.runningConfig.subnets[0]!;
  const ask = (n: number, type: number, more = {}): Ask => ({
    type,
    mac: mac("02:66", n),
    ...more,
  });
  const strangers = Array.from({ length: 400 }, (_, n) => n);
  for (let second = 0; second < 60; second++) {
    it.clock.advance(1_000);
    const offers = await it.exchange(strangers.map((n) => ask(n, DISCOVER)));
    await it.exchange(take(offers, {}));
  }
  const { used } = it.leases.counts(subnet);
  assert.ok(used > 90, `${used} of 100 are taken`);
  it.clock.advance(FLOOD_LEASE_SECONDS * 1000);
  it.server.checkStore();
  const { used: left } = it.leases.counts(subnet);
  assert.ok(left <= POOL_SIZE / 8 + 1, `${left} are taken for longer`);
  await it.stop();
});

Deno.test("who is known or has a reservation gets its lease as ever while strangers get short ones", async () => {
  const reserved = SUBNET.replace("]\n", `, { mac: "${mac("02:05", 9)}", hostname: pi }]\n`);
  const it = await startServer(`lease-time: 1h\n${reserved}`);
  const residents = await settleResidents(it, {});
  const leaseSeconds = async (mac: string) => {
    const address = await obtain(it, { mac });
    assert.ok(address !== undefined, mac);
    const { updatedAtMs, expiresAtMs } = it.leases.get(ip(address))!;
    return (expiresAtMs - updatedAtMs) / 1000;
  };
  const [resident, address] = [...residents][0]!;
  await it.exchange([{ type: RELEASE, mac: resident, ciaddr: address, server: SERVER }]);
  it.clock.advance(300_000);
  for (let n = 0; n < 16; n++) await obtain(it, { mac: mac("02:66", n) });
  assert.equal(await leaseSeconds(mac("02:66", 99)), FLOOD_LEASE_SECONDS);
  assert.equal(await leaseSeconds(resident), 3600, "one that was here before");
  assert.equal(await leaseSeconds(RESERVED_MAC), 3600, "one with a reserved address");
  assert.equal(await leaseSeconds(mac("02:05", 9)), 3600, "one with a reserved name");
  // Who is there renews, and then has a lease as any other.
  const stranger = it.leases.bindingOf(
    makeClient(1, mac("02:66", 99), undefined),
    it.server.runningConfig.subnets[0]!,
  )!;
  it.clock.advance(FLOOD_LEASE_SECONDS * 500);
  await obtain(it, { mac: mac("02:66", 98) });
  await it.exchange([{ type: REQUEST, mac: mac("02:66", 99), ciaddr: dotted(stranger)! }]);
  assert.equal(it.leases.get(stranger)!.expiresAtMs - it.clock.monotonicMs(), 3_600_000);
  it.clock.advance(60_000);
  assert.equal(await leaseSeconds(mac("02:66", 100)), 3600, "a minute later nobody is held short");
  await it.stop();
});

Deno.test("a classroom of 200 that is opened within a minute is not held back on a /24", async () => {
  const it = await startServer(`lease-time: 1h
subnets: [{ subnet: 192.168.1.0/24, pools: 192.168.1.10-192.168.1.250 }]
`);
  for (let n = 0; n < 200; n++) {
    it.clock.advance(n % 10 === 0 ? 3_000 : 0);
    const address = await obtain(it, { mac: mac("02:03", n) });
    assert.ok(address !== undefined, `the ${n}th`);
    const { updatedAtMs, expiresAtMs } = it.leases.get(ip(address))!;
    assert.equal(expiresAtMs - updatedAtMs, 3_600_000);
  }
  const { held, "leases-shortened": shortened } = it.server.limiter.status();
  assert.ok(Object.values(held).every((count) => count === 0));
  assert.equal(shortened, 0);
  await it.stop();
});
