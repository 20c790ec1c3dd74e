/**
 * Asks for a lease again and again until somebody offers one, and prints the wall time of that
 * first OFFER in milliseconds as JSON: how long a server takes to start.
 *
 *     deno run -A scripts/bench/first_answer.ts --server 10.0.0.1 --giaddr 10.0.0.2 --seconds 60
 */
import { parseArgs } from "node:util";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { Messages, OFFER, readAnswer } from "./messages.ts";
import { openRelay } from "./transport.ts";

/** A number that no other client of the benchmarks has. */
const CLIENT = 0x7f00_0000;
const ASK_EVERY_MS = 4;

export interface FirstAnswer {
  /** Wall milliseconds; absent when nobody answered in time. */
  readonly atMs?: number;
}

function main(): void {
  const { values } = parseArgs({
    options: {
      server: { type: "string", default: "" },
      giaddr: { type: "string", default: "" },
      seconds: { type: "string", default: "60" },
    },
  });
  const [server, giaddr] = [parseIpv4(values.server), parseIpv4(values.giaddr)];
  if (server === undefined || giaddr === undefined) throw new Error("--server and --giaddr");
  const relay = openRelay(server, giaddr);
  const messages = new Messages(giaddr, false);
  const endMs = Date.now() + Number(values.seconds) * 1000;
  console.error("asking");
  let atMs: number | undefined;
  for (let xid = 1; atMs === undefined && Date.now() < endMs; xid++) {
    relay.send(messages.discover(xid, CLIENT), new Uint8Array(6), 0);
    relay.flush();
    relay.wait(ASK_EVERY_MS);
    relay.receive((payload) => {
      if (readAnswer(payload).type === OFFER) atMs ??= Date.now();
    });
  }
  console.log(JSON.stringify(atMs === undefined ? {} : { atMs } satisfies FirstAnswer));
}

if (import.meta.main) main();
