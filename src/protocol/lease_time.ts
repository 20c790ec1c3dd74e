/** How long a lease is, and when its client is to ask again (RFC 2131 §4.3.1, §4.4.5). */
import type { LeaseTime } from "../config/config.ts";
import type { MessageView } from "../wire/message_view.ts";
import { mixBits } from "../wire/mix_bits.ts";
import { Option } from "../wire/option_codes.ts";
import { INFINITE_SECONDS } from "../wire/option_values.ts";

/** What the options 51, 58 and 59 say, in seconds as on the wire. */
export interface GrantedTime {
  /** For the lease table: seconds, `Infinity` for a lease without end. */
  readonly leaseSeconds: number;
  readonly wireLeaseSeconds: number;
  readonly renewalSeconds: number;
  readonly rebindingSeconds: number;
}

/**
 * Grants a lease time. `requestedSeconds` is option 51 as the client sent it; it is honoured
 * within the bounds of the config. T1 is half and T2 seven eighths of the lease (RFC 2131
 * §4.4.5) unless configured, and T1 < T2 < lease for every lease that the config allows.
 *
 * `seed`, a number that is another one for each exchange, is the chance in the timers: they
 * "SHOULD be chosen with some random fuzz around a fixed value" (§4.4.5), so that clients that were
 * switched on together do not ask together ever after. Both come earlier by the same part. There is
 * none in 0.
 */
export function grantTime(
  leaseTime: LeaseTime,
  requestedSeconds: number | undefined,
  seed = 0,
): GrantedTime {
  const { defaultSeconds, minSeconds, maxSeconds, timers } = leaseTime;
  const leaseSeconds = requestedSeconds === undefined
    ? defaultSeconds
    : Math.min(Math.max(requestedSeconds, minSeconds), maxSeconds);
  const wireLeaseSeconds = leaseSeconds === Infinity ? INFINITE_SECONDS : leaseSeconds;
  if (timers === undefined) {
    return {
      leaseSeconds,
      wireLeaseSeconds,
      renewalSeconds: Math.floor(wireLeaseSeconds / 2),
      rebindingSeconds: Math.floor(wireLeaseSeconds * 7 / 8),
    };
  }
  const seconds = wireLeaseSeconds * (1 - timers.spread * chanceOf(seed));
  const rebindingSeconds = Math.max(Math.floor(seconds * timers.rebinding), 2);
  const renewalSeconds = Math.floor(seconds * timers.renewal);
  return {
    leaseSeconds,
    wireLeaseSeconds,
    renewalSeconds: Math.max(Math.min(renewalSeconds, rebindingSeconds - 1), 1),
    rebindingSeconds,
  };
}

/** A number from 0 to 1 that looks like chance. */
function chanceOf(seed: number): number {
  return mixBits(seed) / 0x1_0000_0000;
}

/** The lease time with everything in it cut to at most `secondsMax`. */
export function cutTo(secondsMax: number, leaseTime: LeaseTime): LeaseTime {
  const { defaultSeconds, minSeconds, maxSeconds } = leaseTime;
  return {
    ...leaseTime,
    defaultSeconds: Math.min(defaultSeconds, secondsMax),
    minSeconds: Math.min(minSeconds, secondsMax),
    maxSeconds: Math.min(maxSeconds, secondsMax),
  };
}

/** Option 51 as the client sent it; a malformed one is no wish. `Infinity` asks for no end. */
export function requestedLeaseSeconds(view: MessageView): number | undefined {
  const seconds = view.number(Option.LEASE_TIME, 4);
  return seconds === INFINITE_SECONDS ? Infinity : seconds;
}
