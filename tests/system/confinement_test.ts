/**
 * What the server may do once it serves, as the kernel has it of each thread: as root that becomes
 * another user, and as a plain user with two ambient capabilities.
 */
import assert from "node:assert/strict";
import { ACK, messageType } from "../support/dhcp_packets.ts";
import type { Cable } from "../support/netns.ts";
import { type Program, PROJECT_DIRECTORY, subletCommand, until } from "../support/program.ts";
import { clientMac, RelayAgent } from "../support/relay_agent.ts";
import { type Scene, sceneTest } from "../support/scene.ts";
import { readStatus } from "../support/sublet_server.ts";

const SERVER = "10.77.0.1";
const AGENT = "10.77.0.2";
const LAN: Cable = [
  { node: "server", name: "lan0", addresses: [`${SERVER}/24`] },
  { node: "clients", name: "eth0", addresses: [`${AGENT}/24`] },
];
const OPTIONS = { cables: [LAN], needs: ["curl", "setpriv"] };

/** lan1 is made later. */
const CONFIG = `
interfaces: [lan0, lan1]
subnets:
  - { subnet: 10.77.0.0/24, pools: 10.77.0.100-10.77.0.199, relays: 10.77.0.2 }
  - { subnet: 10.78.0.0/24, pools: 10.78.0.100-10.78.0.199 }
`;

/** An account that every Debian has. */
const USER = "nobody";
const UID = 65_534;

/** Bits 10 and 13: CAP_NET_BIND_SERVICE and CAP_NET_RAW. */
const TWO_CAPABILITIES = "0000000000002400";
const NO_CAPABILITIES = "0000000000000000";

type Fields = Readonly<Record<string, string>>;

/** `/proc/PID/task/TID/status` of every thread, the main one first, without the spaces. */
async function threadsOf(pid: number): Promise<Fields[]> {
  const threads: [number, Fields][] = [];
  for await (const { name } of Deno.readDir(`/proc/${pid}/task`)) {
    const text = await Deno.readTextFile(`/proc/${pid}/task/${name}/status`).catch(() => undefined);
    if (text === undefined) continue; // A thread that has ended since.
    const lines = text.trimEnd().split("\n").map((line) => line.split(/:\s*/, 2));
    threads.push([Number(name), Object.fromEntries(lines.map(([key, value]) => [key, value]))]);
  }
  return threads.sort(([a], [b]) => (a === pid ? -1 : b === pid ? 1 : a - b))
    .map(([, fields]) => fields);
}

/** What holds for each thread, whoever started the server. */
function assertConfined(threads: readonly Fields[]): void {
  assert.ok(threads.length > 2, `${threads.length} threads`);
  for (const { Name, Uid, Gid, Groups, CapInh, NoNewPrivs, Seccomp } of threads) {
    const four = [UID, UID, UID, UID].join("\t");
    assert.deepEqual([Uid, Gid, Groups!.trim()], [four, four, ""], Name);
    assert.ok(CapInh === NO_CAPABILITIES || CapInh === TWO_CAPABILITIES, Name);
    assert.deepEqual([NoNewPrivs, Seccomp], ["1", "2"], Name);
  }
}

/** Starts the server with a journal in a directory that is not there yet. */
async function start(
  scene: Scene,
  rest: string,
  command: readonly string[],
): Promise<{ server: Program; journal: string }> {
  await Deno.chmod(scene.directory, 0o755);
  const journal = `${scene.directory}/made/for/leases.jsonl`;
  const config = await scene.file("sublet.yaml", `journal: ${journal}\n${rest}${CONFIG}`);
  const server = scene.start("server", "sublet run", [...command, "run", "--config", config]);
  await server.says(/serves/, 20_000);
  return { server, journal };
}

/** An interface that appears now is served, which takes both capabilities. */
async function assertServesNewInterface(scene: Scene): Promise<void> {
  const { wire } = scene;
  await wire.exec("server", "ip", "link", "add", "lan1", "type", "veth", "peer", "name", "peer1");
  await wire.exec("server", "ip", "address", "add", "10.78.0.1/24", "dev", "lan1");
  await wire.exec("server", "ip", "link", "set", "peer1", "up");
  await wire.exec("server", "ip", "link", "set", "lan1", "up");
  await until("lan1 to be served", 10_000, async () => {
    const { interfaces } = await readStatus(scene);
    return interfaces.some(({ name, state }) => name === "lan1" && state === "serving") ||
      undefined;
  });
}

async function assertServesClients(scene: Scene): Promise<void> {
  const agent = await RelayAgent.plug(scene, "clients", AGENT, SERVER);
  assert.equal(messageType(await agent.obtain(clientMac(1))), ACK);
}

const BECOME =
  "root with `user:` becomes that user in every thread, and none keeps more than two " +
  "capabilities; interfaces are added, the config is reloaded";
sceneTest(BECOME, OPTIONS, async (scene) => {
  const names = `names: { domain: a.test, hosts-file: ${scene.directory}/made/hosts/sublet }`;
  const { server, journal } = await start(scene, `user: ${USER}\n${names}`, subletCommand());
  await assertServesClients(scene);
  await assertServesNewInterface(scene);
  const from = server.output.length;
  server.signal("SIGHUP");
  await server.says(/reloaded/, 10_000, from);

  const threads = await threadsOf(server.pid);
  assertConfined(threads);
  const [main, ...others] = threads.map(({ CapPrm, CapEff }) => [CapPrm, CapEff]);
  assert.deepEqual(main, [TWO_CAPABILITIES, TWO_CAPABILITIES]);
  // None in threads that were there before, and the two of its parent in one that came later.
  for (const [permitted, effective] of others) {
    assert.ok(permitted === NO_CAPABILITIES || permitted === TWO_CAPABILITIES, permitted);
    assert.equal(effective, permitted);
  }
  for (const { CapAmb } of threads) assert.equal(CapAmb, NO_CAPABILITIES);

  const { uid, mode } = await Deno.stat(journal);
  assert.deepEqual([uid, mode! & 0o777], [UID, 0o600]);
  const directory = await Deno.stat(`${scene.directory}/made/for`);
  assert.deepEqual([directory.uid, directory.mode! & 0o777], [UID, 0o711]);
  assert.equal((await Deno.stat(`${scene.directory}/made`)).uid, 0, "only the last is the user's");
  const hosts = await Deno.stat(`${scene.directory}/made/hosts`);
  assert.deepEqual([hosts.uid, hosts.mode! & 0o777], [UID, 0o755]);
  await until("the hosts file", 5_000, () =>
    Deno.stat(`${scene.directory}/made/hosts/sublet`)
      .catch(() => undefined));
  server.signal("SIGTERM");
  assert.equal(await server.ends(), 0);
});

/** What holds for each thread of a server that was started as root and stays root. */
function assertHasOnly(threads: readonly Fields[], capabilities: string): void {
  assert.ok(threads.length > 2, `${threads.length} threads`);
  for (
    const { Name, Uid, CapPrm, CapEff, CapBnd, CapInh, CapAmb, NoNewPrivs, Seccomp } of threads
  ) {
    assert.equal(Uid, "0\t0\t0\t0", Name);
    assert.deepEqual([CapPrm, CapEff, CapBnd], Array(3).fill(capabilities), Name);
    assert.deepEqual([CapInh, CapAmb], Array(2).fill(NO_CAPABILITIES), Name);
    assert.deepEqual([NoNewPrivs, Seccomp], ["1", "2"], Name);
  }
}

const ROOT = "root without `user:` keeps two capabilities in every thread; interfaces are added, " +
  "the config is reloaded, journal and hosts file are written";
sceneTest(ROOT, OPTIONS, async (scene) => {
  const hosts = `${scene.directory}/made/hosts/sublet`;
  const names = `names: { domain: a.test, hosts-file: ${hosts}, hosts-file-interval: 1s }`;
  const { server } = await start(scene, names, subletCommand());
  await assertServesClients(scene);
  assertHasOnly(await threadsOf(server.pid), TWO_CAPABILITIES);
  await assertServesNewInterface(scene);
  const from = server.output.length;
  // As an editor saves a file: another one takes its place.
  await Deno.copyFile(`${scene.directory}/sublet.yaml`, `${scene.directory}/sublet.new`);
  await Deno.rename(`${scene.directory}/sublet.new`, `${scene.directory}/sublet.yaml`);
  server.signal("SIGHUP");
  await server.says(/reloaded/, 10_000, from);
  await until("the hosts file", 5_000, () => Deno.stat(hosts).catch(() => undefined));
  // Threads that were started since are like their parents.
  assertHasOnly(await threadsOf(server.pid), TWO_CAPABILITIES);
  server.signal("SIGTERM");
  assert.equal(await server.ends(), 0);
  assert.doesNotMatch(server.output, /warning: (?!lan1)/);
});

const FOREIGN =
  "root keeps the right to other users' files where the journal's directory is one's, " +
  "says so, and serves";
sceneTest(FOREIGN, OPTIONS, async (scene) => {
  await Deno.mkdir(`${scene.directory}/made/for`, { recursive: true });
  await Deno.chown(`${scene.directory}/made/for`, UID, UID);
  const { server } = await start(scene, "", subletCommand());
  await assertServesClients(scene);
  await server.says(/made\/for is not root's, so root keeps .*CAP_DAC_OVERRIDE/);
  assertHasOnly(await threadsOf(server.pid), "0000000000002402");
  server.signal("SIGTERM");
  assert.equal(await server.ends(), 0);
});

const OLD_KERNEL =
  "a kernel without Landlock is told of once, and the rest is given up all the same";
sceneTest(OLD_KERNEL, { ...OPTIONS, needs: [...OPTIONS.needs, "strace"] }, async (scene) => {
  const through = ["strace", "-f", "-qq", "-o", "/dev/null"];
  const fault = ["-e", "trace=landlock_create_ruleset"].concat(
    "-e",
    "inject=landlock_create_ruleset:error=ENOSYS",
  );
  const { server } = await start(scene, "", [...through, ...fault, ...subletCommand()]);
  await assertServesClients(scene);
  assert.equal(server.output.match(/no Landlock/g)?.length, 1);
  assert.doesNotMatch(server.output, /cannot take/);
  const children = await Deno.readTextFile(`/proc/${server.pid}/task/${server.pid}/children`);
  assertHasOnly(await threadsOf(Number(children.trim())), TWO_CAPABILITIES);
});

// As Deno's executables keep compiled code there, for the next start, which may be root's.
const TEMPORARY = "nothing is left in the directory for temporary files, where anybody writes";
sceneTest(TEMPORARY, OPTIONS, async (scene) => {
  const temporary = `${scene.directory}/tmp`;
  await Deno.mkdir(temporary);
  await Deno.chmod(temporary, 0o1777);
  const command = ["env", `TMPDIR=${temporary}`, ...subletCommand()];
  const { server } = await start(scene, "", command);
  await assertServesClients(scene);
  server.signal("SIGTERM");
  assert.equal(await server.ends(), 0);
  assert.deepEqual(await Array.fromAsync(Deno.readDir(temporary)), []);
});

const PLAIN = "a plain user with the two ambient capabilities serves, keeps just these two, and " +
  "interfaces can still be added";
sceneTest(PLAIN, OPTIONS, async (scene) => {
  await Deno.mkdir(`${scene.directory}/made`);
  await Deno.chown(`${scene.directory}/made`, UID, UID);
  const capabilities = "+net_bind_service,+net_raw";
  const supervisor = ["setpriv", `--reuid=${USER}`, `--regid=${UID}`, "--clear-groups"].concat(
    `--inh-caps=-all,${capabilities}`,
    `--ambient-caps=-all,${capabilities}`,
    "--bounding-set=-all,+net_bind_service,+net_raw",
  );
  const command = [...supervisor, ...await commandForAnybody(scene)];
  // That `user` has been seen to already does no harm.
  const { server } = await start(scene, `user: ${USER}`, command);
  await assertServesClients(scene);
  await assertServesNewInterface(scene);
  const threads = await threadsOf(server.pid);
  assertConfined(threads);
  for (const { CapPrm, CapEff, CapBnd, Name } of threads) {
    assert.deepEqual([CapPrm, CapEff, CapBnd], Array(3).fill(TWO_CAPABILITIES), Name);
  }
});

/** The program under test where a user other than root can run it. */
async function commandForAnybody(scene: Scene): Promise<string[]> {
  const binary = Deno.env.get("SUBLET_BIN");
  const program = `${scene.directory}/program`;
  await Deno.copyFile(binary ? `${PROJECT_DIRECTORY}/${binary}` : Deno.execPath(), program);
  if (binary) return [program];
  const bundle = `${scene.directory}/sublet.js`;
  const args = ["bundle", "--quiet", "--platform", "deno", "--output", bundle, "main.ts"];
  const { success } = await new Deno.Command(Deno.execPath(), { args, cwd: PROJECT_DIRECTORY })
    .output();
  assert.ok(success);
  const env = ["env", `DENO_DIR=${scene.directory}/made/deno`];
  return [...env, program, "run", "-A", "--no-lock", bundle];
}

const REFUSALS: readonly [what: string, user: string, through: readonly string[], RegExp][] = [
  ["a user that is not there", "sublet-nobody", [], /nobody is called "sublet-nobody".*useradd/],
  [
    "another user when not root may",
    USER,
    ["--bounding-set=-setuid", "--inh-caps=-setuid"],
    /EPERM/,
  ],
];
for (const [what, user, through, said] of REFUSALS) {
  sceneTest(
    `${what} is an error with exit code 77, and no journal is left`,
    OPTIONS,
    async (scene) => {
      const journal = `${scene.directory}/leases.jsonl`;
      const text = `journal: ${journal}\nuser: ${user}\n${CONFIG}`;
      const config = await scene.file("sublet.yaml", text);
      const command = [...subletCommand(), "run", "--config", config];
      const started = through.length === 0 ? command : ["setpriv", ...through, ...command];
      const server = scene.start("server", "sublet run", started);
      assert.equal(await server.ends(), 77);
      assert.match(server.output, said);
      await assert.rejects(Deno.stat(journal), Deno.errors.NotFound);
    },
  );
}

const UNREADABLE = "a journal and a config that are root's alone are told, each with what to do";
sceneTest(UNREADABLE, OPTIONS, async (scene) => {
  await Deno.chmod(scene.directory, 0o755);
  const journal = `${scene.directory}/leases.jsonl`;
  const text = `journal: ${journal}\nuser: ${USER}\n${CONFIG}`;
  const config = await scene.file("sublet.yaml", text, 0o600);
  const command = [...subletCommand(), "run", "--config", config];
  const server = scene.start("server", "sublet run", command);
  assert.equal(await server.ends(), 74);
  assert.match(server.output, /warning: nobody cannot read .*sublet\.yaml, so SIGHUP/);
  assert.match(server.output, /cannot lock the journal by .*permission denied; let the user/);
});
