/** What the config has for a client. */
import type { Reservation, Subnet } from "../config/config.ts";

/** Whose options count, the nearest first. */
export interface OptionScopes {
  readonly reservation?: Reservation | undefined;
  readonly subnet?: Subnet | undefined;
}

/** The value of an option for a client: of its reservation, else of its subnet. */
export function configuredOption(
  { reservation, subnet }: OptionScopes,
  code: number,
): Uint8Array | undefined {
  return reservation?.options.get(code) ?? subnet?.options.get(code);
}
