/**
 * The status endpoint's socket. Connections are taken by hand and not by Deno.serve, which waits
 * for ever for a head, bounds neither it nor the number of connections, and knows no timeout; nor
 * does the `node:http` of Deno 2.7.
 */
import type { StatusAddress } from "../config/config.ts";
import { type Answer, closeQuietly, type ConnectionLimits, serveConnection } from "./connection.ts";

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

/**
 * Connections at a time. One more, and the oldest is cut: honest requests are answered at once, so
 * what is old waits for a client that does not go on.
 */
export const CONNECTIONS_MAX = 64;

/**
 * The same with those that were cut and are not gone yet, because their last piece is on its way to
 * a reader that stopped reading. At this number nobody is answered until one of them goes.
 */
const SOCKETS_MAX = 2 * CONNECTIONS_MAX;

/** How long until the next try when no connection can be taken, and none of ours is to blame. */
const ACCEPT_AGAIN_MS = 1_000;

/**
 * Serves `answer` at `address`. Throws `StatusEndpointError` when that is not possible. What keeps
 * it from taking connections later (the process may have no more files open) is told to `onTrouble`
 * once, and it goes on: whoever can open connections must not be able to stop the DHCP side.
 */
export function serveStatus(
  answer: Answer,
  address: StatusAddress,
  onTrouble: (message: string) => void,
  limits?: ConnectionLimits,
): StatusServer {
  const listener = listen(address);
  /** In the order of their coming. */
  const connections = new Set<Deno.TcpConn>();
  let socketCount = 0;
  let isStopping = false;

  function cut(connection: Deno.TcpConn): void {
    connections.delete(connection);
    closeQuietly(connection);
  }

  /** Whether there was one. */
  function cutOldest(): boolean {
    const [oldest] = connections;
    if (oldest !== undefined) cut(oldest);
    return oldest !== undefined;
  }

  async function take(connection: Deno.TcpConn): Promise<void> {
    if (socketCount >= SOCKETS_MAX) return closeQuietly(connection);
    if (connections.size >= CONNECTIONS_MAX) cutOldest();
    connections.add(connection);
    socketCount++;
    await serveConnection(connection, answer, limits);
    socketCount--;
    connections.delete(connection);
  }

  async function takeAll(): Promise<void> {
    let isTold = false;
    while (!isStopping) {
      try {
        take(await listener.accept());
      } catch (error) {
        if (isStopping) return;
        if (!isTold) onTrouble(`the status endpoint cannot take a connection: ${error}`);
        isTold = true;
        if (!cutOldest()) await new Promise((resolve) => setTimeout(resolve, ACCEPT_AGAIN_MS));
      }
    }
  }

  const taking = takeAll();
  return {
    port: () => listener.addr.port,
    async shutdown() {
      isStopping = true;
      listener.close();
      // Cut, not drained: a reader that stopped reading must not keep the server from stopping.
      for (const connection of connections) cut(connection);
      await taking;
    },
  };
}

function listen({ hostname, port }: StatusAddress): Deno.TcpListener {
  try {
    return Deno.listen({ hostname, port });
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
