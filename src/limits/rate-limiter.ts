import type { Clock, Millis } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import type { RateLimits } from "../lib/rate-limits.ts";
import type { Scope } from "../lib/vocabulary.ts";
import type { Verdict } from "./decide.ts";

/** Who asks. */
export interface Caller extends Scope {
  /** The key's id. */
  id: string;
}

/**
 * Asks whether a request may come, and counts it. Never throws.
 *
 * @returns null when that cannot be said: the request passes, for a limiter that is away must not keep anybody out
 */
export type Limiter = (caller: Caller, limits: RateLimits) => Promise<Verdict | null>;

/** The one call of a `RateLimitObject`. */
export interface LimiterCalls {
  decide(keyId: string, limits: RateLimits): Promise<Verdict>;
}

export interface LimiterDeps {
  /** The object of a workspace and mode. To be asked anew for each call: a stub that threw is spent. */
  objects(scope: Scope): LimiterCalls;
  clock: Clock;
  log: Log;
}

/** A request waits for so long, and then it passes. */
const PATIENCE: Millis = 250;
const MOST_REFUSALS = 1_000;

/** A refusal that the object gave, and when it was asked. */
interface Refused {
  verdict: Verdict;
  askedAt: Millis;
}

/**
 * A limiter that remembers refusals for as long as they last. Whoever was refused is refused until then, for nothing
 * that happens meanwhile makes it sooner: so a flood from one key hardly reaches its object, cannot keep it from
 * answering in time, and costs next to nothing.
 */
export function createLimiter({ objects, clock, log }: LimiterDeps): Limiter {
  const refusals = new Map<string, Refused>();

  return async function limit({ workspaceId, mode, id }, limits) {
    // With the limits in it: what was refused by others says nothing.
    const name = JSON.stringify([workspaceId, mode, id, limits]);
    const askedAt = clock();
    const refused = refusals.get(name);
    const still = refused ? after(refused.verdict, askedAt - refused.askedAt) : null;
    if (still) return still;
    refusals.delete(name);
    try {
      const verdict = await inTime(objects({ workspaceId, mode }).decide(id, limits));
      if (!verdict.isAdmitted) {
        if (refusals.size >= MOST_REFUSALS) refusals.clear();
        refusals.set(name, { verdict, askedAt });
      }
      return verdict;
    } catch (error) {
      log.error("a request passed uncounted: its rate limits could not be decided", error, {
        workspace_id: workspaceId,
        mode,
      });
      return null;
    }
  };
}

/** What a refusal says after a while; null when it is over, or the clock was set back since. */
function after({ retryAfter, key, workspace, isAdmitted }: Verdict, span: Millis): Verdict | null {
  if (span < 0 || span >= retryAfter) return null;
  const later = ({ remaining, untilMore }: Verdict["key"]) => ({ remaining, untilMore: Math.max(0, untilMore - span) });
  return { isAdmitted, retryAfter: retryAfter - span, key: later(key), workspace: later(workspace) };
}

async function inTime<T>(answer: Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(PATIENCE);
  let giveUp = () => {};
  const gaveUp = new Promise<never>((_, reject) => {
    giveUp = () => reject(signal.reason);
    signal.addEventListener("abort", giveUp);
  });
  try {
    return await Promise.race([answer, gaveUp]);
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}
