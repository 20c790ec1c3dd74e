/** Which scopes of the config a client is in, and what they say. */
import type { ClientClass } from "../config/client_class.ts";
import type {
  LeaseTime,
  PlaceSettings,
  Reservation,
  ScopeSettings,
  Subnet,
} from "../config/config.ts";
import { settingsAt } from "../leases/subnets.ts";
import type { Ipv4 } from "../wire/ipv4.ts";

/**
 * The scopes of a client at an address, the nearest first: its reservation, its classes in the
 * order of the file, its place, which leaves nothing open.
 */
export function scopesOf(
  subnet: Subnet,
  address: Ipv4,
  reservation: Reservation | undefined,
  classes: readonly ClientClass[],
): readonly ScopeSettings[] {
  return scopesAround(settingsAt(subnet, address), reservation, classes);
}

/** The same for a client of which only the subnet is known: no pool has a say. */
export function scopesAround(
  place: PlaceSettings,
  reservation: Reservation | undefined,
  classes: readonly ClientClass[],
): readonly ScopeSettings[] {
  if (classes.length === 0) return reservation === undefined ? [place] : [reservation, place];
  return reservation === undefined ? [...classes, place] : [reservation, ...classes, place];
}

/** The lease time of the nearest scope that has one. */
export function leaseTimeOf(scopes: readonly ScopeSettings[], subnet: Subnet): LeaseTime {
  for (let i = 0; i < scopes.length; i++) {
    const { leaseTime } = scopes[i]!;
    if (leaseTime !== undefined) return leaseTime;
  }
  return subnet.leaseTime;
}

/** Leases at a port at once, of the nearest scope that says something of it. */
export function portLimitOf(scopes: readonly ScopeSettings[]): number | undefined {
  return scopes.find(({ portLimit }) => portLimit !== undefined)?.portLimit;
}

/** Whether a client is to be sent broadcasts though it did not ask for them. */
export function isBroadcastTo(scopes: readonly ScopeSettings[]): boolean {
  for (let i = 0; i < scopes.length; i++) {
    const { alwaysBroadcast } = scopes[i]!;
    if (alwaysBroadcast !== undefined) return alwaysBroadcast;
  }
  return false;
}

/** How long an OFFER waits, by the nearest scope that says something of it. */
export function offerDelayMsOf(scopes: readonly ScopeSettings[]): number {
  for (let i = 0; i < scopes.length; i++) {
    const { offerDelayMs } = scopes[i]!;
    if (offerDelayMs !== undefined) return offerDelayMs;
  }
  return 0;
}

/** What `secs` of a DISCOVER has to be, by the nearest scope that says something of it. */
export function minSecsOf(scopes: readonly ScopeSettings[]): number {
  for (let i = 0; i < scopes.length; i++) {
    const { minSecs } = scopes[i]!;
    if (minSecs !== undefined) return minSecs;
  }
  return 0;
}

/** The value of the nearest scope that says something of the option; `null` takes it away. */
export function configuredOption(
  scopes: readonly ScopeSettings[],
  code: number,
): Uint8Array | null | undefined {
  for (let i = 0; i < scopes.length; i++) {
    const value = scopes[i]!.options.get(code);
    if (value !== undefined) return value;
  }
  return undefined;
}
