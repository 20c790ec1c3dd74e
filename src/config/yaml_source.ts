/** YAML text into plain values, each of which can be found again in the text. */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  type YAMLMap,
} from "yaml";
import { explain, quote } from "./explanation.ts";
import type { Finding, Path, PlacedFinding, Position } from "./problem.ts";
import { findForeignLine } from "./foreign_config.ts";
import { explainInvisible, findInvisible } from "./invisible.ts";
import { type Fault, findSyntaxFault } from "./syntax_fault.ts";

/** Far deeper than any config; it bounds the recursion over the tree. */
const NESTING_MAX = 32;
/** Aliases may multiply what they stand for up to this often ("a billion laughs"). */
const ALIAS_EXPANSIONS_MAX = 100;

/** The text as values, if it is YAML. */
export interface YamlSource {
  readonly value: unknown;
  /** Where the value at a path stands, or its key; of what is missing, the map it is missing in. */
  locate(path: Path, part: Finding["part"]): Position;
  /** The value at a path; `undefined` where there is none. */
  valueAt(path: Path): unknown;
  /** What is wrong with the text though its values can be told: keys that are there twice. */
  readonly faults: readonly PlacedFinding[];
}

/** The text is not YAML with text as keys, so that nothing can be said about its values. */
export interface NotYaml {
  readonly faults: readonly PlacedFinding[];
}

const QUOTES = "put it in quotes to make it text";

// deno-lint-ignore no-control-regex -- YAML 1.2 §5.1: what a text file does not hold
const NOT_TEXT = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/;

/** One of them is in every config: without them, the file may be another program's. */
const OUR_KEYS = ["interfaces", "subnets"];
const OUR_LINE = /^(?:interfaces|subnets)\s*:/m;

/** Reads YAML 1.2, where `off` and `no` are text and `0777` is no octal number. Never throws. */
export function readYaml(text: string): YamlSource | NotYaml {
  const source = text.startsWith("\uFEFF") ? text.slice(1) : text;
  const lines = lineStarts(source);
  const place = ({ offset, ...explanation }: Fault): PlacedFinding => ({
    ...positionAt(lines, offset),
    ...explanation,
    severity: "error",
  });

  const document = parseDocument(source, {
    prettyErrors: false,
    schema: "core",
    resolveKnownTags: false,
    // checkKeys finds them in linear time, and says where the first one is.
    uniqueKeys: false,
  });
  const strange = NOT_TEXT.exec(source);
  if (strange !== null) {
    const code = strange[0].charCodeAt(0).toString(16).padStart(4, "0");
    const said = explain(`the control character U+${code} has no place in a text file`);
    return { faults: [place({ ...said, offset: strange.index })] };
  }
  const syntaxFault = findSyntaxFault(source, document);
  const { contents } = document;
  if (syntaxFault !== undefined) return { faults: faultsOfNoYaml(source, syntaxFault).map(place) };
  if (!isMap(contents) || !OUR_KEYS.some((key) => contents.has(key))) {
    const foreign = findForeignLine(source);
    if (foreign !== undefined) return { faults: [place(foreign)] };
  }
  if (contents === null || (isScalar(contents) && contents.value === null)) {
    const hint = "`sublet init` prints one to begin with";
    return { faults: [place({ ...explain("there is no config in the file", hint), offset: 0 })] };
  }

  const tree: Tree = { lines, anchors: new Set(), blocking: [], duplicates: [] };
  checkTree(contents, 0, tree);
  if (tree.blocking.length > 0 || tree.hasUnseen) {
    return {
      faults: [...tree.blocking, ...tree.hasUnseen ? findInvisible(source) : []].map(place),
    };
  }
  try {
    const value: unknown = document.toJS({ maxAliasCount: ALIAS_EXPANSIONS_MAX });
    return {
      value,
      locate: (path, part) => positionAt(lines, offsetOf(document, path, part)),
      valueAt: (path) => path.reduce(valueIn, value),
      faults: tree.duplicates.map(place),
    };
  } catch (error) {
    // The one thing left that toJS refuses: aliases that expand to more than ALIAS_EXPANSIONS_MAX.
    if (!(error instanceof ReferenceError)) throw error;
    const said = explain("the aliases (*) of this file stand for too much", "write it out");
    return { faults: [place({ ...said, offset: tree.firstAlias ?? 0 })] };
  }
}

/** A step along a path; of a list that is written as its one item, the item. */
function valueIn(value: unknown, step: string | number): unknown {
  if (Array.isArray(value)) return value[Number(step)];
  if (typeof step === "number") return value;
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
  return (value as Record<string, unknown>)[step];
}

/** Where each line begins. The parser's own LineCounter misses line feeds in what is not YAML. */
function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

function positionAt(lines: readonly number[], offset: number): Position {
  let line = 0;
  let end = lines.length;
  while (end - line > 1) {
    const middle = (line + end) >>> 1;
    if (lines[middle]! <= offset) line = middle;
    else end = middle;
  }
  return { line: line + 1, column: offset - lines[line]! + 1 };
}

/** What `checkTree` has come upon so far. */
interface Tree {
  readonly lines: readonly number[];
  readonly anchors: Set<string>;
  /** Faults after which the values cannot be told. */
  readonly blocking: Fault[];
  readonly duplicates: Fault[];
  firstAlias?: number;
  /** Whether a key has a character that nobody sees: then there may be more of them. */
  hasUnseen?: true;
}

/** What is told of a text that is not YAML: as often, because it is none of ours in whole or part. */
function faultsOfNoYaml(text: string, syntaxFault: Fault): Fault[] {
  const foreign = findForeignLine(text);
  if (foreign !== undefined && !OUR_LINE.test(text)) return [foreign];
  const unseen = findInvisible(text);
  const faults = unseen.length > 0 ? unseen : [syntaxFault];
  if (foreign === undefined) return faults;
  // What is wrong from the first strange line on follows from that.
  return [...faults.filter(({ offset }) => offset < foreign.offset), foreign];
}

/** Looks for what YAML allows and a config has no use for, in the order of the text. */
function checkTree(node: unknown, depth: number, tree: Tree): void {
  if (isAlias(node)) {
    const offset = offsetOfNode(node);
    tree.firstAlias ??= offset;
    if (!tree.anchors.has(node.source)) {
      const said = explain(
        `the alias *${node.source} has no anchor &${node.source} before it`,
        QUOTES,
      );
      tree.blocking.push({ ...said, offset });
    }
    return;
  }
  if (isScalar(node) || isMap(node) || isSeq(node)) {
    if (node.anchor !== undefined) tree.anchors.add(node.anchor);
  }
  if (!isMap(node) && !isSeq(node)) return;
  if (depth === NESTING_MAX) {
    tree.blocking.push({ ...explain("this is nested too deeply"), offset: offsetOfNode(node) });
    return;
  }
  if (isMap(node)) checkKeys(node, tree);
  for (const item of node.items) {
    checkTree(isMap(node) ? (item as Pair).value : item, depth + 1, tree);
  }
}

/** Every key is there once, and is text (or a number, which is read as text). */
function checkKeys(map: YAMLMap, tree: Tree): void {
  const offsets = new Map<string, number>();
  for (const { key } of map.items) {
    const offset = offsetOfNode(key);
    if (!isScalar(key) || key.value === null) {
      tree.blocking.push({ ...explain("a key has to be a word"), offset });
      continue;
    }
    const name = String(key.value);
    const unseen = explainInvisible(name);
    if (unseen !== undefined) {
      tree.hasUnseen = true;
      // What is not in quotes, the search through the text finds.
      const { message, hint } = unseen;
      if (key.type !== "PLAIN") tree.blocking.push({ ...explain(message, hint), offset });
      continue;
    }
    const first = offsets.get(name);
    if (first === undefined) {
      offsets.set(name, offset);
      continue;
    }
    const { line } = positionAt(tree.lines, first);
    tree.duplicates.push({
      ...explain(`the key ${quote(name)} is here already, on line ${line}`),
      offset,
    });
  }
}

/** Where a node begins; every node that the parser makes has a range. */
function offsetOfNode(node: unknown): number {
  return (node as Node | null)?.range?.[0] ?? 0;
}

/** The entries of maps by their keys, made when a map is first asked for one. */
const pairs = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();

function pairsOf(map: YAMLMap): ReadonlyMap<string, Pair> {
  let found = pairs.get(map);
  if (found === undefined) {
    // Of a key that is there twice, the last value counts.
    found = new Map(map.items.map((it) => [String((it.key as Scalar).value), it]));
    pairs.set(map, found);
  }
  return found;
}

/** Where the value at a path begins, or its key; as far along the path as there are values. */
function offsetOf(document: Document.Parsed, path: Path, part: Finding["part"]): number {
  let node: unknown = document.contents;
  let offset = offsetOfNode(node);
  for (const [i, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    if (isSeq(node)) {
      node = node.items[Number(step)];
    } else if (isMap(node) && typeof step === "number") {
      // A list written as its one item, a map.
      continue;
    } else if (isMap(node)) {
      const pair = pairsOf(node).get(step as string);
      if (pair === undefined) return offset;
      if (part === "key" && i === path.length - 1) return offsetOfNode(pair.key);
      node = pair.value;
    } else {
      // A list written as its one item: the item is the value.
      return offset;
    }
    if (node === undefined || node === null) return offset;
    offset = offsetOfNode(node);
  }
  return offset;
}
