/**
 * Renewals that write nothing: those that `renew-write-threshold` of the config has come too early,
 * and those that come too often (server/rate_limiter.ts).
 */
import { type Client, isActive, type Lease } from "../leases/lease.ts";
import { formatHex } from "../wire/hex.ts";
import type { Ipv4 } from "../wire/ipv4.ts";
import type { EngineState } from "./respond.ts";

/** Shorter than this, a lease has no room for T1 and T2: see LEASE_SECONDS_MIN of the config. */
const UNWRITTEN_SECONDS_MIN = 4;

/**
 * Seconds that are left of the lease that is to be renewed, as it was written, where
 * `renew-write-threshold` has the client make do with them: then nothing changes that a disk would
 * have to know. It renews again at half of that time, so it never has less than the threshold
 * leaves it. Kea calls this lease caching (`cache-threshold`).
 *
 * Not of a lease that came out of the store: where the wall clock was behind at that start, it has
 * been given time that the next start need not find.
 */
export function secondsOnDisk(
  { address, client, hostname, relayInformation, name, isReverseOnly, classes }: Lease,
  { config, leases, nowMs, startedAtMs, sparesDisk }: EngineState,
): number | undefined {
  if (sparesDisk === true) return secondsLeft(address, client, { leases, nowMs, startedAtMs });
  const share = config.renewWriteThreshold;
  if (share === 0) return undefined;
  const lease = leases.get(address);
  if (lease === undefined || lease.client.key !== client.key || !isActive(lease, nowMs)) {
    return undefined;
  }
  const { updatedAtMs, expiresAtMs } = lease;
  const isSame = lease.hostname === hostname && lease.name === name &&
    lease.isReverseOnly === isReverseOnly &&
    lease.client.hardwareAddress === client.hardwareAddress &&
    lease.classes?.join() === classes?.join() &&
    hexOf(lease.relayInformation) === hexOf(relayInformation);
  const isEarly = nowMs - updatedAtMs < share * (expiresAtMs - updatedAtMs);
  const leftSeconds = Math.floor((expiresAtMs - nowMs) / 1000);
  const isEnough = leftSeconds >= UNWRITTEN_SECONDS_MIN && expiresAtMs !== Infinity;
  return updatedAtMs > startedAtMs && isSame && isEarly && isEnough ? leftSeconds : undefined;
}

/**
 * The same of a lease that was written a moment ago, whatever its client calls itself by now: the
 * next renewal that is written tells it.
 */
function secondsLeft(
  address: Ipv4,
  client: Client,
  { leases, nowMs, startedAtMs }: Pick<EngineState, "leases" | "nowMs" | "startedAtMs">,
): number | undefined {
  const leftSeconds = Math.floor((leases.heldUntilMs(client, address, nowMs) - nowMs) / 1000);
  if (leftSeconds < UNWRITTEN_SECONDS_MIN) return undefined;
  return leases.get(address)!.updatedAtMs > startedAtMs ? leftSeconds : undefined;
}

function hexOf(octets: Uint8Array | undefined): string | undefined {
  return octets && formatHex(octets);
}
