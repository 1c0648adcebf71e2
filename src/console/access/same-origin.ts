import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../../api/context.ts";
import { problemPage } from "../frame/problems.tsx";
import { showAnybody } from "../frame/show.tsx";

const SAFE: readonly string[] = ["GET", "HEAD", "OPTIONS"];

/**
 * Lets nothing change what another site sends with our cookies. Browsers say where a request comes from by Sec-Fetch-Site;
 * older ones, and those that do not trust plain http, by Origin alone.
 */
export const requireSameOrigin = createMiddleware<AppEnv>(async function requireSameOrigin(c, next) {
  if (!SAFE.includes(c.req.method) && !isSameOrigin(c)) return showAnybody(c, problemPage(c, "crossSite"));
  await next();
});

function isSameOrigin(c: Context<AppEnv>): boolean {
  const site = c.req.header("Sec-Fetch-Site");
  return site === undefined ? c.req.header("Origin") === c.var.services.publicOrigin : site === "same-origin";
}
