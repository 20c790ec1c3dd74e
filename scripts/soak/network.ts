/** The network of a soak: addresses, and the config of its server as it is at each reload. */

export const SERVER = "192.168.1.1";
/** Where all clients and all strangers are: behind a relay agent, and posing as one. */
export const AGENT = "192.168.1.9";
export const INTERFACE = "lan0";

/** Number `round` of the configs that the server is given, one after the other. */
export function configOf(journal: string, round: number): string {
  const leaseTime = ["20m", "25m", "30m"][round % 3];
  const servers = ["192.168.1.1", "192.168.1.1, 9.9.9.9"][round % 2];
  const classes = round % 4 < 2
    ? ""
    : "classes: [{ name: phones, match: { vendor-class: phone } }]\n";
  return `interfaces: ${INTERFACE}
journal: ${journal}
lease-time: ${leaseTime}
renew-write-threshold: ${round % 2 === 0 ? "off" : "25%"}
options: { domain-name-servers: [${servers}] }
${classes}subnets:
  - subnet: 192.168.0.0/16
    pools: 192.168.16.0-192.168.63.255
    relays: ${AGENT}
`;
}
