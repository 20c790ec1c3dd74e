/** What the YAML parser turns down, in words for people who do not know the parser's. */
import { type Document, isCollection, isScalar, visit, type YAMLError } from "yaml";
import { explain, quote } from "./explanation.ts";
import type { Explanation } from "./problem.ts";

/** What is wrong, and its offset into the text. */
export type Fault = Explanation & { readonly offset: number };

/** `mac` is the shortest key there is, so that no part of an address is taken for one. */
const KEY = "[a-z][a-z-]{2,}";
const KEY_WITHOUT_COLON = new RegExp(`^(${KEY})(?=[\\s[{"']|$)`);
/** Not the scheme of a URL. */
const KEY_WITHOUT_SPACE = new RegExp(`^(${KEY}:)(?=[^\\s/]|/[^/])`);

/** A line that was to begin a map, were its colon there, or the space after colon or dash. */
const NO_MAP = new RegExp(
  `^(?:-?\\s)*(?:${KEY}(?=\\s+[^\\s#:])|${KEY}:(?=[^\\s/]|/[^/])|-${KEY}:)`,
);

const SAME_COLUMN = "lines that belong together begin in the same column";

/**
 * The one thing to mend first in a text that is not YAML; `undefined` when it is. Where it goes on
 * after that is the parser's guess, so that its other errors are rarely worth reading.
 */
export function findSyntaxFault(text: string, document: Document.Parsed): Fault | undefined {
  const errors = [...document.errors, ...document.warnings];
  // A tab looks like the spaces that it is not: whatever else is said, nobody would see why.
  const first = errors.find(({ code }) => code === "TAB_AS_INDENT") ?? errors[0];
  return first && explainError(first, { text, document, errors });
}

/** What there is to explain an error by. */
interface Source {
  readonly text: string;
  readonly document: Document.Parsed;
  readonly errors: readonly YAMLError[];
}

function explainError(error: YAMLError, source: Source): Fault {
  const { text } = source;
  const [offset, end] = error.pos;
  const here = (message: string, hint?: string) => ({ ...explain(message, hint), offset });
  switch (error.code) {
    case "MULTIPLE_DOCS":
      return here("a second document (---) begins here", "keep just one");
    case "TAB_AS_INDENT":
      return here("a tab is used to indent", "indent with spaces");
    case "TAG_RESOLVE_FAILED":
      return here("tags (!) have no meaning here", "remove the tag");
    case "BAD_SCALAR_START":
      return here(`a value cannot begin with ${quote(text.charAt(offset))}`, "put it in quotes");
    case "BAD_ALIAS":
      return here(`a value cannot begin with ${quote(text.charAt(offset))}`, "put it in quotes");
    case "BAD_DQ_ESCAPE":
      return here("a backslash in double quotes does not stand for itself", "use single quotes");
    case "MULTILINE_IMPLICIT_KEY":
      return explainKey(text, offset);
    case "BLOCK_AS_IMPLICIT_KEY":
      return error.message.startsWith("Nested")
        ? explainKeyInValue(error, source)
        : misfit(text, end);
    case "UNEXPECTED_TOKEN":
      if (error.message.includes("block-seq-ind on same line")) {
        return here(
          "a list cannot begin beside its key",
          "begin it on the next line, or use [a, b]",
        );
      }
      return explainEarlyEnd(source) ?? here(`${quote(text.slice(offset, end))} has no place here`);
    case "BLOCK_IN_FLOW":
      return here("a comma is missing, or a bracket is not closed");
    case "BAD_INDENT":
      return error.message.startsWith("Flow") ? explainOpen(error, source) : misfit(text, offset);
    case "MISSING_CHAR":
      if (error.message.startsWith("Implicit")) return explainKey(text, offset);
      if (error.message.startsWith("Sequence item")) {
        return slipAbove(text, offset) ?? indentedLess(text, offset);
      }
      if (/closing|to end with/.test(error.message)) return explainOpen(error, source);
      if (error.message.startsWith("Missing , ")) {
        return here("a comma is missing before this, or quotes around the whole value");
      }
      break;
  }
  const said = error.message.replaceAll(/\s+/g, " ");
  return here(`this is not YAML: ${said.charAt(0).toLowerCase()}${said.slice(1)}`);
}

/** A first key that is none, or is indented: the parser takes the next one for the end. */
function explainEarlyEnd({ text, document: { contents } }: Source): Fault | undefined {
  const offset = contents?.range[0] ?? 0;
  const isWord = isScalar(contents) && contents.type === "PLAIN";
  if (isWord) return explainKey(text, offset);
  const isIndented = isCollection(contents) && !contents.flow && lineAt(text, offset).column > 0;
  return isIndented ? indentedDeeper(text, offset) : undefined;
}

/** What stands at `offset` in place of a key with its colon. */
function explainKey(text: string, offset: number): Fault {
  const line = text.slice(offset, lineEnd(text, offset));
  const spaceless = KEY_WITHOUT_SPACE.exec(line)?.[1];
  if (spaceless !== undefined) {
    return { ...explain("a space is missing after the colon"), offset: offset + spaceless.length };
  }
  const key = KEY_WITHOUT_COLON.exec(line)?.[1];
  const said = key === undefined
    ? "a key with a colon after it belongs here"
    : `is a colon missing after ${quote(key)}?`;
  return { ...explain(said), offset };
}

/** A key inside what began as the value of another: on the same line, or on a line too deep. */
function explainKeyInValue({ pos: [offset] }: YAMLError, { text, errors }: Source): Fault {
  const lineStart = startOfLine(text, offset);
  const dash = /^\s*-(?=[a-z])/.exec(text.slice(lineStart, offset));
  if (dash !== null) return dashWithoutSpace(lineStart + dash[0].length - 1);
  const key = errors.find(({ code, pos }) =>
    code === "MULTILINE_IMPLICIT_KEY" && pos[0] === offset
  );
  if (key !== undefined) return indentedDeeper(text, key.pos[1]);
  const hint = "put the second on a line of its own, or the value in quotes";
  return { ...explain("there are two keys on this line", hint), offset };
}

/** A bracket or a quote that is not closed: told where it opens, as far as that can be seen. */
function explainOpen({ pos: [offset] }: YAMLError, { text, document }: Source): Fault {
  let open: number | undefined;
  visit(document, (_, node) => {
    if (!isCollection(node) && !isScalar(node) || !node.range) return;
    const [start, end] = node.range;
    const closer = { "[": "]", "{": "}", '"': '"', "'": "'" }[text.charAt(start)];
    const isClosed = end - start > 1 && text.charAt(end - 1) === closer;
    if (closer !== undefined && !isClosed) open = start;
  });
  if (open === undefined) return { ...explain("a bracket or a quote is not closed"), offset };
  return { ...explain(`this ${text.charAt(open)} is not closed`), offset: open };
}

/** A line whose indentation is none that the lines above have room for. */
function misfit(text: string, error: number): Fault {
  // The parser counts the comments and the empty lines before a line to it.
  const offset = startOfLine(text, error) +
    /^(?:[^\S\n]*(?:#.*)?\n)*/.exec(text.slice(startOfLine(text, error)))![0].length;
  const slip = slipAbove(text, offset);
  if (slip !== undefined) return slip;
  const { above } = lineAbove(text, offset);
  const { column } = lineAt(text, offset);
  // The key after a dash is what the next line goes below.
  if (column > /^(-?\s)*/.exec(above)![0].length) return indentedDeeper(text, offset);
  return faultAt(text, offset, "the indentation of this line fits none of the lines above it");
}

/** The last line before that of `offset` which holds something. */
function lineAbove(text: string, offset: number): { readonly above: string; readonly at: number } {
  const lines = text.slice(0, startOfLine(text, offset)).split("\n");
  const i = lines.findLastIndex((line) => /^\s*[^\s#]/.test(line));
  if (i < 0) return { above: "", at: 0 };
  return { above: lines[i]!, at: lines.slice(0, i).join("\n").length + (i > 0 ? 1 : 0) };
}

/** The slip in the line above, which shows only where the next one has nothing to go on with. */
function slipAbove(text: string, offset: number): Fault | undefined {
  const { above, at } = lineAbove(text, offset);
  if (!NO_MAP.test(above)) return undefined;
  const keyAt = at + /^(?:-?\s)*/.exec(above)![0].length;
  return text.charAt(keyAt) === "-" ? dashWithoutSpace(keyAt) : explainKey(text, keyAt);
}

function dashWithoutSpace(offset: number): Fault {
  return { ...explain("a space is missing after the -"), offset: offset + 1 };
}

function indentedDeeper(text: string, offset: number): Fault {
  return faultAt(text, offset, "this line is indented deeper than the ones it belongs to");
}

function indentedLess(text: string, offset: number): Fault {
  return faultAt(text, offset, "this line is indented less than the ones it belongs to");
}

function faultAt(text: string, offset: number, message: string): Fault {
  const { start, column } = lineAt(text, offset);
  return { ...explain(message, SAME_COLUMN), offset: start + column };
}

/** Where the line of an offset begins, and how far it is indented. */
function lineAt(text: string, offset: number): { readonly start: number; readonly column: number } {
  const start = startOfLine(text, offset);
  const line = text.slice(start, lineEnd(text, start));
  return { start, column: line.length - line.trimStart().length };
}

function startOfLine(text: string, offset: number): number {
  return offset === 0 ? 0 : text.lastIndexOf("\n", offset - 1) + 1;
}

function lineEnd(text: string, offset: number): number {
  const end = text.indexOf("\n", offset);
  return end < 0 ? text.length : end;
}
