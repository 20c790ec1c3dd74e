/**
 * A file with one mistake in it is mostly in order, and its other mistakes should be told at once.
 * So what the schema turns down is cut out, and the checks run on the rest.
 */
import type * as z from "zod";
import type { Path } from "./problem.ts";
import { findingsOf } from "./zod_findings.ts";

/** Cutting a key can bring out that it was needed, up to the entry of `subnets`: three levels. */
const CUTS_MAX = 4;

/** What is left of a value, and the way back from it. */
export interface Salvaged<Output> {
  readonly parsed: Output;
  /** The path in the value as it was, of a path in `parsed`. */
  originOf(path: Path): Path;
  readonly whole: boolean;
}

/** For each list that lost items: the indices that those which are left had. */
type Origins = WeakMap<readonly unknown[], readonly number[]>;

/** What to cut out of a value: all of it, or something at some of its keys. */
interface Cut {
  all: boolean;
  readonly below: Map<string, Cut>;
}

/** The value without what the schema turns down; `undefined` when there is no use in the rest. */
export function salvage<Output>(
  schema: z.ZodType<Output>,
  value: unknown,
): Salvaged<Output> | undefined {
  const origins: Origins = new WeakMap();
  let rest = value;
  for (let cuts = 0; cuts <= CUTS_MAX; cuts++) {
    const result = schema.safeParse(rest, { reportInput: true });
    if (result.success) {
      const originOf = (path: Path) => originalPath(rest, path, origins);
      return { parsed: result.data, originOf, whole: cuts === 0 };
    }
    const cut = cutAt(findingsOf(result.error.issues).map(({ path }) => path));
    if (cut.all) return undefined;
    rest = without(rest, cut, origins);
  }
  return undefined;
}

function cutAt(paths: readonly Path[]): Cut {
  const root: Cut = { all: false, below: new Map() };
  for (const path of paths) {
    let cut = root;
    for (const step of path) {
      const next = cut.below.get(String(step)) ?? { all: false, below: new Map() };
      cut.below.set(String(step), next);
      cut = next;
    }
    cut.all = true;
  }
  return root;
}

function without(value: unknown, cut: Cut, origins: Origins): unknown {
  const rest = (item: unknown, step: string) => {
    const deeper = cut.below.get(step);
    return deeper === undefined ? item : without(item, deeper, origins);
  };
  const stays = (step: string) => cut.below.get(step)?.all !== true;
  if (Array.isArray(value)) {
    const indices = value.map((_, i) => i).filter((i) => stays(String(i)));
    const items = indices.map((i) => rest(value[i], String(i)));
    origins.set(items, indices.map((i) => origins.get(value)?.[i] ?? i));
    return items;
  }
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => stays(key));
  return Object.fromEntries(entries.map(([key, item]) => [key, rest(item, key)]));
}

function originalPath(value: unknown, path: Path, origins: Origins): Path {
  let at = value;
  return path.map((step) => {
    if (Array.isArray(at)) {
      const origin = origins.get(at)?.[Number(step)] ?? step;
      at = at[Number(step)];
      return origin;
    }
    // A list may be written as its one item: then the path goes on and the value does not.
    const isMap = typeof at === "object" && at !== null;
    if (isMap && typeof step === "number") return step;
    at = isMap ? Object.getOwnPropertyDescriptor(at, step)?.value : undefined;
    return step;
  });
}
