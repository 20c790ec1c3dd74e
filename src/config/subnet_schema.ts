/** The schema of an entry of `subnets`: a network, its pools and its reservations. */
import { z } from "zod";
import { conflictProbeSchema } from "./conflict_probe_schema.ts";
import { bootpSchema } from "./boot_schema.ts";
import { explain, mismatch, pack } from "./explanation.ts";
import { subnetNamesSchema } from "./names_schema.ts";
import type { Explanation } from "./problem.ts";
import { networkNameSchema } from "./name_schemas.ts";
import { booleanSchema, listSchema, mapSchema, oneOrManySchema } from "./schema_parts.ts";
import { scopeShape, unknownKeyOrOption } from "./scope_schema.ts";
import {
  clientIdSchema,
  hostnameSchema,
  ipv4Schema,
  macSchema,
  rangeForm,
  rangeSchema,
  relaySchema,
  subnetSchema,
} from "./value_schemas.ts";

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
    ...scopeShape,
  },
  unknownKeyOrOption,
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

const rangesSchema = oneOrManySchema(rangeForm.expected, rangeSchema);

const poolMap = mapSchema("a pool like { range: 192.168.1.100-192.168.1.199, lease-time: 1h }", {
  "range": oneOrManySchema(rangeForm.expected, rangeSchema, 1).meta({
    description: "The addresses of this pool: ranges, networks or single addresses.",
  }),
  ...scopeShape,
}, unknownKeyOrOption);

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
  "shared-network": networkNameSchema.optional().meta({
    description: "The entry of `shared-networks` that this subnet is one of.",
  }),
  "pools": oneOrManySchema(rangeForm.expected, poolSchema).prefault([]).meta({
    description: "Addresses to give: ranges, networks or single addresses; or a map, where some " +
      "have settings of their own.",
  }),
  "exclude": rangesSchema.prefault([]).meta({
    description: "Addresses of the pools that no client gets.",
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
  "conflict-probe": conflictProbeSchema.optional().meta({
    description: "In place of the `conflict-probe` of the whole file; a key of the map that is " +
      "left out is the one there.",
  }),
  "relays": oneOrManySchema("the address of a relay agent like 10.20.0.1", relaySchema)
    .optional().meta({
      description: "The relay agents that this subnet is reached through, by the address that " +
        "they name as theirs (giaddr). What comes through others is dropped. Any when left out.",
    }),
  ...scopeShape,
  "names": subnetNamesSchema.optional().meta({
    description: "What is different about the names of this subnet's clients; `off` for no names.",
  }),
  "reservations": listSchema("a list of reservations", reservationSchema).prefault([]).meta({
    description: "Addresses that are kept for single machines.",
  }),
}, unknownKeyOrOption);

/** A wire that several subnets share, and what its clients get on each of them. */
export const sharedNetworkSchema = mapSchema("a shared network like { name: campus }", {
  "name": networkNameSchema.meta({
    description: "What the subnets name it by.",
  }),
  ...scopeShape,
}, unknownKeyOrOption);

export type ParsedSubnet = z.output<typeof subnetEntrySchema>;
export type ParsedPool = ParsedSubnet["pools"][number];
export type ParsedReservation = ParsedSubnet["reservations"][number];
export type ParsedSharedNetwork = z.output<typeof sharedNetworkSchema>;
