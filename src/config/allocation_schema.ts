/** How clients are told apart, and how they come by addresses. */
import * as z from "zod";
import type { Allocation, Identity } from "./config.ts";
import { didYouMean, explain, mismatch, nearest, pack } from "./explanation.ts";

const IDENTITIES: readonly Identity[] = ["client-id", "mac"];

const ALLOCATIONS: readonly Allocation[] = ["hash", "sequential", "random"];

/** What tells clients apart. */
export const identitySchema = wordSchema(IDENTITIES);

/** Which address a client gets that has no claim to a certain one. */
export const allocationSchema = wordSchema(ALLOCATIONS);

/** One of a few words. */
function wordSchema<Word extends string>(words: readonly Word[]) {
  return z.literal(words, {
    error: ({ input }) => {
      const last = words.at(-1);
      const { message } = mismatch(`${words.slice(0, -1).join(", ")} or ${last}`, input);
      const meant = typeof input === "string" ? nearest(input, words) : undefined;
      return pack(explain(message, meant && didYouMean(meant)));
    },
  });
}
