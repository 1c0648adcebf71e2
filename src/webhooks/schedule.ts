import type { Millis } from "../lib/clock.ts";
import { DAY, HOUR, MINUTE, SECOND } from "../lib/clock.ts";

/*
 * When an event is sent, again and again, and when an endpoint is given up.
 */

/** How long after an attempt the next one follows: with the first at once, twelve over five days. */
const WAITS: readonly Millis[] = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  DAY,
  DAY,
  DAY,
];
const JITTER = 0.2;
/** The longest that an endpoint's `Retry-After` is heeded. */
const MAX_RETRY_AFTER: Millis = DAY;

/**
 * When a delivery is sent again after so many attempts; null when it was the last.
 *
 * @param fraction a random number below 1: endpoints that come back are not met by all at once
 * @param retryAfter how long the endpoint asked to be left alone
 */
export function nextAttemptAt(
  attempts: number,
  now: Millis,
  fraction: number,
  retryAfter: Millis | null,
): Millis | null {
  const wait = WAITS[attempts - 1];
  if (wait === undefined) return null;
  const jittered = wait * (1 - JITTER + 2 * JITTER * fraction);
  return now + Math.round(Math.max(jittered, Math.min(retryAfter ?? 0, MAX_RETRY_AFTER)));
}

/** How long sending may take, the answer's headers and body included. */
export const SEND_TIMEOUT: Millis = 15 * SECOND;
/** How long a consumer has a delivery for itself: to send it, and to say what became of it. */
export const CLAIM: Millis = 30 * SECOND;
/** How long after its time the sweeper takes a delivery for forgotten. */
export const DUE_GRACE: Millis = 30 * SECOND;
/** A longer wait is the sweeper's alone. */
export const MAX_QUEUE_DELAY: Millis = 15 * MINUTE;

/** So many deliveries in a row that fail at their first attempt, and all others of the endpoint are held. */
export const HOLD_FROM = 5;
const PROBE_FIRST: Millis = 30 * SECOND;
const PROBE_MAX: Millis = 15 * MINUTE;

/** How long until an endpoint whose deliveries are held is tried again: 30 s, doubling to 15 minutes. */
export function probeWait(probes: number): Millis {
  return Math.min(PROBE_FIRST * 2 ** Math.min(probes, 10), PROBE_MAX);
}

/** Held deliveries that are let go at once when their endpoint answers again. */
export const RELEASED_AT_ONCE = 50;

/** An endpoint that nothing reached for so long is disabled. */
export const DISABLE_AFTER: Millis = 5 * DAY;
