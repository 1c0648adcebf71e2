import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import type { Millis } from "../lib/clock.ts";
import { MINUTE } from "../lib/clock.ts";
import type { AppEnv } from "./context.ts";
import { refuseTooMany } from "./too-many-requests.ts";

/*
 * The outer shield: how often one address may ask without a good key. Never before media, for platforms fetch it, from
 * few addresses; nor before what costs nothing to answer.
 */

/** The period of the binding in wrangler.toml: after so long nothing is left of what it counted. */
const PERIOD: Millis = MINUTE;

/** Meta's own requests, from few addresses: what it did not sign is refused before anything is looked up. */
const META_CALLBACK = /^\/connect\/[^/]+\/(deauthorize|data-deletion)$/;

/** Counts a request that has no good key. @throws Refusal when there were too many from its address */
export async function refuseFlood(c: Context<AppEnv>): Promise<void> {
  const address = c.req.header("CF-Connecting-IP") ?? null;
  if (await c.var.services.isTooMuch(address)) refuseTooMany(PERIOD);
}

/** Counts every request to pages that are open to anybody and look into the database. */
export const shieldPages = createMiddleware<AppEnv>(async function shieldPages(c, next) {
  if (!META_CALLBACK.test(c.req.path)) await refuseFlood(c);
  await next();
});
