/**
 * What a client calls itself, and what a relay agent says of it, at every place where it comes out:
 * log, status page, JSON, journal, list of leases. There is no hosts file, HTML or CSV that it could
 * get into, and no program that it could be handed to.
 */
import assert from "node:assert/strict";
import { loadConfig } from "../../src/config/load.ts";
import { createApp } from "../../src/http/app.ts";
import { LeaseTable } from "../../src/leases/lease_table.ts";
import type { ExchangeEvent } from "../../src/server/events.ts";
import { Metrics } from "../../src/server/metrics.ts";
import { QuarantineWatch } from "../../src/server/quarantine_watch.ts";
import { RateLimiter } from "../../src/server/rate_limiter.ts";
import { RefusedClients } from "../../src/server/refused_clients.ts";
import { RogueWatch } from "../../src/server/rogue_watch.ts";
import { decodeLine, encodeHeader, encodeLease } from "../../src/store/journal_format.ts";
import { formatHuman, formatJson } from "../support/log_lines.ts";
import { makeLease, numberedClient } from "../support/leases_fixture.ts";
import { runSublet } from "../support/run_sublet.ts";
import { createVirtualClock } from "../support/virtual_clock.ts";

/** Text that something else than a person would act on, by what that is. */
const NASTY: readonly [what: string, text: string][] = [
  ["a terminal: clear, and set its title", "\x1b[2J\x1b]0;owned\x07"],
  ["a terminal: C1 controls", "\x9b31mred\x9d0;owned\x9c"],
  ["a terminal: back to the line's beginning", "pi\rroot logged in\b\b\b\x7f"],
  ["a log: another line", "pi\n2026-11-22T08:00:00.000Z eth0 all is well"],
  ["a log: other line ends", "pi\u2028second\u2029third\x0bfourth\x0cfifth\x85sixth"],
  ["an eye: text that runs backwards", "\u202egnp.exe\u2066\u2069"],
  ["an eye: nothing to see", "pi\u200b\u200d\ufeff\u00ad\u2060"],
  ["an eye: tags that hide text", "pi\u{e0001}\u{e0041}"],
  ["a C string: its end", "pi\0hidden"],
  ["JSON: its quotes", 'pi","state":"released","x":"\\'],
  ["JSON: half a surrogate pair", "\ud800pi\udfff"],
  ["a shell (CVE-2018-1111, CVE-2020-8816)", "$(reboot);`reboot`|reboot&'reboot'\"reboot\""],
  ["HTML", "</pre><script>fetch('//evil.example')</script><img src=x onerror=alert(1)>"],
  ["a spreadsheet", '=HYPERLINK("//evil.example";"pi"),@SUM(1),+1,-1\t'],
  ["a hosts file", "localhost\n127.0.0.1 bank.example #"],
  ["a path", "../../../etc/passwd\0.txt"],
  ["a format string", "%s%s%n%99999d{{7*7}}${7*7}"],
  ["JavaScript: the name of a prototype", "__proto__"],
  ["a table: as long as an option", "x".repeat(255)],
];

/** No octet that has no glyph of its own gets out, but for the line feeds of the outlet itself. */
function assertVisible(output: string, where: string): void {
  assert.doesNotMatch(output, /[^\P{C}\n]|[\p{Zl}\p{Zp}]/u, where);
}

function exchangeOf(hostname: string): ExchangeEvent {
  return {
    kind: "exchange",
    interfaceName: "eth0",
    request: "DISCOVER",
    xid: 1,
    client: numberedClient(1, hexOf(hostname)),
    hostname,
    relayInformation: relayInformationOf(hostname),
    outcome: "silence",
    rule: "pool-exhausted",
  };
}

function octetsOf(text: string): Uint8Array {
  return new TextEncoder().encode(text).subarray(0, 250);
}

function hexOf(text: string): string {
  return Array.from(octetsOf(text), (octet) => octet.toString(16).padStart(2, "0")).join(":");
}

/** Option 82 with the text for its circuit id. */
function relayInformationOf(text: string): Uint8Array {
  const octets = octetsOf(text);
  return Uint8Array.of(1, octets.length, ...octets);
}

function leaseOf(hostname: string) {
  const lease = makeLease({
    address: "192.168.1.100",
    client: numberedClient(1, hexOf(hostname)),
    hostname,
  });
  return { ...lease, relayInformation: relayInformationOf(hostname) };
}

const CONFIG = `
interfaces: eth0
subnets: [{ subnet: 192.168.1.0/24, pools: 192.168.1.100-192.168.1.199 }]
`;

/** One client of this name that got nothing. */
function refusalsOf(hostname: string): RefusedClients {
  const refusals = new RefusedClients();
  const { client } = leaseOf(hostname);
  const [request, outcome, rule] = ["DISCOVER", "silence", "pool-exhausted"] as const;
  const what = { kind: "exchange", interfaceName: "eth0", xid: 1, request, outcome, rule } as const;
  refusals.note({ ...what, client, hostname }, { monotonicMs: () => 0 });
  return refusals;
}

/** The status endpoint of a server with one lease, and one client that was refused. */
function appWith(hostname: string) {
  const result = loadConfig(CONFIG, "config.yaml");
  assert.ok("config" in result);
  const { config } = result;
  const leases = new LeaseTable(config.subnets);
  leases.put(leaseOf(hostname));
  return createApp({
    config: () => config,
    leases,
    metrics: new Metrics(),
    clock: createVirtualClock(),
    startedAtMs: 0,
    interfaces: () => [],
    linkCounters: () => ({ oversizedDatagrams: 0, unsentReplies: 0 }),
    names: () => undefined,
    health: () => ({ ok: true }),
    reloads: () => ({ done: 0, failed: 0, "needs-restart": [] }),
    quarantines: () => new QuarantineWatch(leases).status(),
    limits: () => new RateLimiter(leases).status(),
    refusals: refusalsOf(hostname),
    rogues: new RogueWatch(0),
  }, { names: [] });
}

for (const [what, text] of NASTY) {
  Deno.test(`text for ${what}`, async (t) => {
    await t.step("in the log it is one line", () => {
      const line = formatHuman(exchangeOf(text), 0, false);
      assertVisible(line, "human");
      assert.equal(line.trimEnd().split("\n").length, 1);
    });
    await t.step("in the JSON log it is one value of one line", () => {
      const line = formatJson(exchangeOf(text), 0);
      assertVisible(line, "json");
      assert.equal(line.trimEnd().split("\n").length, 1);
      assert.equal(JSON.parse(line).hostname, text);
    });
    await t.step("in the journal it is one value of one line, and is read as it was", () => {
      const line = encodeLease(leaseOf(text), 0);
      assertVisible(line, "journal");
      const lease = { ...leaseOf(text), hostname: text.toWellFormed() };
      assert.deepEqual(decodeLine(line.trimEnd()), { kind: "lease", lease });
    });
    await t.step("on the status page it is text of one line, and no page of HTML", async () => {
      const app = appWith(text);
      for (const path of ["/", "/status", "/leases"]) {
        const response = await app.request(path);
        const type = response.headers.get("Content-Type") ?? "";
        assert.match(type, /^(text\/plain|application\/json)/, path);
        assert.equal(response.headers.get("X-Content-Type-Options"), "nosniff", path);
        assertVisible(await response.text(), path);
      }
      const lines = (await (await app.request("/")).text()).split("\n");
      assert.equal(lines.filter((line) => line.includes("192.168.1.100")).length, 1);
      const [lease] = await (await app.request("/leases")).json();
      assert.equal(lease.hostname, text.toWellFormed());
    });
  });
}

Deno.test("sublet leases shows no such text as it is, neither as table nor as JSON", async () => {
  const directory = await Deno.makeTempDir();
  const journal = `${directory}/leases.jsonl`;
  const lines = NASTY.map(([, text], i) =>
    encodeLease({ ...leaseOf(text), address: 0x0a00_0001 + i, client: numberedClient(i) }, 0)
  );
  await Deno.writeTextFile(journal, encodeHeader(Date.now()) + lines.join(""));
  const table = await runSublet(["leases", "--journal", journal]);
  assertVisible(table.stdout + table.stderr, "table");
  assert.equal(table.stdout.trimEnd().split("\n").length, 1 + NASTY.length);
  const json = await runSublet(["leases", "--journal", journal, "--json"]);
  assertVisible(json.stdout + json.stderr, "json");
  const names = JSON.parse(json.stdout).map(({ hostname }: { hostname: string }) => hostname);
  assert.deepEqual(names, NASTY.map(([, text]) => text.toWellFormed()));
  await Deno.remove(directory, { recursive: true });
});
