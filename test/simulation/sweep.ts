import { Coverage } from "./coverage.ts";
import type { Outcome } from "./simulate.ts";
import { simulate } from "./simulate.ts";

/** What came of many seeds. */
export interface SweepResult {
  seeds: number;
  /** The first that failed. */
  failed: Outcome | null;
  reached: [string, number][];
  /** The most that happened in one seed. */
  mostEvents: number;
  /** Of all that happened, in order. */
  hash: number;
}

/** Runs seeds, every so many, up to the first that fails. */
export async function sweep(range: { from: number; to: number; stride: number }): Promise<SweepResult> {
  const coverage = new Coverage();
  const result: Omit<SweepResult, "reached"> = { seeds: 0, failed: null, mostEvents: 0, hash: 0 };
  for (let seed = range.from; seed <= range.to && !result.failed; seed += range.stride) {
    const outcome = await simulate(seed);
    coverage.add(outcome.reached);
    result.seeds += 1;
    result.mostEvents = Math.max(result.mostEvents, outcome.events);
    result.hash = (Math.imul(result.hash, 31) + outcome.hash) >>> 0;
    if (outcome.violations.length > 0) result.failed = outcome;
  }
  return { ...result, reached: [...coverage.reached] };
}
