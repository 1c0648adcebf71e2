import type { Millis } from "../lib/clock.ts";
import type { RateLimits } from "../lib/rate-limits.ts";
import type { Micros, Standing } from "./gcra.ts";
import { admit, bound, standingOf } from "./gcra.ts";

/** The arrival times of a key's limit and of its workspace's. */
export interface ArrivalTimes {
  key: Micros;
  workspace: Micros;
}

/** Whether a request may come, and how the limits stand after that. */
export interface Verdict {
  isAdmitted: boolean;
  /** After how long it may come; 0 when it may. */
  retryAfter: Millis;
  key: Standing;
  workspace: Standing;
}

/**
 * PURE: decides a request by both of its limits. It takes of both or of neither: what is refused uses up nothing.
 *
 * @returns with the verdict the times to remember
 */
export function decide(
  remembered: ArrivalTimes,
  limits: RateLimits,
  now: Millis,
): { verdict: Verdict; times: ArrivalTimes } {
  const times: ArrivalTimes = {
    key: bound(remembered.key, limits.key, now),
    workspace: bound(remembered.workspace, limits.workspace, now),
  };
  const before = standingsOf(times, limits, now);
  const waits = [before.key, before.workspace].map(({ remaining, untilMore }) => (remaining > 0 ? 0 : untilMore));
  const retryAfter = Math.max(...waits);
  if (retryAfter > 0) return { verdict: { isAdmitted: false, retryAfter, ...before }, times };
  const after: ArrivalTimes = {
    key: admit(times.key, limits.key, now),
    workspace: admit(times.workspace, limits.workspace, now),
  };
  return { verdict: { isAdmitted: true, retryAfter, ...standingsOf(after, limits, now) }, times: after };
}

function standingsOf(times: ArrivalTimes, limits: RateLimits, now: Millis) {
  return {
    key: standingOf(times.key, limits.key, now),
    workspace: standingOf(times.workspace, limits.workspace, now),
  };
}
