/** The bytes of a file of a `FaultyDisk`, and what a power cut leaves of them. */
import type { Random } from "./random.ts";

/**
 * What a power cut does to what was not synced. `bytes`: all gone; all there; cut somewhere; all
 * there but for zeros where blocks never arrived. `names` (files made, renamed, removed): all
 * undone; all done; some of either.
 */
export interface Loss {
  readonly bytes: "lost" | "kept" | "torn" | "zeroed";
  readonly names: "lost" | "kept" | "some";
}

export interface Inode {
  readonly number: number;
  bytes: Uint8Array;
  synced: Uint8Array;
  /** Ranges that a failed sync has dropped: read back until a crash, never synced. */
  readonly dropped: { from: number; to: number }[];
  /** Bytes before this need no sync, as far as the kernel believes. */
  cleanBytes: number;
}

let inodeCount = 0;

export function newInode(bytes: Uint8Array): Inode {
  return {
    number: ++inodeCount,
    bytes,
    synced: bytes,
    dropped: [],
    cleanBytes: bytes.length,
  };
}

export function withoutDropped(inode: Inode): Uint8Array {
  const bytes = inode.bytes.slice();
  for (const { from, to } of inode.dropped) bytes.fill(0, from, to);
  return bytes;
}

export function survivingBytes(inode: Inode, loss: Loss["bytes"], random: Random): Uint8Array {
  const { synced } = inode;
  const written = withoutDropped(inode);
  const isTruncated = written.length < synced.length;
  if (loss === "lost" || (isTruncated && loss !== "kept" && random.chance(0.5))) return synced;
  if (loss === "kept" || isTruncated) return written;
  const within = () => random.integer(synced.length, written.length);
  if (loss === "torn") return written.slice(0, within());
  const [from, to] = [within(), within()].sort((a, b) => a - b);
  return written.fill(0, from, to);
}

export function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
