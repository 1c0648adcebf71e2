import type { Millis } from "../lib/clock.ts";
import type { PlatformId } from "../lib/vocabulary.ts";

/** What a consumer did with one message, for the log and the measurements: counts and words of ours alone. */
export interface Tally {
  /** What was reported last, or why nothing was done. */
  outcome: string;
  platform: PlatformId | null;
  /** Calls to the platform. */
  calls: number;
  /** How long it took to answer them. */
  callsMs: Millis;
}

/** @param outcome where nothing is reported */
export function newTally(outcome: string): Tally {
  return { outcome, platform: null, calls: 0, callsMs: 0 };
}
