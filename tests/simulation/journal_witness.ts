/** Reads what is safe on the disk, with JSON alone, to say whether a lease is in it. */
import type { FaultyDisk } from "../support/faulty_disk.ts";

/** What an ACK tells its client. */
export interface Promised {
  readonly address: string;
  readonly mac: string;
  readonly clientId: string | undefined;
  readonly leaseSeconds: number;
}

/** How far the journal was on disk at some time. */
export interface Position {
  readonly identity: string | undefined;
  readonly lineCount: number;
}

/** Milliseconds are whole in the journal. */
const TOLERANCE_MS = 2;

interface LeaseLine {
  readonly lineNumber: number;
  readonly mac: unknown;
  readonly clientId: unknown;
  readonly leaseMs: number;
}

export class JournalWitness {
  #identity: string | undefined;
  #octets = 0;
  #lineCount = 0;
  readonly #boundByAddress = new Map<unknown, LeaseLine[]>();

  constructor(private readonly path: string) {}

  /** Reads on to the end of what is safe. */
  read(disk: FaultyDisk): Position {
    const synced = disk.synced(this.path);
    const isAnother = synced?.identity !== this.#identity ||
      (synced?.bytes.length ?? 0) < this.#octets;
    if (isAnother) {
      this.#identity = synced?.identity;
      this.#octets = 0;
      this.#lineCount = 0;
      this.#boundByAddress.clear();
    }
    const tail = synced?.bytes.subarray(this.#octets) ?? new Uint8Array();
    const whole = tail.subarray(0, tail.lastIndexOf(0x0a) + 1);
    this.#octets += whole.length;
    for (const line of new TextDecoder().decode(whole).split("\n").slice(0, -1)) this.#take(line);
    return { identity: this.#identity, lineCount: this.#lineCount };
  }

  /** Whether a line that came after `since` says what an ACK promises. */
  holds({ address, mac, clientId, leaseSeconds }: Promised, since: Position): boolean {
    const fromLine = since.identity === this.#identity ? since.lineCount : 0;
    return (this.#boundByAddress.get(address) ?? []).some((line) =>
      line.lineNumber > fromLine && line.mac === mac && line.clientId === clientId &&
      line.leaseMs >= leaseSeconds * 1000
    );
  }

  /**
   * Whether the last line of the address is that client's, for a lease of so long. Of a client that
   * is known by one of the two, the other may be news that is not written yet.
   */
  endsWith({ address, mac, clientId }: Promised, leaseMs: number): boolean {
    const last = this.#boundByAddress.get(address)?.at(-1);
    if (last === undefined) return false;
    const isSame = last.mac === mac || (clientId !== undefined && last.clientId === clientId);
    return isSame && Math.abs(last.leaseMs - leaseMs) <= TOLERANCE_MS;
  }

  #take(text: string): void {
    this.#lineCount++;
    let line: Record<string, unknown>;
    try {
      line = JSON.parse(text);
    } catch {
      return; // Half a line, of a write that was torn: the next start keeps it aside.
    }
    if (line["state"] !== "bound") return;
    const lines = this.#boundByAddress.get(line["address"]) ?? [];
    const leaseMs = Date.parse(String(line["expires"])) - Date.parse(String(line["at"]));
    const lineNumber = this.#lineCount;
    lines.push({ lineNumber, mac: line["mac"], clientId: line["client-id"], leaseMs });
    this.#boundByAddress.set(line["address"], lines);
  }
}
