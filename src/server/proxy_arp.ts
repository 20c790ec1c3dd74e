/**
 * Routers that answer ARP for every address of their own wire (local proxy ARP, private VLANs):
 * their answers say nothing of who uses an address, and would put the whole pool into quarantine.
 */
import type { Lease } from "../leases/lease.ts";
import type { LeaseTable } from "../leases/lease_table.ts";
import type { Ipv4 } from "../wire/ipv4.ts";
import type { NoticeEvent } from "./events.ts";

/** One after the other, without one that nobody answered for: then it is no accident any more. */
const ANSWERS_IN_A_ROW_MIN = 8;

/** Who has answered for all addresses lately that were probed on one interface. */
interface Run {
  readonly hardwareAddress: string;
  readonly addresses: Set<Ipv4>;
  /** Those that it answered for in vain, and that will be due all the same. */
  readonly passedOver: Set<Ipv4>;
}

export class ProxyArpWatch {
  readonly #runs = new Map<number, Run>();

  /** Whether an answer says nothing, because the same host answers for every address. */
  passesOver(interfaceIndex: number, hardwareAddress: string, address: Ipv4): boolean {
    const run = this.#runs.get(interfaceIndex);
    if (run === undefined || run.hardwareAddress !== hardwareAddress) return false;
    if (run.addresses.size < ANSWERS_IN_A_ROW_MIN) return false;
    run.passedOver.add(address);
    return true;
  }

  /**
   * Takes note of a conflict. When it makes clear that its answers say nothing, the addresses that
   * have been put into quarantine for them, this one included.
   */
  note(
    interfaceIndex: number,
    hardwareAddress: string,
    address: Ipv4,
  ): readonly Ipv4[] | undefined {
    let run = this.#runs.get(interfaceIndex);
    if (run?.hardwareAddress !== hardwareAddress) {
      run = { hardwareAddress, addresses: new Set(), passedOver: new Set() };
      this.#runs.set(interfaceIndex, run);
    }
    run.addresses.add(address);
    return run.addresses.size === ANSWERS_IN_A_ROW_MIN ? [...run.addresses] : undefined;
  }

  /** Takes note of an address that nobody answered for: whoever answered does not for all. */
  noteSilence(interfaceIndex: number, address: Ipv4): void {
    const run = this.#runs.get(interfaceIndex);
    if (run === undefined || run.passedOver.delete(address)) return;
    this.#runs.delete(interfaceIndex);
  }
}

/** The addresses as released, so far as they are in quarantine. */
export function releaseAll(
  addresses: readonly Ipv4[],
  { leases, nowMs }: { readonly leases: LeaseTable; readonly nowMs: number },
): readonly Lease[] {
  return addresses.map((address) => leases.get(address))
    .filter((lease) => lease?.state === "declined")
    .map((lease) => ({ ...lease!, state: "released", updatedAtMs: nowMs, expiresAtMs: nowMs }));
}

/** What the operator should know of such a host. */
export function proxyArpNotice(
  { hardwareAddress }: { readonly hardwareAddress: string },
  interfaceName: string,
): NoticeEvent {
  return {
    kind: "notice",
    level: "warning",
    topic: "proxy-arp",
    message: `${hardwareAddress} answers ARP for every address that is asked for on ` +
      `${interfaceName} (proxy ARP), so its answers are passed over; ` +
      "set conflict-probe: off for the subnets there",
  };
}
