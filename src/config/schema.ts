/**
 * The config file. The input side of the schema is what people write (config.schema.json is
 * generated from it), the output side what the checks read; build.ts makes the engine's `Config`
 * of that.
 */
import * as z from "zod";
import { allocationSchema, identitySchema } from "./allocation_schema.ts";
import { bootpSchema, bootSchema } from "./boot_schema.ts";
import { classEntrySchema } from "./class_schema.ts";
import { durabilitySchema, renewWriteThresholdSchema } from "./durability_schema.ts";
import { conflictProbeSchema } from "./conflict_probe_schema.ts";
import { DURATION_SECONDS_MAX } from "./duration.ts";
import { interfaceNameSchema } from "./name_schemas.ts";
import { namesSchema } from "./names_schema.ts";
import { optionsSchema } from "./option_schema.ts";
import { rateLimitsSchema } from "./rate_limits_schema.ts";
import { rogueDetectionSchema } from "./rogue_detection_schema.ts";
import {
  booleanSchema,
  listSchema,
  mapSchema,
  oneOrManySchema,
  unknownKeyOfScope,
} from "./schema_parts.ts";
import { LEASE_DEFAULT, LEASE_SECONDS_MIN, leaseTimeSchema } from "./lease_time_schema.ts";
import { scopeShape } from "./scope_schema.ts";
import { statusSchema } from "./status_schema.ts";
import { offerTimeSchema, quarantineTimeSchema, serverIdentifierSchema } from "./serving_schema.ts";
import { sharedNetworkSchema, subnetEntrySchema } from "./subnet_schema.ts";
import { networkOrAddressSchema, plainTextSchema, userSchema } from "./value_schemas.ts";

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
  "include": oneOrManySchema("the path of a file", plainTextSchema("the path of a file")).optional()
    .meta({
      description:
        "More files, relative to this one: a path, a directory (its *.yaml, in order), " +
        "or a pattern like conf.d/*.yaml. They add to subnets, classes and shared-networks; " +
        "any other key stands in one file only.",
    }),
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
  "offer-time": offerTimeSchema.prefault("30s").meta({
    description: "How long an offered address is held for the client it was offered to.",
  }),
  "quarantine-time": quarantineTimeSchema.prefault("1h").meta({
    description: "How long an address stays out of use that a client (DECLINE) or the " +
      "server itself (`conflict-probe`) found taken, while there are others to give.",
  }),
  "server-identifier": serverIdentifierSchema.optional().meta({
    description: "What the server calls itself (option 54), and where clients send renewals: an " +
      "address that leads here. When left out, its address on the client's network.",
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
  "conflict-probe": conflictProbeSchema.optional().meta({
    description: "Whether somebody is asked for who uses an address already, before a client is " +
      "offered it for the first time: by ARP on the wires of this machine, by ICMP echo beyond " +
      "relay agents. `on`, `off`, `local` (only on the wires), or a map with a timeout.",
  }),
  "rate-limits": rateLimitsSchema.prefault({}).meta({
    description: "How much one client, one port, one relay agent and all together may ask for, " +
      "so that nobody can take all addresses or all of the server's time; `off` for no limits.",
  }),
  "rogue-detection": rogueDetectionSchema.prefault("off").meta({
    description:
      "Whether to look for other DHCP servers on every served wire, by a DISCOVER that " +
      "nobody wants an answer to: `on`, `off`, or a map with the interval.",
  }),
  "port-limit": scopeShape["port-limit"],
  "options": optionsSchema.optional().meta({
    description: "Options for the clients of every subnet.",
  }),
  "always": scopeShape["always"],
  "always-broadcast": scopeShape["always-broadcast"],
  "offer-delay": scopeShape["offer-delay"],
  "min-secs": scopeShape["min-secs"],
  "boot": bootSchema.optional().meta({
    description: "What machines that boot from the network are told.",
  }),
  "bootp": bootpSchema.prefault("reservations").meta({
    description: "Which BOOTP clients get an address: those with a reservation, all of them " +
      "(dynamic; theirs without end), or none (off).",
  }),
  "identity": identitySchema.prefault("client-id").meta({
    description:
      "What tells clients apart: `client-id` (option 61, else the hardware address), or " +
      "`mac`, for machines whose client-id changes between firmware, installer and system.",
  }),
  "allocation": allocationSchema.prefault("hash").meta({
    description: "Which address a client gets that has none yet: one that its name points to " +
      "(`hash`, so the same one again even after the journal is lost), the lowest that nobody " +
      "has had (`sequential`), or any (`random`).",
  }),
  "skip-0-and-255": booleanSchema().prefault(false).meta({
    description:
      "Whether addresses that end in .0 or .255 are left out of pools: some old clients " +
      "take them for those of a network and of a broadcast, in whichever subnet.",
  }),
  "classes": listSchema(
    'a list of classes like { name: phones, match: { vendor-class: "Cisco*" } }',
    classEntrySchema,
  ).prefault([]).meta({
    description: "Clients that have something in common, and what they are given for it. Of " +
      "several classes that a client is in, the earlier one goes first.",
  }),
  "shared-networks": listSchema(
    "a list of shared networks like { name: campus }",
    sharedNetworkSchema,
  ).prefault([]).meta({
    description: "Wires that have several subnets on them. A client there can be on any of them.",
  }),
  "subnets": listSchema("a list of subnets", subnetEntrySchema, 1).meta({
    description: "The networks to give addresses on.",
  }),
  "names": namesSchema.optional().meta({
    description: "What clients are called, and which name servers are told.",
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
}, unknownKeyOfScope).meta({
  title: "Sublet configuration",
  description: "The config file of the DHCPv4 server Sublet.",
});

/** The file as the checks read it: single values are in order, their sum may not be. */
export type ParsedConfig = z.output<typeof configSchema>;
