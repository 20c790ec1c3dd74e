/** Lines of a journal with and without the check that they carry of themselves. */
import { xxhash32 } from "../../src/wire/xxhash32.ts";

/** The line of an object in JSON, with its check and its newline. */
export function seal(json: string): string {
  const bytes = new TextEncoder().encode(json.slice(0, -1));
  const sum = xxhash32(new DataView(bytes.buffer), 0, bytes.length) >>> 0;
  return `${json.slice(0, -1)},"sum":"${sum.toString(16).padStart(8, "0")}"}\n`;
}

/** Lines as an older version wrote them. */
export function withoutSums(text: string): string {
  return text.replace(/,"sum":"[0-9a-f]{8}"}$/gm, "}");
}
