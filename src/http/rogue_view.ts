/** Other servers on our wires, as people and programs see them. */
import { approximateDuration } from "../server/approximate_duration.ts";
import type { RogueServer } from "../server/rogue_watch.ts";
import { formatWall } from "../store/journal_format.ts";
import { quoteUnlessPlain } from "../wire/escape.ts";
import { formatIpv4 } from "../wire/ipv4.ts";
import type { Instant } from "./lease_view.ts";

/** A server in JSON. */
export interface RogueView {
  /** Its server identifier. */
  readonly server: string;
  readonly mac: string;
  readonly interface: string;
  /** What it last offered; absent where it offers nothing. */
  readonly offered?: string;
  /** ISO 8601 in UTC. */
  readonly "first-seen": string;
  readonly "last-seen": string;
  readonly answers: number;
  /** Whether it still answers. */
  readonly present: boolean;
}

export function viewRogue(server: RogueServer, now: Instant): RogueView {
  const wall = (atMs: number) => formatWall(now.wallMs + (atMs - now.monotonicMs));
  const { offered } = server;
  return {
    server: formatIpv4(server.serverIdentifier),
    mac: server.hardwareAddress,
    interface: server.interfaceName,
    ...(offered === undefined ? {} : { offered: formatIpv4(offered) }),
    "first-seen": wall(server.firstSeenMs),
    "last-seen": wall(server.lastSeenMs),
    answers: server.answers,
    present: server.isPresent,
  };
}

export const ROGUE_COLUMNS = ["other servers", "at", "on", "offers", "last seen"];

/** The server as a row of ROGUE_COLUMNS. */
export function rogueRow(server: RogueServer, now: Instant): string[] {
  const { offered, lastSeenMs } = server;
  return [
    formatIpv4(server.serverIdentifier),
    server.hardwareAddress,
    quoteUnlessPlain(server.interfaceName),
    offered === undefined ? "-" : formatIpv4(offered),
    `${approximateDuration((now.monotonicMs - lastSeenMs) / 1000)} ago`,
  ];
}
