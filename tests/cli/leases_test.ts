import assert from "node:assert/strict";
import type { Lease } from "../../src/leases/lease.ts";
import { encodeHeader, encodeLease } from "../../src/store/journal_format.ts";
import { subletCommand } from "../support/program.ts";
import { runSublet, sublet } from "../support/run_sublet.ts";
import { makeLease, numberedClient } from "../support/leases_fixture.ts";

const HOUR_MS = 3_600_000;

/** A journal with these leases, whose times are wall times. */
function journalText(leases: readonly Lease[]): string {
  return encodeHeader(Date.now() - HOUR_MS) + leases.map((it) => encodeLease(it, 0)).join("");
}

/** Runs a test with a directory of its own that holds the journal. */
async function withJournal(
  leases: readonly Lease[],
  test: (journal: string, directory: string) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    const journal = `${directory}/leases.jsonl`;
    await Deno.writeTextFile(journal, journalText(leases));
    await test(journal, directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Half a minute on top of the hours, so that the minutes shown do not depend on the speed. */
function twoLeases(): readonly Lease[] {
  const now = Date.now();
  return [
    makeLease({
      address: "192.168.1.120",
      client: numberedClient(2),
      updatedAtMs: now - 3 * HOUR_MS,
      expiresAtMs: now - 2 * HOUR_MS - 30_000,
    }),
    makeLease({
      address: "192.168.1.100",
      client: numberedClient(1, "01:b8:27:eb:00:00:01"),
      hostname: "pi\x1b[2J",
      classes: ["phones", "lobby"],
      updatedAtMs: now,
      expiresAtMs: now + 11 * HOUR_MS + 58 * 60_000 + 30_000,
    }),
  ];
}

Deno.test("leases prints a table by address, with what clients sent escaped", async () => {
  await withJournal(twoLeases(), async (journal) => {
    assert.deepEqual(await runSublet(["leases", "--journal", journal]), {
      code: 0,
      stderr: "",
      stdout: `address        client             state    expires     hostname
192.168.1.100  b8:27:eb:00:00:01  bound    in 11h 58m  "pi\\x1b[2J"
192.168.1.120  b8:27:eb:00:00:02  expired  2h ago      -
`,
    });
  });
});

Deno.test("leases --json prints one array with every record", async () => {
  await withJournal(twoLeases(), async (journal) => {
    const { stdout } = await runSublet(["leases", "--json", "--journal", journal]);
    const leases: Record<string, unknown>[] = JSON.parse(stdout);
    assert.deepEqual(leases.map((it) => [it["address"], it["state"]]), [
      ["192.168.1.100", "bound"],
      ["192.168.1.120", "expired"],
    ]);
    assert.equal(leases[0]!["client-id"], "01:b8:27:eb:00:00:01");
    assert.equal(leases[0]!["hostname"], "pi\x1b[2J");
    assert.deepEqual(leases.map(({ classes }) => classes), [["phones", "lobby"], undefined]);
    const secondsLeft = leases[0]!["seconds-left"] as number;
    assert(secondsLeft > 43_000 && secondsLeft <= 43_110, String(secondsLeft));
  });
});

Deno.test("leases finds the journal through the config", async () => {
  await withJournal(twoLeases(), async (journal, directory) => {
    await Deno.writeTextFile(
      `${directory}/config.yaml`,
      `interfaces: [eth0]
subnets: [{ subnet: 192.168.1.0/24, pools: [192.168.1.100-192.168.1.199] }]
journal: ${journal}
`,
    );
    const named = await runSublet(["leases", "--config", `${directory}/config.yaml`]);
    assert.match(named.stdout, /192\.168\.1\.100/);
    const found = await runSublet(["leases"], { cwd: directory });
    assert.match(found.stdout, /192\.168\.1\.100/);
  });
});

Deno.test("leases passes over a line that is just being written", async () => {
  await withJournal(twoLeases(), async (journal) => {
    await Deno.writeTextFile(journal, '{"at":"2026-11', { append: true });
    const before = await Deno.readTextFile(journal);
    const { code, stdout, stderr } = await runSublet(["leases", "--journal", journal]);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.equal(stdout.split("\n").length, 4);
    assert.equal(await Deno.readTextFile(journal), before, "reading changes nothing");
  });
});

Deno.test("a journal without leases: says so; --json is an empty array", async () => {
  await withJournal([], async (journal) => {
    assert.equal((await runSublet(["leases", "--journal", journal])).stdout, "no leases\n");
    assert.equal((await runSublet(["leases", "--json", "--journal", journal])).stdout, "[]\n");
  });
});

Deno.test("a journal that is not there: one clear line, exit 74", async () => {
  const { code, stdout, stderr } = await runSublet(["leases", "--journal", "/nonexistent/l.jsonl"]);
  assert.deepEqual([code, stdout], [74, ""]);
  assert.match(stderr, /^sublet: there is no lease journal \/nonexistent\/l\.jsonl.*\n$/);
});

Deno.test({
  name: "a journal that this user may not read: whom to be, exit 74",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await withJournal(twoLeases(), async (journal) => {
      await Deno.chmod(journal, 0);
      // Makes root as powerless as anybody: from util-linux, which every Debian has.
      const powerless = Deno.uid() === 0
        ? ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
        : [];
      const [program, ...args] = [...powerless, ...subletCommand(), "leases", "--journal", journal];
      const { code, stderr } = await new Deno.Command(program!, { args, stdin: "null" }).output();
      assert.equal(
        new TextDecoder().decode(stderr),
        `sublet: cannot read the lease journal ${journal}: permission denied; ` +
          "run this as root, or as the user that runs sublet\n",
      );
      assert.equal(code, 74);
    });
  },
});

Deno.test("a reader that has seen enough is no error to report", async () => {
  const now = Date.now();
  const leases = Array.from({ length: 20_000 }, (_, i) =>
    makeLease({
      address: 0x0a00_0001 + i,
      client: numberedClient(i),
      updatedAtMs: now,
      expiresAtMs: now + HOUR_MS,
    }));
  await withJournal(leases, async (journal) => {
    const process = sublet(["leases", "--journal", journal], {
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const reader = process.stdout.getReader();
    await reader.read();
    await reader.cancel();
    assert.equal(await new Response(process.stderr).text(), "");
    assert.equal((await process.status).code, 141);
  });
});
