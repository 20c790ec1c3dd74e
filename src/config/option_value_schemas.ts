/** How the values of each kind are written in a config, but for those that hold other values. */
import * as z from "zod";
import type { OptionKind, OptionValues } from "../wire/option_values.ts";
import type { DnrResolver, PortParams, SixRd } from "../wire/structured_values.ts";
import { formatHex } from "../wire/hex.ts";
import { explain, mismatch, pack } from "./explanation.ts";
import { booleanSchema, integerSchema, mapSchema, oneOrManySchema } from "./schema_parts.ts";
import {
  destinationSchema,
  domainNameSchema,
  durationSchema,
  hexSchema,
  ipv4ItemSchema,
  ipv4PairSchema,
  ipv4Schema,
  ipv6PrefixSchema,
  ipv6Schema,
  plainTextSchema,
  sipServerSchema,
  uriSchema,
} from "./value_schemas.ts";

/** Kinds whose values hold values of other kinds (option_parts_schema.ts). */
export type HoldingKind = "record" | "sub-options" | "vendor-classes" | "vendor-options";
export type PlainKind = Exclude<OptionKind, HoldingKind>;

const u8 = integerSchema(0, 0xff);
const u16 = integerSchema(0, 0xffff);
const u32 = integerSchema(0, 0xffff_ffff);

const addresses = oneOrManySchema("an IPv4 address like 192.168.1.1", ipv4ItemSchema, 1);
const domainNames = oneOrManySchema("a domain name like home.arpa", domainNameSchema, 1);
const uris = oneOrManySchema("a URI like https://portal.example.com/", uriSchema, 1);

const ROUTE = "a route like { to: 10.0.0.0/8, via: 192.168.1.2 }";

const routeSchema = mapSchema(ROUTE, {
  to: destinationSchema.meta({ description: "The network, or `default` for everything else." }),
  via: ipv4Schema.meta({ description: "The router; 0.0.0.0 where it is on the client's link." }),
});

const sipServers = oneOrManySchema(
  "an IPv4 address or a domain name",
  sipServerSchema,
  1,
).transform((servers, context) => {
  const names = servers.filter((server) => typeof server === "string");
  if (names.length === 0) return servers.filter((server) => typeof server === "number");
  if (names.length === servers.length) return names;
  const said = "addresses and domain names cannot be sent together";
  context.issues.push({
    code: "custom",
    input: servers,
    message: pack(explain(said, "keep either of them")),
  });
  return z.NEVER;
});

const mandatory = booleanSchema().prefault(false).meta({
  description: "Whether clients are to use no others. Default: false.",
});

const PREFERENCES = { low: 3, medium: 0, high: 1 } as const;
const preferenceSchema = z.literal(["low", "medium", "high"], {
  error: ({ input }) => pack(mismatch("low, medium or high", input)),
}).transform((preference) => PREFERENCES[preference]);

const rdnssSchema = mapSchema("a map of preference, servers and domains", {
  preference: preferenceSchema.prefault("medium").meta({
    description: "Beside the other DNS servers: low, medium or high. Default: medium.",
  }),
  servers: addresses.refine(({ length }) => length <= 2, {
    error: () => pack(explain("there is room for two servers here")),
  }).meta({ description: "One or two DNS servers." }),
  domains: domainNames.meta({ description: "The domains that these servers know better." }),
}).transform(({ preference, servers: [primary, secondary], domains }) => ({
  preference,
  primary: primary!,
  secondary: secondary ?? 0,
  domains,
}));

const PSID_BITS_MAX = 16;

const portsSchema = mapSchema("a map of offset, psid-length and psid", {
  "offset": integerSchema(0, PSID_BITS_MAX - 1).meta({
    description: "How many bits come before the port set id in a port.",
  }),
  "psid-length": integerSchema(0, PSID_BITS_MAX).meta({
    description: "How many bits of a port are the port set id.",
  }),
  "psid": u16.meta({ description: "The port set id." }),
}).transform(({ offset, "psid-length": psidLength, psid }, context): PortParams => {
  if (psid < 2 ** psidLength) return { offset, psidLength, psid };
  context.issues.push({
    code: "custom",
    path: ["psid"],
    input: psid,
    message: `the port set id ${psid} has more than ${psidLength} bits`,
  });
  return z.NEVER;
});

const resolverSchema = mapSchema("a resolver like { name: dns.example.net, protocols: [dot] }", {
  priority: integerSchema(1, 0xffff).prefault(1).meta({
    description: "Resolvers with lower numbers are tried first. Default: 1.",
  }),
  name: domainNameSchema.meta({ description: "The name that its certificate has." }),
  addresses: addresses.optional().meta({
    description: "Its addresses; without them clients look its name up.",
  }),
  protocols: oneOrManySchema("a protocol like dot, doq, h2 or h3", plainTextSchema("text"), 1)
    .optional().meta({ description: "ALPN ids: dot, doq, h2, h3." }),
  port: integerSchema(1, 0xffff).optional().meta({ description: "Its port." }),
  path: plainTextSchema("a path like /dns-query{?dns}").optional().meta({
    description: "Path of the URI template, for DNS over HTTPS: /dns-query{?dns}.",
  }),
}).transform((resolver, context): DnrResolver => {
  const { priority, name, addresses = [], protocols = [], port, path } = resolver;
  // RFC 9463 §3.1.6: in "ADN-only mode" there are neither addresses nor service parameters, of
  // which alpn is the one that must be there.
  const isByName = addresses.length === 0;
  const hasParams = protocols.length > 0 || port !== undefined || path !== undefined;
  if (isByName ? !hasParams : protocols.length > 0) {
    return {
      priority,
      name,
      addresses,
      protocols,
      ...(port === undefined ? {} : { port }),
      ...(path === undefined ? {} : { path }),
    };
  }
  const [said, hint] = isByName
    ? ["a resolver without addresses has nothing but its name", "add its addresses"]
    : ["a resolver with addresses needs its protocols", "add protocols: [dot]"];
  context.issues.push({ code: "custom", input: resolver, message: pack(explain(said, hint)) });
  return z.NEVER;
});

const sixRdSchema = mapSchema("a map of prefix, ipv4-mask-length and border-relays", {
  "prefix": ipv6PrefixSchema.meta({ description: "The IPv6 prefix of the 6rd domain." }),
  "ipv4-mask-length": integerSchema(0, 32).prefault(0).meta({
    description: "How many of the first bits all IPv4 addresses of the domain share. Default: 0.",
  }),
  "border-relays": addresses.meta({ description: "IPv4 addresses of the border relays." }),
}).transform((
  { prefix, "ipv4-mask-length": ipv4MaskLength, "border-relays": borderRelays },
): SixRd => ({
  ipv4MaskLength,
  prefixLength: prefix.prefixLength,
  prefix: prefix.octets,
  borderRelays,
}));

/** How editors and messages call the values of each kind. */
export const KIND_WORDS: { readonly [Kind in OptionKind]: string } = {
  "ipv4": "an IPv4 address",
  "ipv4-list": "IPv4 addresses",
  "ipv4-pair-list": "pairs of IPv4 addresses",
  "u8": "a number from 0 to 255",
  "u8-list": "numbers from 0 to 255",
  "u16": "a number from 0 to 65535",
  "u16-list": "numbers from 0 to 65535",
  "u32": "a number from 0 to 4294967295",
  "u32-list": "numbers from 0 to 4294967295",
  "i32": "a number from -2147483648 to 2147483647",
  "bool": "true or false",
  "text": "text",
  "uri": "a URI",
  "uri-list": "URIs",
  "hex": "octets in hex",
  "duration": "a duration",
  "ipv6": "an IPv6 address",
  "cidr-routes": "routes like { to: 10.0.0.0/8, via: 192.168.1.2 }",
  "domain-name": "a domain name",
  "domain-list": "domain names",
  "compressed-domain-list": "domain names",
  "record": "values one after the other, each like { type: u16, value: 1 }",
  "sub-options": "options within it, each like { code: 1, type: ipv4, value: 10.0.0.1 }, or hex",
  "vendor-classes": "values of vendors, each like { enterprise: 9, type: text, value: x }",
  "vendor-options": "options of vendors, each like { enterprise: 9, options: [] }",
  "sip-servers": "IPv4 addresses or domain names",
  "slp-agents": "a map of addresses and mandatory",
  "slp-scope": "a map of scopes and mandatory",
  "rdnss-selection": "a map of preference, servers and domains",
  "pcp-servers": "the IPv4 addresses of a server, or a list of such lists for several",
  "port-params": "a map of offset, psid-length and psid",
  "dnr-resolvers": "resolvers like { name: dns.example.net, addresses: 9.9.9.9, protocols: dot }",
  "6rd": "a map of prefix, ipv4-mask-length and border-relays",
};

/** Where text that nobody can see in a file goes. */
function asOctets(text: string): string {
  const hex = formatHex(new TextEncoder().encode(text));
  return `write it under other: { code: …, type: hex, value: "${hex}" }`;
}

/** What a config may say for each kind. */
export const PLAIN_SCHEMAS: { readonly [Kind in PlainKind]: z.ZodType<OptionValues[Kind]> } = {
  "ipv4": ipv4Schema,
  "ipv4-list": addresses,
  "ipv4-pair-list": oneOrManySchema(
    'two IPv4 addresses like "10.1.0.0 192.168.1.9"',
    ipv4PairSchema,
    1,
  ),
  "u8": u8,
  "u8-list": oneOrManySchema("a whole number from 0 to 255", u8, 1),
  "u16": u16,
  "u16-list": oneOrManySchema("a whole number from 0 to 65535", u16, 1),
  "u32": u32,
  "u32-list": oneOrManySchema("a whole number from 0 to 4294967295", u32, 1),
  "i32": integerSchema(-0x8000_0000, 0x7fff_ffff),
  "bool": booleanSchema(),
  "text": plainTextSchema("text", asOctets),
  "uri": uriSchema,
  "uri-list": uris,
  "hex": hexSchema,
  "duration": durationSchema({ min: 0, max: Infinity }),
  "ipv6": ipv6Schema,
  "cidr-routes": oneOrManySchema(ROUTE, routeSchema, 1),
  "domain-name": domainNameSchema,
  "domain-list": domainNames,
  "compressed-domain-list": domainNames,
  "sip-servers": sipServers,
  "slp-agents": mapSchema("a map of addresses and mandatory", {
    addresses: addresses.meta({ description: "The directory agents." }),
    mandatory,
  }),
  "slp-scope": mapSchema("a map of scopes and mandatory", {
    scopes: plainTextSchema("text").meta({ description: "Scopes, with commas between them." }),
    mandatory,
  }),
  "rdnss-selection": rdnssSchema,
  "pcp-servers": oneOrManySchema("the IPv4 addresses of a server", addresses, 1),
  "port-params": portsSchema,
  "dnr-resolvers": oneOrManySchema(
    "a resolver like { name: dns.example.net, protocols: [dot] }",
    resolverSchema,
    1,
  ),
  "6rd": sixRdSchema,
};
