/** Who is answered: DNS rebinding, scripts of other sites, and strangers without the token. */
import assert from "node:assert/strict";
import { Hono } from "hono";
import { guard, setSecurityHeaders } from "../../src/http/guard.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";

function makeApp(endpoint: { token?: string; names?: readonly string[] } = {}): Hono {
  const app = new Hono();
  app.use(setSecurityHeaders);
  app.use(guard({ names: [], ...endpoint }));
  return app.get("/", (context) => context.text("the page"));
}

async function statusOf(app: Hono, url: string, headers: Record<string, string> = {}) {
  return (await app.request(url, { headers })).status;
}

/** The name in the Host header, or the address, and what comes of it. */
const HOSTS: readonly [host: string, status: number][] = [
  ["127.0.0.1:8067", 200],
  ["[::1]:8067", 200],
  ["192.168.1.1:8067", 200],
  ["localhost:8067", 200],
  ["LOCALHOST", 200],
  ["router.home.arpa:8067", 200],
  ["Router.Home.Arpa", 200],
  ["evil.example:8067", 421],
  ["127.0.0.1.evil.example", 421],
  ["localhost.evil.example", 421],
  ["router.home.arpa.evil.example", 421],
  ["xn--e1afmkfd.example", 421],
];
for (const [host, status] of HOSTS) {
  Deno.test(`asked for as ${host}: ${status} (DNS rebinding)`, async () => {
    assert.equal(
      await statusOf(makeApp({ names: ["router.home.arpa"] }), `http://${host}/`),
      status,
    );
  });
}

Deno.test("with the token, too, a name has to be known", async () => {
  const headers = { Authorization: `Bearer ${TOKEN}` };
  assert.equal(await statusOf(makeApp({ token: TOKEN }), "http://evil.example/", headers), 421);
});

const ORIGINS: readonly [origin: string, status: number][] = [
  ["http://127.0.0.1:8067", 200],
  ["http://127.0.0.1:80", 403],
  ["http://127.0.0.1", 403],
  ["https://evil.example", 403],
  ["http://evil.example:8067", 403],
  ["null", 403],
  ["", 403],
];
for (const [origin, status] of ORIGINS) {
  Deno.test(`asked by a script from ${JSON.stringify(origin)}: ${status}`, async () => {
    const url = "http://127.0.0.1:8067/";
    assert.equal(await statusOf(makeApp(), url, { Origin: origin }), status);
  });
}

const AUTHORIZATIONS: readonly [header: string | undefined, status: number][] = [
  [`Bearer ${TOKEN}`, 200],
  [`bearer  ${TOKEN}`, 200],
  [undefined, 401],
  ["", 401],
  ["Bearer", 401],
  ["Bearer ", 401],
  [`Bearer ${TOKEN.slice(0, -1)}`, 401],
  [`Bearer ${TOKEN}0`, 401],
  [`Bearer ${TOKEN.toUpperCase()}`, 401],
  [`Bearer x ${TOKEN}`, 401],
  [`Basic ${btoa(`:${TOKEN}`)}`, 401],
  [TOKEN, 401],
];
for (const [header, status] of AUTHORIZATIONS) {
  Deno.test(`Authorization ${JSON.stringify(header)} where a token is set: ${status}`, async () => {
    const headers: Record<string, string> = header === undefined ? {} : { Authorization: header };
    const response = await makeApp({ token: TOKEN }).request("http://127.0.0.1/", { headers });
    assert.equal(response.status, status);
    assert.equal(response.headers.get("WWW-Authenticate"), status === 401 ? "Bearer" : null);
    assert.equal((await response.text()).includes("the page"), status === 200);
  });
}

Deno.test("every answer, refusals too, tells browsers to run, frame and keep nothing", async () => {
  const app = makeApp();
  for (const url of ["http://127.0.0.1/", "http://127.0.0.1/nowhere", "http://evil.example/"]) {
    const { headers } = await app.request(url);
    const policy = headers.get("Content-Security-Policy") ?? "";
    assert.match(policy, /^default-src 'none'/, url);
    assert.match(policy, /frame-ancestors 'none'/, url);
    assert.equal(headers.get("X-Content-Type-Options"), "nosniff", url);
    assert.equal(headers.get("Cache-Control"), "no-store", url);
    assert.equal(headers.get("Referrer-Policy"), "no-referrer", url);
    assert.equal(headers.get("Cross-Origin-Resource-Policy"), "same-origin", url);
    // No CORS: a script of another site never gets to read an answer.
    assert.equal(headers.get("Access-Control-Allow-Origin"), null, url);
  }
});
