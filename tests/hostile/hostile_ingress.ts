/** Where hostile requests come in: an interface on 192.168.1.0/24, heard by broadcast unless told. */
import type { Ingress } from "../../src/protocol/endpoints.ts";
import { networkOf } from "../../src/wire/ipv4.ts";
import { ip } from "../support/leases_fixture.ts";

export const HOSTILE_SERVER = "192.168.1.1";

export function makeIngress(
  { interfaceName = "eth0", source = "0.0.0.0", destination = "255.255.255.255" } = {},
): Ingress {
  const address = ip(HOSTILE_SERVER);
  return {
    interfaceName,
    interfaceIndex: 2,
    addresses: [{ address, cidr: networkOf(address, 24) }],
    source: ip(source),
    sourcePort: 68,
    serverPort: 67,
    destination: ip(destination),
  };
}
