/**
 * Trouble with the disk under a running server: no ACK leaves that is not on disk, `/healthz` and
 * the log say what is wrong, and when there is room again it works again by itself.
 */
import assert from "node:assert/strict";
import { ACK, messageType } from "../support/dhcp_packets.ts";
import type { Cable } from "../support/netns.ts";
import { type Program, until } from "../support/program.ts";
import { clientMac, RelayAgent } from "../support/relay_agent.ts";
import { type Scene, sceneTest } from "../support/scene.ts";
import { startServer } from "../support/sublet_server.ts";

const SERVER = "10.77.0.1";
const AGENT = "10.77.0.2";

const LAN: Cable = [
  { node: "server", name: "lan0", addresses: [`${SERVER}/16`] },
  { node: "clients", name: "eth0", addresses: [`${AGENT}/16`] },
];

const CONFIG = `
interfaces: lan0
conflict-probe: off
lease-time: 1h
subnets:
  - subnet: 10.77.0.0/16
    relays: 10.77.0.2
    pools: 10.77.1.0-10.77.250.255
`;

const OPTIONS = { cables: [LAN], needs: ["curl", "strace"], secondsMax: 90 };
const RECOVERY_MS = 20_000;
const CLIENTS_MAX = 100;

/** Status and body of `/healthz`. */
async function health(scene: Scene): Promise<string> {
  const url = "http://127.0.0.1:8067/healthz";
  const shown = ["-sS", "--max-time", "5", "-w", "%{http_code}", url];
  return await scene.wire.exec("server", "curl", ...shown);
}

async function healthBecomes(scene: Scene, pattern: RegExp): Promise<void> {
  await until(`/healthz to be ${pattern}`, RECOVERY_MS, async () => {
    return pattern.test(await health(scene)) || undefined;
  });
}

/** Clients `from` to `to` get their leases; resolves to their addresses. */
async function obtain(agent: RelayAgent, from: number, to: number): Promise<void> {
  for (let client = from; client < to; client++) await agent.obtain(clientMac(client));
}

/** Every client that got an ACK is known to a server that has nothing but the disk. */
async function assertAllKnown(agent: RelayAgent, server: Program): Promise<void> {
  for (const [mac, address] of agent.acked) {
    const reply = await agent.reboot(mac, address);
    assert.equal(messageType(reply), ACK, `${mac} is not given ${address} again`);
  }
  assert.doesNotMatch(server.output, /healed/);
}

/** A server whose journal lies on a file system of `size`, which `path` leads to from outside. */
async function onSmallDisk(scene: Scene, size: string) {
  const mountPoint = `${scene.directory}/disk`;
  await Deno.mkdir(mountPoint, { recursive: true });
  const mount = `mount -t tmpfs -o size=${size} none ${mountPoint} && exec "$@"`;
  const server = await startServer(scene, CONFIG, {
    through: ["unshare", "--mount", "sh", "-c", mount, "sh"],
    journal: `${mountPoint}/leases.jsonl`,
  });
  return { server, path: `/proc/${server.pid}/root${mountPoint}` };
}

sceneTest(
  "a full disk: no ACK, a red /healthz, and all is well when there is room",
  OPTIONS,
  async (scene) => {
    const { server, path } = await onSmallDisk(scene, "256k");
    const agent = await RelayAgent.plug(scene, "clients", AGENT, SERVER);
    await obtain(agent, 0, 20);
    const known = agent.acked.size;

    const filler = await Deno.open(`${path}/filler`, { create: true, append: true });
    const block = new Uint8Array(4096);
    try {
      for (;;) if (await filler.write(block) === 0) break;
    } catch {
      // ENOSPC: that is what it is for.
    }
    // The journal's last page has room for some lines yet.
    await until("the disk to be full", RECOVERY_MS, async () => {
      await agent.obtain(clientMac(100 + agent.acked.size)).catch(() => {});
      return /503$/.test(await health(scene)) || undefined;
    });
    assert.match(await health(scene), /leases cannot be written: .*the disk is full.*; make room/);
    await server.says(/the disk is full.*no client gets an ACK until it can be written/);
    const ackedBefore = agent.acked.size;
    await assert.rejects(agent.obtain(clientMac(900)), "an offer, but no ACK");
    assert.equal(agent.acked.size, ackedBefore);
    assert.ok(ackedBefore >= known);

    filler.close();
    await Deno.remove(`${path}/filler`);
    await healthBecomes(scene, /^ok\n200$/);
    await server.says(/the lease journal is written again/);
    await obtain(agent, 1_000, 1_010);
    await assertAllKnown(agent, server);
    const lines = (await Deno.readTextFile(`${path}/leases.jsonl`)).trimEnd().split("\n");
    for (const line of lines) JSON.parse(line);
    for (const address of agent.acked.values()) {
      assert.ok(lines.some((line) => line.includes(`"${address}"`)), `${address} is on disk`);
    }
  },
);

/** Errors that strace puts into the system calls on the journal, from the `when`th on. */
const ERRORS: readonly (readonly [string, string, RegExp])[] = [
  ["an I/O error on fdatasync", "fdatasync:error=EIO:when=5..9", /reports an I\/O error/],
  ["a file system that is read-only all at once", "write:error=EROFS:when=8..14", /read-only/],
];
for (const [what, injection, said] of ERRORS) {
  sceneTest(
    `${what}: what was not synced is not said, and the server recovers`,
    OPTIONS,
    async (scene) => {
      const journal = `${scene.directory}/leases.jsonl`;
      const server = await startServer(scene, CONFIG, {
        // The trace is of the journal alone, so the log can be written whatever happens.
        through: [
          "strace",
          "-f",
          "-qq",
          "-o",
          "/dev/null",
          "-P",
          journal,
          "-e",
          `inject=${injection}`,
        ],
      });
      const agent = await RelayAgent.plug(scene, "clients", AGENT, SERVER);
      // strace counts the calls of each thread by itself, and slow writes are spread over several.
      let isSaid = false;
      const saying = server.says(said, RECOVERY_MS).then(() => isSaid = true);
      for (let client = 0; client < 20 || (!isSaid && client < CLIENTS_MAX); client++) {
        await agent.obtain(clientMac(client)).catch(() => {});
      }
      await saying;
      await server.says(/the lease journal is written again/, RECOVERY_MS);
      await healthBecomes(scene, /^ok\n200$/);
      assert.ok(agent.acked.size > 0);
      await server.kill();
      await assertAllKnown(agent, await startServer(scene, CONFIG));
    },
  );
}

/** What somebody does to the journal of a running server, and what the log says of it. */
const MEDDLINGS: readonly (readonly [string, RegExp, (path: string) => Promise<void>])[] = [
  ["is deleted", /was removed/, (path) => Deno.remove(path)],
  ["is cut to nothing", /was cut short/, (path) => Deno.truncate(path, 0)],
  [
    "is cut amid a line",
    /was cut short/,
    async (path) => Deno.truncate(path, (await Deno.stat(path)).size - 20),
  ],
  [
    "has half a line added",
    /was written to/,
    (path) => Deno.writeTextFile(path, '{"at":', { append: true }),
  ],
  ["is replaced by an older copy", /was replaced/, async (path) => {
    const lines = (await Deno.readTextFile(path)).split("\n");
    await Deno.writeTextFile(`${path}.old`, lines.slice(0, 3).join("\n") + "\n");
    await Deno.rename(`${path}.old`, path);
  }],
];
for (const [what, said, meddle] of MEDDLINGS) {
  sceneTest(
    `a journal that ${what} while the server runs is made whole again, and the log says so`,
    OPTIONS,
    async (scene) => {
      const journal = `${scene.directory}/leases.jsonl`;
      const server = await startServer(scene, CONFIG);
      const agent = await RelayAgent.plug(scene, "clients", AGENT, SERVER);
      await obtain(agent, 0, 10);
      await meddle(journal);
      await obtain(agent, 10, 12);
      await server.says(said);
      await server.kill();
      await assertAllKnown(agent, await startServer(scene, CONFIG));
      assert.equal(agent.acked.size, 12);
    },
  );
}

sceneTest(
  "a read-only file system at start ends the server, with a word on what to do",
  OPTIONS,
  async (scene) => {
    const place = `${scene.directory}/disk`;
    await Deno.mkdir(place);
    const mount = `mount -t tmpfs -o ro none ${place} && exec "$@"`;
    await assert.rejects(
      startServer(scene, CONFIG, {
        through: ["unshare", "--mount", "sh", "-c", mount, "sh"],
        journal: `${place}/leases.jsonl`,
      }),
      /sublet run ended with 74/,
    );
    assert.match(scene.transcript(), /the file system is read-only; remount it or set `journal:`/);
  },
);
