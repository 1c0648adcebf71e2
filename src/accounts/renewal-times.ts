import type { Millis } from "../lib/clock.ts";
import { DAY, HOUR, MINUTE } from "../lib/clock.ts";

/** A token is renewed weekly, which leaves seven weeks to notice that it does not work. */
const RENEW_EVERY: Millis = 7 * DAY;
/** A token that ends earlier is renewed so long before its end. */
const RENEW_BEFORE: Millis = 10 * DAY;
/** The platform refuses to renew a younger token. The hour is for clocks that differ. */
const MIN_AGE: Millis = DAY + HOUR;

/** How long one consumer has a renewal for itself: longer than a call may take. */
export const RENEW_LEASE: Millis = 2 * MINUTE;
/** When a renewal that failed is tried again. */
export const RENEW_RETRY: Millis = HOUR;

/**
 * When a token that was just taken is to be renewed.
 *
 * @param expiresAt null when nobody said: a day later it is old enough to be asked
 */
export function nextRenewal(expiresAt: Millis | null, now: Millis): Millis {
  const wanted = expiresAt === null ? now : Math.min(now + RENEW_EVERY, expiresAt - RENEW_BEFORE);
  return Math.max(wanted, now + MIN_AGE);
}
