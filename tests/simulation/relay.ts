/** A relay agent (RFC 1542 §4.1, RFC 3046 §2.1), stateless: it marks who asked in option 82. */
import { buildPacket, option, parsePacket } from "../support/dhcp_packets.ts";
import type { Random } from "../support/random.ts";

const RELAY_AGENT_INFORMATION = 82;
const CIRCUIT_ID = 1;
const REMOTE_ID = 2;
/** As relay agents name themselves, and now and then much more. */
const REMOTE_ID_OCTETS_USUAL = 40;
const REMOTE_ID_OCTETS_MAX = 200;

/** What a client sent, as the agent at `relayAddress` sends it on. `port`: where it came in. */
export function relayRequest(
  bytes: Uint8Array,
  relayAddress: string,
  port: number,
  random: Random,
): Uint8Array {
  const packet = parsePacket(bytes);
  const octetsMax = random.chance(0.05) ? REMOTE_ID_OCTETS_MAX : REMOTE_ID_OCTETS_USUAL;
  const remoteId = random.bytes(random.integer(0, octetsMax));
  const information = [CIRCUIT_ID, 2, port >>> 8, port & 255, REMOTE_ID, remoteId.length];
  return buildPacket({
    ...packet,
    hops: packet.hops + 1,
    giaddr: relayAddress,
    options: [...packet.options, [
      RELAY_AGENT_INFORMATION,
      Uint8Array.of(...information, ...remoteId),
    ]],
  });
}

/** A reply that the agent takes apart: the port it goes out of, and what the client gets. */
export interface RelayedReply {
  readonly port: number;
  readonly bytes: Uint8Array;
}

/** `undefined` for a reply without the agent's own option 82: it knows no port for it. */
export function relayReply(bytes: Uint8Array, relayAddress: string): RelayedReply | undefined {
  const packet = parsePacket(bytes);
  const information = option(packet, RELAY_AGENT_INFORMATION);
  if (packet.giaddr !== relayAddress || information?.[0] !== CIRCUIT_ID) return undefined;
  const options = packet.options.filter(([code]) => code !== RELAY_AGENT_INFORMATION);
  const relayed = buildPacket({ ...packet, options });
  // `sname` and `file` go on as they are: there may be options in them (option 52).
  relayed.set(bytes.subarray(44, 236), 44);
  return { port: information[2]! * 256 + information[3]!, bytes: relayed };
}
