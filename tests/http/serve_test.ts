import assert from "node:assert/strict";
import { Hono } from "hono";
import { serveStatus, StatusEndpointError } from "../../src/http/serve.ts";

const LOOPBACK = { hostname: "127.0.0.1", port: 0 };

Deno.test("the status endpoint listens where it is told, until it is shut down", async () => {
  const app = new Hono().get("/", (context) => context.text("here\n"));
  const server = serveStatus(app, LOOPBACK);
  const url = `http://127.0.0.1:${server.port()}/`;
  assert.equal(await (await fetch(url)).text(), "here\n");
  await server.shutdown();
  await assert.rejects(fetch(url), TypeError);
});

Deno.test("shutting down does not wait for a reader that stopped reading", async () => {
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
  });
  const app = new Hono().get("/", () => new Response(endless));
  const server = serveStatus(app, LOOPBACK);
  const response = await fetch(`http://127.0.0.1:${server.port()}/`);
  await server.shutdown();
  await response.body?.cancel().catch(() => {});
});

Deno.test("an address in use is an operating error that says what to change", async () => {
  const first = serveStatus(new Hono(), LOOPBACK);
  try {
    const address = { hostname: "127.0.0.1", port: first.port() };
    assert.throws(() => serveStatus(new Hono(), address), (error) => {
      assert(error instanceof StatusEndpointError);
      assert.equal(error.exitCode, 74);
      assert(error.message.includes(`127.0.0.1:${first.port()}`), error.message);
      assert.match(error.message, /status: off/);
      assert(error.cause instanceof Deno.errors.AddrInUse);
      return true;
    });
  } finally {
    await first.shutdown();
  }
});

Deno.test("an address of another machine is an operating error", () => {
  // RFC 5737: 192.0.2.0/24 is for documentation, so it is no interface's address.
  assert.throws(
    () => serveStatus(new Hono(), { hostname: "192.0.2.1", port: 0 }),
    (error) => error instanceof StatusEndpointError && /does not have/.test(error.message),
  );
});
