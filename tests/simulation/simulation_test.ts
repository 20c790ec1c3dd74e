/** A bounded number of simulated lives. More of them: `deno task simulate --count 1000`. */
import assert from "node:assert/strict";
import { makePlan } from "./plan.ts";
import { repeatCommand } from "./repeat_command.ts";
import { simulate } from "./simulation.ts";

const FIRST_SEED = 1;
const SEEDS = 200;
const HOURS = 0.5;

/** What has to have happened under some seed, or the invariants held for lack of trial. */
const SEEN: readonly string[] = [
  "kill",
  "power-cut",
  "clock step",
  "reload",
  "disk trouble",
  "stall",
  "stranger",
  "probe answered",
  "conflict",
  "DISCOVER -> OFFER (free-address)",
  "DISCOVER -> OFFER (current-binding)",
  "DISCOVER -> OFFER (previous-binding)",
  "DISCOVER -> OFFER (reservation)",
  "DISCOVER -> silence (pool-exhausted)",
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

Deno.test(`simulation: ${SEEDS} seeds of ${HOURS} hours hold every invariant`, async (t) => {
  const seen = new Set<string>();
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    await t.step(`seed ${seed}`, async () => {
      try {
        const tally = await simulate(makePlan({ seed, hours: HOURS }));
        for (const name of tally.keys()) seen.add(name);
      } catch (error) {
        console.error(`to see it again: ${repeatCommand(seed, HOURS)}`);
        throw error;
      }
    });
  }
  await t.step("together they have seen everything", () => {
    assert.deepEqual(SEEN.filter((name) => !seen.has(name)), []);
  });
});

Deno.test("simulation: the same seed is the same life", async () => {
  const plan = makePlan({ seed: FIRST_SEED, hours: HOURS });
  const [first, second]: [string[], string[]] = [[], []];
  await simulate(plan, { trace: (line) => first.push(line) });
  await simulate(plan, { trace: (line) => second.push(line) });
  assert.deepEqual(second, first);
});
