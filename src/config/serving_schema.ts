/** How a network is served, for the whole file, a shared network or a subnet. */
import type * as z from "zod";
import { type Ipv4, isUnicast, parseIpv4 } from "../wire/ipv4.ts";
import type { Subnet } from "./config.ts";
import { booleanSchema, Refusal, textSchema } from "./schema_parts.ts";
import { durationSchema } from "./value_schemas.ts";

/** An offer is held while its client makes up its mind, and the address is nobody's meanwhile. */
const OFFER_SECONDS_MIN = 1;
const OFFER_SECONDS_MAX = 3600;
const QUARANTINE_SECONDS_MIN = 1;

export const offerTimeSchema = durationSchema({ min: OFFER_SECONDS_MIN, max: OFFER_SECONDS_MAX });
export const quarantineTimeSchema = durationSchema({ min: QUARANTINE_SECONDS_MIN, max: Infinity });

/** Clients renew by unicast to it. */
export const serverIdentifierSchema = textSchema<Ipv4>({
  expected: "an IPv4 address of this server like 192.168.1.1",
  read(text) {
    const address = parseIpv4(text);
    return address === undefined || isUnicast(address)
      ? address
      : new Refusal(`${text} is no address that a client could write to`);
  },
});

/** What a shared network and a subnet may say in place of the whole file. */
export const servingShape = {
  "authoritative": booleanSchema().optional().meta({
    description: "As further out, in place of that.",
  }),
  "offer-time": offerTimeSchema.optional().meta({
    description: "As further out, in place of that.",
  }),
  "quarantine-time": quarantineTimeSchema.optional().meta({
    description: "As further out, in place of that.",
  }),
  "server-identifier": serverIdentifierSchema.optional().meta({
    description: "As further out, in place of that.",
  }),
};

/** What a place says of it. */
type ParsedServing = {
  readonly [Key in keyof typeof servingShape]?: z.output<(typeof servingShape)[Key]>;
};

/** How a subnet is served: each by what is nearest. What the file says by default is left out. */
export function buildServing(
  subnet: ParsedServing,
  network: ParsedServing | undefined,
  file: Pick<ParsedServing, "server-identifier">,
): Pick<Subnet, "authoritative" | "offerSeconds" | "quarantineSeconds" | "serverIdentifier"> {
  const nearest = <Key extends keyof ParsedServing>(key: Key) => subnet[key] ?? network?.[key];
  const authoritative = nearest("authoritative");
  const offerSeconds = nearest("offer-time");
  const quarantineSeconds = nearest("quarantine-time");
  const serverIdentifier = nearest("server-identifier") ?? file["server-identifier"];
  return {
    ...(authoritative !== undefined && { authoritative }),
    ...(offerSeconds !== undefined && { offerSeconds }),
    ...(quarantineSeconds !== undefined && { quarantineSeconds }),
    ...(serverIdentifier !== undefined && { serverIdentifier }),
  };
}
