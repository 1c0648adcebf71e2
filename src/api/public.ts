import { zValidator } from "@hono/zod-validator";
import { Hono } from "hono";
import * as z from "zod";
import { Refusal } from "../lib/refusal.ts";
import { serveMedia } from "../media/library.ts";
import type { AppEnv } from "./context.ts";
import { isWell } from "./health.ts";
import { refuseIssues } from "./validation.ts";

/*
 * What is open without a key.
 */

// Crawlers may add parameters of their own.
const mediaQuery = z.object({ expires: z.coerce.number().int(), signature: z.string() });

const validQuery = zValidator("query", mediaQuery, (result) => {
  if (!result.success) refuseIssues(result.error.issues, "query");
});

export const publicRoutes = new Hono<AppEnv>();

/** For a monitor: whether somebody should look, and nothing else. */
publicRoutes.get("/health", async (c) => {
  const ok = await isWell(c);
  return c.json({ ok }, ok ? 200 : 503);
});

/** Platforms' crawlers must get at media; the rest is nothing for search engines. */
publicRoutes.get("/robots.txt", (c) => c.text("User-agent: *\nAllow: /media/\nDisallow: /\n"));

publicRoutes.get("/media/:media_id", validQuery, async (c) => {
  const served = await serveMedia(c.var.services.library, c.req.param("media_id"), c.req.valid("query"));
  if (!served) throw new Refusal("not_found", "There is no such media, or its address has expired.");
  return served;
});
