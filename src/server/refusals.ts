/** Why the loop does not do what the engine decided: silence, each with its rule. */
import { ignore } from "../protocol/decision.ts";

/** There is more to do than can be done. */
export const OVERLOADED = ignore("overloaded");
/** Somebody asks for too much. */
export const RATE_LIMITED = ignore("rate-limited");
/** Too many addresses in a row were somebody else's. */
export const CONFLICTS = ignore("conflict");
/** There is no memory for one more record. */
export const NO_ROOM = ignore("no-room");
