/** The hosts file: whole at any time, in order, written at most so often. */
import assert from "node:assert/strict";
import { HostsFile } from "../../src/names/hosts_file.ts";
import type { NamedLease } from "../../src/names/registration.ts";
import { makeLease } from "../support/leases_fixture.ts";
import { until } from "../support/program.ts";

/** Files are waited for in real time. */
const clock = { monotonicMs: () => performance.now(), wallMs: () => Date.now() };
const named = (address: string, name: string): NamedLease => ({ ...makeLease({ address }), name });

Deno.test("the hosts file has full names by address, and closing writes what is not yet", async () => {
  const above = await Deno.makeTempDir();
  // Neither is there yet.
  const directory = `${above}/names/hosts`;
  const path = `${directory}/hosts`;
  let leases = [named("10.0.0.20", "b.home.arpa"), named("10.0.0.3", "a.home.arpa")];
  const told: string[] = [];
  const file = new HostsFile({
    path,
    intervalSeconds: 3_600,
    names: "full",
    domain: "home.arpa",
    clock,
    named: () => leases,
    notify: (level, message) => told.push(`${level}: ${message}`),
  });
  const text = () => Deno.readTextFile(path);
  await until("the file", 5_000, () => text().catch(() => undefined));
  assert.deepEqual((await text()).split("\n").slice(1), [
    "10.0.0.3\ta.home.arpa",
    "10.0.0.20\tb.home.arpa",
    "",
  ]);
  const modes = [path, directory, `${above}/names`].map((it) => Deno.statSync(it).mode! & 0o777);
  assert.deepEqual(modes, [0o644, 0o755, 0o755]);
  leases = [];
  file.touch();
  assert.match(await text(), /a\.home\.arpa/, "not before the interval is over");
  await file.close();
  assert.equal((await text()).split("\n").length, 2);
  assert.deepEqual(Array.from(Deno.readDirSync(directory), ({ name }) => name), ["hosts"]);
  assert.deepEqual(told, []);
  await Deno.remove(above, { recursive: true });
});

Deno.test("a link in the place of a new hosts file is removed, and nothing else is touched", async () => {
  for (const link of [Deno.symlink, Deno.link]) {
    const directory = await Deno.makeTempDir();
    const precious = `${directory}/precious`;
    await Deno.writeTextFile(precious, "secret", { mode: 0o600 });
    await link(precious, `${directory}/.hosts.new`);
    const file = new HostsFile({
      path: `${directory}/hosts`,
      intervalSeconds: 1,
      names: "full",
      domain: "home.arpa",
      clock,
      named: () => [],
      notify: () => {},
    });
    await file.close();
    assert.equal(await Deno.readTextFile(precious), "secret");
    assert.equal((await Deno.stat(precious)).mode! & 0o777, 0o600);
    assert.equal((await Deno.lstat(`${directory}/hosts`)).isFile, true);
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("a hosts file that cannot be written is told once, and shown", async () => {
  const told: string[] = [];
  const file = new HostsFile({
    path: "/proc/there/hosts",
    intervalSeconds: 1,
    names: "full",
    domain: "home.arpa",
    clock,
    named: () => [],
    notify: (level, message) => told.push(`${level}: ${message}`),
  });
  await until("the trouble", 5_000, () => file.status().problem);
  await file.close();
  assert.equal(told.length, 1);
  assert.equal(
    told[0],
    "warning: the hosts file /proc/there/hosts cannot be written: No such file or directory; " +
      "it is tried again",
  );
});
