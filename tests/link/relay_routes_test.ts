/** Replies to relay agents whose route leaves by another interface. */
import assert from "node:assert/strict";
import { RelayRoutes } from "../../src/link/relay_routes.ts";
import { parseRoute, routeRequest } from "../../src/link/netlink_messages.ts";
import type { LinkFact } from "../../src/link/netlink.ts";
import { ip } from "../support/leases_fixture.ts";

const link = (index: number, name: string): LinkFact => ({
  index,
  name,
  hardwareAddress: new Uint8Array(6),
  ethernet: true,
  up: true,
  loopback: false,
  addresses: [],
});
const LAN = link(2, "lan0");
const WAN = link(3, "wan0");

function watch(routeOf: (address: number) => number | undefined) {
  const said: string[] = [];
  let askedCount = 0;
  const routes = new RelayRoutes((message) => said.push(message), {
    routeOf: (address) => {
      askedCount++;
      return routeOf(address);
    },
    listLinks: () => [LAN, WAN],
  });
  return { routes, said, asked: () => askedCount };
}

Deno.test("a relay agent whose route leaves by another interface is told of once, with both", () => {
  const { routes, said, asked } = watch(() => WAN.index);
  for (let i = 0; i < 3; i++) routes.note(ip("10.20.0.1"), LAN);
  assert.deepEqual(said, [
    "the relay agent 10.20.0.1 asks by lan0, and so it is answered there, but the route to it " +
    "leaves by wan0: the replies do not reach it. Set a route to it by lan0, or have its " +
    "requests come in where the route leaves",
  ]);
  assert.equal(asked(), 1, "the kernel is asked once");
});

Deno.test("a relay agent without a route is told of, and one on the right way is not", () => {
  const { routes, said } = watch((address) => address === ip("10.20.0.1") ? LAN.index : undefined);
  routes.note(ip("10.20.0.1"), LAN);
  assert.deepEqual(said, []);
  routes.note(ip("10.30.0.1"), LAN);
  assert.match(said[0]!, /there is no route to it/);
});

Deno.test("of relay agents that are made up, the kernel is asked about so many, and few are told of", () => {
  const bad = watch(() => WAN.index);
  const good = watch(() => LAN.index);
  for (let i = 0; i < 5_000; i++) {
    bad.routes.note(ip("10.20.0.0") + i, LAN);
    good.routes.note(ip("10.20.0.0") + i, LAN);
  }
  assert.deepEqual([bad.said.length, bad.asked(), good.asked()], [16, 16, 1024]);
});

Deno.test("a request for a route names the address, and an answer that is an error is no route", () => {
  assert.deepEqual(
    [...routeRequest(ip("10.20.0.1"))],
    [36, 0, 0, 0, 26, 0, 1, 0, ...Array(8).fill(0), 2, 32, ...Array(10).fill(0)]
      .concat([8, 0, 1, 0, 10, 20, 0, 1]),
  );
  const error = new Uint8Array(36);
  error[4] = 2;
  assert.equal(parseRoute(error), undefined);
  assert.equal(parseRoute(new Uint8Array(3)), undefined);
});
