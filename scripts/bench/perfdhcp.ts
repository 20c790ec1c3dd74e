/** Load from Kea's own generator, to hold ours against. */
import type { Lab } from "./lab.ts";
import { CLIENT_INTERFACE, SERVER_ADDRESS } from "./lab.ts";
import { startAnswering, USUAL_NETWORK } from "./measurements.ts";
import type { Sample } from "./results.ts";
import type { ServerKind } from "./servers.ts";

/** Below what any of the servers measured with it can do, and far below its own limit. */
const RATE = 1_000;
const CLIENTS = 50_000;
const START_SECONDS_MAX = 20;

/** Its clients come through a relay agent, as it has it. */
export async function measurePerfdhcp(
  lab: Lab,
  kind: ServerKind,
  seconds: number,
): Promise<Sample> {
  await using _ = await startAnswering(lab, kind, { network: USUAL_NETWORK }, START_SECONDS_MAX);
  const child = lab.startClient([
    ...["timeout", `${seconds + 10}`, "perfdhcp", "-4", "-g", "single", "-l", CLIENT_INTERFACE],
    ...["-r", `${RATE}`, "-R", `${CLIENTS}`, "-p", `${seconds}`, SERVER_ADDRESS],
  ]);
  const { stdout } = await child.output();
  const values = readPerfdhcp(new TextDecoder().decode(stdout));
  return { measure: "perfdhcp", server: kind.id, at: RATE, values };
}

/** What perfdhcp says at its end: of the exchange as a whole, and of each of its halves. */
export function readPerfdhcp(said: string): Record<string, number> {
  const numbers = (pattern: RegExp) => [...said.matchAll(pattern)].map((match) => Number(match[1]));
  const [rate] = numbers(/^Rate: ([\d.e+]+) 4-way exchanges\/second/gm);
  const [offerLoss, ackLoss] = numbers(/^drops ratio: ([\d.]+) ?%/gm);
  const [offerMs, ackMs] = numbers(/^avg delay: ([\d.]+) ms/gm);
  return {
    rate: rate ?? NaN,
    lossPercent: Math.max(offerLoss ?? NaN, ackLoss ?? NaN),
    offerMeanMs: offerMs ?? NaN,
    ackMeanMs: ackMs ?? NaN,
  };
}
