import { Coverage } from "./coverage.ts";
import type { Outcome } from "./simulate.ts";
import { simulate } from "./simulate.ts";

/** What came of many seeds. */
export interface SweepResult {
  seeds: number;
  /** The first that failed. */
  failed: Outcome | null;
  reached: [string, number][];
}

/** Runs seeds, every so many, up to the first that fails. */
export async function sweep(range: { from: number; to: number; stride: number }): Promise<SweepResult> {
  const coverage = new Coverage();
  let seeds = 0;
  for (let seed = range.from; seed <= range.to; seed += range.stride) {
    const outcome = await simulate(seed);
    seeds += 1;
    coverage.add(outcome.reached);
    if (outcome.violations.length > 0) return { seeds, failed: outcome, reached: [...coverage.reached] };
  }
  return { seeds, failed: null, reached: [...coverage.reached] };
}
