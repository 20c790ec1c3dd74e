/** The reservations of a subnet, the way the engine looks them up. */
import type { Ipv4 } from "../wire/ipv4.ts";
import { Option } from "../wire/option_codes.ts";
import { encodeOptionValue } from "../wire/option_values.ts";
import type { ClientClasses } from "./client_class.ts";
import type { OptionSet, RelayPort, Reservation, Reservations } from "./config.ts";
import type { ParsedReservation } from "./reservation_schema.ts";
import { mergeOptions, settingsOf } from "./scopes.ts";

/** The reservations as the file has them. */
export function buildReservations(
  parsed: readonly ParsedReservation[],
  classes: ClientClasses | undefined,
): Reservations {
  const indexes = new Map(classes?.all.map(({ name }, i) => [name, i]));
  const all = parsed.map((it) => buildReservation(it, indexes));
  const byAddress = new Map<Ipv4, Reservation>();
  for (const reservation of all) {
    if (reservation.address !== undefined) byAddress.set(reservation.address, reservation);
  }
  return Object.freeze({ all: Object.freeze(all), byAddress });
}

function buildReservation(
  parsed: ParsedReservation,
  classIndexes: ReadonlyMap<string, number>,
): Reservation {
  const { mac: macs, "client-id": clientId, "vendor-id": vendorId } = parsed;
  const { address, hostname, comment } = parsed;
  const port = portOf(parsed);
  const settings = settingsOf(parsed);
  return Object.freeze({
    ...(macs !== undefined && { macs: Object.freeze(macs) }),
    ...(clientId !== undefined && { clientId: clientId[0]! }),
    ...(clientId?.[1] !== undefined && { typedClientId: clientId[1] }),
    ...(port !== undefined && { port }),
    ...(vendorId !== undefined && { vendorId: Object.freeze(vendorId) }),
    ...(parsed["client-hostname"] !== undefined && { clientHostname: parsed["client-hostname"] }),
    ...(address !== undefined && { address }),
    ...(hostname !== undefined && { hostname }),
    ...(comment !== undefined && { comment }),
    ...(parsed.classes !== undefined && {
      classes: Object.freeze(parsed.classes.map((name) => classIndexes.get(name)!)),
    }),
    ...settings,
    options: hostname === undefined
      ? settings.options
      : mergeOptions(hostnameOption(hostname), settings.options),
  });
}

function portOf(parsed: ParsedReservation): RelayPort | undefined {
  const { "circuit-id": circuitId, "remote-id": remoteId } = parsed;
  if (circuitId === undefined && remoteId === undefined) return undefined;
  return Object.freeze({
    ...(circuitId !== undefined && { circuitId }),
    ...(remoteId !== undefined && { remoteId }),
  });
}

function hostnameOption(hostname: string): OptionSet {
  return new Map([[Option.HOST_NAME, encodeOptionValue("text", hostname)]]);
}
