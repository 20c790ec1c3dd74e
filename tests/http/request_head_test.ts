import assert from "node:assert/strict";
import fc from "fast-check";
import { endOfHead, parseHead } from "../../src/http/request_head.ts";

/** Octets of a text in Latin-1. */
function octets(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function parse(...lines: string[]) {
  return parseHead(octets([...lines, "", ""].join("\r\n")));
}

Deno.test("a head becomes a request with its method, URL and headers", () => {
  const head = parse("GET /leases?x=1 HTTP/1.1", "Host: [::1]:8067", "Accept:  text/html ", "X: ü");
  assert.ok("request" in head);
  assert.equal(head.request.url, "http://[::1]:8067/leases?x=1");
  assert.equal(head.request.method, "GET");
  assert.equal(head.request.headers.get("accept"), "text/html");
  assert.equal(head.isOld, false);
});

Deno.test("HTTP/1.0 needs no Host and gets no chunks", () => {
  const head = parse("HEAD / HTTP/1.0");
  assert.ok("request" in head && head.isOld);
  assert.equal(head.request.url, "http://localhost/");
});

/** What RFC 9112 does not allow, by what is wrong with it. */
const REFUSED: readonly [what: string, status: number, ...lines: string[]][] = [
  ["no version", 400, "GET /", "Host: a"],
  ["two spaces", 400, "GET  / HTTP/1.1", "Host: a"],
  ["HTTP/2 in the old form", 505, "PRI * HTTP/2.0"],
  ["a tunnel", 501, "CONNECT a:80 HTTP/1.1", "Host: a"],
  ["a mirror", 501, "TRACE / HTTP/1.1", "Host: a"],
  ["a whole URL as for a proxy", 400, "GET http://a/ HTTP/1.1", "Host: a"],
  ["a control character in the path", 400, "GET /\x01 HTTP/1.1", "Host: a"],
  ["no Host (§3.2)", 400, "GET / HTTP/1.1"],
  ["two Hosts (§3.2)", 400, "GET / HTTP/1.1", "Host: a", "Host: b"],
  ["a Host with a user", 400, "GET / HTTP/1.1", "Host: user@a"],
  ["a Host with a path", 400, "GET / HTTP/1.1", "Host: a/b"],
  ["a port there is not", 400, "GET / HTTP/1.1", "Host: a:70000"],
  ["a space before the colon (§5.1)", 400, "GET / HTTP/1.1", "Host : a"],
  ["a folded line (§5.2)", 400, "GET / HTTP/1.1", "Host: a", " b"],
  ["a line without a colon", 400, "GET / HTTP/1.1", "Host: a", "b"],
  ["NUL in a value (RFC 9110 §5.5)", 400, "GET / HTTP/1.1", "Host: a", "X: \0"],
  ["a bare LF", 400, "GET / HTTP/1.1\nHost: a"],
  ["a bare CR", 400, "GET / HTTP/1.1", "Host: a", "X: a\rY: b"],
];
for (const [what, status, ...lines] of REFUSED) {
  Deno.test(`a request with ${what} is refused with ${status}`, () => {
    const head = parse(...lines);
    assert.equal("status" in head ? head.status : 200, status);
  });
}

Deno.test("the end of a head is found wherever the reads are cut", () => {
  const bytes = octets("GET / HTTP/1.1\r\nHost: a\r\n\r\nmore");
  for (let cut = 0; cut <= bytes.length; cut++) {
    const early = endOfHead(bytes, cut, 0);
    const end = early ?? endOfHead(bytes, bytes.length, cut);
    assert.equal(end, bytes.length - 4, `cut at ${cut}`);
  }
});

Deno.test("any head at all is a request or refused", () => {
  const line = fc.oneof(
    fc.constantFrom("GET / HTTP/1.1", "Host: a", "Host: [::", ":", " a", "GET /%zz HTTP/1.0"),
    fc.string({ unit: "binary" }),
  );
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 6 }), (lines) => {
      const bytes = new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`);
      const head = parseHead(bytes);
      assert.ok("request" in head || head.status >= 400);
    }),
    { numRuns: 2_000 },
  );
});
