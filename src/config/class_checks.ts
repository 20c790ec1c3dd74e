/** What has to hold between `classes` and the rest of a file. */
import { matchesGlob } from "../wire/glob.ts";
import type { ParsedMatch } from "./class_match_schema.ts";
import type { ParsedClass } from "./class_schema.ts";
import { didYouMean, explain, nearest, quote } from "./explanation.ts";
import { type FilePart, type FileParts, partAt, type Reporter } from "./file_parts.ts";
import { checkPatterns, fitsEverybody } from "./pattern_checks.ts";
import type { Path } from "./problem.ts";
import { checkRoutes, checkScope, type ScopePart } from "./scope_checks.ts";
import { scopeShape } from "./scope_schema.ts";

/** Runs the checks of all classes, and of who names them. */
export function checkClasses(parts: FileParts, reporter: Reporter): void {
  const { classes, interfaces, subnets } = parts;
  const seen = new Map<string, Path>();
  // A class takes away what any place may set; the outermost first, which takes nothing away.
  const around = scopesOutside(parts);
  const { wanted, given } = checkNamesOfClasses(parts, reporter);
  for (const part of classes) {
    const { parsed: { name, match }, pathOf } = part;
    const first = seen.get(name);
    if (first === undefined) seen.set(name, pathOf(["name"]));
    else {
      const said = `the class ${quote(name)} is on ${reporter.placeOf(first)} already`;
      reporter.error(pathOf(["name"]), explain(said));
    }
    checkScope(part, around, reporter);
    checkRoutes([part], reporter);
    checkUse(part, wanted, reporter);
    checkPatterns(pathOf(["match"]), reporter);
    if (match === undefined) checkMembers(part, given, subnets, reporter);
    else if (interfaces?.whole) {
      checkInterfaces(match, interfaces.parsed, (path) => pathOf(["match", ...path]), reporter);
    }
  }
}

/** A class that no client can be in. */
function checkMembers(
  { parsed: { name }, whole, pathOf }: FilePart<ParsedClass>,
  given: ReadonlySet<string>,
  subnets: FileParts["subnets"],
  reporter: Reporter,
): void {
  if (given.has(name) || !whole || !subnets.every((it) => it.whole)) return;
  const said = `nobody is in the class ${
    quote(name)
  }: it has no match, and no reservation names it`;
  reporter.error(pathOf(["name"]), explain(said, `add match: … here, or classes: ${name} there`));
}

/** Names of classes, as other parts of the file have them. */
interface NamedClasses {
  /** Those that pools are for. */
  readonly wanted: ReadonlySet<string>;
  /** Those that reservations put their clients into. */
  readonly given: ReadonlySet<string>;
}

/** Says which names are no classes; returns those that somebody names. */
function checkNamesOfClasses({ classes, subnets }: FileParts, reporter: Reporter): NamedClasses {
  const names = new Set(classes.map(({ parsed }) => parsed.name));
  const denied = new Set(
    classes.filter(({ parsed }) => parsed.deny).map(({ parsed }) => parsed.name),
  );
  const wanted = new Set<string>();
  const given = new Set<string>();
  const checkName = (name: string, path: Path) => {
    if (names.has(name)) return;
    const meant = nearest(name, names);
    const hint = meant === undefined
      ? `add classes: [{ name: ${name}, match: … }]`
      : didYouMean(meant);
    reporter.error(path, explain(`there is no class ${quote(name)}`, hint));
  };
  for (const subnet of subnets) {
    const pools = subnet.parsed.pools.map((pool, i) => partAt(subnet, ["pools", i], pool));
    for (const { parsed: { only }, pathOf } of [subnet, ...pools]) {
      for (const [i, name] of (only ?? []).entries()) {
        wanted.add(name);
        if (denied.has(name)) {
          const said = `clients of the class ${quote(name)} get no answer, and so no address`;
          reporter.warning(pathOf(["only", i]), explain(said, "leave it out, or deny"));
        }
        checkName(name, pathOf(["only", i]));
      }
    }
    for (const [i, { classes: own }] of subnet.parsed.reservations.entries()) {
      for (const [j, name] of (own ?? []).entries()) {
        given.add(name);
        checkName(name, subnet.pathOf(["reservations", i, "classes", j]));
      }
    }
  }
  return { wanted, given };
}

/** A class that makes no difference, and settings that nobody ever hears of. */
function checkUse(
  { parsed, pathOf, whole }: FilePart<ParsedClass>,
  wanted: ReadonlySet<string>,
  reporter: Reporter,
): void {
  const gives = ["limit", ...Object.keys(scopeShape)].filter((key) => Object.hasOwn(parsed, key));
  const { name, deny, match } = parsed;
  if (deny && fitsEverybody(match)) {
    const said = `every client is in the class ${quote(name)}: none gets an answer, save those ` +
      "with a reservation";
    reporter.warning(pathOf(["match"]), explain(said));
  }
  if (deny && match?.reserved === true && Object.keys(match).length === 1) {
    const said = "who has a reservation is answered, though its class is denied";
    reporter.warning(pathOf(["deny"]), explain(said, "write reserved: false to deny all others"));
  }
  if (whole && !deny && gives.length === 0 && !wanted.has(name)) {
    const said = `the class ${quote(name)} makes no difference: it gives nothing, and no pool is ` +
      "for it only";
    reporter.warning(pathOf(["name"]), explain(said));
  }
  if (deny && gives.length > 0) {
    const said = `clients of the class ${quote(name)} get no answer, so nobody is told this`;
    reporter.warning(pathOf([gives[0]!]), explain(said, "leave it out, or deny"));
  }
}

function checkInterfaces(
  { interface: globs, any, all, not }: ParsedMatch,
  served: readonly string[],
  pathOf: (path: Path) => Path,
  reporter: Reporter,
): void {
  const names = served.map((name) => new TextEncoder().encode(name));
  for (const [i, glob] of (globs ?? []).entries()) {
    if (names.some((name) => matchesGlob(glob, name))) continue;
    const path = pathOf(["interface", i]);
    const name = quote(String(reporter.valueAt(path)));
    reporter.error(path, explain(`none of the interfaces is called ${name}`));
  }
  const within = (key: "any" | "all", parts: readonly ParsedMatch[] | undefined) => {
    for (const [i, part] of (parts ?? []).entries()) {
      checkInterfaces(part, served, (path) => pathOf([key, i, ...path]), reporter);
    }
  };
  within("any", any);
  within("all", all);
  if (not !== undefined) {
    checkInterfaces(not, served, (path) => pathOf(["not", ...path]), reporter);
  }
}

function scopesOutside({ defaults, sharedNetworks, subnets }: FileParts): readonly ScopePart[] {
  const pools = subnets.flatMap((subnet) =>
    subnet.parsed.pools.map((pool, i) => partAt(subnet, ["pools", i], pool))
  );
  return [...defaults === undefined ? [] : [defaults], ...sharedNetworks, ...subnets, ...pools];
}
