import type { Context } from "hono";
import type { Millis } from "../lib/clock.ts";
import { SECOND } from "../lib/clock.ts";
import { Refusal } from "../lib/refusal.ts";
import { rateLimitedMessage } from "./errors.ts";

/** Refuses a request and says when it may come again: in whole seconds, rounded up, so that waiting so long is enough. */
export function refuseTooMany(c: Context, wait: Millis): never {
  const seconds = Math.ceil(wait / SECOND);
  c.header("Retry-After", String(seconds));
  throw new Refusal("rate_limited", rateLimitedMessage(seconds));
}
