/** What has to hold between `names` and the rest of a file. */
import { Option } from "../wire/option_codes.ts";
import { decodeOptionValue } from "../wire/option_values.ts";
import { explain, quote } from "./explanation.ts";
import type { FilePart, Reporter } from "./file_parts.ts";
import { domainOf } from "./names_build.ts";
import type { ParsedNames } from "./names_schema.ts";
import type { Path } from "./problem.ts";
import { effectiveOption, type ScopePart } from "./scope_checks.ts";
import type { ParsedSubnet } from "./subnet_schema.ts";

/**
 * Runs the checks of the names of one subnet. `toldOf` has the places of domain names that were
 * told of already: several subnets may have one in common.
 */
export function checkSubnetNames(
  subnet: FilePart<ParsedSubnet>,
  { parsed: names }: FilePart<ParsedNames | undefined>,
  around: readonly ScopePart[],
  toldOf: Set<string>,
  reporter: Reporter,
): void {
  const own = subnet.parsed.names;
  if (names === undefined) {
    if (own === undefined) return;
    const said = "there is no names for the whole file that this could be an exception to";
    const hint = 'add "names: { domain: home.arpa }"';
    return reporter.error(subnet.pathOf(["names"]), explain(said, hint));
  }
  if (own !== "off" && own?.domain !== undefined) {
    checkZones({ ...names, domain: own.domain }, subnet.pathOf(["names", "domain"]), reporter);
  }
  const option = effectiveOption(Option.DOMAIN_NAME, [subnet, ...around]);
  const domain = domainOf(names, own);
  if (option === undefined || domain === undefined) return;
  const path = option.pathOf([]);
  const place = path.join("/");
  if (!toldOf.has(place)) checkDomainName(option.payload, domain, path, reporter);
  toldOf.add(place);
}

/** What clients are told and what is put into DNS have to be the same. */
function checkDomainName(
  payload: Uint8Array,
  domain: string,
  path: Path,
  reporter: Reporter,
): void {
  const text = decodeOptionValue("text", payload) ?? "";
  if (text.toLowerCase().replace(/\.$/, "") === domain) return;
  const said = `the domain-name ${quote(text)} is not the domain of the clients' names, ` +
    quote(domain);
  reporter.error(path, explain(said, "leave it out: the server makes it from names"));
}

/** Names outside of all zones are never sent, and nobody would notice. */
export function checkZones(
  { domain, "dns-update": update }: ParsedNames,
  path: Path,
  reporter: Reporter,
): void {
  if (update === undefined) return;
  if (update.zones.some((zone) => domain === zone || domain.endsWith(`.${zone}`))) return;
  const said = `${quote(domain)} is in none of the zones of dns-update, so its names are not ` +
    "sent to the name server";
  reporter.warning(path, explain(said));
}
