/** What the engine and the registrar read of `names`. */
import { isAbsolute, join } from "node:path";
import { qualifyName, RESERVED_LABELS } from "../wire/host_label.ts";
import type { NamePolicy, NameServices, ReservedName } from "./config.ts";
import type { ParsedNames, ParsedSubnetNames } from "./names_schema.ts";
import type { ParsedConfig } from "./schema.ts";
import type { ParsedSubnet } from "./subnet_schema.ts";

/** Where names are put; `undefined` where they are put nowhere. Paths start at `directory`. */
export function buildNameServices(
  { names, subnets }: ParsedConfig,
  directory: string,
): NameServices | undefined {
  if (names === undefined) return undefined;
  const path = (text: string) => isAbsolute(text) ? text : join(directory, text);
  const { "hosts-file": hostsFile, "dns-update": update } = names;
  if (hostsFile === undefined && update === undefined) return undefined;
  const key = update?.key;
  return Object.freeze({
    ...(hostsFile !== undefined && {
      hostsFile: {
        path: path(hostsFile),
        intervalSeconds: names["hosts-file-interval"],
        names: names["hosts-file-names"],
        domain: names.domain,
      },
    }),
    ...(update !== undefined && {
      dnsUpdate: {
        server: update.server,
        zones: update.zones,
        ttlSeconds: update.ttl,
        ...(key !== undefined && {
          key: {
            name: key.name,
            ...(key.secret !== undefined && { secret: key.secret }),
            ...(key["secret-file"] !== undefined && { secretFile: path(key["secret-file"]) }),
          },
        }),
      },
    }),
    reserved: Object.freeze(subnets.flatMap((subnet) => reservedNamesOf(subnet, names))),
  });
}

/** The domain of a subnet's names; `undefined` where its clients have none. */
export function domainOf(
  names: ParsedNames | undefined,
  own: ParsedSubnetNames | undefined,
): string | undefined {
  if (names === undefined || own === "off") return undefined;
  return own?.domain ?? names.domain;
}

/** What each subnet's clients are called, in the order of the file. */
export function buildNamePolicies(
  { names, subnets }: ParsedConfig,
): readonly (NamePolicy | undefined)[] {
  if (names === undefined) return subnets.map(() => undefined);
  const isRegistered = names["hosts-file"] !== undefined || names["dns-update"] !== undefined;
  const withheldLabels = new Set([...RESERVED_LABELS, ...names.reserved]);
  const reservedNames = new Set(subnets.flatMap((subnet) => namesOfReservations(subnet, names)));
  return subnets.map((subnet) => {
    const own = subnet.names;
    const domain = domainOf(names, own);
    if (domain === undefined || own === "off") return undefined;
    return Object.freeze({
      domain,
      fromClient: own?.["from-client"] ?? names["from-client"],
      overrideClientUpdate: names["override-client-update"],
      overrideNoUpdate: names["override-no-update"],
      isRegistered,
      withheldLabels,
      reservedNames,
    });
  });
}

/** Those that have an address to stand for. */
function reservedNamesOf(
  { names: own, reservations }: ParsedSubnet,
  names: ParsedNames,
): ReservedName[] {
  const domain = domainOf(names, own);
  if (domain === undefined) return [];
  return reservations.flatMap(({ hostname, address, mac, "client-id": clientId }) =>
    hostname === undefined || address === undefined ? [] : [{
      address,
      name: qualifyName(hostname, domain),
      ...(mac !== undefined && { mac: mac[0]! }),
      ...(clientId !== undefined && { clientId: clientId[0]! }),
    }]
  );
}

function namesOfReservations({ names: own, reservations }: ParsedSubnet, names: ParsedNames) {
  const domain = domainOf(names, own);
  if (domain === undefined) return [];
  return reservations.flatMap(({ hostname }) =>
    hostname === undefined ? [] : [qualifyName(hostname, domain)]
  );
}
