/**
 * The config file. The input side of the schema is what people write (config.schema.json is
 * generated from it), the output side what the checks read; build.ts makes the engine's `Config`
 * of that.
 */
import { z } from "zod";
import { bootpSchema, bootSchema } from "./boot_schema.ts";
import type { LeaseTime } from "./config.ts";
import { durabilitySchema, renewWriteThresholdSchema } from "./durability_schema.ts";
import { DURATION_SECONDS_MAX, formatDuration } from "./duration.ts";
import { explain, mismatch, pack } from "./explanation.ts";
import type { Explanation } from "./problem.ts";
import { percentSchema } from "./percent_schema.ts";
import { optionMeantBy, optionsSchema } from "./option_schema.ts";
import {
  booleanSchema,
  type ExplainKey,
  listSchema,
  mapSchema,
  oneOrManySchema,
  unknownKey,
} from "./schema_parts.ts";
import { statusSchema } from "./status_schema.ts";
import {
  clientIdSchema,
  durationForm,
  durationSchema,
  hostnameSchema,
  interfaceNameSchema,
  ipv4Schema,
  macSchema,
  networkOrAddressSchema,
  plainTextSchema,
  rangeSchema,
  relaySchema,
  subnetSchema,
  userSchema,
} from "./value_schemas.ts";

/** RFC 2131 §4.4.5 wants T1 < T2 < lease in whole seconds; below this they would meet. */
export const LEASE_SECONDS_MIN = 4;
const LEASE_DEFAULT = "12h";
const LEASE_DEFAULT_SECONDS = 12 * 3600;

/** An offer is held while its client makes up its mind, and the address is nobody's meanwhile. */
const OFFER_SECONDS_MIN = 1;
const OFFER_SECONDS_MAX = 3600;
const QUARANTINE_SECONDS_MIN = 1;

/** `routers` beside `options` and not under it is a common slip. */
const unknownKeyOrOption: ExplainKey = (key, knownKeys) => {
  const option = optionMeantBy(key);
  if (option === undefined) return unknownKey(key, knownKeys);
  return explain(unknownKey(key, knownKeys).message, `put "${option}" under "options"`);
};

const leaseBounds = { min: LEASE_SECONDS_MIN, max: Infinity };
const leaseDuration = durationSchema(leaseBounds);
const leaseForm = durationForm(leaseBounds);

const leaseMap = mapSchema("default, min and max", {
  default: leaseDuration.optional().meta({
    description: `For clients that ask for no particular time. ${LEASE_DEFAULT} when left out, ` +
      "or the bound that is nearest to it.",
  }),
  min: leaseDuration.optional().meta({
    description: "The least that a client gets which asks for less. `default` when left out.",
  }),
  max: leaseDuration.optional().meta({
    description: "The most that a client gets which asks for more. `default` when left out.",
  }),
  renew: percentSchema(1, 99).optional().meta({
    description: "After which part of its lease a client renews it (T1). 50% when left out.",
  }),
  rebind: percentSchema(1, 99).optional().meta({
    description: "After which part it turns to any server (T2). 87.5% when left out.",
  }),
  spread: percentSchema(0, 50).optional().meta({
    description: "How much earlier than that it may be told to, by chance. 0% when left out.",
  }),
}).transform((bounds, context): LeaseTime => {
  // A bound that is not written is the default: no client gets a time that the file does not name.
  const defaultSeconds = bounds.default ??
    Math.max(bounds.min ?? 0, Math.min(bounds.max ?? Infinity, LEASE_DEFAULT_SECONDS));
  const minSeconds = bounds.min ?? defaultSeconds;
  const maxSeconds = bounds.max ?? defaultSeconds;
  const refuse = (key: "min" | "max", seconds: number, than: string, limitSeconds: number) => {
    context.issues.push({
      code: "custom",
      path: [key],
      input: bounds,
      message: `${key}, ${formatDuration(seconds)}, is ${than}, ${formatDuration(limitSeconds)}`,
    });
  };
  const { min, max } = bounds;
  if (min !== undefined && max !== undefined && min > max) refuse("min", min, "above max", max);
  else if (minSeconds > defaultSeconds) refuse("min", minSeconds, "above default", defaultSeconds);
  else if (maxSeconds < defaultSeconds) refuse("max", maxSeconds, "below default", defaultSeconds);
  const { renew, rebind, spread } = bounds;
  if (renew === undefined && rebind === undefined && spread === undefined) {
    return { defaultSeconds, minSeconds, maxSeconds };
  }
  const timers = { renewal: renew ?? 0.5, rebinding: rebind ?? 0.875, spread: spread ?? 0 };
  if (timers.renewal >= timers.rebinding) {
    const [key, message] = renew === undefined
      ? ["rebind", "rebind is not after renew, which is 50% when left out"]
      : ["renew", `renew is not before rebind${rebind === undefined ? ", 87.5%" : ""}`];
    context.issues.push({ code: "custom", path: [key], input: bounds, message });
  }
  return { defaultSeconds, minSeconds, maxSeconds, timers };
});

const leaseTimeSchema = z.union([
  leaseDuration.transform((seconds): LeaseTime => ({
    defaultSeconds: seconds,
    minSeconds: seconds,
    maxSeconds: seconds,
  })),
  leaseMap,
], {
  error: ({ input }) =>
    pack(mismatch(
      `${leaseForm.expected}, or a map of default, min and max`,
      input,
      leaseForm.hintFor?.(input),
    )),
});

const reservationSchema = mapSchema(
  'a reservation like { mac: "b8:27:eb:01:02:03", address: 192.168.1.10 }',
  {
    "mac": macSchema.optional().meta({
      description: "The Ethernet address of the machine; it counts whatever client-id it sends.",
    }),
    "client-id": clientIdSchema.optional().meta({
      description: "Option 61 of the client in hex, type octet included. Instead of `mac`.",
    }),
    "address": ipv4Schema.meta({
      description: "The address that is kept for it, inside the pools or outside.",
    }),
    "hostname": hostnameSchema.optional().meta({
      description: "The host name that it is told (option 12) and listed under.",
    }),
    "boot": bootSchema.optional().meta({
      description:
        "What machines that boot from the network are told; each of its keys takes the " +
        "place of the one further out. `off` takes all of them away.",
    }),
  },
).refine(({ mac, "client-id": clientId }) => (mac === undefined) !== (clientId === undefined), {
  error: ({ input }) => pack(explainClient(input)),
  // Next to an unknown key, which may be a misspelt one, none can be said to be missing.
  when: ({ issues }) => issues.length === 0,
}).meta({ oneOf: [{ required: ["mac"] }, { required: ["client-id"] }] });

function explainClient(reservation: unknown): Explanation {
  const { mac } = reservation as { mac?: unknown };
  return mac === undefined
    ? explain("this reservation names no client", "add its mac or client-id")
    : explain("this reservation has a mac and a client-id", "keep one of them");
}

const rangesSchema = oneOrManySchema(
  "addresses like 192.168.1.100-192.168.1.199, 192.168.1.64/26 or 192.168.1.7",
  rangeSchema,
);

/** One entry of `subnets`. Its own schema, for the checks of a file of which other parts fail. */
export const subnetEntrySchema = mapSchema("a map that begins with subnet", {
  "subnet": subnetSchema.meta({
    description: "The network. Reached through an interface of this machine that has an address " +
      "on it, or through relay agents.",
  }),
  "pools": rangesSchema.prefault([]).meta({
    description: "Addresses for any client: ranges, networks or single addresses.",
  }),
  "exclude": rangesSchema.prefault([]).meta({
    description: "Addresses of the pools that no client gets.",
  }),
  "boot": bootSchema.optional().meta({
    description: "What machines that boot from the network are told; each of its keys takes the " +
      "place of the one further out. `off` takes all of them away.",
  }),
  "bootp": bootpSchema.optional().meta({
    description: "Which BOOTP clients get an address, in place of `bootp` of the whole file.",
  }),
  "proxy-dhcp": booleanSchema().prefault(false).meta({
    description: "Whether another server gives the addresses here: then this one tells machines " +
      "that boot from the network what `boot` says, and nothing to anybody else.",
  }),
  "rapid-commit": booleanSchema().optional().meta({
    description: "As for the whole file, in place of that.",
  }),
  "relays": oneOrManySchema("the address of a relay agent like 10.20.0.1", relaySchema)
    .optional().meta({
      description: "The relay agents that this subnet is reached through, by the address that " +
        "they name as theirs (giaddr). What comes through others is dropped. Any when left out.",
    }),
  "lease-time": leaseTimeSchema.optional().meta({
    description: "How long a lease lasts, in place of the `lease-time` of the whole file.",
  }),
  "options": optionsSchema.optional().meta({
    description: "Options of this subnet; each takes the place of the one of the whole file.",
  }),
  "reservations": listSchema("a list of reservations", reservationSchema).prefault([]).meta({
    description: "Addresses that are kept for single machines.",
  }),
}, unknownKeyOrOption);

const leasequerySchema = mapSchema("{ allow: [10.0.0.1, 10.9.0.0/24] }", {
  allow: oneOrManySchema("an address like 10.0.0.1 or 10.9.0.0/24", networkOrAddressSchema, 1).meta(
    {
      description:
        "Addresses and networks, by the address that the asker names as its own (giaddr).",
    },
  ),
}).transform(({ allow }) => allow);

/** The whole file. */
export const configSchema = mapSchema("a map with the keys interfaces and subnets", {
  "interfaces": oneOrManySchema("the name of an interface like eth0", interfaceNameSchema, 1).meta({
    description: "The interfaces to serve. On every other one the server is silent.",
  }),
  "authoritative": booleanSchema().prefault(true).meta({
    description: "Whether this server alone knows its subnets, and so tells clients that their " +
      "address is wrong. With false it says nothing to clients that it does not know.",
  }),
  "lease-time": leaseTimeSchema.prefault(LEASE_DEFAULT).meta({
    description: "How long a lease lasts: one duration, or default, min and max where clients " +
      `may ask for another. From ${LEASE_SECONDS_MIN}s to ${DURATION_SECONDS_MAX}s, or infinite.`,
  }),
  "offer-time": durationSchema({ min: OFFER_SECONDS_MIN, max: OFFER_SECONDS_MAX })
    .prefault("30s").meta({
      description: "How long an offered address is held for the client it was offered to.",
    }),
  "quarantine-time": durationSchema({ min: QUARANTINE_SECONDS_MIN, max: Infinity })
    .prefault("24h").meta({
      description: "How long an address stays out of use that a client found taken (DECLINE).",
    }),
  "rapid-commit": booleanSchema().prefault(false).meta({
    description: "Whether a client that asks for it gets its lease at once, with two messages in " +
      "place of four (option 80, RFC 4039). For networks that have no other DHCP server.",
  }),
  "trust-option-82": oneOrManySchema("the name of an interface like eth0", interfaceNameSchema)
    .prefault([]).meta({
      description: "The interfaces where option 82 is believed though no relay agent brought the " +
        "request (giaddr is zero): behind switches that set it, and take it out of what clients " +
        "send.",
    }),
  "leasequery": leasequerySchema.optional().meta({
    description:
      "Who may ask which client has an address, and which one a client has (RFC 4388). " +
      "Nobody when left out.",
  }),
  "subnet-selection": booleanSchema().prefault(false).meta({
    description: "Whether any client may choose its subnet with option 118 (RFC 3011). A relay " +
      "agent may in any case, with sub-option 5 of option 82 (RFC 3527).",
  }),
  "options": optionsSchema.optional().meta({
    description: "Options for the clients of every subnet.",
  }),
  "boot": bootSchema.optional().meta({
    description: "What machines that boot from the network are told.",
  }),
  "bootp": bootpSchema.prefault("reservations").meta({
    description: "Which BOOTP clients get an address: those with a reservation, all of them " +
      "(dynamic; theirs without end), or none (off).",
  }),
  "subnets": listSchema("a list of subnets", subnetEntrySchema, 1).meta({
    description: "The networks to give addresses on.",
  }),
  "user": userSchema.optional().meta({
    description: "Whom the server becomes once its sockets are open, when it is started as root.",
  }),
  "journal": plainTextSchema("the path of a file").prefault("/var/lib/sublet/leases.jsonl").meta({
    description: "The file that keeps the leases.",
  }),
  "durability": durabilitySchema.prefault("commit").meta({
    description:
      "When an ACK may leave: `commit`, once its lease is synced to disk; `interval 5s`, " +
      "once the kernel has it, and all is synced every 5 seconds; `none`, once the kernel has it. " +
      "Whatever is not synced is lost in a power cut.",
  }),
  "renew-write-threshold": renewWriteThresholdSchema.prefault("off").meta({
    description:
      "Renewals within this share of a lease time (25%) are answered with what is left " +
      "of the lease, and write nothing. `off` when left out.",
  }),
  "status": statusSchema.prefault({}).meta({
    description: "Where the status page is served, over HTTP; `off` for nowhere.",
  }),
}, unknownKeyOrOption).meta({
  title: "Sublet configuration",
  description: "The config file of the DHCPv4 server Sublet.",
});

/** The file as the checks read it: single values are in order, their sum may not be. */
export type ParsedConfig = z.output<typeof configSchema>;
export type ParsedSubnet = z.output<typeof subnetEntrySchema>;
export type ParsedReservation = ParsedSubnet["reservations"][number];
