/**
 * An array of struct mmsghdr, with a slab of slots that the messages lie in: what recvmmsg fills
 * and sendmmsg sends. Made once and used over and over, so a packet costs no allocation here.
 */
import { IOVEC, MMSGHDR } from "./layouts.ts";
import { addressOf, type NativeBytes } from "./libc.ts";

/** How long the parts of every slot are, in octets; a part of none is left out. */
export interface SlotLayout {
  readonly count: number;
  readonly messageOctets: number;
  readonly nameOctets: number;
  readonly controlOctets: number;
}

/** The array and everything its pointers lead to, which must live as long as it does. */
export interface MessageArray {
  readonly layout: SlotLayout;
  readonly headers: NativeBytes;
  readonly headerView: DataView;
  readonly iovecs: NativeBytes;
  readonly iovecView: DataView;
  /** Slot `i` begins at `i * layout.messageOctets`; likewise in `names` and `controls`. */
  readonly messages: NativeBytes;
  readonly names: NativeBytes;
  readonly nameView: DataView;
  readonly controls: NativeBytes;
  readonly controlView: DataView;
  /** The octets of each slot's message: made once, like everything here. */
  readonly slots: readonly NativeBytes[];
}

/** Allocates the slab and points every header at its slot. */
export function makeMessageArray(layout: SlotLayout): MessageArray {
  const { count } = layout;
  const headers = allocate(count * MMSGHDR.octets);
  const iovecs = allocate(count * IOVEC.octets);
  const messages = allocate(count * layout.messageOctets);
  const names = allocate(count * layout.nameOctets);
  const controls = allocate(count * layout.controlOctets);
  const array: MessageArray = {
    layout,
    headers,
    headerView: new DataView(headers.buffer),
    iovecs,
    iovecView: new DataView(iovecs.buffer),
    messages,
    names,
    nameView: new DataView(names.buffer),
    controls,
    controlView: new DataView(controls.buffer),
    slots: Array.from({ length: count }, (_, slot) => {
      const start = slot * layout.messageOctets;
      return messages.subarray(start, start + layout.messageOctets);
    }),
  };
  for (let slot = 0; slot < count; slot++) pointHeader(array, slot);
  return array;
}

function allocate(octets: number): NativeBytes {
  return new Uint8Array(new ArrayBuffer(octets));
}

function pointHeader(array: MessageArray, slot: number): void {
  const { layout, headerView, iovecView } = array;
  const iovec = slot * IOVEC.octets;
  const message = addressOf(array.messages) + BigInt(slot * layout.messageOctets);
  iovecView.setBigUint64(iovec + IOVEC.base, message, true);

  const header = slot * MMSGHDR.octets;
  headerView.setBigUint64(header + MMSGHDR.iov, addressOf(array.iovecs) + BigInt(iovec), true);
  headerView.setBigUint64(header + MMSGHDR.iovLength, 1n, true);
  if (layout.nameOctets > 0) {
    const name = addressOf(array.names) + BigInt(slot * layout.nameOctets);
    headerView.setBigUint64(header + MMSGHDR.name, name, true);
  }
  if (layout.controlOctets > 0) {
    const control = addressOf(array.controls) + BigInt(slot * layout.controlOctets);
    headerView.setBigUint64(header + MMSGHDR.control, control, true);
  }
  restoreHeader(array, slot);
  setMessageLength(array, slot, layout.messageOctets);
}

/** Sets the fields of a header that recvmmsg overwrites back to the room there is. */
export function restoreHeader(array: MessageArray, slot: number): void {
  const { layout, headerView } = array;
  const header = slot * MMSGHDR.octets;
  headerView.setUint32(header + MMSGHDR.nameLength, layout.nameOctets, true);
  headerView.setUint32(header + MMSGHDR.controlLength, layout.controlOctets, true);
  headerView.setUint32(header + MMSGHDR.flags, 0, true);
}

/** Says how much of a slot is the message to send, or the room to receive one. */
export function setMessageLength(array: MessageArray, slot: number, octets: number): void {
  const offset = slot * IOVEC.octets + IOVEC.length;
  // The upper half of a size_t is never written and stays zero, here and above.
  array.iovecView.setUint32(offset, octets, true);
}

/** The headers from `slot` on, as recvmmsg and sendmmsg take them. */
export function headersFrom(array: MessageArray, slot: number): NativeBytes {
  return slot === 0 ? array.headers : array.headers.subarray(slot * MMSGHDR.octets);
}
