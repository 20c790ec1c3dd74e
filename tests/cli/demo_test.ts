import assert from "node:assert/strict";
import { subletCommand } from "../support/program.ts";
import { runSublet } from "../support/run_sublet.ts";

// The demo itself is run, and interrupted, in tests/system/command_test.ts.

const isLinux = Deno.build.os === "linux";
const isRoot = isLinux && Deno.uid() === 0;

/** Makes root as powerless as anybody: from util-linux, which every Debian has. */
const POWERLESS = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"];

Deno.test({
  name: "demo without the power to make namespaces: one clear line, exit 77",
  ignore: !isLinux,
  async fn() {
    const command = [...(isRoot ? POWERLESS : []), ...subletCommand(), "demo"];
    const [program, ...args] = command;
    const { code, stderr } = await new Deno.Command(program!, { args, stdin: "null" }).output();
    assert.match(new TextDecoder().decode(stderr), /^sublet: .*\broot\b.*\n$/);
    assert.equal(code, 77);
  },
});

Deno.test({
  name: "demo with a client that is not there says which there are",
  ignore: !isRoot,
  async fn() {
    const { code, stdout, stderr } = await runSublet(["demo", "--client", "pump"]);
    assert.deepEqual([code, stdout], [77, ""]);
    assert.match(stderr, /^sublet: there is no client pump on this machine, but: .*built-in\n$/);
  },
});
