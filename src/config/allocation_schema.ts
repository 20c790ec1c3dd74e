/** How clients are told apart, and how they come by addresses. */
import { z } from "zod";
import type { Identity } from "./config.ts";
import { didYouMean, explain, mismatch, nearest, pack } from "./explanation.ts";

const IDENTITIES: readonly Identity[] = ["client-id", "mac"];

/** What tells clients apart. */
export const identitySchema = wordSchema(IDENTITIES);

/** One of a few words. */
function wordSchema<Word extends string>(words: readonly Word[]) {
  return z.literal(words, {
    error: ({ input }) => {
      const { message } = mismatch(words.join(" or "), input);
      const meant = typeof input === "string" ? nearest(input, words) : undefined;
      return pack(explain(message, meant && didYouMean(meant)));
    },
  });
}
