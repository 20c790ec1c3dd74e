/** Typed arrays that grow: the columns of a table, and what stands in order of them. */
export type Column =
  | Uint8Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>;

/**
 * The column with room for so many items, zeros where it had none. The smaller one is gone at once:
 * the garbage collector is in no hurry with large arrays, and a million rows would take twice their
 * memory. New memory is the system's, which commits it page by page when it is first written;
 * `ArrayBuffer.transfer` to a larger one would write all of it.
 */
export function enlarge<Kind extends Column>(column: Kind, length: number): Kind {
  const larger = new (column.constructor as new (length: number) => Kind)(length);
  larger.set(column);
  column.buffer.transfer(0);
  return larger;
}
