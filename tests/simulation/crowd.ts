/** Clients as they come: with and without identifiers, modest and demanding. */
import type { Random } from "../support/random.ts";
import { DhcpClient, type Habits, type Surroundings } from "./dhcp_client.ts";
import type { Plan } from "./plan.ts";

const CLIENT_ID_OCTETS_MAX = 20;

/** Draws clients, switched off; no two have a MAC or a client identifier in common. */
export function drawClients(
  { clientCount, wires }: Pick<Plan, "clientCount" | "wires">,
  random: Random,
  surroundings: Surroundings,
): readonly DhcpClient[] {
  return Array.from({ length: clientCount }, (_, port) => {
    const mac = `02:00:00:00:${hexOctet(port >>> 8)}:${hexOctet(port & 255)}`;
    const clientId = random.chance(0.6) ? drawClientId(port, random) : undefined;
    const wire = random.pick(wires);
    const habits = drawHabits(random);
    return new DhcpClient(port, mac, clientId, wire, habits, surroundings, random.fork());
  });
}

/** A client identifier that nobody else has. */
export function drawClientId(port: number, random: Random): string {
  const octets = random.bytes(random.integer(1, CLIENT_ID_OCTETS_MAX));
  return [0, port >>> 8, port & 255, ...octets].map(hexOctet).join(":");
}

function drawHabits(random: Random): Habits {
  return {
    wantsBroadcast: random.chance(0.3),
    ...(random.chance(0.5) ? { hostname: `host-${random.integer(0, 9_999)}` } : {}),
    ...(random.chance(0.3) ? { leaseSeconds: random.integer(1, 5_000) } : {}),
    ...(random.chance(0.4) ? { messageSize: random.pick([300, 576, 1_000, 1_500, 65_535]) } : {}),
    ...(random.chance(0.7) ? { parameterList: drawParameterList(random) } : {}),
  };
}

function drawParameterList(random: Random): Uint8Array {
  const codes = [1, 3, 6, 12, 15, 28, 43, 51, 54, 58, 59, 67, 82, 119, 252];
  return Uint8Array.from(codes.filter(() => random.chance(0.5)));
}

function hexOctet(octet: number): string {
  return octet.toString(16).padStart(2, "0");
}
