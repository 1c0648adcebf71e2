import type { Millis } from "../lib/clock.ts";
import { DAY, HOUR, MINUTE, SECOND } from "../lib/clock.ts";

/*
 * Every waiting time and bound in the life of a post. The first group orders a commit against the reading that settles
 * it and is stretched as a whole by `SETTLE_SCALE`, so that its order never changes:
 * permit + commit timeout < silence < belief in "it did not happen".
 */

/** The times of one commit and its settling. */
export interface SettleTiming {
  /** A commit not sent so long after it was armed must not be sent. */
  permit: Millis;
  /** A commit's call is given up after this. */
  commitTimeout: Millis;
  /** An armed commit that nobody has reported on for so long is settled. */
  silence: Millis;
  /** No reading is believed to show that nothing happened before this much time after arming. */
  believeDidNotFrom: Millis;
  /** Settling ends as `unconfirmed` after this. */
  settleFor: Millis;
  /** A new round that a person has told that its last commit did not happen reads for so long before it believes it. */
  settleDenied: Millis;
}

export function settleTiming(scale: number): SettleTiming {
  return {
    permit: scaled(10 * SECOND, scale),
    commitTimeout: scaled(60 * SECOND, scale),
    silence: scaled(75 * SECOND, scale),
    believeDidNotFrom: scaled(90 * SECOND, scale),
    settleFor: scaled(24 * HOUR, scale),
    settleDenied: scaled(15 * MINUTE, scale),
  };
}

/** A span of settling under `SETTLE_SCALE`, in whole milliseconds: an alarm knows no others. */
export function scaled(span: Millis, scale: number): Millis {
  return Math.ceil(span * scale);
}

/** A commit in doubt is read ever more rarely: after this share of the time since it was armed, at the earliest. */
export const SETTLE_SLOWDOWN = 0.1;

/** How long a consumer has a task for itself. It yields after `CONSUMER_BUDGET`, plus one call at most. */
export const LEASE: Millis = 45 * SECOND;
/** What is left of a lease after the longest call: to say what became of it. */
export const LEASE_MARGIN: Millis = 15 * SECOND;
/** The same for settling, which may have many pages to read. */
export const SETTLE_LEASE: Millis = 2 * MINUTE;
export const CONSUMER_BUDGET: Millis = 20 * SECOND;
/** Platform calls in one message, within the free plan's limit on sub-requests. */
export const CALLS_PER_MESSAGE = 6;

/**
 * How long a sent message is given to arrive before it is sent again: 30 s, then 45 s each. Not ever longer, so that
 * whatever lost them is recovered from within a minute; a message too many is a call that skips.
 */
export function watchdog(sends: number): Millis {
  return sends <= 1 ? 30 * SECOND : 45 * SECOND;
}

/** After so many, seven minutes, the queue is taken for one that does not deliver. */
export const UNDELIVERED_SENDS = 10;

const POSTPONEMENT_FIRST: Millis = 30 * SECOND;
const POSTPONEMENT_MAX: Millis = 10 * MINUTE;

/** How long a task waits that could not be worked on for a reason of our own: 30 s, doubling to 10 minutes. */
export function postponement(count: number): Millis {
  return Math.min(POSTPONEMENT_FIRST * 2 ** Math.max(0, count - 1), POSTPONEMENT_MAX);
}

/** Waits between tries that met a transient fault: eight tries in about six hours. */
const RETRY_WAITS: readonly Millis[] = [
  5 * SECOND,
  30 * SECOND,
  2 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  90 * MINUTE,
  210 * MINUTE,
];
export const RETRY_FOR: Millis = 6 * HOUR;

/** The wait after so many consecutive transient faults, or null when it was the last try. */
export function retryWait(faults: number): Millis | null {
  return RETRY_WAITS[faults - 1] ?? null;
}

/** How long a task waits for a quota of the platform. */
export const QUOTA_FOR: Millis = 72 * HOUR;
export const QUOTA_WAIT: Millis = HOUR;
/** How long a task waits for its account to be connected again. */
export const RECONNECT_FOR: Millis = 24 * HOUR;
const RECONNECT_CHECK_MAX: Millis = 30 * MINUTE;

/** How long until a held task looks again whether its account was connected: a minute, doubling to half an hour. */
export function reconnectCheck(checks: number): Millis {
  return Math.min(MINUTE * 2 ** Math.max(0, checks - 1), RECONNECT_CHECK_MAX);
}

/** How long until a paused task looks again whether its pause was lifted: 5 minutes, doubling to an hour. */
export function pauseCheck(checks: number): Millis {
  return Math.min(5 * MINUTE * 2 ** Math.max(0, checks - 1), HOUR);
}

/** A wait as long as this is shown; a shorter one is over before anybody looks. */
export const SHOWN_WAIT: Millis = 30 * SECOND;
/** The pause after a commit whose permit ran out. */
export const NOT_SENT_WAIT: Millis = 2 * SECOND;
/** How long a commit in doubt is left alone while its account must be connected again to be read. */
export const RECONNECT_READ_WAIT: Millis = 5 * MINUTE;
/** How long the announcement of a published task waits for the permalink. */
export const PERMALINK_WAIT: Millis = 10 * SECOND;
/** How long until a projection that failed is tried again. */
export const PROJECTION_RETRY: Millis = 30 * SECOND;
/** How long until an alarm handler that failed runs again. */
export const ALARM_RETRY: Millis = 15 * SECOND;
/** How long after its object's next alarm the sweeper takes a post for stuck. */
export const WAKE_GRACE: Millis = 60 * SECOND;
/** How long after its time the sweeper looks for a post whose first nudge may have been lost. */
export const FIRST_WAKE_GRACE: Millis = 30 * SECOND;
/** A `wake_by` that is later than it need be by so much is brought forward. */
export const WAKE_SLACK: Millis = 5 * MINUTE;
/** A `wake_by` this close is renewed with the next projection. */
export const WAKE_RENEWAL: Millis = 15 * SECOND;

/** How long an object remembers a post that is over and of which nothing is left to be asked for. */
export const KEPT_FOR: Millis = 7 * DAY;
/** The same where somebody may still retry or resolve, or ask again what a command was answered: as long as its key lives. */
export const KEPT_FOR_ASKING: Millis = 30 * DAY;
/**
 * A live task that comes due so long before its object first loads it has been somebody's before: their document is
 * gone. Longer than a deployment is away, shorter than `KEPT_FOR`.
 */
export const LOADED_LATE: Millis = 3 * DAY;

/** A schedule so far back means now: clocks differ, and requests take time. */
export const PAST_TOLERANCE: Millis = 5 * MINUTE;
