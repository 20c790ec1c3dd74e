/** The status endpoint's socket. */
import type { Hono } from "hono";
import type { StatusAddress } from "../config/config.ts";

/** The status endpoint cannot listen where the config says. */
export class StatusEndpointError extends Error {
  override readonly name = "StatusEndpointError";
  readonly exitCode = 74;
}

export interface StatusServer {
  /** The port it listens on: the one asked for, or the one given for port 0. */
  port(): number;
  /** Stops listening and cuts the connections there are. */
  shutdown(): Promise<void>;
}

/** How long after it broke down the endpoint listens again. */
const LISTEN_AGAIN_MS = 5_000;

/**
 * Serves `app` at `address`. Throws `StatusEndpointError` when that is not possible. What breaks
 * it later (more connections than the process may have open) is told to `onTrouble`, and it
 * listens again: whoever can open connections must not be able to stop the DHCP side.
 */
export function serveStatus(
  app: Hono,
  address: StatusAddress,
  onTrouble: (message: string) => void,
): StatusServer {
  // Cut, not drained: a reader that stopped reading must not keep the server from stopping.
  const abort = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** What has been said of the trouble there is now. */
  let told: string | undefined;
  let server = listen(app, address, abort.signal);
  watch();

  function watch(): void {
    server.finished.catch((cause) => breakDown(`the status endpoint broke down: ${cause}`));
  }

  function breakDown(message: string): void {
    if (abort.signal.aborted) return;
    if (message !== told) {
      onTrouble(`${message}; it tries again every ${LISTEN_AGAIN_MS / 1_000} s`);
    }
    told = message;
    timer = setTimeout(listenAgain, LISTEN_AGAIN_MS);
  }

  function listenAgain(): void {
    try {
      server = listen(app, address, abort.signal);
      told = undefined;
      watch();
    } catch (error) {
      if (!(error instanceof StatusEndpointError)) throw error;
      breakDown(error.message);
    }
  }

  return {
    port: () => server.addr.port,
    async shutdown() {
      abort.abort();
      clearTimeout(timer);
      await server.finished.catch(() => {});
    },
  };
}

function listen(
  app: Hono,
  { hostname, port }: StatusAddress,
  signal: AbortSignal,
): Deno.HttpServer<Deno.NetAddr> {
  try {
    return Deno.serve(
      { hostname, port, signal, onListen: () => {} },
      (request) => app.fetch(request),
    );
  } catch (cause) {
    const shown = hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
    throw new StatusEndpointError(
      `the status endpoint cannot listen on ${shown}: ${reasonOf(cause)}`,
      { cause },
    );
  }
}

function reasonOf(cause: unknown): string {
  if (cause instanceof Deno.errors.AddrInUse) {
    return "another program does. Change `status: { listen: … }` in the config, or set " +
      "`status: off`";
  }
  if (cause instanceof Deno.errors.AddrNotAvailable) {
    return "this machine does not have that address. Change `status: { listen: … }` in the config";
  }
  if (cause instanceof Deno.errors.PermissionDenied) {
    return "ports below 1024 are for root. Change `status: { listen: … }` in the config";
  }
  return cause instanceof Error ? cause.message : String(cause);
}
