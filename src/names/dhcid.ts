/**
 * DHCID (RFC 4701): who put a name into DNS, as a digest. DHCP servers that share a zone tell by it
 * whose a name is, and leave alone what somebody else or a person has put there.
 */
import { createHash } from "node:crypto";
import type { Client } from "../leases/lease.ts";
import { parseHex } from "../wire/hex.ts";
import { encodeName } from "./dns_update_message.ts";

/** RFC 4701 §3.3: what the identifier is made of. */
const HARDWARE_ADDRESS = 0;
const CLIENT_IDENTIFIER = 1;
const DUID = 2;

/** RFC 4701 §3.4. */
const DIGEST_SHA256 = 1;

/** RFC 4361 §6.1: option 61 of this type has an IAID of four octets and then a DUID. */
const CLIENT_ID_WITH_DUID = 255;
const BEFORE_DUID_OCTETS = 5;

/** The RDATA of a client's record under a name, which is in lower case (RFC 4701 §3.5). */
export function dhcidOf(client: Client, name: string): Uint8Array {
  const { code, identifier } = identify(client);
  const digest = createHash("sha256").update(identifier).update(encodeName(name)).digest();
  return Uint8Array.of(code >>> 8, code & 255, DIGEST_SHA256, ...digest);
}

function identify({ hardwareType, hardwareAddress, clientId }: Client) {
  if (clientId === undefined) {
    const octets = parseHex(hardwareAddress) ?? new Uint8Array(0);
    return { code: HARDWARE_ADDRESS, identifier: Uint8Array.of(hardwareType, ...octets) };
  }
  const octets = parseHex(clientId) ?? new Uint8Array(0);
  if (octets[0] === CLIENT_ID_WITH_DUID && octets.length > BEFORE_DUID_OCTETS) {
    return { code: DUID, identifier: octets.subarray(BEFORE_DUID_OCTETS) };
  }
  return { code: CLIENT_IDENTIFIER, identifier: octets };
}
