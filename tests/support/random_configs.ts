/**
 * Configs by chance in which every key of the schema can be. They grow from one that is in order: a
 * key of the schema is put in or left out somewhere, and stays so where the config loads all the
 * same. A key that is new in the schema takes part by itself, once it has a sample here.
 */
import { parse, stringify } from "yaml";
import { renderSchema } from "../../scripts/write_schema.ts";
import { loadConfig } from "../../src/config/load.ts";
import { OPTIONS } from "../../src/wire/option_codes.ts";
import { OWN_SAMPLES, SAMPLES } from "./option_samples.ts";
import { createRandom, type Random } from "./random.ts";

/** As much of JSON Schema as there is in config.schema.json. */
interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly definitions?: Readonly<Record<string, Schema>>;
}

type Value = unknown;
type Map_ = Record<string, Value>;

const ROOT = JSON.parse(renderSchema()) as Schema;

/** A map of the schema that stands in several places of the file counts once, by its name. */
interface Place {
  readonly schema: Schema;
  readonly path: string;
}

/** The schema itself and its alternatives, with references followed. */
function alternatives({ schema, path }: Place): Place[] {
  const named = /^#\/definitions\/(.*)$/.exec(schema.$ref ?? "")?.[1];
  if (named !== undefined) {
    return alternatives({ schema: ROOT.definitions![named]!, path: `#${named}` });
  }
  const branches = [...schema.anyOf ?? [], ...schema.oneOf ?? [], ...schema.allOf ?? []];
  return [
    { schema, path },
    ...branches.flatMap((branch) => alternatives({ schema: branch, path })),
  ];
}

/** The keys of a map, of whichever alternative. */
function keysOf(place: Place): Map<string, Place> {
  const keys = new Map<string, Place>();
  for (const { schema, path } of alternatives(place)) {
    for (const [key, property] of Object.entries(schema.properties ?? {})) {
      if (!keys.has(key)) keys.set(key, { schema: property, path: `${path}.${key}` });
    }
  }
  return keys;
}

const isMap = (value: Value): value is Map_ =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Visits every map of a config beside its schema. */
function visit(value: Value, place: Place, onMap: (map: Map_, keys: Map<string, Place>) => void) {
  if (Array.isArray(value)) {
    const items = alternatives(place)
      .flatMap(({ schema, path }) =>
        schema.items === undefined ? [] : [{ schema: schema.items, path }]
      );
    const merged = { schema: { anyOf: items.map(({ schema }) => schema) }, path: place.path };
    for (const item of value) visit(item, merged, onMap);
  }
  if (!isMap(value)) return;
  const keys = keysOf(place);
  onMap(value, keys);
  for (const [key, inner] of Object.entries(value)) {
    const place = keys.get(key);
    if (place !== undefined) visit(inner, place, onMap);
  }
}

const AT_ROOT: Place = { schema: ROOT, path: "" };

/** All keys of the schema, as paths; those of single options and of values of theirs are apart. */
export function schemaKeys(): Set<string> {
  const keys = new Set<string>();
  const seen = new Set<string>();
  const walk = (place: Place) => {
    for (const { schema, path } of alternatives(place)) {
      if (path.startsWith("#") && schema.properties !== undefined) {
        if (seen.has(path)) continue;
        seen.add(path);
      }
      for (const [key, property] of Object.entries(schema.properties ?? {})) {
        keys.add(`${path}.${key}`);
        walk({ schema: property, path: `${path}.${key}` });
      }
      if (schema.items !== undefined) walk({ schema: schema.items, path });
    }
  };
  walk(AT_ROOT);
  return keys;
}

/** The keys of the schema that a config has. */
export function keysIn(config: Value): Set<string> {
  const found = new Set<string>();
  visit(config, AT_ROOT, (map, keys) => {
    for (const key of Object.keys(map)) found.add(keys.get(key)?.path ?? `? ${key}`);
  });
  return found;
}

/** Values of keys, by their names or paths. Several where several forms are of interest. */
export type Samples = Readonly<Record<string, readonly Value[]>>;

const OPTION_SAMPLES: Samples = Object.fromEntries(
  OPTIONS.map(({ name, kind }) => {
    const [yaml] = OWN_SAMPLES.get(name) ?? SAMPLES[kind];
    return [name, [parse(yaml) as Value]];
  }),
);

/** What config.example.yaml has for a key of that name, whichever form. */
const EXAMPLE_SAMPLES: Samples = (() => {
  const url = new URL("../../config.example.yaml", import.meta.url);
  const found: Record<string, Value[]> = {};
  visit(parse(Deno.readTextFileSync(url)), AT_ROOT, (map) => {
    for (const [key, value] of Object.entries(map)) (found[key] ??= []).push(value);
  });
  return found;
})();

export interface Growth {
  /** A config that is in order, with the parts that keys are put into. */
  readonly seed: string;
  readonly samples: Samples;
  /** Keys of the whole file that no other config may lack, or have otherwise. */
  readonly kept: readonly string[];
}

/** A config in order, as text: by chance, but the same for the same number. */
export function randomConfig(
  { seed, samples, kept }: Growth,
  number: number,
  steps: number,
): string {
  const random = createRandom(number);
  const config = parse(seed) as Map_;
  for (let step = 0; step < steps; step++) {
    const spots: [Map_, string, Place][] = [];
    visit(config, AT_ROOT, (map, keys) => {
      for (const [key, place] of keys) {
        if (map !== config || !kept.includes(key)) spots.push([map, key, place]);
      }
    });
    const [map, key, place] = random.pick(spots);
    const before = map[key];
    const isThere = key in map;
    const all = candidates(key, place, samples, random);
    if (all.length === 0 || (isThere && random.chance(0.7))) delete map[key];
    else map[key] = structuredClone(random.pick(all));
    if (isInOrder(config)) continue;
    if (isThere) map[key] = before;
    else delete map[key];
  }
  return stringify(config);
}

/** Configs that have each key of the schema between them, as far as there are such. */
export function everyKey({ seed, samples }: Growth): string[] {
  const random = createRandom(0);
  const whole = parse(seed) as Map_;
  const configs = [seed];
  const found = keysIn(whole);
  const spots: [Map_, string, Place][] = [];
  visit(whole, AT_ROOT, (map, keys) => {
    for (const [key, place] of keys) spots.push([map, key, place]);
  });
  for (const [map, key, place] of spots) {
    const before = map[key];
    const isThere = key in map;
    for (const sample of candidates(key, place, samples, random)) {
      map[key] = sample;
      const keys = keysIn(whole);
      if (keys.isSubsetOf(found) || !isInOrder(whole)) continue;
      for (const each of keys) found.add(each);
      configs.push(stringify(whole));
    }
    if (isThere) map[key] = before;
    else delete map[key];
  }
  return configs;
}

function isInOrder(config: Value): boolean {
  return "config" in loadConfig(stringify(config), "config.yaml");
}

/**
 * The values that a key may be given; none where the seed alone gives it one. Throws where nobody
 * has thought of the key: then a sample is to be added.
 */
function candidates(key: string, place: Place, samples: Samples, random: Random): readonly Value[] {
  const isOption = /^#(compared-)?options\./.test(place.path);
  const own = samples[place.path] ?? (isOption ? undefined : samples[key]) ??
    samplesLike(place.path) ?? (isOption ? OPTION_SAMPLES[key] ?? [] : EXAMPLE_SAMPLES[key]);
  // Maps that may hold themselves are as the samples have them, and grow from there.
  const isNamed = alternatives(place).some(({ path }) => path.startsWith("#"));
  const keys = isOption || isNamed ? [] : [...keysOf(place)];
  if (own === undefined && keys.length === 0) {
    throw new Error(`no sample of the key ${key} (${place.path})`);
  }
  if (keys.length === 0 || own?.length === 0) return own!;
  // A map of all its keys, and one of some.
  const mapOf = (share: number) =>
    Object.fromEntries(
      keys.filter(() => random.chance(share))
        .map(([name, inner]) => [name, candidates(name, inner, samples, random)] as const)
        .filter(([, values]) => values.length > 0)
        .map(([name, values]) => [name, structuredClone(random.pick(values))]),
    );
  return [...own ?? [], mapOf(1), mapOf(0.3)];
}

const PATTERNS: readonly Value[] = [
  "ab*",
  "00:01",
  { hex: "00:*" },
  { text: "a*" },
  "10.77.0.2",
  1,
];

/** Of many keys that are alike. */
function samplesLike(path: string): readonly Value[] | undefined {
  if (/\.boot\.http-/.test(path)) return ["http://10.77.0.2/c.efi"];
  if (/\.boot\.(?!next-server|server-name)/.test(path)) return ["a.bin"];
  if (/^#match\.option-82\.[^.]+$/.test(path)) return PATTERNS;
  if (!/^#compared-options\.[^.]+$/.test(path)) return undefined;
  const option = OPTION_SAMPLES[path.slice("#compared-options.".length)] ?? [];
  return [...option, ...PATTERNS];
}
