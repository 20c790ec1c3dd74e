/** Who waits for an address that is reserved for it, and who has it until when. */
import type { Lease } from "../leases/lease.ts";
import { reservationAt } from "../leases/subnets.ts";
import type { WaitEvent } from "../server/events.ts";
import type { StatusSource } from "../server/status.ts";
import { formatIpv4 } from "../wire/ipv4.ts";
import { type Instant, leaseRow, type LeaseView, viewLease } from "./lease_view.ts";
import { formatTable } from "./text_table.ts";

/** One client that waits, in JSON. */
export interface WaitView {
  readonly address: string;
  /** Who waits. */
  readonly mac: string;
  readonly "client-id"?: string;
  /** Who has the address, as it now stands; absent while it is offered to somebody. */
  readonly holder?: LeaseView;
}

/** Those that still wait, the last first. */
export function listWaits(source: StatusSource, now: Instant): readonly WaitView[] {
  return waitsOf(source, now).map(([{ address, client }, holder]) => ({
    address: formatIpv4(address),
    mac: client.hardwareAddress,
    ...(client.clientId === undefined ? {} : { "client-id": client.clientId }),
    ...(holder && { holder: viewLease(holder, now, source.config().subnets) }),
  }));
}

/** The same as a table for a terminal; nothing where nobody waits. */
export function formatWaits(source: StatusSource, now: Instant): readonly string[] {
  const rows = waitsOf(source, now).map(([{ address, client }, holder]) => {
    const waiting = client.hardwareAddress === "" ? client.key : client.hardwareAddress;
    const held = holder === undefined ? ["-", "offered", "-"] : leaseRow(holder, now).slice(1, 4);
    return [formatIpv4(address), waiting, ...held];
  });
  if (rows.length === 0) return [];
  return [formatTable([["reserved", "waits", "held by", "state", "expires"], ...rows])];
}

function waitsOf({ metrics, leases, config }: StatusSource, now: Instant) {
  const { subnets } = config();
  return [...metrics.lastWaits.values()].toReversed()
    .filter(({ address }) => reservationAt(subnets, address) !== undefined)
    .filter(({ address, client }) => !leases.isAvailable(address, client, now.monotonicMs))
    .map((wait): [WaitEvent, Lease | undefined] => [wait, leases.get(wait.address)]);
}
