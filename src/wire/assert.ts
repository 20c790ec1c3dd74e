/**
 * For programmer errors on the way of a packet. `node:assert` gathers its arguments into arrays on
 * every call, also of one that holds: some twenty of them were a tenth of all that a packet left
 * to the garbage collector.
 */
import { AssertionError } from "node:assert";

/** Stops the program when what must hold does not. */
export function assert(holds: boolean, message: string): asserts holds {
  if (!holds) throw new AssertionError({ message });
}
