import assert from "node:assert/strict";
import { createApp } from "../../src/http/app.ts";
import type { InterfaceStatus } from "../../src/link/link.ts";
import { Metrics } from "../../src/server/metrics.ts";
import type { NamesStatus } from "../../src/names/name_registrar.ts";
import { ip, makeLease, numberedClient } from "../support/leases_fixture.ts";
import { loadedConfig } from "../support/loaded_config.ts";
import { createVirtualClock } from "../support/virtual_clock.ts";
import {
  ETH0,
  get,
  makeSource,
  NOW_MS,
  ONE_OF_EACH,
  OPEN,
  type SourceSketch,
} from "./status_source.ts";

Deno.test("the page for a terminal: uptime, interfaces, subnets, the last leases", async () => {
  const response = await get({
    leases: ONE_OF_EACH,
    interfaces: [ETH0, { name: "eth1.20", state: "missing", addresses: [] }],
  }, "/");
  assert.match(response.headers.get("Content-Type") ?? "", /^text\/plain/);
  const version = "\\d+\\.\\d+\\.\\d+";
  const page = (await response.text()).replace(new RegExp(version), "VERSION");
  assert.equal(
    page,
    `sublet VERSION, up 2h: serving, but eth1.20 is missing

interface  state    addresses
eth0       serving  192.168.1.1/24
eth1.20    missing  -

subnet          used  offered  quarantined  free   of
192.168.1.0/24     2        0            1    97  100

address        client             state        expires     hostname
192.168.1.100  b8:27:eb:00:00:01  bound        in 11h 58m  pi
192.168.1.101  b8:27:eb:00:00:02  expired      1s ago      -
192.168.1.102  b8:27:eb:00:00:03  released     1m ago      -
192.168.1.103  b8:27:eb:00:00:04  quarantined  in 1h       -
192.168.1.104  b8:27:eb:00:00:05  bound        never       -
`,
  );
});

Deno.test("where a subnet has several pools, each is shown: one may be exhausted alone", async () => {
  const config = loadedConfig(
    "interfaces: eth0",
    "classes: [{ name: phones, match: { vendor-class: phone } }]",
    "subnets:",
    "  - subnet: 192.168.1.0/24",
    "    pools: [192.168.1.100, { range: 192.168.1.10-192.168.1.19, only: phones }]",
  );
  const leases = [makeLease({ address: "192.168.1.100", expiresAtMs: NOW_MS + 60_000 })];
  const sketch: SourceSketch = { subnet: config.subnets[0]!, leases };
  const page = await (await get(sketch, "/")).text();
  assert.match(
    page,
    new RegExp(
      [
        "192.168.1.0/24 +1 +0 +0 +10 +11",
        "  192.168.1.10-192.168.1.19 +0 +0 +0 +10 +10",
        "  192.168.1.100 +1 +0 +0 +0 +1",
      ].join("\n"),
    ),
  );
  const { subnets } = await (await get(sketch, "/status")).json();
  assert.deepEqual(subnets[0].pools[1], {
    pool: "192.168.1.100",
    ...{ size: 1, used: 1, offered: 0, quarantined: 0, free: 0 },
  });
  const metrics = await (await get(sketch, "/metrics")).text();
  const labels = 'subnet="192.168.1.0/24",pool="192.168.1.100",state="free"';
  assert(metrics.includes(`sublet_pool_addresses{${labels}} 0\n`), metrics);
});

Deno.test("a server without leases says so", async () => {
  assert.match(await (await get({}, "/")).text(), /: serving\n[^]*no leases yet\n$/);
});

Deno.test("counts are as of now, also when no packet came since the leases ended", async () => {
  const lease = makeLease({ address: "192.168.1.100", expiresAtMs: NOW_MS + 1_000 });
  const source = makeSource({ leases: [lease] });
  const app = createApp(source, OPEN);
  const used = async () => (await (await app.request("/status")).json()).subnets[0].used;
  assert.equal(await used(), 1);
  (source.clock as ReturnType<typeof createVirtualClock>).advance(1_000);
  assert.equal(await used(), 0);
});

Deno.test("a browser gets JSON, curl gets text", async () => {
  const browser = { Accept: "text/html,application/xhtml+xml,*/*;q=0.8" };
  const response = await get({}, "/", { headers: browser });
  assert.equal(response.headers.get("Content-Type"), "application/json");
  assert.equal((await response.json()).store.ok, true);
  const curl = await get({}, "/", { headers: { Accept: "*/*" } });
  assert.match(curl.headers.get("Content-Type") ?? "", /^text\/plain/);
});

Deno.test("/status has the report and the counters", async () => {
  const metrics = new Metrics();
  const exchange = {
    kind: "exchange",
    interfaceName: "eth0",
    request: "DISCOVER",
    xid: 1,
    client: numberedClient(1),
    outcome: "silence",
    rule: "pool-exhausted",
  } as const;
  metrics.count(exchange);
  metrics.count(exchange);
  metrics.count({
    kind: "dropped",
    interfaceName: "eth0",
    source: 0,
    octets: 17,
    reason: "too-short",
  });
  const report = await (await get({ leases: ONE_OF_EACH, metrics }, "/status")).json();
  assert.equal(report["uptime-seconds"], 7_200);
  assert.deepEqual(report.interfaces, [ETH0]);
  assert.deepEqual(report.subnets, [
    { subnet: "192.168.1.0/24", size: 100, used: 2, offered: 0, quarantined: 1, free: 97 },
  ]);
  assert.equal(report["lease-count"], 5);
  assert.equal(report["last-leases"].length, 5);
  // Those of 0 are there, too.
  const counted = JSON.parse(JSON.stringify(report.counters), (_, value) => value || undefined);
  assert.equal(report.counters.requests.LEASEQUERY, 0);
  assert.deepEqual(counted, {
    requests: { DISCOVER: 2 },
    outcomes: { silence: 2 },
    rules: { "pool-exhausted": 2 },
    dropped: { "too-short": 1 },
    "oversized-datagrams": 2,
    "unsent-replies": 1,
  });
});

Deno.test("every counter is there from the start, with 0", async () => {
  const text = await (await get({}, "/metrics")).text();
  for (
    const counter of [
      'requests_total{kind="DISCOVER"}',
      'outcomes_total{outcome="NAK"}',
      'decisions_total{rule="pool-exhausted"}',
      'decisions_total{rule="reservation"}',
      'dropped_datagrams_total{reason="truncated-option"}',
      'config_reloads_total{outcome="done"}',
      'config_reloads_total{outcome="failed"}',
    ]
  ) assert.ok(text.includes(`\nsublet_${counter} 0\n`), counter);
  // No family without a sample, but where there is no label yet to know: other servers.
  const empty = text.matchAll(/^# TYPE (\S+) \w+\n(?=#|$)/gm);
  assert.deepEqual([...empty].map(([, name]) => name), ["sublet_pool_addresses", ROGUE]);
});

const ROGUE = "sublet_rogue_server_present";

Deno.test("a reload that failed shows in /healthz, /status, /metrics and on the page", async () => {
  const problem = 'config.yaml:3:5: unknown key "pool"';
  const reloads = { done: 1, failed: 2, problem, "needs-restart": [] };
  const healthz = await get({ reloads }, "/healthz");
  assert.equal(healthz.status, 200, "leases are given");
  const degraded = `the config was not reloaded, the one before is in force: ${problem}`;
  assert.equal(await healthz.text(), `degraded: ${degraded}\n`);
  assert.deepEqual((await (await get({ reloads }, "/status")).json()).reloads, reloads);
  const text = await (await get({ reloads }, "/metrics")).text();
  assert.match(text, /^sublet_config_reloads_total\{outcome="failed"\} 2$/m);
  assert.match(text, /^sublet_config_last_reload_ok 0$/m);
  assert.ok((await (await get({ reloads }, "/")).text()).includes(`serving, but ${degraded}`));
  const waiting = { name: "eth1", state: "missing", addresses: [] } as const;
  const both = await (await get({ reloads, interfaces: [ETH0, waiting] }, "/healthz")).text();
  assert.equal(both, `degraded: ${degraded}; eth1 is missing\n`);
});

Deno.test("what of a config waits for a restart shows in /status and /metrics", async () => {
  const reloads = { done: 1, failed: 0, "needs-restart": ["journal", "names: dns-update"] };
  assert.equal(await (await get({ reloads }, "/healthz")).text(), "ok\n");
  const { reloads: shown } = await (await get({ reloads }, "/status")).json();
  assert.deepEqual(shown["needs-restart"], ["journal", "names: dns-update"]);
  const text = await (await get({ reloads }, "/metrics")).text();
  assert.match(text, /^sublet_config_needs_restart 2$/m);
});

Deno.test("addresses that others use are shown while they are in quarantine, by whom", async () => {
  const metrics = new Metrics();
  const on = (address: string, occupant?: string): void =>
    metrics.count({
      kind: "conflict",
      interfaceName: "eth0",
      address: ip(address),
      client: numberedClient(4),
      ...(occupant === undefined ? { relay: ip("192.168.1.2") } : { occupant }),
    });
  on("192.168.1.103", "02:00:00:00:00:98");
  on("192.168.1.103", "02:00:00:00:00:99");
  on("192.168.1.101", "02:00:00:00:00:99");
  const second = makeLease({
    address: "192.168.1.105",
    state: "declined",
    updatedAtMs: -1,
    expiresAtMs: NOW_MS + 1,
  });
  on("192.168.1.105");
  const sketch = { leases: [...ONE_OF_EACH, second], metrics };
  const report = await (await get(sketch, "/status")).json();
  assert.deepEqual(report.conflicts, [
    { address: "192.168.1.105", interface: "eth0", relay: "192.168.1.2" },
    { address: "192.168.1.103", interface: "eth0", occupant: "02:00:00:00:00:99" },
  ]);
  assert.equal(report.counters.rules.conflict, 4);
  assert.ok((await (await get(sketch, "/")).text()).includes(`

in use by others  by                 on
192.168.1.105     -                  relay 192.168.1.2
192.168.1.103     02:00:00:00:00:99  eth0

address `));
});

Deno.test("/leases has every record, with its state and wall time as of now", async () => {
  const leases = await (await get({ leases: ONE_OF_EACH }, "/leases")).json();
  assert.deepEqual(leases, [
    {
      address: "192.168.1.100",
      mac: "b8:27:eb:00:00:01",
      "client-id": "01:b8:27:eb:00:00:01",
      hostname: "pi",
      state: "bound",
      expires: "2026-11-22T19:58:30.000Z",
      "seconds-left": 43_110,
    },
    {
      address: "192.168.1.101",
      mac: "b8:27:eb:00:00:02",
      state: "expired",
      expires: "2026-11-22T07:59:59.000Z",
      "seconds-left": 0,
    },
    {
      address: "192.168.1.102",
      mac: "b8:27:eb:00:00:03",
      state: "released",
      expires: "2026-11-22T07:59:00.000Z",
      "seconds-left": 0,
    },
    {
      address: "192.168.1.103",
      mac: "b8:27:eb:00:00:04",
      state: "declined",
      expires: "2026-11-22T09:00:00.000Z",
      "seconds-left": 3_600,
    },
    {
      address: "192.168.1.104",
      mac: "b8:27:eb:00:00:05",
      state: "bound",
      expires: "infinite",
      "seconds-left": null,
    },
  ]);
});

for (const count of [0, 1, 499, 500, 501, 1_234]) {
  Deno.test(`/leases is one JSON array of ${count} leases, whatever the chunks`, async () => {
    const first = ip("10.0.0.1");
    const leases = Array.from(
      { length: count },
      (_, i) => makeLease({ address: first + i, client: numberedClient(i) }),
    );
    const shown: { address: string }[] = await (await get({ leases }, "/leases")).json();
    assert.equal(shown.length, count);
    assert.equal(new Set(shown.map(({ address }) => address)).size, count);
  });
}

Deno.test("what a client calls itself cannot reach the terminal as it is", async () => {
  const hostname = "\x1b[2J\u202epi\n192.168.1.1 \x9b31m";
  const leases = [makeLease({ address: "192.168.1.100", hostname })];
  const page = await (await get({ leases }, "/")).text();
  assert(page.includes(String.raw`"\x1b[2J\u202epi\n192.168.1.1 \x9b31m"`), page);
  for (const path of ["/", "/status", "/leases"]) {
    const text = await (await get({ leases }, path)).text();
    // deno-lint-ignore no-control-regex -- control characters are what this is about
    assert.doesNotMatch(text, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/, path);
  }
  const [lease] = await (await get({ leases }, "/leases")).json();
  assert.equal(lease.hostname, hostname, "JSON has the text itself, only written visibly");
});

const down: InterfaceStatus = { name: "eth1", state: "down", addresses: [] };
const HEALTH_TABLE: readonly [name: string, SourceSketch, status: number, body: string][] = [
  ["all well", {}, 200, "ok\n"],
  [
    "the clock cannot be right",
    { health: { ok: true, "clock-problem": "the clock says 1970" } },
    200,
    "degraded: the clock says 1970\n",
  ],
  ["one interface of two is down", { interfaces: [ETH0, down] }, 200, "degraded: eth1 is down\n"],
  ["no interface serves", { interfaces: [down] }, 503, "eth1 is down\n"],
  [
    "the journal cannot be written",
    { health: { ok: false, problem: "no space left on device" } },
    503,
    "leases cannot be written: no space left on device\n",
  ],
];
for (const [name, sketch, status, body] of HEALTH_TABLE) {
  Deno.test(`/healthz when ${name}: ${status}`, async () => {
    const response = await get(sketch, "/healthz");
    assert.deepEqual([response.status, await response.text()], [status, body]);
  });
}

Deno.test("a hosts file that cannot be written shows in /healthz and on the page", async () => {
  const problem = "No such file or directory";
  const names = { "hosts-file": { path: "/run/hosts", names: 7, problem } };
  const response = await get({ names }, "/healthz");
  const reason = `the hosts file /run/hosts cannot be written: ${problem}`;
  assert.deepEqual([response.status, await response.text()], [200, `degraded: ${reason}\n`]);
  const page = await (await get({ names }, "/")).text();
  assert.match(page, /^hosts file +"\/run\/hosts" +not written: No such file or directory$/m);
});

Deno.test("an unknown path says what there is", async () => {
  const response = await get({}, "/metric");
  assert.equal(response.status, 404);
  assert.match(await response.text(), /\/healthz/);
});

Deno.test("nothing can be changed: other methods get 405", async () => {
  for (const path of ["/", "/status", "/leases", "/metrics", "/healthz"]) {
    for (const method of ["POST", "PUT", "DELETE"]) {
      const response = await get({}, path, { method });
      assert.equal(response.status, 405, `${method} ${path}`);
      assert.equal(response.headers.get("Allow"), "GET, HEAD");
    }
    assert.equal((await get({}, path, { method: "HEAD" })).status, 200, `HEAD ${path}`);
  }
});

Deno.test("every page is guarded, and so is the place of pages that are not there", async () => {
  for (const path of ["/", "/status", "/leases", "/healthz", "/nowhere"]) {
    assert.equal((await get({}, `http://evil.example${path}`)).status, 421, path);
    const response = await createApp(makeSource(), { names: [], token: "a".repeat(16) })
      .request(path);
    assert.equal(response.status, 401, path);
    assert.match(response.headers.get("Content-Security-Policy") ?? "", /'none'/, path);
  }
});

Deno.test("the status has how it goes with name servers, where there are any", async () => {
  const names: NamesStatus = {
    "hosts-file": { path: "/var/lib/sublet/hosts", names: 7 },
    "dns-update": {
      server: "10.0.0.53:53",
      pending: 2,
      done: 5,
      conflicts: 1,
      failures: 3,
      problem: "10.0.0.53:53 answers REFUSED to updates of home.arpa",
    },
  };
  assert.deepEqual((await (await get({ names }, "/status")).json()).names, names);
  const page = await (await get({ names }, "/")).text();
  assert.match(page, /^hosts file +"\/var\/lib\/sublet\/hosts" +7 written$/m);
  const update = /^dns update +10\.0\.0\.53:53 +5 done, 2 pending, 1 in conflict; .*REFUSED/m;
  assert.match(page, update);
  assert.doesNotMatch(await (await get({}, "/")).text(), /dns update|hosts file/);
});
