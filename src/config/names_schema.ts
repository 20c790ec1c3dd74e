/** The schema of `names`: what clients are called, and who is told. */
import { isIPv6 } from "node:net";
import * as z from "zod";
import { parseIpv4 } from "../wire/ipv4.ts";
import type { DnsServerAddress, HostsFileNames } from "./config.ts";
import { explain, mismatch, pack } from "./explanation.ts";
import {
  booleanSchema,
  mapSchema,
  oneOrManySchema,
  putInQuotes,
  Refusal,
  type TextForm,
  textSchema,
} from "./schema_parts.ts";
import { durationSchema, plainTextSchema } from "./value_schemas.ts";

/** RFC 1035 §2.3.4, and room for a label before the domain. */
const DOMAIN_LENGTH_MAX = 189;
const LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
const DOMAIN = new RegExp(String.raw`^${LABEL}(\.${LABEL})*$`);
const KEY_NAME = /^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/;
const HOST_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const DOMAIN_PATTERN = String.raw`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?\.?$`;

const HOSTS_FILE_NAMES: readonly HostsFileNames[] = ["full", "short", "both"];

const DNS_PORT = 53;
const PORT_MAX = 65_535;
const TTL_SECONDS_MAX = 86_400;

/** RFC 8945 §6: keys of less than this are weaker than the digest. The most is a block of SHA-256. */
const SECRET_OCTETS_MIN = 16;
const SECRET_OCTETS_MAX = 512;

/** A domain, in lower case and without the dot at its end. */
const domainForm: TextForm<string> = {
  expected: "a domain like home.arpa",
  read(text) {
    const name = text.toLowerCase().replace(/\.$/, "");
    return name.length <= DOMAIN_LENGTH_MAX && DOMAIN.test(name) ? name : undefined;
  },
  hintFor: putInQuotes,
  pattern: DOMAIN_PATTERN,
};
const domainSchema = textSchema(domainForm);
const zoneSchema = textSchema({ ...domainForm, isListed: true });

/** A host name without its domain, in lower case. */
export const hostLabelSchema = textSchema<string>({
  expected: "a host name of one label like router",
  read(text) {
    const label = text.toLowerCase();
    return HOST_LABEL.test(label) ? label : undefined;
  },
  hintFor: putInQuotes,
  isListed: true,
});

/** Name servers call keys by domain names, in which underscores are usual. */
const keyNameSchema = textSchema<string>({
  expected: "the name of a key like sublet-key",
  read(text) {
    const name = text.toLowerCase().replace(/\.$/, "");
    return name.length <= DOMAIN_LENGTH_MAX && KEY_NAME.test(name) ? name : undefined;
  },
  hintFor: putInQuotes,
});

const serverSchema = textSchema<DnsServerAddress>({
  expected: "an address like 192.168.1.53, 192.168.1.53:5353 or [fd00::53]:53",
  read(text) {
    const [, bracketed, plain, portText] =
      /^(?:\[([^\]]+)\]|([\d.]+))(?::(\d{1,5}))?$/.exec(text) ??
        [];
    const hostname = bracketed ?? plain ?? text;
    const isHost = isIPv6(hostname) || parseIpv4(hostname) !== undefined;
    const port = portText === undefined ? DNS_PORT : Number(portText);
    return isHost && port >= 1 && port <= PORT_MAX ? { hostname, port } : undefined;
  },
  examples: ["192.168.1.53", "[fd00::53]:53"],
});

/** What is wrong with a secret is told without telling the secret. */
const secretSchema = z.string({ error: () => pack(explain(SECRET_EXPECTED)) })
  .transform((text, context): Uint8Array => {
    const secret = readSecret(text);
    if (!(secret instanceof Refusal)) return secret;
    context.issues.push({ code: "custom", message: pack(secret.explanation), input: "" });
    return z.NEVER;
  });

const SECRET_EXPECTED = "expected the secret of the key in Base64, as `tsig-keygen` prints it";

/** The octets of a secret in Base64. */
export function readSecret(text: string): Uint8Array | Refusal {
  let octets: Uint8Array;
  try {
    octets = Uint8Array.fromBase64(text.trim());
  } catch {
    return new Refusal(SECRET_EXPECTED);
  }
  if (octets.length < SECRET_OCTETS_MIN || octets.length > SECRET_OCTETS_MAX) {
    return new Refusal(
      `the secret has ${octets.length} octets, where ${SECRET_OCTETS_MIN} to ` +
        `${SECRET_OCTETS_MAX} are in order`,
    );
  }
  return octets;
}

const keySchema = mapSchema("a key like { name: sublet-key, secret-file: /etc/sublet/tsig }", {
  "name": keyNameSchema.meta({ description: "The name that the name server knows the key by." }),
  "algorithm": z.literal("hmac-sha256", {
    error: ({ input }) => pack(mismatch("hmac-sha256", input)),
  }).prefault("hmac-sha256").meta({ description: "How messages are signed (RFC 8945)." }),
  "secret": secretSchema.optional().meta({
    description: "The secret in Base64. Better in a file of its own: see secret-file.",
  }),
  "secret-file": plainTextSchema("the path of a file").optional().meta({
    description: "A file that holds the secret in Base64 and nothing else.",
  }),
}).refine(({ secret, "secret-file": file }) => (secret === undefined) !== (file === undefined), {
  error: ({ input }) => {
    const { secret } = input as { secret?: unknown };
    return pack(
      secret === undefined
        ? explain("this key has no secret", "add its secret-file, or its secret")
        : explain("this key has a secret and a secret-file", "keep one of them"),
    );
  },
  when: ({ issues }) => issues.length === 0,
}).meta({ oneOf: [{ required: ["secret"] }, { required: ["secret-file"] }] });

const dnsUpdateSchema = mapSchema("a map of server, zones and key", {
  "server": serverSchema.meta({ description: "The primary name server of the zones." }),
  "zones": oneOrManySchema("a zone like home.arpa or 1.168.192.in-addr.arpa", zoneSchema, 1)
    .meta({
      description: "The zones to keep up to date, forward and reverse. Names outside of them are " +
        "not sent to the server.",
    }),
  "key": keySchema.optional().meta({
    description: "The TSIG key that updates are signed with. Without one they are not.",
  }),
  "ttl": durationSchema({ min: 1, max: TTL_SECONDS_MAX }).prefault("5m").meta({
    description: "How long resolvers may keep the records.",
  }),
});

/** `names` of the whole file. */
export const namesSchema = mapSchema("a map like { domain: home.arpa }", {
  "domain": domainSchema.meta({
    description: "The domain of the clients' names. They are told it (option 15).",
  }),
  "from-client": booleanSchema().prefault(true).meta({
    description: "Whether clients choose their names. Else only reservations give any.",
  }),
  "override-client-update": booleanSchema().prefault(true).meta({
    description: "Whether the A record is also kept for clients that want to do so themselves " +
      "(option 81 with S of 0), as Windows does.",
  }),
  "override-no-update": booleanSchema().prefault(false).meta({
    description: "Whether clients are registered that ask not to be (option 81 with N of 1).",
  }),
  "reserved": oneOrManySchema("a host name of one label like router", hostLabelSchema)
    .prefault([]).meta({
      description: "Names that no client gets by asking, besides wpad, localhost and isatap.",
    }),
  "hosts-file": plainTextSchema("the path of a file").optional().meta({
    description: "A file of all names, kept up to date: for dnsmasq (hostsdir), CoreDNS, …",
  }),
  "hosts-file-names": z.literal(HOSTS_FILE_NAMES, {
    error: ({ input }) => pack(mismatch("full, short or both", input)),
  }).prefault("full").meta({
    description:
      "Whether names stand there in full (pi.home.arpa), by their first label (pi), or " +
      "both; short ones of this domain only, since those of two domains could be the same.",
  }),
  "hosts-file-interval": durationSchema({ min: 1, max: 3600 }).prefault("2s").meta({
    description: "The least time between two writes of the hosts file.",
  }),
  "dns-update": dnsUpdateSchema.optional().meta({
    description: "A name server that is sent dynamic updates (RFC 2136).",
  }),
});

/** `names` of one subnet. */
export const subnetNamesSchema = z.union([
  mapSchema("a map of domain and from-client, or off", {
    "domain": domainSchema.optional().meta({
      description: "The domain of this subnet's names, in place of that of the whole file.",
    }),
    "from-client": booleanSchema().optional().meta({
      description: "Whether clients of this subnet choose their names.",
    }),
  }),
  z.literal(["off", false]).transform(() => "off" as const),
], { error: ({ input }) => pack(mismatch("a map of domain and from-client, or off", input)) });

export type ParsedNames = z.output<typeof namesSchema>;
export type ParsedSubnetNames = z.output<typeof subnetNamesSchema>;
