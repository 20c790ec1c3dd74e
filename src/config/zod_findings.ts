/** zod's issues as findings: one for each thing that is wrong, where the operator looks for it. */
import type * as z from "zod";
import { didYouMean, explain, quote, unpack, unpackAll, writeKey } from "./explanation.ts";
import type { Explanation, Finding, Path } from "./problem.ts";

type Issue = z.core.$ZodIssue;

/** The findings of a parse with `reportInput`, below `base`. */
export function findingsOf(issues: readonly Issue[], base: Path = []): Finding[] {
  const isMisspelt = misspeltKeys(issues);
  return issues.flatMap((issue): Finding[] => {
    // Keys of JSON-like values are never symbols.
    const path = [...base, ...issue.path as (string | number)[]];
    if (issue.code === "unrecognized_keys") {
      const explanations = unpackAll(issue.message);
      return issue.keys.map((key, i) => finding([...path, key], explanations[i]!, "key"));
    }
    const isOfWrongKind = issue.code === "invalid_type" || issue.code === "invalid_union";
    if (isOfWrongKind && issue.input === undefined) {
      // YAML has no value that reads as undefined: the key is not there.
      if (isMisspelt(issue.path)) return [];
      return [finding(path.slice(0, -1), explain(`${quote(String(path.at(-1)))} is missing`))];
    }
    if (issue.code === "invalid_union") {
      const meant = issue.errors.find((branch) => !isOfAnotherKind(branch));
      if (meant !== undefined) return findingsOf(meant, path);
    }
    return [finding(path, unpack(issue.message))];
  });
}

/** Tells whether a key is missing because the unknown one that is there should have been it. */
function misspeltKeys(issues: readonly Issue[]): (path: readonly PropertyKey[]) => boolean {
  const hintsOf = new Map<string, (string | undefined)[]>();
  for (const { code, path, message } of issues) {
    if (code !== "unrecognized_keys") continue;
    hintsOf.set(path.join("/"), unpackAll(message).map(({ hint }) => hint));
  }
  return (path) => {
    const key = String(path.at(-1));
    const hints = hintsOf.get(path.slice(0, -1).join("/")) ?? [];
    return hints.includes(didYouMean(key)) || hints.includes(writeKey(key));
  };
}

function finding(path: Path, said: Explanation, part: Finding["part"] = "value"): Finding {
  return { path, part, severity: "error", ...said };
}

/** Whether a branch of a union turned the whole value down: a list where it wants text. */
function isOfAnotherKind(branch: readonly Issue[]): boolean {
  const [issue] = branch;
  if (issue === undefined || issue.path.length > 0) return false;
  if (issue.code === "invalid_union") return issue.errors.every(isOfAnotherKind);
  return issue.code === "invalid_type" || issue.code === "invalid_value";
}
