/** The journal reader under files that people, disks and other programs have been at. */
import assert from "node:assert/strict";
import { type Lease, makeClient } from "../../src/leases/lease.ts";
import {
  decodeLine,
  encodeClockStep,
  encodeHeader,
  encodeLease,
} from "../../src/store/journal_format.ts";
import { replay } from "../../src/store/journal_replay.ts";
import { formatHex } from "../../src/wire/hex.ts";
import { LeaseList } from "../support/lease_list.ts";
import type { Random } from "../support/random.ts";

/** Lines in a file. */
export const LINES_PER_FILE = 200;

/** What stands in a line where something else should. */
const PIECES = [
  ...['"', "\\", "{", "}", "[[[[[[[[", "null", "1e999", "-0", "\\u0000", "\\ud800", "\u{1f600}"],
  ...[
    '"__proto__":{"at":1},',
    '"expires":"infinite"',
    "9999-12-31T23:59:59.999Z",
    "\r",
    "\t",
    "\0",
  ],
  ...['"at":"2026-13-01T00:00:00.000Z"', "256.0.0.1", "::", "00:".repeat(300), "x".repeat(5_000)],
];

const encoder = new TextEncoder();

/** Replays a file that is made of lines with mistakes. Throws when the reader does, or misreads. */
export async function fuzzJournal(random: Random): Promise<void> {
  let text = "";
  for (let i = 0; i < LINES_PER_FILE; i++) {
    text += random.chance(0.6) ? spoil(line(random), random) : line(random);
  }
  const bytes = encoder.encode(text);
  for (let count = random.integer(0, 20); count > 0; count--) {
    bytes[random.integer(0, bytes.length - 1)] = random.integer(0, 255);
  }
  const leases = new LeaseList();
  const contents = await replay(fileOf(bytes, random), bytes.length, leases);
  const newlines = bytes.filter((octet) => octet === 10).length;
  assert.ok(contents.rejected.length <= newlines);
  assert.equal(contents.wholeBytes + contents.tornBytes, bytes.length);
  for (const lease of leases.records()) {
    const text = encodeLease(lease, 0);
    const again = decodeLine(text.trimEnd());
    assert.equal(again.kind === "lease" && encodeLease(again.lease, 0), text);
  }
}

function line(random: Random): string {
  const kind = random.real();
  if (kind < 0.02) return encodeHeader(random.integer(0, 4e12));
  if (kind < 0.04) return encodeClockStep(random.integer(0, 4e12), random.integer(0, 4e12));
  return encodeLease(randomLease(random), 0);
}

function randomLease(random: Random): Lease {
  const octets = (most: number) => formatHex(random.bytes(random.integer(0, most)));
  const client = makeClient(
    random.chance(0.9) ? 1 : random.integer(0, 255),
    octets(16),
    random.chance(0.5) ? octets(255) || undefined : undefined,
  );
  return {
    address: random.integer(0, 0xffff_ffff),
    client,
    state: random.pick(["bound", "released", "declined"]),
    ...(random.chance(0.5) && { hostname: String.fromCharCode(...random.bytes(20)) }),
    updatedAtMs: random.integer(0, 4e12),
    expiresAtMs: random.chance(0.1) ? Infinity : random.integer(0, 4e12),
  };
}

function spoil(text: string, random: Random): string {
  const at = random.integer(0, text.length);
  const to = random.chance(0.5) ? at : Math.min(text.length, at + random.integer(0, 40));
  return text.slice(0, at) + (random.chance(0.7) ? random.pick(PIECES) : "") + text.slice(to);
}

/** A file that hands out its bytes in reads of any length. */
function fileOf(bytes: Uint8Array, random: Random): Parameters<typeof replay>[0] {
  let at = 0;
  const refuse = () => {
    throw new Error("the reader only reads");
  };
  return {
    read(buffer) {
      if (at === bytes.length) return Promise.resolve(null);
      const count = Math.min(buffer.length, bytes.length - at, random.integer(1, 60_000));
      buffer.set(bytes.subarray(at, at += count));
      return Promise.resolve(count);
    },
    write: refuse,
    writeNow: refuse,
    syncData: refuse,
    sync: refuse,
    truncate: refuse,
    lock: refuse,
    close: () => {},
  };
}
