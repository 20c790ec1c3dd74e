/**
 * The check that each line of the journal carries of itself: its last field,
 *
 *     …,"sum":"1a2b3c4d"}
 *
 * is the xxHash32 of the octets before the comma. A line without it was written by an older version
 * or by hand, and is taken as it is. What nearly has the form of the field is a field that was
 * damaged, and no line without one.
 */
import { Utf8Text } from "../wire/utf8_text.ts";
import { xxhash32 } from "../wire/xxhash32.ts";

/** What stands before the eight digits, and after them. */
export const SUM_BEGINNING = ',"sum":"';
export const SUM_END = '"}';
export const SUM_DIGITS = 8;
const SUM_OCTETS = SUM_BEGINNING.length + SUM_DIGITS + SUM_END.length;

/** One damaged octet in the field's name or marks. */
const DAMAGED_OCTETS_MAX = 1;

/** How each line of a lease or a clock begins; no text in JSON can have it, which escapes quotes. */
const LINE_BEGINNING = '{"at":"';

export type SumState =
  /** The line is as it was written. */
  | "right"
  /** It is not. */
  | "wrong"
  | "none";

/** Ends the line that begins at `start` in a text, of which all but the closing brace is there. */
export function appendSum(text: Utf8Text, start: number): void {
  const sum = text.hashFrom(start);
  text.append(SUM_BEGINNING);
  text.appendHex32(sum);
  text.append(`${SUM_END}\n`);
}

/** The line of an object, with its check and its newline. */
export function sealLine(fields: Readonly<Record<string, unknown>>): string {
  const text = new Utf8Text();
  text.append(JSON.stringify(fields).slice(0, -1));
  appendSum(text, 0);
  return decoder.decode(text.octets());
}

/** Whether a line, given without its newline, is as it was written. White space around is none. */
export function checkSum(octets: Uint8Array): SumState {
  let [start, end] = [0, octets.length];
  while (start < end && isSpace(octets[start]!)) start++;
  while (start < end && isSpace(octets[end - 1]!)) end--;
  return checkPart(octets, start, end);
}

function checkPart(octets: Uint8Array, start: number, end: number): SumState {
  const at = end - SUM_OCTETS;
  if (at <= start) return "none";
  const differing = differences(octets, at, SUM_BEGINNING) +
    differences(octets, end - SUM_END.length, SUM_END);
  if (differing > DAMAGED_OCTETS_MAX) return "none";
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  const sum = (xxhash32(view, start, at) >>> 0).toString(16).padStart(SUM_DIGITS, "0");
  const isRight = differing === 0 && differences(octets, at + SUM_BEGINNING.length, sum) === 0;
  return isRight ? "right" : "wrong";
}

function differences(octets: Uint8Array, at: number, text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) if (octets[at + i] !== text.charCodeAt(i)) count++;
  return count;
}

/**
 * The lines within a line that are as they were written: where a newline was damaged, two of them
 * are one line, and a line that is good has something behind it. Each is given without its newline.
 */
export function wholeLinesIn(octets: Uint8Array): Uint8Array[] {
  if (octets.length <= SUM_OCTETS) return [];
  const text = octetDecoder.decode(octets);
  const lines: Uint8Array[] = [];
  for (let start = 0; start < text.length;) {
    const next = text.indexOf(LINE_BEGINNING, start + 1);
    const stop = next < 0 ? text.length : next;
    const end = text.lastIndexOf(SUM_END, stop) + SUM_END.length;
    if (end <= stop && checkPart(octets, start, end) === "right") {
      lines.push(octets.subarray(start, end));
    }
    start = stop;
  }
  return lines;
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
/** A character for each octet. */
const octetDecoder = new TextDecoder("latin1");

const SPACES = [0x20, 0x09, 0x0a, 0x0d];

function isSpace(octet: number): boolean {
  return SPACES.includes(octet);
}
