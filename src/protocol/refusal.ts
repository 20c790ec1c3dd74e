/** Why a client may not have the address that it names, and the NAK that says so. */
import { type Claim, mayHold } from "../leases/allocate.ts";
import type { Ipv4 } from "../wire/ipv4.ts";
import type { ReplySlab } from "../wire/message_writer.ts";
import { isForOthers } from "./class_policy.ts";
import { type Decision, ignore } from "./decision.ts";
import { limitReached, type ReachedLimit } from "./limits.ts";
import { encodeNak } from "./reply.ts";
import type { Continuing, Selecting } from "./request.ts";
import type { EngineState } from "./respond.ts";
import { isOffLink } from "./subnet_selection.ts";

/** A rule, or the limit that would be exceeded. */
export type Refusal =
  | "wrong-network"
  | "address-not-available"
  | "not-the-clients-address"
  | "not-for-its-classes"
  | ReachedLimit;

/** Why the client may not have the address that it names; `undefined` if it may. */
export function refusalOf(
  claim: Claim,
  request: Selecting | Continuing,
  state: EngineState,
): Refusal | undefined {
  const { address } = request;
  if (isForOthers(claim, request, state)) return "not-for-its-classes";
  if (!mayHave(claim, address, state)) return "address-not-available";
  return limitReached(claim, address, request, state);
}

/** Whether the client may have the address: also one that it holds is ours if we took it since. */
function mayHave(claim: Claim, address: Ipv4, state: EngineState): boolean {
  return !state.machineAddresses.has(address) &&
    mayHold(claim, address, state.leases, state.nowMs);
}

/** A NAK, with the reason for people in option 56. */
export function nak(
  refusal: Refusal,
  request: Selecting | Continuing,
  state: EngineState,
  slab: ReplySlab,
): Decision {
  // It would be broadcast here, where its client is not.
  if (isOffLink(state.config, request)) return ignore("off-link");
  const [rule, limit] = typeof refusal === "string"
    ? [refusal, undefined]
    : ["limit-reached" as const, refusal.limit];
  const message = limit === undefined ? rule : `${rule}: ${limit}`;
  return {
    kind: "reply",
    rule,
    reply: encodeNak(request, message, state, slab),
    address: request.address,
    ...(limit !== undefined && { limit }),
  };
}
