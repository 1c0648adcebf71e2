import type { Millis } from "../lib/clock.ts";
import { MINUTE } from "../lib/clock.ts";
import type { RateLimit } from "../lib/rate-limits.ts";

/*
 * PURE: the generic cell rate algorithm. Of a limit one number is remembered, its theoretical arrival time: the moment by
 * which all that was admitted would have come, had it come evenly spaced. Each request moves it on by the interval; it
 * may be ahead of the present by as many intervals as may come at once. There is no window, and so no end of a window at
 * which twice as much could come.
 *
 * It counts whole microseconds: fractions of them would add up, and a wait would be off by a moment now and then.
 */

/** Microseconds since the Unix epoch, or a span of them. */
export type Micros = number;

const MILLI: Micros = 1_000;

/** A limit of which nothing has been used lately. */
export const UNUSED: Micros = 0;

/** How a limit stands in this moment. */
export interface Standing {
  /** How many more may come at once. */
  remaining: number;
  /** After how long there will be one more of them, to the millisecond; 0 when nothing of the limit is used. */
  untilMore: Millis;
}

/**
 * An arrival time that is no further ahead than its limit allows: it may have been left by another limit, or by a clock
 * that was set back since. The functions below expect one.
 */
export function bound(tat: Micros, limit: RateLimit, now: Millis): Micros {
  return Math.min(tat, now * MILLI + intervalOf(limit) * limit.burst);
}

/** How a limit stands. The next request may come now if `remaining` is not 0, and otherwise after `untilMore`. */
export function standingOf(tat: Micros, limit: RateLimit, now: Millis): Standing {
  const interval = intervalOf(limit);
  const ahead = untilArrival(tat, now);
  const remaining = Math.floor((interval * limit.burst - ahead) / interval);
  const aheadWithOneMore = interval * (limit.burst - remaining - 1);
  return { remaining, untilMore: ahead === 0 ? 0 : Math.ceil((ahead - aheadWithOneMore) / MILLI) };
}

/** The arrival time after one more request, which the limit must have room for. */
export function admit(tat: Micros, limit: RateLimit, now: Millis): Micros {
  return Math.max(tat, now * MILLI) + intervalOf(limit);
}

/** By how much an arrival time is to come. */
export function untilArrival(tat: Micros, now: Millis): Micros {
  return Math.max(0, tat - now * MILLI);
}

/** From one request to the next in the long run, at least: rounded up, so that no limit is exceeded. */
function intervalOf({ perMinute }: RateLimit): Micros {
  return Math.ceil((MINUTE * MILLI) / perMinute);
}
