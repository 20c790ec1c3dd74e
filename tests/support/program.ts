/** Programs under test and the programs they are tested with: started, watched, awaited, bounded. */
import { fileURLToPath } from "node:url";
import { resolve } from "node:path";

/** The root of the checkout. */
export const PROJECT_DIRECTORY = fileURLToPath(new URL("../..", import.meta.url));

/** The program under test: `SUBLET_BIN` when it is set, otherwise the source. */
export function subletCommand(): string[] {
  const binary = Deno.env.get("SUBLET_BIN");
  if (binary) return [resolve(PROJECT_DIRECTORY, binary)];
  return [Deno.execPath(), "run", "-A", resolve(PROJECT_DIRECTORY, "main.ts")];
}

/** How often a condition outside this process is looked at again. */
const POLL_MS = 20;

/**
 * Waits until `probe` gives something, and returns it. The world outside (another process, the
 * kernel) does not run on a virtual clock, so this polls; it is bounded, and says what it lacked.
 */
export async function until<T>(
  what: string,
  timeoutMs: number,
  probe: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  while (true) {
    const found = await probe();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** A running program: everything it says is kept, so that a failing test can show it. */
export class Program {
  readonly pid: number;
  #output = "";
  #code: number | undefined;
  readonly #ended: Promise<void>;
  readonly #drained: Promise<unknown>;

  /** Takes over a child that was spawned with stdout and stderr piped. */
  constructor(readonly label: string, readonly child: Deno.ChildProcess) {
    this.pid = child.pid;
    this.#drained = Promise.all([this.#drain(child.stdout), this.#drain(child.stderr)]);
    this.#ended = child.status.then(({ code }) => {
      this.#code = code;
    });
  }

  /** Everything said so far, stdout and stderr as they came. */
  get output(): string {
    return this.#output;
  }

  /** The exit code, once the program has ended. */
  get code(): number | undefined {
    return this.#code;
  }

  /** Waits for something to be said at or after the offset `from`, and returns what matched. */
  says(pattern: RegExp, timeoutMs = 10_000, from = 0): Promise<RegExpExecArray> {
    return until(`${this.label} to say ${pattern}`, timeoutMs, () => {
      const match = pattern.exec(this.#output.slice(from));
      if (match !== null) return match;
      if (this.#code !== undefined) {
        throw new Error(`${this.label} ended with ${this.#code} before it said ${pattern}`);
      }
      return undefined;
    });
  }

  signal(signal: Deno.Signal): void {
    if (this.#code === undefined) Deno.kill(this.pid, signal);
  }

  /** Waits for the end and returns the exit code; `output` is complete then. */
  async ends(timeoutMs = 10_000): Promise<number> {
    const code = await until(`${this.label} to end`, timeoutMs, () => this.#code);
    await this.#drained;
    return code;
  }

  /**
   * SIGKILL, and waits for the end. Not for the end of its output: processes that it started may
   * still hold the pipe, until they are killed with their namespace.
   */
  async kill(): Promise<void> {
    try {
      this.signal("SIGKILL");
    } catch {
      // It ended by itself just now.
    }
    await this.#ended;
  }

  async #drain(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) this.#output += decoder.decode(chunk, { stream: true });
  }
}
