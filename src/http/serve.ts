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

/** Serves `app` at `address`. Throws `StatusEndpointError` when that is not possible. */
export function serveStatus(app: Hono, address: StatusAddress): StatusServer {
  const { hostname, port } = address;
  // Cut, not drained: a reader that stopped reading must not keep the server from stopping.
  const abort = new AbortController();
  try {
    const server = Deno.serve(
      { hostname, port, signal: abort.signal, onListen: () => {} },
      (request) => app.fetch(request),
    );
    return {
      port: () => server.addr.port,
      async shutdown() {
        abort.abort();
        await server.finished;
      },
    };
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
