/**
 * One connection of the status endpoint: one request, one answer, and then it is closed. Whatever
 * the other side does, it costs a bounded time and a few kilobytes: a head that does not come, or is
 * too long, a body that nobody reads, an answer that nobody takes.
 */
import { endOfHead, HEAD_OCTETS_MAX, parseHead, type RefusedHead } from "./request_head.ts";

/** How long a whole head may take: a browser's comes at once. */
const HEAD_MS_MAX = 10_000;
/** How long the reader may take for each piece of an answer. */
const PIECE_MS_MAX = 20_000;
/** How long, and for how much, what the client still sends is thrown away after the answer. */
const LINGER_MS_MAX = 1_000;
const LINGER_OCTETS_MAX = 64 * 1024;

/** The limits, for tests that cannot wait that long. */
export interface ConnectionLimits {
  readonly headMs: number;
  readonly pieceMs: number;
}

const LIMITS: ConnectionLimits = { headMs: HEAD_MS_MAX, pieceMs: PIECE_MS_MAX };

/** Answers a request; never rejects for what the request says. */
export type Answer = (request: Request) => Response | Promise<Response>;

/** Serves one request and closes the connection. Never rejects for what the other side does. */
export async function serveConnection(
  connection: Deno.TcpConn,
  answer: Answer,
  limits: ConnectionLimits = LIMITS,
): Promise<void> {
  const watchdog = new Watchdog(connection);
  try {
    watchdog.allow(limits.headMs);
    const head = await readHead(connection);
    if (head === undefined) return;
    const refusal = "status" in head;
    const response = refusal ? refuse(head) : await answer(head.request);
    await writeResponse(response, {
      isChunked: !refusal && !head.isOld,
      hasBody: refusal || head.request.method !== "HEAD",
      write: (bytes) => watchdog.write(bytes, limits.pieceMs),
    });
    watchdog.allow(LINGER_MS_MAX);
    await linger(connection);
  } catch (error) {
    if (!(error instanceof ConnectionEnded)) throw error;
  } finally {
    await watchdog.close();
  }
}

/** Closes a connection that takes longer than it may, which ends whatever waits for it. */
class Watchdog {
  readonly #connection: Deno.TcpConn;
  readonly #cut = Promise.withResolvers<never>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The write under way. Closing does not end it in Deno 2.7: the kernel holds it. */
  #write: Promise<unknown> = Promise.resolve();

  constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
    this.#cut.promise.catch(() => {});
  }

  /** How long what follows may take, in place of what was allowed before. */
  allow(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      closeQuietly(this.#connection);
      this.#cut.reject(new ConnectionEnded("the other side took too long"));
    }, milliseconds);
  }

  /** Writes all of `bytes`, within the time. */
  async write(bytes: Uint8Array, milliseconds: number): Promise<void> {
    this.allow(milliseconds);
    for (let at = 0; at < bytes.length;) {
      const write = orEnded(this.#connection.write(bytes.subarray(at)));
      this.#write = write;
      at += await Promise.race([write, this.#cut.promise]);
    }
  }

  /** Resolves when the connection is gone and the memory of its last write with it. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    closeQuietly(this.#connection);
    await this.#write.catch(() => {});
  }
}

/** Closes a connection that may be closed already. */
export function closeQuietly(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

/** The other side has gone, the network to it has, or the watchdog has closed. */
class ConnectionEnded extends Error {
  override readonly name = "ConnectionEnded";
}

/** What an operation on the socket gives, or that the connection has ended. */
async function orEnded<T>(operation: Promise<T>): Promise<T> {
  try {
    return await operation;
  } catch (cause) {
    throw new ConnectionEnded("the connection has ended", { cause });
  }
}

/** Reads up to the empty line; `undefined` when the other side closes before it. */
async function readHead(connection: Deno.TcpConn) {
  const buffer = new Uint8Array(HEAD_OCTETS_MAX);
  let length = 0;
  for (;;) {
    const count = await orEnded(connection.read(buffer.subarray(length)));
    if (count === null) return undefined;
    const end = endOfHead(buffer, length + count, length);
    if (end !== undefined) return parseHead(buffer.subarray(0, end));
    length += count;
    if (length === HEAD_OCTETS_MAX) return TOO_LONG;
  }
}

const TOO_LONG: RefusedHead = { status: 431, reason: `more than ${HEAD_OCTETS_MAX} octets` };

function refuse({ status, reason }: RefusedHead): Response {
  return new Response(`${reason}\n`, { status, headers: { "Content-Type": "text/plain" } });
}

interface WriteOptions {
  /** Whether the end of the body is marked; otherwise it is where the connection ends. */
  readonly isChunked: boolean;
  readonly hasBody: boolean;
  readonly write: (bytes: Uint8Array) => Promise<void>;
}

const encoder = new TextEncoder();

/** Writes as fast as the reader takes it, and makes no piece before the last one is gone. */
async function writeResponse(
  response: Response,
  { isChunked, hasBody, write }: WriteOptions,
): Promise<void> {
  const body = response.body?.getReader();
  try {
    await write(encoder.encode(headOf(response, isChunked && hasBody)));
    if (body === undefined || !hasBody) return;
    for (;;) {
      const { value } = await body.read();
      if (value === undefined) break;
      if (value.length === 0) continue;
      await write(isChunked ? chunkOf(value) : value);
    }
    if (isChunked) await write(encoder.encode("0\r\n\r\n"));
  } finally {
    await body?.cancel();
  }
}

function headOf(response: Response, isChunked: boolean): string {
  const lines = [`HTTP/1.1 ${response.status} ${REASONS[response.status] ?? "Status"}`];
  for (const [name, value] of response.headers) lines.push(`${name}: ${value}`);
  if (isChunked) lines.push("transfer-encoding: chunked");
  lines.push("connection: close", "", "");
  return lines.join("\r\n");
}

const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  421: "Misdirected Request",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  503: "Service Unavailable",
  505: "HTTP Version Not Supported",
};

/** RFC 9112 §7.1. */
function chunkOf(bytes: Uint8Array): Uint8Array {
  const size = encoder.encode(`${bytes.length.toString(16)}\r\n`);
  const chunk = new Uint8Array(size.length + bytes.length + 2);
  chunk.set(size);
  chunk.set(bytes, size.length);
  chunk.set([13, 10], size.length + bytes.length);
  return chunk;
}

/**
 * Lets the client take the answer before the connection goes: closed with octets unread, which a
 * body would leave, the kernel sends a reset that may overtake the answer (RFC 9112 §9.6).
 */
async function linger(connection: Deno.TcpConn): Promise<void> {
  await orEnded(connection.closeWrite());
  const buffer = new Uint8Array(4096);
  for (let octets = 0; octets < LINGER_OCTETS_MAX;) {
    const count = await orEnded(connection.read(buffer));
    if (count === null) return;
    octets += count;
  }
}
