/** Lines of the log as strings, without their line feed. */
import assert from "node:assert/strict";
import type { ServerEvent } from "../../src/server/events.ts";
import { writeHuman, writeJson } from "../../src/server/log_format.ts";
import { Utf8Text } from "../../src/wire/utf8_text.ts";

export function formatHuman(event: ServerEvent, wallMs: number, colour = false): string {
  return lineOf((log) => writeHuman(event, wallMs, colour, log));
}

export function formatJson(event: ServerEvent, wallMs: number): string {
  return lineOf((log) => writeJson(event, wallMs, log));
}

function lineOf(write: (log: Utf8Text) => void): string {
  const log = new Utf8Text();
  write(log);
  const text = new TextDecoder().decode(log.octets());
  assert(text.endsWith("\n"));
  return text.slice(0, -1);
}
