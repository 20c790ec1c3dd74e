/** `sublet check`, as a process: what it prints where, and how it ends. */
import assert from "node:assert/strict";
import { inFile as inFileOfEth0 } from "../config/bad_configs.ts";

/** A config in order for every machine: check notes which interfaces one has not. */
function inFile(...lines: string[]): string {
  return inFileOfEth0(...lines).replace("interfaces: eth0", "interfaces: lo");
}

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

/** What a run prints, the directory of its files left out, and its exit code. */
async function check(files: Readonly<Record<string, string>>, ...args: string[]) {
  const directory = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${directory}/${name}`, text);
    }
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", MAIN, "check", ...args],
      cwd: directory,
      env: { NO_COLOR: "1" },
    }).output();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("check: a config in order is summed up in a line", async () => {
  const reservations = "    reservations: [{ mac: b827eb010203, address: 192.168.1.100 }]";
  const classes = "classes: [{ name: some, match: { vendor-class: x }, deny: true }]";
  const { stdout } = await check({ "config.yaml": inFile(classes) }, "config.yaml");
  assert.equal(
    stdout,
    "config.yaml: ok: 1 interface, 1 subnet, 100 addresses, 0 reservations, 1 class\n",
  );
  assert.deepEqual(await check({ "config.yaml": inFile(reservations) }, "config.yaml"), {
    code: 0,
    stdout: "config.yaml: ok: 1 interface, 1 subnet, 99 addresses, 1 reservation\n",
    stderr: "",
  });
});

Deno.test("check --explain: what is in force for something, and the lines that say so", async () => {
  const text = inFile("options: { domain-name: lan }", "lease-time: 12h");
  const { stdout, code } = await check({ "a.yaml": text }, "--explain", "a.yaml", "192.168.1.150");
  assert.equal(code, 0);
  assert.equal(
    stdout,
    "subnet 192.168.1.0/24 (a.yaml:3)\n" +
      "  lease-time          12h  a.yaml:6\n" +
      "  option domain-name  lan  a.yaml:5\n",
  );
  const unknown = await check({ "a.yaml": text }, "--explain", "a.yaml", "pi");
  assert.equal(unknown.code, 64);
  assert.match(
    unknown.stderr,
    /a\.yaml has no subnet, shared network, pool, class or reservation "pi"/,
  );
});

Deno.test("check: warnings are told, and the config is in order all the same", async () => {
  assert.deepEqual(await check({ "config.yaml": inFile("lease-time: 30s") }, "config.yaml"), {
    code: 0,
    stdout: "config.yaml: ok: 1 interface, 1 subnet, 100 addresses, 0 reservations, 1 warning\n",
    stderr: "config.yaml:5:13: warning: leases of 30s keep clients busy with renewing\n" +
      "  hint: 1m or more suits most networks\n",
  });
});

Deno.test("check: all problems at once, on standard error, and exit code 78", async () => {
  const text = inFile("lease-tme: 30s", "journal: ''");
  assert.deepEqual(await check({ "config.yaml": text }, "config.yaml"), {
    code: 78,
    stdout: "",
    stderr: 'config.yaml:5:1: unknown key "lease-tme"\n  hint: did you mean "lease-time"?\n' +
      'config.yaml:6:10: expected the path of a file, got ""\n',
  });
});

Deno.test("check: a file that is not there is exit code 78 too", async () => {
  assert.deepEqual(await check({}, "config.yaml"), {
    code: 78,
    stdout: "",
    stderr: "sublet: cannot read the config config.yaml: there is no such file\n",
  });
});

Deno.test("check: no file, two files and unknown flags are exit code 64", async () => {
  for (const args of [[], ["a", "b"], ["--explain", "a", "b", "c"], ["--strict", "a"]]) {
    const { code, stdout } = await check({}, ...args);
    assert.deepEqual([code, stdout], [64, ""], args.join(" "));
  }
});

Deno.test("check: an interface that this machine has not is noted, and that is no warning", async () => {
  const text = inFileOfEth0().replace("eth0", "sublet-none");
  const { code, stdout, stderr } = await check({ "config.yaml": text }, "config.yaml");
  assert.equal(code, 0);
  assert.match(stderr, /^config\.yaml:1:13: note: there is no interface "sublet-none"\n {2}hint: /);
  assert.doesNotMatch(stdout, /warning/);
});
