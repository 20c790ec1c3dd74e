/** Reloads: what a process that has given up its rights takes in of another config. */
import assert from "node:assert/strict";
import { type Abilities, fitToProcess, Reloader } from "../../src/cli/reload.ts";
import type { Config } from "../../src/config/config.ts";
import { loadConfig } from "../../src/config/load.ts";
import { ConfigError } from "../../src/config/problem.ts";
import { everyKey, keysIn, randomConfig, schemaKeys } from "../support/random_configs.ts";
import { growthIn } from "../support/reload_growth.ts";
import { parse } from "yaml";

function configOf(text: string): Config {
  const result = loadConfig(text, "/etc/sublet/config.yaml");
  assert.ok("config" in result, text);
  return result.config;
}

const PLAIN = "interfaces: eth0\nsubnets: [{ subnet: 10.0.0.0/24, pools: 10.0.0.9 }]\n";
const withNames = (names: string) => configOf(`${PLAIN}names: { domain: a.test, ${names} }\n`);

/** As a server is that was started without name services. */
const FEW: Abilities = {
  makesSockets: false,
  canMakeFilesIn: (directory) => directory === "/var/lib/sublet",
  canRead: (path) => path !== "/root/secret",
};
const ALL: Abilities = { makesSockets: true, canMakeFilesIn: () => true, canRead: () => true };

const UPDATE = "dns-update: { server: 10.0.0.1, zones: a.test }";
const SIGNED = "dns-update: { server: 10.0.0.1, zones: a.test, " +
  "key: { name: k, secret-file: /root/secret } }";

const CASES: readonly [
  what: string,
  before: Config,
  after: Config,
  Abilities,
  refused: string[],
][] = [
  ["another journal", configOf(PLAIN), configOf(`${PLAIN}journal: /x\n`), ALL, ["journal"]],
  ["another user", configOf(PLAIN), configOf(`${PLAIN}user: a\n`), ALL, ["user"]],
  ["no user", configOf(`${PLAIN}user: a\n`), configOf(PLAIN), ALL, ["user"]],
  ["no status", configOf(PLAIN), configOf(`${PLAIN}status: off\n`), ALL, ["status"]],
  ["durability", configOf(PLAIN), configOf(`${PLAIN}durability: none\n`), ALL, ["durability"]],
  ["a name server", configOf(PLAIN), withNames(UPDATE), FEW, ["names: dns-update"]],
  ["a name server, with sockets", configOf(PLAIN), withNames(UPDATE), ALL, []],
  [
    "a secret that cannot be read",
    withNames(UPDATE),
    withNames(SIGNED),
    { ...FEW, makesSockets: true },
    ["names: dns-update"],
  ],
  [
    "a hosts file elsewhere",
    withNames("hosts-file: /var/lib/sublet/a"),
    withNames("hosts-file: /etc/hosts"),
    FEW,
    ["names: hosts-file"],
  ],
  [
    "a hosts file beside the journal",
    configOf(PLAIN),
    withNames("hosts-file: /var/lib/sublet/a"),
    FEW,
    [],
  ],
  ["no names any more", withNames(UPDATE), configOf(PLAIN), FEW, []],
];

Deno.test("a reload refuses what needs a right that was given up, part by part", () => {
  for (const [what, before, after, abilities, refused] of CASES) {
    const { config, refusals } = fitToProcess(before, after, abilities);
    assert.deepEqual(refusals.map(({ key }) => key), refused, what);
    // Whatever it refuses, once more it has nothing new to say, and the rest is as wanted.
    assert.deepEqual(fitToProcess(config, config, abilities).config, config, what);
    if (refused.length === 0) assert.deepEqual(config, after, what);
  }
  const mixed = withNames("hosts-file: /var/lib/sublet/a, " + UPDATE);
  const { config } = fitToProcess(configOf(PLAIN), mixed, FEW);
  assert.deepEqual(config.nameServices?.hostsFile, mixed.nameServices!.hostsFile);
  assert.equal(config.nameServices?.dnsUpdate, undefined);
});

/** Parts of a config that are put to use once, or with a right that is given up. */
const JUDGED: ReadonlySet<string> = new Set([
  "journal",
  "durability",
  "user",
  "status",
  "nameServices",
]);

const GROWTH = growthIn("/var/lib/sublet");
const EVERY_KEY = everyKey(GROWTH);

Deno.test("property: of any two configs, a reload takes in all that needs no restart", () => {
  const byChance = Array.from({ length: 20 }, (_, i) => randomConfig(GROWTH, i, 12));
  const configs = [...EVERY_KEY, ...byChance].map(configOf);
  const seen = new Set<string>();
  let running = configs[0]!;
  for (const wanted of configs) {
    const { config, refusals } = fitToProcess(running, wanted, FEW);
    for (const key of Object.keys(wanted) as (keyof Config)[]) {
      seen.add(key);
      if (!JUDGED.has(key)) assert.equal(config[key], wanted[key], key);
    }
    for (const key of ["journal", "durability", "user", "status"] as const) {
      assert.equal(config[key], running[key], key);
      const isRefused = refusals.some((it) => it.key === key);
      assert.equal(isRefused, JSON.stringify(wanted[key]) !== JSON.stringify(running[key]), key);
    }
    const { hostsFile, dnsUpdate } = config.nameServices ?? {};
    assert.equal(dnsUpdate, undefined);
    assert.ok(hostsFile === undefined || hostsFile.path === "/var/lib/sublet/hosts");
    running = config;
  }
  assert.ok([...JUDGED].every((key) => seen.has(key)));
});

Deno.test("every key of the schema takes part in the configs that reloads are tried with", () => {
  const found = new Set(EVERY_KEY.flatMap((text) => [...keysIn(parse(text))]));
  // Where this fails, tests/support/reload_growth.ts lacks a sample of the key that is in order.
  assert.deepEqual([...schemaKeys()].filter((key) => !found.has(key)), []);
});

Deno.test("a reloader says what came of it, and keeps the config where the file is no good", async () => {
  const said: string[] = [];
  const applied: Config[] = [];
  let wanted: () => Config = () => configOf(PLAIN);
  const reloader = new Reloader({
    path: "c.yaml",
    config: configOf(PLAIN),
    abilities: FEW,
    read: () => Promise.resolve().then(() => ({ config: wanted(), warnings: [] })),
    apply: (config) => Promise.resolve(void applied.push(config)),
    notify: (level, message) => said.push(`${level}: ${message}`),
  });
  assert.deepEqual(reloader.status(), { done: 0, failed: 0, "needs-restart": [] });
  wanted = () => withNames(UPDATE);
  await reloader.reload();
  assert.deepEqual(said.splice(0), [
    "info: reloaded c.yaml",
    'warning: the new "names: dns-update" takes effect at the next start (no sockets are made ' +
    "any more); until then the old one stays in force",
  ]);
  assert.deepEqual(reloader.status(), {
    done: 1,
    failed: 0,
    "needs-restart": ["names: dns-update"],
  });
  wanted = () => {
    throw new ConfigError(
      "c.yaml cannot be used:\nc.yaml:1:1: warning: old\nc.yaml:2:1: wrong\n  hint: right\nc.yaml:3:1: bad",
    );
  };
  await reloader.reload();
  const { problem, ...rest } = reloader.status();
  assert.equal(problem, "c.yaml:2:1: wrong (and 1 more)");
  assert.deepEqual([rest.done, rest.failed, applied.length], [1, 1, 1]);
  assert.match(said.at(-1)!, /was not reloaded: the server goes on with the config it has/);
  wanted = () => configOf(PLAIN);
  await reloader.reload();
  assert.deepEqual(reloader.status(), { done: 2, failed: 1, "needs-restart": [] });
});
