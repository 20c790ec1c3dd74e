/** Relay agents that are not believed because no subnet lists them: which line is missing. */
import type { Config } from "../config/config.ts";
import type { Decision } from "../protocol/decision.ts";
import type { Request } from "../protocol/request.ts";
import { selectedSubnet } from "../protocol/subnet_selection.ts";
import { formatIpv4 } from "../wire/ipv4.ts";
import type { NoticeEvent } from "./events.ts";

/** Anybody can make up relay agents: so many are told of. */
const TOLD_MAX = 16;

export class RelayAdvice {
  readonly #told = new Set<string>();

  /** What to tell of a relay agent that is not listed, of each once. */
  note(request: Request, { rule }: Decision, config: Config): NoticeEvent | undefined {
    if (rule !== "relay-not-allowed" || request.view.giaddr === 0) return undefined;
    if (this.#told.size >= TOLD_MAX) return undefined;
    const agent = formatIpv4(request.view.giaddr);
    const name = selectedSubnet(config, request)?.name ?? "";
    if (this.#told.has(`${agent} ${name}`)) return undefined;
    this.#told.add(`${agent} ${name}`);
    const message = `a relay agent ${agent} speaks for ${name} and is not listed; ` +
      `if it is yours, add "relays: ${agent}" to that subnet`;
    return { kind: "notice", level: "warning", message };
  }
}
