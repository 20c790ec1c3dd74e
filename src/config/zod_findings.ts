/** zod's issues as findings: one for each thing that is wrong, where the operator looks for it. */
import type { z } from "zod";
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
  const unknown = issues.filter(({ code }) => code === "unrecognized_keys")
    .map(({ path, message }) => ({ map: path.join("/"), said: unpackAll(message) }));
  return (path) => {
    const [map, key] = [path.slice(0, -1).join("/"), String(path.at(-1))];
    const hints = [didYouMean(key), writeKey(key)];
    return unknown.some((keys) =>
      keys.map === map && keys.said.some(({ hint }) => hint !== undefined && hints.includes(hint))
    );
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
