import assert from "node:assert/strict";
import type { ConnectionLimits } from "../../src/http/connection.ts";
import { HEAD_OCTETS_MAX } from "../../src/http/request_head.ts";
import { CONNECTIONS_MAX, serveStatus, StatusEndpointError } from "../../src/http/serve.ts";
import { until } from "../support/program.ts";

const LOOPBACK = { hostname: "127.0.0.1", port: 0 };
const GET = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
/** Far above what a busy machine takes for an answer, far below the limits of the server. */
const SOON_MS = 5_000;

function unexpected(message: string): never {
  throw new Error(message);
}

/** Serves `here` on any port, for as long as `play` runs. */
async function withServer(
  play: (port: number) => Promise<void>,
  answer: (request: Request) => Response | Promise<Response> = () => new Response("here\n"),
  limits?: ConnectionLimits,
): Promise<void> {
  const server = serveStatus(answer, LOOPBACK, unexpected, limits);
  try {
    await play(server.port());
  } finally {
    await server.shutdown();
  }
}

async function connect(port: number, text: string): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ port });
  await connection.write(new TextEncoder().encode(text));
  return connection;
}

/** Everything until the server closes; what came before a reset counts, too. */
async function readAll(connection: Deno.TcpConn): Promise<string> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(65_536);
  let text = "";
  for (;;) {
    const count = await connection.read(buffer).catch(() => null);
    if (count === null) break;
    text += decoder.decode(buffer.subarray(0, count), { stream: true });
  }
  connection.close();
  return text;
}

async function exchange(port: number, text: string): Promise<string> {
  return await readAll(await connect(port, text));
}

Deno.test("the status endpoint listens where it is told, until it is shut down", async () => {
  let url = "";
  await withServer(async (port) => {
    url = `http://127.0.0.1:${port}/`;
    assert.equal(await (await fetch(url)).text(), "here\n");
  });
  await assert.rejects(fetch(url), TypeError);
});

Deno.test("an answer has its length marked, and the connection is closed after it", async () => {
  await withServer(async (port) => {
    assert.match(
      await exchange(port, GET),
      /^HTTP\/1\.1 200 OK\r\n[^]*transfer-encoding: chunked\r\nconnection: close\r\n\r\n5\r\nhere\n\r\n0\r\n\r\n$/,
    );
    assert.match(await exchange(port, "GET / HTTP/1.0\r\n\r\n"), /close\r\n\r\nhere\n$/);
    assert.match(await exchange(port, GET.replace("GET", "HEAD")), /close\r\n\r\n$/);
  });
});

Deno.test("a stream of any length arrives whole", async () => {
  const pieces = 200;
  const body = () =>
    ReadableStream.from(Array.from({ length: pieces }, (_, i) => `${i}`.padStart(10_000)))
      .pipeThrough(new TextEncoderStream());
  await withServer(async (port) => {
    const text = await (await fetch(`http://127.0.0.1:${port}/`)).text();
    assert.equal(text.length, pieces * 10_000);
    assert.ok(text.endsWith(` ${pieces - 1}`));
  }, () => new Response(body()));
});

Deno.test("a head that comes octet by octet is read; one that is too long is refused", async () => {
  await withServer(async (port) => {
    const slow = await connect(port, "");
    for (const character of GET) await slow.write(new TextEncoder().encode(character));
    assert.match(await readAll(slow), /^HTTP\/1\.1 200 /);
    const long = GET.replace("\r\n\r\n", `\r\nX: ${"x".repeat(HEAD_OCTETS_MAX)}\r\n\r\n`);
    assert.match(await exchange(port, long), /^HTTP\/1\.1 431 /);
    assert.match(await exchange(port, "\x16\x03\x01 a TLS hello\r\n\r\n"), /^HTTP\/1\.1 400 /);
  });
});

Deno.test("a body is not read: its sender gets the answer, and memory holds none of it", async () => {
  await withServer(async (port) => {
    const head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n";
    assert.match(await exchange(port, head + "x".repeat(10_000)), /^HTTP\/1\.1 200 /);
  });
});

Deno.test("a client that does not finish its head is cut off, and so is one that sends none", async () => {
  const limits = { headMs: 100, pieceMs: SOON_MS };
  await withServer(
    async (port) => {
      assert.equal(await exchange(port, "GET / HTTP/1.1\r\nHos"), "");
      assert.equal(await exchange(port, ""), "");
    },
    undefined,
    limits,
  );
});

Deno.test("a reader that stopped reading is cut off, and no more is made than it took", async () => {
  let made = 0;
  const endless = () =>
    new ReadableStream<Uint8Array>({
      pull(controller) {
        made++;
        controller.enqueue(new Uint8Array(65_536));
      },
      cancel: () => cancelled.resolve(),
    });
  const cancelled = Promise.withResolvers<void>();
  await withServer(
    async (port) => {
      const reader = await connect(port, GET);
      await cancelled.promise;
      // What the two sockets of the kernel hold, some megabytes, and not one piece after that.
      assert.ok(made < 1_000, `${made} pieces were made`);
      reader.close();
    },
    () => new Response(endless()),
    { headMs: SOON_MS, pieceMs: 200 },
  );
});

Deno.test("shutting down does not wait for a reader that stopped reading", async () => {
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
  });
  const server = serveStatus(() => new Response(endless), LOOPBACK, unexpected);
  const response = await fetch(`http://127.0.0.1:${server.port()}/`);
  await server.shutdown();
  await response.body?.cancel().catch(() => {});
});

const IDLE =
  `with ${CONNECTIONS_MAX * 3} idle connections the next request is answered, and only ` +
  `${CONNECTIONS_MAX} of them are still open (CVE-2016-2774)`;
Deno.test(IDLE, async () => {
  await withServer(async (port) => {
    let closedCount = 0;
    const idle: Deno.TcpConn[] = [];
    const ends: Promise<unknown>[] = [];
    for (let i = 0; i < CONNECTIONS_MAX * 3; i++) {
      const connection = await Deno.connect({ port });
      idle.push(connection);
      ends.push(connection.read(new Uint8Array(1)).catch(() => {}).then(() => closedCount++));
    }
    assert.match(await exchange(port, GET), /^HTTP\/1\.1 200 /);
    // The one that was answered took the place of one more.
    const cutCount = CONNECTIONS_MAX * 2 + 1;
    await until("the oldest to be cut", SOON_MS, () => closedCount >= cutCount || undefined);
    assert.equal(closedCount, cutCount);
    for (const connection of idle) connection.close();
    await Promise.all(ends);
  });
});

Deno.test("an address in use is an operating error that says what to change", async () => {
  await withServer((port) => {
    const address = { hostname: "127.0.0.1", port };
    assert.throws(() => serveStatus(() => new Response(), address, unexpected), (error) => {
      assert(error instanceof StatusEndpointError);
      assert.equal(error.exitCode, 74);
      assert(error.message.includes(`127.0.0.1:${port}`), error.message);
      assert.match(error.message, /status: off/);
      assert(error.cause instanceof Deno.errors.AddrInUse);
      return true;
    });
    return Promise.resolve();
  });
});

Deno.test("an address of another machine is an operating error", () => {
  // RFC 5737: 192.0.2.0/24 is for documentation, so it is no interface's address.
  const address = { hostname: "192.0.2.1", port: 0 };
  assert.throws(
    () => serveStatus(() => new Response(), address, unexpected),
    (error) => error instanceof StatusEndpointError && /does not have/.test(error.message),
  );
});

Deno.test("more connections than files may be open are a trouble, told once, and no end", async () => {
  const host = new URL("status_host.ts", import.meta.url).pathname;
  const limited = ["--nofile=48:48", Deno.execPath(), "run", "-A", "--no-check", host];
  const child = new Deno.Command("prlimit", { args: limited, stdin: "piped", stdout: "piped" })
    .spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const port = Number((await lines.read()).value);
  const connections: Deno.TcpConn[] = [];
  for (let i = 0; i < 60; i++) connections.push(await Deno.connect({ port }));
  assert.match((await lines.read()).value ?? "", /cannot take a connection/);
  // With all of them still there.
  assert.match(await exchange(port, GET), /^HTTP\/1\.1 200 /);
  for (const connection of connections) connection.close();
  await child.stdin.close();
  assert.equal((await lines.read()).done, true, "nothing more is said");
  assert.equal((await child.status).code, 0);
});
