/** What has to hold between `names` and the rest of a file. */
import { qualifyName, RESERVED_LABELS } from "../wire/host_label.ts";
import { Option } from "../wire/option_codes.ts";
import { decodeOptionValue } from "../wire/option_values.ts";
import { explain, quote } from "./explanation.ts";
import type { FilePart, Reporter } from "./file_parts.ts";
import { domainOf } from "./names_build.ts";
import type { ParsedNames } from "./names_schema.ts";
import type { Path } from "./problem.ts";
import { type ParsedReservation, reservationIdentityKeys } from "./reservation_schema.ts";
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
    const said = "the whole file has no `names` that this could be an exception to";
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

/** Whom the reservations give a name to: one machine, though it may have one on several subnets. */
export function checkHostnames(
  subnets: readonly FilePart<ParsedSubnet>[],
  names: ParsedNames,
  reporter: Reporter,
): void {
  const seen = new Map<string, { readonly who: string; readonly path: Path }>();
  for (const { parsed, pathOf } of subnets) {
    const domain = domainOf(names, parsed.names);
    if (domain === undefined) continue;
    for (const [i, reservation] of parsed.reservations.entries()) {
      const { hostname } = reservation;
      if (hostname === undefined) continue;
      const path = pathOf(["reservations", i, "hostname"]);
      const who = identityOf(reservation);
      const name = qualifyName(hostname, domain);
      const first = seen.get(name);
      if (first === undefined) {
        seen.set(name, { who, path });
        warnOfLookedUp(hostname, path, reporter);
      } else if (first.who !== who) {
        const said = `hostname ${hostname} has a reservation on ${
          reporter.placeOf(first.path)
        } already`;
        reporter.error(path, explain(said, `both would be ${name} in DNS`));
      }
    }
  }
}

function identityOf(reservation: ParsedReservation): string {
  const parts = Object.entries(reservation);
  return JSON.stringify(parts.filter(([key]) => reservationIdentityKeys.includes(key)).sort());
}

/** It may be meant: the machine that has the proxy's configuration. */
function warnOfLookedUp(hostname: string, path: Path, reporter: Reporter): void {
  const label = hostname.toLowerCase().split(".", 1)[0]!;
  if (!RESERVED_LABELS.includes(label)) return;
  const said = `programs look ${quote(label)} up by themselves: this machine gets what they send`;
  reporter.warning(path, explain(said));
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
