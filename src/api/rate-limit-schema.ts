import type { RateLimit, RateLimits } from "../lib/rate-limits.ts";
import * as z from "./zod.ts";

const MAX_BURST = 10_000;
const MAX_PER_MINUTE = 60_000;
/** One an hour. */
const MIN_PER_MINUTE = 1 / 60;

const rateLimit = z
  .strictObject({
    burst: z.number().int().min(1).max(MAX_BURST).openapi({ description: "How many may come at once." }),
    per_minute: z.number().min(MIN_PER_MINUTE).max(MAX_PER_MINUTE).openapi({
      description: "How many may come in a minute in the long run. May be a fraction: 0.5 is one every two minutes.",
    }),
  })
  .openapi("RateLimit");

/** How often each key may ask, and all keys of a mode together, as requests and answers have it. */
export const rateLimits = z.strictObject({ key: rateLimit, workspace: rateLimit }).openapi("RateLimits");

export function readRateLimits({ key, workspace }: z.infer<typeof rateLimits>): RateLimits {
  return { key: read(key), workspace: read(workspace) };
}

export function printRateLimits({ key, workspace }: RateLimits): z.infer<typeof rateLimits> {
  return { key: print(key), workspace: print(workspace) };
}

function read({ burst, per_minute }: z.infer<typeof rateLimit>): RateLimit {
  return { burst, perMinute: per_minute };
}

function print({ burst, perMinute }: RateLimit): z.infer<typeof rateLimit> {
  return { burst, per_minute: perMinute };
}
