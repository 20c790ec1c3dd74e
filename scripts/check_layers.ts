/**
 * Checks that imports between the layers of src/ point one way (ARCHITECTURE.md):
 * `wire <- config <- leases <- protocol <- {store, link} <- names <- server <- http <- cli <- main`.
 */

export interface SourceFile {
  /** From the root of the checkout: `src/wire/ipv4.ts`. */
  readonly path: string;
  readonly text: string;
}

/** A layer may import itself and layers of a lower rank; layers of one rank are strangers. */
const RANKS: ReadonlyMap<string, number> = new Map([
  ["wire", 0],
  ["config", 1],
  ["leases", 2],
  ["protocol", 3],
  ["store", 4],
  ["link", 4],
  ["names", 5],
  ["server", 6],
  ["http", 7],
  ["cli", 8],
  ["main", 9],
]);

/** The engine reads a config and never makes one: for these layers it is a type and no code. */
const CONFIG_AS_TYPE_ONLY: ReadonlySet<string> = new Set(["leases", "protocol"]);

interface Import {
  readonly target: string;
  readonly isTypeOnly: boolean;
  readonly line: number;
}

/**
 * `import … from "x"`, `export … from "x"` and `import "x"`, which deno fmt always starts in the
 * first column, and `import("x")` anywhere.
 */
const STATIC_IMPORT = /^(?:import|export)\s+(type\s)?(?:[\w$*\s{},]+?\sfrom\s+)?"([^"]+)"/gm;
const DYNAMIC_IMPORT = /\bimport\(\s*(type\s)?"([^"]+)"/g;

function readImports(text: string): Import[] {
  return [STATIC_IMPORT, DYNAMIC_IMPORT].flatMap((pattern) =>
    [...text.matchAll(pattern)].map((match) => ({
      target: match[2]!,
      isTypeOnly: match[1] !== undefined,
      line: text.slice(0, match.index).split("\n").length,
    }))
  );
}

/** `src/wire/ipv4.ts` -> `wire`, `main.ts` -> `main`; `undefined` for tests and scripts. */
function layerOf(path: string): string | undefined {
  return path === "main.ts" ? "main" : /^src\/([^/]+)\//.exec(path)?.[1];
}

/** Reads the files of the product: `main.ts` and everything in `src/`, below `root`. */
export async function readSourceFiles(root: string): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  const visit = async (directory: string): Promise<void> => {
    for await (const entry of Deno.readDir(`${root}/${directory}`)) {
      const path = `${directory}/${entry.name}`;
      if (entry.isDirectory) await visit(path);
      else if (path.endsWith(".ts")) files.push({ path, text: await readText(path) });
    }
  };
  const readText = (path: string) => Deno.readTextFile(`${root}/${path}`);
  files.push({ path: "main.ts", text: await readText("main.ts") });
  await visit("src");
  return files.sort((a, b) => a.path < b.path ? -1 : 1);
}

/** Checks the imports of `files`; each problem is `path:line: what is wrong`. */
export function checkLayers(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const layer = layerOf(file.path);
    if (layer === undefined || !RANKS.has(layer)) {
      return [`${file.path}:1: no layer is called ${layer ?? file.path}`];
    }
    return readImports(file.text).flatMap((found) => {
      const problem = judge(file.path, layer, found);
      return problem === undefined ? [] : [`${file.path}:${found.line}: ${problem}`];
    });
  });
}

/** Says what the program is called and which version it is: below every layer. */
const PROJECT_FILE = "deno.json";

/** What is wrong with one import, if anything is. Packages are no layer and always right. */
function judge(path: string, layer: string, found: Import): string | undefined {
  if (!found.target.startsWith(".")) return undefined;
  const targetPath = new URL(found.target, `file:///${path}`).pathname.slice(1);
  if (targetPath === PROJECT_FILE) return undefined;
  const target = layerOf(targetPath);
  const rank = target === undefined ? undefined : RANKS.get(target);
  if (target === undefined || rank === undefined) return `${targetPath} is in no layer`;
  if (target === layer) return undefined;
  if (rank >= RANKS.get(layer)!) return `${layer} must not import ${target}`;
  if (target === "config" && CONFIG_AS_TYPE_ONLY.has(layer) && !found.isTypeOnly) {
    return `${layer} takes config as \`import type\` only`;
  }
  return undefined;
}
