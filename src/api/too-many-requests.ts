import type { Millis } from "../lib/clock.ts";
import { SECOND } from "../lib/clock.ts";
import { Refusal } from "../lib/refusal.ts";
import { rateLimitedMessage } from "./errors.ts";

/** Refuses a request and says when it may come again: in whole seconds, rounded up, so that waiting so long is enough. */
export function refuseTooMany(wait: Millis): never {
  const seconds = Math.ceil(wait / SECOND);
  throw new Refusal("rate_limited", rateLimitedMessage(seconds), undefined, { retryAfter: seconds });
}
