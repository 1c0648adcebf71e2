import { createMiddleware } from "hono/factory";
import { SECOND } from "../lib/clock.ts";
import type { RateLimit, RateLimits } from "../lib/rate-limits.ts";
import type { Verdict } from "../limits/decide.ts";
import type { AppEnv } from "./context.ts";
import { refuseTooMany } from "./too-many-requests.ts";

/*
 * The limits of a key and of its workspace, told in every answer by the header fields of
 * draft-ietf-httpapi-ratelimit-headers-10.
 */

/**
 * Refuses a request that comes too soon. It stands before everything that looks at the request, so that a refusal is
 * remembered under no Idempotency-Key. The deployment's owner has no limit.
 */
export const limitRate = createMiddleware<AppEnv>(async function limitRate(c, next) {
  const { actor, services } = c.var;
  if (actor.kind === "key") {
    const { key, rateLimits } = actor;
    c.header("RateLimit-Policy", printPolicies(rateLimits));
    const verdict = await services.limit(key, rateLimits);
    if (verdict) c.header("RateLimit", printStandings(verdict));
    if (verdict && !verdict.isAdmitted) refuseTooMany(verdict.retryAfter);
  }
  await next();
});

/** `"key";q=300;w=60, "workspace";q=3000;w=60`: so many in so many seconds. */
export function printPolicies({ key, workspace }: RateLimits): string {
  return `"key";${printQuota(key)}, "workspace";${printQuota(workspace)}`;
}

/** By the hour where a minute has no whole number of requests: the fields know no fractions. */
function printQuota({ perMinute }: RateLimit): string {
  return Number.isInteger(perMinute) ? `q=${perMinute};w=60` : `q=${Math.round(perMinute * 60)};w=3600`;
}

/** `"key";r=12;t=1, "workspace";r=99;t=1`: so many more at once, and one more of them after so many seconds. */
export function printStandings({ key, workspace }: Pick<Verdict, "key" | "workspace">): string {
  return `"key";${printStanding(key)}, "workspace";${printStanding(workspace)}`;
}

function printStanding({ remaining, untilMore }: Verdict["key"]): string {
  return untilMore === 0 ? `r=${remaining}` : `r=${remaining};t=${Math.ceil(untilMore / SECOND)}`;
}
