/** One poll over the descriptors of a link. */
import { POLLFD, POLLIN } from "./layouts.ts";
import { type Fd, type NativeBytes, poll, pollAsync } from "./libc.ts";

/**
 * A fixed set of descriptors to wait on: some by number, others by the thing that has them. It is
 * never changed, because a pending poll reads and writes its memory; a new set is made instead.
 */
export class PollSet<Holder extends { readonly fd: Fd }> {
  readonly #fds: readonly Fd[];
  readonly #holders: readonly Holder[];
  readonly #pollfds: NativeBytes;
  readonly #view: DataView;

  constructor(fds: readonly Fd[], holders: Iterable<Holder>) {
    this.#fds = fds;
    this.#holders = [...holders];
    const all = [...fds, ...this.#holders.map(({ fd }) => fd)];
    this.#pollfds = new Uint8Array(new ArrayBuffer(all.length * POLLFD.octets));
    this.#view = new DataView(this.#pollfds.buffer);
    for (const [i, fd] of all.entries()) {
      this.#view.setInt32(i * POLLFD.octets + POLLFD.fd, fd, true);
      this.#view.setInt16(i * POLLFD.octets + POLLFD.events, POLLIN, true);
    }
  }

  /**
   * Resolves when a descriptor is readable or in error or, unless it is negative, `timeoutMs` are
   * over. A signal may end it with none.
   */
  async wait(timeoutMs = -1): Promise<void> {
    const count = this.#fds.length + this.#holders.length;
    const ready = await pollAsync(this.#pollfds, count, timeoutMs);
    if (ready < 0) this.#forgetReady();
  }

  /** Looks without waiting whether a descriptor is readable or in error. */
  look(): boolean {
    const ready = poll(this.#pollfds, this.#fds.length + this.#holders.length, 0);
    if (typeof ready !== "number") this.#forgetReady();
    return typeof ready === "number" && ready > 0;
  }

  /** Whether the last `wait` found the descriptor readable or in error; not so for one of others. */
  isReady(fd: Fd): boolean {
    const index = this.#fds.indexOf(fd);
    return index >= 0 && this.#isReadyAt(index);
  }

  /** The holders found ready, in their order from the `turn`-th on and round. */
  ready(turn: number): Holder[] {
    const count = this.#holders.length;
    const holders: Holder[] = [];
    for (let i = 0; i < count; i++) {
      const at = (turn + i) % count;
      if (this.#isReadyAt(this.#fds.length + at)) holders.push(this.#holders[at]!);
    }
    return holders;
  }

  #isReadyAt(index: number): boolean {
    return this.#view.getInt16(index * POLLFD.octets + POLLFD.revents, true) !== 0;
  }

  /** A failed poll leaves the results of the one before. */
  #forgetReady(): void {
    for (let i = 0; i < this.#fds.length + this.#holders.length; i++) {
      this.#view.setInt16(i * POLLFD.octets + POLLFD.revents, 0, true);
    }
  }
}
