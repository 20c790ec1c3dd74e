/** What a machine that boots from the network is told: which file, of which server. */
import type { Boot, NextServer, ScopeSettings } from "../config/config.ts";
import { type BootKind, bootsByHttp, kindOfArchitecture } from "../wire/boot_clients.ts";
import type { MessageView } from "../wire/message_view.ts";
import { Option } from "../wire/option_codes.ts";

/** What the reply to one client says; a client that does not boot may get it as well. */
export interface BootData {
  readonly nextServer: NextServer | undefined;
  readonly serverName: Uint8Array | undefined;
  readonly file: Uint8Array | undefined;
  /** What the client's firmware is; iPXE says that it is PXE. */
  readonly firmware: Firmware | undefined;
}

/** Firmware that says of itself, in option 60, how it boots. */
export type Firmware = "PXE" | "HTTP";

const FIRMWARE: readonly (readonly [Firmware, Uint8Array])[] = [
  ["PXE", new TextEncoder().encode("PXEClient")],
  ["HTTP", new TextEncoder().encode("HTTPClient")],
];

/** How iPXE calls itself in option 77; the length octet is RFC 3004's, which it leaves out. */
const IPXE_USER_CLASSES = ["iPXE", "\x04iPXE"].map((text) => new TextEncoder().encode(text));

/** What the config has for the client; `undefined` where that is nothing. */
export function bootDataFor(
  view: MessageView,
  scopes: readonly ScopeSettings[],
): BootData | undefined {
  if (scopes.every(({ boot }) => boot === undefined)) return undefined;
  const firmware = firmwareOf(view);
  return {
    nextServer: nearest(scopes, (boot) => boot.nextServer),
    serverName: nearest(scopes, (boot) => boot.serverName),
    file: bootFile(view, firmware, scopes),
    firmware,
  };
}

/** The firmware that the client says it is: the text goes on with architecture and version. */
export function firmwareOf(view: MessageView): Firmware | undefined {
  const vendorClass = view.option(Option.VENDOR_CLASS);
  if (vendorClass === undefined) return undefined;
  return FIRMWARE.find(([, text]) => startsWith(vendorClass, text))?.[0];
}

/**
 * The first file that there is for the client: as iPXE, as each architecture that it can run, in
 * its order (RFC 4578 §2.1), or as a client like any other.
 */
function bootFile(
  view: MessageView,
  firmware: Firmware | undefined,
  scopes: readonly ScopeSettings[],
): Uint8Array | undefined {
  if (isIpxe(view)) {
    const file = fileOfKind("ipxe", scopes);
    if (file !== undefined) return file;
  }
  const architectures = view.option(Option.CLIENT_ARCHITECTURE);
  for (let i = 0; architectures !== undefined && i + 1 < architectures.length; i += 2) {
    const kind = kindOfArchitecture((architectures[i]! << 8) | architectures[i + 1]!);
    // A name of a file is no use to firmware that loads URLs, and the other way round.
    if (kind === undefined || bootsByHttp(kind) !== (firmware === "HTTP")) continue;
    const file = fileOfKind(kind, scopes);
    if (file !== undefined) return file;
  }
  if (firmware === "HTTP") return undefined;
  // PXE is older than option 93, and was for one kind of machine then.
  const isOldPxe = firmware === "PXE" && architectures === undefined;
  return fileOfKind(isOldPxe ? "bios" : "other", scopes);
}

/** iPXE names itself in option 77, and has option 175 for what is its own (ipxe.org/howto/dhcpd). */
function isIpxe(view: MessageView): boolean {
  if (view.octets(Option.IPXE) >= 0) return true;
  const userClass = view.option(Option.USER_CLASS);
  return userClass !== undefined &&
    IPXE_USER_CLASSES.some((text) =>
      text.length === userClass.length && startsWith(userClass, text)
    );
}

function fileOfKind(
  kind: BootKind | "other",
  scopes: readonly ScopeSettings[],
): Uint8Array | undefined {
  return nearest(scopes, ({ files }) => files.get(kind));
}

/** What the nearest scope says that says anything of it. */
function nearest<Value>(
  scopes: readonly ScopeSettings[],
  read: (boot: Boot) => Value | null | undefined,
): Value | undefined {
  for (const { boot } of scopes) {
    const value = boot === undefined ? undefined : read(boot);
    if (value !== undefined) return value ?? undefined;
  }
  return undefined;
}

function startsWith(octets: Uint8Array, start: Uint8Array): boolean {
  return octets.length >= start.length && start.every((octet, i) => octets[i] === octet);
}
