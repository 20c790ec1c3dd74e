/**
 * Renewals that write nothing: those that `renew-write-threshold` of the config has come too early,
 * and those that come too often (server/rate_limiter.ts).
 */
import { isActive, type Lease } from "../leases/lease.ts";
import { formatHex } from "../wire/hex.ts";
import type { EngineState } from "./respond.ts";

/** Shorter than this, a lease has no room for T1 and T2: see LEASE_SECONDS_MIN of the config. */
const UNWRITTEN_SECONDS_MIN = 4;

/**
 * So long after a lease was written, news of its client makes a renewal worth a write. A client may
 * call itself something else each time, or be heard at another port: that alone must not write.
 */
export const NEWS_WAITS_MS = 60_000;

/**
 * The lease that is to be renewed, as it was written, where `renew-write-threshold` has the client
 * make do with what is left of it: then nothing changes that a disk would have to know. It renews
 * again at half of that time, so it never has less than the threshold leaves it. Kea calls this
 * lease caching (`cache-threshold`).
 *
 * Not of a lease that came out of the store: where the wall clock was behind at that start, it has
 * been given time that the next start need not find.
 */
export function leaseOnDisk(
  change: Lease,
  { config, leases, nowMs, startedAtMs, sparesDisk }: EngineState,
): Lease | undefined {
  const share = config.renewWriteThreshold;
  if (share === 0 && sparesDisk !== true) return undefined;
  const { address, client } = change;
  if (!leases.isBindingOf(client, address)) return undefined;
  const lease = leases.get(address);
  if (lease === undefined || !isActive(lease, nowMs)) return undefined;
  const { updatedAtMs, expiresAtMs } = lease;
  if (updatedAtMs <= startedAtMs) return undefined;
  if (expiresAtMs === Infinity) return sparesDisk === true ? lease : undefined;
  if (expiresAtMs - nowMs < UNWRITTEN_SECONDS_MIN * 1000) return undefined;
  if (sparesDisk === true) return lease;
  const ageMs = nowMs - updatedAtMs;
  const isEarly = ageMs < share * (expiresAtMs - updatedAtMs);
  return isEarly && !isWorthWriting(lease, change, ageMs) ? lease : undefined;
}

/** Whether a change says of its client what the lease, which is so old, does not. */
function isWorthWriting(lease: Lease, change: Lease, ageMs: number): boolean {
  // Another machine has the address: that is no news of its holder, and a restart has to know it.
  if (lease.client.hardwareAddress !== change.client.hardwareAddress) return true;
  // What was unknown is written at once: a machine that starts has no name before its system runs.
  const isFirst = (lease.hostname === undefined && change.hostname !== undefined) ||
    (lease.name === undefined && change.name !== undefined) ||
    (lease.classes === undefined && change.classes !== undefined) ||
    (lease.relayInformation === undefined && change.relayInformation !== undefined);
  return isFirst || (ageMs >= NEWS_WAITS_MS && isNews(lease, change));
}

function isNews(lease: Lease, change: Lease): boolean {
  return lease.hostname !== change.hostname || lease.name !== change.name ||
    lease.isReverseOnly !== change.isReverseOnly ||
    lease.client.clientId !== change.client.clientId ||
    lease.classes?.join() !== change.classes?.join() ||
    hexOf(lease.relayInformation) !== hexOf(change.relayInformation);
}

function hexOf(octets: Uint8Array | undefined): string | undefined {
  return octets && formatHex(octets);
}
