/** Secrets of a config that others on the machine can read. */
import assert from "node:assert/strict";
import { loadConfigFile } from "../../src/config/load.ts";
import { formatProblem } from "../../src/config/problem.ts";

const PLAIN = ["interfaces: eth0", "subnets: [{ subnet: 10.0.0.0/24, pools: 10.0.0.9 }]"];
const TOKEN = 'status: { token: "0123456789abcdef0123" }';
const key = (secret: string) =>
  `names: { domain: a.test, dns-update: { server: 10.0.0.1, zones: a.test, key: { name: k, ${secret} } } }`;
const SECRET = key("secret: AAECAwQFBgcICQoLDA0ODw==");

/** What is said of a config of these modes, without the directory. */
async function said(line: string, mode: number, modeOfSecret = 0o600): Promise<string[]> {
  const directory = await Deno.makeTempDir();
  try {
    const path = `${directory}/c.yaml`;
    await Deno.writeTextFile(path, [...PLAIN, line].join("\n"));
    await Deno.chmod(path, mode);
    await Deno.writeTextFile(`${directory}/secret`, "AAECAwQFBgcICQoLDA0ODw==");
    await Deno.chmod(`${directory}/secret`, modeOfSecret);
    const result = await loadConfigFile(path);
    assert.ok("config" in result, JSON.stringify(result));
    return result.warnings.map((it) => formatProblem(it).replaceAll(`${directory}/`, ""));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("a token or a secret in a config that everybody can read gets a warning", async () => {
  const hint =
    "\n  hint: chmod o-r c.yaml, and chgrp it to the group of the user that the server " +
    "runs as";
  assert.deepEqual(await said(TOKEN, 0o644), [
    `c.yaml:3:18: warning: everybody on this machine can read this token${hint}`,
  ]);
  assert.deepEqual(await said(SECRET, 0o604), [
    `c.yaml:3:97: warning: everybody on this machine can read this secret${hint}`,
  ]);
});

Deno.test("a secret-file that everybody can read gets a warning, whatever the config's mode", async () => {
  for (const mode of [0o644, 0o600]) {
    const [warning, ...more] = await said(key("secret-file: secret"), mode, 0o644);
    assert.match(
      warning!,
      /^c\.yaml:3:\d+: warning: everybody .* can read this file\n.*o-r secret,/,
    );
    assert.deepEqual(more, []);
  }
});

Deno.test("a secret for the server's group alone, or a config without one, is in order", async () => {
  assert.deepEqual(await said(TOKEN, 0o640), []);
  assert.deepEqual(await said(SECRET, 0o600), []);
  assert.deepEqual(await said(key("secret-file: secret"), 0o644, 0o640), []);
  assert.deepEqual(await said(key("secret-file: missing"), 0o644), []);
  assert.deepEqual(await said("status: off", 0o644), []);
});
