/**
 * Time, as two clocks that must not be mixed. Everything inside counts on `monotonicMs`; wall time
 * exists only in the journal and on the screen, so a clock that steps can never expire leases.
 */
export interface Clock {
  /** Milliseconds since some fixed instant, never stepping, counting through suspend. */
  monotonicMs(): number;
  /** Milliseconds since 1970-01-01T00:00:00Z as the machine believes now. */
  wallMs(): number;
}
