/** The status endpoint of a running server, which may have to wait for its port. */
import type { StatusAddress } from "../config/config.ts";
import type { Answer, ConnectionLimits } from "./connection.ts";
import { serveStatus, StatusEndpointError, type StatusServer } from "./serve.ts";

type Notify = (level: "info" | "warning", message: string) => void;

export interface StatusEndpoint {
  isListening(): boolean;
  /** To be called now and then: listens, when it does not yet and the port is free by now. */
  tryAgain(): void;
  shutdown(): Promise<void>;
}

/**
 * Serves `answer` at `address`. While another program has the port, which an operator may want to
 * see to without a network that gets no leases, it says so once and waits for `tryAgain`. Throws
 * `StatusEndpointError` for what only another config can mend.
 */
export function openStatusEndpoint(
  answer: Answer,
  address: StatusAddress,
  notify: Notify,
  limits?: ConnectionLimits,
): StatusEndpoint {
  let server: StatusServer | undefined;
  let isShutDown = false;
  const onTrouble = (message: string) => notify("warning", message);

  /** What keeps it from listening; `undefined` when it does. */
  function listen(): StatusEndpointError | undefined {
    try {
      server = serveStatus(answer, address, onTrouble, limits);
      return undefined;
    } catch (error) {
      if (!(error instanceof StatusEndpointError)) throw error;
      return error;
    }
  }

  const obstacle = listen();
  if (obstacle !== undefined) {
    if (!(obstacle.cause instanceof Deno.errors.AddrInUse)) throw obstacle;
    onTrouble(`${obstacle.message}. Leases are given without it, and the port is tried again`);
  }
  return {
    isListening: () => server !== undefined,
    tryAgain() {
      if (server !== undefined || isShutDown || listen() !== undefined) return;
      notify("info", `the status endpoint listens on port ${address.port} now`);
    },
    async shutdown() {
      isShutDown = true;
      await server?.shutdown();
    },
  };
}
