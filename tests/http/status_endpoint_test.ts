import assert from "node:assert/strict";
import { openStatusEndpoint } from "../../src/http/status_endpoint.ts";

const LOOPBACK = "127.0.0.1";
/** An address of nobody (RFC 5737), which no machine can listen at. */
const ELSEWHERE = "192.0.2.1";

Deno.test("status endpoint: why it does not listen yet is told once for each reason", async () => {
  const other = Deno.listen({ hostname: LOOPBACK, port: 0 });
  const address = { hostname: LOOPBACK, port: other.addr.port };
  const told: string[] = [];
  const status = openStatusEndpoint(() => new Response(), address, (_, text) => told.push(text));
  status.tryAgain();
  assert.deepEqual([told.length, status.isListening()], [1, false]);
  address.hostname = ELSEWHERE;
  status.tryAgain();
  status.tryAgain();
  assert.deepEqual([told.length, status.isListening()], [2, false]);
  assert.ok(told[1]!.includes(ELSEWHERE), told[1]);
  address.hostname = LOOPBACK;
  other.close();
  status.tryAgain();
  assert.deepEqual([told.length, status.isListening()], [3, true]);
  await status.shutdown();
  status.tryAgain();
  assert.equal(told.length, 3);
});
