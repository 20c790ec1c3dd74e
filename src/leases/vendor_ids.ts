/** What a machine's vendor calls it, as keys of one index (RFC 3925). */
import type { VendorId } from "../config/config.ts";
import { formatHex } from "../wire/hex.ts";
import type { MessageView } from "../wire/message_view.ts";
import { OctetReader } from "../wire/octets.ts";
import { Option } from "../wire/option_codes.ts";

/** The key of an identifier; those of equal ones are equal. */
export function vendorKey({ enterprise, code, value }: VendorId): string {
  return `${enterprise}/${code ?? "class"}/${value}`;
}

/**
 * The keys of all that a client's vendor says of it: its vendor classes (option 124, RFC 3925 §3)
 * and the sub-options of option 125 (§4), as far as they are sound.
 */
export function* vendorKeysOf(view: Pick<MessageView, "option">): Generator<string> {
  for (const { enterprise, data } of vendorsIn(view.option(Option.VENDOR_IDENTIFYING_CLASS))) {
    while (data.left > 0) {
      const value = data.counted(1);
      if (data.isSound) yield vendorKey({ enterprise, value: formatHex(value) });
    }
  }
  for (const { enterprise, data } of vendorsIn(view.option(Option.VENDOR_IDENTIFYING_OPTIONS))) {
    while (data.left > 0) {
      const code = data.number(1);
      const value = data.counted(1);
      if (data.isSound) yield vendorKey({ enterprise, code, value: formatHex(value) });
    }
  }
}

/** An enterprise number, the octets of its data, the data; and so on. */
function* vendorsIn(payload: Uint8Array | undefined) {
  if (payload === undefined) return;
  const reader = new OctetReader(payload);
  while (reader.left > 0) {
    const enterprise = reader.number(4);
    const data = reader.counted(1);
    if (reader.isSound) yield { enterprise, data: new OctetReader(data) };
  }
}
