/**
 * A process with a status endpoint and nothing else, for a test that takes its files away: prints
 * its port and what troubles it, and ends with its standard input.
 */
import { serveStatus } from "../../src/http/serve.ts";

const address = { hostname: "127.0.0.1", port: 0 };
const server = serveStatus(() => new Response("ok"), address, (message) => console.log(message));
console.log(`${server.port()}`);
for await (const _ of Deno.stdin.readable);
await server.shutdown();
