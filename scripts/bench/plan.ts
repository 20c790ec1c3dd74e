/** Which measurements a run takes of which servers, and in what order. */
import { measurePerfdhcp } from "./perfdhcp.ts";
import type { Lab } from "./lab.ts";
import {
  type Durations,
  measureAtRate,
  measureClosedLoops,
  measureConfigured,
  measureExtending,
  measureHalfLoad,
  measureHighestRate,
  measureOnLink,
  measurePoolFill,
  measureWithLeases,
} from "./measurements.ts";
import { measureEngine, measureSteps } from "./in_process.ts";
import { medianOf, type Sample } from "./results.ts";
import { type ServerKind, SERVERS } from "./servers.ts";
import { measureDiskUse, measureSlowDisk } from "./traced.ts";

export const SECTIONS = [
  "closed",
  "latency",
  "highest",
  "on-link",
  "extending",
  "leases",
  "fill",
  "reservations",
  "classes",
  "disk",
  "slow-disk",
  "perfdhcp",
  "half",
  "in-process",
] as const;
export type Section = (typeof SECTIONS)[number];

export interface PlanOptions {
  readonly sections: readonly Section[];
  /** Ids. */
  readonly servers: readonly string[];
  readonly rounds: number;
  readonly isQuick: boolean;
}

/** Kea that drops nothing is asked for less than this. */
const STEADY_RATE = 200;
const LEASE_COUNTS = [0, 1_000, 60_000, 1_000_000];
const FILL_PERCENTS = [1, 50, 90, 99, 99.9];
/** Of reservations and of classes. */
const CONFIGURED_COUNTS = [0, 1_000, 50_000];

/** The open-loop search begins around what the closed loop reached. */
const SEARCH = { low: 0.3, high: 1.2, steps: 4 };
const SEARCH_AGAIN = { low: 0.8, high: 1.2, steps: 2 };

/** Takes all of it; one that fails is told, and the others go on. */
export class Plan {
  readonly samples: Sample[] = [];
  readonly failures: string[] = [];
  readonly #lab: Lab;
  readonly #options: PlanOptions;
  readonly #say: (line: string) => void;
  readonly #durations: Durations;

  constructor(lab: Lab, options: PlanOptions, say: (line: string) => void) {
    this.#lab = lab;
    this.#options = options;
    this.#say = say;
    this.#durations = options.isQuick
      ? { seconds: 1, warmupSeconds: 1 }
      : { seconds: 2, warmupSeconds: 1 };
  }

  async run(): Promise<void> {
    // Round by round, so that whatever else the machine does meanwhile meets all servers alike.
    for (let round = 0; round < this.#options.rounds; round++) {
      await this.#round(round);
    }
    await this.#once();
  }

  async #round(round: number): Promise<void> {
    const lab = this.#lab;
    const durations = this.#durations;
    const long = { seconds: durations.seconds + 1, warmupSeconds: durations.warmupSeconds };
    await this.#each("closed", ALL, (kind) => measureClosedLoops(lab, kind, long));
    await this.#each(
      "latency",
      DISTINCT,
      (kind) => measureAtRate(lab, kind, "rate-200", STEADY_RATE, long),
    );
    await this.#each("highest", DISTINCT, (kind) => this.#search(kind, round));
    await this.#each("highest", DISTINCT, (kind) => {
      const rate = Math.round((this.#median("highest-rate", kind) ?? 0) / 2);
      return measureAtRate(lab, kind, "rate-half", rate, durations);
    });
    await this.#each("on-link", DISTINCT, (kind) => measureOnLink(lab, kind, durations));
    await this.#each("extending", DISTINCT, (kind) => measureExtending(lab, kind, durations));
    await this.#each("fill", FAST, async (kind) => {
      const samples: Sample[] = [];
      for (const percent of FILL_PERCENTS) {
        samples.push(await measurePoolFill(lab, kind, percent, durations));
      }
      return samples;
    });
    for (const leases of LEASE_COUNTS.slice(0, -1)) {
      await this.#each(
        "leases",
        FAST,
        (kind) => measureWithLeases(lab, kind, leases, 60, durations),
      );
    }
  }

  /** What takes long, or tells the same every time. */
  async #once(): Promise<void> {
    const lab = this.#lab;
    const { isQuick } = this.#options;
    const durations = this.#durations;
    const most = LEASE_COUNTS.at(-1)!;
    for (let i = 0; i < this.#options.rounds; i++) {
      await this.#each(
        "leases",
        SUBLET_ONLY,
        (kind) => measureWithLeases(lab, kind, most, 60, durations),
      );
    }
    if (!isQuick) {
      await this.#each(
        "leases",
        (kind) => kind.id === "kea",
        (kind) => measureWithLeases(lab, kind, most, 60, durations),
      );
      for (const leases of LEASE_COUNTS.slice(0, -1)) {
        await this.#each(
          "leases",
          SLOW,
          (kind) => measureWithLeases(lab, kind, leases, 90, durations),
        );
      }
    }
    for (const what of ["reservations", "classes"] as const) {
      for (const count of CONFIGURED_COUNTS) {
        await this.#each(
          what,
          FAST,
          (kind) => measureConfigured(lab, kind, what, count, durations),
        );
      }
    }
    for (const mode of ["relay", "rebind"] as const) {
      for (const outstanding of [1, 32, 1024]) {
        await this.#each(
          "disk",
          DISTINCT,
          (kind) => measureDiskUse(lab, kind, mode, outstanding, durations),
        );
      }
    }
    await this.#each(
      "slow-disk",
      ({ id, syncs }) => syncs !== "none" && id !== "sublet-quiet",
      (kind) => measureSlowDisk(lab, kind, { seconds: 3, warmupSeconds: 2 }),
    );
    await this.#each("perfdhcp", FAST, (kind) => measurePerfdhcp(lab, kind, isQuick ? 2 : 5));
    await this.#each("half", FAST, (kind) => {
      const rate = Math.round((this.#median("highest-rate", kind) ?? 2 * STEADY_RATE) / 2);
      return measureHalfLoad(lab, kind, rate, isQuick ? 5 : 60);
    });
    await this.#inProcess();
  }

  async #inProcess(): Promise<void> {
    await this.#each("in-process", SUBLET_ONLY, () => measureEngine());
    await this.#each("in-process", SUBLET_ONLY, () => measureSteps());
  }

  /** The first search is wide, the later ones go on from what it found. */
  #search(kind: ServerKind, round: number): Promise<Sample> {
    const found = this.#median("highest-rate", kind);
    const closed = Math.max(
      this.#median("relay-1024", kind) ?? 0,
      this.#median("relay-32", kind) ?? 0,
      STEADY_RATE,
    );
    const around = round === 0 || found === undefined ? closed : found;
    const { low, high, steps } = round === 0 || found === undefined ? SEARCH : SEARCH_AGAIN;
    const bounds = { low: low * around, high: high * around, steps };
    return measureHighestRate(this.#lab, kind, bounds, this.#durations);
  }

  #median(measure: string, kind: ServerKind): number | undefined {
    return medianOf(this, { measure, server: kind.id }, "rate");
  }

  async #each(
    section: Section,
    isMeant: (kind: ServerKind) => boolean,
    measure: (kind: ServerKind) => Promise<Sample | readonly Sample[]>,
  ): Promise<void> {
    if (!this.#options.sections.includes(section)) return;
    for (const kind of SERVERS) {
      if (!isMeant(kind) || !this.#options.servers.includes(kind.id)) continue;
      try {
        const samples = [await measure(kind)].flat();
        this.samples.push(...samples);
        for (const sample of samples) this.#say(describeSample(kind, sample));
      } catch (error) {
        const failure = `${section} of ${kind.label}: ${
          error instanceof Error ? error.message : error
        }`;
        this.failures.push(failure);
        this.#say(`FAILED  ${failure}`);
      }
    }
  }
}

const ALL = () => true;
/** Each program once, as it comes; Kea also with its file synced. */
const DISTINCT = ({ id }: ServerKind) => !id.endsWith("-quiet") && id !== "ceiling";
const FAST = ({ id }: ServerKind) => id === "sublet" || id === "kea";
const SLOW = ({ isSlow }: ServerKind) => isSlow;
const SUBLET_ONLY = ({ id }: ServerKind) => id === "sublet";

function describeSample({ label }: ServerKind, { measure, at, values }: Sample): string {
  const shown = ["rate", "lossPercent", "cpuMsPer1000", "p50Ms", "p99Ms", "startMs", "rssMiB"];
  const facts = Object.entries(values)
    .filter(([key]) => shown.includes(key) || Object.keys(values).length < 6)
    .filter(([, value]) => !Number.isNaN(value))
    .map(([key, value]) => `${key} ${Number(value.toPrecision(4))}`);
  return `${label.padEnd(14)} ${measure}${at === 0 ? "" : ` at ${at}`}: ${facts.join(", ")}`;
}
