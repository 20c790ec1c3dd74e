/** What a run measured: a flat list of samples, and what is made of them. */

/** One measurement of one server. */
export interface Sample {
  /** What was measured, e.g. `relay-1024`. */
  readonly measure: string;
  /** Id of the server. */
  readonly server: string;
  /** What the measure was taken at, e.g. the number of leases; 0 where there is nothing. */
  readonly at: number;
  readonly values: Readonly<Record<string, number>>;
}

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  /** Of the directory that the lease files are in. */
  readonly fileSystem: string;
}

export interface Results {
  /** ISO 8601. */
  readonly startedAt: string;
  readonly minutes: number;
  readonly command: string;
  readonly isQuick: boolean;
  readonly rounds: number;
  readonly machine: Machine;
  /** By the label of the server. */
  readonly versions: Readonly<Record<string, string>>;
  /** Load average of the machine before the run: others were at work when it is high. */
  readonly loadBefore: number;
  readonly samples: readonly Sample[];
  /** Measurements that could not be taken, and why. */
  readonly failures: readonly string[];
}

/** The median of the samples' `key`; `undefined` when there is none. */
export function medianOf(
  { samples }: Pick<Results, "samples">,
  where: { readonly measure: string; readonly server: string; readonly at?: number },
  key: string,
): number | undefined {
  const values = samples
    .filter(({ measure, server, at }) =>
      measure === where.measure && server === where.server && at === (where.at ?? 0)
    )
    .map(({ values }) => values[key])
    .filter((value): value is number => value !== undefined && Number.isFinite(value));
  return median(values);
}

export function median(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >>> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** What a measure was taken at, in ascending order. */
export function pointsOf({ samples }: Pick<Results, "samples">, measure: string): number[] {
  const points = new Set(samples.filter((it) => it.measure === measure).map(({ at }) => at));
  return [...points].toSorted((a, b) => a - b);
}
