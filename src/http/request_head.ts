/**
 * The head of an HTTP/1.1 request (RFC 9112), read strictly: what is not written as the grammar has
 * it is refused, not guessed at. A body is never read, since nothing here takes one.
 */

/** Room for every header that a browser sends; RFC 9112 §3 recommends 8000 for the first line. */
export const HEAD_OCTETS_MAX = 8 * 1024;

/** A request without its body. */
export interface RequestHead {
  readonly request: Request;
  /** HTTP/1.0: its sender does not know chunks. */
  readonly isOld: boolean;
}

/** Why a head is no request: the status to answer with. */
export interface RefusedHead {
  readonly status: 400 | 414 | 431 | 501 | 505;
  readonly reason: string;
}

const REQUEST_LINE = /^([!#$%&'*+.^_`|~\w-]+) (\S+) HTTP\/(\d)\.(\d)$/;
const HEADER_LINE = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/;
/** RFC 9110 §7.2, without user and password. */
const HOST = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?$/;
/** A path and query; `Request` takes no others, and no proxy asks here. */
const TARGET = /^\/[\x21-\x7e]*$/;

/** Methods that a `Request` can have and that mean no tunnel. */
const METHODS: ReadonlySet<string> = new Set([
  ...["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"],
]);

/**
 * Where the head ends in the first `length` octets, behind its empty line; `undefined` when the end
 * is not there yet. `from` is how many of them were looked at before.
 */
export function endOfHead(bytes: Uint8Array, length: number, from: number): number | undefined {
  for (let at = Math.max(from, 3); at < length; at++) {
    if (
      bytes[at] === 10 && bytes[at - 1] === 13 && bytes[at - 2] === 10 && bytes[at - 3] === 13
    ) return at + 1;
  }
  return undefined;
}

/** Reads a head with its empty line. Never throws. */
export function parseHead(bytes: Uint8Array): RequestHead | RefusedHead {
  // Latin-1: RFC 9110 §5.5 leaves octets above 127 opaque, and every octet has a character.
  const text = String.fromCharCode(...bytes.subarray(0, -4));
  const [first, ...lines] = text.split("\r\n");
  const line = REQUEST_LINE.exec(first!);
  if (line === null) return { status: 400, reason: "this is no request of HTTP/1.1" };
  const [, method, target, major, minor] = line;
  if (major !== "1") return { status: 505, reason: "HTTP/1.1 is spoken here" };
  if (!METHODS.has(method!)) return { status: 501, reason: "an unknown method" };
  if (!TARGET.test(target!)) return { status: 400, reason: "the target is no path" };
  const headers = readHeaders(lines);
  if (headers === undefined) return { status: 400, reason: "a malformed header" };
  // RFC 9112 §3.2: 400 for a request that has not exactly one Host.
  const host = headers.get("Host") ?? (minor === "0" ? "localhost" : "");
  if (!HOST.test(host) || !URL.canParse(`http://${host}${target}`)) {
    return { status: 400, reason: "Host is missing, given twice, or no host" };
  }
  const request = new Request(`http://${host}${target}`, { method: method!, headers });
  return { request, isOld: minor === "0" };
}

function readHeaders(lines: readonly string[]): Headers | undefined {
  const headers = new Headers();
  for (const line of lines) {
    const header = HEADER_LINE.exec(line);
    if (header === null) return undefined;
    headers.append(header[1]!, header[2]!);
  }
  return headers;
}
