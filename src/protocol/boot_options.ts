/** The boot data of a reply: the fields of the header, and the options that go with them. */
import type { MessageWriter } from "../wire/message_writer.ts";
import { Option } from "../wire/option_codes.ts";
import type { BootData, Firmware } from "./boot.ts";
import { configuredOption } from "./scopes.ts";
import { formFor } from "./option_forms.ts";
import type { ReplyFacts } from "./reply_options.ts";

/** What an offer for the firmware says in option 60, so that it knows it for one. */
const VENDOR_CLASSES: Readonly<Record<Firmware, Uint8Array>> = {
  PXE: new TextEncoder().encode("PXEClient"),
  HTTP: new TextEncoder().encode("HTTPClient"),
};

/**
 * Option 43 for PXE firmware: PXE_DISCOVERY_CONTROL (6) with bit 3, to load the boot file of this
 * reply with no menu and no search for boot servers (PXE 2.1 §2.2.4); 255 ends it.
 */
const LOAD_AT_ONCE = Uint8Array.of(6, 1, 8, 255);

/** Writes boot data: the fields of the header, and the options that the firmware needs. */
export function bootOptions(facts: ReplyFacts, boot: BootData, writer: MessageWriter): void {
  const { view, messageType, serverIdentifier } = facts;
  const { firmware, nextServer, serverName, file } = boot;
  // A file without a server is on this machine: to some firmware a `siaddr` of zero is no offer.
  if (nextServer !== undefined) writer.nextServer(nextServer.address);
  else if (file !== undefined) writer.nextServer(serverIdentifier);
  if (serverName !== undefined) writer.serverName(serverName);
  const isInHeader = file === undefined || writer.bootFile(file);
  if (messageType === undefined || firmware === undefined && isInHeader) return;

  // RFC 4578 §2.3: option 97 is in "all DHCP and PXE packets sent by PXE-compliant [...] servers".
  const machine = view.option(Option.CLIENT_MACHINE_IDENTIFIER);
  if (machine !== undefined) writer.option(Option.CLIENT_MACHINE_IDENTIFIER, machine);
  vendorOptions(facts, boot, writer);
  // UEFI specification, "HTTP Boot": the URL is in option 67. No network option is asked for by
  // whom another server has told of its network.
  const isAsked = facts.isProxy === true && isRequested(Option.BOOT_FILE, facts);
  if (file !== undefined && (firmware === "HTTP" || !isInHeader || isAsked)) {
    const text = configuredOption(facts.scopes, Option.BOOT_FILE) ?? file;
    writer.option(Option.BOOT_FILE, formFor(view, Option.BOOT_FILE, text));
  }
}

/**
 * Options 60 and 43, in this order. Firmware takes an offer for one of its kind by option 60. HTTP
 * firmware passes over all others. PXE firmware loads the file of any, and one that is marked so
 * and has no option 43 makes it ask port 4011 first: so that is marked which has one.
 */
function vendorOptions(facts: ReplyFacts, boot: BootData, writer: MessageWriter): void {
  const { isProxy = false } = facts;
  const { firmware, file } = boot;
  if (firmware === undefined) return;
  const configured = configuredOption(facts.scopes, Option.VENDOR_OPTIONS);
  if (firmware === "HTTP") {
    if (file !== undefined) writer.option(Option.VENDOR_CLASS, VENDOR_CLASSES.HTTP);
  } else if (isProxy || configured !== undefined) {
    const vendorClass = configuredOption(facts.scopes, Option.VENDOR_CLASS) ?? VENDOR_CLASSES.PXE;
    writer.option(Option.VENDOR_CLASS, vendorClass);
    writer.option(Option.VENDOR_OPTIONS, configured ?? LOAD_AT_ONCE);
  }
}

function isRequested(code: number, { view }: ReplyFacts): boolean {
  return view.option(Option.PARAMETER_REQUEST_LIST)?.includes(code) === true;
}

/** Options 66 and 67 as the boot data has them (RFC 2132 §9.4, §9.5). */
export function bootText(code: number, boot: BootData): Uint8Array | undefined {
  const { nextServer, serverName, file } = boot;
  if (code === Option.BOOT_FILE) return file;
  return code === Option.SERVER_NAME ? serverName ?? nextServer?.text : undefined;
}
