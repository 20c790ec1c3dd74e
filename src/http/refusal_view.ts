/** Who was refused in the last hour, and why, for people and programs. */
import type { Refusal } from "../server/refused_clients.ts";
import type { StatusSource } from "../server/status.ts";
import { approximateDuration } from "../server/approximate_duration.ts";
import { formatWall } from "../store/journal_format.ts";
import { quote, quoteUnlessPlain } from "../wire/escape.ts";
import { formatIpv4 } from "../wire/ipv4.ts";
import type { Instant } from "./lease_view.ts";
import { formatTable } from "./text_table.ts";

/** How many the page for a terminal shows. */
const SHOWN_MAX = 10;

/** A client and why it was refused, in JSON. */
export interface RefusalView {
  readonly mac: string;
  readonly "client-id"?: string;
  readonly hostname?: string;
  readonly interface: string;
  readonly relay?: string;
  /** What it asked last. */
  readonly request: string;
  /** `NAK`, `silence`, or `lost` where the lease could not be written. */
  readonly outcome: string;
  readonly rule: string;
  readonly limit?: string;
  readonly count: number;
  /** ISO 8601 in UTC. */
  readonly "last-seen": string;
}

/** Those of the last hour, the newest first. */
export function listRefusals({ refusals }: StatusSource, now: Instant): readonly RefusalView[] {
  return refusals.list(now.monotonicMs).map(({ event, count, lastAtMs }) => {
    const { client, hostname, relay, limit } = event;
    return {
      mac: client.hardwareAddress,
      ...(client.clientId === undefined ? {} : { "client-id": client.clientId }),
      ...(hostname === undefined ? {} : { hostname }),
      interface: event.interfaceName,
      ...(relay === undefined ? {} : { relay: formatIpv4(relay) }),
      request: event.request,
      outcome: event.outcome,
      rule: event.rule,
      ...(limit === undefined ? {} : { limit }),
      count,
      "last-seen": formatWall(now.wallMs + (lastAtMs - now.monotonicMs)),
    };
  });
}

/** The newest as a table for a terminal; nothing where nobody was refused. */
export function formatRefusals({ refusals }: StatusSource, now: Instant): readonly string[] {
  const all = refusals.list(now.monotonicMs);
  if (all.length === 0) return [];
  const shown = all.slice(0, SHOWN_MAX);
  const more = shown.length < all.length
    ? `${shown.length} of ${all.length}, newest first; /status has more\n`
    : "";
  const rows = shown.map((refusal) => refusalRow(refusal, now));
  const table = formatTable([["refused, last hour", "on", "why", "times", "last"], ...rows], [3]);
  return [more + table];
}

function refusalRow({ event, count, lastAtMs }: Refusal, now: Instant): readonly string[] {
  const { client, hostname, relay, rule, limit } = event;
  const who = client.hardwareAddress === "" ? client.key : client.hardwareAddress;
  const ago = approximateDuration((now.monotonicMs - lastAtMs) / 1000);
  return [
    hostname === undefined ? who : `${who} ${quote(hostname)}`,
    relay === undefined ? quoteUnlessPlain(event.interfaceName) : `relay ${formatIpv4(relay)}`,
    `${event.outcome}: ${rule}${limit === undefined ? "" : `: ${limit}`}`,
    String(count),
    `${ago} ago`,
  ];
}
