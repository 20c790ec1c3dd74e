import assert from "node:assert/strict";
import { Hono } from "hono";
import { serveStatus, StatusEndpointError } from "../../src/http/serve.ts";

const LOOPBACK = { hostname: "127.0.0.1", port: 0 };

function unexpected(message: string): never {
  throw new Error(message);
}

Deno.test("the status endpoint listens where it is told, until it is shut down", async () => {
  const app = new Hono().get("/", (context) => context.text("here\n"));
  const server = serveStatus(app, LOOPBACK, unexpected);
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
  const server = serveStatus(app, LOOPBACK, unexpected);
  const response = await fetch(`http://127.0.0.1:${server.port()}/`);
  await server.shutdown();
  await response.body?.cancel().catch(() => {});
});

Deno.test("an address in use is an operating error that says what to change", async () => {
  const first = serveStatus(new Hono(), LOOPBACK, unexpected);
  try {
    const address = { hostname: "127.0.0.1", port: first.port() };
    assert.throws(() => serveStatus(new Hono(), address, unexpected), (error) => {
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
    () => serveStatus(new Hono(), { hostname: "192.0.2.1", port: 0 }, unexpected),
    (error) => error instanceof StatusEndpointError && /does not have/.test(error.message),
  );
});

Deno.test("more connections than files may be open break the endpoint, not the process", async () => {
  const host = new URL("status_host.ts", import.meta.url).pathname;
  const limited = ["--nofile=48:48", Deno.execPath(), "run", "-A", "--no-check", host];
  const child = new Deno.Command("prlimit", { args: limited, stdout: "piped" }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const port = Number((await lines.read()).value);
  const connections: Deno.TcpConn[] = [];
  for (let i = 0; i < 100; i++) {
    // The listener is gone once it broke down; those before are what broke it.
    const connection = await Deno.connect({ port }).catch(() => undefined);
    if (connection !== undefined) connections.push(connection);
  }
  // Deno tells of it when the last of them has gone.
  for (const connection of connections) connection.close();
  assert.match((await lines.read()).value ?? "", /broke down.*it tries again every 5 s/);
  assert.match((await lines.read()).value ?? "", /^answered ok/);
  await lines.cancel();
  assert.equal((await child.status).code, 0);
});
