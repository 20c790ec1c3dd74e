/** The schema of `boot`: what machines that boot from the network are told. */
import * as z from "zod";
import { BOOT_KINDS, type BootKind, bootsByHttp, describeKind } from "../wire/boot_clients.ts";
import { formatIpv4 } from "../wire/ipv4.ts";
import { Header } from "../wire/message_view.ts";
import { encodeOptionValue } from "../wire/option_values.ts";
import type { Boot, BootpPolicy, NextServer } from "./config.ts";
import { explain, mismatch, pack, quote } from "./explanation.ts";
import { mapSchema, unknownKeyOfScope } from "./schema_parts.ts";
import { ipv4Schema, plainTextSchema } from "./value_schemas.ts";

/** With the NUL that ends it, one octet more has to fit into option 67. */
const FILE_OCTETS_MAX = 254;
const SERVER_NAME_OCTETS_MAX = Header.SNAME_SIZE - 1;

const URL_START = /^https?:\/\/./i;

/** Text of so many octets at most, and of a form. */
function bootTextSchema(what: string, octetsMax: number, form = /^/) {
  return plainTextSchema(what).transform((text, context): Uint8Array => {
    const octets = encodeOptionValue("text", text);
    const { length } = octets;
    if (length <= octetsMax && form.test(text)) return octets;
    const problem = form.test(text)
      ? explain(`${quote(text)} has ${length} octets, and ${what} at most ${octetsMax}`)
      : mismatch(what, text);
    context.issues.push({ code: "custom", message: pack(problem), input: text });
    return z.NEVER;
  });
}

const fileSchema = bootTextSchema("the name of a boot file", FILE_OCTETS_MAX);
const urlSchema = bootTextSchema(
  "a URL like http://192.168.1.2/boot.efi",
  FILE_OCTETS_MAX,
  URL_START,
);

/** A key for each kind: a URL where nothing else is of use to it. */
const kindSchemas = Object.fromEntries(BOOT_KINDS.map((kind) => {
  const isUrl = bootsByHttp(kind);
  const what = `The ${isUrl ? "URL of the boot file" : "boot file"} for ${describeKind(kind)}.`;
  return [kind, (isUrl ? urlSchema : fileSchema).optional().meta({ description: what })];
})) as Readonly<Record<BootKind, z.ZodOptional<typeof fileSchema>>>;

const EXAMPLE = "a map like { bios: undionly.kpxe, next-server: 192.168.1.2 }, or off";

const bootMap = mapSchema(EXAMPLE, {
  "next-server": ipv4Schema.optional().meta({
    description: "The address of the server that has the files (siaddr). This server's own where " +
      "it is left out.",
  }),
  "server-name": bootTextSchema("the name of a server", SERVER_NAME_OCTETS_MAX).optional().meta({
    description: "The name of that server (sname, option 66).",
  }),
  "boot-file": fileSchema.optional().meta({
    description: "The boot file for all that are not named here.",
  }),
  ...kindSchemas,
}, unknownKeyOfScope).transform((parsed): Boot => {
  const { "next-server": address, "server-name": serverName, "boot-file": other } = parsed;
  const files = new Map<BootKind | "other", Uint8Array | null>();
  if (other !== undefined) {
    files.set("other", other);
    const isUrl = URL_START.test(new TextDecoder().decode(other));
    for (const kind of BOOT_KINDS) {
      if (isUrl || !bootsByHttp(kind)) files.set(kind, other);
    }
    // iPXE runs on a machine of some kind, and loads what that loads unless it is named itself.
    files.set("ipxe", null);
  }
  for (const kind of BOOT_KINDS) {
    const file = parsed[kind];
    if (file !== undefined) files.set(kind, file);
  }
  return Object.freeze({
    nextServer: address === undefined ? undefined : nextServer(address),
    serverName,
    files,
  });
});

function nextServer(address: number): NextServer {
  return Object.freeze({ address, text: encodeOptionValue("text", formatIpv4(address)) });
}

/** Nobody boots, whatever the scopes around say. */
const OFF: Boot = Object.freeze({
  nextServer: null,
  serverName: null,
  files: new Map([...BOOT_KINDS, "other" as const].map((kind) => [kind, null])),
});

export const bootSchema = z.union([
  bootMap,
  z.literal(["off", false]).transform((): Boot => OFF),
], { error: ({ input }) => pack(mismatch(EXAMPLE, input)) });

const BOOTP_POLICIES = ["reservations", "dynamic", "off"] as const;

/** Which BOOTP clients get an address. */
export const bootpSchema = z.literal([...BOOTP_POLICIES, false], {
  error: ({ input }) => pack(mismatch(BOOTP_POLICIES.join(", "), input)),
}).transform((policy): BootpPolicy => policy === false ? "off" : policy);
