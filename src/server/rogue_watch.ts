/**
 * Which other servers give addresses on our wires. Anybody can pose as any number of them, so a few
 * are remembered and told of, and the others only counted.
 */
import type { RogueDetection } from "../config/config.ts";
import type { Link, ServerVoice } from "../link/link.ts";
import { encodeSearch, readSearchAnswer } from "../protocol/server_search.ts";
import type { Clock } from "../store/clock.ts";
import { formatIpv4, type Ipv4 } from "../wire/ipv4.ts";
import type { NoticeEvent } from "./events.ts";

/** Servers that are remembered. */
export const ROGUE_SERVERS_MAX = 16;

/** So many searches in a row that a server does not answer, and it is gone. */
const SILENT_SEARCHES_MAX = 3;

/** A server that answers clients on a wire of ours. */
export interface RogueServer {
  readonly interfaceName: string;
  /** Option 54, or the source of its datagrams. */
  readonly serverIdentifier: Ipv4;
  readonly hardwareAddress: string;
  /** What it last would have given us, if anything. */
  offered: Ipv4 | undefined;
  /** Monotonic milliseconds. */
  readonly firstSeenMs: number;
  lastSeenMs: number;
  answers: number;
  /** False once it has left several searches in a row without an answer. */
  isPresent: boolean;
}

/** Of the parts of a server, those that this one needs. */
interface WatchParts {
  readonly link: Link;
  readonly clock: Clock;
  readonly emit: (event: NoticeEvent) => void;
}

export class RogueWatch {
  /** Of all searches of this server: by it they are known for its own. */
  readonly xid: number;
  readonly #servers: RogueServer[] = [];
  #searchedAtMs = -Infinity;
  #unlistedAnswers = 0;

  constructor(xid: number) {
    this.xid = xid;
  }

  /** The servers that answered, the first one first. */
  get servers(): readonly RogueServer[] {
    return this.#servers;
  }

  /** Answers of servers beyond those that are remembered. */
  get unlistedAnswers(): number {
    return this.#unlistedAnswers;
  }

  /** To be called every few seconds: searches when it is time, and tells who is gone. */
  look(detection: RogueDetection | undefined, { link, clock, emit }: WatchParts): void {
    if (detection === undefined) {
      this.#servers.length = 0;
      link.endSearch();
      return;
    }
    const { xid } = this;
    const intervalMs = detection.intervalSeconds * 1000;
    const nowMs = clock.monotonicMs();
    for (const server of this.#servers) {
      if (!server.isPresent || nowMs - server.lastSeenMs <= SILENT_SEARCHES_MAX * intervalMs) {
        continue;
      }
      server.isPresent = false;
      emit({ kind: "notice", level: "info", message: `${tell(server)} answers no more` });
    }
    if (nowMs - this.#searchedAtMs < intervalMs) return;
    this.#searchedAtMs = nowMs;
    link.search({ xid, encode: (hardwareAddress) => encodeSearch(xid, hardwareAddress) });
  }

  /** Takes in what the link has heard, and tells what is news of it. */
  listen(detection: RogueDetection | undefined, { link, clock, emit }: WatchParts): void {
    for (const voice of link.takeVoices()) {
      if (detection === undefined) return;
      const news = this.#hear(voice, detection, clock.monotonicMs());
      if (news === undefined) continue;
      // This server leaves its own search without an answer, whoever passes it on.
      const isInOurName = link.ownAddresses().has(news.serverIdentifier);
      emit({
        kind: "notice",
        level: isInOurName ? "error" : "warning",
        message: `${tell(news)} answers clients here${isInOurName ? IN_OUR_NAME : ", too"}` +
          (news.offered === undefined ? "" : `, and offers ${formatIpv4(news.offered)}`),
      });
    }
  }

  /** The server that spoke, where that is news. */

  #hear(
    voice: ServerVoice,
    { known }: RogueDetection,
    nowMs: number,
  ): RogueServer | undefined {
    const answer = readSearchAnswer(voice.bytes, voice.source, this.xid);
    if (answer === undefined) return undefined;
    const { serverIdentifier, offered } = answer;
    if (known.has(serverIdentifier)) return undefined;
    const { interfaceName, hardwareAddress } = voice;
    let server = this.#servers.find((it) =>
      it.serverIdentifier === serverIdentifier && it.hardwareAddress === hardwareAddress &&
      it.interfaceName === interfaceName
    );
    const isNews = server?.isPresent !== true;
    if (server === undefined) {
      if (!this.#makeRoom()) {
        this.#unlistedAnswers++;
        return undefined;
      }
      server = {
        ...{ interfaceName, serverIdentifier, hardwareAddress, offered },
        ...{ firstSeenMs: nowMs, lastSeenMs: nowMs, answers: 0, isPresent: true },
      };
      this.#servers.push(server);
    }
    Object.assign(server, { offered, lastSeenMs: nowMs, isPresent: true });
    server.answers++;
    return isNews ? server : undefined;
  }

  /** Whether there is room for one more; a server that is gone makes some. */
  #makeRoom(): boolean {
    if (this.#servers.length < ROGUE_SERVERS_MAX) return true;
    const index = this.#servers.findIndex(({ isPresent }) => !isPresent);
    if (index < 0) return false;
    this.#servers.splice(index, 1);
    return true;
  }
}

const IN_OUR_NAME = " in the name of this one: it has our address, or poses as us";

function tell({ interfaceName, serverIdentifier, hardwareAddress }: RogueServer): string {
  return `${interfaceName}: another DHCP server, ${formatIpv4(serverIdentifier)} at ` +
    hardwareAddress;
}
