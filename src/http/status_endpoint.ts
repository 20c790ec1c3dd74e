/** The status endpoint of a running server, which may have to wait for its port. */
import type { StatusAddress } from "../config/config.ts";
import type { Answer, ConnectionLimits } from "./connection.ts";
import { serveStatus, StatusEndpointError, type StatusServer } from "./serve.ts";

type Notify = (level: "info" | "warning", message: string) => void;

export interface StatusService {
  isListening(): boolean;
  /** To be called now and then: listens, when it does not yet and the port is free by now. */
  tryAgain(): void;
  shutdown(): Promise<void>;
}

/**
 * Serves `answer` at `address`. While another program has the port, which an operator may want to
 * see to without a network that gets no leases, it says so, once for each reason, and waits for
 * `tryAgain`. Throws `StatusEndpointError` for what only another config can mend.
 */
export function openStatusEndpoint(
  answer: Answer,
  address: StatusAddress,
  notify: Notify,
  limits?: ConnectionLimits,
): StatusService {
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

  let told = "";
  function tell(obstacle: StatusEndpointError): void {
    if (obstacle.message === told) return;
    told = obstacle.message;
    onTrouble(`${told}. Leases are given without it, and the port is tried again`);
  }

  const obstacle = listen();
  if (obstacle !== undefined) {
    if (!(obstacle.cause instanceof Deno.errors.AddrInUse)) throw obstacle;
    tell(obstacle);
  }
  return {
    isListening: () => server !== undefined,
    tryAgain() {
      if (server !== undefined || isShutDown) return;
      const obstacle = listen();
      if (obstacle !== undefined) return tell(obstacle);
      notify("info", `the status endpoint listens on port ${address.port} now`);
    },
    async shutdown() {
      isShutDown = true;
      await server?.shutdown();
    },
  };
}
