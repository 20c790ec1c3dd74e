/** Chance for the engine, which has none of its own. */
import type { Request } from "./request.ts";
import type { EngineState } from "./respond.ts";

/** u32 that a random choice for the request is made of: nobody can foretell it. */
export function chanceOf({ view }: Request, { seed = 0 }: EngineState): number {
  return seed ^ view.xid;
}
