import assert from "node:assert/strict";
import manifest from "../../deno.json" with { type: "json" };
import { runSublet } from "../support/run_sublet.ts";

const COMMANDS = ["run", "check", "init", "leases", "demo"];

Deno.test("--help and -h: what commands there are, and what each takes", async () => {
  for (const flag of ["--help", "-h"]) {
    const { code, stdout, stderr } = await runSublet([flag]);
    assert.deepEqual([code, stderr], [0, ""]);
    for (const command of COMMANDS) assert.match(stdout, new RegExp(`^  ${command} `, "m"));
  }
  for (const command of COMMANDS) {
    const { code, stdout, stderr } = await runSublet([command, "--help"]);
    assert.deepEqual([code, stderr], [0, ""], command);
    assert(stdout.includes(`sublet ${command}`), stdout);
  }
});

Deno.test("help and help COMMAND say what --help does", async () => {
  assert.deepEqual(await runSublet(["help"]), await runSublet(["--help"]));
  for (const command of COMMANDS) {
    const said = await runSublet(["help", command]);
    assert.deepEqual(said, await runSublet([command, "--help"]), command);
  }
});

Deno.test("--version, also after a command: the version of deno.json", async () => {
  const rows = [["--version"], ["-v"], ["version"], ["run", "--version"], ["run", "-v"]];
  for (const args of [...rows, ["leases", "--version"]]) {
    const { code, stdout } = await runSublet(args);
    assert.deepEqual([code, stdout], [0, `sublet ${manifest.version}\n`], args.join(" "));
  }
});

const USAGE_TABLE: readonly [args: string[], complaint: string][] = [
  [["rnu"], 'sublet: unknown command rnu; did you mean "run"?\n'],
  [["help", "rnu"], 'sublet: unknown command rnu; did you mean "run"?\n'],
  [["frobnicate"], "sublet: unknown command frobnicate; sublet --help lists what there is\n"],
  [["--versoin"], 'sublet: unknown option --versoin; did you mean "--version"?\n'],
  [["leases", "--jsn"], `sublet: leases: unknown option '--jsn'; did you mean "--json"?\n`],
  [
    ["run", "--confg", "x.yaml"],
    `sublet: run: unknown option '--confg'; did you mean "--config"?\n`,
  ],
  [
    ["leases", "--config"],
    "sublet: leases: option '-c, --config <value>' argument missing; " +
    "sublet leases --help lists what it takes\n",
  ],
  [
    ["run", "a.yaml", "b.yaml"],
    "sublet: run: it takes one config, and was given a.yaml and b.yaml\n",
  ],
  [
    ["run", "-c", "a.yaml", "b.yaml"],
    "sublet: run: it takes one config, and was given a.yaml and b.yaml\n",
  ],
  [
    ["leases", "everything"],
    "sublet: leases: unexpected argument 'everything'; sublet leases --help lists what it takes\n",
  ],
];
for (const [args, complaint] of USAGE_TABLE) {
  Deno.test(`sublet ${args.join(" ")}: one clear line, exit 64`, async () => {
    assert.deepEqual(await runSublet(args), { code: 64, stdout: "", stderr: complaint });
  });
}

Deno.test("without a command: the help on stderr, exit 64", async () => {
  const { code, stdout, stderr } = await runSublet([]);
  assert.deepEqual([code, stdout], [64, ""]);
  assert.match(stderr, /^Usage: sublet COMMAND/m);
});

Deno.test("an operating error is one line without a stack, and its exit code", async () => {
  const file = "/nonexistent/config.yaml";
  const ways = [["run", "--config", file], ["run", "-c", file], ["run", file]];
  for (const args of [...ways, ["check", file], ["check", "-c", file], ["leases", "-c", file]]) {
    const { code, stdout, stderr } = await runSublet(args);
    assert.deepEqual([code, stdout], [78, ""], args.join(" "));
    assert.match(stderr, /^sublet: .*\/nonexistent\/config\.yaml.*\n$/);
  }
});

Deno.test("run and leases without a config say where it would be, and what makes one", async (t) => {
  const directory = await Deno.makeTempDir();
  const systemConfig = await Deno.stat("/etc/sublet/config.yaml").catch(() => undefined);
  for (const command of ["run", "leases"]) {
    // Such a machine has a config where a test must not take it away.
    await t.step({
      name: command,
      ignore: systemConfig !== undefined,
      fn: async () =>
        assert.deepEqual(await runSublet([command], { cwd: directory }), {
          code: 78,
          stdout: "",
          stderr: "sublet: there is no config: neither ./config.yaml nor " +
            "/etc/sublet/config.yaml exists; `sublet init > config.yaml` makes one, and " +
            "--config FILE names another\n",
        }),
    });
  }
  await Deno.remove(directory, { recursive: true });
});

Deno.test("a bug is a stack trace and exit 70", async () => {
  // The demo never calls its other self like this.
  const { code, stdout, stderr } = await runSublet(["demo-inside", "nonsense"]);
  assert.deepEqual([code, stdout], [70, ""]);
  assert.match(stderr, /bug in Sublet: AssertionError.*\n\s+at demoInsideCommand/s);
});
