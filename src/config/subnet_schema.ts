/** The schema of an entry of `subnets`: a network and its pools. */
import * as z from "zod";
import { allocationSchema, identitySchema } from "./allocation_schema.ts";
import { conflictProbeSchema } from "./conflict_probe_schema.ts";
import { bootpSchema } from "./boot_schema.ts";
import { mismatch, pack } from "./explanation.ts";
import { subnetNamesSchema } from "./names_schema.ts";
import { classNameSchema, interfaceNameSchema, networkNameSchema } from "./name_schemas.ts";
import { reservationSchema } from "./reservation_schema.ts";
import {
  booleanSchema,
  listSchema,
  mapSchema,
  oneOrManySchema,
  unknownKeyOfScope,
} from "./schema_parts.ts";
import { servingShape } from "./serving_schema.ts";
import { scopeShape } from "./scope_schema.ts";
import {
  plainTextSchema,
  rangeForm,
  rangeSchema,
  relaySchema,
  subnetSchema,
} from "./value_schemas.ts";

/** Who is given addresses. */
const onlySchema = oneOrManySchema("the name of a class", classNameSchema, 1);

const rangesSchema = oneOrManySchema(rangeForm.expected, rangeSchema);

/** A pool with settings of its own. */
export const poolMap = mapSchema(
  "a pool like { range: 192.168.1.100-192.168.1.199, lease-time: 1h }",
  {
    "range": oneOrManySchema(rangeForm.expected, rangeSchema, 1).meta({
      description: "The addresses of this pool: ranges, networks or single addresses.",
    }),
    "allocation": allocationSchema.optional().meta({
      description: "As further out, in place of that.",
    }),
    "only": onlySchema.optional().meta({
      description: "The classes whose clients are given these addresses, and no others.",
    }),
    ...scopeShape,
  },
  unknownKeyOfScope,
);

/** Bare ranges have no settings of their own. */
const poolSchema = z.union([
  rangeSchema.transform((range): z.output<typeof poolMap> => ({ range: [range] })),
  poolMap,
], {
  error: ({ input }) =>
    pack(mismatch(`${rangeForm.expected}, or a map`, input, rangeForm.hintFor?.(input))),
});

/** One entry of `subnets`. Its own schema, for the checks of a file of which other parts fail. */
export const subnetEntrySchema = mapSchema("a map that begins with subnet", {
  "subnet": subnetSchema.meta({
    description: "The network. Reached through an interface of this machine that has an address " +
      "on it, or through relay agents.",
  }),
  "interface": oneOrManySchema("the name of an interface like eth0", interfaceNameSchema, 1)
    .optional().meta({
      description: "The interface whose clients are on this subnet, whatever addresses it has. " +
        "When left out, an interface that has an address in the subnet.",
    }),
  "shared-network": networkNameSchema.optional().meta({
    description: "The entry of `shared-networks` that this subnet is one of.",
  }),
  "pools": oneOrManySchema(rangeForm.expected, poolSchema).prefault([]).meta({
    description: "Addresses to give: ranges, networks or single addresses; or a map, where some " +
      "have settings of their own.",
  }),
  "only": onlySchema.optional().meta({
    description: "As for a pool, for those pools that say nothing of it.",
  }),
  "exclude": rangesSchema.prefault([]).meta({
    description: "Addresses of the pools that no client gets.",
  }),
  "bootp": bootpSchema.optional().meta({
    description: "Which BOOTP clients get an address, in place of `bootp` of the whole file.",
  }),
  "identity": identitySchema.optional().meta({
    description: "What tells clients apart here, in place of `identity` further out.",
  }),
  "allocation": allocationSchema.optional().meta({
    description: "As further out, in place of that.",
  }),
  "skip-0-and-255": booleanSchema().optional().meta({
    description: "As for the whole file, in place of that.",
  }),
  "proxy-dhcp": booleanSchema().prefault(false).meta({
    description: "Whether another server gives the addresses here: then this one tells machines " +
      "that boot from the network what `boot` says, and nothing to anybody else.",
  }),
  "rapid-commit": booleanSchema().optional().meta({
    description: "As for the whole file, in place of that.",
  }),
  "conflict-probe": conflictProbeSchema.optional().meta({
    description: "In place of the `conflict-probe` of the whole file; a key of the map that is " +
      "left out is the one there.",
  }),
  "relays": oneOrManySchema("the address of a relay agent like 10.20.0.1", relaySchema)
    .optional().meta({
      description: "The relay agents that this subnet is reached through, by the address that " +
        "they name as theirs (giaddr), wherever it lies: what comes through them is of this " +
        "subnet, and what comes through others is dropped. When left out, any whose address is " +
        "in a subnet that no interface of this machine is on.",
    }),
  ...servingShape,
  ...scopeShape,
  "names": subnetNamesSchema.optional().meta({
    description: "What is different about the names of this subnet's clients; `off` for no names.",
  }),
  "reservations-from": oneOrManySchema(
    "the path of a file",
    plainTextSchema("the path of a file"),
  ).optional().meta({
    description: "Files that go on with the reservations, each a list of them; paths as those of " +
      "`include`.",
  }),
  "reservations": listSchema("a list of reservations", reservationSchema).prefault([]).meta({
    description: "What is kept for single machines: addresses, names, options.",
  }),
}, unknownKeyOfScope);

/** A wire that several subnets share, and what its clients get on each of them. */
export const sharedNetworkSchema = mapSchema("a shared network like { name: campus }", {
  "name": networkNameSchema.meta({
    description: "What the subnets name it by.",
  }),
  "identity": identitySchema.optional().meta({
    description: "What tells clients apart here, in place of `identity` of the whole file.",
  }),
  "allocation": allocationSchema.optional().meta({
    description: "As for the whole file, in place of that.",
  }),
  ...servingShape,
  ...scopeShape,
}, unknownKeyOfScope);

export type ParsedSubnet = z.output<typeof subnetEntrySchema>;
export type ParsedPool = ParsedSubnet["pools"][number];
export type ParsedSharedNetwork = z.output<typeof sharedNetworkSchema>;
