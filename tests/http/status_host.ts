/**
 * A process with a status endpoint and nothing else, for a test that takes its files away: prints
 * its port, what breaks it, and when it answers after that.
 */
import { Hono } from "hono";
import { serveStatus } from "../../src/http/serve.ts";

const app = new Hono().get("/", (context) => context.text("ok"));
const address = { hostname: "127.0.0.1", port: freePort() };
const troubles: string[] = [];
const server = serveStatus(app, address, (message) => {
  if (troubles.push(message) === 1) console.log(message);
});
console.log(`${address.port}`);

const deadlineMs = Date.now() + 30_000;
while (Date.now() < deadlineMs) {
  await new Promise((resolve) => setTimeout(() => resolve(undefined), 200));
  if (troubles.length === 0) continue;
  const answer = await fetch(`http://127.0.0.1:${address.port}/`).then((it) => it.text())
    .catch(() => undefined);
  if (answer === undefined) continue;
  console.log(`answered ${answer}`);
  await server.shutdown();
  Deno.exit(0);
}
Deno.exit(1);

/** A port that stays the same when the endpoint listens again. */
function freePort(): number {
  const probe = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = probe.addr as Deno.NetAddr;
  probe.close();
  return port;
}
