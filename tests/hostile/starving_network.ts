/** A network under attack, and who is on it: what the tests of starvation have in common. */
import assert from "node:assert/strict";
import { loadConfig } from "../../src/config/load.ts";
import { startWith } from "../server/running_server.ts";
import {
  ACK,
  DISCOVER,
  messageType,
  OFFER,
  type Packet,
  REQUEST,
} from "../support/dhcp_packets.ts";
import { type Ask, SERVER } from "../support/engine_fixture.ts";

export const RESERVED_MAC = "b8:27:eb:00:ff:01";
export const RESERVED = "192.168.1.10";

/** Relay agents on the wire of the server, which have to be listed. */
export const AGENTS = Array.from({ length: 51 }, (_, n) => `192.168.1.${200 + n}`);

export const SUBNET = `
subnets:
  - subnet: 192.168.1.0/24
    pools: 192.168.1.100-192.168.1.199
    reservations: [{ mac: "${RESERVED_MAC}", address: ${RESERVED} }]
    relays: [${AGENTS.join(", ")}]
`;
export const POOL_SIZE = 100;

/** Clients that have a lease before it begins. */
const RESIDENTS = 30;
export type Server = Awaited<ReturnType<typeof startWith>>;
/** What all messages of somebody have in common. */
export type Whom = Pick<Ask, "mac" | "giaddr" | "options">;

export async function startServer(text: string): Promise<Server> {
  const result = loadConfig(`interfaces: lan0\nconflict-probe: off\n${text}`, "config.yaml");
  assert.ok("config" in result, JSON.stringify(result));
  return await startWith(result.config);
}

export function mac(prefix: string, n: number): string {
  return `${prefix}:${n.toString(16).padStart(8, "0").match(/../g)!.join(":")}`;
}

/** REQUESTs of those who were made the offers. */
export function take(offers: readonly Packet[], whom: Whom): Ask[] {
  return offers.filter((it) => messageType(it) === OFFER)
    .map(({ yiaddr, mac }) => ({ ...whom, mac, type: REQUEST, server: SERVER, requested: yiaddr }));
}

/** The address that a client gets, by DISCOVER and REQUEST, if it gets one. */
export async function obtain(it: Server, whom: Whom): Promise<string | undefined> {
  const offers = await it.exchange([{ ...whom, type: DISCOVER }]);
  const [ack] = await it.exchange(take(offers, whom));
  return ack !== undefined && messageType(ack) === ACK ? ack.yiaddr : undefined;
}

/** Clients that were there before, and what they have. */
export async function settleResidents(
  it: Server,
  where: Whom,
): Promise<ReadonlyMap<string, string>> {
  const residents = new Map<string, string>();
  for (let n = 0; n < RESIDENTS; n++) {
    it.clock.advance(1_000);
    const address = await obtain(it, { ...where, mac: mac("02:01", n) });
    assert.ok(address !== undefined);
    residents.set(mac("02:01", n), address);
  }
  return residents;
}
