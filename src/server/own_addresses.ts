/** The machine's own addresses: no client is given one of them, whatever the pools say. */
import type { Config } from "../config/config.ts";
import { withholdAddresses } from "../config/withhold.ts";
import { formatIpv4, type Ipv4 } from "../wire/ipv4.ts";
import type { NoticeEvent } from "./events.ts";

export class OwnAddresses {
  #all: ReadonlySet<Ipv4> = new Set();
  /** Those that the config would give away, and that the operator has been told of. */
  #withheld: ReadonlySet<Ipv4> = new Set();

  /** Whether these are the addresses that the config was last cut by. */
  isKnown(addresses: ReadonlySet<Ipv4>): boolean {
    const known = this.#all;
    return addresses === known || (addresses.size === known.size && addresses.isSubsetOf(known));
  }

  /** The config without them. Tells of those that it would give away, of each once. */
  withhold(
    configured: Config,
    addresses: ReadonlySet<Ipv4>,
    emit: (notice: NoticeEvent) => void,
  ): Config {
    this.#all = addresses;
    const { config, withheld } = withholdAddresses(configured, addresses);
    const told = this.#withheld;
    this.#withheld = new Set(withheld);
    for (const address of withheld) if (!told.has(address)) emit(noticeOf(address));
    return config;
  }
}

function noticeOf(address: Ipv4): NoticeEvent {
  const message = `${formatIpv4(address)} is this machine's own address, so no client gets it; ` +
    "leave it out of the pools and reservations";
  return { kind: "notice", level: "warning", message };
}
