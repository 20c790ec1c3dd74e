/** The schema of `status`: where the endpoint listens, and whom it answers. */
import { isIPv6 } from "node:net";
import * as z from "zod";
import { parseIpv4 } from "../wire/ipv4.ts";
import type { StatusAddress, StatusEndpoint } from "./config.ts";
import { explain, mismatch, pack } from "./explanation.ts";
import { mapSchema, oneOrManySchema, putInQuotes, Refusal, textSchema } from "./schema_parts.ts";
import { ADDRESS_PATTERN, hostnameSchema } from "./value_schemas.ts";

const LISTEN_DEFAULT = "127.0.0.1:8067";
const PORT_MAX = 65_535;

/** `address:port`, where an IPv6 address stands in brackets. */
const listenSchema = textSchema<StatusAddress>({
  expected: "an address and port like 127.0.0.1:8067 or [::1]:8067",
  read(text) {
    const colon = text.lastIndexOf(":");
    const portText = text.slice(colon + 1);
    const port = Number(portText);
    const host = text.slice(0, Math.max(colon, 0));
    const hostname = host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
    const isHost = hostname === host
      ? host === "localhost" || parseIpv4(host) !== undefined
      : isIPv6(hostname);
    if (!isHost || !/^\d{1,5}$/.test(portText) || port < 1 || port > PORT_MAX) return undefined;
    return { hostname, port };
  },
  pattern: String.raw`^(${ADDRESS_PATTERN}|localhost|\[[0-9A-Fa-f:.]+\]):\d{1,5}$`,
  examples: [LISTEN_DEFAULT, "[::1]:8067"],
});

/** Shorter ones can be guessed; longer ones do not fit into a request's head. */
const TOKEN_LENGTH_MIN = 16;
const TOKEN_LENGTH_MAX = 256;

/** RFC 6750 §2.1: what may stand behind `Authorization: Bearer`. */
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

const HOW_TO_MAKE_ONE = "`openssl rand -hex 16` makes one";

/** A secret that requests bring. What stands in its place is never shown: it may be one nearly. */
const tokenSchema = textSchema<string>({
  expected: "a token",
  read(text) {
    const { length } = text;
    if (length >= TOKEN_LENGTH_MIN && length <= TOKEN_LENGTH_MAX && TOKEN.test(text)) return text;
    return new Refusal(
      `a token is ${TOKEN_LENGTH_MIN} to ${TOKEN_LENGTH_MAX} letters and digits`,
      HOW_TO_MAKE_ONE,
    );
  },
  hintFor: putInQuotes,
  pattern: `^[A-Za-z0-9._~+/=-]{${TOKEN_LENGTH_MIN},${TOKEN_LENGTH_MAX}}$`,
});

/** Whether only programs on this machine can reach the address: 127.0.0.0/8, `::1`. */
function isLoopback({ hostname }: StatusAddress): boolean {
  return hostname === "localhost" || hostname === "::1" || hostname.startsWith("127.");
}

const endpointSchema = mapSchema(`{ listen: "${LISTEN_DEFAULT}" } or off`, {
  listen: listenSchema.prefault(LISTEN_DEFAULT).meta({ description: "Address and port." }),
  token: tokenSchema.optional().meta({
    description: "What requests must bring, as `Authorization: Bearer TOKEN`. Needed where " +
      "`listen` is an address that other machines can reach.",
  }),
  names: oneOrManySchema("a name like router.home.arpa", hostnameSchema).prefault([]).meta({
    description: "Names that the page may be asked for by, besides addresses and localhost.",
  }),
}).transform(({ listen, token, names }, context): StatusEndpoint => {
  if (token === undefined && !isLoopback(listen)) {
    context.issues.push({
      code: "custom",
      path: ["listen"],
      input: listen,
      message: pack(explain(
        "other machines can reach this address, so a token has to keep strangers out",
        `add token: "…" beside listen; ${HOW_TO_MAKE_ONE}`,
      )),
    });
  }
  return {
    ...listen,
    ...(token !== undefined && { token }),
    names: names.map((name) => name.toLowerCase()),
  };
});

export const statusSchema = z.union([
  endpointSchema,
  z.literal(["off", false]).transform(() => undefined),
], { error: ({ input }) => pack(mismatch(`{ listen: "${LISTEN_DEFAULT}" } or off`, input)) });
