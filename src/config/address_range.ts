/** Inclusive ranges of addresses. Nothing here counts addresses one by one: a pool may be a /8. */
import { formatIpv4 } from "../wire/ipv4.ts";
import type { AddressRange } from "./config.ts";

/** `192.168.1.100-192.168.1.199`, or the address alone where there is just one. */
export function formatRange({ first, last }: AddressRange): string {
  return first === last ? formatIpv4(first) : `${formatIpv4(first)}-${formatIpv4(last)}`;
}

/** Whether every address of `inner` is in `outer`. */
export function encloses(outer: AddressRange, inner: AddressRange): boolean {
  return outer.first <= inner.first && inner.last <= outer.last;
}

/** Whether the ranges have an address in common. */
export function intersects(a: AddressRange, b: AddressRange): boolean {
  return a.first <= b.last && b.first <= a.last;
}

/** How many addresses the ranges hold, which do not overlap. */
export function countAddresses(ranges: readonly AddressRange[]): number {
  return ranges.reduce((sum, range) => sum + range.last - range.first + 1, 0);
}

/** Addresses of a block, of which the first ends in .0 and the last in .255. */
const BLOCK = 256;

/**
 * The addresses of the ranges that end in .0 or .255. Two for each 256, so there are 131,072 in a
 * /8, the largest subnet that there can be.
 */
export function blockEdges(ranges: readonly AddressRange[]): AddressRange[] {
  const edges: AddressRange[] = [];
  for (const { first, last } of ranges) {
    for (let start = first - first % BLOCK; start <= last; start += BLOCK) {
      for (const edge of [start, start + BLOCK - 1]) {
        if (first <= edge && edge <= last) edges.push({ first: edge, last: edge });
      }
    }
  }
  return edges;
}

/** The ranges by first address; a new array. */
function sortRanges<Range extends AddressRange>(ranges: readonly Range[]): Range[] {
  return [...ranges].sort((a, b) => a.first - b.first || a.last - b.last);
}

/** The same addresses as disjoint ranges, sorted. */
function mergeRanges(ranges: readonly AddressRange[]): AddressRange[] {
  const merged: AddressRange[] = [];
  for (const range of sortRanges(ranges)) {
    const previous = merged.at(-1);
    if (previous === undefined || range.first > previous.last) merged.push(range);
    else if (range.last > previous.last) {
      merged[merged.length - 1] = { first: previous.first, last: range.last };
    }
  }
  return merged;
}

/** What is left of disjoint `ranges` without the `holes`, sorted; time is that of sorting them. */
export function subtractRanges(
  ranges: readonly AddressRange[],
  holes: readonly AddressRange[],
): AddressRange[] {
  const disjointHoles = mergeRanges(holes);
  const left: AddressRange[] = [];
  let nextHole = 0;
  for (const range of sortRanges(ranges)) {
    let first = range.first;
    // A hole that ends before this range ends before all later ones too: never looked at again.
    while (nextHole < disjointHoles.length && disjointHoles[nextHole]!.last < first) nextHole++;
    for (let i = nextHole; i < disjointHoles.length; i++) {
      const hole = disjointHoles[i]!;
      if (hole.first > range.last) break;
      if (hole.first > first) left.push({ first, last: hole.first - 1 });
      first = hole.last + 1;
    }
    if (first <= range.last) left.push({ first, last: range.last });
  }
  return left;
}

/**
 * Pairs of ranges that overlap: every range that overlaps another is in at least one pair, so
 * that n equal ranges give n - 1 pairs and not n².
 */
export function findOverlaps<Range extends AddressRange>(
  ranges: readonly Range[],
): (readonly [Range, Range])[] {
  const pairs: (readonly [Range, Range])[] = [];
  let reach: Range | undefined;
  for (const range of sortRanges(ranges)) {
    if (reach !== undefined && range.first <= reach.last) pairs.push([reach, range]);
    if (reach === undefined || range.last > reach.last) reach = range;
  }
  return pairs;
}
