/**
 * The systemd unit: how exposed systemd finds it, and that the server makes no system call and opens
 * no socket that it forbids. There is no systemd to run it with in a container, so strace tells what
 * the server calls, and systemd-analyze what each group of calls holds.
 */
import assert from "node:assert/strict";
import { findCommand } from "../support/debian_packages.ts";
import { ACK, messageType } from "../support/dhcp_packets.ts";
import type { Cable } from "../support/netns.ts";
import { PROJECT_DIRECTORY } from "../support/program.ts";
import { clientMac, RelayAgent } from "../support/relay_agent.ts";
import { sceneTest } from "../support/scene.ts";
import { curl, startServer } from "../support/sublet_server.ts";

const UNIT = `${PROJECT_DIRECTORY}/scripts/sublet.service`;
/** In tenths: 2.0 of 10, which systemd calls OK. */
const EXPOSURE_MAX = 20;

const SERVER = "10.77.0.1";
const AGENT = "10.77.0.2";
const LAN: Cable = [
  { node: "server", name: "lan0", addresses: [`${SERVER}/24`] },
  { node: "clients", name: "eth0", addresses: [`${AGENT}/24`] },
];

const CONFIG = `
interfaces: lan0
subnets:
  - { subnet: 10.77.0.0/24, pools: 10.77.0.100-10.77.0.199, relays: 10.77.0.2 }
`;

async function analyze(
  ...args: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  const output = await new Deno.Command(findCommand("systemd-analyze")!, { args }).output();
  const decoder = new TextDecoder();
  return {
    code: output.code,
    stdout: decoder.decode(output.stdout),
    stderr: decoder.decode(output.stderr),
  };
}

/** The words of every line of the unit that sets `key`. */
async function settingsOf(key: string): Promise<string[][]> {
  const unit = await Deno.readTextFile(UNIT);
  return [...unit.matchAll(new RegExp(`^${key}=(.*)$`, "gm"))].map(([, words]) =>
    words!.split(" ")
  );
}

/** System calls by group, as this systemd has them: `@process` -> its calls and groups. */
async function readGroups(): Promise<Map<string, string[]>> {
  const groups = new Map<string, string[]>();
  let group: string[] = [];
  for (const line of (await analyze("syscall-filter")).stdout.split("\n")) {
    const member = /^ {4}([@\w-]+)$/.exec(line)?.[1];
    if (member !== undefined) group.push(member);
    else if (line.startsWith("@")) groups.set(line.trim(), group = []);
  }
  return groups;
}

/** The calls that the unit allows. Of several lines, those with `~` take away from the others. */
async function allowedCalls(): Promise<Set<string>> {
  const groups = await readGroups();
  const expand = (name: string): string[] =>
    name.startsWith("@") ? groups.get(name)!.flatMap(expand) : [name];
  // systemd adds these, and starts the program with one of them.
  const allowed = new Set(expand("@default"));
  for (const [first, ...more] of await settingsOf("SystemCallFilter")) {
    const takesAway = first!.startsWith("~");
    for (const call of [first!.replace("~", ""), ...more].flatMap(expand)) {
      if (takesAway) allowed.delete(call);
      else allowed.add(call);
    }
  }
  return allowed;
}

const EXPOSURE = "systemd understands the unit, and finds its exposure below " +
  (EXPOSURE_MAX / 10).toFixed(1);
Deno.test({
  name: EXPOSURE,
  ignore: findCommand("systemd-analyze") === undefined,
  async fn() {
    const said = await analyze(
      "security",
      "--offline=true",
      `--threshold=${EXPOSURE_MAX - 1}`,
      UNIT,
    );
    assert.equal(said.code, 0, said.stdout);
    assert.equal(said.stderr, "");
  },
});

Deno.test("the systemd unit is of a user who can be given files to read, and lets others pass", async () => {
  assert.deepEqual(await settingsOf("DynamicUser"), []);
  assert.deepEqual(await settingsOf("User"), [["sublet"]]);
  assert.deepEqual(await settingsOf("StateDirectoryMode"), [["0711"]]);
});

Deno.test("a reload by systemd checks the config that the server runs with, and only then tells it", async () => {
  const [[, , , config]] = await settingsOf("ExecStart") as [string[]];
  const [check, signal] = await settingsOf("ExecReload");
  // Without a dash in front: what fails ends the reload, and systemctl fails with it.
  assert.deepEqual(check, ["/usr/local/bin/sublet", "check", config]);
  assert.deepEqual(signal, ["/bin/kill", "-HUP", "$MAINPID"]);
});

const CALLS = "from start to stop the server makes no system call and opens no socket that the " +
  "systemd unit forbids";
const NEEDS = ["systemd-analyze", "strace", "curl"];
sceneTest(CALLS, { cables: [LAN], needs: NEEDS }, async (scene) => {
  const trace = `${scene.directory}/trace`;
  const through = ["strace", "-f", "-qq", "-o", trace];
  const server = await startServer(scene, CONFIG, { through });
  const agent = await RelayAgent.plug(scene, "clients", AGENT, SERVER);
  for (let i = 0; i < 20; i++) {
    assert.equal(messageType(await agent.obtain(clientMac(i))), ACK);
  }
  for (const path of ["/", "/status", "/leases", "/healthz"]) await curl(scene, path);
  await scene.wire.exec("server", "ip", "address", "add", "10.77.0.3/24", "dev", "lan0");
  const traced = Number(/^\d+/.exec(await Deno.readTextFile(trace))![0]);
  Deno.kill(traced, "SIGHUP");
  await server.says(/reloaded/);
  Deno.kill(traced, "SIGTERM");
  assert.equal(await server.ends(), 0);

  const lines = (await Deno.readTextFile(trace)).split("\n");
  const calls = new Set(lines.map((line) => /^\d+ +(\w+)\(/.exec(line)?.[1]).filter(Boolean));
  assert.ok(calls.has("recvmmsg") && calls.has("fdatasync") && calls.has("accept4"));
  const allowed = await allowedCalls();
  // `deno run` looks for a cache of the code; the executable, which the unit is for, has none.
  // Here it is root's; the user of the unit has no capability to give up.
  allowed.add("capset");
  const isSource = !Deno.env.get("SUBLET_BIN");
  if (isSource) allowed.add("fchown");
  assert.deepEqual([...calls].filter((call) => !allowed.has(call!)), []);

  const families = new Set(lines.map((line) => / socket\((\w+),/.exec(line)?.[1]).filter(Boolean));
  const allowedFamilies = (await settingsOf("RestrictAddressFamilies")).flat();
  if (isSource) allowedFamilies.push("AF_UNIX");
  assert.deepEqual([...families].filter((family) => !allowedFamilies.includes(family!)), []);
});
