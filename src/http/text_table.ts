/** Tables for a terminal. */

/** Two spaces between columns: one is part of the text in some cells. */
const GAP = "  ";

/**
 * Rows of cells as lines of aligned columns, each line ended by a line feed. Columns named in
 * `rightAligned` (by index) hold numbers. The last column is not padded, so that text of unknown
 * width belongs there.
 */
export function formatTable(
  rows: readonly (readonly string[])[],
  rightAligned: readonly number[] = [],
): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  return rows.map((row) => formatRow(row, widths, rightAligned)).join("");
}

function formatRow(
  row: readonly string[],
  widths: readonly number[],
  rightAligned: readonly number[],
): string {
  const cells = row.map((cell, column) => {
    const width = widths[column]!;
    return rightAligned.includes(column) ? cell.padStart(width) : cell.padEnd(width);
  });
  return cells.join(GAP).trimEnd() + "\n";
}
