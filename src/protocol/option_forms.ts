/** Forms of a value that single clients need, against what the RFCs say of all. */
import type { MessageView } from "../wire/message_view.ts";
import { Option, OPTIONS } from "../wire/option_codes.ts";

/** What a PXE client's vendor class begins with (RFC 4578 §3.1 cites the PXE specification). */
const PXE_CLASS = new TextEncoder().encode("PXEClient");

/** 1 for the options that are text. */
const IS_TEXT = new Uint8Array(256);
for (const { code, kind } of OPTIONS) IS_TEXT[code] = kind === "text" ? 1 : 0;

/**
 * The payload for the client that sent `view`: as configured, or with a NUL behind a text.
 *
 * Texts "SHOULD NOT" have one (RFC 2132 §2). But a client whose own texts end in one reads those
 * that it is sent the same way, and boot code in ROMs reads the name of its server and of its file
 * up to a NUL, whatever it sends: without one they take what follows in the reply for a part of it.
 */
export function formFor(view: MessageView, code: number, payload: Uint8Array): Uint8Array {
  if (IS_TEXT[code] === 0 || payload.at(-1) === 0) return payload;
  const isForBootCode = code === Option.SERVER_NAME || code === Option.BOOT_FILE;
  const wantsNul = view.endsWithNul(Option.HOST_NAME) || view.endsWithNul(Option.VENDOR_CLASS) ||
    (isForBootCode && isPxe(view));
  if (!wantsNul) return payload;
  const terminated = new Uint8Array(payload.length + 1);
  terminated.set(payload);
  return terminated;
}

function isPxe(view: MessageView): boolean {
  const vendorClass = view.option(Option.VENDOR_CLASS);
  return vendorClass !== undefined && PXE_CLASS.every((octet, i) => vendorClass[i] === octet);
}
