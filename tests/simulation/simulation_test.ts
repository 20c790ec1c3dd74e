/** A bounded number of simulated lives. More of them: `deno task simulate --count 1000`. */
import assert from "node:assert/strict";
import { makePlan } from "./plan.ts";
import { repeatCommand } from "./repeat_command.ts";
import { simulate, type Tally } from "./simulation.ts";

const FIRST_SEED = 1;
const SEEDS = 200;
const HOURS = 0.5;
/** The same with hundreds of clients takes ten times as long. */
const CROWD = 400;
const CROWD_SEEDS = 3;

/** What has to have happened under some seed, or the invariants held for lack of trial. */
const SEEN: readonly string[] = [
  "kill",
  "power-cut",
  "clock step",
  "reload",
  "disk trouble",
  "stall",
  "stranger",
  "flood",
  "impostor",
  "probe answered",
  "conflict",
  "DISCOVER -> OFFER (free-address)",
  "DISCOVER -> OFFER (current-binding)",
  "DISCOVER -> OFFER (previous-binding)",
  "DISCOVER -> OFFER (reservation)",
  "DISCOVER -> silence (pool-exhausted)",
  "DISCOVER -> OFFER (oldest-offer)",
  "SELECTING -> ACK (outstanding-offer)",
  "SELECTING -> NAK (address-not-available)",
  "SELECTING -> silence (other-server-chosen)",
  "SELECTING -> lost (outstanding-offer)",
  "INIT-REBOOT -> ACK (renewed)",
  "INIT-REBOOT -> NAK (wrong-network)",
  "INIT-REBOOT -> NAK (address-not-available)",
  "INIT-REBOOT -> silence (unknown-client)",
  "RENEWING -> ACK (renewed)",
  "INIT-REBOOT -> ACK (renewed-unwritten)",
  "SELECTING -> lost (renewed-unwritten)",
  "RENEWING -> NAK (address-not-available)",
  "REBINDING -> ACK (renewed)",
  "DECLINE -> quarantined (quarantined)",
  "RELEASE -> released (released)",
  "INFORM -> ACK (options-only)",
  "notice: warning",
  "dropped: truncated-option",
  "dropped: too-short",
];

/** One life. */
async function live(options: Parameters<typeof makePlan>[0]): Promise<Tally> {
  const plan = makePlan(options);
  try {
    return await simulate(plan);
  } catch (error) {
    console.error(`to see it again: ${repeatCommand(plan)}`);
    throw error;
  }
}

Deno.test(`simulation: ${SEEDS} seeds of ${HOURS} hours hold every invariant`, async (t) => {
  const seen = new Set<string>();
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    await t.step(`seed ${seed}`, async () => {
      for (const name of (await live({ seed, hours: HOURS })).keys()) seen.add(name);
    });
  }
  await t.step("together they have seen everything", () => {
    assert.deepEqual(SEEN.filter((name) => !seen.has(name)), []);
  });
});

Deno.test(`simulation: ${CROWD} clients, most behind ten relay agents, hold every invariant`, async (t) => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + CROWD_SEEDS; seed++) {
    await t.step(`seed ${seed}`, async () => {
      await live({ seed, hours: HOURS, clientCount: CROWD });
    });
  }
});

Deno.test("simulation: the same seed is the same life", async () => {
  const plan = makePlan({ seed: FIRST_SEED, hours: HOURS });
  const [first, second]: [string[], string[]] = [[], []];
  await simulate(plan, { trace: (line) => first.push(line) });
  await simulate(plan, { trace: (line) => second.push(line) });
  assert.deepEqual(second, first);
});
