/** Lays classes out for the engine: fields by number, and indexes to find the likely classes by. */
import { fixedOctets, type Glob } from "../wire/glob.ts";
import { octetHash } from "../wire/octet_hash.ts";
import type {
  ClassField,
  ClassIndex,
  ClassMatch,
  ClassTest,
  ClientClass,
  ClientClasses,
} from "./client_class.ts";
import { type FieldCondition, fieldConditions, type ParsedMatch } from "./class_match_schema.ts";
import type { ParsedClass } from "./class_schema.ts";
import { settingsOf } from "./scopes.ts";

/** A condition that a client can only meet with a value that begins like this. */
interface Anchor {
  readonly field: number;
  readonly octets: Uint8Array;
  readonly match: ClassMatch;
}

/** Every class of the file; `undefined` where it has none. */
export function buildClasses(
  parsed: readonly ParsedClass[],
  isGivenByReservations: boolean,
): ClientClasses | undefined {
  if (parsed.length === 0) return undefined;
  const fields = new FieldNumbers();
  const indexes = new Map<number, Map<number, ClassTest[]>>();
  const lengths = new Map<number, boolean[]>();
  const unindexed: ClassTest[] = [];
  for (const [index, { match }] of parsed.entries()) {
    if (match === undefined) continue;
    const compiled = compileMatch(match, fields);
    const anchors = anchorsOf(compiled);
    if (anchors === undefined) unindexed.push({ index, match: compiled });
    for (const { field, octets, match } of anchors ?? []) {
      const testsByHash = getOrMake(indexes, field, () => new Map<number, ClassTest[]>());
      getOrMake(testsByHash, octetHash(octets), () => []).push({ index, match });
      getOrMake(lengths, field, () => [])[octets.length] = true;
    }
  }
  const all = Object.freeze(parsed.map(buildClass));
  return Object.freeze({
    all,
    toldByWay: new Map(
      parsed.flatMap(({ name, match }, i) =>
        match !== undefined && looksAtWay(match) ? [[name, i] as const] : []
      ),
    ),
    limited: new Set(all.filter(({ limit }) => limit !== undefined).map(({ name }) => name)),
    fields: fields.all,
    indexes: [...indexes].map(([field, testsByHash]): ClassIndex => ({
      field,
      hasLength: Array.from(lengths.get(field)!, (has) => has === true),
      testsByHash,
    })),
    unindexed,
    readsReservations: isGivenByReservations || fields.all.some(({ kind }) => kind === "reserved"),
  });
}

function buildClass({ name, match: _, deny, limit, ...scope }: ParsedClass): ClientClass {
  return Object.freeze({
    name,
    isDenied: deny,
    ...(limit !== undefined && { limit }),
    ...settingsOf(scope),
  });
}

function looksAtWay({ relay, interface: interfaces, any, all, not }: ParsedMatch): boolean {
  return relay !== undefined || interfaces !== undefined ||
    [...any ?? [], ...all ?? [], ...not === undefined ? [] : [not]].some(looksAtWay);
}

/** Each field once, by a number. */
class FieldNumbers {
  readonly all: ClassField[] = [];
  readonly #numbers = new Map<string, number>();

  of(field: ClassField): number {
    const key = `${field.kind} ${"code" in field ? field.code : ""} ${field.ignoresCase ?? false}`;
    return getOrMake(this.#numbers, key, () => this.all.push(field) - 1);
  }
}

function compileMatch(match: ParsedMatch, fields: FieldNumbers): ClassMatch {
  const parts = fieldConditions(match).map((condition) => compileField(condition, fields));
  if (match.any !== undefined) {
    parts.push({ kind: "any", parts: match.any.map((part) => compileMatch(part, fields)) });
  }
  for (const part of match.all ?? []) parts.push(compileMatch(part, fields));
  if (match.not !== undefined) {
    parts.push({ kind: "not", part: compileMatch(match.not, fields) });
  }
  return parts.length === 1 ? parts[0]! : { kind: "all", parts };
}

function compileField({ field, globs, isNot }: FieldCondition, fields: FieldNumbers): ClassMatch {
  const number = fields.of(field);
  const parts = globs.map((glob): ClassMatch => ({ kind: "field", field: number, glob }));
  const match: ClassMatch = parts.length === 1 ? parts[0]! : { kind: "any", parts };
  return isNot === true ? { kind: "not", part: match } : match;
}

/**
 * Anchors of which one is met by whoever meets the condition; `undefined` where there are none
 * such. Of several conditions that must be met, one anchors all.
 */
function anchorsOf(match: ClassMatch): readonly Anchor[] | undefined {
  switch (match.kind) {
    case "field": {
      const octets = prefixOf(match.glob);
      return octets.length === 0 ? undefined : [{ field: match.field, octets, match }];
    }
    case "any": {
      const anchors = match.parts.map(anchorsOf);
      return anchors.every((it) => it !== undefined) ? anchors.flat() : undefined;
    }
    case "all":
      for (const [i, part] of match.parts.entries()) {
        const others = match.parts.toSpliced(i, 1);
        const anchors = anchorsOf(part);
        if (anchors === undefined) continue;
        return anchors.map((anchor) => ({
          ...anchor,
          match: { kind: "all", parts: [anchor.match, ...others] },
        }));
      }
      return undefined;
    case "not":
      return undefined;
  }
}

function prefixOf(glob: Glob): Uint8Array {
  return glob[0]!.values.subarray(0, fixedOctets(glob));
}

function getOrMake<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
